"""What the looks at an exposition say about a query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from warroom.slo.buckets import Bucket, Placed, quantile_of
from warroom.slo.growth import Growth, growth_of
from warroom.slo.query import Count, Fold, Measure, Quantile, Query, Rate, Ratio, Selector, Value
from warroom.slo.reading import Coverage, Reading
from warroom.slo.selector import PatternTooSlow, family, text_of
from warroom.slo.series import Series, SeriesStore

_FOLDS: Final[dict[Fold, Callable[[Sequence[float]], float]]] = {
    "sum": sum,
    "max": max,
    "min": min,
    "avg": lambda values: sum(values) / len(values),
}


def names_of(queries: Iterable[Query]) -> frozenset[str]:
    """The names of the series that the queries ask for."""
    return frozenset(selector.name for query in queries for selector in _selectors(query.measure))


def longest_of(queries: Iterable[Query]) -> timedelta:
    """The longest window that the queries ask for; zero for none."""
    return max((query.window for query in queries), default=timedelta())


def answer(store: SeriesStore, query: Query, now: datetime) -> Reading:
    """The statistic at `now`, all series together. Raises ValueError for a measure that is not one of series."""
    return _answered(store, query, now, lambda selector: store.find(selector))


def answers_by_label(store: SeriesStore, query: Query, now: datetime) -> dict[str, Reading]:
    """The same for each value of the label `query.by`, sorted by it; empty where nothing can be said.

    The parts of a ratio whose `of` selects by that label, and whose `to` does not, are parts of the whole `to`.
    """
    measure = query.measure
    main, *others = _selectors(measure)
    if not query.by or store.unusable(now):
        return {}
    try:
        values = sorted({one.labels.get(query.by, "") for one in store.find(main)})
    except PatternTooSlow:
        return {}
    split = {main, *others} if not (isinstance(measure, Ratio) and splits_whole(measure, query.by)) else {main}

    def part(value: str) -> Callable[[Selector], list[Series]]:
        def found(selector: Selector) -> list[Series]:
            series = store.find(selector)
            return [one for one in series if one.labels.get(query.by, "") == value] if selector in split else series

        return found

    return {value: _answered(store, query, now, part(value)) for value in values}


def splits_whole(ratio: Ratio, by: str) -> bool:
    """Whether the parts of the ratio by the label `by` are parts of the whole `to`: the 500s and the 503s of all
    requests, but the errors of a route of that route's requests."""
    return any(label == by for label, _, _ in ratio.of.matchers) and all(
        label != by for label, _, _ in ratio.to.matchers
    )


def why_none(store: SeriesStore, query: Query) -> str:
    """Why what the query reads is not there, or likely a mistake; empty where it is there."""
    return next(filter(None, map(store.why_none, _selectors(query.measure))), "")


def _selectors(measure: Measure) -> tuple[Selector, ...]:
    """What a measure reads, the one that splits first. Raises ValueError for a measure that is not one of series."""
    if isinstance(measure, Ratio):
        return measure.of, measure.to
    if isinstance(measure, Quantile):
        return (Selector(f"{measure.of.name}_bucket", measure.of.matchers),)
    if isinstance(measure, Value | Rate | Count):
        return (measure.of,)
    raise ValueError(f"{type(measure).__name__} is not a measure of series")


class _NoData(Exception):
    """Why there is no reading."""


class _NothingCounted(_NoData):
    """The source answers, and nothing happened that a reading could be made from."""


Finder = Callable[[Selector], list[Series]]


def _answered(store: SeriesStore, query: Query, now: datetime, find: Finder) -> Reading:
    coverage = store.coverage(query.window, now) if query.window else Coverage()
    try:
        if reason := store.unusable(now):
            raise _NoData(reason)
        if reason := why_none(store, query):
            raise _NoData(reason)
        return _measured(store, query, now, find, coverage)
    except _NothingCounted as problem:
        return Reading(now, None, n=0.0, coverage=coverage.share, reason=str(problem), filling=coverage.filling)
    except (_NoData, PatternTooSlow) as problem:
        return Reading.missing(now, str(problem), coverage.share, coverage.filling and not store.unusable(now))


def _measured(store: SeriesStore, query: Query, now: datetime, find: Finder, coverage: Coverage) -> Reading:
    measure, until = query.measure, now.timestamp()
    if isinstance(measure, Value):
        return Reading(now, _folded(measure, find(measure.of), store.newest_s), sample=store.newest_s)
    if not query.window:
        raise _NoData("a window is needed")
    since = until - query.window.total_seconds()
    if isinstance(measure, Rate | Count):
        series = find(measure.of)
        grown = _growth(measure.of, series or store.find(family(measure.of)), since, until)
        # A counter that is not there has counted nothing yet, as long as others of its family are.
        grown = grown if series else Growth()
        is_count = isinstance(measure, Count)
        value = grown.seen if is_count else grown.estimated / query.window.total_seconds()
        found = Reading(now, value, n=grown.seen, at_least=is_count, counted_s=grown.span_s or None)
    elif isinstance(measure, Ratio):
        found = _ratio(measure, find, since, now)
    else:
        assert isinstance(measure, Quantile)
        placed, grown = _quantile(measure, find(*_selectors(measure)), since, until)
        found = Reading(now, placed.value, placed.low, placed.high, grown.seen, counted_s=grown.span_s)
    return replace(found, coverage=coverage.share, filling=coverage.filling, sample=store.newest_s)


def _folded(measure: Value, series: Sequence[Series], newest: float) -> float:
    """The gauges of the newest look as one number."""
    name = text_of(measure.of)
    if any(one.unknown_at == newest for one in series):
        raise _NoData(f"{name} is not a number")
    values = [one.values[-1] for one in series if one.times and one.times[-1] == newest]
    if not values:
        raise _NoData(f"there is no series of {name}")
    return _FOLDS[measure.fold](values)


def _growth(selector: Selector, series: Sequence[Series], since: float, until: float) -> Growth:
    grown = growth_of(series, since, until)
    if grown is None:
        raise _NoData(f"{text_of(selector)} was not a number in the window")
    if not grown.series:
        raise _NoData(f"{text_of(selector)} has fewer than two samples in the window")
    return grown


def _ratio(measure: Ratio, find: Finder, since: float, now: datetime) -> Reading:
    """What was seen to grow, not an estimate of it: exact at the edge of a limit."""
    until = now.timestamp()
    grown = _growth(measure.to, find(measure.to), since, until)
    whole = grown.seen
    part = growth_of(find(measure.of), since, until)
    if part is None:
        raise _NoData(f"{text_of(measure.of)} was not a number in the window")
    if whole <= 0:
        raise _NothingCounted(f"{text_of(measure.to)} did not grow in the window")
    counted = whole - part.seen if measure.inverted else part.seen
    return Reading(now, counted / whole, n=whole, counted_s=grown.span_s)


def _quantile(measure: Quantile, series: Sequence[Series], since: float, until: float) -> tuple[Placed, Growth]:
    """The quantile and the growth of all the observations that it was made from."""
    by_bound: dict[float, list[Series]] = {}
    for one in series:
        if (bound := _bound(one.labels.get("le", ""))) is not None:
            by_bound.setdefault(bound, []).append(one)
    name = text_of(measure.of)
    grown = {bound: growth_of(each, since, until) for bound, each in sorted(by_bound.items())}
    if any(growth is None for growth in grown.values()):
        raise _NoData(f"{name} was not a number in the window")
    kept = [(bound, growth) for bound, growth in grown.items() if growth and growth.series]
    seen: list[Bucket] = [(bound, growth.seen) for bound, growth in kept]
    estimated: list[Bucket] = [(bound, growth.estimated) for bound, growth in kept]
    guess, proved = quantile_of(measure.p, estimated), quantile_of(measure.p, seen)
    if guess is None or proved is None:
        if kept:
            raise _NothingCounted(f"{name} observed nothing in the window")
        raise _NoData(f"{name} has fewer than two samples in the window")
    return _both(guess, proved), kept[-1][1]


def _both(guess: Placed, proved: Placed) -> Placed:
    """The estimate with an interval that both ways of counting agree on; they differ where a bucket is new."""
    high = None if guess.high is None or proved.high is None else max(guess.high, proved.high)
    return Placed(guess.value, min(guess.low, proved.low), high)


def _bound(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
