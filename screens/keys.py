"""The consoles' keys: a table for what they do, the foot line and the help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.binding import Binding, BindingType
from textual.content import Content

from warroom.screens import palette
from warroom.screens.lines import fit, line


@dataclass(frozen=True, slots=True)
class Key:
    """`keys` as Textual names them, `shown` as people do; `label` is short for the foot line, `help` a sentence.

    `id` lets a person bind other keys to it. A key without `action` is only described here.
    """

    id: str
    keys: str
    shown: str
    label: str
    help: str
    action: str = ""


KEYS: Final = (
    Key("move", "", "↑↓", "move", "Select a check; so do j, k, PgUp, PgDn, Home and End"),
    Key("zoom", "enter", "Enter", "details", "Give the details the whole screen, and back", "zoom"),
    Key(
        "other",
        "tab,shift+tab",
        "Tab",
        "",
        "To the details and back; there the arrows scroll",
        "other",
    ),
    Key("back", "escape", "Esc", "", "Back to the list", "back"),
    Key("answer", "a", "a", "answer", "Answer the question that a check waits with", "answer"),
    Key("rerun", "r", "r", "rerun", "Run the selected check again", "rerun"),
    Key("rerun_all", "R,shift+r", "R", "rerun all", "Run every check again", "rerun_all"),
    Key("stop", "x", "x", "stop", "Stop the run; what is not finished is UNKNOWN", "stop"),
    Key("copy", "c,y", "c", "copy curl", "Copy the command that repeats the request; so does y", "copy"),
    Key("choose", "s", "s", "scenarios", "Choose how the demo's services behave", "choose"),
    Key("notes", "n", "n", "", "How the run ended, what was noted, and the launch in full", "notes"),
    Key("help", "question_mark", "?", "help", "This list", "help"),
    Key(
        "quit",
        "q",
        "q",
        "quit",
        "Leave; asks first while a run is under way",
        "leave",
    ),
    Key("ask_to_leave", "", "Ctrl+C", "", "Leave; always asks first, and so does Ctrl+Q"),
)


def bindings(table: Sequence[Key]) -> list[BindingType]:
    """What a screen binds so that the keys of `table` do what they say."""
    return [Binding(key.keys, key.action, key.label, id=f"console.{key.id}") for key in table if key.action]


def foot_line(
    table: Sequence[Key],
    width: int,
    hidden: frozenset[str],
    marked: frozenset[str],
    of_item: frozenset[str] = frozenset(),
) -> Content:
    """The keys that do something now, in the table's order. Where not all fit, help and quit stay, then those in
    `marked`, which stand out, then those in `of_item`, which are about what is selected; the arrows go.
    """
    shown = [key for key in table if key.label and key.id not in hidden]
    first = sorted(
        shown,
        key=lambda key: (
            key.id not in ("help", "quit"),
            key.id not in marked,
            key.id not in of_item,
            key.id == "move",
        ),
    )
    kept: set[str] = set()
    room = width - 1
    for key in first:
        room -= len(key.shown) + len(key.label) + 3
        if room < 0:
            break
        kept.add(key.id)
    parts = [_foot_part(key, marked=key.id in marked) for key in shown if key.id in kept]
    return fit(line(" ", *parts), width)


def _foot_part(key: Key, *, marked: bool) -> Content:
    style = palette.fill(palette.TEXT) if marked else palette.STRONG
    return line((key.shown, style), (f" {key.label}  ", palette.QUIET))


def help_items(table: Sequence[Key]) -> list[tuple[str, str]]:
    """Every key with what it does."""
    return [(key.shown, key.help) for key in table if key.shown]
