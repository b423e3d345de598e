"""What the application counts of everybody else's requests, and how it answers those who operate it."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.simulator.client import Client
from warroom.simulator.scenarios import scenario_named
from warroom.simulator.world import LAG_S, QUEUE_REST, World

START = datetime(2025, 11, 1, 2, tzinfo=UTC)
RATE = 20.0


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def world(scenario: str) -> World:
    return World(scenario_named(scenario), seed=1, now=START, traffic=RATE)


def samples(one: World, seconds: float) -> dict[str, float]:
    """The page after so many seconds: the value of each sample by its name and its only label's value."""
    families = text_string_to_metric_families(one.metrics(at(seconds)).decode())
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        pytest.param(
            "steady",
            {
                "http_requests_total 200": 5400,
                "http_requests_total 202": 600,
                "jwt_validations_total success": 600,
                "jwt_validations_total failure": 0,
                "events_ingested_total": 600,
                "dlq_messages_total": 0,
                "http_request_duration_seconds_count": 6000,
                "http_request_duration_seconds_bucket 0.05": 6000,
                "http_request_duration_seconds_bucket 0.025": 0,
                "template_render_seconds_count": 600,
                "queue_depth": 3,
            },
            id="steady: twenty a second, a tenth of them events",
        ),
        pytest.param(
            "errors-5xx",
            {"http_requests_total 500": 120, "http_request_duration_seconds_count": 6000},
            id="errors: 2 % of all answers",
        ),
        pytest.param("errors-5xx-slo", {"http_requests_total 500": 42}, id="fewer errors: 0.7 % of all answers"),
        pytest.param(
            "jwt-failures",
            {
                "jwt_validations_total failure": 18,
                "jwt_validations_total success": 582,
                "http_requests_total 401": 18,
                "errors_total auth": 18,
                "events_ingested_total": 582,
            },
            id="bad tokens: 3 %",
        ),
        pytest.param("dlq", {"dlq_messages_total": 6, "events_ingested_total": 600}, id="dead letters: 1 %"),
        pytest.param("provider-failing", {"errors_total provider": 600}, id="a provider that fails every message"),
        pytest.param(
            "latency-spike",
            {"http_request_duration_seconds_bucket 0.3": 0, "http_request_duration_seconds_bucket 0.5": 6000},
            id="a spike is over 300 ms",
        ),
        pytest.param(
            "slow-tail",
            {"http_request_duration_seconds_bucket 0.05": 5400, "http_request_duration_seconds_bucket 0.25": 6000},
            id="a tail of a tenth",
        ),
        pytest.param("queue-growing", {"queue_depth": 1503}, id="the queue gains five a second"),
        pytest.param("dark", {"http_request_duration_seconds_count": 0}, id="nobody is answered in the dark"),
    ],
)
def test_five_minutes_of_traffic_are_counted(scenario: str, expected: dict[str, float]) -> None:
    found = samples(world(scenario), 300)
    assert {name: found[name] for name in expected} == expected


def test_however_often_one_looks_it_is_the_same_traffic() -> None:
    often, seldom = world("jwt-failures"), world("jwt-failures")
    for second in range(0, 300, 7):
        samples(often, second * 1.03)
    assert samples(often, 309) == pytest.approx(samples(seldom, 309), abs=1)


def test_a_spike_is_in_the_histogram_from_its_start_on() -> None:
    one = world("steady")
    one.enter(scenario_named("latency-spike"), at(1200))
    one.enter(scenario_named("steady"), at(1500))
    found = samples(one, 1800)
    assert found["http_request_duration_seconds_bucket 0.05"] == (1200 + 300) * RATE
    assert found["http_request_duration_seconds_bucket 0.5"] == 1800 * RATE


def test_a_queue_whose_consumers_pause_keeps_what_comes_in_until_they_work_it_off() -> None:
    one = world("steady")
    assert one.operate(lambda: one.set_consumers("paused"), at(60)) is None
    assert one.queue_depth(at(120)) == QUEUE_REST + 120
    one.operate(lambda: one.set_ingestion("paused"), at(120))
    assert one.queue_depth(at(180)) == QUEUE_REST + 120
    one.operate(lambda: one.set_consumers("running"), at(180))
    assert one.queue_depth(at(240)) == QUEUE_REST


def test_a_growing_queue_stops_when_nothing_comes_in_and_is_worked_off_once_it_no_longer_grows() -> None:
    one = world("queue-growing")
    one.operate(lambda: one.set_ingestion("paused"), at(60))
    assert one.queue_depth(at(600)) == QUEUE_REST + 300
    one.operate(lambda: one.set_ingestion("running"), at(600))
    assert one.queue_depth(at(660)) == QUEUE_REST + 600
    one.enter(scenario_named("steady"), at(660))
    assert one.queue_depth(at(661)) == QUEUE_REST


def test_counters_that_begin_once_more_begin_at_zero() -> None:
    one = world("steady")
    assert samples(one, 100)["http_requests_total 200"] == 1800
    one.enter(scenario_named("metrics-restart"), at(100))
    assert samples(one, 110)["http_requests_total 200"] == 180


def test_a_change_that_lags_comes_into_force_by_itself() -> None:
    one = world("operations-lag")
    assert one.operate(lambda: one.set_lever("PROMO_SENDS", "true"), at(10)) is None
    before, after = (one.state(at(10 + LAG_S + late))["levers"] for late in (-0.1, 0.1))
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert (before["PROMO_SENDS"], after["PROMO_SENDS"]) == ("false", "true")


@pytest.mark.parametrize(
    ("scenario", "status", "actual"),
    [
        pytest.param("steady", 200, "true", id="as a rule it is done"),
        pytest.param("operations-lie", 200, "false", id="a lie: answered, not done"),
        pytest.param("operations-lag", 200, "false", id="a lag: answered, not done yet"),
        pytest.param("operations-fail", 500, "false", id="a failure: refused, not done"),
        pytest.param("operations-lose", None, "true", id="a loss: done, not answered"),
    ],
)
async def test_an_operator_is_answered(client: Client, scenario: str, status: int | None, actual: str) -> None:
    await client.sim.set_scenario(scenario)
    if status is None:
        with pytest.raises(httpx.TransportError):
            await client.operate("PUT", "/ops/levers/PROMO_SENDS", {"value": "true"})
    else:
        answer = await client.operate("PUT", "/ops/levers/PROMO_SENDS", {"value": "true"})
        assert answer.status_code == status
    assert (await client.state())["levers"]["PROMO_SENDS"] == actual


@pytest.mark.parametrize("path", ["/ops/consumers/pause", "/ops/ingestion/pause", "/ops/rollback"])
async def test_every_operation_can_lie(client: Client, path: str) -> None:
    await client.sim.set_scenario("operations-lie")
    before = await client.state()
    assert (await client.operate("POST", path, {"to": "last-stable"})).status_code == 202
    assert await client.state() == before


async def test_the_page_of_metrics_can_be_spoilt_and_nothing_else_is(client: Client) -> None:
    pages = {}
    for scenario in ("metrics-down", "metrics-html", "metrics-nan", "metrics-cut"):
        await client.sim.set_scenario(scenario)
        answer = await client.get("/metrics")
        pages[scenario] = answer.status_code, answer.text
        assert (await client.get("/ops/state")).status_code == 200
    assert pages["metrics-down"][0] == 503
    assert pages["metrics-html"][1].startswith("<!doctype html>")
    assert "queue_depth NaN\n" in pages["metrics-nan"][1]
    assert pages["metrics-cut"][1].endswith("_to")
    assert [status for status, _ in pages.values()][1:] == [200] * 3
