"""A launch led by a small engine of its own, over a world whose clock, channel and processes can be disturbed.

What counts is the log of the channel, in true time: what arrived, when, for which slots.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.launch.course import BUILD, SHA256, T0, course, entry
from warroom.events import CheckOutcome, RunFinished
from warroom.launch.entries import ENGINE
from warroom.launch.folding import fold, step
from warroom.launch.ledger import Close, HoldBack, LookUp, Prepare, RunSuite, Send, decide
from warroom.launch.results import finished_body, started_body
from warroom.launch.schedule import Slot, all_slots
from warroom.launch.state import begin
from warroom.launch.steps import tick
from warroom.playbook.course import Course
from warroom.updates.render import post_text
from warroom.verdict import Measurement, Result, Verdict

ROUNDS = 60
SUITE_TAKES = timedelta(seconds=20)
CHECKS = (
    *("canary", "security_headers", "p95", "jwks", "m2m", "events"),
    *("providers", "kill_switch", "queue"),
)


@dataclass(frozen=True)
class Arrived:
    """A post as the channel has it."""

    key: str
    at: datetime
    slot: str
    merged: tuple[str, ...]
    late_s: float
    due: datetime

    @property
    def stands_for(self) -> tuple[str, ...]:
        return (self.slot, *self.merged)


class Died(Exception):
    """The process is gone."""


class Voyage:
    """`true` is the time of the world, `wall` what the machine's clock shows."""

    def __init__(self, plan: Course | None = None, *, build: bool = True) -> None:
        self.true = T0
        self.off = timedelta()
        self.unseen = timedelta()
        self.epoch = 1
        self.journal: list[Any] = []
        self.channel: list[Arrived] = []
        # What the fallback has, which works whatever becomes of the channel.
        self.fallback: list[Arrived] = []
        self.works = "yes"
        self.dies_at = ""
        self.running: dict[str, tuple[str, datetime]] = {}
        self.reruns: Counter[str] = Counter()
        self.state = begin(plan or course())
        self.write("launch.opened", playbook_sha256=SHA256)
        self.write("t0.set", at=T0.isoformat(), by="ann", reason="")
        if build:
            self.give_build()

    @property
    def wall(self) -> datetime:
        return self.true + self.off

    def write(self, kind: str, **body: Any) -> None:
        made = entry(self.state, kind, body, self.wall, self.epoch)
        self.journal.append(made)
        self.state = step(self.state, made)

    def give_build(self) -> None:
        # By a clock that was set back the same instant would lie ahead, and be refused.
        deployed_at = min(BUILD["deployed_at"], f"{self.wall:%Y-%m-%dT%H:%M:%SZ}")
        for step_id in self.state.course.steps:
            values = {**BUILD, "deployed_at": deployed_at} if step_id == "confirm" else {}
            for draft in tick(self.state, step_id, values, at=self.wall, by="ann"):
                self.write(draft.kind, **draft.body)

    def slot(self, slot_id: str) -> Slot:
        return next(slot for slot in all_slots(self.state, self.wall) if slot.id == slot_id)

    # The world

    def go(self, span: timedelta) -> None:
        """Time goes by and nobody looks."""
        self.true += span

    def set_clock(self, by: timedelta) -> None:
        self.off += by
        self.unseen += by

    def restart(self) -> None:
        """kill -9, and another engine: it knows nothing but the journal."""
        self.epoch += 1
        self.running.clear()
        self.state = fold(self.journal, begin(self.state.course))
        self.write("owner.acquired", pid=4711, epoch=self.epoch)

    # The engine

    def tick(self) -> None:
        """Everything that is to be done now. A process that dies on the way is started again."""
        try:
            self._tick()
        except Died:
            self.dies_at = ""
            self.restart()

    def _tick(self) -> None:
        if self.unseen:
            self.write("clock.step", by_s=self.unseen.total_seconds())
            self.unseen = timedelta()
        for cause, (suite, done_at) in list(self.running.items()):
            if done_at <= self.true:
                del self.running[cause]
                self.reruns.update([cause] if not suite else [])
                self.write("suite.finished", **suite_body(suite, cause, self.wall))
        for _ in range(ROUNDS):
            before = self.state.seq
            for decision in decide(self.state, self.wall):
                self._do(decision)
            if self.state.seq == before:
                return
        raise AssertionError("the ledger asks for more and more")

    def _do(self, decision: object) -> None:
        match decision:
            case Prepare(slot, key, _, late_s, merged):
                text = post_text(self.state, decision)
                self._at("before due")
                named = [other.id for other in merged]
                self.write("update.due", slot=slot.id, key=key, text=text, late_s=late_s, merged=named)
            case Send():
                self._send(decision)
            case LookUp(record, _):
                arrived = any(one.key == record.key for one in (*self.channel, *self.fallback))
                kind = "update.confirmed" if arrived else "update.due"
                self.write(kind, slot=record.slot, ref="somewhere")
            case HoldBack(slot, reason):
                self.write("update.held", slot=slot.id, reason=reason, by=ENGINE)
            case RunSuite(suite, cause, only):
                self.write("suite.started", **started_body(suite, cause, only))
                self.running[cause] = (suite, self.true + SUITE_TAKES)
            case Close(reason):
                self.write("launch.closed", reason=reason)

    def _send(self, send: Send) -> None:
        record = send.record
        self.write("update.sending", slot=record.slot, attempt=send.attempt)
        self._at("before bytes")
        slot = self.slot(record.slot)
        if self.works == "no" and not slot.instead_of:
            again = (self.wall + timedelta(seconds=5)).isoformat()
            self.write("update.due", slot=record.slot, not_before=again, reason="refused")
            return
        arrives = Arrived(record.key, self.true, record.slot, record.merged, record.late_s, slot.due(self.state.t0))
        (self.fallback if slot.instead_of else self.channel).append(arrives)
        self._at("after bytes")
        if self.works == "silent" and not slot.instead_of:
            self.write("update.unknown", slot=record.slot, reason="no answer")
        else:
            self.write("update.confirmed", slot=record.slot, ref="here")

    def _at(self, point: str) -> None:
        if self.dies_at == point:
            raise Died(point)

    # What must hold, whatever happened

    def counted(self) -> Counter[str]:
        """How often each slot was posted, for itself or named in another's post."""
        return Counter(slot for arrived in self.channel for slot in arrived.stands_for)

    def sail_home(self) -> None:
        """The channel works, nobody holds anything, the clock is agreed with: until the launch closes itself."""
        self.works, self.dies_at = "yes", ""
        self.write("clock.agreed", by="ann")
        for slot_id, hold in list(self.state.holds.items()):
            if hold.by != ENGINE:
                self.write("update.released", slot=slot_id, by="ann")
        if "confirm" not in self.state.ticks:
            self.give_build()
        for _ in range(3_000):
            self.tick()
            if self.state.closed:
                assert set(Counter(one.key for one in self.fallback).values()) <= {1}
                return
            self.go(timedelta(minutes=5))
        raise AssertionError("the launch never ends")


def suite_body(suite: str, cause: str, at: datetime) -> Mapping[str, Any]:
    """A suite of which every check passed."""
    line = Result(Verdict.PASS, "as it should be", measurement=Measurement(value=1))
    outcomes = [
        CheckOutcome(name, "http", name, True, Verdict.PASS, "GREEN (dry-run)", "", at, 0.1, results=(line,))
        for name in CHECKS
    ]
    return finished_body(suite, cause, RunFinished(Verdict.PASS, "GREEN (dry-run)", 0, "", "evidence.log"), outcomes)
