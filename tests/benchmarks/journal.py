"""How many entries of the journal reach the disk in a second, beside the disk itself; the loop waits for none."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.programs import PYTHON, ROOT, run, take_turns
from tests.benchmarks.rows import Row, median, spread

PROGRAM = Path(__file__).parent / "appends.py"
FLOOR = 0.4
ALLOWED_MS = 100.0


def measure(quick: bool) -> list[Row]:
    """The rows. Turns are short, for what else the disk does changes from second to second."""
    count, rounds = (100, 3) if quick else (400, 9)
    # Not where temporary files are: that may be memory, which takes no time to sync.
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        modes = {mode: _measured(mode, Path(folder), count) for mode in ("fsync", "sqlalchemy", "journal")}
        found = take_turns(rounds, modes)
        loops = [_measured("loop", Path(folder), count)() for _ in range(1 if quick else 3)]
    rates = {mode: [one["rate"] for one in answers] for mode, answers in found.items()}
    ratio = median([ours / disk for ours, disk in zip(rates["journal"], rates["fsync"], strict=True)])
    peers = ", ".join(
        f"{name} {spread(rates[mode])} a second"
        for name, mode in (("journal", "journal"), ("write + fsync", "fsync"), ("SQLAlchemy alone", "sqlalchemy"))
    )
    stop_ms = max(one["loop_s"] for one in loops) * 1000
    waited = f"an append waited {median([one['append_s'] for one in loops]):.2g} s for the file"
    return [
        Row(
            "journal: durable appends / the disk's own rate", ratio, limit=FLOOR, at_least=True, n=rounds, peers=peers
        ),
        Row("journal: longest stop of the loop meanwhile", stop_ms, "ms", ALLOWED_MS, n=len(loops), note=waited),
    ]


def _measured(mode: str, folder: Path, count: int) -> Callable[[], dict[str, Any]]:
    def once() -> dict[str, Any]:
        with tempfile.TemporaryDirectory(dir=folder) as own:
            done = run([str(PYTHON), "-P", str(PROGRAM), mode, own, str(count)], {})
        found: dict[str, Any] = json.loads(done.out)
        return found

    return once
