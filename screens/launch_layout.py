"""How a terminal is shared among the panes of a launch's console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LEFT: Final = ("plan", "signals", "posts")
"""The lists of the left column, from the top."""

LISTS: Final = ("plan", "signals", "posts", "state")
"""The panes with rows that can be selected, in the order of Tab."""

PANES: Final = (*LISTS, "details", "log")
"""Every pane that can have the focus, in the order of Tab."""

_LEFT: Final = ("plan-head", "plan", "signals-head", "signals", "posts-head", "posts")
_RIGHT: Final = ("state-head", "state", "details-head", "details", "log-head", "log")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What there is to show: rows of each list, of notices and of the foot; where the focus is (`list` is the list it
    was in last), and whether the details take all the room (`zoomed`), or else the signals (`tiled`)."""

    plan: int
    posts: int
    state: int
    notices: int
    foot: int
    focus: str
    list: str
    zoomed: bool
    signals: int = 0
    tiled: bool = False


@dataclass(frozen=True, slots=True)
class Places:
    """The heights of all panes in rows, 0: not shown; `left` and `right` are the widths of the two columns, 0: not
    there. `is_wide`: they stand beside each other."""

    is_wide: bool
    left: int
    right: int
    heights: Mapping[str, int]


def places(width: int, height: int, wanted: Wanted) -> Places:
    """The places in a terminal of `width` x `height`: from 100 x 28 on all panes at once, below that one list and the
    details, then one of them."""
    header = _header(width, height)
    foot = min(wanted.foot, 3, max(0, height - header - 2)) if height >= 4 else 0
    told = min(wanted.notices, 6 if height >= 28 else 3 if height >= 20 else 1, max(0, height - header - foot - 1))
    body = max(0, height - header - foot - told)
    fixed = {"header": header, "notices": told, "footer": foot}
    is_wide = width >= 100 and body >= 16
    shared = _wide(width, body, wanted) if is_wide else _narrow(width, body, wanted)
    left, right, heights = shared
    return Places(is_wide, left, right, {**dict.fromkeys((*_LEFT, *_RIGHT, "tabs"), 0), **fixed, **heights})


def _header(width: int, height: int) -> int:
    return 5 if width >= 50 and height >= 20 else 4 if width >= 50 and height >= 16 else 1


_Shared = tuple[int, int, Mapping[str, int]]


def _wide(width: int, body: int, wanted: Wanted) -> _Shared:
    if wanted.zoomed:
        pane = "log" if wanted.focus == "log" else "details"
        return 0, width, {f"{pane}-head": 1, pane: body - 1}
    if wanted.tiled:
        return width, 0, {"signals-head": 1, "signals": body - 1}
    signals = min(wanted.signals, (body - 2) // 3)
    watched = {"signals-head": 1, "signals": signals} if signals else {}
    rows = body - 2 - sum(watched.values())
    plan = min(max(1, wanted.plan), max(rows // 2, rows - max(1, wanted.posts)))
    log = max(3, body // 6)
    state = min(max(1, wanted.state), max(4, (body - log - 3) // 3))
    left = min(width * 52 // 100, 96)
    heights = {"plan-head": 1, "plan": plan, "posts-head": 1, "posts": rows - plan, **watched}
    heights |= {"state-head": 1, "state": state, "log-head": 1, "log": log}
    return left, width - left - 1, {**heights, "details-head": 1, "details": body - log - state - 3}


def _narrow(width: int, body: int, wanted: Wanted) -> _Shared:
    tabs = 1 if body >= 6 else 0
    rest = body - tabs
    if wanted.focus == "log":
        return 0, width, {"tabs": tabs, "log": rest}
    if wanted.zoomed:
        head = 1 if rest >= 4 else 0
        return 0, width, {"details-head": head, "details": body - head, "tabs": 0}
    if wanted.tiled:
        return width, 0, {"tabs": tabs, "signals": rest}
    count = max(1, getattr(wanted, wanted.list))
    if rest < 10:
        both = {wanted.list: rest}
    else:
        rows = min(count, (rest - 1) * 11 // 20)
        both = {wanted.list: rows, "details-head": 1, "details": rest - rows - 1}
    left = width if wanted.list in LEFT else 0
    return left, width, {"tabs": tabs, **both}
