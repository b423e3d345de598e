"""What the server says: its own log is the measure of every client."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from warroom.simulator import ServedRequest

SAMPLES = 30


def samples(requests: Sequence[ServedRequest], count: int = SAMPLES) -> list[ServedRequest]:
    """The requests for `/canary` that were latency samples: those of the one connection that carried all of them,
    or else the last ones. Raises ValueError when there were fewer than `count`."""
    canaries = [request for request in requests if request.path == "/canary" and request.held_ms is not None]
    peers = Counter(request.peer for request in canaries)
    kept_alive = [request for request in canaries if peers[request.peer] == count]
    chosen = kept_alive if len(kept_alive) == count else canaries[-count:]
    if len(chosen) < count:
        raise ValueError(f"the server saw {len(chosen)} samples instead of {count}")
    return chosen


def held_s(requests: Sequence[ServedRequest]) -> float:
    """How long the server held these requests, all together."""
    return sum(request.held_ms or 0.0 for request in requests) / 1000


def p95_ms(values: Sequence[float]) -> float:
    """The nearest-rank 95th percentile: the value at position ceil(0.95 n). Written here anew, as an oracle."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def server_p95_ms(requests: Sequence[ServedRequest]) -> float:
    """The 95th percentile of the times that the server held these requests."""
    return p95_ms([request.held_ms or 0.0 for request in requests])
