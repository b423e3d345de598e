"""Series of an exposition over time, as repeated looks at it found them: bounded in time and in memory."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from warroom.slo.query import Selector
from warroom.slo.reading import Coverage, coverage_of
from warroom.slo.selector import matches, needed_labels, text_of
from warroom.text import did_you_mean, one_line
from warroom.units import format_age

STALE_AFTER: Final = timedelta(minutes=5)
"""What is older than this is no longer the value of a series, as in Prometheus."""

MARGIN_S: Final = 60.0
MAX_SERIES: Final = 5_000
MAX_SAMPLES: Final = 500_000

Exposed = tuple[str, Mapping[str, str], float]
"""One line of an exposition: the name of the series, its labels, its value."""


@dataclass(slots=True)
class Series:
    """One series: its numbers in order of time (seconds since 1970), and `unknown_at`, when it last was no number.

    `lifted` are the values of a counter that never started again: what it had counted before each restart is added.
    """

    labels: Mapping[str, str]
    times: array[float] = field(default_factory=lambda: array("d"))
    values: array[float] = field(default_factory=lambda: array("d"))
    lifted: array[float] = field(default_factory=lambda: array("d"))
    unknown_at: float = -math.inf

    def add(self, at: float, value: float) -> None:
        """A sample newer than all of them. NaN and infinity are not numbers."""
        if not math.isfinite(value):
            self.unknown_at = at
            return
        before = self.lifted[-1] - self.values[-1] if self.times else 0.0
        restarted = bool(self.times) and value < self.values[-1]
        self.lifted.append(value + before + (self.values[-1] if restarted else 0.0))
        self.times.append(at)
        self.values.append(value)

    def between(self, since: float, until: float) -> tuple[int, int]:
        """The places of the first sample from `since` on, and of the one after the last up to `until`; both included,
        as Prometheus 2 does."""
        return bisect_left(self.times, since), bisect_right(self.times, until)

    def drop(self, places: slice) -> int:
        """Forget the samples at these places; returns how many."""
        before = len(self.times)
        for column in (self.times, self.values, self.lifted):
            del column[places]
        return before - len(self.times)


class SeriesStore:
    """What the looks at an exposition found. Somebody looks `every` so often; `keep` is the longest window asked for.

    Only series of the `names` are kept. Over `max_samples` numbers in all the older half of each series is kept at
    half the density; over `max_series` new ones are not kept, and the readings of their metrics are missing.
    """

    def __init__(
        self,
        names: Collection[str],
        every: timedelta,
        keep: timedelta,
        *,
        stale_after: timedelta = STALE_AFTER,
        max_series: int = MAX_SERIES,
        max_samples: int = MAX_SAMPLES,
    ) -> None:
        self.every_s = every.total_seconds()
        self._keep_s = keep.total_seconds() + MARGIN_S
        self._stale_s = stale_after.total_seconds()
        self._max_series, self._max_samples = max_series, max_samples
        self._named: dict[str, dict[tuple[tuple[str, str], ...], Series]] = {name: {} for name in names}
        self._exposed: set[str] = set()
        self._crowded: set[str] = set()
        self._looks: array[float] = array("d")
        self._began = math.inf
        self._failure = "nobody has looked yet"
        self._samples = 0
        self._found: dict[Selector, list[Series]] = {}
        self._why_none: dict[Selector, str] = {}

    def add(self, at: datetime, samples: Iterable[Exposed]) -> None:
        """A look at `at` found these samples. One that is there twice is no number. A time that is not after the last
        look's is a clock that was set back: what lies after it is forgotten."""
        when = at.timestamp()
        if self._looks and when <= self._looks[-1]:
            self._forget_from(when)
        self._looks.append(when)
        self._began = min(self._began, when)
        self._failure = ""
        exposed, crowded = set[str](), set[str]()
        for name, labels, value in samples:
            exposed.add(name)
            if name in self._named and not self._take(name, labels, when, value):
                crowded.add(name)
        if (exposed, crowded) != (self._exposed, self._crowded):
            self._exposed, self._crowded = exposed, crowded
            self._why_none.clear()
        if self._looks[0] < when - self._keep_s - MARGIN_S:
            self._forget_before(when - self._keep_s)
        if self._samples > self._max_samples:
            self._thin()

    def fail(self, reason: str) -> None:
        """A look found nothing, for `reason`: every series is stale until one succeeds."""
        self._failure = f"the last look failed: {reason}" if reason else "the last look failed"

    @property
    def newest_s(self) -> float:
        """When the newest look that found something was, in seconds since 1970. Raises IndexError before it."""
        return self._looks[-1]

    def unusable(self, now: datetime) -> str:
        """Why nothing can be said at `now`; empty where something can."""
        if self._failure:
            return self._failure
        age = now.timestamp() - self.newest_s
        if age > self._stale_s:
            return f"the newest sample is {format_age(timedelta(seconds=age))} old"
        return ""

    def coverage(self, window: timedelta, now: datetime) -> Coverage:
        """How many of the looks due in the window found something."""
        return coverage_of(self._looks, self.every_s, window.total_seconds(), now.timestamp(), self._began)

    def find(self, selector: Selector) -> list[Series]:
        """The series that match. Raises PatternTooSlow."""
        if (found := self._found.get(selector)) is None:
            series = self._named.get(selector.name, {}).values()
            found = self._found[selector] = [each for each in series if matches(selector, each.labels)]
        return found

    def why_none(self, selector: Selector) -> str:
        """Why a selector cannot be answered, or is likely a mistake; empty for one that only matches nothing now."""
        if (reason := self._why_none.get(selector)) is None:
            reason = self._why_none[selector] = self._why(selector)
        return reason

    def _why(self, selector: Selector) -> str:
        if selector.name in self._crowded:
            return f"there are too many series of {selector.name} (over {self._max_series:,} in all)"
        if selector.name not in self._exposed:
            near = did_you_mean(selector.name, sorted(one_line(name) for name in self._exposed))
            return f"the source has no {selector.name}" + (f" ({near})" if near else "")
        for label in needed_labels(selector):
            if not any(label in one.labels for one in self._named[selector.name].values()):
                return f"no series of {selector.name} has the label {label}, which {text_of(selector)} asks for"
        return ""

    def _changed(self) -> None:
        self._found.clear()
        self._why_none.clear()

    def _take(self, name: str, labels: Mapping[str, str], when: float, value: float) -> bool:
        """Keep a sample; False where there is no room for one more series."""
        series = self._named[name]
        key = tuple(sorted(labels.items()))
        one = series.get(key)
        if one is None:
            if sum(map(len, self._named.values())) >= self._max_series:
                return False
            one = series[key] = Series(dict(labels))
            self._changed()
        if one.times and one.times[-1] == when:
            self._samples -= one.drop(slice(-1, None))
            value = math.nan
        before = len(one.times)
        one.add(when, value)
        self._samples += len(one.times) - before
        return True

    def _forget_from(self, when: float) -> None:
        del self._looks[bisect_left(self._looks, when) :]
        self._drop(lambda times: slice(bisect_left(times, when), None))
        for series in self._named.values():
            for one in series.values():
                one.unknown_at = -math.inf if one.unknown_at >= when else one.unknown_at

    def _forget_before(self, when: float) -> None:
        del self._looks[: bisect_left(self._looks, when)]
        self._drop(lambda times: slice(0, bisect_left(times, when)))

    def _thin(self) -> None:
        self._drop(lambda times: slice(1, len(times) // 2, 2))

    def _drop(self, places: Callable[[array[float]], slice]) -> None:
        """Forget samples of every series; one of which nothing is left is forgotten as a whole."""
        oldest = self._looks[-1] - self._keep_s if self._looks else math.inf
        for series in self._named.values():
            for key, one in list(series.items()):
                self._samples -= one.drop(places(one.times))
                if not one.times and one.unknown_at < oldest:
                    del series[key]
        self._changed()
