"""Twenty probes each second: what they cost, and how far they are from the server's log, also beside a screen."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.oracle import p95_ms, server_p95_ms
from tests.benchmarks.programs import PYTHON, BenchError, run
from tests.benchmarks.rows import Row, median
from tests.benchmarks.terminal import run_on_terminal
from warroom.simulator import SimulatorProcess

PROGRAM = Path(__file__).parent / "probe_samples.py"
PROBES = 20
ALLOWED_PERCENT = 10.0
ALLOWED_MS = 0.5


def measure(quick: bool) -> list[Row]:
    """The rows."""
    seconds, rounds = (5, 1) if quick else (15, 3)
    with SimulatorProcess("steady") as sim:
        quiet = [_once(sim, seconds, screen=False) for _ in range(rounds)]
        beside = [_once(sim, seconds, screen=True) for _ in range(rounds)]
    percent = median([100 * (one["child"] + one["own"]) for one in quiet])
    shares = f"the child {median([100 * one['child'] for one in quiet]):.2g} %, the engine's part the rest"
    return [
        Row("probes: processor time of 20 each second", percent, "%", ALLOWED_PERCENT, n=rounds, note=shares),
        _accuracy("probes: P95 of 20 each second - server's log", quiet),
        _accuracy("probes: the same beside 20 panels at 10 Hz", beside),
    ]


def _accuracy(what: str, found: list[dict[str, Any]]) -> Row:
    errors = [one["error_ms"] for one in found]
    samples = sum(len(one["latencies_ms"]) for one in found)
    note = f"worst {max(errors):.2g} ms, {samples} samples"
    if "hz" in found[0]:
        note += f", redrawn at {median([one['hz'] for one in found]):.1f} Hz"
    return Row(what, median(errors), "ms", ALLOWED_MS, n=len(errors), note=note)


def _once(sim: SimulatorProcess, seconds: float, *, screen: bool) -> dict[str, Any]:
    sim.clear_requests()
    url = sim.inputs["AUTO_COM_CENTER_URL"]
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        command = [str(PYTHON), "-P", str(PROGRAM), url, str(PROBES), str(seconds), str(int(screen)), str(result)]
        if screen:
            run_on_terminal(command, {})
        else:
            run(command, {})
        found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    if None in found["latencies_ms"] or len(found["latencies_ms"]) < 0.9 * PROBES * seconds:
        raise BenchError("samples are missing")
    held = [one for one in sim.requests if one.held_ms and found["began"] <= one.at.timestamp() < found["ended"]]
    found["error_ms"] = abs(p95_ms(found["latencies_ms"]) - server_p95_ms(held))
    return found
