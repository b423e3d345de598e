"""48 hours of the shipped launch on the virtual clock: how long they take, and what the process grows by."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.programs import PLAYBOOK, PYTHON, BenchError, run
from tests.benchmarks.rows import Row, median

PROGRAM = Path(__file__).parent / "two_days.py"
POSTS = 19
# A rehearsal keeps its journal for as long as it lasts.
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
MEMORY_MIB = 120.0
GROWTH_MIB = 20.0
REHEARSED_S = 20.0
# A virtual clock needs no look each second: the loop wakes by itself when a post is due.
REHEARSED_TICK_S, TICK_S = 60.0, 5.0


def measure(quick: bool) -> list[Row]:
    """The rows."""
    rehearsed = [once(REHEARSED_TICK_S, IN_MEMORY) for _ in range(1 if quick else 3)]
    ticked = once(REHEARSED_TICK_S if quick else TICK_S, None)
    first, last = ticked["first"], ticked["last"]
    wall_s = [found["wall_s"] for found in rehearsed]
    files = f"open files {first['files']} after an hour, {last['files']} at the end"
    what = "rehearsal: 48 h of auto_com_center, values fed"
    return [
        Row(what, median(wall_s), "s", REHEARSED_S, n=len(wall_s), note=f"{POSTS} posts"),
        Row("memory: engine after 48 simulated hours, peak", last["peak"], "MiB", MEMORY_MIB),
        Row("memory: its growth after the first hour", last["rss"] - first["rss"], "MiB", GROWTH_MIB, note=files),
    ]


def once(tick_s: float, where: str | None) -> dict[str, Any]:
    """One launch, its journal in `where` (None: on the disk).

    Raises BenchError where it did not post what is owed, or where a file stayed open.
    """
    with tempfile.TemporaryDirectory(dir=where) as folder:
        done = run([str(PYTHON), "-P", str(PROGRAM), str(PLAYBOOK), folder, str(tick_s)], {})
    found: dict[str, Any] = json.loads(done.out)
    if found["posts"] != POSTS:
        raise BenchError(f"{found['posts']} posts in 48 hours")
    if found["last"]["files"] > found["first"]["files"]:
        raise BenchError(f"open files grew from {found['first']['files']} to {found['last']['files']}")
    return found
