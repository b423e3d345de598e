"""How far a reported P95 is from the server's own log: headless, and beside a screen that redraws all the time."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import oracle
from tests.benchmarks.programs import PLAYBOOK, PYTHON, take_turns
from tests.benchmarks.rows import Row, median, spread
from tests.benchmarks.terminal import run_on_terminal
from tests.benchmarks.verify import OURS, Verification
from warroom.simulator import SimulatorProcess

SCREEN = Path(__file__).parent / "ui_loop.py"
ALLOWED_MS = 0.5
BETTER = 50.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A P95 beside the server's; `hz` is how often the screen was really redrawn meanwhile."""

    error_ms: float
    hz: float


def measure(
    sim: SimulatorProcess,
    quick: bool,
    verifications: Mapping[str, Sequence[Verification]],
    peers: Mapping[str, Sequence[float]],
) -> list[Row]:
    """The rows; `peers` are the errors in milliseconds of other programs that took the samples."""
    headless = [one.error_ms for one in verifications[OURS]]
    others = {name: [one.error_ms for one in runs] for name, runs in verifications.items() if name != OURS}
    beside = ", ".join(f"{name} +{median(errors):.2g} ms" for name, errors in {**others, **peers}.items())
    rounds = 2 if quick else 7
    modes: dict[str, Callable[[], Seen]] = {mode: _seen(sim, mode) for mode in ("verify", "httpx", "httpx-alone")}
    found = take_turns(rounds, modes)
    errors = {mode: [one.error_ms for one in seen] for mode, seen in found.items()}
    in_loop = f"httpx in the same loop +{spread(errors['httpx'])} ms, httpx alone +{spread(errors['httpx-alone'])} ms"
    hz = f"redrawn at {median([one.hz for one in found['verify']]):.1f} Hz"
    screen = "accuracy: P95 beside 20 panels at 10 Hz"
    factor = median(errors["httpx"]) / median(errors["verify"])
    return [
        _row("accuracy: P95 of verify - server's log", headless, beside),
        _row(f"{screen} - server's log", errors["verify"], in_loop, hz),
        Row(f"{screen}: times better", factor, limit=BETTER, at_least=True, n=rounds, peers="httpx in the UI loop"),
    ]


def _row(what: str, errors: Sequence[float], peers: str, note: str = "") -> Row:
    worst = f"worst {max(errors):.2g} ms"
    found = f"{worst}, {note}" if note else worst
    return Row(what, median(errors), "ms", ALLOWED_MS, n=len(errors), peers=peers, note=found)


def _seen(sim: SimulatorProcess, mode: str) -> Callable[[], Seen]:
    def once() -> Seen:
        sim.clear_requests()
        with tempfile.TemporaryDirectory() as folder:
            result = Path(folder) / "result.json"
            run_on_terminal([str(PYTHON), "-P", str(SCREEN), mode, str(PLAYBOOK), folder, str(result)], sim.inputs)
            outcome = json.loads(result.read_text(encoding="utf-8"))
        server_ms = oracle.server_p95_ms(oracle.samples(sim.requests))
        return Seen(abs(outcome["p95_ms"] - server_ms), outcome["redraws"] / outcome["seconds"])

    return once
