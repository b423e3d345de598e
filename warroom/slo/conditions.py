"""Conditions on a signal: `>= 1%`, `> 300ms`, `> 2x baseline.queue_depth`, `growing over 30m`, `stable`.

Operators are kept literally: `>= 1%` and `> 300ms` differ at the edge. A condition is true, false or missing, and
missing is never taken for either.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from warroom.slo.baseline import Baseline
from warroom.slo.reading import MIN_COVERAGE, Reading
from warroom.slo.trend import Direction, Point, trend_of
from warroom.slo.unit import COUNT, Dimension, Unit, parse_unit
from warroom.text import plural
from warroom.units import format_duration, parse_duration

TREND_OVER: Final = timedelta(minutes=30)
"""Over how long `growing` and `stable` look where they do not say."""

_OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_NUMBER: Final = r"[-+]?\d+(?:\.\d+)?"
_THRESHOLD = re.compile(rf"(<=|>=|==|!=|<|>)\s*({_NUMBER})\s*([%A-Za-z/][%A-Za-z/_]*)?")
_MULTIPLE = re.compile(rf"(<=|>=|<|>)\s*(?:({_NUMBER})\s*x\s*)?baseline\.([A-Za-z0-9_-]+)")
_TREND = re.compile(r"(growing|falling|stable)(?:\s+over\s+(\S+))?")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A comparison with a fixed number; `number` is in base units."""

    text: str
    op: str
    number: float
    unit: Unit

    @property
    def is_upper(self) -> bool:
        """Whether it is large values that satisfy it."""
        return self.op in (">", ">=")


@dataclass(frozen=True, slots=True)
class OverBaseline:
    """A comparison with `factor` times what a baseline was; `baseline` is its id."""

    text: str
    op: str
    factor: float
    baseline: str


@dataclass(frozen=True, slots=True)
class Trending:
    """What the signal does over `over`: `growing`, `falling`, or `stable` (not growing)."""

    text: str
    word: str
    over: timedelta


SignalCondition = Threshold | OverBaseline | Trending


def parse_condition(text: str) -> SignalCondition:
    """The condition written so. Raises ValueError with a sentence for the author of the playbook."""
    word = " ".join(text.split())
    if found := _THRESHOLD.fullmatch(word):
        unit = parse_unit(found[3] or "")
        return Threshold(word, found[1], unit.to_base(found[2]), unit)
    if found := _MULTIPLE.fullmatch(word):
        factor = Decimal(found[2] or "1")
        if factor <= 0:
            raise ValueError(f"'{word}': a baseline is multiplied by a number over 0, as in > 2x baseline.{found[3]}")
        return OverBaseline(word, found[1], float(factor), found[3])
    if found := _TREND.fullmatch(word):
        return Trending(word, found[1], parse_duration(found[2]) if found[2] else TREND_OVER)
    raise ValueError(
        f"'{word}' is not a condition on a signal; write for example >= 1%, > 300ms, > 2x baseline.queue_depth, "
        "growing over 30m or stable"
    )


def check(condition: SignalCondition, unit: Unit) -> str:
    """What is wrong with asking `condition` of a signal in `unit`: a sentence for the author, empty for nothing."""
    if not isinstance(condition, Threshold):
        return ""
    asked = condition.unit
    if asked.dimension is not unit.dimension:
        if not asked.text:
            return f"'{condition.text}': which unit? The signal is in {unit.text}, write for example {unit.example}"
        measured = f"in {unit.text}" if unit.text else "a plain number"
        return f"'{condition.text}': the signal is {measured}, which cannot be compared with {asked.text}"
    if asked.noun and asked.noun != unit.noun:
        return f"'{condition.text}': the signal counts {unit.noun or 'plain numbers'}, not {asked.noun}"
    if unit.dimension is Dimension.RATIO and not 0 <= condition.number <= 1:
        return f"'{condition.text}': a share lies between 0% and 100%"
    return ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Whether a condition holds: `truth` is None where the data do not decide. `reason` is a sentence for people.
    `filling`: they do not only because nobody has looked for longer."""

    truth: bool | None
    reason: str
    filling: bool = False


def evaluate(
    condition: SignalCondition,
    reading: Reading,
    *,
    unit: Unit = COUNT,
    baselines: Mapping[str, Baseline] | None = None,
    history: Sequence[Point] = (),
    min_coverage: float = MIN_COVERAGE,
) -> Evaluation:
    """Whether `condition` holds for `reading`.

    Missing where there is no data, where less than `min_coverage` (0..1) of the window was observed (unless what was
    counted of it is over the limit already), where the limit
    lies inside the interval that is known, where the baseline is missing, and where the value cannot be one in
    `unit`, which else is only for the words. `history`
    are the signal's values, oldest first, for a trend; it has to end with the reading's.
    """
    if not reading.is_known:
        return Evaluation(None, reading.reason or "no data", reading.filling)
    if too_little := reading.too_little(min_coverage):
        over = _over_already(condition, reading, unit, baselines or {}) if reading.at_least else None
        return over or Evaluation(None, too_little, reading.filling)
    if reading.value is not None and (misfit := unit.misfit(reading.value)):
        return Evaluation(None, misfit)
    if isinstance(condition, Trending):
        return _trending(condition, history, reading)
    limit = limit_of(condition, baselines or {})
    if isinstance(limit, str):
        return Evaluation(None, limit)
    return _compare(condition.op, limit, reading, unit)


def _over_already(
    condition: SignalCondition, reading: Reading, unit: Unit, baselines: Mapping[str, Baseline]
) -> Evaluation | None:
    """That what was counted of a part of the window is over the limit, which the rest cannot change; None where it is
    not, or the condition wants something else."""
    if isinstance(condition, Trending) or condition.op not in (">", ">="):
        return None
    limit = limit_of(condition, baselines)
    found = None if isinstance(limit, str) else _compare(condition.op, limit, reading, unit)
    if found is None or not found.truth:
        return None
    return Evaluation(True, f"{found.reason}, of {reading.coverage:.0%} of the window")


def limit_of(condition: Threshold | OverBaseline, baselines: Mapping[str, Baseline]) -> float | str:
    """The number that the condition compares with, in base units; or the reason why there is none."""
    if isinstance(condition, Threshold):
        return condition.number
    baseline = baselines.get(condition.baseline)
    if baseline is None:
        return f"baseline.{condition.baseline} has not been captured"
    if problem := baseline.problem:
        return f"baseline.{condition.baseline}: {problem}"
    assert baseline.value is not None
    return baseline.value * condition.factor


def _compare(op: str, limit: float, reading: Reading, unit: Unit) -> Evaluation:
    if reading.beyond:
        return Evaluation(op in (">", ">=", "!="), reading.reason)
    assert reading.value is not None
    if reading.low is None:
        truth = _OPERATORS[op](reading.value, limit)
        return Evaluation(truth, f"{unit.show(reading.value)} is {'' if truth else 'not '}{op} {unit.show(limit)}")
    bucket = f"{unit.show(reading.low)}..{unit.show(reading.high) if reading.high is not None else 'no end'}"
    truths = _over_interval(op, limit, reading.low, reading.high)
    if truths is None:
        return Evaluation(None, f"the limit {unit.show(limit)} lies inside the bucket {bucket}")
    return Evaluation(truths, f"the bucket {bucket} is {'' if truths else 'not '}{op} {unit.show(limit)}")


def _over_interval(op: str, limit: float, low: float, high: float | None) -> bool | None:
    """Whether all of (low, high] compares so with the limit; None where only a part of it does."""
    all_over, all_at_most = low >= limit, high is not None and high <= limit
    all_below = high is not None and high < limit
    if op in (">", "<="):
        decided = all_over if op == ">" else all_at_most
        refuted = all_at_most if op == ">" else all_over
    elif op in (">=", "<"):
        decided = all_over if op == ">=" else all_below
        refuted = all_below if op == ">=" else all_over
    else:
        decided, refuted = (op == "!=" and (all_over or all_below)), (op == "==" and (all_over or all_below))
    return True if decided else False if refuted else None


def _trending(condition: Trending, history: Sequence[Point], reading: Reading) -> Evaluation:
    found = trend_of(history, condition.over, reading.at)
    if found.direction is Direction.UNKNOWN:
        return Evaluation(None, found.reason, found.filling)
    wanted = {"growing": Direction.RISING, "falling": Direction.FALLING}
    truth = (
        found.direction is wanted[condition.word]
        if condition.word in wanted
        else found.direction is not Direction.RISING
    )
    return Evaluation(truth, f"{found.direction} over {format_duration(condition.over)} ({plural(found.n, 'value')})")
