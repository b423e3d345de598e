"""The console's panes: shares the terminal among them and draws a view into them. It knows nothing of clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content

from warroom.screens import keys, palette
from warroom.screens.details import details_lines, title_line
from warroom.screens.header import header_lines
from warroom.screens.layout import Heights, share
from warroom.screens.lines import EMPTY, fit, guarded, line, shortened, spread
from warroom.screens.notices import notice_lines
from warroom.screens.panes import LineBlock, LinePane, RowList
from warroom.screens.rows import check_row, columns_for, head_row
from warroom.screens.view import View
from warroom.suite_state import DONE, CheckState


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn: the view at an instant, sentences on defects of the console, and the foot line's state.

    `said` replaces the keys while it is not empty.
    """

    view: View
    now: datetime
    defects: tuple[str, ...] = ()
    said: str = ""
    hidden_keys: frozenset[str] = frozenset()
    marked_keys: frozenset[str] = frozenset()


class Board(Container):
    """The panes from top to bottom: head, notices, list, details, keys."""

    def __init__(self) -> None:
        super().__init__(id="board")
        self._zoomed = False
        self._heights: Heights | None = None
        self._scene: Scene | None = None
        self._drawn: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Two heads, two panes, and the blocks around them."""
        yield LineBlock(id="header")
        yield LineBlock(id="notices")
        yield LineBlock(id="list-head")
        yield RowList(id="list")
        yield LineBlock(id="details-head")
        yield LinePane(id="details")
        yield LineBlock(id="footer")

    @property
    def rows(self) -> RowList:
        """The check list."""
        return self.query_one("#list", RowList)

    @property
    def details(self) -> LinePane:
        """The details of the selected check."""
        return self.query_one("#details", LinePane)

    def selected(self, view: View) -> CheckState | None:
        """The selected check of `view`; None while there are none."""
        checks = view.checks
        return checks[self.rows.index] if self.rows.index < len(checks) else None

    def select(self, view: View, check_id: str | None) -> None:
        """Select a check by its id; nothing happens where there is none of that id."""
        ids = list(view.state.checks)
        if check_id in ids:
            self.rows.select(ids.index(check_id))

    def draw(self, scene: Scene) -> None:
        """Draw everything as it is in `scene`."""
        self._scene = scene
        view, now, width = scene.view, scene.now, self.size.width
        notices = guarded(lambda: notice_lines(view, now, self.size, scene.defects), "what must be noticed")
        heights = self._arrange(len(view.checks), len(notices))
        self._block("header").show(guarded(lambda: header_lines(view, now, width, heights.header), "the head"))
        self._block("notices").show(shortened(notices, heights.notices, width))
        self._draw_list(view, now)
        self._draw_details(view, now)
        self._draw_foot(scene)

    def _draw_list(self, view: View, now: datetime) -> None:
        checks, width = view.checks, self.size.width
        longest = max((len(check.info.title) for check in checks), default=0)
        columns = columns_for(width, longest)
        head = guarded(lambda: [_focusable(head_row(columns), self.rows.has_focus)], "the columns")[0]
        self._block("list-head").show([head])

        def row(index: int, _: int, selected: bool) -> Content:
            return check_row(view, checks[index], now, columns, selected=selected)

        self.rows.show(len(checks), row)

    def _draw_details(self, view: View, now: datetime) -> None:
        check, width = self.selected(view), self.size.width
        if check is None:
            self._drawn = ()
            told = " The checks appear here as soon as the run begins."
            self.details.show([EMPTY, line((told, palette.QUIET))])
            return
        title = _focusable(Content(f" {check.info.title}"), self.details.has_focus)
        about = line((title_line(check).plain, palette.QUIET), " ")
        self._block("details-head").show([spread(title, about, width)])
        height = self._heights.details if self._heights else 0
        # Long texts take time to wrap: only what has changed, or counts the seconds, is made anew.
        second = 0.0 if check.lifecycle == DONE else now.timestamp() // 1
        drawn = (check, view.question_of(check.info.id), view.retries.get(check.info.id), width, height, second)
        if drawn != self._drawn:
            self._drawn = drawn
            self.details.show(guarded(lambda: details_lines(view, check, now, width - 2, height), "this check"))

    def _draw_foot(self, scene: Scene) -> None:
        width = self.size.width
        if scene.said:
            foot = fit(line(" ", (scene.said, palette.STRONG)), width)
        else:
            foot = keys.foot_line(keys.KEYS, width, scene.hidden_keys, scene.marked_keys)
        self._block("footer").show([foot])

    def _arrange(self, checks: int, notices: int) -> Heights:
        size = self.size
        heights = share(size.width, size.height, checks=checks, notices=notices, zoomed=self._zoomed)
        if heights != self._heights:
            self._heights = heights
            for name, height in heights.by_pane().items():
                pane = self.query_one(f"#{name}")
                pane.display = height > 0
                pane.styles.height = height
        return heights

    # --- the focus

    def zoom(self, zoomed: bool | None = None) -> None:
        """Give the details the list's place, or take it back; None exchanges the two."""
        self._zoomed = not self._zoomed if zoomed is None else zoomed
        self._look_at(self.details if self._zoomed else self.rows)

    def exchange(self) -> None:
        """The focus to the other pane; where only one of them fits, the other comes into sight."""
        if self._heights and not (self._heights.list and self._heights.details):
            self.zoom()
        else:
            self._look_at(self.rows if self.details.has_focus else self.details)

    def _look_at(self, pane: RowList | LinePane) -> None:
        if self._scene:
            self.draw(self._scene)
        pane.focus(scroll_visible=False)

    def on_descendant_focus(self) -> None:
        """The heads show where the focus is."""
        if self._scene:
            self.draw(self._scene)

    def _block(self, name: str) -> LineBlock:
        return self.query_one(f"#{name}", LineBlock)


def _focusable(content: Content, focused: bool) -> Content:
    return content.stylize(palette.STRONG if focused else palette.QUIET)
