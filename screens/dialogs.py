"""The console's small windows: a question, a yes or no, a choice, a text to read."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from warroom.client import Choice
from warroom.events import Question
from warroom.screens import palette
from warroom.screens.lines import fit, line, wrapped
from warroom.screens.panes import LinePane, RowList
from warroom.text import plural

_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?", re.ASCII)
# Border, padding, title, keys and the empty rows between them.
_AROUND = 8
_HOW = {
    "yes_no": "",
    "text": "Enter sends it.",
    "number": "A number, such as 12 or 0.5. Enter sends it.",
    "timestamp": "UTC, as 2025-11-01T02:00:00Z. Enter sends it.",
}


def _room(screen: Size) -> int:
    """How many rows fit into a dialog beside its title and its keys; a dialog takes at most 96 % of the screen."""
    return max(1, screen.height * 96 // 100 - _AROUND)


def fault_in(answer: str, answer_type: str) -> str:
    """What is wrong with an answer, as a sentence; empty where it can be taken."""
    text = answer.strip()
    if not text:
        return "An answer is needed; Esc leaves the question open."
    if answer_type == "number" and not _is_number(text):
        return f"'{text}' is not a number."
    if answer_type == "timestamp" and not _is_timestamp(text):
        return f"'{text}' is not an instant such as 2025-11-01T02:00:00Z."
    return ""


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and math.isfinite(float(text))


def _is_timestamp(text: str) -> bool:
    try:
        return bool(_TIMESTAMP.fullmatch(text)) and datetime.fromisoformat(text) is not None
    except ValueError:
        return False


class Confirm(ModalScreen[bool]):
    """Asks yes or no. Enter, which takes a choice everywhere else, is neither: it says which keys decide."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "close(True)", "yes", id="confirm.yes"),
        Binding("n,escape", "close(False)", "no", id="confirm.no"),
        Binding("enter", "explain", "which key", id="confirm.which"),
    ]

    def __init__(self, title: str, text: str, yes: str, no: str) -> None:
        super().__init__()
        self._title, self._text, self._answers = title, text, (yes, no)

    def compose(self) -> ComposeResult:
        """The question and the two keys."""
        with Vertical(classes="dialog"):
            yield Static(line((self._title, palette.STRONG)))
            yield Static(Content(self._text), classes="text")
            yield Static(self._keys(), classes="keys")

    def _keys(self) -> Content:
        yes, no = self._answers
        key = palette.fill(palette.TEXT)
        return line((" y ", key), f" {yes}     ", (" n ", key), f" {no}")

    def action_explain(self) -> None:
        """Say at the foot that nothing is decided yet."""
        told = line(("Nothing is decided yet. Press one of these:", palette.ink(palette.RED, bold=True)))
        self.query_one(".keys", Static).update(Content("\n").join([told, self._keys()]))

    def action_close(self, answer: bool) -> None:
        """Close with the answer."""
        _ = self.dismiss(answer)


class Ask(ModalScreen[str | None]):
    """Asks a check's question; what comes back is the answer, None when it is left open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "later", id="ask.later"),
        Binding("y", "yes_no('yes')", "yes", id="ask.yes"),
        Binding("n", "yes_no('no')", "no", id="ask.no"),
    ]

    def __init__(self, question: Question, title: str, waiting: int) -> None:
        super().__init__()
        self.question, self._title, self._waiting = question, title, waiting

    def compose(self) -> ComposeResult:
        """The question, and where to answer it."""
        more = f"  ({self._waiting} more after this)" if self._waiting else ""
        with Vertical(classes="dialog"):
            yield Static(line((self._title, palette.STRONG), (more, palette.QUIET)))
            yield Static(Content(self.question.text), classes="text")
            if self._by_key:
                yes, no = (" y ", palette.fill(palette.TEXT)), (" n ", palette.fill(palette.TEXT))
                yield Static(
                    line(yes, " yes     ", no, " no     ", ("Esc", palette.STRONG), " later"), classes="keys"
                )
            else:
                field = Input(id="answer", select_on_focus=False)
                field.cursor_blink = False
                yield field
                yield Static(Content(_HOW.get(self.question.answer_type, _HOW["text"])), id="fault")

    @property
    def _by_key(self) -> bool:
        return self.question.answer_type == "yes_no"

    def action_yes_no(self, answer: str) -> None:
        """Answer with a key."""
        if self._by_key:
            _ = self.dismiss(answer)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the answer, or say what is wrong with it."""
        fault = fault_in(event.value, self.question.answer_type)
        if fault:
            self.query_one("#fault", Static).update(line((fault, palette.ink(palette.RED, bold=True))))
        else:
            _ = self.dismiss(event.value.strip())

    def action_close(self) -> None:
        """Leave the question open."""
        _ = self.dismiss(None)


class Pick(ModalScreen[str | None]):
    """One of several choices by its id; None when none is taken."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "none", id="pick.none"),
        Binding("enter", "take", "take", id="pick.take"),
    ]

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title, self._choices = title, tuple(choices)

    def compose(self) -> ComposeResult:
        """The list of choices."""
        keys = line(
            ("↑ ↓", palette.STRONG),
            " move   ",
            ("Enter", palette.STRONG),
            " take   ",
            ("Esc", palette.STRONG),
            " none",
        )
        with Vertical(classes="dialog wide"):
            yield Static(line((self._title, palette.STRONG)))
            yield RowList(id="choices")
            yield Static(keys, classes="keys")

    def on_mount(self) -> None:
        """Fill the list."""
        rows = self.query_one("#choices", RowList)
        rows.styles.height = min(len(self._choices), _room(self.app.size))
        rows.show(len(self._choices), self._row)
        rows.index = next((index for index, choice in enumerate(self._choices) if choice.in_force), 0)

    def _row(self, index: int, width: int, selected: bool) -> Content:
        choice = self._choices[index]
        longest = max(len(each.title) for each in self._choices)
        row = line(
            "▌" if selected else " ",
            (fit(choice.title, longest).plain, palette.STRONG if selected else palette.PLAIN),
            ("   in force   " if choice.in_force else "   ", palette.STRONG),
            (choice.note, palette.QUIET),
        )
        return fit(row, width).stylize_before(palette.on(palette.SELECTED)) if selected else row

    def action_take(self) -> None:
        """Close with the selected choice."""
        _ = self.dismiss(self._choices[self.query_one("#choices", RowList).index].id)

    def action_close(self) -> None:
        """Close without one."""
        _ = self.dismiss(None)


class Reader(ModalScreen[None]):
    """Something to read: names and texts below each other."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,question_mark,n", "close", "close", id="reader.close"),
        Binding("down,j", "scroll(1)", "down", id="reader.down"),
        Binding("up,k", "scroll(-1)", "up", id="reader.up"),
    ]

    def __init__(self, title: str, items: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title, self._items = title, items

    def compose(self) -> ComposeResult:
        """The title and the lines."""
        with Vertical(classes="dialog wide"):
            yield Static(line((self._title, palette.STRONG)))
            yield LinePane(id="text")
            yield Static("", classes="keys")

    def on_mount(self) -> None:
        """Say at the foot whether the text goes on, now and wherever it is scrolled to."""
        pane = self.query_one("#text", LinePane)
        for what in ("scroll_y", "virtual_size", "size"):
            self.watch(pane, what, self._foot)

    def _foot(self) -> None:
        pane = self.query_one("#text", LinePane)
        below = pane.virtual_size.height - pane.scroll_offset.y - pane.size.height
        more = (("↑ ↓", palette.STRONG), f" scroll, {plural(below, 'line')} more below   ") if below > 0 else ()
        self.query_one(".keys", Static).update(line(*more, ("Esc", palette.STRONG), " close"))

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the texts to the width."""
        width = min(96, event.size.width * 96 // 100) - 8
        name_width = max((len(name) for name, _ in self._items), default=0) + 2
        rows = [
            row
            for name, text in self._items
            for row in wrapped(Content(text), width, indent=line((f"{name:<{name_width}}", palette.STRONG)))
        ]
        pane = self.query_one("#text", LinePane)
        pane.styles.height = min(len(rows), _room(event.size))
        pane.show(rows)

    def action_scroll(self, by: int) -> None:
        """Scroll by a line."""
        self.query_one("#text", LinePane).scroll_relative(y=by, animate=False)

    def action_close(self) -> None:
        """Close."""
        _ = self.dismiss(None)
