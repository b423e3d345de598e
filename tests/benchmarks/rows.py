"""What a benchmark found: rows of a table, as text and as JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

WIDTHS = (46, 14, 12, 4)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `limit` is the largest (or, with `at_least`, the smallest) value that meets the target; None where
    there is none. `measured` is None where it could not be measured, then `note` says why."""

    what: str
    measured: float | None
    unit: str = "x"
    limit: float | None = None
    at_least: bool = False
    n: int = 1
    peers: str = ""
    note: str = ""
    required: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is no target or no figure."""
        if self.limit is None or self.measured is None:
            return None
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


def not_measured(what: str, reason: str, *, required: bool = True) -> Row:
    """A row for what could not be measured. `required` ones fail the run, missing peers only where CI=true."""
    return Row(what, None, note=reason, required=required)


def failed(rows: Sequence[Row], *, nothing_may_miss: bool) -> list[Row]:
    """The rows that fail the run: a target not met, or a figure that is missing."""
    return [row for row in rows if row.met is False or (row.measured is None and (row.required or nothing_may_miss))]


def table(rows: Sequence[Row]) -> str:
    """The rows as lines for people: what, measured, target, met, peers beside it."""
    lines = [_line("what", "measured", "target", "met", "peer in the same run")]
    lines += [_line(row.what, _value(row), _target(row), _met(row), _beside(row)) for row in rows]
    return "\n".join(lines)


def markdown(rows: Sequence[Row]) -> str:
    """The table for a document."""
    lines = ["| what | measured | target | met | beside it, in the same run |", "|---|---|---|---|---|"]
    lines += [f"| {row.what} | {_value(row)} | {_target(row)} | {_met(row)} | {_beside(row)} |" for row in rows]
    return "\n".join(lines)


def as_json(rows: Sequence[Row], facts: Mapping[str, Any]) -> str:
    """The rows and what they were measured on as a JSON text."""
    return json.dumps({**facts, "rows": [{**asdict(row), "met": row.met} for row in rows]}, indent=1) + "\n"


def median(values: Sequence[float]) -> float:
    """The middle of the values."""
    return statistics.median(values)


def spread(values: Sequence[float], factor: float = 1.0, unit: str = "") -> str:
    """`12.1 (11.8 to 14.0)`: median, and the quartiles around it."""
    low, _, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    return f"{median(values) * factor:.4g}{unit} ({low * factor:.4g} to {high * factor:.4g})"


def _line(*cells: str) -> str:
    padded = [f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=False)]
    return "  ".join([*padded, cells[-1]]).rstrip()


def _value(row: Row) -> str:
    return "not measured" if row.measured is None else f"{row.measured:.3g}{_unit(row)}"


def _target(row: Row) -> str:
    if row.limit is None:
        return "-"
    return f"{'>=' if row.at_least else '<='} {row.limit:g}{_unit(row)}"


def _unit(row: Row) -> str:
    return row.unit if row.unit in ("", "x", "%") else f" {row.unit}"


def _met(row: Row) -> str:
    return {True: "yes", False: "NO", None: "-"}[row.met]


def _beside(row: Row) -> str:
    parts = [f"n={row.n}" if row.n > 1 else "", row.peers, row.note]
    return "; ".join(part for part in parts if part)
