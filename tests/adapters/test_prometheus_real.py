"""A real Prometheus, and a real VictoriaMetrics, scrape the simulator: what they say is what the endpoint says, and
what is amiss has a reason.
"""

import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.adapters.prometheus_server import PrometheusServer, VictoriaServer, running
from tests.polling import poll_until
from warroom.adapters.http import HttpAdapter
from warroom.adapters.metrics_source import MetricsSource
from warroom.adapters.prometheus_source import PrometheusSource
from warroom.clock import RealClock
from warroom.playbook.loaded import Target
from warroom.simulator import SimulatorProcess
from warroom.slo.query import Count, Expression, Quantile, Query, Rate, Ratio, Selector, SignalSource, Value
from warroom.slo.reading import Reading
from warroom.slo.source_spec import MetricsSpec, PrometheusSpec

CLOCK = RealClock()
WINDOW = timedelta(seconds=2)
REQUESTS = Selector("http_requests_total")
DEPTH = Query(Value(Selector("queue_depth")))
RATE = Query(Rate(REQUESTS), WINDOW, by="code")
ERRORS = Query(Ratio(Selector("http_requests_total", (("code", "=~", "5.."),)), REQUESTS), WINDOW, by="code")
NO_ERRORS = Query(Ratio(Selector("http_requests_total", (("code", "=", "504"),)), REQUESTS), WINDOW)
COUNT = Query(Count(REQUESTS), WINDOW)
P95 = Query(Quantile(0.95, Selector("http_request_duration_seconds")), WINDOW)
PROVIDERS = Query(Value(Selector("delivery_provider_up"), "min"), by="provider")
NOTHING = Query(Value(Selector("no_such_metric")))
NO_LABEL = Query(Rate(Selector("http_requests_total", (("kode", "=", "500"),))), WINDOW)
SHARED = (DEPTH, RATE, COUNT, ERRORS, NO_ERRORS, P95, PROVIDERS, NOTHING, NO_LABEL)
WRONG = Query(Expression("sum(rate(http_requests_total)"))
UP = Query(Expression("up # is it scraped?"))
# Without a look at how old their samples are, these would be as they are now for a minute.
LASTING = (
    Query(Expression("sum(last_over_time(http_requests_total[1m]))")),
    Query(Expression("max_over_time((sum(queue_depth) / sum(http_requests_total))[1m:1s])")),
)
JOB = (("job", "auto_com_center"),)


class Both:
    """The endpoint and the Prometheus that scrapes it, as two sources that are asked the same."""

    def __init__(self, sim: SimulatorProcess, server: PrometheusServer) -> None:
        self.sim, self.server = sim, server
        targets = {
            "app": Target("app", sim.inputs["AUTO_COM_CENTER_URL"]),
            "prom": Target("prom", server.url),
        }
        self._http = HttpAdapter(targets, CLOCK)
        metrics = MetricsSpec(id="app", target="app", every_s=0.2)
        prometheus = PrometheusSpec(id="prom", target="prom", labels=JOB)
        self.metrics = MetricsSource(metrics, SHARED, self._http, CLOCK)
        self.prometheus = PrometheusSource(prometheus, (*SHARED, WRONG, UP, *LASTING), self._http, CLOCK, CLOCK)

    def said(self, source: SignalSource, query: Query) -> Reading:
        return source.reading(query, CLOCK.now())

    async def until(self, holds: Callable[[Reading], bool], query: Query) -> Reading:
        """What Prometheus says once that holds; fails after a while."""
        reading = Reading.missing(CLOCK.now(), "not asked yet")
        for _ in range(200):
            await self.prometheus.look()
            reading = self.said(self.prometheus, query)
            if holds(reading):
                return reading
            await CLOCK.sleep(0.1)
        raise AssertionError(f"in vain; the last reading was {reading}")

    async def watch(self, seconds: float) -> None:
        """Both are looked at for that long."""
        end = CLOCK.monotonic() + seconds
        while CLOCK.monotonic() < end:
            await self.metrics.look()
            await CLOCK.sleep(0.2)
        await self.metrics.look()
        await self.prometheus.look()

    async def close(self) -> None:
        await self.prometheus.aclose()
        await self._http.aclose()


@contextlib.asynccontextmanager
async def scraped(folder: Path, scenario: str, kind: type[PrometheusServer]) -> AsyncIterator[Both]:
    with SimulatorProcess(scenario, traffic=5_000) as sim:
        address = urlsplit(sim.inputs["AUTO_COM_CENTER_URL"]).netloc
        with running(folder, address, kind=kind) as server:
            assert await poll_until(CLOCK, server.is_ready, every_s=0.05, timeout_s=30)
            both = Both(sim, server)
            try:
                yield both
            finally:
                await both.close()


def is_there(reading: Reading) -> bool:
    return reading.value is not None


def is_missing(reading: Reading) -> bool:
    return reading.value is None


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        pytest.param(PrometheusServer, "parse error", id="Prometheus"),
        pytest.param(VictoriaServer, "refuses it: 422: error when executing query", id="VictoriaMetrics"),
    ],
)
async def test_a_server_says_what_the_endpoint_says_and_what_is_amiss(
    kind: type[PrometheusServer], refused: str, tmp_path: Path
) -> None:
    # One server for all of it: it takes five seconds until it first scrapes.
    async with scraped(tmp_path, "errors-5xx", kind) as both:
        assert "has no current sample" in (await both.until(is_missing, RATE)).reason
        await both.until(is_there, RATE)
        await both.watch(2.6)
        _check_agreement(both)
        assert both.said(both.prometheus, UP).value == 1
        assert refused in both.said(both.prometheus, WRONG).reason
        assert all(is_there(both.said(both.prometheus, query)) for query in LASTING)

        both.sim.set_scenario("metrics-down")
        # Its rates go on for the whole window; its samples are stale with the first scrape that fails.
        stale = await both.until(is_missing, RATE)
        assert stale.reason.startswith(
            'Prometheus has no current sample of http_requests_total{job="auto_com_center"}'
        )
        assert both.said(both.prometheus, UP).value == 0
        for query in LASTING:
            assert "no current sample of" in both.said(both.prometheus, query).reason

        both.server.kill()
        await both.prometheus.look()
        assert "refused" in both.said(both.prometheus, UP).reason
        both.server.start()
        # What it had not yet written when it was killed is gone; the next scrape fails again.
        await both.until(lambda reading: reading.value == 0, UP)


def _check_agreement(both: Both) -> None:
    now = CLOCK.now()
    for source in (both.metrics, both.prometheus):
        reading = {query: source.reading(query, now) for query in SHARED}
        assert reading[DEPTH].value == 3
        assert reading[RATE].value == pytest.approx(5_000, rel=0.2)
        assert reading[COUNT].value == pytest.approx(10_000, rel=0.3)
        assert float(reading[COUNT].value or 0).is_integer()
        assert reading[ERRORS].value == pytest.approx(0.02, rel=0.1)
        assert reading[ERRORS].n == pytest.approx(10_000, rel=0.3)
        assert reading[NO_ERRORS].value == 0
        assert reading[P95].value == pytest.approx(0.04875, rel=0.02)
        assert (reading[P95].low, reading[P95].high) == (0.025, 0.05)
        assert [reading[query].value for query in (NOTHING, NO_LABEL)] == [None, None]
        assert {code: one.value for code, one in source.splits(ERRORS, now).items()} == {
            "500": pytest.approx(0.02, rel=0.1)
        }
        assert {name: one.value for name, one in source.splits(PROVIDERS, now).items()} == {"email": 1, "sms": 1}
    ours, theirs = (source.splits(RATE, now) for source in (both.metrics, both.prometheus))
    assert list(ours) == list(theirs) == ["200", "202", "500"]
    for code, one in ours.items():
        assert one.value == pytest.approx(theirs[code].value, rel=0.25)
