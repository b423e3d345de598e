"""What must not be missed in a launch, above everything else, the most urgent first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from warroom.client import Lost
from warroom.client.values import FindingNow, LaunchNow
from warroom.screens import palette
from warroom.screens.launch_alarms import alarms, looked_for, post_name
from warroom.screens.launch_kept import kept_troubles
from warroom.screens.launch_marks import is_silent
from warroom.screens.launch_signals import snoozed_troubles
from warroom.screens.launch_view import LaunchView
from warroom.screens.lines import ago, countdown, fit, line, time_of_day, wrapped
from warroom.screens.marks import colour_of
from warroom.verdict import Verdict

_ASKED_AHEAD_S = 600.0
_TICK_AT_MOST_S = 5.0
_QUIET = ""
_FINDINGS = 2
_WELL = (Verdict.PASS, Verdict.SKIPPED)
_Told = list[tuple[str, str]]


def notice_lines(view: LaunchView, now: datetime, width: int, defects: Sequence[str] = ()) -> list[Content]:
    """One line each of `width` cells. `defects` are sentences on what went wrong in the console itself."""
    launch = view.launch
    told = _lost(view, now, width) if view.lost else _known(launch, now) if launch else []
    if abs(view.skew.total_seconds()) > 0:
        told.append((f"? this machine's clock is {_apart(view)} the engine's: times here are the engine's", _QUIET))
    told += [(f"? {text}", _QUIET) for text in defects]
    return [_drawn(text, colour, width, is_first=index == 0) for index, (text, colour) in enumerate(told)]


def _known(launch: LaunchNow, now: datetime) -> _Told:
    told = [(f"✖ {alarm.text}", palette.RED) for alarm in alarms(launch, now)]
    told += [(f"? {post_name(post)}: {post.standing}", palette.UNKNOWN) for post in looked_for(launch, now)]
    about = _about(launch, now)
    if launch.closed:
        # How it ended is what one has to know first.
        return [*about, *told, *_kept(launch, now)]
    snoozed = [(f"▲ {said}", palette.YELLOW) for said in snoozed_troubles(launch, now)]
    lasting = (*snoozed, *_channels(launch), *_kept(launch, now), *_warned(launch))
    return [*told, *_set_up(launch, now), *_asked(launch, now), *about, *lasting]


def _kept(launch: LaunchNow, now: datetime) -> _Told:
    return [(f"▲ {said}", palette.YELLOW) for said in kept_troubles(launch, now)]


def _set_up(launch: LaunchNow, now: datetime) -> _Told:
    """What is to be mended before T0; a channel without access says so in a line of its own."""
    if launch.setup is None or (launch.t0 is not None and launch.t0 <= now):
        return []
    notes = [one.note for one in launch.channels]
    found = [one for one in launch.setup.findings if one.verdict not in _WELL and one.found not in notes]
    told = [
        (f"{one.verdict.symbol} set-up, {one.about}: {one.found}{_repair(one)}", colour_of(one.verdict))
        for one in sorted(found, key=lambda one: -one.verdict.rank)
    ]
    rest = len(told) - _FINDINGS
    if rest <= 1:
        return told
    return [*told[:_FINDINGS], (f"? set-up: {rest} more findings, key a lists all", palette.UNKNOWN)]


def _repair(finding: FindingNow) -> str:
    return f" -> {finding.repair}" if finding.repair else ""


def _channels(launch: LaunchNow) -> _Told:
    """Posts that look sent and are not where people expect them."""
    return [(f"▲ {one.id}: {one.note}", palette.YELLOW) for one in launch.channels if one.note]


def _warned(launch: LaunchNow) -> _Told:
    """What suites warned of: it fails nothing yet, and says so before it does."""
    return [(f"▲ suite {one.suite}: {one.text}", palette.YELLOW) for one in launch.warnings]


def _drawn(text: str, colour: str, width: int, *, is_first: bool) -> Content:
    """The first line is a field of its colour, so that the others do not drown it."""
    style = palette.fill(colour) if colour and is_first else palette.ink(colour or palette.UNKNOWN, bold=True)
    return line((fit(f" {text}", width).plain, style))


def _apart(view: LaunchView) -> str:
    seconds = view.skew.total_seconds()
    return f"{countdown(abs(seconds))} {'behind' if seconds > 0 else 'ahead of'}"


def _lost(view: LaunchView, now: datetime, width: int) -> _Told:
    """The loss and what mends it, then what it hides: what fell due since, and what was wrong before."""
    if view.lost is None:
        return []
    launch, heard_at = view.launch, view.heard_at
    lost_for = f"LOST for {countdown((now - view.lost.since).total_seconds())}"
    gone = f"? ENGINE {f'STOPPED {view.lost.stopped}' if view.lost.stopped else lost_for}"
    if launch is None or heard_at is None:
        return _mended(gone, view.lost, width)
    told = _mended(f"{gone}, what is shown is as of {time_of_day(heard_at)}", view.lost, width)
    silent = [post_name(post) for post in launch.updates if is_silent(view, post, now)]
    if silent:
        told.append((f"? due since, and not known whether posted: {', '.join(silent)}", palette.UNKNOWN))
    return told + [(f"? as of then: {alarm.text}", _QUIET) for alarm in alarms(launch, heard_at)]


def _mended(gone: str, lost: Lost, width: int) -> _Told:
    """The loss with its reason, and the whole command that mends it: it is there to be typed, so nothing of it is
    cut off. Where the reason does not fit beside the loss it comes last."""
    with_reason = f"{gone}: {lost.reason}"
    fits = Content(with_reason).cell_length < width
    do = wrapped(Content(f"it goes on with: {lost.do}"), width - 1, indent="? ") if lost.do else []
    rows = [with_reason if fits else gone, *(row.plain for row in do), *(() if fits else (f"? {lost.reason}",))]
    return [(row, palette.UNKNOWN) for row in rows]


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
