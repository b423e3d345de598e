"""What a launch keeps in Slack beside its posts, as it will be shown: the status message and the dead-man switch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from warroom.launch.dead_man import Arm
from warroom.launch.liveness import status_channel
from warroom.launch.state import begin
from warroom.plan.values import PlannedMessage
from warroom.playbook.course import Course
from warroom.units import format_duration
from warroom.updates.status_text import alarm_text, at_second, status_text

_SOME_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


def planned_messages(course: Course, t0: datetime | None) -> tuple[PlannedMessage, ...]:
    """The status message as it is at T0, and what Slack posts by itself when the engine is silent; nothing where no
    channel can have them."""
    channel = status_channel(course)
    if channel is None:
        return ()
    now = t0 or _SOME_TIME
    state = replace(begin(course), launch="LAUNCH", t0=t0)
    silent = alarm_text(state, Arm(0, "", channel.id, now, now + channel.silent_after))
    silent = silent.replace(at_second(now), "[its last sign of life]")
    after = f"by Slack itself, {format_duration(channel.silent_after)} after the last sign of life of the engine"
    return (
        PlannedMessage("status message", channel.id, "edited in place whenever it changes", status_text(state, now)),
        PlannedMessage("dead-man switch", channel.id, after, silent),
    )
