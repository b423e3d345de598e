"""Servers that speak Prometheus' query API: what each of them answers by its documents, and what is made of it.

Mimir wants a tenant and has limits of its own, Thanos warns of what its stores did not say, VictoriaMetrics marks
what is partial, and names its errors by the status.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.adapters.prometheus_stand import Element, Envelope, Stand, asking, one
from tests.adapters.test_prometheus_source import DEPTH, ERRORS, GOOD, envelope
from tests.checks.server import Received, reply
from warroom.clock import RealClock
from warroom.slo.conditions import parse_condition
from warroom.slo.levels import Level, Limits, level_of
from warroom.slo.query import Expression, Query, Rate, Selector
from warroom.slo.reading import Reading

LIMITS = Limits(page=parse_condition("> 100"))
NO_TRAFFIC = Limits(page=parse_condition("> 5%"))


def level(reading: Reading, limits: Limits = LIMITS) -> Level:
    return level_of(limits, reading, reading.at).level


def of_victoria(good: Envelope) -> Envelope:
    """Its answer says whether it is partial, and what it cost; times are whole where they can be."""
    return {**good, "isPartial": False, "stats": {"seriesFetched": "12", "executionTimeMsec": 4}}


def of_thanos(good: Envelope) -> Envelope:
    return {"status": "success", "data": {**good["data"], "analysis": {}}}


def of_mimir(good: Envelope) -> Envelope:
    return {**good, "infos": ["PromQL info: metric might not be a counter, name does not end in _total: depth"]}


@pytest.mark.parametrize(
    ("spoil", "path", "headers"),
    [
        pytest.param(of_mimir, "/prometheus", (("X-Scope-OrgID", "shop"),), id="Mimir, of one tenant"),
        pytest.param(of_mimir, "/prometheus", (("X-Scope-OrgID", "shop|billing"),), id="Mimir, of two tenants"),
        pytest.param(of_thanos, "", (("THANOS-TENANT", "shop"),), id="Thanos"),
        pytest.param(of_victoria, "", (), id="VictoriaMetrics alone"),
        pytest.param(of_victoria, "/select/0/prometheus", (), id="VictoriaMetrics as a cluster"),
    ],
)
async def test_a_compatible_server_is_asked_in_one_post_and_believed(
    spoil: Any, path: str, headers: tuple[tuple[str, str], ...]
) -> None:
    stand = Stand(GOOD, spoil=spoil)
    async with asking(stand, DEPTH, ERRORS, spec={"headers": headers}, path=path) as (source, server):
        await source.look()
        now = RealClock().now()
        depth, errors = source.reading(DEPTH, now), source.reading(ERRORS, now)
    (request,) = server.received
    assert (request.method, request.path) == ("POST", f"{path}/api/v1/query")
    assert [request.headers[name.lower()] for name, _ in headers] == [value for _, value in headers]
    assert (depth.value, errors.value) == (3, 0.01)
    assert (level(depth), level(errors, NO_TRAFFIC)) == (Level.GREEN, Level.GREEN)


def error(status: int, kind: str, said: str) -> dict[str, Any]:
    return {"raw": reply({"status": "error", "errorType": kind, "error": said}, status)}


NO_STORE = "No StoreAPIs matched for this query"
MANY_SERIES = (
    "the query exceeded the maximum number of series (limit: 100000 series) (err-mimir-max-series-per-query)"
)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(
            {"raw": reply(b"no org id\n", 401, [("Content-Type", "text/plain")])},
            "answers 401",
            id="Mimir: no tenant",
        ),
        pytest.param(
            error(422, "execution", MANY_SERIES), "err-mimir-max-series-per-query", id="Mimir: a limit of the tenant"
        ),
        pytest.param(
            error(429, "too_many_requests", "too many outstanding requests"),
            "it says too_many_requests: too many outstanding requests",
            id="Mimir: its queue is full",
        ),
        pytest.param(
            error(503, "unavailable", "at least 2 live replicas required, could only find 1"),
            "it says unavailable: at least 2 live replicas",
            id="Mimir: too few ingesters",
        ),
        pytest.param(
            {"raw": reply(b"upstream connect error", 502, [("Content-Type", "text/plain")])},
            "answers 502",
            id="Mimir: nothing behind its gateway",
        ),
        pytest.param(
            {"spoil": envelope(warnings=[NO_STORE])}, f"it warns: {NO_STORE}", id="Thanos: no store has the time"
        ),
        pytest.param(
            {"spoil": envelope(warnings=["receive series from Addr: 10.0.0.7:10901: rpc error: code = Unavailable"])},
            "it warns: receive series from Addr: 10.0.0.7:10901",
            id="Thanos: a partial response",
        ),
        pytest.param(
            error(422, "execution", "expanding series: proxy Series(): rpc error: code = Aborted"),
            "refuses it: execution: expanding series",
            id="Thanos: partial responses are switched off",
        ),
        pytest.param(
            {"spoil": lambda good: {**of_victoria(good), "isPartial": True}},
            "its answer is partial",
            id="VictoriaMetrics: a storage node is away",
        ),
        pytest.param(
            {"spoil": lambda good: {**of_victoria(good), "isPartial": "true"}},
            "its answer is partial",
            id="VictoriaMetrics: partial in another spelling",
        ),
        pytest.param(
            error(422, "422", 'error when executing query="sum(": cannot parse the query'),
            "refuses it: 422: error when executing query",
            id="VictoriaMetrics: a wrong query",
        ),
        pytest.param(
            error(503, "503", "couldn't start executing the request in 10.000 seconds"),
            "it says 503: couldn't start executing",
            id="VictoriaMetrics: too many queries at once",
        ),
        pytest.param(
            {"raw": reply(b'remoteAddr: "10.0.0.9:1"; unsupported path requested', 400)},
            "answers 400",
            id="VictoriaMetrics: a path of the cluster is missing",
        ),
    ],
)
async def test_what_such_a_server_cannot_say_is_never_green(answer: dict[str, Any], reason: str) -> None:
    async with asking(Stand(**{"table": GOOD, **answer}), DEPTH) as (source, _):
        await source.look()
        reading = source.reading(DEPTH, RealClock().now())
    assert reading.value is None
    assert reason in reading.reason
    assert level(reading) is Level.UNKNOWN


@dataclass(slots=True)
class Short(Stand):
    """VictoriaMetrics takes no longer queries than 16 KiB."""

    refused: int = 0

    def answer(self, request: Received) -> bytes | None:
        if len(request.body) <= 16_384:
            return Stand.answer(self, request)
        self.refused += 1
        said = f"too long query; got {len(request.body)} bytes; mustn't exceed `-search.maxQueryLen=16384` bytes"
        return reply({"status": "error", "errorType": "422", "error": said}, 422)


async def test_where_one_request_is_too_long_everything_is_answered_in_several() -> None:
    rates = [Query(Rate(Selector(f"{'long' * 30}_{at}_total")), timedelta(minutes=5)) for at in range(40)]
    wrong = Query(Expression("sum(no_such_series)"))
    table: dict[str, list[Element]] = {}
    for query in rates:
        name = query.measure.of.name if isinstance(query.measure, Rate) else ""
        table |= {
            f"sum(rate({name}[5m]))": one(2),
            f"max(timestamp({name}) and {name})": one("now"),
            f"count_over_time((max(timestamp({name}) and {name}) > time() - 150)[5m:27272ms])": one(11),
        }
    stand = Short(table, spoil=of_victoria)
    async with asking(stand, *rates, wrong) as (source, _):
        await source.look()
        found = [source.reading(query, RealClock().now()) for query in (*rates, wrong)]
    assert stand.refused >= 1
    assert [one.value for one in found] == [2] * 40 + [None]
    assert len(stand.asked) <= 4
