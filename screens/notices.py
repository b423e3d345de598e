"""What must not be missed, above everything else: alarms, a lost connection, open questions, remarks of the run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content
from textual.geometry import Size

from warroom.screens import palette
from warroom.screens.lines import fit, line, span
from warroom.screens.view import View
from warroom.text import plural

_TALL = 34


def notice_lines(view: View, now: datetime, size: Size, defects: Sequence[str] = ()) -> list[Content]:
    """One line each, the most urgent first; an alarm has a field of its own where the terminal is tall.

    `defects` are sentences on what went wrong in the console itself.
    """
    width = size.width
    alarms = [_loud(f" ✖ {hint.fix}   ({title}: {hint.symptom})", palette.RED, width) for title, hint in view.alarms]
    if alarms and size.height >= _TALL:
        edge = _loud("", palette.RED, width)
        alarms = [edge, *alarms, edge]
    gone = f" ? no longer connected, {_last(view, now)}: {view.lost}"
    lost = [_loud(gone, palette.UNKNOWN, width)] if view.lost else []
    return [
        *alarms,
        *lost,
        *_questions(view, width),
        *_notes(view, width),
        *[_quiet(text, width) for text in defects],
    ]


def _last(view: View, now: datetime) -> str:
    if view.last_at is None:
        return "no event was seen"
    return f"last event {span(max(0.0, (now - view.last_at).total_seconds()))} ago"


def _questions(view: View, width: int) -> list[Content]:
    open_ones = tuple(view.state.questions.values())
    if not open_ones:
        return []
    count = f"{plural(len(open_ones), 'question')} for you, " if len(open_ones) > 1 else ""
    return [_loud(f" ◆ {count}press a to answer: {open_ones[0].text}", palette.TEXT, width)]


def _notes(view: View, width: int) -> list[Content]:
    notes = view.state.notes
    if not notes:
        return []
    more = f"  (n shows all {len(notes)})" if len(notes) > 1 else ""
    newest = notes[-1]
    word = "" if newest.severity == "info" else f"{newest.severity.upper()}: "
    room = width - len(more)
    return [line(fit(line(" ", (word, palette.STRONG), newest.text), room), (more, palette.QUIET))]


def _loud(text: str, colour: str, width: int) -> Content:
    return line((fit(text, width).plain, palette.fill(colour)))


def _quiet(text: str, width: int) -> Content:
    return line((fit(f" ? {text}", width).plain, palette.ink(palette.UNKNOWN, bold=True)))
