"""Another playbook for a launch that is open: what of it changes the posts, and when it may take over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from warroom.errors import UsageError
from warroom.launch.acting import require_nothing_under_way
from warroom.launch.entries import Draft
from warroom.launch.schedule import Slot, all_slots
from warroom.launch.standing import IN_DOUBT, is_resolved
from warroom.launch.state import LaunchState, Stage
from warroom.playbook.course import Course
from warroom.slo import trigger

_UNTOLD: Final = "amend again when its channel has said whether it arrived: warroom status tells"


@dataclass(frozen=True, slots=True)
class Amendment:
    """A playbook that was loaded with everything it needs. `copy` is where its frozen copy is, seen from the folder
    of the launch, `path` where it came from, `sha256` that of its files.
    """

    copy: str
    path: str
    sha256: str
    course: Course


@dataclass(frozen=True, slots=True)
class SlotChange:
    """Ids of posts not sent yet: those that are owed no more, and those that are new; the earliest first."""

    vanished: tuple[str, ...]
    added: tuple[str, ...]


def slot_change(state: LaunchState, course: Course, now: datetime) -> SlotChange:
    """What becomes of the posts of `state` when `course` takes the place of its own."""
    before = [slot for slot in all_slots(state, now) if not is_resolved(state, slot)]
    after = all_slots(replace(state, course=course), now)
    sent = set(state.records) - {slot.id for slot in before}
    return SlotChange(_only_in(before, after), tuple(one for one in _only_in(after, before) if one not in sent))


def begun_anew(state: LaunchState, course: Course) -> tuple[str, ...]:
    """The triggers that are under way and that `course` does not have, or has on something else: they stand as at the
    beginning. One that is about the same thing keeps its state, whatever its limit is."""
    before, after = state.course.watched.triggers, course.watched.triggers
    busy = (name for name, known in state.triggers.items() if known.state.stage is not trigger.Stage.IDLE)
    return tuple(
        name for name in busy if name not in after or before.get(name, after[name]).about != after[name].about
    )


def judged_anew(state: LaunchState, course: Course) -> tuple[str, ...]:
    """The signals and triggers that `course` judges by something else, such as another limit."""
    before, after = state.course.watched, course.watched
    signals = (name for name, plan in before.signals.items() if plan != after.signals.get(name))
    triggers = (name for name, plan in before.triggers.items() if plan != after.triggers.get(name))
    return tuple(dict.fromkeys((*signals, *triggers)))


def _only_in(slots: Sequence[Slot], others: Sequence[Slot]) -> tuple[str, ...]:
    known = {slot.id for slot in others}
    return tuple(slot.id for slot in slots if slot.id not in known)


def amend(state: LaunchState, amendment: Amendment, now: datetime, by: str) -> tuple[Draft, ...]:
    """What to journal when `by` wants the launch to go on with another playbook. Raises UsageError where it may not
    now: while nobody knows whether a post has left, it must be known what was sent and where to."""
    if state.closed:
        raise UsageError("the launch is closed")
    if amendment.sha256 == state.playbook_sha256:
        raise UsageError("the launch runs this playbook already")
    if amendment.course.launch.id != state.course.launch.id:
        raise UsageError(f"that is the playbook of {amendment.course.launch.id}, not of {state.course.launch.id}")
    if doubtful := next((record for record in state.records.values() if record.stage in IN_DOUBT), None):
        hint = "amend again in a moment" if doubtful.stage is Stage.SENDING else _UNTOLD
        raise UsageError(f"post {doubtful.slot} is being sent or looked for", hint=hint)
    require_nothing_under_way(state, "amend")
    change = slot_change(state, amendment.course, now)
    body = {
        "from": state.playbook_sha256,
        "to": amendment.sha256,
        "copy": amendment.copy,
        "path": amendment.path,
        "vanished": list(change.vanished),
        "added": list(change.added),
        "begun_anew": list(begun_anew(state, amendment.course)),
        "judged_anew": list(judged_anew(state, amendment.course)),
        "by": by,
    }
    return (Draft("playbook.amended", body, by),)
