"""The latency samples of a check as a small bar chart with the limit drawn through it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from textual.content import Content

from warroom.screens import palette
from warroom.screens.lines import fit, line, number
from warroom.units import Condition, in_unit, is_time_unit

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_FAILED, _CUT, _LIMIT = "✖", "▲", "┄"
_AXIS = 11


@dataclass(frozen=True, slots=True)
class Summary:
    """What samples came to, in milliseconds; None where no sample was measured. `failed` counts the others."""

    taken: int
    failed: int
    low: float | None
    median: float | None
    high: float | None


def summary(samples: Sequence[float | None]) -> Summary:
    """The smallest, the nearest-rank median and the largest of the measured samples."""
    measured = sorted(sample for sample in samples if sample is not None)
    if not measured:
        return Summary(len(samples), len(samples), None, None, None)
    median = measured[math.ceil(len(measured) / 2) - 1]
    return Summary(len(samples), len(samples) - len(measured), measured[0], median, measured[-1])


def limit_ms(text: str) -> float | None:
    """`<= 120ms` as 120.0; None where the text is no limit on a time."""
    try:
        condition = Condition.parse(text)
    except ValueError:
        return None
    if not condition.is_order or not is_time_unit(condition.unit) or not isinstance(condition.operand, int | float):
        return None
    return condition.operand / in_unit(1.0, condition.unit) * 1000


def chart(
    samples: Sequence[float | None], total: int, limit: float | None, *, width: int, height: int
) -> list[Content]:
    """`height` lines of at most `width` cells, the newest sample on the right; empty where there is no room.

    A failed sample is a `✖` over an empty column, one higher than the chart ends in `▲`; bars over the limit cross
    its line. Where there are more samples than columns, each column shows the worst of its share.
    """
    room = width - _AXIS - 1
    if room < 10 or height < 2 or not samples:
        return []
    step = _step(max(total, len(samples)), room)
    columns = _shares(samples, room // step)
    top = _top(columns, limit)
    limit_row = None if limit is None else min(height - 1, max(0, math.ceil(limit / top * height) - 1))
    rows = []
    for row in reversed(range(height)):
        axis = _axis(row, top, limit, limit_row, height)
        cells = [_cell(value, row, height, top, limit, step, row == limit_row) for value in columns]
        rest = max(0, min(room, max(total, len(columns)) * step) - len(columns) * step)
        tail = (_LIMIT if row == limit_row else " ") * rest
        rows.append(line(axis, *cells, (tail, palette.QUIET)))
    return rows


def _step(count: int, room: int) -> int:
    """Cells a sample takes: three where they fit, else two, else one."""
    return next((step for step in (3, 2) if count * step <= room), 1)


def _shares(samples: Sequence[float | None], columns: int) -> list[float | None]:
    if len(samples) <= columns:
        return list(samples)
    edges = [round(index * len(samples) / columns) for index in range(columns + 1)]
    shares = [samples[start:end] for start, end in pairwise(edges)]
    return [_worst(share) for share in shares]


def _worst(share: Sequence[float | None]) -> float | None:
    measured = [sample for sample in share if sample is not None]
    return max(measured) if len(measured) == len(share) else None


def _top(columns: Sequence[float | None], limit: float | None) -> float:
    """The value at the upper edge: the limit stays in sight, and one wild sample does not flatten the others."""
    highest = max((value for value in columns if value is not None), default=0.0)
    if limit is None or limit <= 0:
        return max(highest * 1.1, 1.0)
    return min(max(highest * 1.05, limit * 1.25), limit * 3)


def _axis(row: int, top: float, limit: float | None, limit_row: int | None, height: int) -> Content:
    if row == limit_row and limit is not None:
        return line(fit(f"{number(limit)} ms", _AXIS, right=True), (" ", palette.QUIET))
    if row == height - 1 and limit_row != row:
        return line((fit(f"{number(round(top))} ms", _AXIS, right=True).plain, palette.QUIET), " ")
    if row == 0:
        return line((fit("0 ms", _AXIS, right=True).plain, palette.QUIET), " ")
    return Content(" " * (_AXIS + 1))


def _cell(
    value: float | None, row: int, height: int, top: float, limit: float | None, step: int, on_limit: bool
) -> Content:
    behind = _LIMIT if on_limit else " "
    bar = 2 if step == 3 else 1
    gap = (behind * (step - bar), palette.QUIET)
    if value is None:
        failed = (_FAILED, palette.ink(palette.RED, bold=True)) if row == 0 else (behind, palette.QUIET)
        return line(failed, (behind * (bar - 1), palette.QUIET), gap)
    style = palette.ink(palette.RED if limit is not None and value > limit else palette.GREEN)
    if row == height - 1 and value > top:
        return line((_CUT * bar, style), gap)
    level = min(8, max(0, round((value / top * height - row) * 8)))
    if level == 0 and row > 0:
        return line((behind * bar, palette.QUIET), gap)
    return line((_EIGHTHS[max(1, level)] * bar, style), gap)
