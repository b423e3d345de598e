"""A program of its own: what it costs to ask a Prometheus about fifty signals.

`python panel_looks.py MODE URL LOOKS` prints JSON: seconds, processor seconds and requests of each look. MODE is
`source` (Warroom's own) or `single` (`custom_query` of prometheus-api-client, once for each signal).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from warroom.clock import RealClock
from warroom.slo.promql import promql
from warroom.slo.query import Measure, Quantile, Query, Rate, Ratio, Selector, Value

SIGNALS = 50
WARM_UP = 2
_REQUESTS, _EVENTS, _TOKENS = (
    Selector(f"{name}_total") for name in ("http_requests", "events_ingested", "jwt_validations")
)
# The panels of the launch document.
_MEASURES: tuple[Measure, ...] = (
    Ratio(Selector("http_requests_total", (("code", "=~", "5.."),)), _REQUESTS),
    Quantile(0.95, Selector("http_request_duration_seconds")),
    Ratio(Selector("jwt_validations_total", (("result", "=", "success"),)), _TOKENS),
    Value(Selector("queue_depth")),
    Ratio(Selector("dlq_messages_total"), _EVENTS),
    Rate(_EVENTS),
    Rate(_REQUESTS),
    Value(Selector("delivery_provider_up"), "min"),
    Rate(Selector("errors_total", (("type", "=", "validation"),))),
    Rate(Selector("errors_total", (("type", "=", "auth"),))),
)


def queries() -> list[Query]:
    """Fifty, no two alike."""
    return [
        Query(_MEASURES[at % len(_MEASURES)], timedelta(minutes=1 + at // len(_MEASURES))) for at in range(SIGNALS)
    ]


@dataclass(slots=True)
class Looks:
    """What the looks cost, one after another."""

    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    requests: int = 0

    def timed(self, looks: int) -> Iterator[None]:
        """One step a look; the first ones only warm up."""
        for at in range(-WARM_UP, looks):
            wall, cpu = time.perf_counter(), time.process_time()
            yield
            if at >= 0:
                self.wall_s.append(time.perf_counter() - wall)
                self.cpu_s.append(time.process_time() - cpu)


async def by_source(url: str, looks: int) -> Looks:
    """One source that is asked for all of them."""
    from warroom.adapters.http import HttpAdapter
    from warroom.adapters.prometheus_source import PrometheusSource
    from warroom.contract import Request, Response
    from warroom.playbook.loaded import Target
    from warroom.slo.source_spec import PrometheusSpec

    cost, clock = Looks(), RealClock()

    class Counting(HttpAdapter):
        async def send(self, request: Request) -> Response:
            cost.requests += 1
            return await super().send(request)

    http = Counting({"prom": Target("prom", url)}, clock)
    asked = queries()
    source = PrometheusSource(PrometheusSpec(id="prom", target="prom"), asked, http, clock, clock)
    for _ in cost.timed(looks):
        await source.look()
    now = clock.now()
    missing = [reading.reason for query in asked if (reading := source.reading(query, now)).value is None]
    assert not missing, missing
    await source.aclose()
    await http.aclose()
    return cost


def by_single(url: str, looks: int) -> Looks:
    """Each query by itself, over one kept connection."""
    from prometheus_api_client import PrometheusConnect

    cost, connect = Looks(), PrometheusConnect(url)
    texts = [promql(query) for query in queries()]
    for _ in cost.timed(looks):
        for text in texts:
            found: list[Any] = connect.custom_query(text)
            assert len(found) == 1, text
            cost.requests += 1
    return cost


def main(mode: str, url: str, looks: str) -> int:
    """Measures and prints."""
    cost = asyncio.run(by_source(url, int(looks))) if mode == "source" else by_single(url, int(looks))
    a_look = cost.requests / (int(looks) + WARM_UP)
    print(json.dumps({"wall_s": cost.wall_s, "cpu_s": cost.cpu_s, "requests": a_look}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
