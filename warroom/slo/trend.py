"""Whether a signal grows, falls or stays: the direction of a series of values, told from its noise.

The window is cut into `BLOCKS` equal blocks, and the median of each stands for it, so that neither one outlier nor
the likeness of neighbouring values decides. The direction is that of Kendall's rank test over the blocks (Mann,
Econometrica 13, 1945), the slope the median of all slopes between two blocks (Sen, J. Amer. Stat. Assoc. 63, 1968).
"""

from __future__ import annotations

import functools
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Final

from warroom.units import format_duration

BLOCKS: Final = 10
MIN_BLOCKS: Final = 8
"""How many of them need a value: four fifths, as for every other window."""

SIGNIFICANCE: Final = 0.01
"""How likely a series without any trend may be taken for one that rises (and as likely for one that falls)."""

MATERIAL: Final = 0.05
"""What changes by less than this share of its level over the window is steady, however clearly it moves."""

Point = tuple[datetime, float | None]
"""A value of a signal and when it was; None where it was missing."""


class Direction(StrEnum):
    """Where a signal goes."""

    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Trend:
    """The direction over a window, and `per_s`, the slope in base units per second (0 while it is not known).

    `n` values were used. `reason` is a sentence where the direction is unknown, else empty; `filling`: it is unknown
    only because the values do not go back far enough.
    """

    direction: Direction
    per_s: float = 0.0
    n: int = 0
    reason: str = ""
    filling: bool = False


def trend_of(history: Sequence[Point], over: timedelta, now: datetime) -> Trend:
    """The trend of `history` (oldest first) over the time `over` that ends at `now`.

    Unknown while fewer than `MIN_BLOCKS` of the `BLOCKS` parts of the window have a value.
    """
    blocks = _blocks(history, over, now)
    n = sum(len(values) for values in blocks.values())
    if len(blocks) < MIN_BLOCKS:
        seen = f"{len(blocks)} of its {BLOCKS} parts have a value, {MIN_BLOCKS} are needed"
        reason = f"the trend over {format_duration(over)} is not known: {seen}"
        newest = range(BLOCKS - len(blocks), BLOCKS)
        is_young = bool(blocks) and sorted(blocks) == list(newest) and history[0][0] > now - over
        return Trend(Direction.UNKNOWN, n=n, reason=reason, filling=is_young)
    levels = [(place, median(values)) for place, values in sorted(blocks.items())]
    pairs = [(b[1] - a[1], b[0] - a[0]) for i, a in enumerate(levels) for b in levels[i + 1 :]]
    balance = sum((rise > 0) - (rise < 0) for rise, _ in pairs)
    slope = median(rise / run for rise, run in pairs) * BLOCKS  # per window
    usual = median(abs(level) for _, level in levels)
    is_clear = chance_of(abs(balance), len(levels)) <= SIGNIFICANCE and abs(slope) >= MATERIAL * usual and slope != 0
    direction = Direction.STEADY if not is_clear else Direction.RISING if slope > 0 else Direction.FALLING
    return Trend(direction, slope / over.total_seconds(), n)


@functools.cache
def chance_of(balance: int, n: int) -> float:
    """How likely `n` values in random order have at least `balance` more rising than falling pairs; 0..1, exact."""
    pairs = n * (n - 1) // 2
    ways = [1]  # of 1 value: by number of falling pairs
    for size in range(2, n + 1):
        ways = [sum(ways[max(0, k - size + 1) : k + 1]) for k in range(size * (size - 1) // 2 + 1)]
    most_falling = (pairs - balance) // 2
    return sum(ways[: most_falling + 1]) / math.factorial(n) if most_falling >= 0 else 0.0


def _blocks(history: Sequence[Point], over: timedelta, now: datetime) -> dict[int, list[float]]:
    """The values of each part of the window that has any, by its place; 0 is the oldest."""
    start, size = now - over, over / BLOCKS
    blocks: dict[int, list[float]] = {}
    for at, value in history[bisect_right(history, start, key=lambda point: point[0]) :]:
        if value is not None and at <= now:
            blocks.setdefault(min(BLOCKS - 1, int((at - start) / size)), []).append(value)
    return blocks
