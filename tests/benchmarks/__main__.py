"""`python -m tests.benchmarks`: measures, prints the table, writes JSON, exits 1 when a target is not met."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import accuracy, connections, growth, memory, peers, startup, verify
from tests.benchmarks.programs import ROOT, WARROOM, BenchError
from tests.benchmarks.rows import Row, as_json, failed, median, not_measured, table
from warroom.simulator import SimulatorProcess

PARTS = ("startup", "verify", "connections", "memory", "growth")
QUIET = 0.5
DEFAULT_FILE = ROOT / "build" / "bench.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures what was asked for; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Speed and memory, as ratios.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a look, not a figure to publish")
    parser.add_argument("--json", type=Path, default=DEFAULT_FILE, metavar="FILE", help="where the figures go")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if not WARROOM.is_file():
        print("bench: Warroom is not installed where it is measured; `make bench` does that", file=sys.stderr)
        return 1
    if os.getloadavg()[0] > QUIET:
        print(f"bench: this machine is busy (load {os.getloadavg()[0]:.1f}): figures will be off", file=sys.stderr)
    began = time.perf_counter()
    rows = _measured(options.parts or PARTS, quick=options.quick)
    return _told(rows, options.json, quick=options.quick, took_s=time.perf_counter() - began)


def _told(rows: Sequence[Row], file: Path, *, quick: bool, took_s: float) -> int:
    print(table(rows))
    facts = {
        "schema": "warroom.bench/1",
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "quick": quick,
        "took_s": round(took_s, 1),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": os.getloadavg(),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(as_json(rows, facts), encoding="utf-8")
    bad = failed(rows, nothing_may_miss=os.environ.get("CI") == "true")
    print(f"\n{len(rows)} rows in {took_s:.0f} s, load {facts['load']}; figures in {file}")
    for row in bad:
        print(f"FAILED: {row.what}: {'target not met' if row.met is False else row.note}")
    return 1 if bad else 0


def _measured(parts: Sequence[str], *, quick: bool) -> list[Row]:
    rows: list[Row] = []
    if "startup" in parts:
        rows += _guarded("start-up", lambda: startup.measure(quick))
    with SimulatorProcess("steady") as sim:
        if "verify" in parts:
            rows += _guarded("verify", lambda: _verification(sim, quick))
        if "connections" in parts:
            rows += _guarded("connections", lambda: connections.measure(sim))
        if "memory" in parts:
            rows += _guarded("memory", lambda: memory.measure(sim, quick))
        if "growth" in parts:
            rows += _guarded("growth", lambda: growth.measure(sim, quick))
    return rows


def _verification(sim: SimulatorProcess, quick: bool) -> list[Row]:
    rows, runs = verify.measure(sim, quick)
    overhead_s = median([one.overhead_s for one in runs[verify.OURS]])
    beside, errors = peers.measure(sim, quick, overhead_s)
    return rows + beside + accuracy.measure(sim, quick, runs, errors)


def _guarded(part: str, measure: Callable[[], list[Row]]) -> list[Row]:
    print(f"bench: {part} ...", file=sys.stderr, flush=True)
    try:
        return measure()
    except BenchError as error:
        return [not_measured(part, str(error))]


if __name__ == "__main__":
    sys.exit(main())
