"""Everything known about one check, as lines: what to do first, then what was measured, then how to see it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from warroom.events import CheckOutcome, Hint
from warroom.screens import palette
from warroom.screens.chart import chart, limit_ms, summary
from warroom.screens.lines import (
    EMPTY,
    LABEL_WIDTH,
    clock_span,
    countdown,
    joined,
    labelled,
    labelled_rows,
    line,
    number,
    packed,
    shell_lines,
    span,
    wrapped,
)
from warroom.screens.marks import mark_of_check, mark_of_outcome, mark_of_verdict
from warroom.screens.view import View
from warroom.suite_state import DONE, RUNNING, CheckState
from warroom.verdict import Measurement, Result, Verdict

_WORD = 11
_CHART_AT_LEAST, _CHART_AT_MOST = 4, 10


def details_lines(view: View, check: CheckState, now: datetime, width: int, height: int) -> Sequence[Content]:
    """The lines about `check`, the most urgent first, each at most `width` cells.

    What room `height` leaves goes to the chart first, then to empty lines between the blocks.
    """
    others_before, others_after = _others(view, check, width)
    before, after = [_standing(view, check, now, width), *others_before], others_after
    others = [block for block in before + after if block]
    left = height - sum(len(block) + 1 for block in others) - 1
    samples = _samples(check, width, min(_CHART_AT_MOST, max(_CHART_AT_LEAST, left)))
    blocks = [block for block in (*before, samples, *after) if block]
    between = [EMPTY] if sum(len(block) + 1 for block in blocks) - 1 <= height else []
    return [row for index, block in enumerate(blocks) for row in (between if index else []) + block]


_Blocks = list[list[Content]]


def _others(view: View, check: CheckState, width: int) -> tuple[_Blocks, _Blocks]:
    """The blocks before the samples and those after them, where what an earlier run found has its place."""
    outcome = check.outcome
    if outcome is None:
        return [], [_declared(view, check, width)]
    results, measured = _results(outcome, width), _measured(outcome, width)
    kept = [_reproduce(outcome, width), _evidence(outcome, width)]
    if check.lifecycle == DONE:
        return [*(_hint(hint, width) for hint in outcome.hints), measured], [results, *kept]
    head = line((" The run before", palette.QUIET), "  ", (mark_of_outcome(outcome).word, palette.QUIET))
    return [], [[head], measured, results, *kept]


def title_line(check: CheckState) -> Content:
    """The check's names and how its last run went, for the head of the pane."""
    outcome = check.outcome
    took = span(outcome.duration_s) if outcome and check.lifecycle == DONE else ""
    tries = f"attempt {outcome.attempts}" if outcome and outcome.attempts > 1 else ""
    need = "" if check.info.required else "optional"
    return joined(
        [Content(part) for part in (check.info.id, check.info.kind, need, tries, took) if part], separator=" · "
    )


def _standing(view: View, check: CheckState, now: datetime, width: int) -> list[Content]:
    question, retry = view.question_of(check.info.id), view.retries.get(check.info.id)
    outcome = check.outcome
    if outcome and check.lifecycle == DONE and not question:
        mark = mark_of_outcome(outcome)
        said = [line((str(mark), mark.style))]
        if outcome.reason:
            said[0] = line(said[0], "  ", outcome.reason)
        return labelled_rows("Verdict", said, width)
    mark = mark_of_check(check, asks=question is not None, retries=retry is not None)
    told = ""
    if question:
        told = f"{question.text}  (a answers)"
    elif retry:
        told = f"again in {countdown((retry.at - now).total_seconds())}: {retry.reason}"
    elif check.lifecycle == RUNNING and check.started_at:
        again = f", attempt {check.attempt}" if check.attempt > 1 else ""
        told = f"for {clock_span((now - check.started_at).total_seconds())}{again}"
    return labelled_rows("State", [line((str(mark), mark.style), "  ", told)], width)


def _declared(view: View, check: CheckState, width: int) -> list[Content]:
    titles = [view.state.checks[need].info.title if need in view.state.checks else need for need in check.info.needs]
    return (
        labelled_rows("Needs", [Content(", ".join(titles))], width) if titles and check.lifecycle != RUNNING else []
    )


def _hint(hint: Hint, width: int) -> list[Content]:
    style = palette.ink(palette.RED if hint.severity == "critical" else palette.ACCENT, bold=True)
    rows = labelled_rows("What to do", [line((hint.fix, style))], width)
    rows += labelled_rows("Cause", [Content(hint.cause)], width)
    return rows + labelled_rows("Symptom", [line((hint.symptom, palette.QUIET))], width)


def _samples(check: CheckState, width: int, chart_height: int) -> list[Content]:
    if not check.samples_ms:
        return []
    done = check.outcome if check.lifecycle == DONE else None
    wanted = done.measurement.limit if done and done.measurement.limit else check.info.limit
    came = summary(check.samples_ms)
    total = max(check.samples_total, came.taken)
    failed = line((f"✖ {came.failed} failed", palette.ink(palette.RED, bold=True))) if came.failed else EMPTY
    values = [("min", came.low), ("median", came.median), ("max", came.high)]
    parts = [labelled(name, f"{number(value)} ms") for name, value in values if value is not None]
    running = [] if done else [_running_p95(check), labelled("limit", wanted)]
    head = packed([Content(f"{came.taken}/{total}"), failed, *running, *parts], width - LABEL_WIDTH, 3)
    rows = chart(check.samples_ms, total, limit_ms(wanted), width=width - 2, height=chart_height)
    return [*labelled_rows("Samples", head, width), *rows]


def _running_p95(check: CheckState) -> Content:
    p95 = "a failed sample" if check.p95_ms is None else f"{number(check.p95_ms)} ms"
    return line(("P95 so far ", palette.QUIET), (p95, palette.STRONG))


def _measured(outcome: CheckOutcome, width: int) -> list[Content]:
    found = outcome.measurement
    value = measured_text(found)
    if not value:
        return []
    age = f"{span(found.age_s)} old" if found.age_s is not None else ""
    parts = [
        Content(value),
        labelled("limit", found.limit),
        labelled("n", str(found.n)),
        labelled("method", found.method),
        labelled("window", found.window),
        Content(age),
    ]
    rows = packed(parts, width - LABEL_WIDTH, 3)
    return labelled_rows("Measured", [*rows, labelled("source", found.source)] if found.source else rows, width)


def measured_text(found: Measurement) -> str:
    """The measured value with its unit; empty where there is none."""
    value = found.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else number(value)
    return f"{text} {found.shown_unit}".rstrip()


def _results(outcome: CheckOutcome, width: int) -> list[Content]:
    results = outcome.results
    if len(results) == 1 and not results[0].expected and results[0].say in outcome.reason:
        return []
    rows: list[Content] = []
    for index, result in enumerate(results):
        rows += labelled_rows("Results" if index == 0 else "", [_said(result)], width)
        rows += _difference(result, outcome.reason, width)
    return rows


def _said(result: Result) -> Content:
    mark = mark_of_verdict(result.verdict, required=result.required)
    optional = ("  (optional)", palette.QUIET) if not result.required else ""
    return line((f"{mark.symbol} {mark.word:<8}", mark.style), " ", result.say, optional)


def _difference(result: Result, known_reason: str, width: int) -> list[Content]:
    """Expected beside actual, where the line is not a plain pass; below each other where there is no room."""
    if result.verdict is Verdict.PASS:
        return []
    rows: list[Content] = []
    if result.expected or result.actual:
        expected = line(("expected ", palette.QUIET), result.expected or "(nothing)")
        actual = (result.actual or "(nothing)", palette.STRONG)
        together = line(expected, ("   actual ", palette.QUIET), actual)
        apart = [expected, line(("actual   ", palette.QUIET), actual)]
        rows = [together] if together.cell_length <= width - LABEL_WIDTH - _WORD else apart
    if result.reason and result.reason not in known_reason and result.reason != result.say:
        rows.append(line(("why      ", palette.QUIET), result.reason))
    return [row for content in rows for row in wrapped(content, width, indent=" " * (LABEL_WIDTH + _WORD))]


def _reproduce(outcome: CheckOutcome, width: int) -> list[Content]:
    if not outcome.reproduce:
        return []
    rows = [Content(row) for row in shell_lines(outcome.reproduce, width - LABEL_WIDTH - 1)]
    return labelled_rows("Reproduce", rows, width)


def _evidence(outcome: CheckOutcome, width: int) -> list[Content]:
    return labelled_rows("Evidence", [Content("  ".join(outcome.evidence))], width) if outcome.evidence else []
