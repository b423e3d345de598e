"""What a scenario found: a row of the table, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

_WIDTHS = (58, 5, 5, 8, 6, 10)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of each scenario: `rounds` of what is repeated, seconds that a disturbance lasts, random seeds.

    `slack` is by how much every limit in time is longer: the short form judges on any machine, whatever else it does.
    """

    kills: int
    rounds: int
    pairs: int
    lasts_s: float
    seeds: int
    slack: float = 1.0
    seed: int = 1


SHORT = Scale(kills=5, rounds=1, pairs=2, lasts_s=1.5, seeds=3, slack=6.0)
LONG = Scale(kills=200, rounds=10, pairs=50, lasts_s=65.0, seeds=300)


class NotHere(Exception):
    """The machine lacks what the scenario needs; the text says what. `installable`: a program, not the kernel."""

    def __init__(self, what: str, *, installable: bool = False) -> None:
        super().__init__(what)
        self.installable = installable


@dataclass(frozen=True, slots=True)
class Row:
    """What a scenario found.

    `lost`, `doubled` and `early` count updates at the receiving side, and acknowledged requests that are gone count
    as lost. `late_s` is the worst lateness in seconds, from an update's time or, where that is later, from the
    engine's start; None where nothing was posted. `heads` were compared by the audit. `wrong` are sentences on
    all that must not be: empty where everything holds. `figures` are by name and unit. `simulated` says what took the
    place of the real thing.
    """

    scenario: str
    n: int
    lost: int = 0
    doubled: int = 0
    early: int = 0
    late_s: float | None = None
    heads: int = 0
    wrong: tuple[str, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    simulated: str = ""

    @property
    def is_well(self) -> bool:
        """Whether all that was promised holds."""
        return not (self.wrong or self.lost or self.doubled or self.early)


def table(rows: Sequence[Row]) -> str:
    """The rows as lines for people."""
    lines = [_line("scenario", "n", "lost", "doubled", "early", "worst late", "audit")]
    for row in rows:
        late = "-" if row.late_s is None else f"{row.late_s:.2f} s"
        cells = (row.scenario, str(row.n), str(row.lost), str(row.doubled), str(row.early), late)
        lines.append(_line(*cells, "; ".join([_audit(row), *_figures(row)])))
        lines += [f"    FAILED: {sentence}" for sentence in row.wrong]
        lines += [f"    simulated: {row.simulated}"] if row.simulated else []
    return "\n".join(lines)


def markdown(rows: Sequence[Row]) -> str:
    """The table for a document."""
    lines = [
        "| scenario | n | lost | doubled | early | worst lateness | audit and more |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        late = "-" if row.late_s is None else f"{row.late_s:.1f} s"
        more = "; ".join([_audit(row), *_figures(row), *([f"simulated: {row.simulated}"] if row.simulated else [])])
        cells = (row.scenario, row.n, row.lost, row.doubled, row.early, late, more)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def as_json(rows: Sequence[Row], facts: Mapping[str, Any]) -> str:
    """The rows, and what they were found on, as a JSON text."""
    return json.dumps({**facts, "rows": [{**asdict(row), "ok": row.is_well} for row in rows]}, indent=1) + "\n"


def _audit(row: Row) -> str:
    if any("audit" in sentence for sentence in row.wrong):
        return "DAMAGED"
    return f"ok, {row.heads} heads" if row.heads else "-"


def _figures(row: Row) -> list[str]:
    return [f"{name} {value:.4g}" for name, value in row.figures.items()]


def _line(*cells: str) -> str:
    padded = [f"{cell:<{width}}" for cell, width in zip(cells, _WIDTHS, strict=False)]
    return "  ".join([*padded, cells[-1]]).rstrip()
