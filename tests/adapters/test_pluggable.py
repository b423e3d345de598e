"""The same panel is fed from whatever a team has: only its source changes, and with it how it is measured."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.adapters.prometheus_stand import Stand, one
from tests.checks.server import Received, Server, reply
from tests.playbook.small import SMALL, load, write
from warroom.adapters.command import Commands
from warroom.adapters.http import HttpAdapter
from warroom.adapters.sources import Sources
from warroom.clock import RealClock, VirtualClock
from warroom.launch.observing import Context, judged, queries_of
from warroom.playbook.loaded import Playbook
from warroom.slo.levels import Judged, Level
from warroom.slo.manual import ManualSource

DEPTH = 640
TABLE = {"sum(queue_depth)": one(DEPTH), "max(timestamp(queue_depth) and queue_depth)": one("now-1")}
EVERY = timedelta(seconds=5)


def service(request: Received) -> bytes | None:
    """The application, and the Prometheus beside it."""
    match request.path:
        case "/metrics":
            return reply(f"queue_depth {DEPTH}\n".encode(), 200, [("Content-Type", "text/plain")])
        case "/state":
            return reply({"queue": {"depth": DEPTH}})
    return Stand(TABLE).answer(request)


async def judged_panel(playbook: Playbook, written: Callable[[], object]) -> Judged:
    """The level of the one signal after its source was looked at twice; `written` writes a log in between."""
    clock, wall = VirtualClock(RealClock().now()), RealClock()
    http = HttpAdapter(playbook.targets, wall)
    sources = Sources(playbook.targets, clock, wall=wall, http=http, commands=Commands(clock, allowed=True))
    plan = playbook.course.watched.signals["depth"]
    queries = queries_of(playbook.course.watched, plan.source)
    try:
        source = sources.of(playbook.sources[plan.source], queries)
        if isinstance(source, ManualSource):
            source.enter("depth", DEPTH, "ana", clock.now())
        await source.look()
        written()
        await clock.advance(EVERY.total_seconds())
        await source.look()
        reading = source.reading(plan.query, clock.now())
    finally:
        await sources.aclose()
        await http.aclose()
    return judged(Context(playbook.course.watched, clock.now(), EVERY, {}, {}), plan, reading)


@pytest.mark.covers("S2-T03")
@pytest.mark.parametrize(
    ("source", "measure"),
    [
        pytest.param("{kind: metrics, target: app}", "value: queue_depth", id="an endpoint of metrics"),
        pytest.param("{kind: prometheus, target: app}", "value: queue_depth", id="Prometheus"),
        pytest.param("{kind: prometheus, target: app}", "expr: sum(queue_depth)", id="an expression in PromQL"),
        pytest.param("{kind: http_json, target: app, path: /state}", "json: $.queue.depth", id="HTTP JSON"),
        pytest.param("{kind: command, argv: [echo, '640']}", "unit: batches", id="the output of a command"),
        pytest.param("{kind: log, file: LOG, every: 5s}", "lines: queued, window: 10s", id="a log file"),
        pytest.param("{kind: manual}", "unit: batches", id="a person"),
    ],
)
async def test_a_panel_can_be_fed_from(source: str, measure: str, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()
    async with Server(service) as server:
        text = (
            f"{SMALL}sources:\n  reporter: {source.replace('LOG', str(log))}\n"
            f"signals:\n  depth: {{source: reporter, {measure}, warn: '>= 500', page: '>= 800'}}\n"
        )
        playbook = load(write(tmp_path, text), environ={"APP_URL": server.url, "TOKEN": "secret-of-nine"})
        found = await judged_panel(playbook, partial(log.write_text, "batch queued\n" * DEPTH))
    assert found.level is Level.YELLOW
    assert "640" in found.reason
