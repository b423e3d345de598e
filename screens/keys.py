"""The console's keys: one table for what they do, the foot line and the help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.binding import Binding
from textual.content import Content

from warroom.screens import palette
from warroom.screens.lines import EMPTY, fit, line


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
    Key("move", "", "↑ ↓ j k", "move", "Select a check; PgUp, PgDn, Home and End go further"),
    Key("zoom", "enter", "Enter", "details", "Give the details the whole screen, and back", "zoom"),
    Key(
        "other",
        "tab,shift+tab",
        "Tab",
        "",
        "Go from the list to the details and back; there the arrows scroll",
        "other",
    ),
    Key("back", "escape", "Esc", "", "Back to the list", "back"),
    Key("answer", "a", "a", "answer", "Answer the question that a check waits with", "answer"),
    Key("rerun", "r", "r", "rerun", "Run the selected check again", "rerun"),
    Key("rerun_all", "R,shift+r", "R", "rerun all", "Run every check again", "rerun_all"),
    Key("stop", "x", "x", "stop", "Stop the run; what is not finished is UNKNOWN", "stop"),
    Key("copy", "c,y", "c", "copy curl", "Copy the command that repeats the check's request (y does too)", "copy"),
    Key("choose", "s", "s", "scenarios", "Choose how the demo's services behave", "choose"),
    Key("notes", "n", "n", "", "Show everything that was noted during the run", "notes"),
    Key("help", "question_mark", "?", "help", "This list", "help"),
    Key(
        "quit",
        "q",
        "q",
        "quit",
        "Leave; asks first while a run is under way, as Ctrl+C and Ctrl+Q always do",
        "leave",
    ),
)

BINDINGS: Final = [Binding(key.keys, key.action, key.label, id=f"console.{key.id}") for key in KEYS if key.action]


def foot_line(width: int, hidden: frozenset[str], marked: frozenset[str]) -> Content:
    """The keys that do something now, as many as fit; those in `marked` stand out."""
    row = EMPTY
    shown = [key for key in KEYS if key.label and key.id not in hidden]
    for key in [*(k for k in shown if k.id in marked), *(k for k in shown if k.id not in marked)]:
        style = palette.fill(palette.TEXT) if key.id in marked else palette.STRONG
        longer = line(row, " ", (f"{key.shown}", style), (f" {key.label} ", palette.QUIET))
        if longer.cell_length > width:
            break
        row = longer
    return fit(row, width)


def help_lines() -> list[Content]:
    """Every key with what it does."""
    return [line((f"{key.shown:<10}", palette.STRONG), key.help) for key in KEYS]
