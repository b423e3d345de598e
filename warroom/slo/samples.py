"""The samples of a probe over time, and what they say: how many got the answer they should, and how late it was."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from warroom.slo.quantile import nearest_rank
from warroom.slo.query import Availability, Latency, Query
from warroom.slo.reading import Reading, coverage_of
from warroom.text import plural
from warroom.units import format_duration

MARGIN_S: Final = 60.0
MAX_SAMPLES: Final = 200_000
_NONE: Final = -1.0  # stands in the column of latencies for a sample without an answer


@dataclass(frozen=True, slots=True)
class ProbeSample:
    """One request of a probe. `latency_s` is None for one that got no answer (a time-out, say); `ok` says whether the
    answer was the one it should be."""

    sent_at: datetime
    latency_s: float | None
    ok: bool


class ProbeLog:
    """The samples of one probe in order of time: one is due `every` so often, `keep` is the longest window asked for.

    Beyond `max_samples` the oldest are forgotten.
    """

    def __init__(self, every: timedelta, keep: timedelta, *, max_samples: int = MAX_SAMPLES) -> None:
        self._every_s = every.total_seconds()
        self._keep_s = keep.total_seconds() + MARGIN_S
        self._max = max_samples
        self._times: array[float] = array("d")
        self._began = math.inf
        self._latencies: array[float] = array("d")
        self._good: array[int] = array("q", [0])  # how many of the first i samples were as they should be

    def __len__(self) -> int:
        """How many samples are kept."""
        return len(self._times)

    def add(self, sample: ProbeSample) -> None:
        """A sample newer than all of them. One that is not comes after a clock was set back: what lies after it is
        forgotten."""
        at = sample.sent_at.timestamp()
        if self._times and at <= self._times[-1]:
            place = bisect_left(self._times, at)
            del self._times[place:], self._latencies[place:], self._good[place + 1 :]
        self._times.append(at)
        self._began = min(self._began, at)
        self._latencies.append(_NONE if sample.latency_s is None else sample.latency_s)
        self._good.append(self._good[-1] + sample.ok)
        if self._times[0] < at - self._keep_s - MARGIN_S or len(self._times) > self._max:
            place = max(bisect_left(self._times, at - self._keep_s), len(self._times) - self._max * 9 // 10)
            del self._times[:place], self._latencies[:place], self._good[:place]

    def answer(self, query: Query, now: datetime) -> Reading:
        """The statistic at `now` of the samples sent in the window. Raises ValueError for a measure that a probe does
        not have."""
        window_s, until = query.window.total_seconds(), now.timestamp()
        first, end = bisect_right(self._times, until - window_s), bisect_right(self._times, until)
        n = end - first
        if not n:
            return Reading.missing(now, f"no sample in the {format_duration(query.window)} before")
        coverage = coverage_of(self._times, self._every_s, window_s, until, self._began)
        if isinstance(query.measure, Availability):
            found = Reading(now, (self._good[end] - self._good[first]) / n, n=n)
        elif isinstance(query.measure, Latency):
            found = self._percentile(query.measure.p, first, end, now)
        else:
            raise ValueError(f"{type(query.measure).__name__} is not a measure of a probe's samples")
        return replace(found, coverage=coverage.share, filling=coverage.filling, sample=self._times[end - 1])

    def _percentile(self, p: float, first: int, end: int, now: datetime) -> Reading:
        samples = [None if latency == _NONE else latency for latency in self._latencies[first:end]]
        value = nearest_rank(samples, p)
        if value is not None:
            return Reading(now, value, n=end - first)
        silent = plural(samples.count(None), "sample")
        reason = f"P{p * 100:g} lies among {silent} without an answer, of {end - first}"
        return Reading(now, None, n=end - first, reason=reason, beyond=True)
