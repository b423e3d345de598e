"""What a launch owes now. Pure: the engine asks, journals what it is going to do, does it, and asks again.

Nothing is due before its time unless a person asks. What is due once is sent once for itself, however late. Of posts
that recur and were missed the newest is sent, and names the others; those that are owed while something lasts stand
for themselves alone and replace no regular one. What is owed for an event leaves first, as soon as it can be written.
A post that cannot be written by its time is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from warroom.launch.entries import ENGINE
from warroom.launch.exits import DECIDE_WITHIN, held_phases
from warroom.launch.files import Attach, files_are_settled, files_owed
from warroom.launch.procedures import ProcedureRun, is_for_a_person, open_runs, plan_of
from warroom.launch.runs import phase_run, phase_since, rerun_cause, wanted_since
from warroom.launch.schedule import Slot, all_slots, channel_of, last_offset
from warroom.launch.standing import has_lost_rest, is_resolved, record_of
from warroom.launch.state import LONG_AGO, LaunchState, Record, Stage, believed
from warroom.launch.threads import head_of, thread_of
from warroom.launch.values import missing
from warroom.text import plural

LATE_AFTER_S: Final = 60.0
"""A post that leaves more than this after its time, in seconds, is LATE."""


@dataclass(frozen=True, slots=True)
class Prepare:
    """Render the post of `slot` and journal it as `update.due` before anything is sent.

    `late_s` is 0 for one in time, `early_s` 0 but for one that a person wants before it may leave; `merged` are the
    slots it names beside its own, the earliest first. `key` is the same in every attempt. `at` is when it is written;
    None: at its time.
    """

    slot: Slot
    key: str
    due: datetime
    late_s: float = 0.0
    merged: tuple[Slot, ...] = ()
    early_s: float = 0.0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Journal `update.sending` and post the frozen text. `attempt` counts from 1. `thread` is the `ref` of the
    message that it replies to, empty: it stands in the channel itself."""

    record: Record
    attempt: int
    thread: str = ""


@dataclass(frozen=True, slots=True)
class LookUp:
    """Nobody knows whether this one arrived: look for its key in the channel. `is_last`: if it is not there now, it
    will not come, and is due again; otherwise journal `update.absent`."""

    record: Record
    is_last: bool


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Nobody will ever know whether this one arrived: send it again, saying so, or (`hold`) leave it to a person."""

    record: Record
    hold: bool


@dataclass(frozen=True, slots=True)
class HoldBack:
    """It is due and cannot be written: journal `update.held` with the reason, once."""

    slot: Slot
    reason: str


@dataclass(frozen=True, slots=True)
class RunSuite:
    """Run a suite, or (`suite` is empty) `only` some checks; `cause` goes into the entries about the run."""

    suite: str
    cause: str
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeepOpen:
    """Nothing is owed any more, and phases may not be left: journal `launch.kept_open` with what `held_phases` says
    of them, once. At `until` the launch closes, whatever becomes of them."""

    held: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class Close:
    """Nothing is owed any more. `held` are the phases that were never left and the procedures that wait
    for a person, with the reasons."""

    reason: str
    held: tuple[str, ...] = ()


Decision = Prepare | Send | LookUp | GiveUp | HoldBack | RunSuite | Attach | KeepOpen | Close


def decide(state: LaunchState, now: datetime) -> tuple[Decision, ...]:
    """What is to be done now, in this order: look-ups, suites, texts, sends, files, the end. Empty: nothing.

    It may be asked as often as one likes: what was journaled is not decided again. Only a `LookUp` and what the
    engine has not journaled yet come back.
    """
    if state.begins_nothing:
        return ()
    ledger = _Ledger(state, now)
    # The copies of a post want the same run of its suite.
    suites = dict.fromkeys(ledger.suites())
    posts = (*_doubts(state, now), *suites, *ledger.posts(), *ledger.sends())
    return (*posts, *files_owed(state, now), *_end(state, ledger.end()))


def kept_open(state: LaunchState, now: datetime) -> KeepOpen | None:
    """What keeps a launch open that owes nothing any more; None where it is closed, owes something or may close."""
    end = None if state.closed else _Ledger(state, now).end()
    return end if isinstance(end, KeepOpen) else None


def _end(state: LaunchState, end: KeepOpen | Close | None) -> Iterator[KeepOpen | Close]:
    if end is not None and not (isinstance(end, KeepOpen) and end.held == state.kept_open):
        yield end


def _doubts(state: LaunchState, now: datetime) -> Iterator[LookUp | GiveUp]:
    for record in state.records.values():
        if not _is_doubtful(record, state.epoch):
            continue
        channel = channel_of(state.course, record.slot)
        assert channel is not None, "no playbook takes over while a post is in doubt"
        if channel.on_unknown:
            yield GiveUp(record, channel.on_unknown == "hold")
        elif record.absent_at is None:
            yield LookUp(record, is_last=not channel.settle)
        elif record.absent_at + channel.settle <= now:
            yield LookUp(record, is_last=True)


def key_of(state: LaunchState, slot_id: str, earlier: int) -> str:
    """What names the post of a slot in every attempt: `wr:LAUNCH:hourly@T+1h`. One that is sent once more although
    `earlier` copies arrived has another, so that a look-up does not take those for it."""
    return f"wr:{state.launch}:{slot_id}" + (f"~{earlier + 1}" if earlier else "")


def off_s(slot: Slot, t0: datetime | None, now: datetime) -> tuple[float, float]:
    """By how many seconds the post of `slot` is LATE, and by how many EARLY, where it leaves at `now`: 0 for one in
    time, and for one that is not before the time at which it may leave."""
    off = (now - slot.due(t0)).total_seconds()
    return (off if off > LATE_AFTER_S else 0.0), (-off if now < slot.leaves(t0) else 0.0)


def _may_be_merged(slot: Slot) -> bool:
    return slot.recurring and not slot.instead_of


def _is_doubtful(record: Record, epoch: int) -> bool:
    return record.stage is Stage.UNKNOWN or (record.stage is Stage.SENDING and record.epoch < epoch)


class _Ledger:
    """One look at a launch. Before T0 it owes nothing but what happens."""

    def __init__(self, state: LaunchState, now: datetime) -> None:
        self._state = state
        self._t0 = state.t0
        self._wall = now
        self._now = believed(state, now)
        self._slots = [slot for slot in all_slots(state, now) if slot.is_event or state.t0 is not None]
        self._unwritten = [slot for slot in self._slots if record_of(state, slot) is None and not self._is_held(slot)]
        self._asked = [slot for slot in self._unwritten if slot.id in state.requested and not self._may_leave(slot)]
        due = [slot for slot in self._unwritten if self._may_leave(slot)]
        self._once = [slot for slot in due if not _may_be_merged(slot)]
        self._recurring = self._by_channel([slot for slot in due if _may_be_merged(slot)])
        self._superseded: set[str] = set()

    def suites(self) -> Iterator[RunSuite]:
        """The checks that a flip has run again, the suites of phases that have begun, and those that posts tell."""
        for rerun in self._reruns():
            if self._is_wanted(rerun.cause, LONG_AGO):
                yield rerun
        for phase in self._state.course.phases if self._t0 else ():
            assert self._t0 is not None
            if phase.suite and self._t0 + phase.starts <= self._now:
                yield from self._run(phase.suite, f"phase:{phase.id}", phase_since(phase, self._t0))
        wanted = {slot.id for slot in (*self._once, *self._asked, *(group[-1] for group in self._recurring))}
        for slot in self._unwritten:
            update = self._state.course.updates[slot.update]
            if update.before is None:
                continue
            ahead = not self._is_due(slot) and slot.due(self._t0) - update.before <= self._now
            # A text that may be written early waits for the run that is made for its time.
            if ahead or (slot.id in wanted and (self._is_due(slot) or slot.id in self._state.requested)):
                yield from self._run(update.suite, slot.whole, wanted_since(self._state, slot, self._t0))

    def posts(self) -> Iterator[Prepare | HoldBack]:
        """The texts that are to be written now."""
        for slot in (*self._once, *self._asked):
            if not missing(self._state, slot):
                yield self._prepare(slot)
            elif self._is_due(slot) or slot.id in self._state.requested:
                yield from self._held_back(slot)
        for group in self._recurring:
            yield from self._newest(group)

    def sends(self) -> Iterator[Send]:
        """The texts that are to leave now. While a thread has no head, one at a time may become it."""
        opening: set[tuple[str, str]] = set()
        for slot in self._slots:
            record = record_of(self._state, slot)
            if record is None or record.stage is not Stage.DUE or slot.id in self._superseded or self._is_held(slot):
                continue
            if self._state.course.channels[slot.channel].by_hand:
                continue
            may_leave = self._may_leave(slot) or record.asked
            if not may_leave or (record.not_before is not None and record.not_before > self._wall):
                continue
            head, thread = head_of(self._state, slot, self._slots, self._wall), thread_of(self._state.course, slot)
            if head is None or (not head and thread in opening):
                continue
            opening |= {thread} if thread else set()
            yield Send(record, record.attempt + 1, head)

    def end(self) -> KeepOpen | Close | None:
        """Whether the launch is over; None: not yet."""
        end = last_offset(self._state.course)
        if end is None or self._t0 is None or self._now < self._t0 + end or not self._is_all_resolved():
            return None
        until = max(self._t0 + end, self._resolved_at()) + DECIDE_WITHIN
        held = (*held_phases(self._state, self._wall), *self._procedures_held())
        if held and self._now < until:
            return KeepOpen(held, until) if self._have_suites_finished() else None
        records = [self._state.records[slot.id] for slot in self._slots]
        dead = sum(one.stage is Stage.DEAD or has_lost_rest(self._state, one) for one in records)
        failed = f", {plural(dead, 'update')} FAILED" if dead else ""
        left = f"; never left: {'; '.join(held)}" if held else ""
        return Close(f"every update is resolved{failed}{left}", held)

    def _is_all_resolved(self) -> bool:
        """Whether nothing more leaves, and nothing is under way."""
        if self._reruns() or any(not self._is_for_a_person(run) for run in open_runs(self._state.procedures)):
            return False
        return all(is_resolved(self._state, slot) for slot in self._slots) and files_are_settled(self._state)

    def _resolved_at(self) -> datetime:
        """When the last of the posts got where it stands."""
        return max((record.at for record in self._state.records.values() if record.at), default=LONG_AGO)

    def _is_for_a_person(self, run: ProcedureRun) -> bool:
        return is_for_a_person(plan_of(self._state.course, run), run)

    def _procedures_held(self) -> Iterator[str]:
        waiting = (run for run in open_runs(self._state.procedures) if self._is_for_a_person(run))
        return (f"procedure {run.id}: it waits for a person" for run in waiting)

    def _have_suites_finished(self) -> bool:
        return all(phase_run(self._state, phase) for phase in self._state.course.phases if phase.suite)

    def _newest(self, group: Sequence[Slot]) -> Iterator[Prepare | HoldBack]:
        """The newest of them that can be written names those before it; what is newer still is held."""
        ready = [slot for slot in group if not missing(self._state, slot)]
        if self._is_due(group[-1]) and (not ready or ready[-1] is not group[-1]):
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
        late_s, early_s = off_s(slot, self._t0, self._now)
        known = self._state.records.get(slot.id)
        key = key_of(self._state, slot.id, known.earlier if known else 0)
        return Prepare(slot, key, slot.due(self._t0), late_s, merged, early_s, self._now)

    def _reruns(self) -> list[RunSuite]:
        """The runs that flips to green have made and that have not finished: of each gate the first, so that no two
        of them overlap."""
        found: dict[str, RunSuite] = {}
        for flip in self._state.happenings:
            # Another playbook that took over may have no such gate.
            plan = self._state.course.gates.get(flip.subject)
            only = plan.rerun if plan and flip.on == "gate.green" else ()
            run = self._state.runs.get(rerun_cause(flip.about))
            if only and (run is None or run.finished_at is None):
                found.setdefault(flip.subject, RunSuite("", rerun_cause(flip.about), only))
        return list(found.values())

    def _run(self, suite: str, cause: str, since: datetime) -> Iterator[RunSuite]:
        if self._is_wanted(cause, since):
            yield RunSuite(suite, cause)

    def _is_wanted(self, cause: str, since: datetime) -> bool:
        """Whether there is no run for `cause` that has finished or is under way, begun at `since` or later."""
        run = self._state.runs.get(cause)
        is_under_way = run is not None and (run.finished_at is not None or run.epoch == self._state.epoch)
        return run is None or not is_under_way or run.started_at < since

    def _by_channel(self, due: Sequence[Slot]) -> list[list[Slot]]:
        """What recurs and may be merged: posts of one channel, and of one trouble where it is about one."""
        groups: dict[object, list[Slot]] = {}
        for slot in due:
            groups.setdefault(self._kin(slot), []).append(slot)
        return list(groups.values())

    def _kin(self, slot: Slot) -> object:
        return slot.channel, slot.is_event and slot.update, slot.about

    def _is_frozen(self, slot: Slot, newest: Slot) -> bool:
        record = record_of(self._state, slot)
        earlier = _may_be_merged(slot) and slot.offset < newest.offset and self._kin(slot) == self._kin(newest)
        # A person may be about to do what stands there to do.
        is_waiting = not self._state.course.channels[slot.channel].by_hand and not self._is_held(slot)
        return earlier and record is not None and record.stage is Stage.DUE and is_waiting

    def _is_due(self, slot: Slot) -> bool:
        return slot.due(self._t0) <= self._now

    def _may_leave(self, slot: Slot) -> bool:
        return slot.leaves(self._t0) <= self._now

    def _is_held(self, slot: Slot) -> bool:
        """Whether a person holds it."""
        hold = self._state.holds.get(slot.id)
        return hold is not None and hold.by != ENGINE
