"""`python -m tests.soak`: disturbs real engines, prints the table, writes JSON, exits 1 when a promise was broken."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.contracts.tree import ROOT
from tests.soak.row import LONG, SHORT, NotHere, Row, Scale, as_json, markdown, table
from tests.soak.scenarios import SCENARIOS

FILE = ROOT / "build" / "soak.json"
DOCUMENT = ROOT / "docs" / "guarantees.md"
BEGIN, END = "<!-- figures: make soak ARGS=--document -->", "<!-- end of the figures -->"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the scenarios that were asked for; the exit code."""
    options = _options(arguments)
    scale = SHORT if options.short else LONG
    given = {"kills": options.kills, "seeds": options.seeds, "lasts_s": options.lasts, "seed": options.seed}
    scale = replace(scale, **{name: value for name, value in given.items() if value is not None})
    began = time.monotonic()
    rows: list[Row] = []
    missing: list[str] = []
    for name in options.names or SCENARIOS:
        rows += _run(name, scale, missing)
    facts = {**_facts(scale), "took_s": round(time.monotonic() - began), "missing": missing}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(as_json(rows, facts), encoding="utf-8")
    if options.document:
        text = documented(DOCUMENT.read_text(encoding="utf-8"), rows, facts, is_whole=not options.names)
        DOCUMENT.write_text(text, encoding="utf-8")
    print(table(rows))
    print(f"\n{len(rows)} rows in {facts['took_s']} s, seed {scale.seed}; figures in {options.json}")
    for sentence in missing:
        print(f"NOT RUN: {sentence}")
    bad = [row for row in rows if not row.is_well]
    return 1 if bad or (missing and os.environ.get("CI") == "true") else 0


def documented(text: str, rows: Sequence[Row], facts: Mapping[str, Any], *, is_whole: bool = True) -> str:
    """The document with these figures in the place of those it had. Those of a run of some scenarios take the place
    of the rows of the same name, or come below; the others stay."""
    before, _, rest = text.partition(BEGIN)
    figures, _, after = rest.partition(END)
    where = f"{facts['at'][:10]}, {facts['machine']}, Python {facts['python']}, seed {facts['seed']}."
    if is_whole:
        return f"{before}{BEGIN}\n{where}\n\n{markdown(rows)}\n{END}{after}"
    head, _, table_ = figures.strip().partition("\n\n")
    known = {line.split(" | ")[0]: line for line in table_.splitlines()}
    known |= {line.split(" | ")[0]: line for line in markdown(rows).splitlines()}
    first = head.splitlines()[0]
    lines = "\n".join(known.values())
    return f"{before}{BEGIN}\n{first}\n{len(rows)} rows are of a run of their own: {where}\n\n{lines}\n{END}{after}"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Disturbs real engines, and judges.")
    parser.add_argument("names", nargs="*", metavar="SCENARIO", help=f"only these: {', '.join(SCENARIOS)}")
    parser.add_argument("--short", action="store_true", help="as much as `make test` does")
    parser.add_argument("--kills", type=int, help=f"kills at random moments ({LONG.kills})")
    parser.add_argument("--seeds", type=int, help=f"voyages of 48 hours on the virtual clock ({LONG.seeds})")
    parser.add_argument("--lasts", type=float, metavar="S", help=f"seconds that a fault lasts ({LONG.lasts_s:g})")
    parser.add_argument("--seed", type=int, help="of the dice (1)")
    parser.add_argument("--json", type=Path, default=FILE, metavar="FILE", help="where the figures go")
    parser.add_argument("--document", action="store_true", help="put the figures into docs/guarantees.md")
    options = parser.parse_args(arguments)
    if options.document and options.short:
        parser.error("--document takes the figures of a run in its long form")
    if unknown := set(options.names) - set(SCENARIOS):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    return options


def _run(name: str, scale: Scale, missing: list[str]) -> Iterator[Row]:
    print(f"soak: {name} ...", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        try:
            yield from SCENARIOS[name](Path(folder), scale)
        except NotHere as reason:
            missing.append(f"{name}: {reason}")
        except AssertionError as broken:
            yield Row(name, 1, wrong=(str(broken),))


def _facts(scale: Scale) -> dict[str, Any]:
    return {
        "schema": "warroom.soak/1",
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "seed": scale.seed,
    }


if __name__ == "__main__":
    sys.exit(main())
