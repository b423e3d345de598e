"""Windows in which people write: values that are checked where they stand, and a text of several lines."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from warroom.screens import palette
from warroom.screens.dialogs import fault_in
from warroom.screens.lines import line
from warroom.text import clean
from warroom.units import parse_duration

_PATIENCE_S: Final = 1.0
_RED: Final = palette.ink(palette.RED, bold=True)


@dataclass(frozen=True, slots=True)
class Field:
    """A value to write. `type` is text, number, timestamp, duration or yes_no; `initial` is there to begin with.
    Where `wanted` is not empty nothing else will do."""

    name: str
    label: str
    type: str = "text"
    initial: str = ""
    optional: bool = False
    wanted: str = ""


def fault_of(field: Field, value: str) -> str:
    """What is wrong with the value of `field`, as a sentence; empty where it can be taken."""
    text = clean(value.strip())
    if not text and field.optional:
        return ""
    if not text:
        return "This is needed; Esc leaves everything as it is."
    if field.wanted and text != field.wanted:
        return f"Type {field.wanted}, letter by letter; Esc leaves everything as it is."
    if field.type == "yes_no":
        return "" if text in ("yes", "no") else f"'{text}' is neither yes nor no."
    if field.type == "duration":
        return _fault_of_duration(text)
    return fault_in(text, field.type)


def _fault_of_duration(text: str) -> str:
    try:
        return "" if parse_duration(text) else "That is no time at all; write for example 30m or 2h."
    except ValueError as fault:
        return f"{str(fault)[0].upper()}{str(fault)[1:]}."


async def taken_in(field: Input | TextArea) -> None:
    """Wait until the field has what was typed before: over a slow line keys come in bursts, and what decides about a
    text must not overtake it."""
    done = asyncio.Event()
    field.call_later(done.set)
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            await done.wait()


class Form(ModalScreen[Mapping[str, str] | None]):
    """Asks for values; what comes back is each by its name, None when it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "next", id="form.next", priority=True),
        Binding("escape", "close", "leave", id="form.leave"),
    ]
    DOES: ClassVar[str] = "goes on and sends"
    """What Enter does, as the foot says it."""

    def __init__(self, title: str, text: str, fields: Sequence[Field]) -> None:
        super().__init__()
        self._title, self._text, self._fields = title, text, tuple(fields)

    def compose(self) -> ComposeResult:
        """A label, a field and a place for its fault for each value."""
        with VerticalScroll(classes="dialog", can_focus=False):
            yield Static(line((self._title, palette.STRONG)))
            if self._text:
                yield Static(Content(self._text), classes="text")
            for index, field in enumerate(self._fields):
                yield Static(line((field.label, palette.QUIET)), classes="label")
                written = Input(field.initial, id=f"field-{index}", classes="written", select_on_focus=False)
                written.cursor_blink = False
                yield written
                yield Static("", id=f"fault-{index}", classes="fault")
            keys = line(("Enter", palette.STRONG), f" {self.DOES}   ", ("Esc", palette.STRONG), " leaves it")
            yield Static(keys, classes="keys")

    async def action_go_on(self) -> None:
        """On to the next field; at the last one send, or say what is wrong with each."""
        here = next((index for index in range(len(self._fields)) if self._written(index) is self.focused), 0)
        await taken_in(self._written(here))
        if self._show_fault(here):
            return
        if here + 1 < len(self._fields):
            self.set_focus(self._written(here + 1))
            return
        wrong = [index for index in range(len(self._fields)) if self._show_fault(index)]
        if wrong:
            self.set_focus(self._written(wrong[0]))
        else:
            _ = self.dismiss({field.name: self._value(index) for index, field in enumerate(self._fields)})

    def _show_fault(self, index: int) -> str:
        fault = fault_of(self._fields[index], self._value(index))
        self.query_one(f"#fault-{index}", Static).update(line((fault, _RED)))
        return fault

    def _value(self, index: int) -> str:
        return self._written(index).value.strip()

    def _written(self, index: int) -> Input:
        return self.query_one(f"#field-{index}", Input)

    def action_close(self) -> None:
        """Leave everything as it is."""
        _ = self.dismiss(None)


class Editor(ModalScreen[str | None]):
    """A text of several lines to change; what comes back is the new one, None when it is left as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "send", id="editor.send", priority=True),
        Binding("escape", "close", "leave", id="editor.leave", priority=True),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._before = title, text
        self._is_warned = False

    def compose(self) -> ComposeResult:
        """The text and the keys."""
        with Vertical(classes="dialog wide tall"):
            yield Static(line((self._title, palette.STRONG)))
            area = TextArea(self._before, id="area", soft_wrap=True)
            area.cursor_blink = False
            yield area
            keys = line(("Ctrl+S", palette.STRONG), " sends it   ", ("Esc", palette.STRONG), " leaves it as it was")
            yield Static(keys, id="fault", classes="keys")

    async def action_send(self) -> None:
        """Take the text; an empty one takes away what was there."""
        await taken_in(self.query_one("#area", TextArea))
        _ = self.dismiss(self.query_one("#area", TextArea).text.strip())

    async def action_close(self) -> None:
        """Leave it as it was; a change is not thrown away at once."""
        await taken_in(self.query_one("#area", TextArea))
        if self._is_warned or self.query_one("#area", TextArea).text == self._before:
            _ = self.dismiss(None)
        else:
            self._is_warned = True
            told = "Your changes are not sent. Ctrl+S sends them, Esc once more throws them away."
            self.query_one("#fault", Static).update(line((told, _RED)))
