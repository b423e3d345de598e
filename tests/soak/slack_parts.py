"""kill -9 around what belongs to a post beside its message: its evidence file, and the rest of a long text.

Each of them is there once, or the launch says why it is not.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.soak.oracle import judge, slot_id
from tests.soak.row import Row, Scale
from tests.soak.service import service
from tests.soak.slack_kills import SIMULATED, Killed, Trouble
from tests.soak.slack_points import PARTS
from tests.soak.slack_there import SlackBeats, SlackThere, SlackYard, slot_of, update_of
from tests.soak.yard import ago
from warroom.journal.reading import read_only
from warroom.simulator.slack_faults import Fault
from warroom.simulator.slack_room import Message
from warroom.updates.slack_message import MESSAGES

_IN_TIME_S: Final = 20.0
_FIRST_S, _EVERY_S, _OTHERS_S = 2, 3, 4
_TITLE: Final = "Soak" * 25
_LONG: Final = "{{ launch.title }} " * 400
"""More than the four messages of a post hold, so that it has a file as well."""
_NAMED: Final = re.compile(r"/([^/\s]+\.log)")


def _fails(method: str, kind: str, value: str = "", *, applied: bool = True) -> Trouble:
    said = f"{method} {'accepted, then ' if applied else ''}{kind}{f' {value}' if value else ''}"
    return Trouble(said, lambda dice: [Fault(method, kind, applied, value, dice.randint(1, 2))])


TROUBLES: Final = (
    Trouble("nothing else is wrong"),
    replace(_fails("files.getUploadURLExternal", "status", "503", applied=False), visible_after=0.9),
    _fails("upload", "reset"),
    _fails("upload", "status", "500"),
    _fails("files.completeUploadExternal", "reset"),
    _fails("files.completeUploadExternal", "silent"),
    _fails("files.completeUploadExternal", "limited", "1", applied=False),
    _fails("conversations.replies", "status", "503", applied=False),
)


@dataclass(frozen=True, slots=True)
class PartBeats(SlackBeats):
    """Posts that have a file, and posts that are longer than a message, beside a few of the others."""

    url: str = ""

    def owed(self, last_s: int | None = None) -> list[str]:
        """The ids of all slots, or of those up to then."""
        end = self.last_s if last_s is None else last_s
        filed = [slot_id("filed", second) for second in range(_FIRST_S, end + 1, _EVERY_S)]
        return [*filed, *(slot_id("long", second) for second in range(_FIRST_S, end + 1, _OTHERS_S))]

    def text(self) -> str:
        """The playbook as YAML."""
        head, _, _ = SlackBeats.text(self).replace("title: Soak}", f"title: {_TITLE}}}").partition("updates:")
        span = f"from: T+{_FIRST_S}s, until: T+{self.last_s}s"
        lines = [head.rstrip(), f"targets: {{there: {{url: '{self.url}'}}}}"]
        lines += ["checks: {here: {kind: http, target: there, path: /, expect: [{status: 200}]}}"]
        lines += ["suites: {look: {checks: [here]}}", "updates:"]
        lines += [f"  filed: {{channel: one, template: filed, every: {_EVERY_S}s, {span}, suite: look, before: 1s}}"]
        lines += [f"  long: {{channel: two, template: long, every: {_OTHERS_S}s, {span}}}"]
        text = "\n".join(lines).replace(
            "templates: {",
            'templates: {filed: "filed {{ post.time }} {{ suites.look.evidence_log }}", '
            f'long: "long {{{{ post.time }}}} {_LONG}", ',
        )
        return f"{text}\n"


class PartYard(SlackYard):
    """A launch whose posts count as there when everything that belongs to them is, or is said to be missing."""

    def known(self) -> set[str]:
        """The slots whose posts are complete, or were refused for good."""
        parts = Parts(self.slack.messages(), self.said_missing())
        whole = {post.slot for post in self.slack.accepted() if not parts.missing(post.slot)}
        named = {slot for post in self.slack.accepted() if post.slot in whole for slot in post.named}
        return whole | named | set(self.failed())

    def said_missing(self) -> set[str]:
        """The slots of which the journal says that something is not attached, and why."""
        kinds = ("file.failed", "rest.failed")
        entries = read_only(self.launch()).entries()
        return {entry.body["slot"] for entry in entries if entry.kind in kinds and entry.body["reason"]}


class Parts:
    """What the messages in Slack show of files and of the rest of long texts."""

    def __init__(self, messages: list[Message], said_missing: set[str]) -> None:
        self._said = said_missing
        self.files = Counter(str(file["name"]) for one in messages for file in one.files)
        self.rests = Counter(slot for one in messages if (slot := slot_of(one)) and "/" in slot)
        self.named = {slot_of(one): found[1] for one in messages if (found := _NAMED.search(_text(one)))}

    def missing(self, slot: str) -> bool:
        """Whether something of the post of `slot` is neither there nor said to be missing."""
        if slot in self._said:
            return False
        if update_of(slot) == "long":
            return not all(self.rests[f"{slot}/{number}"] for number in range(2, MESSAGES + 1))
        return not self.files[self.named.get(slot, "")]

    @property
    def doubled(self) -> list[str]:
        """What is there more than once."""
        return [name for counted in (self.files, self.rests) for name, times in counted.items() if times > 1]


def _text(message: Message) -> str:
    return " ".join(str(block["text"]["text"]) for block in message.blocks if block["type"] == "section")


def kills(folder: Path, scale: Scale) -> Iterator[Row]:
    """One launch in which the troubles take turns, and every other engine dies at a point around a part."""
    dice = random.Random(scale.seed)
    count = min(scale.kills, 5 * len(TROUBLES))
    with SlackThere() as slack, service() as url:
        yard = PartYard(folder, PartBeats(last_s=120 + 15 * count, url=url), ago(0), slack)
        killed = Killed(yard, slack, dice, PARTS)
        for number in range(count):
            killed.kill(TROUBLES[number % len(TROUBLES)], at_a_point=number % 4 != 3, another_waits=False)
        slack.ails([], 0.0)
        owed = yard.catch_up()
        posts, missing = slack.accepted(), yard.said_missing()
        judged = judge(
            yard.kept(), yard.t0, owed, slack=scale.slack, in_time_s=_IN_TIME_S, posts=posts, failed=yard.failed()
        )
        parts = Parts(slack.messages(), missing)
        struck = slack.struck()
    wrong = [word for word in ("Traceback", "it ended by itself") if word in yard.complaints()]
    wrong += [f"{name} is there more than once" for name in parts.doubled]
    # What was posted last may be on its way when the last engine hands back.
    counted = [post.slot for post in posts if post.slot in owed]
    wrong += [f"{slot} lacks a part, and nothing says so" for slot in counted if parts.missing(slot)]
    figures = {"files": parts.files.total(), "rests": parts.rests.total(), "said to be missing": len(missing)}
    row = Row(
        f"kill -9 around files and the rest of long texts, Slack failing in {len(TROUBLES) - 1} ways",
        n=count,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*judged.wrong, *wrong, *judged.lost, *judged.doubled),
        figures={"killed at a point": killed.at_their_point, **figures, "faults": struck["faults"]},
        simulated=SIMULATED,
    )
    yield replace(row, figures={name: float(value) for name, value in row.figures.items()})
