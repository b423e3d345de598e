"""Signals read from an endpoint of metrics by repeated looks, on a clock that the test moves."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from warroom.adapters.metrics_source import MetricsSource
from warroom.clock import VirtualClock
from warroom.contract import Request, Response
from warroom.errors import CannotMeasure
from warroom.simulator.scenarios import scenario_named
from warroom.simulator.world import World
from warroom.slo.query import Quantile, Query, Rate, Ratio, Selector, Value
from warroom.slo.reading import Reading
from warroom.slo.source_spec import MetricsSpec
from warroom.units import Json

START = datetime(2025, 11, 1, 2, tzinfo=UTC)
MINUTES = timedelta(minutes=5)
REQUESTS = Selector("http_requests_total")
DEPTH = Query(Value(Selector("queue_depth")))
RATE = Query(Rate(REQUESTS), MINUTES)
ERRORS = Query(Ratio(Selector("http_requests_total", (("code", "=~", "5.."),)), REQUESTS), MINUTES, by="code")
P95 = Query(Quantile(0.95, Selector("http_request_duration_seconds")), MINUTES)
QUERIES = (DEPTH, RATE, ERRORS, P95)
OPENMETRICS = (("Content-Type", "application/openmetrics-text"),)


class Endpoint:
    """The simulated application's page on a virtual clock; `spoil` may take its place."""

    def __init__(self, scenario: str) -> None:
        self.clock = VirtualClock(START)
        self.world = World(scenario_named(scenario), seed=1, now=START, traffic=20)
        self.spoil: Callable[[], Response] | None = None
        self.asked: list[Request] = []
        spec = MetricsSpec(id="app", target="app", headers=(("X-Internal-Key", "k"),), every_s=5.0)
        self.source = MetricsSource(spec, QUERIES, self, self.clock)

    async def send(self, request: Request) -> Response:
        self.asked.append(request)
        return self.spoil() if self.spoil else Response(200, OPENMETRICS, self.world.metrics(self.clock.now()))

    def url_of(self, request: Request) -> str:
        return "http://app/metrics"

    def curl_of(self, request: Request) -> str:
        return "curl http://app/metrics"

    async def watch(self, seconds: float) -> None:
        """It is looked at every five seconds for so long."""
        for _ in range(int(seconds / 5)):
            await self.clock.advance(5)
            await self.source.look()

    def said(self, query: Query) -> Reading:
        return self.source.reading(query, self.clock.now())


async def test_rates_ratios_and_quantiles_are_those_of_the_window() -> None:
    app = Endpoint("steady")
    await app.watch(600)
    app.world.enter(scenario_named("errors-5xx"), app.clock.now())
    await app.watch(300)
    assert app.said(DEPTH).value == 3
    assert app.said(RATE).value == pytest.approx(20)
    assert app.said(ERRORS).value == pytest.approx(0.02, rel=0.02)
    assert app.said(ERRORS).n == pytest.approx(6_000, rel=0.001)
    assert (app.said(P95).low, app.said(P95).high) == (0.025, 0.05)
    assert {code: one.value for code, one in app.source.splits(ERRORS, app.clock.now()).items()} == {
        "500": pytest.approx(0.02, rel=0.02)
    }
    assert ("X-Internal-Key", "k") in app.asked[0].headers


async def test_a_restart_of_the_application_is_not_a_fall() -> None:
    app = Endpoint("steady")
    await app.watch(600)
    app.world.enter(scenario_named("metrics-restart"), app.clock.now())
    await app.watch(100)
    assert app.said(RATE).value == pytest.approx(20, rel=0.05)


def unreachable() -> Response:
    raise CannotMeasure("app (127.0.0.1:1): refused", symptom="refused")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(unreachable, "the last look failed: app (127.0.0.1:1): refused", id="no connection"),
        pytest.param(lambda: Response(503, (), b""), "http://app/metrics answers 503", id="an error"),
        pytest.param(lambda: Response(200, (), b"<html>"), "http://app/metrics is markup", id="HTML"),
        pytest.param(lambda: Response(200, OPENMETRICS, b"queue_depth 3\n"), "was cut off", id="a cut page"),
    ],
)
async def test_after_a_look_that_fails_nothing_is_known_until_one_succeeds(
    spoil: Callable[[], Response], reason: str
) -> None:
    app = Endpoint("steady")
    assert app.said(RATE).reason == "nobody has looked yet"
    await app.watch(300)
    app.spoil = spoil
    await app.watch(5)
    for query in QUERIES:
        assert app.said(query).value is None
        assert reason in app.said(query).reason
    assert app.source.splits(ERRORS, app.clock.now()) == {}
    app.spoil = None
    await app.watch(5)
    assert app.said(RATE).value == pytest.approx(20, rel=0.02)
    assert app.said(RATE).coverage == pytest.approx(60 / 61, abs=0.02)


async def test_a_number_that_is_none_is_no_data_and_its_neighbours_are() -> None:
    app = Endpoint("metrics-nan")
    await app.watch(300)
    assert app.said(DEPTH).value is None
    assert app.said(RATE).value == pytest.approx(20, rel=0.02)
    assert "not a number" in app.said(DEPTH).reason


async def test_without_looks_the_last_one_says_nothing_of_now() -> None:
    app = Endpoint("steady")
    await app.watch(300)
    await app.clock.advance(15)
    assert app.said(DEPTH).value == 3
    await app.clock.advance(1)
    assert app.said(DEPTH).value is None
    assert "16" in app.said(DEPTH).reason


async def test_a_large_page_is_read_beside_everything_else() -> None:
    app = Endpoint("steady")
    page = app.world.metrics(START).replace(b"# EOF\n", b'more{x="1"} 1\n' * 9_000 + b"# EOF\n")
    app.spoil = lambda: Response(200, OPENMETRICS, page)
    await app.source.look()
    assert app.said(DEPTH).value == 3


async def test_another_process_goes_on_from_what_was_found() -> None:
    app, other = Endpoint("steady"), Endpoint("steady")
    await app.watch(290)
    for at, found in app.source.fresh():
        other.source.restore(at, json.loads(json.dumps(found)))
    assert app.source.fresh() == ()
    await other.clock.advance(290)
    for query in QUERIES:
        assert other.said(query) == app.said(query)
    assert other.said(RATE).coverage > 0.9


@pytest.mark.parametrize("found", [None, {}, [1], [["up"]], [["up", {}, "1"]], [[1, {}, 1.0]]], ids=str)
def test_what_is_no_sample_is_refused(found: Json) -> None:
    with pytest.raises((TypeError, ValueError)):
        Endpoint("steady").source.restore(START, found)
