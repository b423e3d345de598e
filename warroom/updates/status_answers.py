"""What became of an edit, of a message that was scheduled and of one that was deleted from the schedule.

Source: the error codes in the reference of chat.update, chat.scheduleMessage and chat.deleteScheduledMessage.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from warroom.updates.answers import Answered, Broken, delivery_of
from warroom.updates.channel import Delivery, Fate

_LOST: Final = {
    "message_not_found": "somebody deleted it, or the token is of another workspace since",
    "cant_update_message": "Slack does not let the app edit it: another app posted it, or it is closed to edits",
    "edit_window_closed": "a rule of the workspace allows no edits so late",
    "block_mismatch": "Slack does not let the app edit it",
}
_NOT_SCHEDULED: Final = {
    "restricted_too_many": "the channel has too many scheduled messages for that time",
    "time_in_past": "Slack takes the time for past",
    "time_too_far": "Slack takes the time for too far ahead",
    "invalid_time": "Slack takes the time for none",
    "message_limit_exceeded": "the workspace sends too many messages",
    "restricted_action_read_only_channel": "the channel is read-only",
    "restricted_action_thread_only_channel": "the channel takes replies only",
}
_UNDONE: Final = "invalid_scheduled_message_id"


def edit_of(outcome: Broken | Answered, channel: str) -> Delivery:
    """What became of an edit; `closed` where the message takes no more. One whose fate is unknown can be repeated."""
    match outcome:
        case Answered(status, False, error) if error in _LOST and status < 500:
            return Delivery(Fate.REFUSED, reason=f"{error}: {_LOST[error]}", closed=True)
        case _:
            return delivery_of(outcome, channel)


def scheduled_of(outcome: Broken | Answered, scheduled: str) -> Delivery:
    """What became of a message that was to be scheduled; `ref` is then the id `scheduled` that Slack gave it."""
    match outcome:
        case Answered(200, True) if scheduled:
            return Delivery(Fate.CONFIRMED, ref=scheduled)
        case Answered(status, False, error) if error in _NOT_SCHEDULED and status < 500:
            return Delivery(Fate.REFUSED, reason=f"{error}: {_NOT_SCHEDULED[error]}")
        case _:
            return delivery_of(outcome, "")


def deleted_of(outcome: Broken | Answered) -> Delivery:
    """What became of the deletion of a scheduled message: CONFIRMED also where Slack has it no longer, which says
    nothing on whether it was posted."""
    match outcome:
        case Answered(200, True):
            return Delivery(Fate.CONFIRMED)
        case Answered(status, False, error) if error == _UNDONE and status < 500:
            return Delivery(Fate.CONFIRMED, reason=f"{error}: it is posted, deleted or due within a minute")
        case _:
            return replace(delivery_of(outcome, ""), ref="")
