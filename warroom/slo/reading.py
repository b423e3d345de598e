"""What a signal was at one moment, and that it was not known."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

MIN_COVERAGE: Final = 0.8
"""The share of a window that has to be observed before anything is said about it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The statistic of a signal over a window that ends at `at` (UTC).

    `value` is in the base unit: a ratio 0..1 (never percent), seconds, a count, or a rate per second; always finite.
    None: there is no data, and `reason` says why. Where the source only knows an interval (the bucket of a histogram)
    the truth lies over `low` and not over `high`, and so does `value`; `high` is None in the last bucket, which
    nothing bounds. For an exact value both are None.

    `beyond`: the percentile lies among samples that got no answer. It has no number (`value` is None), is known all
    the same, and is over every limit; `reason` says so.

    `n` is how many events (requests, samples) it was made from, None where nobody counts them; 0 without a value says
    that its source answers, and nothing happened. `coverage` is the share of the window that was observed, 0..1.
    `filling`: it is small only because nobody has looked for longer.

    `counted_s` is from the first look to the last that they were counted between, in seconds; None: nobody says, they
    are those of the window.

    `at_least`: it was counted, so that the whole of the window holds no less than what was observed of it.

    `sample` tells the newest sample that it was made of from others: when it was taken, in seconds on the clock of
    whoever took it. None: it is made of none, as a person's word, which holds until there is another.
    """

    at: datetime
    value: float | None
    low: float | None = None
    high: float | None = None
    n: float | None = None
    coverage: float = 1.0
    reason: str = ""
    beyond: bool = False
    filling: bool = False
    at_least: bool = False
    sample: float | None = None
    counted_s: float | None = None

    @classmethod
    def missing(cls, at: datetime, reason: str, coverage: float = 0.0, filling: bool = False) -> Reading:
        """There is no data; `reason` is a sentence for people."""
        return cls(at, None, coverage=coverage, reason=reason, filling=filling)

    @property
    def is_known(self) -> bool:
        """Whether there is data."""
        return self.value is not None or self.beyond

    def too_little(self, floor: float = MIN_COVERAGE) -> str:
        """That less than `floor` (0..1) of the window was observed, as a sentence; empty where it was enough."""
        if self.coverage >= floor:
            return ""
        if self.filling:
            return f"the window is filling: {self.coverage:.0%} of it is there, {floor:.0%} are needed"
        return f"only {self.coverage:.0%} of the window was observed, {floor:.0%} are needed"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a window was observed; see `Reading`."""

    share: float = 1.0
    filling: bool = False


def coverage_of(looks: Sequence[float], every_s: float, window_s: float, until: float, began: float) -> Coverage:
    """How much of the window that ends at `until` (seconds since 1970) the looks cover: their times, oldest first, of
    which one is due `every_s` so often. `began` is when the first of all was, which may be forgotten."""
    since = until - window_s
    seen = bisect_right(looks, until) - bisect_right(looks, since)
    share = min(1.0, seen / max(1.0, window_s / every_s))
    if not since < began <= until:
        return Coverage(share)
    due = max(1.0, (until - began) / every_s)
    return Coverage(share, filling=seen >= MIN_COVERAGE * due)
