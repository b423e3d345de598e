"""How long a command takes that does nothing: what every use pays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.benchmarks.programs import PYTHON, WARROOM, find, take_turns, timed
from tests.benchmarks.rows import Row, median, not_measured, spread

PEERS = {"curl --version": "curl", "pytest --version": "pytest", "chaos --version": "chaos"}


def measure(quick: bool) -> list[Row]:
    """`--version` beside an empty Python, `--help` beside other programs' start."""
    rounds = 7 if quick else 25
    commands: dict[str, Sequence[str]] = {
        "python -I -c pass": (str(PYTHON), "-I", "-c", "pass"),
        "warroom --version": (str(WARROOM), "--version"),
        "warroom --help": (str(WARROOM), "--help"),
    }
    rows: list[Row] = []
    for label, program in PEERS.items():
        path = find(program)
        if path:
            commands[label] = (path, "--version")
        else:
            rows.append(
                not_measured(f"start-up: {label}", f"{program} is not installed", required=program == "pytest")
            )
    contestants: dict[str, Callable[[], float]] = {name: _timing(command) for name, command in commands.items()}
    for start in contestants.values():
        start()
    found = take_turns(rounds, contestants)

    def ratio(one: str, other: str) -> float:
        return median(found[one]) / median(found[other])

    def shown(*names: str) -> str:
        return ", ".join(f"{name} {spread(found[name], 1000, ' ms')}" for name in names if name in found)

    own, empty = "warroom --version", "python -I -c pass"
    measured = [Row(f"start-up: {own} / {empty}", ratio(own, empty), limit=2.0, n=rounds, peers=shown(own, empty))]
    own, pytest = "warroom --help", "pytest --version"
    if pytest in found:
        peers = shown(own, pytest, "chaos --version", "curl --version")
        measured.append(Row(f"start-up: {own} / {pytest}", ratio(own, pytest), limit=0.7, n=rounds, peers=peers))
    return measured + rows


def _timing(command: Sequence[str]) -> Callable[[], float]:
    return lambda: timed(command)
