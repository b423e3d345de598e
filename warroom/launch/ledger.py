"""What a launch owes now. Pure: the engine asks, journals what it is going to do, does it, and asks again.

Nothing is due before its time unless a person asks. What is due once is sent once for itself, however late. Of posts
that recur and were missed the newest is sent, and names the others. A post that cannot be written yet is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from warroom.launch.runs import wanted_since
from warroom.launch.schedule import Slot, last_offset, slots
from warroom.launch.standing import is_resolved, record_of
from warroom.launch.state import ENGINE, LaunchState, Record, Stage, believed
from warroom.launch.values import missing
from warroom.text import plural

LATE_AFTER_S: Final = 60.0
"""A post that leaves more than this after its time, in seconds, is LATE."""


@dataclass(frozen=True, slots=True)
class Prepare:
    """Render the post of `slot` and journal it as `update.due` before anything is sent.

    `late_s` is 0 for one in time, `merged` the slots it names beside its own, the earliest first. `key` is the same
    in every attempt.
    """

    slot: Slot
    key: str
    due: datetime
    late_s: float = 0.0
    merged: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Send:
    """Journal `update.sending` and post the frozen text. `attempt` counts from 1."""

    record: Record
    attempt: int


@dataclass(frozen=True, slots=True)
class LookUp:
    """Nobody knows whether this one arrived: look for its key in the channel."""

    record: Record


@dataclass(frozen=True, slots=True)
class HoldBack:
    """It is due and cannot be written: journal `update.held` with the reason, once."""

    slot: Slot
    reason: str


@dataclass(frozen=True, slots=True)
class RunSuite:
    """Run a suite; `cause` goes into `suite.started` and `suite.finished`."""

    suite: str
    cause: str


@dataclass(frozen=True, slots=True)
class Close:
    """Nothing is owed any more."""

    reason: str


Decision = Prepare | Send | LookUp | HoldBack | RunSuite | Close


def decide(state: LaunchState, now: datetime) -> tuple[Decision, ...]:
    """What is to be done now, in this order: look-ups, suites, texts, sends, the end. Empty: nothing.

    It may be asked as often as one likes: what was journaled is not decided again. Only a `LookUp` and what the
    engine has not journaled yet come back.
    """
    if state.closed:
        return ()
    look_ups = tuple(LookUp(record) for record in state.records.values() if _is_doubtful(record, state.epoch))
    if state.t0 is None:
        return look_ups
    ledger = _Ledger(state, state.t0, believed(state, now))
    return (*look_ups, *ledger.suites(), *ledger.posts(), *ledger.sends(), *ledger.end())


def _is_doubtful(record: Record, epoch: int) -> bool:
    return record.stage is Stage.UNKNOWN or (record.stage is Stage.SENDING and record.epoch < epoch)


class _Ledger:
    """One look at a launch that has a T0."""

    def __init__(self, state: LaunchState, t0: datetime, now: datetime) -> None:
        self._state = state
        self._t0 = t0
        self._now = now
        self._slots = slots(state.course, state.attempt)
        self._unwritten = [slot for slot in self._slots if record_of(state, slot) is None and not self._is_held(slot)]
        self._asked = [slot for slot in self._unwritten if slot.id in state.requested and not self._is_due(slot)]
        due = [slot for slot in self._unwritten if self._is_due(slot)]
        self._once = [slot for slot in due if not slot.recurring]
        self._recurring = self._by_channel([slot for slot in due if slot.recurring])
        self._superseded: set[str] = set()

    def suites(self) -> Iterator[RunSuite]:
        """The suites of phases that have begun, and those that posts tell."""
        for phase in self._state.course.phases:
            if phase.suite and self._t0 + phase.starts <= self._now:
                yield from self._run(phase.suite, f"phase:{phase.id}", min(self._t0, self._t0 + phase.starts))
        wanted = {slot.id for slot in (*self._once, *self._asked, *(group[-1] for group in self._recurring))}
        for slot in self._unwritten:
            update = self._state.course.updates[slot.update]
            if update.before is None:
                continue
            ahead = not self._is_due(slot) and slot.due(self._t0) - update.before <= self._now
            if ahead or slot.id in wanted:
                yield from self._run(update.suite, slot.id, wanted_since(self._state, slot, self._t0))

    def posts(self) -> Iterator[Prepare | HoldBack]:
        """The texts that are to be written now."""
        for slot in (*self._once, *self._asked):
            if missing(self._state, slot):
                yield from self._held_back(slot)
            else:
                yield self._prepare(slot)
        for group in self._recurring:
            yield from self._newest(group)

    def sends(self) -> Iterator[Send]:
        """The texts that are to leave now."""
        for slot in self._slots:
            record = record_of(self._state, slot)
            if record is None or record.stage is not Stage.DUE or slot.id in self._superseded or self._is_held(slot):
                continue
            may_leave = self._is_due(slot) or record.asked
            if may_leave and (record.not_before is None or record.not_before <= self._now):
                yield Send(record, record.attempt + 1)

    def end(self) -> Iterator[Close]:
        """Whether the launch is over."""
        end = last_offset(self._state.course)
        if end is None or self._now < self._t0 + end:
            return
        if all(is_resolved(self._state, slot) for slot in self._slots):
            dead = sum(self._state.records[slot.id].stage is Stage.DEAD for slot in self._slots)
            yield Close("every update is resolved" + (f", {plural(dead, 'update')} FAILED" if dead else ""))

    def _newest(self, group: Sequence[Slot]) -> Iterator[Prepare | HoldBack]:
        """The newest of them that can be written names those before it; what is newer still is held."""
        ready = [slot for slot in group if not missing(self._state, slot)]
        if not ready or ready[-1] is not group[-1]:
            yield from self._held_back(group[-1])
        if not ready:
            return
        newest = ready[-1]
        frozen = [slot for slot in self._slots if self._is_frozen(slot, newest)]
        before = [slot for slot in group if slot.offset <= newest.offset and slot is not newest]
        self._superseded |= {slot.id for slot in frozen}
        merged = {slot.id: slot for slot in (*before, *frozen)}
        for slot in self._slots:
            into = self._state.records.get(slot.id)
            if into and into.stage is Stage.MERGED and into.into in merged:
                merged[slot.id] = slot
        yield self._prepare(newest, tuple(sorted(merged.values(), key=lambda slot: slot.offset)))

    def _held_back(self, slot: Slot) -> Iterator[HoldBack]:
        reason = "; ".join(missing(self._state, slot))
        hold = self._state.holds.get(slot.id)
        if hold is None or hold.reason != reason:
            yield HoldBack(slot, reason)

    def _prepare(self, slot: Slot, merged: tuple[Slot, ...] = ()) -> Prepare:
        due = slot.due(self._t0)
        late_s = (self._now - due).total_seconds()
        key = f"wr:{self._state.launch}:{slot.id}"
        return Prepare(slot, key, due, late_s if late_s > LATE_AFTER_S else 0.0, merged)

    def _run(self, suite: str, cause: str, since: datetime) -> Iterator[RunSuite]:
        run = self._state.runs.get(cause)
        is_under_way = run is not None and (run.finished_at is not None or run.epoch == self._state.epoch)
        if run is None or not is_under_way or run.started_at < since:
            yield RunSuite(suite, cause)

    def _by_channel(self, due: Sequence[Slot]) -> list[list[Slot]]:
        groups: dict[str, list[Slot]] = {}
        for slot in due:
            groups.setdefault(self._state.course.updates[slot.update].channel, []).append(slot)
        return list(groups.values())

    def _is_frozen(self, slot: Slot, newest: Slot) -> bool:
        record = record_of(self._state, slot)
        channels = {self._state.course.updates[each.update].channel for each in (slot, newest)}
        earlier = slot.recurring and slot.offset < newest.offset and len(channels) == 1
        return earlier and record is not None and record.stage is Stage.DUE and not self._is_held(slot)

    def _is_due(self, slot: Slot) -> bool:
        return slot.due(self._t0) <= self._now

    def _is_held(self, slot: Slot) -> bool:
        """Whether a person holds it."""
        hold = self._state.holds.get(slot.id)
        return hold is not None and hold.by != ENGINE
