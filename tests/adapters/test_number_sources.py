"""Sources that give a number as it is: a JSON document, a command. And how each kind is made."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.checks.server import Server, reply
from warroom.adapters.command import Commands
from warroom.adapters.command_source import CommandSource
from warroom.adapters.http import HttpAdapter
from warroom.adapters.http_json_source import HttpJsonSource
from warroom.adapters.sources import Sources
from warroom.clock import RealClock, VirtualClock
from warroom.contract import CommandResult
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target
from warroom.slo.query import Number, Query, Rate, Selector, Value
from warroom.slo.reading import Reading
from warroom.slo.source_spec import CommandSpec, HttpJsonSpec, MetricsSpec, SourceSpec, Through

START = datetime(2025, 11, 1, 2, tzinfo=UTC)
STATE = {"queue": {"depth": 3, "status": "stable", "lag_s": 0.25}, "paused": False, "many": [1, 2], "none": None}


async def of_json(answer: bytes, *paths: str) -> list[Reading]:
    async with Server(lambda _: answer) as server:
        http = HttpAdapter({"app": Target("app", server.url)}, RealClock())
        queries = [Query(Number(path)) for path in paths]
        source = HttpJsonSource(HttpJsonSpec(id="state", target="app", path="/ops/state"), queries, http, RealClock())
        try:
            await source.look()
        finally:
            await http.aclose()
        assert [request.path for request in server.received] == ["/ops/state"]
        return [source.reading(query, RealClock().now()) for query in queries]


async def test_numbers_of_a_document_come_with_one_request() -> None:
    found = await of_json(reply(STATE), "$.queue.depth", "$.queue.lag_s", "$.many[1]")
    assert [reading.value for reading in found] == [3, 0.25, 2]


@pytest.mark.parametrize(
    ("answer", "path", "reason"),
    [
        pytest.param(reply(STATE), "$.queue.dept", "there is nothing at $.queue.dept", id="a path to nowhere"),
        pytest.param(reply(STATE), "$.queue.status", "is the text stable, which is no number", id="a text"),
        pytest.param(reply(STATE), "$.paused", "is false, which is no number", id="true and false are no numbers"),
        pytest.param(reply(STATE), "$.none", "is null, which is no number", id="null"),
        pytest.param(reply(STATE), "$.many[*]", "gives 2 values where one is expected", id="several values"),
        pytest.param(reply(STATE, 503), "$.queue.depth", "answers 503", id="an error"),
        pytest.param(reply(b"<html><title>Hi"), "$.queue.depth", 'HTML page "Hi"', id="HTML"),
        pytest.param(reply(b'{"queue": {"depth": NaN}}'), "$.queue.depth", "not JSON", id="NaN"),
        pytest.param(reply(b'{"queue": {"depth": 1, "depth": 2}}'), "$.queue.depth", "twice", id="equal keys"),
    ],
)
async def test_what_is_no_number_in_a_document_is_no_data(answer: bytes, path: str, reason: str) -> None:
    (reading,) = await of_json(answer, path)
    assert reading.value is None
    assert reason in reading.reason


class Ended:
    """Commands that end as told, or not at all."""

    def __init__(self, exit_code: int = 0, stdout: str = "", stderr: str = "", fault: str = "") -> None:
        self.result, self.fault = CommandResult(exit_code, stdout, stderr, 0.1), fault

    async def run(self, argv: Sequence[str], *, timeout_s: float, env: Mapping[str, str]) -> CommandResult:
        if self.fault:
            raise CannotMeasure(self.fault, symptom="denied")
        return self.result


@pytest.mark.parametrize(
    ("ended", "path", "value", "reason"),
    [
        pytest.param(Ended(stdout=" 42.5\n"), "", 42.5, "", id="the number that it prints"),
        pytest.param(Ended(3, "42", "no\nbad luck"), "exit_code", 3, "", id="how it ended"),
        pytest.param(
            Ended(stdout='{"a": [1, {"b": 7}]}'), "$.a[1].b", 7, "", id="a number in the JSON that it prints"
        ),
        pytest.param(
            Ended(3, "42", "no\nbad luck"),
            "",
            None,
            "wc ended with exit code 3: bad luck",
            id="a failure has no number",
        ),
        pytest.param(Ended(1), "$.a", None, "wc ended with exit code 1", id="a failure has no document"),
        pytest.param(Ended(stdout="42 files"), "", None, "it prints 42 files, which is no number", id="words"),
        pytest.param(Ended(stdout=""), "", None, "it prints nothing, which is no number", id="nothing"),
        pytest.param(Ended(stdout="nan"), "", None, "it prints nan, which is no number", id="NaN"),
        pytest.param(Ended(stdout="x"), "$.a", None, "what it prints is not JSON", id="no document"),
        pytest.param(Ended(fault="commands are not allowed here"), "", None, "not allowed here", id="not allowed"),
    ],
)
async def test_a_command_gives_a_number(ended: Ended, path: str, value: float | None, reason: str) -> None:
    clock, query = VirtualClock(START), Query(Number(path))
    source = CommandSource(CommandSpec(id="files", argv=("wc", "-l")), [query], ended, clock)
    assert source.reading(query, clock.now()).reason == "nobody has looked yet"
    await source.look()
    reading = source.reading(query, clock.now())
    assert reading.value == value
    assert reason in reading.reason
    assert source.reading(query, clock.now() + timedelta(seconds=181)).reason.endswith(("3m1s ago", reading.reason))


async def test_a_real_command_is_run() -> None:
    source = CommandSource(
        CommandSpec(id="sum", argv=("sh", "-c", "echo $((6 * $N))"), env={"N": "7"}),
        [query := Query(Number())],
        Commands(RealClock(), allowed=True),
        RealClock(),
    )
    await source.look()
    assert source.reading(query, RealClock().now()).value == 42


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        pytest.param("http://127.0.0.1:9", "PrometheusSource", id="a Prometheus that is configured is asked"),
        pytest.param("", "MetricsSource", id="without one the endpoint is read"),
    ],
)
async def test_an_endpoint_is_read_through_prometheus_where_there_is_one(url: str, kind: str) -> None:
    targets = {"app": Target("app", "http://127.0.0.1:8"), "prom": Target("prom", url)}
    spec = MetricsSpec(id="app", target="app", through=Through(target="prom", labels=(("job", "app"),)))
    sources = made(targets)
    source = sources.of(spec, [Query(Value(Selector("queue_depth")))])
    await sources.aclose()
    assert type(source).__name__ == kind


def made(targets: Mapping[str, Target] | None = None) -> Sources:
    clock = RealClock()
    known = targets or {}
    return Sources(known, clock, wall=clock, http=HttpAdapter(known, clock), commands=Commands(clock))


@pytest.mark.parametrize(
    ("spec", "query"),
    [
        pytest.param(HttpJsonSpec(id="a", target="app"), Query(Number("$[")), id="a path that is none"),
        pytest.param(MetricsSpec(id="a", target="app"), Query(Number("$.a")), id="a number of an exposition"),
    ],
)
def test_a_query_that_a_source_cannot_be_asked_is_refused(spec: SourceSpec, query: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        made().of(spec, [query])


def test_a_source_of_metrics_answers_what_it_was_made_for() -> None:
    query = Query(Rate(Selector("x_total")), timedelta(minutes=5))
    source = made().of(MetricsSpec(id="a", target="app", every_s=7), [query])
    assert (source.every_s, source.reading(query, START).reason) == (7, "nobody has looked yet")
