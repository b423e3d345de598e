"""Where every post of a launch stands, for whoever shows it, and what people still have to say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from warroom.launch.schedule import Slot, all_slots, channel_of, slots
from warroom.launch.state import FILE, REST, FileKnown, LaunchState, Record, Stage, as_of, believed
from warroom.playbook.course import Ask, Step
from warroom.playbook.template import Value


class Standing(StrEnum):
    """Where a slot stands. From SENT on that is the end of it. TO_DO, DONE and SKIPPED are for tasks of people, the
    last two also for a launch that is closed; SKIPPED also for the note on an incident that was over before it."""

    SCHEDULED = "scheduled"
    DUE = "due"
    TO_DO = "to do"
    HELD = "held"
    SENDING = "sending"
    CHECKING = "checking whether it arrived"
    SENT = "sent"
    DONE = "done"
    MERGED = "merged"
    SKIPPED = "skipped"
    FAILED = "failed"
    NOT_SENT = "not sent"
    NOT_KNOWN = "not known whether it arrived"


OVER: Final = frozenset(
    (
        *(Standing.SENT, Standing.DONE, Standing.MERGED, Standing.SKIPPED, Standing.FAILED),
        *(Standing.NOT_SENT, Standing.NOT_KNOWN),
    )
)
"""Nothing more becomes of a slot that stands there by itself."""

_OF_STAGE: Final = {
    Stage.SENDING: Standing.SENDING,
    Stage.UNKNOWN: Standing.CHECKING,
    Stage.CONFIRMED: Standing.SENT,
    Stage.DEAD: Standing.FAILED,
    Stage.MERGED: Standing.MERGED,
    Stage.SKIPPED: Standing.SKIPPED,
}


def standing_of(state: LaunchState, record: Record) -> Standing | None:
    """The word for a post of which something was sent, or nothing will be; None for one that is yet to leave. One
    without the rest of its text has FAILED."""
    if has_lost_rest(state, record):
        return Standing.FAILED
    return Standing.DONE if record.stage is Stage.CONFIRMED and record.by else _OF_STAGE.get(record.stage)


def has_lost_rest(state: LaunchState, record: Record) -> bool:
    """Whether the message of the post is there, and the rest of its text will not be."""
    rest = state.files.get((record.slot, REST))
    return record.stage is Stage.CONFIRMED and rest is not None and rest.stage == "failed"


IN_DOUBT: Final = (Stage.SENDING, Stage.UNKNOWN)
"""Nobody knows whether it has arrived."""
CUT_OFF: Final = "the launch was closed while it was being sent"

_SAID: Final = {REST: "the rest of its text is not in the thread", FILE: "its evidence file is not attached"}
_AGAIN: Final = "; tried again"
_NEVER_DUE: Final = "the launch was closed before T0 was set"
_NOT_YET_DUE: Final = "the launch was closed before it was due"
_WAS_DUE: Final = "it was due when the launch was closed"


@dataclass(frozen=True, slots=True)
class Owed:
    """A slot and where it stands. `due` is None while there is no T0.

    `late_s` is by how many seconds it was late when it left, or is late now, or (NOT_SENT, NOT_KNOWN) was when
    the launch was closed; 0 in time. `into` is the id of the slot whose post stands for it, `reason` says why it is
    held, failed or not sent; both may be empty.
    """

    slot: Slot
    title: str
    standing: Standing
    due: datetime | None = None
    late_s: float = 0.0
    into: str = ""
    reason: str = ""
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A value that only a person can give, and the first post that needs it. `due` is None while there is no T0."""

    step: Step
    ask: Ask
    slot: Slot
    due: datetime | None


def record_of(state: LaunchState, slot: Slot) -> Record | None:
    """The record that counts for `slot`; None while its post has yet to be written.

    A text that was written for another T0 and of which nothing was sent does not count, nor what it stood for; but
    for one in place of another post, which was due.
    """
    record = state.records.get(slot.id)
    root = state.records.get(record.into) if record and record.stage is Stage.MERGED else record
    is_void = root is not None and root.stage is Stage.DUE and root.t0 != state.t0 and not slot.is_event
    if root is None or (is_void and not slot.instead_of):
        return None
    return record


def is_resolved(state: LaunchState, slot: Slot) -> bool:
    """Whether the post of `slot` was sent, failed for good, was skipped, or is named in one for which that holds."""
    root = _told_by(state, slot)
    return root is not None and root.stage in (Stage.CONFIRMED, Stage.DEAD, Stage.SKIPPED)


def arrived(state: LaunchState, slot: Slot) -> Record | None:
    """The record of the post that arrived for `slot`: its own, or one that names it; also while it is sent once more.
    None while there is none."""
    root = _told_by(state, slot)
    return root if root is not None and root.first_at is not None else None


def _told_by(state: LaunchState, slot: Slot) -> Record | None:
    record = record_of(state, slot)
    return state.records[record.into] if record and record.stage is Stage.MERGED else record


def owed(state: LaunchState, now: datetime) -> tuple[Owed, ...]:
    """Every slot of the launch, the earliest first; before T0 those come first that are due whenever it is set. Of a
    launch that is closed, as it stood then."""
    counts = as_of(state, now)
    seen = believed(state, counts)
    found = [_owed(state, slot, seen) for slot in all_slots(state, counts)]
    return tuple(sorted(found, key=lambda post: (post.due is None, post.due)) if state.t0 else found)


def _owed(state: LaunchState, slot: Slot, now: datetime) -> Owed:
    post = _while_open(state, slot, now)
    return _when_closed(state, post, now) if state.closed and not is_resolved(state, slot) else post


def _when_closed(state: LaunchState, post: Owed, now: datetime) -> Owed:
    """Nobody sends it any more, or looks whether it arrived."""
    late_s = _behind_s(post.due, now)
    left = replace(post, standing=Standing.NOT_SENT, late_s=late_s, into="")
    root = _told_by(state, post.slot)
    if root is not None and root.stage in IN_DOUBT:
        # One that is being sent is waited for, for some seconds.
        looked_for = f"{root.reason or CUT_OFF}; nobody looks for it any more"
        reason = CUT_OFF if root.stage is Stage.SENDING else looked_for
        return replace(left, standing=Standing.NOT_KNOWN, reason=reason)
    why = _NEVER_DUE if post.due is None else _WAS_DUE if late_s else _NOT_YET_DUE
    more = f"held: {post.reason}" if post.standing is Standing.HELD else post.reason
    return replace(left, reason="; ".join(filter(None, (why, more))))


def _behind_s(due: datetime | None, now: datetime) -> float:
    return max(0.0, (now - due).total_seconds()) if due else 0.0


def _while_open(state: LaunchState, slot: Slot, now: datetime) -> Owed:
    record, hold = record_of(state, slot), state.holds.get(slot.id)
    title = state.course.updates[slot.update].title
    due = slot.due(state.t0) if state.t0 or slot.is_event else None
    behind_s = record.late_s if record and record.first_at else _behind_s(due, now)
    if slot.instead_of:
        title = f"{title}, in place of {_channel_of(state, slot.instead_of)}"
    if record is not None and (standing := standing_of(state, record)):
        reason = _without_file(state, record) or record.reason
        return Owed(slot, title, standing, due, record.late_s, record.into, reason, record)
    if hold is not None:
        return Owed(slot, title, Standing.HELD, due, behind_s, reason=f"{hold.reason} ({hold.by})", record=record)
    is_due = record or behind_s or due == now or (slot.is_event and not slot.recurring)
    is_to_do = record and state.course.channels[slot.channel].by_hand
    standing = Standing.TO_DO if is_to_do else Standing.DUE if is_due else Standing.SCHEDULED
    return Owed(slot, title, standing, due, behind_s, reason=record.reason if record else "", record=record)


def _channel_of(state: LaunchState, slot_id: str) -> str:
    channel = channel_of(state.course, slot_id)
    return channel.id if channel else ""


def _without_file(state: LaunchState, record: Record) -> str:
    """What belongs to a post that was sent and is not attached to it, with the reason; empty where all of it is."""
    known = [state.files.get((record.slot, part)) for part in _SAID]
    return "; ".join(filter(None, (_without(file, is_closed=state.closed is not None) for file in known if file)))


def _without(file: FileKnown, *, is_closed: bool) -> str:
    if file.stage == "sending" and is_closed:
        return f"{_SAID[file.part]}: not known, as the launch was closed meanwhile"
    if file.stage not in ("due", "failed"):
        return ""
    return f"{_SAID[file.part]}: {file.reason}{_AGAIN if file.stage == 'due' and not is_closed else ''}"


def open_questions(state: LaunchState) -> tuple[OpenQuestion, ...]:
    """What steps ask for and posts need, and nobody has given yet; what is needed first comes first. Nothing once the
    launch is closed."""
    found: dict[str, OpenQuestion] = {}
    if state.closed:
        return ()
    for slot in slots(state.course, state.attempt):
        if record_of(state, slot) is not None:
            continue
        for part in state.course.updates[slot.update].template.insertions:
            if isinstance(part, Value) and part.name not in found and (question := _question(state, slot, part.name)):
                found[part.name] = question
    return tuple(found.values())


def _question(state: LaunchState, slot: Slot, name: str) -> OpenQuestion | None:
    parts = name.split(".")
    step = state.course.steps.get(parts[1]) if parts[0] == "steps" else None
    if step is None or step.id in state.ticks:
        return None
    ask = next((ask for ask in step.asks if ask.name == parts[2]), None)
    return OpenQuestion(step, ask, slot, slot.due(state.t0) if state.t0 else None) if ask else None


def tells_note(state: LaunchState, slot: Slot) -> bool:
    """Whether the post of `slot` is the one that a person's note on an incident completes."""
    values = state.course.updates[slot.update].template.values
    return slot.on == "incident.opened" and any(value.name == "incident.note" for value in values)
