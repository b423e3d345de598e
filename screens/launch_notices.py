"""What must not be missed in a launch, above everything else, the most urgent first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from warroom.client.values import LaunchNow, PostNow
from warroom.screens import palette
from warroom.screens.launch_marks import ago, behind_s, is_late, note_left_s
from warroom.screens.launch_view import LaunchView, urgent
from warroom.screens.lines import countdown, fit, line, time_of_day

_ASKED_AHEAD_S = 600.0
_TICK_AT_MOST_S = 5.0


def notice_lines(view: LaunchView, now: datetime, width: int, defects: Sequence[str] = ()) -> list[Content]:
    """One line each of `width` cells. `defects` are sentences on what went wrong in the console itself."""
    launch = view.launch
    told = _lost(view, now)
    if launch is not None:
        told += [*_acts(launch, now), *_posts(launch, now), *_incidents(launch, now), *_asked(launch, now)]
        told += _about(launch, now)
    if abs(view.skew.total_seconds()) > 0:
        told.append((f"? this machine's clock is {_apart(view)} the engine's: times here are the engine's", "quiet"))
    told += [(f"? {text}", "quiet") for text in defects]
    return [_drawn(text, colour, width) for text, colour in told]


_Told = list[tuple[str, str]]


def _drawn(text: str, colour: str, width: int) -> Content:
    style = palette.ink(palette.UNKNOWN, bold=True) if colour == "quiet" else palette.fill(colour)
    return line((fit(f" {text}", width).plain, style))


def _apart(view: LaunchView) -> str:
    seconds = view.skew.total_seconds()
    return f"{countdown(abs(seconds))} {'behind' if seconds > 0 else 'ahead of'}"


def _lost(view: LaunchView, now: datetime) -> _Told:
    if view.lost is None:
        return []
    since = f"for {countdown((now - view.lost.since).total_seconds())}"
    shown = "nothing is known of it"
    if view.launch and view.heard_at:
        shown = f"what is shown is as of {time_of_day(view.heard_at)}, {ago(view.heard_at, now)}"
    return [(f"? ENGINE LOST {since}: {shown}. {view.lost.reason}", palette.UNKNOWN)]


def _acts(launch: LaunchNow, now: datetime) -> _Told:
    told = [(f"✖ {said}   ({title})", palette.RED) for title, said in urgent(launch)]
    if launch.clock_set_s:
        text = f"the clock was set by {launch.clock_set_s:+g} s: posts wait until T0 is confirmed (t sets it)"
        told.append((f"✖ {text}", palette.RED))
    return told


def _posts(launch: LaunchNow, now: datetime) -> _Told:
    failed = [post for post in launch.updates if post.standing == "failed"]
    told = [(f"✖ FAILED: {_name(post)}: {post.reason}", palette.RED) for post in failed]
    told += [(_late(post, now), palette.RED) for post in launch.updates if is_late(post, now)]
    checked = [post for post in launch.updates if post.standing.startswith("checking") and not is_late(post, now)]
    return told + [(f"? {_name(post)}: {post.standing}", palette.UNKNOWN) for post in checked]


def _name(post: PostNow) -> str:
    return f"{post.time} {post.title}".strip()


def _late(post: PostNow, now: datetime) -> str:
    why = "; ".join(post.needs) or post.reason
    standing = "" if post.standing in ("due", "scheduled") else f", {post.standing}"
    return f"✖ LATE by {countdown(behind_s(post, now))}: {_name(post)}{standing}{f': {why}' if why else ''}"


def _incidents(launch: LaunchNow, now: datetime) -> _Told:
    told: _Told = []
    for one in launch.incidents:
        left = note_left_s(one, now)
        text = one.text.replace("\n", " ")
        if left is not None and left < 0:
            told.append((f"✖ A note on {one.id} is overdue by {countdown(-left)} (n writes it): {text}", palette.RED))
        elif left is not None:
            told.append((f"▲ {one.id} is open, a note is owed in {countdown(left)}: {text}", palette.YELLOW))
        elif one.resolved_at is None:
            told.append((f"▲ {one.id} is open: {text}", palette.YELLOW))
    return told


def _asked(launch: LaunchNow, now: datetime) -> _Told:
    """What posts need that are due soon and not late yet."""
    told: _Told = []
    for question in launch.questions:
        left = (question.needed_by - now).total_seconds() if question.needed_by else None
        if left is not None and 0 < left <= _ASKED_AHEAD_S:
            told.append((f"◆ needed in {countdown(left)}: {question.text} (step {question.step})", palette.TEXT))
    return told


def _about(launch: LaunchNow, now: datetime) -> _Told:
    if launch.closed:
        at = f"{time_of_day(launch.closed.at)}, {ago(launch.closed.at, now)}"
        return [(f"■ This launch was closed at {at}: {launch.closed.reason}", palette.TEXT)]
    if launch.engine and launch.engine.tick_age_s > _TICK_AT_MOST_S:
        return [
            (f"? the engine is held up: its loop went round {launch.engine.tick_age_s:.0f} s ago", palette.UNKNOWN)
        ]
    return []
