"""Fifty signals of a real Prometheus in one request, beside fifty requests of prometheus-api-client."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.adapters.prometheus_server import PrometheusServer, running
from tests.benchmarks.programs import PYTHON, BenchError, find, run, take_turns
from tests.benchmarks.rows import Row, median, not_measured, spread
from warroom.simulator import SimulatorProcess

PROGRAM = Path(__file__).parent / "panel_looks.py"
WALL, CPU = 0.2, 0.1
_SCRAPED_S = 10.0


def measure(quick: bool) -> list[Row]:
    """The rows."""
    if find("prometheus") is None:
        return [not_measured("panels: 50 signals", "the program prometheus is not installed", required=False)]
    looks, rounds = (5, 2) if quick else (20, 5)
    with SimulatorProcess("errors-5xx", traffic=500) as sim, tempfile.TemporaryDirectory() as folder:
        address = urlsplit(sim.inputs["AUTO_COM_CENTER_URL"]).netloc
        with running(Path(folder), address) as server:
            _wait(server)
            modes = {mode: _looks(mode, server.url, looks) for mode in ("source", "single")}
            found = take_turns(rounds, modes)
    return _rows(found, rounds)


def _rows(found: dict[str, list[dict[str, Any]]], rounds: int) -> list[Row]:
    ours, theirs = found["source"], found["single"]
    rows = []
    for what, key, limit in (("wall", "wall_s", WALL), ("processor", "cpu_s", CPU)):
        # The same round saw the same machine.
        ratio = median([median(one[key]) / median(other[key]) for one, other in zip(ours, theirs, strict=True)])
        times = [
            f"{name} {spread([value for one in answers for value in one[key]], 1000, ' ms')}"
            for name, answers in (("one request", ours), ("50 x custom_query", theirs))
        ]
        rows.append(
            Row(f"panels: {what} time of 50 signals / single", ratio, limit=limit, n=rounds, peers=", ".join(times))
        )
    requests = max(one["requests"] for one in ours)
    return [*rows, Row("panels: requests a look", requests, "", 1.0, n=rounds)]


def _wait(server: PrometheusServer) -> None:
    """Until it has scraped a few times: it begins five seconds after it has started."""
    end = time.perf_counter() + 30.0
    while not server.is_ready():
        if time.perf_counter() > end:
            raise BenchError("prometheus does not answer")
        time.sleep(0.1)
    time.sleep(_SCRAPED_S)


def _looks(mode: str, url: str, looks: int) -> Callable[[], dict[str, Any]]:
    def once() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(run([str(PYTHON), "-P", str(PROGRAM), mode, url, str(looks)], {}).out)
        return found

    return once
