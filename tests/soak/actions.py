"""kill -9 inside an action: what a trigger runs is done once for each activation, and called done only when it is so.

The judge is the log of the service. Each activation mends a lever (setting it twice does no harm) and a build (which
may not be reverted twice).
"""

from __future__ import annotations

import http.client
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tests.soak.action_points import POINTS
from tests.soak.levers_there import GOOD, STOPPED, LeversThere, Seen, serving
from tests.soak.oracle import Received, judge, received
from tests.soak.people import ask, head_of
from tests.soak.row import Row, Scale
from tests.soak.wrong import WRONG_ACTS
from tests.soak.yard import Beats, Yard, ago, until
from warroom.journal.reading import read_only
from warroom.launch.entries import Entry

_KILLED: Final = -9
_LASTS_S: Final = 990
"""A playbook owes at most a thousand posts of a kind."""
_UNSURE: Final = "nobody knows whether it was sent"
_PLAYBOOK: Final = """\
  told: {{channel: one, template: told, on: procedure.finished, within: 2m}}
targets: {{there: {{url: '{url}'}}}}
levers:
  SEND: {{expect: "false", read: {{target: there, path: /state}}, set: {{target: there, path: "/levers/{{name}}"}}}}
triggers: {{broken: {{declared: true, severity: pause, mode: auto, runs: mend}}}}
procedures:
  mend:
    steps:
      - {{id: lever, lever: SEND, set: "false", within: 20s}}
      - id: build
        request: {{target: there, path: /revert, body: {{to: stable}}}}
        read: {{target: there, path: /state, json: $.build, is: '== "stable"'}}
        within: 2s
"""


@dataclass(frozen=True, slots=True)
class ActBeats(Beats):
    """Beats of one channel, and a trigger that runs a procedure whenever a person declares that it is so."""

    channels: tuple[str, ...] = ("one",)
    url: str = ""

    def text(self) -> str:
        """The playbook as YAML."""
        told = 'templates:\n  told: "{{ procedure.run }}: {{ procedure.standing }}"'
        return Beats.text(self).replace("templates:", told) + _PLAYBOOK.format(url=self.url)


class Declarer:
    """Whoever sees that something broke, and declares it; and says that it is over when it was mended."""

    def __init__(self, yard: Yard, there: LeversThere) -> None:
        self._yard = yard
        self.there = there
        self.heads: list[str] = []
        """The answers, so no such entry may ever be lost."""

    def goes_on(self, most: int) -> bool:
        """Says what is to be said now; whether `most` activations are over."""
        folder = self._yard.socket()
        seen = Counter(entry.kind for entry in self.entries()) if folder else Counter()
        fired, done, over = (seen[one] for one in ("trigger.fired", "procedure.finished", "trigger.resolved"))
        if folder is None or fired > done:
            return False
        if fired > over:
            self._ask(folder, request="resume", trigger="broken", reason="it was mended")
        elif fired < most:
            if len(self.there.turns()) == fired:
                self.there.breaks()
            self._ask(folder, request="declare", trigger="broken", reason="it broke")
        return fired == over == most

    def entries(self) -> list[Entry]:
        """The journal so far."""
        return list(read_only(self._yard.launch()).entries())

    def _ask(self, folder: Path, **body: str) -> None:
        try:
            answer: Any = ask(folder, "POST", "/requests", body)
        except (OSError, http.client.HTTPException, ValueError):
            return  # it was killed meanwhile: the journal says whether it had heard
        self.heads += [head_of(answer["entries"][-1])] if "entries" in answer else []


def kills(folder: Path, scale: Scale) -> Iterator[Row]:
    """An engine dies at every point in turn, the next one goes on and dies at another; a sound one finishes it."""
    dice = random.Random(scale.seed)
    points = [point for _ in range(scale.rounds) for point in dice.sample(POINTS, len(POINTS))]
    with serving() as there:
        yard = Yard(folder, ActBeats(last_s=_LASTS_S, url=there.url), ago(0))
        declarer = Declarer(yard, there)
        missed = [point for point in points if not _dies(yard, declarer, f"kill:{point}:{dice.randint(1, 2)}")]
        owed = _caught_up(yard, declarer)
        wrong = [f"an engine was to die {point} and did not" for point in missed]
        yield _row(len(points), yard, declarer, owed, scale, wrong)


def _dies(yard: Yard, declarer: Declarer, fault: str) -> bool:
    """Whether an engine with that fault died of it, while there is always something for it to do."""
    with yard.engine(fault=fault) as engine:
        end = time.monotonic() + 60
        while engine.process.poll() is None and time.monotonic() < end:
            declarer.goes_on(len(declarer.there.turns()) + 1)
            time.sleep(0.02)
        return engine.process.poll() == _KILLED


def _caught_up(yard: Yard, declarer: Declarer) -> list[str]:
    with yard.engine() as engine:
        until(lambda: declarer.goes_on(len(declarer.there.turns())), "every activation is over")
        runs = {entry.body["run"] for entry in declarer.entries() if entry.kind == "procedure.finished"}
        until(lambda: {f"told@{run}" for run in runs} <= yard.known(), "each of them is told")
        assert engine.end() == 143
    return yard.catch_up()


def _row(n: int, yard: Yard, declarer: Declarer, owed: Sequence[str], scale: Scale, wrong: Sequence[str]) -> Row:
    posts = received(yard.kept())
    beats = [post for post in posts if "@T+" in post.slot]
    judged = judge(yard.kept(), yard.t0, owed, declarer.heads, slack=scale.slack, posts=beats)
    acts = Acts(declarer.entries(), declarer.there.turns(), posts)
    crashed = ["a traceback was written"] if "Traceback" in yard.complaints() else []
    figures = {"activations": len(acts.runs), "set": acts.sets, "verified": acts.verified, "unsure": acts.unsure}
    return Row(
        "kill -9 inside an action, at each of its points",
        n=n,
        lost=len(judged.lost) + len(acts.lost),
        doubled=len(judged.doubled) + len(acts.doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*wrong, *judged.wrong, *crashed, *acts.lost, *acts.doubled, *acts.untrue),
        figures={"acknowledged requests": len(declarer.heads), **figures},
    )


class Acts:
    """What became of each activation: by what the journal says, and by the log of the service."""

    def __init__(self, entries: Sequence[Entry], turns: Sequence[Sequence[Seen]], posts: Sequence[Received]) -> None:
        self.runs = [entry.body["cause"] for entry in entries if entry.kind == "procedure.started"]
        self.lost: list[str] = []
        self.doubled: list[str] = []
        self.untrue: list[str] = []
        self.sets = self.verified = self.unsure = 0
        self._entries = entries
        self._told = Counter(post.slot for post in posts)
        fired = [f"broken#{entry.body['number']}" for entry in entries if entry.kind == "trigger.fired"]
        self.lost += [f"{cause} ran nothing" for cause in fired if cause not in self.runs]
        self.doubled += [f"{cause} ran {times} times" for cause, times in Counter(self.runs).items() if times > 1]
        for number, turn in enumerate(turns[: len(fired)], 1):
            self._look_at(f"mend-{number}", turn)

    def _look_at(self, run: str, turn: Sequence[Seen]) -> None:
        told = self._told[f"told@{run}"]
        self.lost += [f"{run} is told nowhere"] if not told else []
        self.doubled += [f"{run} is told {told} times"] if told > 1 else []
        for step, wanted in (("lever", STOPPED), ("build", GOOD)):
            sent = sum(seen.what == step for seen in turn)
            self.sets += sent
            self.doubled += [f"{run}: the {step} was set {sent} times"] if sent > 1 else []
            self._compare(run, step, wanted, turn, sent)

    def _compare(self, run: str, step: str, wanted: str, turn: Sequence[Seen], sent: int) -> None:
        """What the journal says of a step has to be so: verified after it was read back, or failed and not done."""
        said = [one for one in self._entries if one.body.get("run") == run and one.body.get("step") == step]
        last = said[-1] if said else None
        word = re.sub(r"^procedure\.step_", "", last.kind) if last else "nothing"
        if word == "failed" and last and _UNSURE in last.body["reason"]:
            self.unsure += 1
            self.untrue += [f"{run}: the {step} was set, and has FAILED"] if sent else []
        elif word != "verified" or last is None:
            self.untrue.append(f"{run}: of the {step} the journal says {word}")
        elif not _is_read_back(turn, step, wanted, last.at):
            self.untrue.append(f"{run}: the {step} is done, and was not read back")
        else:
            self.verified += 1


def _is_read_back(turn: Sequence[Seen], step: str, wanted: str, by: datetime) -> bool:
    """Whether it was set, and read as wanted after that, before the journal said so."""
    after = next((number for number, seen in enumerate(turn) if seen.what == step), len(turn))
    return any(seen.what == "read" and getattr(seen, step) == wanted and seen.at <= by for seen in turn[after:])


def wrong_engines(folder: Path, scale: Scale) -> Iterator[Row]:
    """The harness is no good unless it finds fault with these."""
    for name in WRONG_ACTS:
        acts, dies = _wrongly(folder / name.replace(" ", "-"), name)
        found = acts.doubled if name == WRONG_ACTS[0] else acts.untrue
        wrong = [] if dies else ["it did not die"]
        wrong += [] if found else [f"nothing was found wrong with an engine that {name}"]
        word = "doubled" if name == WRONG_ACTS[0] else "untrue"
        yield Row(f"a wrong engine ({name}) is found out", 1, wrong=tuple(wrong), figures={word: len(found)})


def _wrongly(folder: Path, name: str) -> tuple[Acts, bool]:
    """What two such engines do, of which the first is killed once it has sent something; whether it was."""
    with serving() as there:
        yard = Yard(folder, ActBeats(last_s=600, url=there.url), ago(0))
        declarer = Declarer(yard, there)
        dies = _dies(yard, declarer, f"wrong:{name};kill:after the set was sent:1")
        with yard.engine(fault=f"wrong:{name}") as engine:
            until(lambda: declarer.goes_on(1), "it is over")
            engine.end()
        return Acts(declarer.entries(), there.turns(), received(yard.kept())), dies
