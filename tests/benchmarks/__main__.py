"""`python -m tests.benchmarks`: measures, prints the table, writes JSON, exits 1 when a target is not met."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks import (
    accuracy,
    connections,
    console,
    engine,
    growth,
    journal,
    memory,
    panels,
    peers,
    probes,
    signals,
    simulated,
    startup,
    tiles,
    verify,
)
from tests.benchmarks.programs import ROOT, WARROOM, BenchError
from tests.benchmarks.rows import Row, as_json, failed, markdown, median, not_measured, table
from warroom.simulator import SimulatorProcess

ALONE: Mapping[str, Callable[[bool], list[Row]]] = {
    "startup": startup.measure,
    "journal": journal.measure,
    "engine": engine.measure,
    "simulated": simulated.measure,
    "console": console.measure,
    "tiles": tiles.measure,
    "signals": signals.measure,
    "panels": panels.measure,
    "probes": probes.measure,
}
WITH_SERVICES = ("verify", "connections", "memory", "growth")
PARTS = (*ALONE, *WITH_SERVICES)
QUIET = 0.5
DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: make bench ARGS=--document -->", "<!-- end of the figures -->"
DEFAULT_FILE = ROOT / "build" / "bench.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures what was asked for; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Speed and memory, as ratios.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a look, not a figure to publish")
    parser.add_argument("--json", type=Path, default=DEFAULT_FILE, metavar="FILE", help="where the figures go")
    parser.add_argument("--document", action="store_true", help="put the figures into docs/performance.md")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if options.document and (options.parts or options.quick):
        parser.error("--document takes the figures of a whole run")
    if not WARROOM.is_file():
        print("bench: Warroom is not installed where it is measured; `make bench` does that", file=sys.stderr)
        return 1
    if os.getloadavg()[0] > QUIET:
        print(f"bench: this machine is busy (load {os.getloadavg()[0]:.1f}): figures will be off", file=sys.stderr)
    load, began = round(os.getloadavg()[0], 1), time.perf_counter()
    rows = _measured(options.parts or PARTS, quick=options.quick)
    facts = _facts(quick=options.quick, took_s=time.perf_counter() - began, load=load)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(as_json(rows, facts), encoding="utf-8")
    if options.document:
        DOCUMENT.write_text(documented(DOCUMENT.read_text(encoding="utf-8"), rows, facts), encoding="utf-8")
    print(table(rows))
    print(f"\n{len(rows)} rows in {facts['took_s']} s, load {facts['load']}; figures in {options.json}")
    bad = failed(rows, nothing_may_miss=os.environ.get("CI") == "true")
    for row in bad:
        print(f"FAILED: {row.what}: {'target not met' if row.met is False else row.note}")
    return 1 if bad else 0


def documented(text: str, rows: Sequence[Row], facts: Mapping[str, Any]) -> str:
    """The document with these figures in the place of those it had."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    where = f"{facts['at'][:10]}, {facts['machine']}, Python {facts['python']}, load {facts['load']} before the run."
    return f"{before}{BEGIN}\n{where}\n\n{markdown(rows)}\n{END}{after}"


def _facts(*, quick: bool, took_s: float, load: float) -> dict[str, Any]:
    return {
        "schema": "warroom.bench/1",
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "quick": quick,
        "took_s": round(took_s),
        "load": load,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
    }


def _measured(parts: Sequence[str], *, quick: bool) -> list[Row]:
    rows: list[Row] = []
    for part, measure in ALONE.items():
        if part in parts:
            rows += _guarded(part, partial(measure, quick))
    if not set(parts) & set(WITH_SERVICES):
        return rows
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
