"""The check list: one row a check, in columns that fit the width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.content import Content

from warroom.screens import palette
from warroom.screens.details import measured_text
from warroom.screens.lines import EMPTY, Part, clock_span, countdown, fit, line, number, span
from warroom.screens.marks import mark_of_check, mark_of_outcome
from warroom.screens.view import View
from warroom.suite_state import DONE, RUNNING, CheckState
from warroom.verdict import Verdict

_WORD, _VALUE, _TIME, _GAP = 8, 20, 7, 2
_WHY_AT_MOST = 88


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells; 0: the column is not shown. Where `why` is 0, the value column says why instead."""

    title: int
    value: int
    why: int
    time: int


def columns_for(width: int, longest_title: int) -> Columns:
    """The columns of a list of `width` cells whose longest title has `longest_title`."""
    room = width - 4 - _WORD - _GAP
    if width < 50:
        return Columns(max(0, room), 0, 0, 0)
    title = max(5, min(longest_title, 30 if width >= 100 else 24))
    left = room - title - _TIME - 2 * _GAP
    if width < 100:
        return Columns(title, left, 0, _TIME)
    return Columns(title, _VALUE, min(left - _VALUE - _GAP, _WHY_AT_MOST), _TIME)


def head_row(columns: Columns) -> Content:
    """The names of the columns."""
    value = "VALUE AND LIMIT" if columns.why else "VALUE, OR WHY"
    named = [("CHECK", columns.title), (value, columns.value), ("WHY", columns.why)]
    cells = [fit("STATE", _WORD + 2), *(fit(name, size) for name, size in named if size)]
    return _row(" ", [*cells, fit("TIME", columns.time, right=True)])


def _row(cursor: Part, cells: Sequence[Content]) -> Content:
    return line(cursor, Content(" " * _GAP).join([cell for cell in cells if cell]))


def check_row(view: View, check: CheckState, now: datetime, columns: Columns, *, selected: bool) -> Content:
    """The row of one check."""
    mark = mark_of_check(
        check, asks=view.question_of(check.info.id) is not None, retries=check.info.id in view.retries
    )
    cursor = ("▌", palette.STRONG) if selected else " "
    plain = palette.QUIET if mark.word == "waiting" else palette.STRONG if selected else palette.PLAIN
    value, why = value_cell(check), why_cell(view, check, now, columns.why)
    if not columns.why and why and not (value and (_is_fine(check) or _is_measuring(check))):
        value = why
    cells = [
        line((fit(str(mark), _WORD + 2).plain, mark.style)),
        line((fit(check.info.title, columns.title).plain, plain)),
        fit(value, columns.value),
        fit(why, columns.why),
        fit(_time(check, now), columns.time, right=True),
    ]
    row = _row(cursor, cells)
    return row.stylize_before(palette.on(palette.SELECTED)) if selected else row


def _is_measuring(check: CheckState) -> bool:
    return check.lifecycle == RUNNING and check.samples_total > 0


def value_cell(check: CheckState) -> Content:
    """What was measured against what; while samples are taken, how far that is."""
    if _is_measuring(check):
        p95 = "" if check.p95_ms is None else f"  P95 {number(check.p95_ms)} ms"
        return Content(f"{len(check.samples_ms)}/{check.samples_total}{p95}")
    outcome = check.outcome
    if outcome is None or check.lifecycle != DONE:
        return EMPTY
    value = measured_text(outcome.measurement)
    if value:
        return line(value, "  ", (_wanted(value, outcome.measurement.limit), palette.QUIET))
    passed = sum(result.verdict is Verdict.PASS for result in outcome.results)
    return Content(f"{passed}/{len(outcome.results)} lines") if outcome.results else EMPTY


def _wanted(value: str, limit: str) -> str:
    """The limit beside a value: `<= 120ms` speaks for itself, `5/5` does not, and is left out where it is met."""
    if not limit or limit == value.partition(" ")[0]:
        return ""
    return limit if limit[0] in "<>=!" else f"not {limit}"


def why_cell(view: View, check: CheckState, now: datetime, width: int) -> Content:
    """Why it is not green, or what it waits for, or how far it is; empty where there is nothing to say."""
    question, retry = view.question_of(check.info.id), view.retries.get(check.info.id)
    if question:
        return Content(question.text)
    if retry:
        return Content(f"again in {countdown((retry.at - now).total_seconds())}: {retry.reason}")
    if check.lifecycle == DONE:
        return _reason(check)
    if _is_measuring(check):
        return progress(check, width)
    if check.outcome:
        return line((f"was {mark_of_outcome(check.outcome)}", palette.QUIET))
    open_needs = _open_needs(view, check.info.needs) if check.lifecycle != RUNNING else []
    return line((f"after {', '.join(open_needs)}", palette.QUIET)) if open_needs else EMPTY


def _reason(check: CheckState) -> Content:
    if check.outcome is None:
        return EMPTY
    return line((check.outcome.reason, palette.QUIET if _is_fine(check) else palette.PLAIN))


def _is_fine(check: CheckState) -> bool:
    return check.outcome is not None and check.lifecycle == DONE and check.outcome.verdict is Verdict.PASS


def _open_needs(view: View, needs: Sequence[str]) -> list[str]:
    known = view.state.checks
    return [known[need].info.title for need in needs if need in known and known[need].lifecycle != DONE]


def progress(check: CheckState, width: int) -> Content:
    """A bar of at most 30 cells: how many of the samples are taken."""
    cells = min(30, width)
    done = min(cells, round(cells * len(check.samples_ms) / max(1, check.samples_total)))
    return line(("━" * done, palette.STRONG), ("─" * (cells - done), palette.FAINT_INK))


def _time(check: CheckState, now: datetime) -> str:
    if check.lifecycle == RUNNING and check.started_at:
        return clock_span((now - check.started_at).total_seconds())
    return span(check.outcome.duration_s) if check.outcome and check.lifecycle == DONE else ""
