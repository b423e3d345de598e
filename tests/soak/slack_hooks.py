"""kill -9 while a webhook fails, where nothing can be looked up: each update comes at least once, and where it may
have come before it says so."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.soak.oracle import judge
from tests.soak.row import Row, Scale
from tests.soak.slack_kills import Killed, Trouble
from tests.soak.slack_there import SlackBeats, SlackThere, SlackYard
from tests.soak.yard import ago
from warroom.simulator.slack_faults import Fault

_IN_TIME_S: Final = 20.0
_HOOK: Final = "services/*"


def _fails(name: str, kind: str, value: str = "", *, applied: bool = True) -> Trouble:
    return Trouble(name, lambda dice: [Fault(_HOOK, kind, applied, value, dice.randint(1, 2))])


TROUBLES: Final = (
    Trouble("nothing else is wrong"),
    _fails("accepted, then reset", "reset"),
    _fails("accepted, then closed", "close"),
    _fails("accepted, then silent", "silent"),
    _fails("accepted, then 503", "status", "503"),
    _fails("accepted, then HTML at 200", "body", "<!doctype html><p>Slack</p>"),
    _fails("not accepted, then reset", "reset", applied=False),
    _fails("not accepted, then 503", "status", "503", applied=False),
    _fails("429", "limited", "1", applied=False),
)


@dataclass(frozen=True, slots=True)
class HookBeats(SlackBeats):
    """Beats of one channel that is a webhook."""

    channels: tuple[str, ...] = ("one",)

    def text(self) -> str:
        """The playbook as YAML."""
        head, _, rest = SlackBeats.text(self).partition("channels:")
        _, _, after = rest.partition("phases:")
        inputs = head.replace("SLACK_API_URL:", "SLACK_WEBHOOK_URL: {default: '', secret: true}, SLACK_API_URL:")
        hook = '  one: {kind: slack, webhook: "${SLACK_WEBHOOK_URL}", path: one.txt}'
        return f"{inputs}channels:\n{hook}\nphases:{after}"


class HookYard(SlackYard):
    """A launch that posts by a webhook."""

    def known(self) -> set[str]:
        """The slots that were posted or named so far."""
        return {slot for post, _ in self.slack.hooked() for slot in (post.slot, *post.named)} | set(self.failed())


def kills(folder: Path, scale: Scale) -> Iterator[Row]:
    """One launch in which the troubles take turns; every other engine dies at a point around a send."""
    dice = random.Random(scale.seed)
    count = min(max(scale.kills, len(TROUBLES)), 5 * len(TROUBLES))
    with SlackThere() as slack:
        beats = HookBeats(last_s=120 + 15 * count, once=tuple(range(2, 3 * count, 2)))
        yard = HookYard(folder, beats, ago(0), slack)
        killed = Killed(yard, slack, dice)
        for number in range(count):
            killed.kill(TROUBLES[number % len(TROUBLES)], at_a_point=number % 2 == 1, another_waits=False)
        slack.ails([], 0.0)
        owed = yard.catch_up()
        came, struck = slack.hooked(), slack.struck()
    posts = [post for post, _ in came]
    judged = judge(yard.kept(), yard.t0, owed, slack=scale.slack, in_time_s=_IN_TIME_S, posts=posts)
    told = Counter(slot for post, doubted in came for slot in {post.slot, *post.named} - doubted)
    doubled = [f"{slot} came {times} times without a word" for slot, times in told.items() if times > 1]
    wrong = [word for word in ("Traceback", "it ended by itself") if word in yard.complaints()]
    again = sum(len(doubted) for _, doubted in came)
    yield Row(
        f"kill -9, a webhook failing in {len(TROUBLES) - 1} ways",
        n=count,
        lost=len(judged.lost),
        doubled=len(doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*judged.wrong, *wrong, *judged.lost, *doubled),
        figures={
            "killed at a point": float(killed.at_their_point),
            "faults": float(struck["faults"]),
            "of them accepted": float(struck["of them accepted"]),
            "told again, saying so": float(again),
        },
        simulated="waits, a second at most for ten and sixty",
    )
