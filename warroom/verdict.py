"""Verdicts and their algebra.

No status is green without evidence: the verdict of nothing is `inconclusive`, no data is never a pass, and a
`pass` that rests on zero measurements cannot be built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from warroom.errors import ExitCode


class Verdict(StrEnum):
    """What was found. Members stand in worst-of order, the best first."""

    PASS = "pass"
    WARN = "warn"
    DEGRADED = "degraded"
    BLOCKED = "blocked"
    SKIPPED = "skipped"
    NOT_EXERCISED = "not_exercised"
    STALE = "stale"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    FAIL = "fail"

    @property
    def rank(self) -> int:
        """Position in worst-of order, 0 for `pass`."""
        return _RANK[self]

    @property
    def is_tolerated(self) -> bool:
        """Not as expected, because a declared gate is not green, with the declared symptom."""
        return self in (Verdict.DEGRADED, Verdict.BLOCKED)

    @property
    def is_unknown(self) -> bool:
        """Nothing was decided; shown as UNKNOWN when it is required."""
        return self in _UNKNOWN

    @property
    def symbol(self) -> str:
        """One character that goes with the word; a colour is never alone."""
        return _SYMBOL[self]


_RANK: Final = {verdict: index for index, verdict in enumerate(Verdict)}
_UNKNOWN: Final = frozenset(
    (Verdict.SKIPPED, Verdict.NOT_EXERCISED, Verdict.STALE, Verdict.INCONCLUSIVE, Verdict.ERROR)
)
_SYMBOL: Final = {
    Verdict.PASS: "✔",
    Verdict.WARN: "▲",
    Verdict.DEGRADED: "◐",
    Verdict.BLOCKED: "⏸",
    Verdict.SKIPPED: "○",
    Verdict.NOT_EXERCISED: "?",
    Verdict.STALE: "?",
    Verdict.INCONCLUSIVE: "?",
    Verdict.ERROR: "?",
    Verdict.FAIL: "✖",
}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them; `inconclusive` when there are none."""
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.INCONCLUSIVE)


def word(verdict: Verdict, *, required: bool = True, mode: str = "", pending: str = "") -> str:
    """The word a person reads: GREEN, GREEN (dry-run), YELLOW, DEGRADED - pending Gate 1, SKIPPED, UNKNOWN, RED.

    `mode` is the launch's declared mode, `pending` the title of the gate that a tolerated verdict waits for.
    """
    if verdict is Verdict.PASS:
        return f"GREEN ({mode})" if mode else "GREEN"
    if verdict is Verdict.WARN:
        return "YELLOW"
    if verdict.is_tolerated:
        return f"{verdict.name} - pending {pending}" if pending else verdict.name
    if verdict is Verdict.SKIPPED and not required:
        return "SKIPPED"
    return "RED" if verdict is Verdict.FAIL else "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a verdict rests on. Empty text and None mean: does not apply.

    `n` counts the measurements, `age_s` is how old the newest of them is in seconds, `window` the time they cover.
    """

    value: float | str | bool | None = None
    limit: str = ""
    unit: str = ""
    n: int = 1
    method: str = ""
    window: str = ""
    age_s: float | None = None
    source: str = ""

    @property
    def shown_unit(self) -> str:
        """The unit as it goes behind the value; empty where the value is words, such as `over (timed out)`."""
        is_words = isinstance(self.value, str) and not self.value[:1].isdigit()
        return "" if is_words else self.unit


@dataclass(frozen=True, slots=True)
class Result:
    """One line of a check: a verdict, the line it contributes to a post (`say`), expected beside actual.

    A result that is not `required` is listed and never decides.
    """

    verdict: Verdict
    say: str
    expected: str = ""
    actual: str = ""
    reason: str = ""
    required: bool = True
    measurement: Measurement = field(default_factory=Measurement)

    def __post_init__(self) -> None:
        if self.verdict is Verdict.PASS and self.measurement.n < 1:
            raise ValueError("a pass needs at least one measurement")
        if self.verdict is Verdict.SKIPPED and not self.reason:
            raise ValueError("a skipped result needs its reason")

    def as_verdict(self, verdict: Verdict, reason: str) -> Result:
        """The same line under another verdict."""
        return replace(self, verdict=verdict, reason=reason)


def of_results(results: Iterable[Result]) -> Verdict:
    """The verdict of a check: the worst of its required results.

    When none is required but some were measured, the optional ones decide nothing: `skipped`.
    """
    listed = tuple(results)
    required = [result.verdict for result in listed if result.required]
    if not required and listed:
        return Verdict.SKIPPED
    return worst(required)


@dataclass(frozen=True, slots=True)
class SuiteVerdict:
    """The verdict of a suite, the word for it, and the exit code it ends `verify` with."""

    verdict: Verdict
    word: str
    exit_code: ExitCode


def of_suite(
    declared: Mapping[str, bool], found: Mapping[str, Verdict], *, mode: str = "", strict: bool = False
) -> SuiteVerdict:
    """The verdict over the declared checks (id -> required), given what was found (id -> verdict).

    A declared check with nothing found counts as `inconclusive`: leaving a result out never opens anything.
    Tolerated checks (`degraded`, `blocked`) and optional ones do not decide; whoever shows the suite lists them.
    A `warn` gives GREEN with warnings. When nothing remains to decide on, the verdict is `inconclusive`.
    With `strict` anything but a plain pass of every check ends with exit code 4 instead of 0.
    """
    verdicts = {check: found.get(check, Verdict.INCONCLUSIVE) for check in declared}
    deciding = [verdicts[check] for check, required in declared.items() if required]
    verdict = worst(decided for decided in deciding if not decided.is_tolerated)
    if verdict is Verdict.FAIL:
        return SuiteVerdict(verdict, "RED", ExitCode.RED)
    if verdict.is_unknown:
        return SuiteVerdict(verdict, "UNKNOWN", ExitCode.UNKNOWN)
    label = word(Verdict.PASS, mode=mode) + (" with warnings" if verdict is Verdict.WARN else "")
    plain = all(each is Verdict.PASS for each in verdicts.values())
    return SuiteVerdict(verdict, label, ExitCode.GREEN if plain or not strict else ExitCode.NOT_STRICT)
