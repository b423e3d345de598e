"""A launch that keeps a status message and a dead-man switch: its entries, led by the drafts of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tests.launch.course import T0, after, opened
from warroom.launch.entries import Draft
from warroom.launch.state import LaunchState
from warroom.playbook.course import Channel

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
SETTLE, SILENT = MINUTE, 15 * MINUTE
ROOM = Channel("war_room", "slack", settle=SETTLE, threads=True, silent_after=SILENT)


def in_slack(t0: datetime | None = T0, *channels: Channel) -> LaunchState:
    """A launch that has begun, with those channels, by default one with a token, and no posts."""
    state = opened(t0)
    course = replace(state.course, channels={one.id: one for one in channels or (ROOM,)}, updates={}, phases=())
    return replace(state, course=course)


def posting(state: LaunchState) -> LaunchState:
    """The same launch, which owes the posts of its document to its first channel."""
    first = next(iter(state.course.channels))
    plan = opened().course
    updates = {name: replace(one, channel=first) for name, one in plan.updates.items()}
    return replace(state, course=replace(state.course, updates=updates, phases=plan.phases))


def journaled(state: LaunchState, at: datetime, *drafts: Draft, epoch: int = 1) -> LaunchState:
    """`state` once these are on disk."""
    for draft in drafts:
        state = after(state, draft.kind, at, epoch, **draft.body)
    return state


def overdue(state: LaunchState, at: datetime) -> LaunchState:
    """The first post is written, and could not be sent so far."""
    slot = "publish_confirmation@T+5m"
    state = after(state, "update.due", at, slot=slot, key="k", text="t", late_s=0.0)
    state = after(state, "update.sending", at, slot=slot, key="k", attempt=1)
    return after(state, "update.due", at, slot=slot, reason="Slack asks to wait")


def kinds(decisions: Sequence[object]) -> list[str]:
    """What is decided, by name."""
    return [type(one).__name__ for one in decisions]
