"""The one message per launch that is edited in place: what is to be done about it now. Pure, as the ledger.

It is posted once, when T0 is set, and looked up as posts are where nobody knows whether it arrived. It is edited when
what it says has changed, and every now and then to say that the engine is alive. Where somebody deletes or locks it,
it is made anew once; after that it is left alone. Where the launch goes on in another channel, so does the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from warroom.launch.liveness import MessageStage, StatusMessage, status_channel
from warroom.launch.schedule import all_slots, channel_of
from warroom.launch.state import LaunchState, Record, Stage

MOST_MESSAGES: Final = 2
"""So often it is made in one channel after the other: whoever deletes the second one wants none."""
BEAT: Final = timedelta(seconds=60)
"""How old its word that the engine is alive gets, at most."""
_CLEARANCE: Final = timedelta(seconds=2)
"""How far from a post's time everything else keeps: a channel takes a message a second."""
_PATIENCE: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class PostStatus:
    """Journal `live.posting`, then post the message. `attempt` counts from 1."""

    number: int
    key: str
    channel: str
    attempt: int


@dataclass(frozen=True, slots=True)
class FindStatus:
    """Nobody knows whether it arrived: look for its key. `is_last`: if it is not there now, it will not come."""

    message: StatusMessage
    is_last: bool


@dataclass(frozen=True, slots=True)
class EditStatus:
    """Edit it. Where `is_new`, what it says has changed: journal `live.editing` first."""

    message: StatusMessage
    is_new: bool


@dataclass(frozen=True, slots=True)
class MoveStatus:
    """The launch goes on in another channel: say so where it stands, then journal `live.gone`."""

    message: StatusMessage


StatusDecision = PostStatus | FindStatus | EditStatus | MoveStatus


def status_owed(
    state: LaunchState, now: datetime, digest: str, shown_at: datetime | None, place: str = ""
) -> StatusDecision | None:
    """What is to be done now; None: nothing. `digest` is that of what it would say now; `shown_at` is when this
    engine edited it last, None where it has not yet. `place` is where its channel posts now, empty: not known."""
    message = state.status_message
    if state.is_handed_over:
        return None
    if message is None:
        return _posting(state, 1, 1)
    match message.stage:
        case MessageStage.GONE:
            return None if is_given_up(message) else _posting(state, message.number + 1, 1)
        case MessageStage.DUE:
            is_due = message.not_before is None or message.not_before <= now
            return _posting(state, message.number, message.attempt + 1) if is_due else None
        case MessageStage.POSTED:
            moves = _moves(state, message, place)
            return MoveStatus(message) if moves else _editing(state, message, now, digest, shown_at)
        case _:
            return _finding(state, message, now)


def _posting(state: LaunchState, number: int, attempt: int) -> PostStatus | None:
    channel = status_channel(state.course)
    if channel is None or state.t0 is None or state.closed:
        return None
    return PostStatus(number, f"wr:{state.launch}:live-{number}", channel.id, attempt)


def _editing(
    state: LaunchState, message: StatusMessage, now: datetime, digest: str, shown_at: datetime | None
) -> EditStatus | None:
    if not takes_edits(state, message):
        return None
    if digest != message.digest:
        return EditStatus(message, is_new=True)
    is_old = shown_at is None or not timedelta() <= now - shown_at < BEAT
    return EditStatus(message, is_new=False) if is_old and not state.closed else None


def _moves(state: LaunchState, message: StatusMessage, place: str) -> bool:
    """Whether it stands where the launch keeps it no longer, while another channel can have it."""
    if state.closed or status_channel(state.course) is None:
        return False
    return not takes_edits(state, message) or bool(place and message.place and place != message.place)


def is_given_up(message: StatusMessage) -> bool:
    """Whether it is made anew no more."""
    return message.stage is MessageStage.GONE and message.number - message.moves >= MOST_MESSAGES


def takes_edits(state: LaunchState, message: StatusMessage) -> bool:
    """Whether the playbook of now has the channel of the message, and that one may have it."""
    channel = state.course.channels.get(message.channel)
    return channel is not None and channel.threads and channel.live


def _finding(state: LaunchState, message: StatusMessage, now: datetime) -> FindStatus | None:
    if message.stage is MessageStage.POSTING and message.epoch == state.epoch:
        return None
    channel = state.course.channels.get(message.channel)
    settle = channel.settle if channel else timedelta()
    if message.absent_at is None:
        return FindStatus(message, is_last=not settle)
    return FindStatus(message, is_last=True) if message.absent_at + settle <= now else None


def is_quiet(state: LaunchState, now: datetime, channel: str) -> bool:
    """Whether the channel has room for what is no post: none of its posts is being sent, waits for its turn, left a
    moment ago or is due in a moment."""
    for record in state.records.values():
        where = channel_of(state.course, record.slot)
        if where is not None and where.id == channel and _is_about(record, state.epoch, now):
            return False
    known = (slot for slot in all_slots(state, now) if slot.is_event or state.t0 is not None)
    ahead = (slot.leaves(state.t0) - now for slot in known if slot.channel == channel)
    return not any(timedelta() <= left < _CLEARANCE for left in ahead)


def _is_about(record: Record, epoch: int, now: datetime) -> bool:
    age = now - record.at if record.at else _PATIENCE
    match record.stage:
        case Stage.DUE:
            # Slack may have asked to wait; one that is held for long keeps nothing up.
            return (record.not_before is not None and record.not_before > now) or timedelta() <= age < _PATIENCE
        case Stage.SENDING:
            return record.epoch == epoch
        case Stage.CONFIRMED:
            return timedelta() <= age < _CLEARANCE
        case _:
            return False
