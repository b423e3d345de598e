"""Readings made of the vectors that Prometheus answered with: pure, and never a number without current samples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from warroom.adapters.prometheus_answer import Point, Vector
from warroom.slo.buckets import quantile_of
from warroom.slo.promql import MAX_AGE, PARTS, Asked, Windowed, newest, observed
from warroom.slo.query import Count, Expression, Quantile, Query, Rate, Ratio
from warroom.slo.reading import MIN_COVERAGE, Coverage, Reading
from warroom.text import one_line
from warroom.units import format_duration, format_seconds

Points = Sequence[Point]

_NOUGHT: Final = (Point({}, 0.0),)


@dataclass(frozen=True, slots=True)
class Answers:
    """What each expression came to, for the moment `asked_at` of the wall clock; readings of it are of `at`. `began`
    is since when each window is known to have had samples; of one that is not there nobody knows."""

    at: datetime
    asked_at: datetime
    vectors: Mapping[str, Vector]
    began: Mapping[Windowed, datetime] = field(default_factory=dict)

    def points(self, expression: str) -> Points:
        """Empty for no expression."""
        return self.vectors[expression].points if expression else ()

    def share(self, window: Windowed) -> float:
        """How much of a window had a current sample; 0..1."""
        points = self.points(observed(*window))
        is_known = len(points) == 1 and math.isfinite(points[0].value)
        return min(1.0, points[0].value / PARTS) if is_known else 0.0

    def coverage(self, window: Windowed) -> Coverage:
        """The same, and whether it is no more only because nothing was there before."""
        share, began = self.share(window), self.began.get(window)
        if began is None or began <= self.at - window[1]:
            return Coverage(share)
        # The newest part may not be at its end yet.
        return Coverage(share, filling=share + 1 / PARTS >= MIN_COVERAGE * ((self.at - began) / window[1]))


class NoData(Exception):
    """There is no number; the message says why."""

    n: float | None = None


class NothingCounted(NoData):
    """Prometheus has current samples, and nothing happened that a number could be made from."""

    n = 0.0


def whole_reading(query: Query, asked: Asked, answers: Answers) -> Reading:
    """The one number of `query`; missing with the reason where the answer has none."""
    try:
        sample = _newest(query, asked, answers)
    except NoData as error:
        return Reading.missing(answers.at, str(error))
    main = answers.points(asked.main) or _NOUGHT[: asked.is_nought]
    return _one_reading(query, main, answers.points(asked.over), answers.at, _coverage(asked, answers), sample)


def split_readings(query: Query, asked: Asked, answers: Answers) -> dict[str, Reading]:
    """A number for each value of the label `query.by`, sorted by it; empty where there is no current sample."""
    try:
        sample = _newest(query, asked, answers)
    except NoData:
        return {}
    seen = _coverage(asked, answers)
    upper, lower = (_by_label(answers.points(text), query.by) for text in (asked.main, asked.over))
    common = lower.pop("", ())
    found = {}
    for value in sorted({*upper, *lower} - {""}):
        above = upper.get(value, _NOUGHT)
        found[value] = _one_reading(query, above, lower.get(value, common), answers.at, seen, sample)
    return found


def _by_label(points: Points, label: str) -> dict[str, Points]:
    groups: dict[str, list[Point]] = {}
    for point in points:
        groups.setdefault(point.labels.get(label, ""), []).append(point)
    return dict(groups)


def _newest(query: Query, asked: Asked, answers: Answers) -> float | None:
    """When the newest of its samples was taken, by the clock of the server. Raises NoData where one that has to be
    current is not."""
    if isinstance(query.measure, Expression) and not asked.families:
        raise NoData("the expression selects no series of now, so that nothing says how old its answer is")
    times = []
    for family in asked.families:
        points, named = answers.points(newest(family)), one_line(family, limit=120)
        if not points:
            raise NoData(f"Prometheus has no current sample of {named}: it is not scraped, or has another name")
        times.append(_one(points))
        age_s = answers.asked_at.timestamp() - times[-1]
        if age_s > MAX_AGE.total_seconds():
            raise NoData(f"the newest sample of {named} is {format_seconds(round(age_s))} old")
    return max(times, default=None)


def _coverage(asked: Asked, answers: Answers) -> Coverage:
    """Of the window of which the least was observed."""
    return min(map(answers.coverage, asked.windows), key=lambda one: one.share, default=Coverage())


def _one_reading(
    query: Query, main: Points, over: Points, at: datetime, seen: Coverage, sample: float | None
) -> Reading:
    try:
        found = _reading(query, main, over, at)
    except NoData as error:
        return replace(Reading.missing(at, str(error), seen.share, seen.filling), n=error.n)
    return replace(found, coverage=seen.share, filling=seen.filling, sample=sample)


def _reading(query: Query, main: Points, over: Points, at: datetime) -> Reading:
    window_s = query.window.total_seconds()
    match query.measure:
        case Rate():
            rate = _one(main, query)
            return Reading(at, rate, n=rate * window_s)
        case Count():
            count = _one(main, query)
            return Reading(at, count, n=count)
        case Ratio(inverted=inverted):
            above, below = _one(main, query), _one(over, query)
            if below <= 0:
                raise NothingCounted(f"nothing was counted in the last {format_duration(query.window)}")
            counted = below - above if inverted else above
            return Reading(at, counted / below, n=below)
        case Quantile(p=p):
            return _quantile(p, main, query, at)
    return Reading(at, _one(main, query))


def _quantile(p: float, points: Points, query: Query, at: datetime) -> Reading:
    by_bound: dict[float, list[Point]] = {}
    for point in points:
        by_bound.setdefault(_bound(point), []).append(point)
    window_s = query.window.total_seconds()
    buckets = [(bound, _one(found) * window_s) for bound, found in sorted(by_bound.items())]
    placed = quantile_of(p, buckets)
    if not buckets:
        raise _too_few(query)
    if not math.isinf(buckets[-1][0]):
        raise NoData("there is no bucket +Inf, so that nobody knows how much was observed in all")
    if placed is None:
        raise NothingCounted(f"nothing was observed in the last {format_duration(query.window)}")
    return Reading(at, placed.value, placed.low, placed.high, buckets[-1][1])


def _bound(point: Point) -> float:
    try:
        bound = float(point.labels.get("le", ""))
    except ValueError:
        bound = math.nan
    if math.isnan(bound):
        raise NoData(f"{_shown(point)} has no bound le that is a number: it is not a bucket of a histogram")
    return bound


def _too_few(query: Query) -> NoData:
    return NoData(f"there are not two samples in the last {format_duration(query.window)}")


def _one(points: Points, query: Query | None = None) -> float:
    if not points and query is not None and query.window:
        raise _too_few(query)
    if not points:
        raise NoData("the answer is empty")
    if len(points) > 1:
        raise NoData(f"{len(points)} series where one number is expected, such as {_shown(points[0])}")
    if not math.isfinite(points[0].value):
        raise NoData(f"the answer is {points[0].value}, which is no measurement")
    return points[0].value


def _shown(point: Point) -> str:
    return one_line(
        "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(point.labels.items())) + "}", limit=120
    )
