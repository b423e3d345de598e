"""What people may ask of the posts of a launch, and what is journaled then."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from warroom.errors import UsageError
from warroom.launch.entries import Draft
from warroom.launch.files import parts_under_way
from warroom.launch.ledger import LATE_AFTER_S, key_of
from warroom.launch.schedule import Slot, all_slots
from warroom.launch.standing import record_of, standing_of
from warroom.launch.state import LaunchState, Record, Stage, believed
from warroom.playbook.course import ByHand
from warroom.text import clean, did_you_mean

_LINK: Final = re.compile(r"https?://\S{1,1000}", re.ASCII)
_LONGEST: Final = 300


def named_slot(name: str, state: LaunchState, now: datetime) -> Slot:
    """The slot called `name`: its id, or its time (`T+1h`) where only one is due then. Raises UsageError."""
    known = all_slots(state, now)
    found = [slot for slot in known if name in (slot.id, slot.time)]
    if len(found) != 1:
        ids = [slot.id for slot in found or known]
        hint = did_you_mean(name, ids) or f"there is {', '.join(ids[:8])}{', …' if len(ids) > 8 else ''}"
        raise UsageError(f"'{clean(name, limit=80)}' names {len(found) or 'no'} update{'s' * bool(found)}", hint=hint)
    return found[0]


def open_slot(name: str, state: LaunchState, now: datetime) -> Slot:
    """The slot called `name`, of which nothing was sent yet. Raises UsageError."""
    slot = named_slot(name, state, now)
    record = state.records.get(slot.id)
    standing = standing_of(state, record) if record else None
    if standing:
        raise UsageError(f"{slot.id} is {standing.value} already", hint=_once_more(slot))
    return slot


def hold(name: str, reason: str, state: LaunchState, now: datetime, by: str) -> tuple[Draft, ...]:
    """Keeps a post back. Raises UsageError."""
    slot = open_slot(name, state, now)
    if _by_hand(state, slot):
        raise UsageError(f"{slot.id} is a task for a person: nobody else does it", hint=f"skip it: {_skipping(slot)}")
    require_reason(reason, f"to hold {slot.id}")
    return (Draft("update.held", {"slot": slot.id, "reason": clean(reason), "by": by}, by),)


def release(name: str, state: LaunchState, now: datetime, by: str) -> tuple[Draft, ...]:
    """Ends a hold. Raises UsageError."""
    slot = open_slot(name, state, now)
    if slot.id not in state.holds:
        raise UsageError(f"{slot.id} is not held")
    return (Draft("update.released", {"slot": slot.id, "by": by}, by),)


def post_now(name: str, state: LaunchState, now: datetime, by: str) -> tuple[Draft, ...]:
    """Has a post sent, or the text of a task written, before its time or out of a hold. Raises UsageError."""
    slot = open_slot(name, state, now)
    _require_t0(state, slot)
    if _by_hand(state, slot) and record_of(state, slot) and slot.id not in state.holds:
        raise UsageError(f"{slot.id} is there to do: its text is written", hint=f"when it is done: {_doing(slot)}")
    return (Draft("update.requested", {"slot": slot.id, "by": by}, by),)


def post_again(name: str, reason: str, state: LaunchState, now: datetime, by: str) -> tuple[Draft, ...]:
    """Has a post sent once more, whatever became of it. Raises UsageError."""
    slot = named_slot(name, state, now)
    _require_t0(state, slot)
    record = record_of(state, slot)
    _require_tried(slot, record, state.epoch)
    assert record is not None
    if parts_under_way(state, slot.id):
        raise UsageError(
            f"what belongs to {slot.id} is being put into its thread",
            hint="ask again when it is there; it takes some seconds, minutes where Slack asks to wait",
        )
    require_reason(reason, f"to send {slot.id} again")
    key = key_of(state, slot.id, record.earlier + (record.stage is Stage.CONFIRMED))
    was = standing_of(state, record)
    body = {"slot": slot.id, "key": key, "was": was.value if was else "due", "by": by}
    return (Draft("update.resent", {**body, "reason": clean(reason, limit=_LONGEST)}, by),)


def _require_tried(slot: Slot, record: Record | None, epoch: int) -> None:
    if record is None or (record.stage is Stage.DUE and not record.attempt):
        raise UsageError(f"{slot.id} was not sent yet", hint=f"now: warroom post LAUNCH {slot.id}")
    if record.stage is Stage.MERGED:
        raise UsageError(f"{slot.id} is told by {record.into}", hint="send that one again")
    if record.stage is Stage.SENDING and record.epoch == epoch:
        raise UsageError(f"{slot.id} is being sent", hint="ask again when it is known what became of it")


def done(name: str, link: str, state: LaunchState, now: datetime, by: str) -> tuple[Draft, ...]:
    """Says that a person has told what a task says; `link` may be empty. Raises UsageError."""
    slot = _task(name, state, now)
    record = record_of(state, slot)
    if record is None:
        raise UsageError(f"{slot.id} has no text yet", hint=f"have it written now: warroom post LAUNCH {slot.id}")
    if link and not _LINK.fullmatch(link):
        raise UsageError(f"'{clean(link, limit=80)}' is not a link", hint="it begins with http:// or https://")
    late_s = (believed(state, now) - slot.due(record.t0 or state.t0)).total_seconds()
    body = {"slot": slot.id, "key": record.key, "by": by, "ref": link}
    late = round(late_s, 3) if late_s > LATE_AFTER_S else 0.0
    late = record.late_s if record.first_at else late
    return (Draft("update.confirmed", {**body, "late_s": late}, by),)


def skip(name: str, reason: str, state: LaunchState, now: datetime, by: str) -> tuple[Draft, ...]:
    """Says that nobody is going to tell what a task says. Raises UsageError."""
    slot = _task(name, state, now)
    require_reason(reason, f"to skip {slot.id}")
    return (Draft("update.skipped", {"slot": slot.id, "reason": clean(reason), "by": by}, by),)


def remark(name: str, text: str, state: LaunchState, now: datetime, by: str) -> tuple[Draft, ...]:
    """Adds a remark to a post; an empty one takes it away. Raises UsageError."""
    slot = open_slot(name, state, now)
    record = state.records.get(slot.id)
    if record and record.attempt:
        # A second attempt must look like the first, which may have been seen.
        raise UsageError(f"{slot.id} was tried to be sent already; its text stands")
    said = clean(text.strip(), lines=True)
    if not said and slot.id not in state.remarks:
        raise UsageError(f"there is no remark on {slot.id}")
    return (Draft("update.remarked", {"slot": slot.id, "text": said, "by": by}, by),)


def require_reason(reason: str, what: str) -> None:
    """Raises UsageError where the reason is missing."""
    if not reason.strip():
        raise UsageError(f"{what} a reason is needed", hint="add --reason TEXT")


def _require_t0(state: LaunchState, slot: Slot) -> None:
    if state.t0 is None and not slot.is_event:
        raise UsageError("no update is owed before T0 is set", hint="set it with: warroom t0")


def _task(name: str, state: LaunchState, now: datetime) -> Slot:
    slot = named_slot(name, state, now)
    if not _by_hand(state, slot):
        raise UsageError(f"{slot.id} is posted to {slot.channel} by Warroom: it is no task for a person")
    return open_slot(slot.id, state, now)


def _by_hand(state: LaunchState, slot: Slot) -> ByHand | None:
    return state.course.channels[slot.channel].by_hand


def _doing(slot: Slot) -> str:
    return f"warroom post LAUNCH {slot.id} --done"


def _skipping(slot: Slot) -> str:
    return f"warroom post LAUNCH {slot.id} --skip --reason TEXT"


def _once_more(slot: Slot) -> str:
    return f"once more: warroom post LAUNCH {slot.id} --again --reason TEXT"
