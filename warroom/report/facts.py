"""What every report says, read from the state once: the verdict, which checks decided, and which hints come first."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from warroom.clock import stamp
from warroom.errors import ExitCode
from warroom.events import CheckOutcome, Hint
from warroom.suite_state import CheckState, SuiteState
from warroom.text import clean, plural
from warroom.units import is_time_unit
from warroom.verdict import Measurement, Result, Verdict, word

MEANING: Final = {
    ExitCode.GREEN: "every required check passed, or is tolerated and listed",
    ExitCode.RED: "a required check failed",
    ExitCode.USAGE: "the command, the playbook or an input is not usable",
    ExitCode.UNKNOWN: "something required could not be decided",
    ExitCode.NOT_STRICT: "--strict: nothing failed, but not everything is a plain pass",
    ExitCode.NOTHING_SELECTED: "nothing was selected to check",
    ExitCode.TRIGGER_FIRED: "a rollback or pause trigger fired",
    ExitCode.UPDATE_UNDELIVERED: "an update could not be delivered for good",
    ExitCode.INTERNAL: "internal error",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.TERMINATED: "terminated",
}

CRITICAL: Final = "critical"
LONGEST: Final = 20_000
_PIPELINE_COMMAND: Final = re.compile(r"#(?=#\w*\[)")


def safe(text: str, *, limit: int = LONGEST) -> str:
    """`text` on one line, without control characters, and without what a pipeline would take for a command.

    GitHub's and Azure's runners obey `##[...]` and `##vso[...]` anywhere in a line of output; a space parts the two.
    """
    return _PIPELINE_COMMAND.sub("# ", clean(text, limit=limit))


@dataclass(frozen=True, slots=True)
class Overall:
    """The verdict of the run as reports give it; `meaning` says what the exit code stands for."""

    verdict: Verdict
    word: str
    exit_code: int
    reason: str
    meaning: str


def overall(state: SuiteState) -> Overall:
    """The verdict of the run; UNKNOWN (exit code 3) where it has not finished."""
    done = state.finished
    if done is None:
        reason = "the run did not finish"
        return Overall(Verdict.INCONCLUSIVE, "UNKNOWN", int(ExitCode.UNKNOWN), reason, MEANING[ExitCode.UNKNOWN])
    known = done.exit_code in list(ExitCode)
    meaning = MEANING[ExitCode(done.exit_code)] if known else ""
    return Overall(done.verdict, done.word, done.exit_code, done.reason, meaning)


def outcomes(state: SuiteState) -> tuple[CheckOutcome, ...]:
    """Every declared check in order of display; one that has no outcome is `inconclusive`, never left out."""
    return tuple(check.outcome or _undone(state, check) for check in state.checks.values())


def _undone(state: SuiteState, check: CheckState) -> CheckOutcome:
    info, verdict = check.info, Verdict.INCONCLUSIVE
    started_at = check.started_at or state.started_at
    assert started_at is not None, "checks are known from the start of the run on"
    return CheckOutcome(
        id=info.id,
        kind=info.kind,
        title=info.title,
        required=info.required,
        verdict=verdict,
        word=word(verdict, required=info.required),
        reason="it did not finish" if check.started_at else "it did not run",
        started_at=started_at,
        duration_s=0.0,
        attempts=check.attempt,
        measurement=Measurement(n=0),
    )


@dataclass(frozen=True, slots=True)
class Groups:
    """The outcomes by what a reader has to do about them; each outcome is in exactly one group.

    `open` are those that are neither green nor listed elsewhere: RED before UNKNOWN, required before optional.
    """

    open: tuple[CheckOutcome, ...]
    tolerated: tuple[CheckOutcome, ...]
    warned: tuple[CheckOutcome, ...]
    skipped: tuple[CheckOutcome, ...]
    green: tuple[CheckOutcome, ...]


def groups(state: SuiteState) -> Groups:
    """The outcomes of `state`, in order of display within each group."""
    listed = outcomes(state)

    def those(belongs: Callable[[CheckOutcome], bool]) -> tuple[CheckOutcome, ...]:
        return tuple(one for one in listed if belongs(one))

    undecided = those(lambda one: one.verdict is Verdict.FAIL or (one.verdict.is_unknown and not is_skip(one)))
    return Groups(
        open=tuple(sorted(undecided, key=lambda one: (not one.required, one.verdict is not Verdict.FAIL))),
        tolerated=those(lambda one: one.verdict.is_tolerated),
        warned=those(lambda one: one.verdict is Verdict.WARN),
        skipped=those(is_skip),
        green=those(lambda one: one.verdict is Verdict.PASS),
    )


def is_skip(outcome: CheckOutcome) -> bool:
    """An optional check that was left out on purpose; a required one that was is UNKNOWN."""
    return outcome.verdict is Verdict.SKIPPED and not outcome.required


def counts(state: SuiteState) -> str:
    """`8 checks: 5 GREEN, 2 tolerated, 1 RED`; parts that are zero are left out."""
    sorted_out = groups(state)
    red = sum(one.verdict is Verdict.FAIL for one in sorted_out.open)
    parts = (
        (len(sorted_out.green), "GREEN"),
        (len(sorted_out.warned), "YELLOW"),
        (len(sorted_out.tolerated), "tolerated"),
        (len(sorted_out.skipped), "SKIPPED"),
        (len(sorted_out.open) - red, "UNKNOWN"),
        (red, "RED"),
    )
    said = ", ".join(f"{number} {name}" for number, name in parts if number)
    return f"{plural(len(state.checks), 'check')}: {said}" if said else "no checks"


def critical(state: SuiteState) -> tuple[tuple[str, Hint], ...]:
    """The hints that come before everything else, each once, with the titles of the checks that found it, the worst
    first and separated by commas. A title is foreign text."""
    found: dict[Hint, list[str]] = {}
    for one in sorted(outcomes(state), key=lambda one: -one.verdict.rank):
        for hint in one.hints:
            if hint.severity == CRITICAL:
                found.setdefault(hint, []).append(one.title)
    return tuple((", ".join(titles), hint) for hint, titles in found.items())


def number(value: float) -> str:
    """A measured number as people read it: at most four significant decimals, no exponent below a million."""
    whole = math.isfinite(value) and value == int(value)
    return f"{value:.10g}" if whole else f"{value:.4g}"


def value_of(measurement: Measurement) -> str:
    """The value with its unit, `41.2ms`, `6 headers` or `over (timed out)`; empty where nothing was measured."""
    value, unit = measurement.value, measurement.shown_unit
    if value is None:
        return ""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    shown = number(float(value)) if is_number else str(value).lower() if isinstance(value, bool) else str(value)
    space = " " if unit[:1].isalpha() and not is_time_unit(unit) else ""
    return safe(f"{shown}{space}{unit}")


def measured(measurement: Measurement) -> str:
    """`41.2ms (limit <= 120ms), n = 30, nearest rank`; empty where nothing was measured."""
    shown = value_of(measurement)
    if not shown:
        return ""
    parts = [shown + (f" (limit {measurement.limit})" if measurement.limit else "")]
    parts += [f"n = {measurement.n}"] if measurement.n != 1 else []
    parts += [measurement.method] if measurement.method else []
    return safe(", ".join(parts))


def found(outcome: CheckOutcome) -> str:
    """What a check came to in one line: its statistic and the reason; the lines of a pass that has neither."""
    # A value without a method is a count of the lines, which say more.
    statistic = measured(outcome.measurement) if outcome.measurement.method else ""
    lines = "; ".join(safe(result.say) for result in outcome.results) if outcome.verdict is Verdict.PASS else ""
    return "; ".join(part for part in (statistic, safe(outcome.reason)) if part) or lines


def compared(result: Result) -> str:
    """` (expected 200, actual 404)`, with the space before it; empty where nothing was compared."""
    if not result.expected:
        return ""
    actual = f", actual {safe(result.actual)}" if result.actual else ""
    return f" (expected {safe(result.expected)}{actual})"


def seconds(duration_s: float) -> str:
    """`0.042 s`, `1.24 s`, `95.0 s`."""
    digits = 3 if duration_s < 1 else 2 if duration_s < 10 else 1
    return f"{duration_s:.{digits}f} s"


def wall_time_s(state: SuiteState) -> float:
    """Seconds from the first event to the verdict; 0 while there is none."""
    if state.started_at is None or state.finished_at is None:
        return 0.0
    return max(0.0, (state.finished_at - state.started_at).total_seconds())


def times(state: SuiteState) -> tuple[str, str]:
    """Start and end in UTC; empty text for what has not happened."""
    began = stamp(state.started_at) if state.started_at else ""
    return began, stamp(state.finished_at) if state.finished_at else ""
