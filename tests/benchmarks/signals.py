"""What it costs to judge 200 signals each second."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.benchmarks.programs import PYTHON, run
from tests.benchmarks.rows import Row, median, spread

PROGRAM = Path(__file__).parent / "signal_ticks.py"
SIGNALS = 200
LOOK_EVERY_S = 5
ALLOWED_PERCENT = 5.0


def measure(quick: bool) -> list[Row]:
    """The row: one tick a second, and a look each five."""
    found: list[dict[str, Any]] = [
        json.loads(run([str(PYTHON), "-P", str(PROGRAM), str(SIGNALS)], {}).out) for _ in range(1 if quick else 5)
    ]
    share = median([one["tick_s"] + one["look_s"] / LOOK_EVERY_S for one in found]) * 100
    parts = ", ".join(
        f"{name} {spread([one[key] for one in found], 1000, ' ms')}"
        for name, key in (("a tick", "tick_s"), ("a look", "look_s"), ("P95 of 86,400 samples", "percentile_s"))
    )
    what = f"signals: {SIGNALS} judged each second, of a core"
    return [Row(what, share, "%", ALLOWED_PERCENT, n=len(found), note=parts)]
