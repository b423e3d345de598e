"""The evidence file that a post names, and that is attached to it where its channel takes files.

The post is what is owed. The file is a second step: tried when the post is there, it never makes the post fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from warroom.launch.schedule import Slot, update_of
from warroom.launch.state import FileKnown, LaunchState, Record, Stage
from warroom.launch.values import value_of
from warroom.playbook.template import Value

GIVE_UP_AFTER: Final = timedelta(hours=1)
"""How long after the first attempt a file is tried again."""

_NOT_KEPT: Final = "not kept"
_UNDER_WAY: Final = ("sending", "due")


@dataclass(frozen=True, slots=True)
class Attach:
    """Journal `file.sending`, then attach the file of `record` to its message. `attempt` counts from 1."""

    record: Record
    attempt: int


def file_named(state: LaunchState, slot: Slot) -> str:
    """The path of the evidence log that the text of the post names; empty where it names none, or its channel takes
    no files."""
    update = state.course.updates[slot.update]
    if not state.course.channels[update.channel].threads:
        return ""
    for part in update.template.insertions:
        if isinstance(part, Value) and part.name.endswith(".evidence_log"):
            path = value_of(state, slot, part.name)
            return "" if path in (None, _NOT_KEPT) else str(path)
    return ""


def files_owed(state: LaunchState, now: datetime) -> Iterator[Attach]:
    """The files that are to be attached now."""
    for record in _with_files(state):
        known = state.files.get(record.slot)
        if known is None:
            yield Attach(record, 1)
        elif known.stage in _UNDER_WAY and _may_be_tried(state, known, now):
            yield Attach(record, known.attempt + 1)


def files_are_settled(state: LaunchState) -> bool:
    """Whether every file is attached, or given up."""
    known = [state.files.get(record.slot) for record in _with_files(state)]
    return all(one is not None and one.stage not in _UNDER_WAY for one in known)


def _with_files(state: LaunchState) -> list[Record]:
    return [one for one in state.records.values() if one.stage is Stage.CONFIRMED and one.file and one.ref]


def _may_be_tried(state: LaunchState, known: FileKnown, now: datetime) -> bool:
    if known.stage == "due":
        return known.not_before is None or known.not_before <= now
    # Its engine died: it may have arrived, and be visible only after the settle time.
    update = state.course.updates.get(update_of(known.slot))
    settle = state.course.channels[update.channel].settle if update else timedelta()
    return known.epoch < state.epoch and known.at + settle <= now
