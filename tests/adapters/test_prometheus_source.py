"""A Prometheus is asked once for everything, and what it answers is believed only where it can be."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.adapters.prometheus_stand import Stand, asking, one
from tests.checks.server import closed_port, reply
from warroom.clock import RealClock
from warroom.slo.conditions import parse_condition
from warroom.slo.levels import Level, Limits, level_of
from warroom.slo.promql import PARTS, observed, split, whole
from warroom.slo.query import Expression, Quantile, Query, Rate, Ratio, Selector, Value
from warroom.slo.reading import Reading

MINUTES = timedelta(minutes=5)
DEPTH = Query(Value(Selector("queue_depth")))
REQUESTS = Selector("http_requests_total")
ERRORS = Query(Ratio(Selector("http_requests_total", (("code", "=~", "5.."),)), REQUESTS), MINUTES, by="code")
P95 = Query(Quantile(0.95, Selector("seconds")), MINUTES)
HEALTHY = Query(Expression("health"))
CODES = 'http_requests_total{code!=""}'
FRESH = {
    **{f"max(timestamp({family}) and {family})": one("now-2") for family in ("queue_depth", "health", CODES)},
    "max(timestamp(http_requests_total) and http_requests_total)": one("now"),
    observed("http_requests_total", MINUTES): one(PARTS),
}
GROWN = {
    whole(ERRORS).main: one(150),
    whole(ERRORS).over: one(15_000),
    split(ERRORS).main: [({"code": "500"}, "120"), ({"code": "503"}, "30")],
    split(ERRORS).over: one(15_000),
}
GOOD = {**FRESH, **GROWN, "sum(queue_depth)": one(3), "health": one(1)}


def of_x(*matchers: tuple[str, str, str]) -> Selector:
    return Selector("x_total", matchers)


async def look(stand: Stand, *queries: Query, **more: Any) -> list[Reading]:
    async with asking(stand, *queries, **more) as (source, _):
        await source.look()
        return [source.reading(query, RealClock().now()) for query in queries]


async def test_all_queries_are_asked_in_one_post() -> None:
    async with asking(Stand(GOOD), DEPTH, ERRORS, HEALTHY) as (source, server):
        await source.look()
        now = RealClock().now()
        depth, errors, health = (source.reading(query, now) for query in (DEPTH, ERRORS, HEALTHY))
        splits = source.splits(ERRORS, now)
    (request,) = server.received
    assert (request.method, request.path) == ("POST", "/api/v1/query")
    assert (depth.value, health.value, depth.reason) == (3, 1, "")
    assert (errors.value, errors.n, errors.coverage) == (0.01, 15_000, 1.0)
    assert {code: (one.value, one.coverage) for code, one in splits.items()} == {"500": (0.008, 1), "503": (0.002, 1)}


async def test_tenant_and_credentials_go_with_the_request() -> None:
    spec = {"headers": (("X-Scope-OrgID", "team-a"),)}
    async with asking(Stand(GOOD), DEPTH, spec=spec, bearer="s3cret-token") as (source, server):
        await source.look()
    headers = server.received[0].headers
    assert (headers["x-scope-orgid"], headers["authorization"]) == ("team-a", "Bearer s3cret-token")


async def test_a_wrong_query_is_named_and_the_others_are_answered() -> None:
    table = {**GOOD, "max(timestamp(x) and x)": one("now")}
    stand, wrong = Stand(table, refuses=["nonsense("]), Query(Expression("nonsense(x)"))
    async with asking(stand, DEPTH, wrong, HEALTHY, ERRORS) as (source, server):
        await source.look()
        first, now = len(server.received), RealClock().now()
        assert source.reading(wrong, now).reason == "Prometheus refuses it: bad_data: cannot take nonsense("
        assert [source.reading(query, now).value for query in (DEPTH, HEALTHY, wrong)] == [3, 1, None]
        await source.look()
        # From then on it is asked apart, wrapped and bare, so that the others keep their one request.
        assert len(server.received) - first == 3
        stand.refuses, stand.table["nonsense(x)"] = (), one(5)
        await source.look()
        assert source.reading(wrong, RealClock().now()).value == 5
        before = len(server.received)
        await source.look()
        assert len(server.received) - before == 1


async def test_an_expression_that_is_a_plain_number_is_learned() -> None:
    scalar = Query(Expression("scalar(x)"))
    table = {**GOOD, "max(timestamp(x) and x)": one("now"), "vector(\nscalar(x)\n)": one(7)}
    stand = Stand(table, scalars=["scalar(x)"])
    async with asking(stand, DEPTH, scalar) as (source, server):
        await source.look()
        assert source.reading(scalar, RealClock().now()).value == 7
        before = len(server.received)
        await source.look()
        assert len(server.received) - before == 1
        assert source.reading(scalar, RealClock().now()).value == 7


def envelope(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda good: {**good, **changes}


def values(change: Callable[[list[Any]], list[Any]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def changed(good: dict[str, Any]) -> dict[str, Any]:
        result = [{**one, "value": change(one["value"])} for one in good["data"]["result"]]
        return {**good, "data": {**good["data"], "result": result}}

    return changed


def result(change: Callable[[list[Any]], list[Any]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda good: {**good, "data": {**good["data"], "result": change(good["data"]["result"])}}


HTML = reply(b"<html><title>Login</title>", 200, [("Content-Type", "text/html")])

SPOILT = [
    pytest.param({"spoil": values(lambda v: [v[0], "NaN"])}, "nan, which is no measurement", id="NaN"),
    pytest.param({"spoil": values(lambda v: [v[0], "+Inf"])}, "inf, which is no measurement", id="infinity"),
    pytest.param({"spoil": values(lambda v: [v[0], "-Inf"])}, "is -inf", id="minus infinity"),
    pytest.param({"spoil": values(lambda v: [v[0], 0])}, "nan", id="a number that is not written as Prometheus does"),
    pytest.param({"spoil": values(lambda v: [v[0], "few"])}, "'few' is not a number", id="a word for a number"),
    pytest.param(
        {"spoil": values(lambda v: [v[0] - 60, v[1]])}, "another moment than was asked", id="another moment"
    ),
    pytest.param({"spoil": values(lambda v: [v[1]])}, "a value that cannot be read", id="a value without its time"),
    pytest.param({"spoil": result(lambda r: [])}, "has no current sample of queue_depth", id="an empty answer"),
    pytest.param(
        {"spoil": result(lambda r: r + r)}, "2 series where one number is expected", id="two series for one"
    ),
    pytest.param(
        {"spoil": result(lambda r: [*r, "x"])}, "a series that cannot be read", id="a series that is a text"
    ),
    pytest.param({"spoil": result(lambda r: [{**r[0], "metric": {}}])}, "was not asked", id="a series of nobody"),
    pytest.param(
        {"spoil": result(lambda r: [{"metric": one["metric"], "histogram": []} for one in r])},
        "gives a histogram",
        id="a native histogram",
    ),
    pytest.param({"spoil": envelope(data={"resultType": "matrix", "result": []})}, "gives a matrix", id="a matrix"),
    pytest.param({"spoil": envelope(data={"resultType": "vector"})}, "no result", id="a result that is not there"),
    pytest.param({"spoil": envelope(data=[1])}, "not that of Prometheus", id="data of another kind"),
    pytest.param({"spoil": lambda _: [1, 2]}, "not that of Prometheus", id="a list"),
    pytest.param(
        {"spoil": lambda _: {"status": "error", "errorType": "internal", "error": "tsdb \x1b[2J"}},
        "it says internal: tsdb \\e[2J",
        id="an error with status 200",
    ),
    pytest.param(
        {"spoil": lambda _: {"status": "error", "errorType": "execution", "error": "many-to-many"}},
        "refuses it: execution: many-to-many",
        id="an execution error",
    ),
    pytest.param(
        {"spoil": envelope(warnings=["store 10.0.0.1: unavailable"])},
        "it warns: store 10.0.0.1: unavailable",
        id="a warning: the answer may be partial",
    ),
    pytest.param(
        {"spoil": envelope(warnings=["PromQL warning: bucket label le is missing"])},
        "refuses it: it warns: PromQL warning",
        id="a warning about the expression",
    ),
    pytest.param({"raw": HTML}, 'HTML page "Login"', id="a login page"),
    pytest.param({"raw": reply({}, 302, [("Location", "http://127.0.0.1:1/")])}, "answers 302", id="a redirect"),
    pytest.param({"raw": reply({}, 502)}, "answers 502", id="a gateway with nothing behind it"),
    pytest.param({"raw": reply(b'{"status": "success", "da')}, "not JSON", id="a cut body"),
    pytest.param({"raw": reply(b"[" * 100_000)}, "nested", id="a body nested without end"),
    pytest.param({"raw": reply(b'{"status": "success", "data": NaN}')}, "not JSON", id="a body that is not JSON"),
    pytest.param({"raw": b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"}, "9,999,999,999", id="10 GB"),
    pytest.param({"raw": b"220 smtp ready\r\n"}, "prom", id="another protocol"),
    pytest.param({"skew_s": 600}, " ahead of the one here", id="a clock that goes fast"),
    pytest.param({"skew_s": -600}, " behind the one here", id="a clock that goes slow"),
    pytest.param(
        {"table": {**GOOD, "max(timestamp(queue_depth) and queue_depth)": one("now-200")}},
        "the newest sample of queue_depth is 3m20s old",
        id="a value that nobody renewed",
    ),
]


@pytest.mark.parametrize(("faults", "reason"), SPOILT)
async def test_a_spoilt_answer_is_no_data_with_the_reason(faults: dict[str, Any], reason: str) -> None:
    (reading,) = await look(Stand(**{"table": GOOD, **faults}), DEPTH)
    assert reading.value is None
    assert reason in reading.reason
    assert "\x1b" not in reading.reason


async def test_an_expression_without_an_answer_is_no_data() -> None:
    missing, parts = Query(Expression("health > 5")), Query(Expression("health_by"), by="region")
    fresh = {"max(timestamp(health_by) and health_by)": one("now")}
    stand = Stand({**GOOD, **fresh, "health_by": [({"region": "a"}, "1"), ({"region": "b"}, "NaN")]})
    async with asking(stand, missing, parts) as (source, _):
        await source.look()
        now = RealClock().now()
        assert source.reading(missing, now).reason == "the answer is empty"
        assert "2 series where one number is expected" in source.reading(parts, now).reason
        assert {region: one.value for region, one in source.splits(parts, now).items()} == {"a": 1, "b": None}


LAST = Expression("sum(last_over_time(errors[1h])) / sum(requests)")
IS_FRESH = {
    "max(timestamp(errors) and errors)": one("now-20"),
    "max(timestamp(requests) and requests)": one("now-10"),
}


@pytest.mark.parametrize(
    ("expression", "table", "reason"),
    [
        pytest.param(LAST, IS_FRESH, "", id="all of it is current"),
        pytest.param(
            LAST,
            {**IS_FRESH, "max(timestamp(errors) and errors)": []},
            "Prometheus has no current sample of errors: it is not scraped, or has another name",
            id="a part that is not scraped any more",
        ),
        pytest.param(
            LAST,
            {**IS_FRESH, "max(timestamp(requests) and requests)": one("now-151")},
            "the newest sample of requests is 2m31s old",
            id="a part that nobody renewed",
        ),
        pytest.param(
            LAST,
            {**IS_FRESH, observed("errors", timedelta(hours=1)): one(8)},
            "the window is filling: 73% of it is there, 80% are needed",
            id="a part of which too little was observed",
        ),
        pytest.param(
            Expression("vector(0)"),
            {},
            "the expression selects no series of now, so that nothing says how old its answer is",
            id="nothing that could be old",
        ),
        pytest.param(
            Expression("sum(errors offset 1h)"),
            IS_FRESH,
            "the expression selects no series of now, so that nothing says how old its answer is",
            id="nothing of now",
        ),
    ],
)
async def test_an_expression_is_believed_only_where_all_that_it_reads_is_current(
    expression: Expression, table: dict[str, Any], reason: str
) -> None:
    everything = {observed("errors", timedelta(hours=1)): one(PARTS), expression.text: one(0.001)}
    (reading,) = await look(Stand({**everything, **table}), Query(expression))
    assert (reading.reason or reading.too_little()) == reason
    level = level_of(Limits(page=parse_condition(">= 1%")), reading, reading.at).level
    assert level is (Level.UNKNOWN if reason else Level.GREEN)


def buckets(**counts: str) -> Stand:
    points = [({"le": bound.removeprefix("le_").replace("_", ".")}, rate) for bound, rate in counts.items()]
    fresh = {
        "max(timestamp(seconds_bucket) and seconds_bucket)": one("now"),
        observed("seconds_bucket", MINUTES): one(PARTS),
    }
    return Stand({**fresh, whole(P95).main: points})


async def test_a_quantile_is_known_to_the_bucket() -> None:
    (reading,) = await look(buckets(le_0_1="8", le_0_2="10", inf="10"), P95)
    assert reading.value == pytest.approx(0.175)
    assert (reading.low, reading.high, reading.n) == (0.1, 0.2, 3000)


@pytest.mark.parametrize(
    ("stand", "reason"),
    [
        pytest.param(buckets(le_0_1="8", le_0_2="10"), "no bucket +Inf", id="no last bucket"),
        pytest.param(buckets(le_0_1="0", inf="0"), "nothing was observed", id="no observation"),
        pytest.param(buckets(wide="8", inf="10"), "no bound le that is a number", id="a bound that is a word"),
        pytest.param(buckets(le_0_1="NaN", inf="10"), "nan, which is no measurement", id="a bucket of NaN"),
        pytest.param(buckets(), "not two samples in the last 5m", id="no bucket at all"),
    ],
)
async def test_a_histogram_that_is_none_is_no_data(stand: Stand, reason: str) -> None:
    (reading,) = await look(stand, P95)
    assert reading.value is None
    assert reason in reading.reason
    assert reading.n == (0 if "nothing was observed" in reason else None)


async def test_nothing_was_counted_is_no_data() -> None:
    (reading,) = await look(Stand({**GOOD, whole(ERRORS).over: one(0)}), ERRORS)
    assert (reading.value, reading.reason) == (None, "nothing was counted in the last 5m")
    assert reading.n == 0, "Prometheus answers, and nothing was counted"


@pytest.mark.parametrize(
    ("matcher", "table", "value"),
    [
        pytest.param(
            ("code", "=", "504"),
            {'max(timestamp(x_total{code!=""}) and x_total{code!=""})': one("now")},
            0,
            id="no 504 so far",
        ),
        pytest.param(("code", "=", "504"), {}, None, id="a metric without codes"),
        pytest.param(
            ("instance", "=", "a"),
            {'max(timestamp(x_total{instance!=""}) and x_total{instance!=""})': one("now")},
            None,
            id="a target",
        ),
    ],
)
async def test_only_what_was_not_counted_yet_is_nought(
    matcher: tuple[str, str, str], table: dict[str, Any], value: float | None
) -> None:
    (reading,) = await look(
        Stand({**table, observed("x_total", MINUTES): one(PARTS)}), Query(Rate(of_x(matcher)), MINUTES)
    )
    assert reading.value == value


async def test_a_dead_server_is_no_data_until_it_lives_again() -> None:
    async with asking(Stand(GOOD), DEPTH, url=closed_port()) as (source, _):
        assert source.reading(DEPTH, RealClock().now()).reason == "not asked yet"
        await source.look()
        reading = source.reading(DEPTH, RealClock().now())
    assert reading.value is None
    assert "refused" in reading.reason


class Unset(RealClock):
    """The clock of an engine that started an hour before its wall clock was put right."""

    def now(self) -> datetime:
        return super().now() - timedelta(hours=1)


async def test_after_the_wall_clock_was_set_the_server_is_asked_for_the_moment_that_it_is() -> None:
    async with asking(Stand(GOOD), DEPTH, clock=Unset()) as (source, server):
        await source.look()
        reading = source.reading(DEPTH, Unset().now())
    (at,) = parse_qs(server.received[0].body.decode())["time"]
    assert abs(float(at) - RealClock().now().timestamp()) < 60
    assert reading.value == 3
    assert abs((Unset().now() - reading.at).total_seconds()) < 60


async def test_an_old_look_says_nothing_of_now() -> None:
    async with asking(Stand(GOOD), DEPTH, spec={"every_s": 10.0}) as (source, _):
        await source.look()
        now = RealClock().now()
        assert source.reading(DEPTH, now + timedelta(seconds=29)).value == 3
        late = source.reading(DEPTH, now + timedelta(seconds=31))
    assert late.value is None
    assert "was last asked 31" in late.reason


async def test_a_server_that_does_not_answer_costs_its_time_and_no_more() -> None:
    (reading,) = await look(Stand(silent=True), DEPTH, spec={"timeout_s": 0.05})
    assert "within" in reading.reason
