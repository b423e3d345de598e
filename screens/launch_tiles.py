"""Signals and triggers as tiles: how each stands, in a few lines that fit beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from textual.content import Content

from warroom.client.signal_values import SignalNow, SloNow, TriggerNow
from warroom.screens import palette
from warroom.screens.launch_signals import (
    OLD_S,
    SignalItem,
    breach_told,
    condition_told,
    limit_in_force,
    made_of,
    mark_of_signal_item,
    nearest_limit,
    share_left,
    spark,
    trigger_when,
    valued,
    what_it_does,
)
from warroom.screens.lines import EMPTY, countdown, fit, joined, line, spread, time_of_day, wrapped
from warroom.screens.marks import Mark

TILE_HEIGHT: Final = 5
TILE_WIDTH: Final = 25
"""A tile has at least so many cells: three stand beside each other in a terminal of 80."""

_SPARK: Final = 20
_DOT: Final = " · "


def tile_lines(
    item: SignalItem, now: datetime, width: int, *, selected: bool = False, is_over: bool = False
) -> Sequence[Content]:
    """The `TILE_HEIGHT` lines of one tile, each exactly `width` cells. `is_over`: its launch is closed."""
    room, mark = width - 1, mark_of_signal_item(item, is_over=is_over)
    if isinstance(item, TriggerNow):
        told = _trigger(item, now, room, is_over=is_over)
    else:
        told = _signal(item, mark, room, is_over=is_over)
    rows = [_title(mark, item.title, room, selected=selected), *told, *[EMPTY] * TILE_HEIGHT][:TILE_HEIGHT]
    whole = [line(("▌", palette.STRONG) if selected else " ", fit(row, room)) for row in rows]
    return [row.stylize_before(palette.on(palette.SELECTED)) for row in whole] if selected else whole


def _title(mark: Mark, title: str, width: int, *, selected: bool) -> Content:
    """The mark and the title, and a rule that sets it off from the tile above, also without colours."""
    said = line((str(mark), mark.style), "  ", (title, palette.STRONG if selected else palette.PLAIN), " ")
    return line(said, ("─" * (width - said.cell_length), palette.FAINT_INK))


def _signal(signal: SignalNow, mark: Mark, width: int, *, is_over: bool) -> list[Content]:
    value = line((valued(signal) or "no data", palette.QUIET if is_over else palette.STRONG))
    bars = spark(signal.spark, max(0, min(_SPARK, width - value.cell_length - 2)))
    rows = [
        spread(value, line((bars, palette.ink(mark.colour))), width),
        _limit(signal, mark, width, is_over=is_over),
    ]
    if mark.colour == palette.UNKNOWN:
        return [*rows, *_in_two(signal.reason, width)]
    said = _budget(signal.slo) or line((made_of(signal), palette.QUIET))
    ahead = breach_told(signal) if signal.breach and signal.breach.stage == "firing" else signal.next
    return [*rows, said, line(("" if is_over else ahead, palette.QUIET))]


def _in_two(text: str, width: int) -> list[Content]:
    """A text over two lines; what has no room is cut off the second."""
    first, *more = wrapped(Content.styled(text, palette.QUIET), width)
    return [first, Content.styled(" ".join(row.plain for row in more), palette.QUIET)]


def _limit(signal: SignalNow, mark: Mark, width: int, *, is_over: bool) -> Content:
    """The limit that counts now, or what is aimed at, and how old the value is."""
    broken = None if is_over else limit_in_force(signal)
    limit = broken or nearest_limit(signal)
    goal = f"objective {signal.slo.objective * 100:.10g}%" if signal.slo else ""
    told = line((f"{limit.role} {limit.text}" if limit else goal, mark.style if broken else palette.PLAIN))
    if signal.at is None or is_over:
        return spread(told, line((time_of_day(signal.at) if signal.at else "", palette.QUIET)), width)
    old = (signal.age_s or 0.0) > OLD_S
    age = f"{countdown(signal.age_s or 0.0)} old"
    return spread(told, line((age, palette.ink(palette.YELLOW, bold=True) if old else palette.QUIET)), width)


def _budget(slo: SloNow | None) -> Content:
    """What is left of the error budget, how fast it is spent, and when it is gone; empty where nothing is known."""
    if slo is None or slo.budget_left is None:
        return EMPTY
    style = palette.ink(palette.RED, bold=True) if slo.budget_left <= 0 else palette.PLAIN
    parts = [line((f"budget {share_left(slo.budget_left).removesuffix(' left')}", style))]
    parts += [line((f"burn {slo.burn:.1f}", palette.QUIET))] if slo.burn is not None else []
    parts += [line((f"gone {time_of_day(slo.exhausted_at)}", palette.QUIET))] if slo.exhausted_at else []
    return joined(parts, _DOT)


def _trigger(trigger: TriggerNow, now: datetime, width: int, *, is_over: bool) -> list[Content]:
    since = f"since {time_of_day(trigger.since)}" if is_over and trigger.since and trigger.stage != "idle" else ""
    when = since or trigger_when(trigger, now) or ("does not hold" if trigger.stage == "idle" else "")
    said = [f"acknowledged by {trigger.acked.by}"] if trigger.acked else []
    said += [f"snoozed by {trigger.snoozed.by}"] if trigger.snoozed else []
    return [
        spread(
            line((when, palette.QUIET if trigger.stage == "idle" else palette.STRONG)),
            line(("trigger", palette.QUIET)),
            width,
        ),
        Content(condition_told(trigger)),
        line((what_it_does(trigger), palette.QUIET)),
        line((", ".join([*said, trigger.reason]).rstrip(", "), palette.QUIET)),
    ]
