"""Whether the note on an incident has reached the war room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from warroom.launch.schedule import Slot, all_slots, channels_of
from warroom.launch.standing import arrived, record_of, tells_note
from warroom.launch.state import LaunchState, Stage


@dataclass(frozen=True, slots=True)
class NotePosted:
    """The note is out; `by` has written it, `said` is a sentence about it."""

    by: str
    said: str


def needless_notes(state: LaunchState, incident: str, now: datetime) -> tuple[Slot, ...]:
    """The posts that a note on `incident` would complete, for when it is resolved now: the post about its resolution
    tells what there is to tell, and a note behind it would look like news. Empty where somebody has written one;
    none of a channel that no post about resolutions goes to."""
    if state.incidents[incident].notes:
        return ()
    telling = [one for one in state.course.updates.values() if "incident.resolved" in one.on]
    grave = state.incidents[incident].severity
    told = {channel for one in telling for channel in channels_of(state.course, one, grave)}
    return tuple(
        slot for slot in _note_slots(state, incident, now) if slot.channel in told and record_of(state, slot) is None
    )


def note_slot(state: LaunchState, incident: str, now: datetime) -> Slot | None:
    """The post that the note on `incident` completes; None where the playbook plans none."""
    return next(_note_slots(state, incident, now), None)


def _note_slots(state: LaunchState, incident: str, now: datetime) -> Iterator[Slot]:
    return (slot for slot in all_slots(state, now) if slot.subject == incident and tells_note(state, slot))


def note_posted(state: LaunchState, incident: str, now: datetime) -> NotePosted | None:
    """That the note on `incident` was posted; None while it was not. Where its channel refuses it for good, another
    that has it will do. Where the playbook plans no post for it, that it was written, or that the incident is over,
    is enough; the latter also where its post was skipped."""
    known = state.incidents.get(incident)
    if known is None:
        return None
    by = known.notes[0].by if known.notes else known.resolved_by
    slots = tuple(_note_slots(state, incident, now))
    if not slots:
        return NotePosted(by, f"a note on {incident} was written") if by else None
    record = record_of(state, slots[0])
    if known.resolved_at and record and record.stage is Stage.SKIPPED:
        return NotePosted(known.resolved_by, record.reason)
    is_refused = record is not None and record.stage is Stage.DEAD
    posted = [slot for slot in (slots if is_refused else slots[:1]) if arrived(state, slot)]
    return NotePosted(by, f"posted as {posted[0].id}") if posted else None
