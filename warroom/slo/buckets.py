"""Quantiles from the buckets of a histogram: the estimate that Prometheus gives, and the interval that is proved."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Bucket = tuple[float, float]
"""The upper bound of a bucket, and how many observations were at most that large."""

_SAME: Final = 1 - 1e-9  # two estimates of one count differ by rounding


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a quantile lies: over `low` and not over `high` (None: nothing bounds it); `value` is the estimate."""

    value: float
    low: float
    high: float | None


def quantile_of(p: float, buckets: Sequence[Bucket]) -> Placed | None:
    """The quantile `p` (0..1) over cumulative buckets, in order of their bounds, the last one without a bound.

    The estimate is that of `histogram_quantile`: even distribution inside a bucket, the first one beginning at 0, and
    the bound below for the last one. None for fewer than two buckets, none without a bound, or no observation.
    """
    if len(buckets) < 2 or not math.isinf(buckets[-1][0]):
        return None
    counts = _rising(buckets)
    if counts[-1] <= 0:
        return None
    rank = p * counts[-1]
    place = next(i for i, count in enumerate(counts) if count >= rank * _SAME or i == len(counts) - 1)
    high = buckets[place][0]
    if place == len(buckets) - 1:
        return Placed(buckets[-2][0], buckets[-2][0], None)
    if place == 0 and high <= 0:
        return Placed(high, -sys.float_info.max, high)
    low, before = (buckets[place - 1][0], counts[place - 1]) if place else (0.0, 0.0)
    inside = counts[place] - before
    share = min(1.0, (rank - before) / inside) if inside else 1.0
    return Placed(low + (high - low) * share, low, high)


def _rising(buckets: Sequence[Bucket]) -> list[float]:
    """The counts, none below one before it: looks at several series are not taken at the same moment."""
    counts: list[float] = []
    for _, count in buckets:
        counts.append(max(count, counts[-1]) if counts else count)
    return counts
