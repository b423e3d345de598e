"""How long each canary is held: a cycle of thirty values, the same for the same seed."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from itertools import cycle

from warroom.simulator.scenarios import Latency

CYCLE = 30


def holds(latency: Latency, seed: int) -> tuple[float, ...]:
    """Thirty hold times in milliseconds, in the order in which they are served over and over.

    Because they repeat, any 30 requests in a row meet each value once: the percentiles of such a run do not
    depend on where in the cycle it began.
    """
    fast = CYCLE - latency.slow_in_30
    step = 2 * latency.spread_ms / max(1, fast - 1)
    values = [latency.base_ms - latency.spread_ms + step * index for index in range(fast)]
    values += [latency.slow_ms] * latency.slow_in_30
    random.Random(seed).shuffle(values)
    return tuple(values)


def p95_ms(latency: Latency) -> int:
    """The nearest-rank 95th percentile of one cycle, in whole milliseconds."""
    return round(sorted(holds(latency, 0))[math.ceil(0.95 * CYCLE) - 1])


def endless(latency: Latency, seed: int) -> Iterator[float]:
    """The hold times in milliseconds, without end."""
    return cycle(holds(latency, seed))
