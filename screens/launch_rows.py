"""The lists of a launch's console: one row a phase, step, post, gate, suite or incident, fitted to the width."""

from __future__ import annotations

from datetime import datetime, timedelta

from textual.content import Content
from textual.style import Style

from warroom.client.action_values import LeverNow, ProcedureNow
from warroom.client.signal_values import SignalNow, TriggerNow
from warroom.client.values import GateNow, IncidentNow, LaunchNow, PhaseNow, PostNow, StepNow, SuiteNow
from warroom.clock import stamp
from warroom.screens import palette
from warroom.screens.launch_actions import action_parts, mark_of_action
from warroom.screens.launch_marks import (
    LATE_AFTER_S,
    behind_s,
    early_s,
    is_late,
    is_silent,
    is_under_way,
    mark_of_gate,
    mark_of_incident,
    mark_of_phase,
    mark_of_post,
    mark_of_step,
    mark_of_suite,
    note_left_s,
    was_late,
)
from warroom.screens.launch_signals import mark_of_signal_item, signal_parts
from warroom.screens.launch_view import (
    Item,
    LaunchView,
    SuiteLine,
    is_for_needs,
    is_open,
    needs_of,
    title_of_post,
    worst_checks,
)
from warroom.screens.lines import ago, countdown, fit, line, read_when, time_of_day
from warroom.screens.marks import Mark
from warroom.verdict import Verdict, word

_MARK, _TIME, _DUE, _GAP = 11, 9, 10, "  "
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEK = timedelta(days=6)
_NARROW = 46
_Told = tuple[str, Style]
_NOTHING: _Told = ("", palette.QUIET)


def day_and_time(at: datetime, now: datetime) -> str:
    """`02:10:00Z`; on another day `Sun 02:10Z`, from six days on `11-09 02:10Z`."""
    if at.date() == now.date():
        return time_of_day(at)
    day = _DAYS[at.weekday()] if abs(at - now) < _WEEK else stamp(at)[5:10]
    return f"{day} {stamp(at)[11:16]}Z"


def item_row(view: LaunchView, item: Item, now: datetime, width: int, *, selected: bool) -> Content:
    """The row of one item, exactly `width` cells; without any colour of its own while the engine is lost."""
    assert view.launch is not None
    is_over = view.launch.closed is not None
    match item:
        case PostNow():
            row = _post_row(view, item, now, width - 2)
        case PhaseNow():
            row = _row(mark_of_phase(item, now), item.title, _phase_when(item, now), width - 2)
        case StepNow():
            row = _step_row(view.launch, item, now, width - 2)
        case GateNow():
            more = item.reason or ("" if item.at else "never read")
            row = _row(
                mark_of_gate(item),
                f"{item.title} {item.system}",
                _gate_when(item, now, is_over=is_over),
                width - 2,
                more,
            )
        case SignalNow() | TriggerNow():
            title, told, value = signal_parts(item, now, is_over=is_over)
            style = palette.QUIET if is_over else palette.STRONG
            row = _row(mark_of_signal_item(item, is_over=is_over), title, (value, style), width - 2, told)
        case LeverNow() | ProcedureNow():
            title, told, when = action_parts(item, now, is_over=is_over)
            row = _row(mark_of_action(item), title, (when, palette.QUIET), width - 2, told)
        case SuiteLine():
            row = _suite_row(item, now, width - 2, is_over=is_over)
        case _:
            text = item.text.replace("\n", " ")
            grave = " CRITICAL" if item.severity == "critical" else ""
            row = _row(mark_of_incident(item), f"{item.id}{grave}: {text}", _incident_when(item, now), width - 2)
    if view.lost:
        row = dimmed(row)
    whole = line(("▌", palette.STRONG) if selected else " ", row, " ")
    return whole.stylize_before(palette.on(palette.SELECTED)) if selected else whole


def dimmed(content: Content) -> Content:
    """The same text as something that was once known."""
    return Content.styled(content.plain, palette.QUIET)


def _row(mark: Mark, title: str, when: _Told, width: int, more: str = "") -> Content:
    """A mark, a title that takes what room there is, and a time at the end."""
    words = line((fit(str(mark), max(_MARK, len(str(mark)))).plain, mark.style))
    room = width - words.cell_length - len(_GAP)
    if room < 12:
        return fit(words, width)
    end = line(when) if when[0] and room - len(when[0]) >= 14 else Content("")
    room -= end.cell_length + (len(_GAP) if end else 0)
    style = palette.QUIET if mark.colour == palette.DIM else palette.PLAIN
    told = line((title, style), (f"  {more}" if more else "", palette.QUIET))
    return line(words, _GAP, fit(told, room), _GAP if end else "", end)


def _post_row(view: LaunchView, post: PostNow, now: datetime, width: int) -> Content:
    mark = mark_of_post(view, post, now)
    when = post_when(view, post, now)
    title = title_of_post(view.launch, post)
    if width < _NARROW:
        return _row(mark, f"{post.time} {title}", when, width)
    shown = post.sent_at or post.failed_at or post.due
    due = day_and_time(shown, now) if shown else ""
    long = len(str(mark)) > _MARK
    at = f"{post.time:<{_TIME}}" if long else f"{post.time:<{_TIME}} {due:<{_DUE}}"
    return _row(mark, f"{at} {title}", when, width, why(view, post))


def why(view: LaunchView, post: PostNow) -> str:
    """What the post waits for, or why it stands where it stands; empty where there is nothing to say."""
    if post.into:
        return f"told by {post.into}"
    needs = needs_of(view.launch, post) if view.launch and is_open(post) else ()
    if needs and is_for_needs(post):
        return f"needs: {'; '.join(needs)}"
    return post.reason


def post_when(view: LaunchView, post: PostNow, now: datetime) -> _Told:
    """How long until it is due, or LATE by how much; of one that was sent, early or LATE by how much."""
    if is_silent(view, post, now) and post.due:
        return f"due {ago(post.due, now)}", palette.ink(palette.UNKNOWN)
    if was_late(post):
        return f"LATE by {countdown(post.late_s)}", palette.ink(palette.YELLOW)
    if early_s(post):
        return f"early by {countdown(early_s(post))}", palette.QUIET
    if not is_open(post) or post.due is None:
        return _NOTHING
    behind = behind_s(post, now)
    if is_late(post, now):
        return f"LATE by {countdown(behind)}", palette.ink(palette.RED, bold=True)
    if 0 <= behind < LATE_AFTER_S:
        return "now", palette.STRONG
    is_next = view.launch is not None and view.launch.next is not None and view.launch.next.slot == post.slot
    return f"in {countdown(-behind)}", palette.STRONG if is_next else palette.QUIET


def _phase_when(phase: PhaseNow, now: datetime) -> _Told:
    if phase.lifecycle == "waiting" and phase.begins:
        return f"begins in {countdown((phase.begins - now).total_seconds())}", palette.QUIET
    if phase.lifecycle == "done":
        return ("was late", palette.ink(palette.YELLOW)) if phase.late else _NOTHING
    if phase.ends is None or phase.lifecycle != "running":
        return _NOTHING
    left = (phase.ends - now).total_seconds()
    if left >= 0:
        return f"ends in {countdown(left)}", palette.STRONG
    return f"LATE by {countdown(-left)}", palette.ink(palette.RED, bold=True)


def _step_row(launch: LaunchNow, step: StepNow, now: datetime, width: int) -> Content:
    mark = mark_of_step(launch, step)
    asked = f"asks for {len(step.asks)}" if step.asks else ""
    more = ", ".join(part for part in ("sets T0" if step.marks_t0 and not launch.t0 else "", asked) if part)
    when = (f"{day_and_time(step.ticked.at, now)} {step.ticked.by}", palette.QUIET) if step.ticked else _NOTHING
    return line(_GAP, _row(mark, step.do, when, width - len(_GAP), "" if step.ticked else more))


def _gate_when(gate: GateNow, now: datetime, *, is_over: bool) -> _Told:
    if gate.at is None:
        return _NOTHING
    was = f"was {gate.state.upper()}, " if mark_of_gate(gate).word == "STALE" else ""
    return f"{was}read {read_when(gate.at, now, is_over=is_over)}", palette.QUIET


def _suite_row(suite: SuiteLine, now: datetime, width: int, *, is_over: bool) -> Content:
    run = suite.finished
    if suite.latest and is_under_way(suite.latest):
        when: _Told = (f"running for {countdown((now - suite.latest.started_at).total_seconds())}", palette.STRONG)
    else:
        ended = run.finished_at if run else None
        when = (read_when(ended, now, is_over=is_over), palette.QUIET) if ended else _NOTHING
    mark = mark_of_suite(suite)
    if run and run.verdict:
        mark = Mark(mark.symbol, word(run.verdict), mark.colour)
    return _row(mark, f"suite {suite.id}", when, width, run.reason or _not_passed(run) if run else "")


def _not_passed(run: SuiteNow) -> str:
    """How many checks are not green, by their words, the worst first; empty where all are."""
    words = [word(check.verdict, required=check.required) for check in worst_checks(run)]
    return ", ".join(f"{words.count(one)} {one}" for one in dict.fromkeys(words) if one != word(Verdict.PASS))


def _incident_when(incident: IncidentNow, now: datetime) -> _Told:
    left = note_left_s(incident, now)
    if incident.resolved_at:
        return day_and_time(incident.resolved_at, now), palette.QUIET
    if left is None:
        return (f"noted {ago(incident.note_at, now)}", palette.QUIET) if incident.note_at else _NOTHING
    if left < 0:
        return f"note LATE by {countdown(-left)}", palette.ink(palette.RED, bold=True)
    return f"note in {countdown(left)}", palette.STRONG
