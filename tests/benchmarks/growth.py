"""What the hundredth and the two thousandth check cost: a verification of many cheap checks."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.memory import peak
from tests.benchmarks.programs import Run, run, take_turns
from tests.benchmarks.rows import Row, median
from tests.benchmarks.verify import verify_command
from warroom.simulator import SimulatorProcess

SIZES = (10, 200, 1000, 2000)
ALLOWED = 1.5
_HEAD = """warroom: 1
launch: {id: growth, title: Growth, owner: nobody}
inputs:
  AUTO_COM_CENTER_URL: {required: true}
targets:
  app: {url: "${AUTO_COM_CENTER_URL}"}
checks:
"""


def playbook(checks: int) -> str:
    """A playbook with that many checks of one request each."""
    ids = [f"check_{number}" for number in range(checks)]
    entries = "".join(
        f"  {name}: {{kind: http, title: {name}, target: app, path: /healthz, expect: [{{status: 200}}]}}\n"
        for name in ids
    )
    return f"{_HEAD}{entries}suites:\n  verify: {{title: Growth, checks: [{', '.join(ids)}]}}\n"


def measure(sim: SimulatorProcess, quick: bool) -> list[Row]:
    """The processor time of a check between 1,000 and 2,000 of them, beside that between 10 and 200."""
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for size in SIZES:
            files[size] = Path(folder) / f"{size}.yaml"
            files[size].write_text(playbook(size), encoding="utf-8")
        contestants = {str(size): _timing(sim, files[size], Path(folder)) for size in SIZES}
        found = take_turns(1 if quick else 2, contestants)
        most = peak(verify_command(Path(folder), files[SIZES[-1]]), sim.inputs).largest
    seconds = {size: median([done.cpu_s for done in found[str(size)]]) for size in SIZES}
    wall = {size: median([done.wall_s for done in found[str(size)]]) for size in SIZES}
    few = (seconds[200] - seconds[10]) / 190
    many = (seconds[2000] - seconds[1000]) / 1000
    shown = ", ".join(f"{size}: {taken:.2f} s" for size, taken in wall.items())
    cost = f"processor: {few * 1000:.2g} ms a check from 10 to 200, {many * 1000:.2g} ms from 1,000 to 2,000"
    rows = len(found[str(SIZES[0])])
    return [
        Row(
            "growth: a check's cost, many / few", many / few, limit=ALLOWED, n=rows, peers=cost, note=f"wall: {shown}"
        ),
        Row("growth: peak memory with 2,000 checks", most, "MiB"),
    ]


def _timing(sim: SimulatorProcess, file: Path, folder: Path) -> Callable[[], Run]:
    return lambda: run(verify_command(folder, file), sim.inputs)
