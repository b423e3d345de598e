"""How the entries about the status message and the dead-man switch change the state of a launch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from warroom.launch.entries import Body, Entry, instant
from warroom.launch.liveness import Alarm, AlarmStage, MessageStage, StatusMessage, Stopping
from warroom.launch.record_folding import Apply
from warroom.launch.state import LaunchState


def _posting(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    before = state.status_message
    is_again = before is not None and before.number == body["number"]
    message = StatusMessage(
        number=body["number"],
        channel=body["channel"],
        stage=MessageStage.POSTING,
        at=entry.at,
        key=body["key"],
        place=body.get("place", ""),
        copy=state.playbook_copy,
        path=state.playbook_path,
        moves=before.moves if before else 0,
        attempt=body["attempt"],
        epoch=entry.epoch,
        tried_at=(before.tried_at if before and is_again else None) or entry.at,
        reason=before.reason if before else "",
    )
    return replace(state, status_message=message)


def _message_to(stage: MessageStage) -> Apply:
    def apply(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
        before = _message(state, body)
        if before is None:
            return state
        again = instant(body["not_before"]) if body.get("not_before") else None
        ref, digest = body.get("ref", before.ref), body.get("digest", before.digest)
        after = replace(before, stage=stage, at=entry.at, ref=ref, digest=digest, not_before=again)
        after = replace(after, reason=body.get("reason", ""), failing_since=None, absent_at=None)
        after = replace(after, copy=state.playbook_copy, path=state.playbook_path)
        after = replace(after, moves=before.moves + bool(body.get("moved")))
        return replace(state, status_message=after)

    return apply


def _message_absent(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    before = _message(state, body)
    after = replace(before, stage=MessageStage.UNCLEAR, absent_at=entry.at) if before else None
    return replace(state, status_message=after) if after else state


def _message_failing(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    before = _message(state, body)
    if before is None:
        return state
    since = before.failing_since or entry.at
    return replace(state, status_message=replace(before, reason=body["reason"], failing_since=since))


def _message(state: LaunchState, body: Body) -> StatusMessage | None:
    message = state.status_message
    return message if message is not None and message.number == body["number"] else None


def _arming(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    alarm = Alarm(
        number=body["number"],
        key=body["key"],
        channel=body["channel"],
        stage=AlarmStage.ARMING,
        since=instant(body["since"]),
        fires_at=instant(body["fires_at"]),
        at=entry.at,
        epoch=entry.epoch,
        by=body.get("by", ""),
        place=body.get("place", ""),
        copy=state.playbook_copy,
        path=state.playbook_path,
    )
    man = state.dead_man
    return replace(state, dead_man=replace(man, alarms={**man.alarms, alarm.number: alarm}, last=alarm.number))


def _armed(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    armed = _alarm_to(AlarmStage.ARMED)(state, entry, body)
    return replace(armed, dead_man=replace(armed.dead_man, reason="", failing_since=None))


def _not_armed(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """None was scheduled; or (with the id of one that is not known) it may have been."""
    after = _alarm_to(AlarmStage.UNCLEAR)(state, entry, body) if body.get("unclear") else _gone(state, entry, body)
    man = after.dead_man
    return replace(after, dead_man=replace(man, reason=body["reason"], failing_since=man.failing_since or entry.at))


def _alarm_to(stage: AlarmStage) -> Apply:
    def apply(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
        before = state.dead_man.alarms.get(body["number"])
        if before is None:
            return state
        after = replace(before, stage=stage, at=entry.at, absent_at=None)
        return _with(state, replace(after, id=body.get("id", before.id), ref=body.get("ref", before.ref)))

    return apply


def _unlisted(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    before = state.dead_man.alarms.get(body["number"])
    if before is None:
        return state
    return _with(state, replace(before, stage=AlarmStage.UNCLEAR, absent_at=entry.at))


def _fired(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    fired = _alarm_to(AlarmStage.FIRED)(state, entry, body)
    alarm = fired.dead_man.alarms.get(body["number"])
    return replace(fired, dead_man=replace(fired.dead_man, fired_at=alarm.fires_at if alarm else entry.at))


def _gone(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    left = {number: one for number, one in state.dead_man.alarms.items() if number != body["number"]}
    return replace(state, dead_man=replace(state.dead_man, alarms=left))


def _with(state: LaunchState, alarm: Alarm) -> LaunchState:
    man = state.dead_man
    return replace(state, dead_man=replace(man, alarms={**man.alarms, alarm.number: alarm}))


def _stopping(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    return replace(state, stopping=Stopping(body["by"], entry.epoch, entry.at))


def as_long_ago(state: LaunchState, by: timedelta) -> LaunchState:
    """The wall clock was set by `by`: what was tried is as long ago as it was, what is scheduled as far ahead."""
    message = state.status_message
    if message is not None:
        times = {name: getattr(message, name) for name in ("tried_at", "absent_at", "not_before")}
        message = replace(message, **{name: at + by for name, at in times.items() if at is not None})
    alarms = {
        number: replace(one, fires_at=one.fires_at + by, absent_at=one.absent_at + by if one.absent_at else None)
        for number, one in state.dead_man.alarms.items()
    }
    return replace(state, status_message=message, dead_man=replace(state.dead_man, alarms=alarms))


APPLY: Final[Mapping[str, Apply]] = {
    "live.posting": _posting,
    "live.posted": _message_to(MessageStage.POSTED),
    "live.due": _message_to(MessageStage.DUE),
    "live.unclear": _message_to(MessageStage.UNCLEAR),
    "live.absent": _message_absent,
    "live.edited": _message_to(MessageStage.POSTED),
    "live.failing": _message_failing,
    "live.gone": _message_to(MessageStage.GONE),
    "deadman.arming": _arming,
    "deadman.armed": _armed,
    "deadman.failing": _not_armed,
    "deadman.unlisted": _unlisted,
    "deadman.disarming": _alarm_to(AlarmStage.DISARMING),
    "deadman.stays": _alarm_to(AlarmStage.DISARMING),
    "deadman.leaving": _alarm_to(AlarmStage.LEAVING),
    "deadman.fired": _fired,
    "deadman.gone": _gone,
    "engine.stopping": _stopping,
}
"""By their kinds. `live.editing` and `deadman.answering` announce what changes nothing here."""
