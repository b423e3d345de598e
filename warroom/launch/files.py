"""What belongs to a post beside its message, in its thread: the rest of a long text, and the evidence file it names.

The message is what is owed. The others are steps of their own: tried when it is there, they never make it fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from warroom.launch.schedule import Slot, channel_of
from warroom.launch.state import FILE, REST, FileKnown, LaunchState, Record, Stage
from warroom.launch.values import value_of
from warroom.playbook.template import Value

GIVE_UP_AFTER: Final = timedelta(hours=1)
"""How long after the first attempt a file is tried again."""

_NOT_KEPT: Final = "not kept"
_UNDER_WAY: Final = ("sending", "due")


@dataclass(frozen=True, slots=True)
class Attach:
    """Journal `file.sending` or `rest.sending` (`part`), then attach it to the message of `record`. `attempt` counts
    from 1."""

    record: Record
    part: str
    attempt: int


def file_named(state: LaunchState, slot: Slot) -> str:
    """The path of the evidence log that the text of the post names; empty where it names none, or its channel takes
    no files."""
    if not state.course.channels[slot.channel].threads:
        return ""
    for part in state.course.updates[slot.update].template.insertions:
        if isinstance(part, Value) and part.name.endswith(".evidence_log"):
            path = value_of(state, slot, part.name)
            return "" if path in (None, _NOT_KEPT) else str(path)
    return ""


def files_owed(state: LaunchState, now: datetime) -> Iterator[Attach]:
    """What is to be attached now; of one post the rest of its text first."""
    for record in _placed(state):
        for part in _parts(record):
            known = state.files.get((record.slot, part))
            if known is None:
                yield Attach(record, part, 1)
            elif known.stage in _UNDER_WAY and _may_be_tried(state, known, now):
                yield Attach(record, part, known.attempt + 1)
            if known is None or known.stage in _UNDER_WAY:
                break


def files_are_settled(state: LaunchState) -> bool:
    """Whether everything is attached, or given up."""
    known = [state.files.get((record.slot, part)) for record in _placed(state) for part in _parts(record)]
    return all(one is not None and one.stage not in _UNDER_WAY for one in known)


def parts_under_way(state: LaunchState, slot: str) -> bool:
    """Whether the engine of now attaches something to the post of that slot at this moment."""
    known = (state.files.get((slot, part)) for part in (REST, FILE))
    return any(one is not None and one.stage == "sending" and one.epoch == state.epoch for one in known)


def _placed(state: LaunchState) -> list[Record]:
    return [one for one in state.records.values() if one.stage is Stage.CONFIRMED and one.ref]


def _parts(record: Record) -> Iterator[str]:
    if record.goes_on:
        yield REST
    if record.file:
        yield FILE


def _may_be_tried(state: LaunchState, known: FileKnown, now: datetime) -> bool:
    if known.stage == "due":
        return known.not_before is None or known.not_before <= now
    # Its engine died: it may have arrived, and be visible only after the settle time.
    channel = channel_of(state.course, known.slot)
    settle = channel.settle if channel else timedelta()
    return known.epoch < state.epoch and known.at + settle <= now
