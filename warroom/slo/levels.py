"""The level of a signal: green, yellow, red or unknown, by limits that say what is bad; and what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from warroom.slo.baseline import Baseline
from warroom.slo.conditions import (
    Evaluation,
    OverBaseline,
    SignalCondition,
    Threshold,
    evaluate,
    limit_of,
)
from warroom.slo.query import Availability, Latency, Measure
from warroom.slo.reading import Reading
from warroom.slo.trend import Point
from warroom.slo.unit import COUNT, Unit
from warroom.units import format_age, format_duration


class Level(StrEnum):
    """How a signal stands. `tracked`: it is measured, and nothing says what would be bad."""

    GREEN = "green"
    TRACKED = "tracked"
    YELLOW = "yellow"
    RED = "red"
    UNKNOWN = "unknown"

    @property
    def word(self) -> str:
        """GREEN, TRACKED, YELLOW, RED, UNKNOWN."""
        return self.name

    @property
    def symbol(self) -> str:
        """One character that goes with the word; a colour is never alone."""
        return _SYMBOL[self]


_FAR: Final = timedelta(days=2)  # nobody plans by a slope for longer
_SYMBOL: Final = {Level.GREEN: "✔", Level.TRACKED: "·", Level.YELLOW: "▲", Level.RED: "✖", Level.UNKNOWN: "?"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What is bad about a signal: it is yellow where `warn` holds and red where `page` does; None: nothing is.

    A reading older than `max_age` says nothing any more.
    """

    warn: SignalCondition | None = None
    page: SignalCondition | None = None
    max_age: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Judged:
    """The level, and the sentence that says why. `filling`: UNKNOWN only because nobody has looked for longer."""

    level: Level
    reason: str
    filling: bool = False


def level_of(
    limits: Limits,
    reading: Reading,
    now: datetime,
    *,
    unit: Unit = COUNT,
    baselines: Mapping[str, Baseline] | None = None,
    history: Sequence[Point] = (),
) -> Judged:
    """The level at `now`. Green only where there is data, fresh and enough, and each limit is known not to hold; a
    limit that holds decides even where the other one is not known."""
    if missing := _unusable(limits, reading, now):
        return Judged(Level.UNKNOWN, missing, reading.filling)

    def holds(limit: SignalCondition) -> Evaluation:
        return evaluate(limit, reading, unit=unit, baselines=baselines, history=history)

    page = holds(limits.page) if limits.page else None
    if page and page.truth:
        return Judged(Level.RED, page.reason)
    warn = holds(limits.warn) if limits.warn else None
    unknown = next((each for each in (page, warn) if each and each.truth is None), None)
    if warn and warn.truth:
        return Judged(
            Level.YELLOW,
            f"{warn.reason}; whether it is red is not known: {unknown.reason}" if unknown else warn.reason,
        )
    if unknown:
        return Judged(Level.UNKNOWN, unknown.reason, unknown.filling)
    if too_little := reading.too_little():
        return Judged(Level.UNKNOWN, too_little, reading.filling)
    nearest = warn or page
    return Judged(Level.GREEN, nearest.reason) if nearest else Judged(Level.TRACKED, "no limit is set")


def _unusable(limits: Limits, reading: Reading, now: datetime) -> str:
    """Why the reading says nothing; empty where it does, or where what was counted may be over a limit already."""
    if not reading.is_known:
        return reading.reason or "no data"
    if (age := now - reading.at) > limits.max_age:
        return f"the newest value is {format_age(age)} old"
    return "" if reading.at_least else reading.too_little()


def order_problem(warn: SignalCondition | None, page: SignalCondition | None) -> str:
    """What is wrong with the two limits of one signal, a sentence for the author; empty for nothing.

    A page limit milder than the warning, one in the other direction, and two equal ones can be told at load; a trend
    beside a number cannot.
    """
    if warn and page and are_opposite(warn, page):
        return f"warn '{warn.text}' and page '{page.text}' look in opposite directions"
    if isinstance(warn, Threshold) and isinstance(page, Threshold):
        pair = (warn.op, warn.number), (page.op, page.number)
    elif isinstance(warn, OverBaseline) and isinstance(page, OverBaseline) and warn.baseline == page.baseline:
        pair = (warn.op, warn.factor), (page.op, page.factor)
    else:
        return ""
    (warn_op, warned), (page_op, paged) = pair
    if {warn_op, page_op} & {"==", "!="}:
        return ""
    strictness = (len(page_op) == 1) - (len(warn_op) == 1)  # > holds later than >=
    beyond = paged - warned if warn_op[0] == ">" else warned - paged
    if beyond < 0 or (beyond == 0 and strictness < 0):
        return f"page '{page.text}' is milder than warn '{warn.text}': red would come before yellow"
    if beyond == 0 and strictness == 0:
        return f"warn and page are both '{warn.text}': the signal would never be yellow"
    return ""


def are_opposite(one: SignalCondition, other: SignalCondition) -> bool:
    """Whether one calls large values bad and the other small ones; not where either does not say."""
    sides = {each.op[0] for each in (one, other) if isinstance(each, Threshold | OverBaseline)}
    return sides == {"<", ">"}


def direction_problem(limit: SignalCondition, measure: Measure) -> str:
    """What is wrong with a limit that calls the good side bad, a sentence for the author; empty for nothing, and
    where the measure does not say which side is good."""
    if not isinstance(limit, Threshold) or limit.op in ("==", "!="):
        return ""
    if isinstance(measure, Availability) and limit.is_upper:
        return f"'{limit.text}': availability is bad where it is low; a limit says what is bad, as in < 99.9%"
    if isinstance(measure, Latency) and not limit.is_upper:
        return f"'{limit.text}': latency is bad where it is high; a limit says what is bad, as in > 300ms"
    return ""


def resume_problem(when: SignalCondition, resume: SignalCondition) -> str:
    """What is wrong with a condition that ends what `when` began, a sentence for the author; empty for nothing."""
    if not isinstance(when, Threshold) or not isinstance(resume, Threshold):
        return ""
    if {when.op, resume.op} & {"==", "!="} or are_opposite(when, resume):
        return ""
    return f"'{resume.text}' looks in the same direction as '{when.text}': it would hold because of the breach"


@dataclass(frozen=True, slots=True)
class Marked:
    """A limit and what it is for: `role` is warn, page, slo or trigger; `does` says what follows, in words."""

    role: str
    condition: SignalCondition
    does: str = ""


@dataclass(frozen=True, slots=True)
class Ahead:
    """How far a signal is from a limit that does not hold: `distance` in base units, 0 or more; `after` is when it
    gets there at its present slope, None where it does not. `text` says it all for people."""

    limit: Marked
    distance: float
    after: timedelta | None
    text: str


def distance_to(
    limit: Marked,
    reading: Reading,
    unit: Unit = COUNT,
    baselines: Mapping[str, Baseline] | None = None,
    per_s: float = 0.0,
) -> Ahead | None:
    """How far the signal is from `limit` while it changes by `per_s` base units a second; None where the limit holds,
    or no distance can be told."""
    condition = limit.condition
    if reading.value is None or not isinstance(condition, Threshold | OverBaseline) or condition.op in ("==", "!="):
        return None
    number = limit_of(condition, baselines or {})
    if (
        isinstance(number, str)
        or evaluate(condition, reading, baselines=baselines, min_coverage=0).truth is not False
    ):
        return None
    distance = abs(number - reading.value)
    after = None
    if per_s and (per_s > 0) is (number >= reading.value) and distance / abs(per_s) < _FAR.total_seconds():
        after = timedelta(seconds=round(distance / abs(per_s)))
    when = f", in about {format_duration(after)} as it goes" if after is not None else ""
    what = f", {limit.does}" if limit.does else ""
    return Ahead(limit, distance, after, f"{limit.role} at {condition.text}, {unit.show(distance)} away{when}{what}")


def next_limit(
    limits: Iterable[Marked],
    reading: Reading,
    unit: Unit = COUNT,
    baselines: Mapping[str, Baseline] | None = None,
    per_s: float = 0.0,
) -> Ahead | None:
    """The nearest limit that does not hold yet; the first of several at one distance; None where there is none."""
    ahead = [found for limit in limits if (found := distance_to(limit, reading, unit, baselines, per_s))]
    return min(ahead, key=lambda each: each.distance, default=None)
