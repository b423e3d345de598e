"""The dead-man switch: what is to be done about it now. Pure, as the ledger.

Slack is asked to post, a while from now, that the engine is silent. While the engine is well it schedules the next
such message and then deletes the last, so that one is pending at every moment and none comes while it lives. A dead
engine deletes nothing, and Slack posts what is pending. What was posted is edited once an engine runs again and is
well: while its journal can be written and the posts of the channel of the switch itself leave. That another channel
does not take its posts is told by others (the console, the fallback, the exit code).

What was scheduled with another playbook, or in another channel, is deleted there by whoever still can.

An engine that is stopped leaves one behind that says who stopped it. With the launch the last one is deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from warroom.launch.liveness import Alarm, AlarmStage, status_channel
from warroom.launch.standing import Standing, owed
from warroom.launch.state import LaunchState, believed
from warroom.playbook.course import Channel

SURE: Final = timedelta(minutes=5)
"""Slack acknowledges the deletion of a message that is due sooner, and may post it all the same."""
LONGEST: Final = timedelta(minutes=2)
"""It is replaced at least so often: the rest of the time is for what may fail."""
OVERDUE: Final = timedelta(minutes=5)
"""An engine with a post in the channel of the switch that should have left so long ago is not well."""
_MARGIN: Final = timedelta(minutes=1)
_REFUSED: Final = timedelta(minutes=1)
"""Slack refuses the deletion of a message that is due sooner."""
_BRIEFEST: Final = timedelta(seconds=10)
_LONGEST_REST: Final = timedelta(minutes=1)
_SETTLE: Final = timedelta(minutes=1)
_IN_HAND: Final = (Standing.DUE, Standing.SENDING, Standing.CHECKING)


@dataclass(frozen=True, slots=True)
class Arm:
    """Journal `deadman.arming`, then schedule the message. `by` is who stops the engine, empty while it runs."""

    number: int
    key: str
    channel: str
    since: datetime
    fires_at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class Disarm:
    """Journal `deadman.disarming`, then delete the message."""

    alarm: Alarm


@dataclass(frozen=True, slots=True)
class Sweep:
    """Ask the channel what is scheduled at that place: of these alarms, of one playbook, nobody knows whether they
    are."""

    channel: str
    place: str
    alarms: tuple[Alarm, ...]


@dataclass(frozen=True, slots=True)
class LookFor:
    """The time of this one is past: look whether it was posted."""

    alarm: Alarm


@dataclass(frozen=True, slots=True)
class Answer:
    """It was posted, and an engine runs that is well: journal `deadman.answering`, then edit it."""

    alarm: Alarm


SwitchDecision = Arm | Disarm | Sweep | LookFor | Answer


def switch_owed(state: LaunchState, now: datetime) -> tuple[SwitchDecision, ...]:
    """What is to be done now, the most urgent first; empty: nothing. Each may be tried by itself."""
    if state.is_handed_over:
        return ()
    channel = _wanted(state)
    kept = _kept(state, channel)
    is_well = not why_unwell(state, now)
    arm = [_armed(state, channel, now)] if channel and is_well and not _is_fresh(state, kept, channel, now) else []
    # Of one that may be scheduled it is first asked whether it is, so that lost answers do not add up.
    return (
        *_sweeps(state, now),
        *arm,
        *_to_disarm(state, kept, now),
        *(LookFor(one) for one in _all(state) if _is_past(state, one, now)),
        *(Answer(one) for one in _all(state) if one.stage is AlarmStage.FIRED and is_well),
    )


def stopped(state: LaunchState, now: datetime, by: str) -> Arm | None:
    """The message that an engine leaves behind when `by` stops it; None: none is wanted, or it is there."""
    channel = _wanted(state) if not state.is_handed_over else None
    kept = _kept(state, channel)
    is_there = kept is not None and kept.by == by and kept.epoch == state.epoch
    return _armed(state, channel, now, by) if channel and not is_there else None


def scheduled_still(state: LaunchState, now: datetime) -> tuple[Alarm, ...]:
    """The messages that Slack may still post by itself, oldest first."""
    return tuple(one for one in _all(state) if one.stage is not AlarmStage.FIRED and one.fires_at > now)


def renewed_every(channel: Channel) -> timedelta:
    """How often the message is replaced: so that there is time for as many failures again before the last one can no
    longer be deleted for sure."""
    return min(LONGEST, (channel.silent_after - SURE - _MARGIN) / 2)


def rests_at_most(state: LaunchState, decision: object, now: datetime) -> timedelta:
    """How long what failed may rest before it is tried again: half of the time left in which the message that is
    pending can be deleted for sure, or else at all; from ten seconds to a minute. `timedelta.max`: there is none.
    """
    about: tuple[Alarm, ...]
    match decision:
        case Arm():
            kept = _kept(state, _wanted(state))
            about = (kept,) if kept else ()
        case Disarm(alarm):
            about = (alarm,)
        case Sweep(alarms=alarms):
            about = alarms
        case _:
            about = ()
    ends = (one.fires_at - limit for one in about for limit in (SURE, _REFUSED))
    left = min((end - now for end in ends if end > now), default=None)
    return min(max(left / 2, _BRIEFEST), _LONGEST_REST) if left is not None else timedelta.max


def is_pressing(state: LaunchState, decision: object, now: datetime) -> bool:
    """Whether it is not to wait until its channel is quiet: it says nothing there, or it has waited so long already
    that an engine which lives might be told of as silent. A post may then have to wait a second."""
    match decision:
        case Disarm() | Sweep() | LookFor():
            return True
        case Answer(alarm):
            return now - alarm.fires_at >= LONGEST
        case Arm():
            channel = _wanted(state)
            if channel is None or state.t0 is None:
                return False
            kept = _kept(state, channel)
            since = kept.fires_at - channel.silent_after if kept else state.t0
            return now - since >= 2 * renewed_every(channel)
        case _:
            return False


def why_unwell(state: LaunchState, now: datetime) -> str:
    """Why the engine does not count as well; empty: it does. Its ticks and its journal are shown by what it does."""
    channel = _wanted(state)
    if channel is None:
        return ""
    seen = believed(state, now)
    for post in owed(state, now):
        is_in_hand = post.standing in _IN_HAND and post.slot.channel == channel.id
        if is_in_hand and post.due is not None and seen - post.due >= OVERDUE:
            return f"{post.slot.id} is overdue"
    return ""


def _wanted(state: LaunchState) -> Channel | None:
    return status_channel(state.course) if state.t0 is not None and not state.closed else None


def _armed(state: LaunchState, channel: Channel, now: datetime, by: str = "") -> Arm:
    number = state.dead_man.last + 1
    key = f"wr:{state.launch}:deadman-{number}"
    return Arm(number, key, channel.id, now, now + channel.silent_after, by)


def _all(state: LaunchState) -> tuple[Alarm, ...]:
    return tuple(state.dead_man.alarms.values())


def _kept(state: LaunchState, channel: Channel | None) -> Alarm | None:
    """The one that stays: the last of this engine, or of the one before while this one has none."""
    if channel is None:
        return None
    armed = [one for one in _all(state) if one.stage is AlarmStage.ARMED and one.channel == channel.id]
    return max(armed, key=lambda one: one.number, default=None)


def _is_fresh(state: LaunchState, kept: Alarm | None, channel: Channel, now: datetime) -> bool:
    if kept is None or kept.epoch != state.epoch or kept.by:
        return False
    left = kept.fires_at - now
    return channel.silent_after - renewed_every(channel) < left <= channel.silent_after + _MARGIN


def _to_disarm(state: LaunchState, kept: Alarm | None, now: datetime) -> list[Disarm]:
    found = [one for one in _all(state) if one.stage in (AlarmStage.ARMED, AlarmStage.DISARMING) and one is not kept]
    return [Disarm(one) for one in found if one.fires_at > now]


def _sweeps(state: LaunchState, now: datetime) -> list[Sweep]:
    """Of every place, those of which nobody knows whether they are scheduled."""
    found: dict[tuple[str, str, str], list[Alarm]] = {}
    for one in _all(state):
        is_open = one.stage is AlarmStage.UNCLEAR or (one.stage is AlarmStage.ARMING and one.epoch < state.epoch)
        is_due = one.absent_at is None or one.absent_at + _settle(state, one) <= now
        if is_open and is_due and one.fires_at > now:
            found.setdefault((one.channel, one.place, one.copy), []).append(one)
    return [Sweep(channel, place, tuple(alarms)) for (channel, place, _), alarms in found.items()]


def _is_past(state: LaunchState, alarm: Alarm, now: datetime) -> bool:
    is_under_way = alarm.stage is AlarmStage.ARMING and alarm.epoch == state.epoch
    if is_under_way or alarm.stage is AlarmStage.FIRED:
        return False
    return alarm.fires_at + _settle(state, alarm) <= now


def _settle(state: LaunchState, alarm: Alarm) -> timedelta:
    """The settle time of its channel, which the playbook of now may have no more."""
    channel = state.course.channels.get(alarm.channel)
    return channel.settle if channel and channel.threads else _SETTLE
