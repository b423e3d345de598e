"""The panes of a launch's console: shares the terminal among them and draws a view into them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from typing import Final

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content

from warroom.client.values import LaunchNow
from warroom.screens import keys, palette
from warroom.screens.launch_details import details_lines, log_lines, title_of
from warroom.screens.launch_head import header_lines
from warroom.screens.launch_keys import KEYS, OF_ITEM
from warroom.screens.launch_layout import LEFT, LISTS, PANES, Places, Wanted, places
from warroom.screens.launch_notices import notice_lines
from warroom.screens.launch_rows import dimmed, item_row
from warroom.screens.launch_signals import signal_items, worst_signal
from warroom.screens.launch_tabs import head_line, tabs_line
from warroom.screens.launch_tiles import TILE_HEIGHT, TILE_WIDTH, tile_lines
from warroom.screens.launch_view import (
    Item,
    LaunchView,
    key_of,
    open_steps,
    plan_items,
    plan_of_interest,
    post_of_interest,
    state_items,
    state_of_interest,
)
from warroom.screens.lines import EMPTY, fit, guarded, line, shortened, spread, wrapped
from warroom.screens.panes import LineBlock, LinePane, RowList, TileList, Tiles


def signals_of_interest(launch: LaunchNow) -> str | None:
    """The key of what is worst in the list of signals and triggers; None where there are none."""
    found = worst_signal(launch)
    return key_of(found) if found else None


_ITEMS: Final[dict[str, Callable[[LaunchNow], Sequence[Item]]]] = {
    "plan": plan_items,
    "posts": lambda launch: launch.updates,
    "state": state_items,
    "signals": signal_items,
}
_INTEREST: Final[dict[str, Callable[[LaunchNow], str | None]]] = {
    "plan": plan_of_interest,
    "posts": post_of_interest,
    "state": state_of_interest,
    "signals": signals_of_interest,
}


@dataclass(frozen=True, slots=True)
class LaunchScene:
    """What is drawn: the view at the engine's instant `now`; `zone` is the reader's, None that of this machine.

    `defects` are sentences on the console itself. `said` replaces the keys at the foot while it is not empty.
    """

    view: LaunchView
    now: datetime
    zone: tzinfo | None = None
    defects: tuple[str, ...] = ()
    said: str = ""
    is_refusal: bool = False
    hidden_keys: frozenset[str] = frozenset()
    marked_keys: frozenset[str] = frozenset()


class LaunchBoard(Container):
    """The panes: head and notices above, then the lists, the details and the journal, the keys below."""

    def __init__(self) -> None:
        super().__init__(id="board")
        self.list = "plan"
        self._focus = "plan"
        self._zoomed = False
        self._tiled = False
        self._places: Places | None = None
        self._scene: LaunchScene | None = None
        self._chosen: dict[str, str] = {}
        self._shown: dict[str, tuple[str, ...]] = {}
        self._set: dict[str, int] = {}
        self._told: tuple[object, ...] = ()
        self._followed_to = 0.0

    def compose(self) -> ComposeResult:
        """Two columns between the blocks."""
        yield LineBlock(id="header")
        yield LineBlock(id="notices")
        yield LineBlock(id="tabs")
        with Container(id="body"):
            with Container(id="left"):
                for name in LEFT:
                    yield LineBlock(id=f"{name}-head")
                    yield TileList(id=name) if name == "signals" else RowList(id=name)
            with Container(id="right"):
                yield LineBlock(id="state-head")
                yield RowList(id="state")
                for name in ("details", "log"):
                    yield LineBlock(id=f"{name}-head")
                    yield LinePane(id=name)
        yield LineBlock(id="footer")

    # --- what is selected

    def items(self, name: str, launch: LaunchNow | None) -> Sequence[Item]:
        """The items of a list."""
        return _ITEMS[name](launch) if launch else ()

    def selected(self, view: LaunchView) -> Item | None:
        """The selected item of the list that has the focus, or had it last, as it is in `view`; None without one."""
        key = self._key_at_cursor(self.list)
        return next((item for item in self.items(self.list, view.launch) if key_of(item) == key), None)

    def rows(self, name: str) -> RowList:
        """The pane of a list."""
        return self.query_one(f"#{name}", RowList)

    def _key_at_cursor(self, name: str) -> str | None:
        """What a person sees selected: rows may have come before it since it was drawn."""
        shown, index = self._shown.get(name, ()), self.rows(name).index
        return shown[index] if index < len(shown) else None

    def _remember(self, name: str) -> None:
        """Where a person has moved the cursor, the row stays selected wherever it moves to."""
        key = self._key_at_cursor(name)
        if key is not None and self.rows(name).index != self._set.get(name, 0):
            self._chosen[name] = key

    def forget(self, name: str) -> None:
        """Select what is of interest again, instead of what a person chose."""
        _ = self._chosen.pop(name, None)

    def begin(self, launch: LaunchNow) -> None:
        """Look at the steps while some are open, else at the posts."""
        if launch.t0 is not None and not open_steps(launch):
            self.look_at("posts")

    def _select(self, name: str, launch: LaunchNow | None) -> None:
        """Select what a person chose, and until then what is of interest."""
        items = self.items(name, launch)
        known = tuple(key_of(item) for item in items)
        wanted = self._chosen.get(name) or (_INTEREST[name](launch) if launch else None)
        self._shown[name] = known
        if wanted in known:
            self.rows(name).select(known.index(wanted))
        self._set[name] = self.rows(name).index

    # --- drawing

    def draw(self, scene: LaunchScene) -> None:
        """Draw everything as it is in `scene`."""
        self._scene = scene
        view, now, width = scene.view, scene.now, self.size.width
        notices = guarded(lambda: notice_lines(view, now, width, scene.defects), "what must be noticed")
        foot = guarded(lambda: self._foot(scene), "the keys")
        place = self._arrange(scene, len(notices), len(foot))
        height = place.heights["header"]
        self._block("header").show(guarded(lambda: header_lines(view, now, scene.zone, width, height), "the head"))
        self._block("notices").show(shortened(notices, place.heights["notices"], width))
        self._block("tabs").show(guarded(lambda: [tabs_line(view, now, self.list, self._focus, width)], "the lists"))
        for name in LISTS:
            self._draw_list(name, scene, place)
        self._draw_details(scene, place)
        self._draw_log(scene, place)
        self._block("footer").show(foot)

    def _draw_list(self, name: str, scene: LaunchScene, place: Places) -> None:
        view, now, rows = scene.view, scene.now, self.rows(name)
        self._remember(name)
        items = self.items(name, view.launch)
        width = place.left if name in LEFT else place.right
        head = guarded(lambda: [head_line(view, now, name, width, focused=self._focus == name)], "this head")
        self._block(f"{name}-head").show(head)

        def row(index: int, row_width: int, selected: bool) -> Content:
            return item_row(view, items[index], now, row_width, selected=selected and self.list == name)

        if name == "signals" and self.is_tiled and view.launch:
            self._draw_tiles(view, view.launch, now)
        else:
            rows.show(len(items), row)
        self._select(name, view.launch)

    def _draw_tiles(self, view: LaunchView, launch: LaunchNow, now: datetime) -> None:
        items, is_over = signal_items(launch), launch.closed is not None

        def tile(index: int, width: int, selected: bool) -> Sequence[Content]:
            found = tile_lines(items[index], now, width, selected=selected, is_over=is_over)
            return [dimmed(one) for one in found] if view.lost else found

        self.query_one("#signals", TileList).show_tiles(len(items), Tiles(TILE_HEIGHT, TILE_WIDTH, tile))

    def _draw_details(self, scene: LaunchScene, place: Places) -> None:
        item, width = self.selected(scene.view), place.right
        if not place.heights["details"]:
            return
        if item is None:
            told = "The launch appears here as soon as its engine answers." if scene.view.launch is None else ""
            self._block("details-head").show([EMPTY])
            self.details.show([EMPTY, line((f" {told}", palette.QUIET))])
            return
        head = partial(self._details_head, item, scene.view, width)
        self._block("details-head").show(guarded(head, "this head"))
        self.details.show(guarded(lambda: details_lines(scene.view, item, scene.now, width - 2), "this"))

    def _details_head(self, item: Item, view: LaunchView, width: int) -> Sequence[Content]:
        title, about = title_of(item)
        style = palette.STRONG if self._focus == "details" else palette.QUIET
        return [spread(line((f" {title}", style)), line((about, palette.QUIET), " "), width)]

    def _draw_log(self, scene: LaunchScene, place: Places) -> None:
        view, pane = scene.view, self.query_one("#log", LinePane)
        if not place.heights["log"]:
            return
        head = guarded(
            lambda: [head_line(view, scene.now, "log", place.right, focused=self._focus == "log")], "this head"
        )
        self._block("log-head").show(head)
        # Its room and its lines change by themselves; only a person scrolls it back.
        follows = self._focus != "log" or pane.scroll_offset.y >= min(self._followed_to, pane.max_scroll_y)
        entries = view.launch.log if view.launch else ()
        told = (entries, scene.now.date(), place.right, view.lost is None)
        if told != self._told:
            # Long texts take time to wrap: only what has changed is made anew.
            self._told = told
            rows = guarded(lambda: log_lines(entries, scene.now, place.right - 2), "the journal")
            pane.show([dimmed(row) for row in rows] if view.lost else rows)
        if follows:
            pane.scroll_end(animate=False, immediate=True)
        self._followed_to = pane.scroll_offset.y if follows else math.inf

    def _foot(self, scene: LaunchScene) -> Sequence[Content]:
        width = self.size.width
        if not scene.said:
            return [keys.foot_line(KEYS, width, scene.hidden_keys, scene.marked_keys, OF_ITEM)]
        rows = wrapped(Content(scene.said), width - 2, indent=" ")
        style = palette.fill(palette.RED) if scene.is_refusal else palette.STRONG
        return [line((fit(row, width).plain, style)) for row in rows[:3]]

    def _arrange(self, scene: LaunchScene, notices: int, foot: int) -> Places:
        counts = {name: len(self.items(name, scene.view.launch)) for name in LISTS}
        wanted = Wanted(
            **counts,
            notices=notices,
            foot=foot,
            focus=self._focus,
            list=self.list,
            zoomed=self._zoomed,
            tiled=self.is_tiled,
        )
        place = places(self.size.width, self.size.height, wanted)
        if place != self._places:
            self._places = place
            for name, height in place.heights.items():
                pane = self.query_one(f"#{name}")
                pane.display = height > 0
                pane.styles.height = height
            body = self.query_one("#body")
            body.set_class(place.is_wide, "wide")
            body.set_class(place.is_wide and min(place.left, place.right) > 0, "both")
            for name, width in (("left", place.left), ("right", place.right)):
                column = self.query_one(f"#{name}")
                column.display = width > 0
                column.styles.width = width
        return place

    # --- the focus

    @property
    def details(self) -> LinePane:
        """The details of the selected item."""
        return self.query_one("#details", LinePane)

    @property
    def is_zoomed(self) -> bool:
        """Whether the details have taken all the room."""
        return self._zoomed

    @property
    def is_tiled(self) -> bool:
        """Whether the signals have taken all the room, as tiles."""
        return self._tiled and self.list == "signals"

    def tile(self, tiled: bool) -> None:
        """Give the signals and triggers all the room, as tiles; or take it back."""
        self._tiled = tiled
        self.look_at("signals")

    def look_at(self, name: str) -> None:
        """Give a pane the focus, and the room it needs; nothing where the launch has none of what it shows."""
        if name == "signals" and not self._shown.get("signals"):
            return
        self._focus = name
        if name in LISTS:
            self.list, self._zoomed = name, False
            self._tiled = self._tiled and name == "signals"
        place = self._redraw()
        if name == "details" and place and not place.heights["details"]:
            self._zoomed = True
            _ = self._redraw()
        self.query_one(f"#{name}").focus(scroll_visible=False)

    def look_further(self, by: int) -> None:
        """The focus to the next pane, or the one before."""
        self._zoomed = False
        panes = [name for name in PANES if name != "signals" or self._shown.get("signals")]
        self.look_at(panes[(panes.index(self._focus) + by) % len(panes)])

    def zoom(self, zoomed: bool) -> None:
        """Give the details, or the journal where it has the focus, all the room; or take it back."""
        self._zoomed = zoomed
        if zoomed:
            self.look_at("log" if self._focus == "log" else "details")
        else:
            self.look_at(self.list)

    def _redraw(self) -> Places | None:
        if self._scene:
            self.draw(self._scene)
        return self._places

    def _block(self, name: str) -> LineBlock:
        return self.query_one(f"#{name}", LineBlock)
