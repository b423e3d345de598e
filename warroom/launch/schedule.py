"""When updates are due: the slots of a launch. Its playbook and T0 fix most of them, what happens adds others."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from warroom.clock import stamp
from warroom.errors import UsageError
from warroom.launch.entries import CHANNEL
from warroom.launch.happenings import INFO, SEVERITIES, WARNING, Trouble, severity_at, troubles
from warroom.launch.state import LONG_AGO, REST, LaunchState, Stage, believed
from warroom.playbook.course import Channel, Course, Update
from warroom.units import format_duration, format_offset

_UNDER_WAY: Final = (Stage.DUE, Stage.SENDING, Stage.UNKNOWN)
_COURSES: Final = 16
"""Of how many courses the slots are remembered: a tick asks for them again and again."""
_FARTHEST: Final = timedelta(days=3653)
_AHEAD: Final = timedelta(days=180)
_OVER_FOR: Final = timedelta(days=1)
"""Whoever takes a launch up late, to have its record complete, is this late at most."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One post that is owed to `channel`. `id` is `hourly@T+1h`, followed by `#2` when T0 has been scrubbed once, and
    so on, and by `/incidents` for a copy to a channel that is not the update's first. `severity` is info, warning or
    critical. One that is owed because the post of another slot did not arrive has the id of that one in `instead_of`,
    and both channels behind its own: `hourly@T+1h/room/fallback`. `ahead` is how long before its time it is written.

    A `recurring` one may be named in a later post instead of being sent when its time was missed. One that is owed
    because something happened says when (`since`) and what: `on` is the event, `subject` the gate, incident, ...,
    `about` makes it one of a kind (its id is `gate_flip@gate1#2`). Those are None and empty for one that is owed at a
    time from T0. `elapsed` is when it happened, seen from T0, where the post is one of those of that time; None for
    one that stands by itself.
    """

    id: str
    update: str
    offset: timedelta
    recurring: bool
    since: datetime | None = None
    about: str = ""
    subject: str = ""
    on: str = ""
    channel: str = ""
    severity: str = INFO
    elapsed: timedelta | None = None
    instead_of: str = ""
    ahead: timedelta = timedelta()

    @property
    def whole(self) -> str:
        """What names it with all its copies: its id without the channel."""
        return self.id.partition("/")[0]

    @property
    def is_event(self) -> bool:
        """Whether it is owed because something happened; it then needs no T0."""
        return self.since is not None

    def due(self, t0: datetime | None) -> datetime:
        """When it has to have left, UTC. Raises ValueError without T0 for one that is seen from there."""
        begins = self.since or t0
        if begins is None:
            raise ValueError(f"{self.id} is due at a time from T0, which is not set")
        return begins.astimezone(UTC) + self.offset

    def leaves(self, t0: datetime | None) -> datetime:
        """When it may leave. What is owed for an event, or in place of another post, leaves as soon as it can be
        written."""
        at_once = self.instead_of or (self.is_event and not self.recurring)
        return LONG_AGO if at_once else self.due(t0) - self.ahead

    @property
    def time(self) -> str:
        """`T+1h`, `gate1#2`, `inc-1`, `inc-1+45m`."""
        if not self.is_event:
            return format_offset(self.offset)
        return f"{self.about}+{format_duration(self.offset)}" if self.recurring else self.about


def update_of(slot_id: str) -> str:
    """The id of the update that the slot of that id belongs to."""
    return slot_id.partition("@")[0]


def channel_of(course: Course, slot_id: str) -> Channel | None:
    """The channel that the slot of that id is posted to; None where the playbook does not have it any more."""
    update = course.updates.get(update_of(slot_id))
    _, is_copy, named = slot_id.rpartition("/")
    return course.channels.get(named if is_copy else update.channel if update else "")


@functools.lru_cache(maxsize=_COURSES)
def slots(course: Course, attempt: int = 1) -> tuple[Slot, ...]:
    """Every slot that is due at a time from T0, the earliest first; at the same time in the order of the playbook.

    `attempt` is 1 more than the number of times that T0 was scrubbed.
    """
    suffix = f"#{attempt}" if attempt > 1 else ""
    found = [
        Slot(f"{update.id}@{format_offset(offset)}{suffix}", update.id, offset, update.every is not None)
        for update in course.updates.values()
        for offset in _offsets(update)
    ]
    found = [copy for slot in found for copy in copies(course, slot)]
    return tuple(sorted(found, key=lambda slot: slot.offset))


def copies(course: Course, slot: Slot) -> Iterator[Slot]:
    """The post once for each channel that it goes to: those of its update, then those of its severity."""
    update = course.updates[slot.update]
    severity = update.severity or slot.severity
    for channel in channels_of(course, update, severity):
        name = slot.id if channel == update.channel else f"{slot.id}/{channel}"
        by_hand = course.channels[channel].by_hand
        ahead = by_hand.ahead if by_hand else timedelta()
        yield replace(slot, id=name, channel=channel, severity=severity, ahead=ahead)


def channels_of(course: Course, update: Update, severity: str) -> tuple[str, ...]:
    """Where a post of `update` goes that is so grave, where it does not say that for itself; its first channel
    first."""
    return tuple(dict.fromkeys((update.channel, *update.copies, *course.routes.get(update.severity or severity, ()))))


def all_slots(state: LaunchState, now: datetime) -> tuple[Slot, ...]:
    """Every slot of the launch: those for events, those at a time, those in place of others; each sort with the
    earliest first.

    Of those that recur for as long as something lasts there are the ones up to the next after `now`.
    """
    seen = believed(state, now)
    events = (*_happened(state, seen), *_lasting(state, seen))
    planned = (*sorted(events, key=lambda slot: slot.due(None)), *slots(state.course, state.attempt))
    falling = (slot for slot in planned if state.course.channels[slot.channel].fallback)
    return (*planned, *(instead for slot in falling for instead in _instead_of(state, slot, now)))


def _instead_of(state: LaunchState, slot: Slot, now: datetime) -> Iterator[Slot]:
    """What is owed on the fallback of its channel, on that one's fallback, and so on. One that was written stays."""
    channel = state.course.channels[slot.channel]
    while channel.fallback:
        named = slot.id if "/" in slot.id else f"{slot.id}/{channel.id}"
        name = f"{named}/{channel.fallback}"
        if name not in state.records and not _fails(state, slot, channel, now):
            return
        instead = replace(slot, id=name, channel=channel.fallback, instead_of=slot.id, ahead=timedelta())
        # That a channel fails is no good news, whatever the post says.
        instead = replace(instead, severity=max(slot.severity, WARNING, key=SEVERITIES.index))
        yield instead
        slot, channel = instead, state.course.channels[instead.channel]


def _fails(state: LaunchState, slot: Slot, channel: Channel, now: datetime) -> bool:
    """Whether the channel has refused the post for good, or has not got it for long."""
    record, hold = state.records.get(slot.id), state.holds.get(slot.id)
    if record is None or record.channel not in ("", channel.id):
        return False
    if record.stage is Stage.DEAD:
        return True
    if record.stage is Stage.CONFIRMED:
        return _lacks_its_rest(state, slot, channel, now)
    is_kept = hold is not None and hold.by != CHANNEL
    is_of_now = record.t0 == state.t0 or slot.is_event or slot.instead_of
    if is_kept or not is_of_now or record.stage not in _UNDER_WAY or record.tried_at is None:
        return False
    return now - record.tried_at >= channel.fallback_after


def _lacks_its_rest(state: LaunchState, slot: Slot, channel: Channel, now: datetime) -> bool:
    """Whether the rest of a text that has begun there was refused for good, or is not there for long."""
    rest = state.files.get((slot.id, REST))
    if rest is None or rest.stage == "attached":
        return False
    return rest.stage == "failed" or now - rest.began_at >= channel.fallback_after


def next_due(state: LaunchState, now: datetime) -> datetime | None:
    """When the time of the next post comes, after `now`, by the wall clock as it is set; None where none is ahead."""
    seen = believed(state, now)
    owed = [slot for slot in all_slots(state, now) if slot.is_event or state.t0 is not None]
    first = min((at for slot in owed if (at := slot.leaves(state.t0)) > seen), default=None)
    return None if first is None else first + (now - seen)


def _happened(state: LaunchState, now: datetime) -> Iterator[Slot]:
    for happening in state.happenings:
        for update in state.course.updates.values():
            is_meant = happening.update in ("", update.id) and happening.on in update.on
            if not is_meant or (update.subjects and happening.subject not in update.subjects):
                continue
            slot_id = f"{update.id}@{happening.about}"
            # What was written before somebody wanted to hear of it later stays.
            if happening.not_before is None or happening.not_before <= now or slot_id in state.records:
                where = (happening.owed_from, happening.about, happening.subject, happening.on)
                elapsed = happening.at - state.t0 if state.t0 and happening.on.startswith("signal.") else None
                slot = Slot(slot_id, update.id, update.within, False, *where, severity=happening.severity)
                yield from copies(state.course, replace(slot, elapsed=elapsed))


def _lasting(state: LaunchState, now: datetime) -> Iterator[Slot]:
    during = troubles(state.incidents)
    for update in state.course.updates.values():
        if update.during and update.every:
            for trouble in during:
                yield from _again(state, update, update.every, trouble, now)


def _again(state: LaunchState, update: Update, every: timedelta, trouble: Trouble, now: datetime) -> Iterator[Slot]:
    ends = now + every if trouble.ends is None else trouble.ends
    for number in count(1):
        offset = number * every
        slot_id = f"{update.id}@{trouble.first}+{format_duration(offset)}"
        # One that was written stays, although what it is about has ended since.
        if trouble.begins + offset > ends and slot_id not in state.records:
            return
        severity = severity_at(state.incidents, trouble.begins + offset)
        slot = Slot(slot_id, update.id, offset, True, trouble.begins, trouble.first, severity=severity)
        yield from copies(state.course, slot)


def _offsets(update: Update) -> Iterator[timedelta]:
    if update.starts is None:
        return
    yield update.starts
    if update.every is None or update.ends is None:
        return
    for number in range(1, (update.ends - update.starts) // update.every + 1):
        yield update.starts + number * update.every


def last_offset(course: Course) -> timedelta | None:
    """When the launch is over, seen from T0: its last planned post or the end of its last phase. None: never."""
    ends = [slot.offset for slot in slots(course)]
    ends += [phase.ends for phase in course.phases if phase.ends is not None]
    return max(ends, default=None)


def require_t0(at: datetime, now: datetime) -> None:
    """Raises UsageError for a T0 more than ten years from `now`: no calendar holds what would be due then."""
    if abs(at - now) > _FARTHEST:
        raise UsageError(f"T0 cannot be {at:%Y-%m-%d}", hint="it is at most ten years from now")


def require_likely_t0(course: Course, at: datetime, now: datetime) -> None:
    """Raises UsageError for a T0 that nobody means, such as one with another year.

    Everything would be due at once, or nothing for half a year.
    """
    require_t0(at, now)
    end = last_offset(course)
    if end is not None and at + end < now - _OVER_FOR:
        over = f"the launch would be over since {stamp(at + end)}, and all that is owed would leave at once"
        raise UsageError(f"T0 cannot be {stamp(at)}: {over}", hint="is the date right?")
    if at - now > _AHEAD:
        raise UsageError(f"T0 cannot be {stamp(at)}: it is {(at - now).days} days ahead", hint="is the year right?")
