"""Where the status message and the dead-man switch stand, for whoever shows it: what is not there says why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from warroom.launch.dead_man import why_unwell
from warroom.launch.liveness import Alarm, AlarmStage, MessageStage, StatusMessage, status_channel, why_none
from warroom.launch.state import LaunchState
from warroom.launch.status_message import is_given_up, takes_edits


class Kept(StrEnum):
    """The words for both. NOT_AVAILABLE: no channel can have it. WAITS: it begins when T0 is set. ENDED: with the
    launch. LEFT: the launch is closed or has no channel for it any more, and Slack may post it all the same."""

    NOT_AVAILABLE = "not available"
    WAITS = "waits for T0"
    POSTING = "posting"
    CHECKING = "checking whether it arrived"
    NOT_POSTED = "not posted"
    CURRENT = "up to date"
    FAILING = "failing"
    GIVEN_UP = "given up"
    ARMED = "armed"
    NOT_ARMED = "NOT ARMED"
    ENDED = "ended"
    LEFT = "left behind"


@dataclass(frozen=True, slots=True)
class KeptStanding:
    """Where one of them stands, and for what `reason` it is not well; empty where it is.

    `ref` is where the message is. `at` is when it was edited last, or when an alarm was posted last; `until` is when
    Slack posts the next alarm unless it is replaced; `since` is since when it does not work.
    """

    word: Kept
    reason: str = ""
    channel: str = ""
    ref: str = ""
    at: datetime | None = None
    until: datetime | None = None
    since: datetime | None = None


def message_standing(state: LaunchState, shown_at: datetime | None, *, is_known: bool = True) -> KeptStanding:
    """Of the status message; `shown_at` is when the engine that runs edited it last, None where it has not.
    `is_known`: the channels are those that it has opened; whoever reads the playbook without its inputs sees none of
    Slack."""
    message = state.status_message
    if message is None:
        begun = _not_begun(state)
        return replace(begun, word=Kept.NOT_POSTED) if begun.word is Kept.NOT_ARMED else begun
    is_left = (is_known or message.copy != state.playbook_copy) and not takes_edits(state, message)
    if message.stage is MessageStage.POSTED and not state.closed and is_left:
        why = f"the engine of now does not keep it in {message.channel}; what it says there is edited no more"
        return KeptStanding(Kept.NOT_AVAILABLE, why, message.channel, message.ref, message.at)
    at = shown_at or (message.at if message.stage is MessageStage.POSTED else None)
    word = _word_of(state, message)
    return KeptStanding(word, message.reason, message.channel, message.ref, at, since=message.failing_since)


def _word_of(state: LaunchState, message: StatusMessage) -> Kept:
    if message.failing_since is not None:
        return Kept.FAILING
    match message.stage:
        case MessageStage.POSTED:
            return Kept.ENDED if state.closed else Kept.CURRENT
        case MessageStage.POSTING if message.epoch == state.epoch:
            return Kept.POSTING
        case MessageStage.POSTING | MessageStage.UNCLEAR:
            return Kept.CHECKING
        case MessageStage.GONE if is_given_up(message):
            return Kept.GIVEN_UP
        case _:
            return Kept.NOT_POSTED


def switch_standing(state: LaunchState, now: datetime, *, is_known: bool = True) -> KeptStanding:
    """Of the dead-man switch; `is_known` as above."""
    man = state.dead_man
    ahead = [one for one in man.alarms.values() if one.fires_at > now]
    pending = [one for one in ahead if one.stage in (AlarmStage.ARMED, AlarmStage.DISARMING)]
    if state.closed:
        return _after_the_end(max(pending, key=_number, default=None))
    begun = _not_begun(state)
    others = [one for one in ahead if one.channel != begun.channel]
    left = [one for one in others if is_known or one.copy != state.playbook_copy]
    alarm = max((one for one in pending if one not in left), key=_number, default=None)
    if begun.word is Kept.NOT_AVAILABLE and left and alarm is None:
        return _elsewhere(begun, max(left, key=lambda one: one.fires_at))
    if alarm is None and begun.word is not Kept.NOT_ARMED:
        return begun
    reason = man.reason or why_unwell(state, now)
    if alarm is None:
        return KeptStanding(Kept.NOT_ARMED, reason, begun.channel, at=man.fired_at, since=man.failing_since)
    if alarm.by:
        reason = f"{alarm.by} stopped the engine"
    elif reason:
        reason = f"it is not renewed: {reason}"
    return KeptStanding(
        Kept.ARMED, reason, alarm.channel, at=man.fired_at, until=alarm.fires_at, since=man.failing_since
    )


def _number(alarm: Alarm) -> int:
    return alarm.number


def _elsewhere(begun: KeptStanding, alarm: Alarm) -> KeptStanding:
    """One that was scheduled before, while the engine of now has no channel for any."""
    where = f"{alarm.channel} ({alarm.place})" if alarm.place else alarm.channel
    why = f"{begun.reason}; what is scheduled in {where} is posted then unless it is deleted before"
    return KeptStanding(Kept.LEFT, why, alarm.channel, until=alarm.fires_at)


def _after_the_end(alarm: Alarm | None) -> KeptStanding:
    if alarm is None:
        return KeptStanding(Kept.ENDED)
    return KeptStanding(Kept.LEFT, "it could not be deleted", alarm.channel, until=alarm.fires_at)


def _not_begun(state: LaunchState) -> KeptStanding:
    channel = status_channel(state.course)
    if channel is None:
        return KeptStanding(Kept.NOT_AVAILABLE, why_none(state.course))
    if state.closed:
        return KeptStanding(Kept.ENDED, channel=channel.id)
    if state.t0 is None:
        return KeptStanding(Kept.WAITS, channel=channel.id)
    return KeptStanding(Kept.NOT_ARMED, channel=channel.id)
