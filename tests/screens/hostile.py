"""Text that wants to be more than text, in every text field of every event."""

import dataclasses
import random
from typing import Any

from tests.screens import replays
from warroom.events import CheckFinished, CheckInfo, CheckOutcome, CheckStarted, Event, Noted, RunFinished, RunStarted
from warroom.verdict import Result, Verdict

# What is compared with known words is left as it is, so that every way of drawing is reached.
_KEPT = frozenset(("severity", "state", "answer_type"))

STRINGS = {
    "closing markup": "[/x]",
    "a link that quits": "[@click=app.quit]quit[/]",
    "a style": "[bold red]loud[/bold red]",
    "an open bracket": "[",
    "a variable of the style sheet": "[$error]",
    "an escape sequence": "\x1b[31mPWN\x1b[2J",
    "the clipboard": "\x1b]52;c;cHduZWQ=\x07",
    "a title": "\x1b]0;PWN\x1b\\",
    "C1 controls": "\x9b31mPWN\x9d52;c;cHduZWQ=\x9c",
    "bells and nulls": "\x07\x00\x08\x7f",
    "line breaks": "one\r\ntwo\nthree\ttab\x0bvt\x0cff",
    "right to left": "\u202etxt.exe\u2066",
    "zero width": "pay\u200b\u2060pal\ufeff",
    "a lone surrogate": "\ud800",
    "wide": "漢字" * 40,
    "stacked accents": "e" + "\u0301" * 60,
    "an emoji family": "👩\u200d👩\u200d👧\u200d👦",
    "five thousand letters": "x" * 5000,
    "a template": "{0} {actual} ${HOME} %s",
}


def poisoned(value: Any, text: str) -> Any:
    """`value` with `text` after every text in it; what referred to each other still does."""
    if type(value) is str:
        return f"{value} {text}" if value else text
    if isinstance(value, tuple):
        return tuple(poisoned(item, text) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return type(value)(**{n: v if n in _KEPT else poisoned(v, text) for n, v in fields.items()})
    return value


def events(text: str, *, asks: str = "text") -> list[Event]:
    """Every kind of event, with `text` in every field."""
    known = [*replays.kill_switch_off()[:-1], *replays.retrying()[-6:-4], Noted("noted", "warning")]
    questions = [event for event in replays.asking(asks) if type(event).__name__ in ("Asked", "Answered")]
    return [poisoned(event, text) for event in [*known, *questions, *replays.kill_switch_off()[-1:]]]


def strings(count: int) -> list[str]:
    """So many different strings made of the hostile ones, `PWN` behind every piece; the same ones each time."""
    # Broad signs act on nothing, and the emulator of the tests stumbles over them.
    pieces = [
        text[:12] for name, text in STRINGS.items() if name not in ("wide", "stacked accents", "an emoji family")
    ]
    made = random.Random(20251101)
    return ["PWN".join([*made.choices(pieces, k=made.randint(1, 6)), ""]) for _ in range(count)]


def crowd(checks: int = 50, each: int = 100) -> list[Event]:
    """A run of many checks with many lines, every line another hostile string behind its number `<0042>`."""
    infos = tuple(CheckInfo(f"c{index}", "http", f"Check {index}") for index in range(checks))
    begun = replays.begun()[0]
    assert isinstance(begun, RunStarted)
    events: list[Event] = [dataclasses.replace(begun, checks=infos)]
    made = strings(checks * each)
    for index, info in enumerate(infos):
        lines = tuple(
            Result(Verdict.FAIL, f"<{number:04d}> {made[number]}")
            for number in range(index * each, index * each + each)
        )
        found = CheckOutcome(
            info.id, info.kind, info.title, True, Verdict.FAIL, "RED", lines[0].say, replays.START, 0.1, results=lines
        )
        events += [CheckStarted(info.id), CheckFinished(found)]
    return [*events, RunFinished(Verdict.FAIL, "RED", 1, "all of them", "evidence.log")]


def everything() -> list[Event]:
    """All of them in one: for a real terminal."""
    return events(" ".join(text for name, text in STRINGS.items() if name != "five thousand letters"))
