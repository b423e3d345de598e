"""The check list: one row a check, in columns that fit the width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.content import Content

from warroom.screens import palette
from warroom.screens.details import measured_text
from warroom.screens.lines import EMPTY, clock_span, fit, line, number, span
from warroom.screens.marks import mark_of_check, mark_of_outcome
from warroom.screens.view import View
from warroom.suite_state import DONE, RUNNING, CheckState
from warroom.verdict import Verdict

_WORD, _TIME, _GAP = 8, 7, 2


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells; 0: the column is not shown. Where `why` is 0, the value column says why instead."""

    title: int
    value: int
    time: int
    why: int


def columns_for(width: int, longest_title: int) -> Columns:
    """The columns of a list of `width` cells whose longest title has `longest_title`."""
    room = width - 4 - _WORD - _GAP
    if width < 50:
        return Columns(max(0, room), 0, 0, 0)
    time = _TIME
    title = max(5, min(longest_title, 30 if width >= 100 else 24))
    left = room - title - time - 2 * _GAP
    if width < 100:
        return Columns(title, left, time, 0)
    value = 24
    return Columns(title, value, time, left - value - _GAP)


def head_row(columns: Columns) -> Content:
    """The names of the columns."""
    cells = [fit("STATE", _WORD + 2), fit("CHECK", columns.title)]
    if columns.value:
        cells += [fit("VALUE AND LIMIT" if columns.why else "VALUE, OR WHY", columns.value)]
        cells += [fit("TIME", columns.time, right=True)]
    if columns.why:
        cells.append(Content("WHY"))
    return line(" ", Content(" " * _GAP).join(cells))


def check_row(view: View, check: CheckState, now: datetime, columns: Columns, *, selected: bool) -> Content:
    """The row of one check."""
    mark = mark_of_check(
        check, asks=view.question_of(check.info.id) is not None, retries=check.info.id in view.retries
    )
    cursor = ("▌", palette.STRONG) if selected else " "
    plain = palette.QUIET if mark.word == "waiting" else palette.STRONG if selected else palette.PLAIN
    cells: list[Content] = [
        line((fit(str(mark), _WORD + 2).plain, mark.style)),
        line((fit(check.info.title, columns.title).plain, plain)),
    ]
    if columns.value:
        value = value_cell(check)
        told = line((why_cell(view, check, now), palette.QUIET if columns.why else palette.PLAIN))
        if not columns.why and told and not _is_measuring(check):
            value = told
        cells += [fit(value, columns.value), fit(_time(check, now), columns.time, right=True)]
        if columns.why:
            cells.append(fit(told if not _is_measuring(check) else progress(check, columns.why), columns.why))
    row = line(cursor, Content(" " * _GAP).join(cells))
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
        return line(value, "  ", (outcome.measurement.limit, palette.QUIET))
    passed = sum(result.verdict is Verdict.PASS for result in outcome.results)
    return Content(f"{passed}/{len(outcome.results)} lines") if outcome.results else EMPTY


def why_cell(view: View, check: CheckState, now: datetime) -> str:
    """Why it is not green, or what it waits for; empty where there is nothing to say."""
    question, retry = view.question_of(check.info.id), view.retries.get(check.info.id)
    if question:
        return question.text
    if retry:
        return f"again in {clock_span((retry.at - now).total_seconds())}: {retry.reason}"
    if check.lifecycle == DONE:
        return check.outcome.reason if check.outcome else ""
    if check.outcome:
        return f"was {mark_of_outcome(check.outcome)}"
    open_needs = _open_needs(view, check.info.needs)
    return f"after {', '.join(open_needs)}" if open_needs and check.lifecycle != RUNNING else ""


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
