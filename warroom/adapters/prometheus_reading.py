"""Readings made of the vectors that Prometheus answered with: pure, and never a number without current samples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from warroom.adapters.prometheus_answer import Point, Vector
from warroom.slo.buckets import quantile_of
from warroom.slo.promql import Asked, newest
from warroom.slo.query import Count, Quantile, Query, Rate, Ratio
from warroom.slo.reading import Reading
from warroom.text import one_line
from warroom.units import format_duration, format_seconds

Points = Sequence[Point]

# Half of what Prometheus itself takes for current. A server that scrapes marks a dead endpoint at once; one that is
# written to does not.
_TOO_OLD_S: Final = 150.0


@dataclass(frozen=True, slots=True)
class Answers:
    """What each expression came to, for the moment `asked_at` of the wall clock; readings of it are of `at`."""

    at: datetime
    asked_at: datetime
    vectors: Mapping[str, Vector]

    def points(self, expression: str) -> Points:
        """Empty for no expression."""
        return self.vectors[expression].points if expression else ()


class NoData(Exception):
    """There is no number; the message says why."""


def whole_reading(query: Query, asked: Asked, answers: Answers) -> Reading:
    """The one number of `query`; missing with the reason where the answer has none."""
    try:
        _check_current(asked, answers)
        return _reading(query, answers.points(asked.main), answers.points(asked.over), answers.at)
    except NoData as error:
        return Reading.missing(answers.at, str(error))


def split_readings(query: Query, asked: Asked, answers: Answers) -> dict[str, Reading]:
    """A number for each value of the label `query.by`, sorted by it; empty where there is no current sample."""
    try:
        _check_current(asked, answers)
    except NoData:
        return {}
    upper, lower = (_by_label(answers.points(text), query.by) for text in (asked.main, asked.over))
    common = lower.pop("", ())
    found = {}
    for value in sorted({*upper, *lower} - {""}):
        above = upper.get(value, (Point({}, 0.0),))
        try:
            found[value] = _reading(query, above, lower.get(value, common), answers.at)
        except NoData as error:
            found[value] = Reading.missing(answers.at, str(error))
    return found


def _by_label(points: Points, label: str) -> dict[str, Points]:
    groups: dict[str, list[Point]] = {}
    for point in points:
        groups.setdefault(point.labels.get(label, ""), []).append(point)
    return dict(groups)


def _check_current(asked: Asked, answers: Answers) -> None:
    for family in asked.families:
        points, named = answers.points(newest(family)), one_line(family, limit=120)
        if not points:
            raise NoData(f"Prometheus has no current sample of {named}: it is not scraped, or has another name")
        age_s = answers.asked_at.timestamp() - _one(points)
        if age_s > _TOO_OLD_S:
            raise NoData(f"the newest sample of {named} is {format_seconds(round(age_s))} old")


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
                raise NoData(f"nothing was counted in the last {format_duration(query.window)}")
            ratio = above / below
            return Reading(at, 1 - ratio if inverted else ratio, n=below * window_s)
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
        raise NoData(f"nothing was observed in the last {format_duration(query.window)}")
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
