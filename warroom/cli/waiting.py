"""What a launch waits for that owes nothing yet: without a word its silence looks like a failure."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from warroom.cli.folders import command_for
from warroom.launch.ledger import kept_open
from warroom.launch.standing import OVER, owed
from warroom.launch.state import LaunchState
from warroom.launch.values import utc


def waits_for(state: LaunchState, folder: Path, now: datetime) -> str:
    """A sentence on what the launch in `folder` waits for; empty where it is closed, or a post is due already."""
    if state.closed:
        return ""
    if state.t0 is None:
        marking = [step.id for step in state.course.steps.values() if step.marks_t0]
        steps = f", or tick the step {' or '.join(marking)}" if marking else ""
        return f"the launch waits for T0: {command_for(folder, 't0', 'now')}{steps}"
    if kept := kept_open(state, now):
        close = command_for(folder, "close", "--reason TEXT")
        held = "; ".join(kept.held)
        return f"every update is resolved; not closed: {held}; it closes at {utc(kept.until)}, or by: {close}"
    open_posts = [post for post in owed(state, now) if post.due and post.standing not in OVER]
    if not open_posts:
        return f"the launch owes no more posts: {command_for(folder, 'close', '--reason TEXT')}"
    first = open_posts[0]
    assert first.due is not None
    if first.due <= now:
        return ""
    return f"the launch waits for {utc(first.due)}, when post {first.slot.id} is due"
