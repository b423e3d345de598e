"""By how much counters grew in a window: as it was seen, and as Prometheus' `increase` and `rate` estimate it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from warroom.slo.series import Series

_NEAR: Final = 1.1
"""A sample within so many average distances of the window's edge stands for all the time up to it."""


@dataclass(frozen=True, slots=True)
class Growth:
    """`seen` is what the counters grew between their first and their last sample in the window, restarts counted;
    `estimated` is that extended to the whole window by Prometheus' rule. `series` had the two samples it takes; from
    the first of these samples to the last are `span_s` seconds."""

    seen: float = 0.0
    estimated: float = 0.0
    series: int = 0
    span_s: float = 0.0


def growth_of(series: Iterable[Series], since: float, until: float) -> Growth | None:
    """The growth of all of them together from `since` to `until` (seconds since 1970).

    None where one of them was not a number in that time: then nothing is known of the whole.
    """
    seen = estimated = 0.0
    count, begin, last = 0, until, since
    for one in series:
        if since <= one.unknown_at <= until:
            return None
        first, end = one.between(since, until)
        if end - first >= 2:
            grown = one.lifted[end - 1] - one.lifted[first]
            seen += grown
            estimated += grown * _extension(one, first, end - 1, grown, since, until)
            count += 1
            begin, last = min(begin, one.times[first]), max(last, one.times[end - 1])
    return Growth(seen, estimated, count, max(0.0, last - begin))


def _extension(one: Series, first: int, last: int, grown: float, since: float, until: float) -> float:
    """By what factor the growth between two samples is extended to the edges of the window.

    The rule is that of `extrapolatedRate` in Prometheus 2 (promql/functions.go): up to the edge where it is near, by
    half an average distance where it is not, and never back to before the counter was zero.
    """
    begin, end = one.times[first], one.times[last]
    span = end - begin
    average = span / (last - first)
    to_start, to_end = begin - since, until - end
    if grown > 0 and one.values[first] >= 0:
        to_start = min(to_start, span * one.values[first] / grown)
    return (
        span
        + (to_start if to_start < average * _NEAR else average / 2)
        + (to_end if to_end < average * _NEAR else average / 2)
    ) / span
