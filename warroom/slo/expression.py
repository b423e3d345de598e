"""What an expression in PromQL reads: the series that it selects, and how far back. No more of it is understood."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from warroom.units import parse_duration

_QUOTED: Final = r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`"""
_TOKEN: Final = re.compile(
    rf"""(?P<skip>\s+|\#[^\n]*|{_QUOTED})
    |(?P<braces>\{{(?:{_QUOTED}|[^{{}}"'`])*\}})
    |(?P<range>\[[^\]]*\])
    |(?P<number>[0-9.][0-9A-Za-z_.]*)
    |(?P<name>[A-Za-z_:][A-Za-z0-9_:]*)
    |(?P<other>.)""",
    re.VERBOSE,
)
# What stands before labels in brackets; `group_left` may stand alone.
_BEFORE_LABELS: Final = frozenset(("by", "without", "on", "ignoring", "group_left", "group_right"))
_WORDS: Final = _BEFORE_LABELS | {"and", "or", "unless", "atan2", "bool", "inf", "nan"}


@dataclass(slots=True)
class Read:
    """Series that an expression reads: `selector` as it is written; `window` is how far back, zero for as they are.
    `is_past`: at another time than now, on purpose."""

    selector: str
    window: timedelta = timedelta()
    is_past: bool = False


def reads_of(text: str) -> tuple[Read, ...]:
    """What the expression `text` reads, in the order in which it is written."""
    return tuple(_Reader(text).reads())


class _Reader:
    """Goes through the tokens once. What follows a bracket is about everything in it."""

    def __init__(self, text: str) -> None:
        self._tokens = [(match.lastgroup or "", match[0]) for match in _TOKEN.finditer(text)]
        self._tokens = [token for token in self._tokens if token[0] != "skip"]
        self._place = 0
        self._found: list[Read] = []

    def reads(self) -> Sequence[Read]:
        opened, operand = list[int](), self._found[:0]
        for kind, token in self._each():
            before = len(self._found)
            if kind == "braces" or (kind == "name" and self._is_metric(token)):
                self._found.append(Read(token + (self._take("braces") if kind == "name" else "")))
                operand = self._found[before:]
            elif token == "(":
                opened.append(before)
            elif token == ")" and opened:
                operand = self._found[opened.pop() :]
            elif kind == "range":
                for one in operand:
                    one.window = max(one.window, _reach(token))
            elif token == "@" or token.lower() == "offset":
                for one in operand:
                    one.is_past = True
        return self._found

    def _each(self) -> Iterator[tuple[str, str]]:
        while self._place < len(self._tokens):
            self._place += 1
            yield self._tokens[self._place - 1]

    def _next(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("", "")

    def _take(self, kind: str) -> str:
        """The next token, if it is of that kind; then it is done with."""
        found = self._next()
        if found[0] != kind:
            return ""
        self._place += 1
        return found[1]

    def _is_metric(self, name: str) -> bool:
        """Whether it is one, and no function, operator or list of labels; labels are done with."""
        word, after = name.lower(), self._next()[1].lower()
        if word in _BEFORE_LABELS and after == "(":
            while self._next()[1] not in (")", ""):
                self._place += 1
            self._place += 1
            return False
        return word not in (*_WORDS, "offset") and after not in ("(", "by", "without")


def _reach(token: str) -> timedelta:
    """How far back `[5m]` or `[1h:1m]` goes; zero where that is written in another way than a Prometheus reads."""
    try:
        return parse_duration(token[1:-1].partition(":")[0])
    except ValueError:
        return timedelta()
