"""In which thread a post goes: the first post of a phase stands in the channel itself, the others reply to it.

What is owed for an event, or in place of another post, stands in the channel itself, and waits for nothing; save for
signals that breach their limits: they are told in the thread of their time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from warroom.launch.schedule import Slot
from warroom.launch.standing import record_of
from warroom.launch.state import LONG_AGO, LaunchState, Record, Stage
from warroom.playbook.course import Course

PATIENCE: Final = timedelta(seconds=30)
"""How long after its first attempt a post that may open a thread holds up those that would reply to it."""


def thread_of(course: Course, slot: Slot) -> tuple[str, str] | None:
    """The channel and the phase whose posts are one thread; None for a post that is in none."""
    channel = course.channels[slot.channel]
    phase = phase_of(course, slot) if channel.threads else ""
    return (channel.id, phase) if phase else None


def phase_of(course: Course, slot: Slot) -> str:
    """The phase that a post tells about: the one that it ends, or the last that begins before its time and is not
    over then. Empty for none, for what is owed for an event and stands by itself, and in place of another post."""
    offset = slot.elapsed if slot.is_event else slot.offset
    if offset is None or slot.instead_of:
        return ""
    ending = [phase.id for phase in course.phases if phase.update == slot.update]
    during = [
        phase for phase in course.phases if phase.starts < offset and (phase.ends is None or offset <= phase.ends)
    ]
    latest = max(during, key=lambda phase: phase.starts, default=None)
    # Of those that begin at once the last in the playbook: what it says later is the closer one.
    last = [phase.id for phase in during if latest and phase.starts == latest.starts]
    return (ending or last or [""])[-1]


def head_of(state: LaunchState, slot: Slot, slots: Sequence[Slot], wall: datetime) -> str | None:
    """The `ref` of the message that the post replies to; empty: it is to stand in the channel itself. None: wait, one
    that may open its thread is on its way. `slots` are all of the launch."""
    record, thread = record_of(state, slot), thread_of(state.course, slot)
    if record is not None and record.is_placed:
        return record.thread
    if thread is None:
        return ""
    others = [one for one in slots if one is not slot and thread_of(state.course, one) == thread]
    records = [found for one in others if (found := state.records.get(one.id)) and not found.thread]
    heads = [found for found in records if found.ref]
    if heads:
        # The latest: that there is another one means that the first took no more replies.
        return max(heads, key=lambda found: found.at or LONG_AGO).ref
    return None if any(_may_open(found, state.epoch, wall) for found in records) else ""


def _may_open(record: Record, epoch: int, wall: datetime) -> bool:
    if record.stage is Stage.SENDING and record.epoch == epoch:
        return True
    is_under_way = record.stage in (Stage.DUE, Stage.SENDING, Stage.UNKNOWN)
    return is_under_way and record.tried_at is not None and wall - record.tried_at < PATIENCE
