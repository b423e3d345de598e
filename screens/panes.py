"""Widgets that draw prepared lines. A whole pane is one widget: widgets cost time in a terminal, cells do not."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from warroom.screens.lines import EMPTY, fit, guarded

_BETWEEN: Final = 2
"""Cells between two tiles."""


def _strip(content: Content, width: int, base: Style) -> Strip:
    fitted = fit(content, width)
    return Strip(fitted.render_segments(base), max(0, width))


def _differ(before: Sequence[Content], after: Sequence[Content]) -> list[int]:
    """The lines that do not look alike. Textual itself calls two of them equal when only their colours differ."""
    pairs = itertools.zip_longest(before, after)
    return [
        index
        for index, (one, other) in enumerate(pairs)
        if one is None or other is None or one.plain != other.plain or one.spans != other.spans
    ]


class LineBlock(Widget):
    """A fixed block of lines."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: Sequence[Content] = ()

    def show(self, lines: Sequence[Content]) -> None:
        """Draw these lines from now on."""
        before, self._lines = self._lines, lines
        if changed := _differ(before, lines):
            self.refresh(*(Region(0, index, self.size.width, 1) for index in changed))

    def render_line(self, y: int) -> Strip:
        """One line of the block."""
        content = self._lines[y] if y < len(self._lines) else EMPTY
        return _strip(content, self.size.width, self.visual_style)


class LinePane(ScrollView, can_focus=True):
    """Lines that can be scrolled."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "by(1)", "down", id="pane.down"),
        Binding("up,k", "by(-1)", "up", id="pane.up"),
        Binding("pagedown", "by_page(1)", "page down", id="pane.page_down"),
        Binding("pageup", "by_page(-1)", "page up", id="pane.page_up"),
        Binding("home,g", "by(-1_000_000)", "first", id="pane.first"),
        Binding("end,G", "by(1_000_000)", "last", id="pane.last"),
    ]

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: Sequence[Content] = ()

    def show(self, lines: Sequence[Content]) -> None:
        """Draw these lines from now on; the place in them stays."""
        before, self._lines = self._lines, lines
        changed = _differ(before, lines)
        if changed:
            self.virtual_size = Size(self.size.width, len(lines))
        for index in changed:
            self.refresh_line(index)

    def action_by(self, lines: int) -> None:
        """Scroll by so many lines, now: what is drawn in between takes no key back."""
        y = max(0, min(self.scroll_offset.y + lines, self.max_scroll_y))
        self.scroll_to(y=y, animate=False, immediate=True, force=True)

    def action_by_page(self, pages: int) -> None:
        """The same by pages."""
        self.action_by(pages * max(1, self.size.height - 1))

    def render_line(self, y: int) -> Strip:
        """One visible line."""
        index = y + self.scroll_offset.y
        content = self._lines[index] if index < len(self._lines) else EMPTY
        return _strip(content, self.scrollable_content_region.width, self.visual_style)


class RowList(ScrollView, can_focus=True):
    """Rows of which one is selected; any number of them, as only the visible ones are drawn.

    `is_touched` as soon as a person has selected one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "down", id="list.down"),
        Binding("up,k", "move(-1)", "up", id="list.up"),
        Binding("pagedown", "page(1)", "page down", id="list.page_down"),
        Binding("pageup", "page(-1)", "page up", id="list.page_up"),
        Binding("home,g", "move(-1_000_000)", "first", id="list.first"),
        Binding("end,G", "move(1_000_000)", "last", id="list.last"),
    ]

    class Chosen(Message):
        """A person selected a row."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.index = 0
        self.is_touched = False
        self._count = 0
        self._draw: Callable[[int, int, bool], Content] = lambda index, width, selected: EMPTY

    def show(self, count: int, draw: Callable[[int, int, bool], Content]) -> None:
        """Draw `count` rows from now on, each by `draw(index, width, selected)`."""
        self._draw = draw
        if count != self._count:
            self._count = count
            self.virtual_size = Size(self.size.width, count)
            self.select(self.index)
        self.refresh()

    def select(self, index: int) -> None:
        """Select a row, the nearest there is, and bring it into sight."""
        index = max(0, min(index, self._count - 1))
        if index != self.index:
            self.index = index
            self.refresh()
        self._into_sight()

    def _into_sight(self) -> None:
        if self.size.height:
            self.scroll_to_region(Region(0, self.index, 1, 1), animate=False, immediate=True)

    def on_resize(self) -> None:
        """Keep the selected row in sight."""
        self._into_sight()

    def action_move(self, by: int) -> None:
        """Select a row further down or up."""
        self.is_touched = True
        self.select(self.index + by)
        self.post_message(self.Chosen())

    def action_page(self, by: int) -> None:
        """Select a row a page further."""
        self.action_move(by * max(1, self.size.height - 1))

    def render_line(self, y: int) -> Strip:
        """One visible row."""
        index, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        if index >= self._count:
            return _strip(EMPTY, width, self.visual_style)
        content = guarded(lambda: [self._draw(index, width, index == self.index)], "this row")[0]
        return _strip(content, width, self.visual_style)


@dataclass(frozen=True, slots=True)
class Tiles:
    """Items as tiles of `height` lines, as many beside each other as there is room for of at least `width` cells. The
    lines of one are drawn by `draw(index, width, selected)`."""

    height: int
    width: int
    draw: Callable[[int, int, bool], Sequence[Content]]


class TileList(RowList):
    """The same rows, or as tiles: one widget draws them all, however many there are, and only those in sight."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "step(1)", "next", id="tiles.next"),
        Binding("left", "step(-1)", "before", id="tiles.before"),
    ]

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._tiles: Tiles | None = None
        self._made: dict[tuple[int, int, bool], Sequence[Content]] = {}

    @property
    def columns(self) -> int:
        """How many stand beside each other."""
        if self._tiles is None:
            return 1
        return max(1, (self.scrollable_content_region.width + _BETWEEN) // (self._tiles.width + _BETWEEN))

    def show(self, count: int, draw: Callable[[int, int, bool], Content]) -> None:
        """Draw `count` rows from now on."""
        self._lay_out(None, count)
        super().show(count, draw)

    def show_tiles(self, count: int, tiles: Tiles) -> None:
        """Draw `count` tiles from now on."""
        self._made.clear()
        self._lay_out(tiles, count)
        self.select(self.index)
        self.refresh()

    def _lay_out(self, tiles: Tiles | None, count: int) -> None:
        self._tiles, self._count = tiles, count
        size = Size(self.size.width, -(-count // self.columns) * (tiles.height if tiles else 1))
        if size != self.virtual_size:
            self.virtual_size = size

    def _into_sight(self) -> None:
        if self._tiles is None:
            super()._into_sight()
        elif self.size.height:
            height = self._tiles.height
            place = Region(0, self.index // self.columns * height, 1, height)
            self.scroll_to_region(place, animate=False, immediate=True)

    def on_resize(self) -> None:
        """As many columns as there is room for now; the selected one stays in sight."""
        self._lay_out(self._tiles, self._count)
        self._into_sight()

    def action_move(self, by: int) -> None:
        """Select the one further down or up."""
        super().action_move(by * self.columns)

    def action_step(self, by: int) -> None:
        """Select the one beside it, at the end of a line the first of the next."""
        super().action_move(by)

    def action_page(self, by: int) -> None:
        """Select one a page further."""
        height = self._tiles.height if self._tiles else 1
        self.action_move(by * max(1, self.size.height // height - (self._tiles is None)))

    def render_line(self, y: int) -> Strip:
        """One visible line, of all the tiles that it goes through."""
        if self._tiles is None:
            return super().render_line(y)
        place, part = divmod(y + self.scroll_offset.y, self._tiles.height)
        width, columns = self.scrollable_content_region.width, self.columns
        tile_width = (width - _BETWEEN * (columns - 1)) // columns
        first = place * columns
        tiles = [
            self._tile(self._tiles, index, tile_width) for index in range(first, min(first + columns, self._count))
        ]
        cells = [fit(tile[part] if part < len(tile) else EMPTY, tile_width) for tile in tiles]
        return _strip(Content(" " * _BETWEEN).join(cells), width, self.visual_style)

    def _tile(self, tiles: Tiles, index: int, width: int) -> Sequence[Content]:
        key = index, width, index == self.index
        if key not in self._made:
            self._made[key] = guarded(lambda: tiles.draw(index, width, index == self.index), "this tile")
        return self._made[key]
