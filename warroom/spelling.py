"""Reads the escapes of JSON, of addresses and of HTML wherever they stand, and knows where each character came from.

Servers spell one text in many ways: PHP writes `\\/`, Go `\\u0026`, others `\\u003C`, `%2f` or `&#x27;`, and one
inside another. To find a text in all of them, escapes are read, whoever wrote them, until none is left.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_DEEPEST: Final = 4
_LONGEST: Final = 12

_H: Final = "[0-9a-fA-F]"
_NEXT: Final = f"%[89abAB]{_H}"
_ESCAPE: Final = re.compile(
    rf"""\\(?:u[dD][89abAB]{_H}{{2}}\\u[dD][c-fC-F]{_H}{{2}}|u{_H}{{4}}|U{_H}{{8}}|x{_H}{{2}}|[^\w\s]|[bfnrte0])"""
    rf"""|%(?:[0-7]{_H}|(?:[cC][2-9a-fA-F]|[dD]{_H}){_NEXT}|[eE]{_H}{_NEXT}{_NEXT}|[fF][0-4]{_NEXT}{_NEXT}{_NEXT})"""
    rf"""|&(?:amp|lt|gt|quot|apos|\#[0-9]{{1,7}}|\#[xX]{_H}{{1,6}});"""
)
_BEGUN: Final = re.compile(
    rf"(?:\\(?:u[dD]{_H}{{3}}(?:\\(?:u{_H}{{0,3}})?)?|[uU]{_H}{{0,7}}|x{_H}?)?"
    rf"|(?:%[89a-fA-F]{_H}){{1,3}}(?:%{_H}?)?|%{_H}?|&\#?\w{{0,7}})\Z"
)
_SHORT: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "e": "\x1b", "0": "\0"}
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text whose escapes were read; `origin` is the same with one reading less, None for the text as it came.

    `at` are the places of the characters that were an escape, in ascending order; `ends` where each escape ended in
    `origin`.
    """

    text: str
    at: list[int]
    ends: list[int]
    origin: Decoded | None = None

    def source(self, place: int) -> int:
        """The place, in the text as it came first, of the character at `place` (or of the end)."""
        before = bisect_left(self.at, place) - 1
        inner = place if before < 0 else self.ends[before] + place - self.at[before] - 1
        return self.origin.source(inner) if self.origin else inner


def levels(text: str) -> Iterator[Decoded]:
    """`text` as it is, then with its escapes read once, twice, ... until none is left; at most four times."""
    level: Decoded | None = Decoded(text, [], [])
    for _ in range(_DEEPEST + 1):
        if level is None:
            return
        yield level
        level = _decoded(level)


def _decoded(origin: Decoded) -> Decoded | None:
    """`origin` with its escapes read once more; None when it has none."""
    text = origin.text
    pieces: list[str] = []
    at: list[int] = []
    ends: list[int] = []
    done = length = 0
    for escape in _ESCAPE.finditer(text):
        start, end = escape.span()
        pieces += (text[done:start], _read(escape[0]))
        length += start - done
        at.append(length)
        ends.append(end)
        length, done = length + 1, end
    return Decoded("".join([*pieces, text[done:]]), at, ends, origin) if at else None


def _read(escape: str) -> str:
    """The one character that `escape` stands for; U+FFFD for one that Unicode has not."""
    if escape[0] == "%":
        read = bytes.fromhex(escape.replace("%", "")).decode("utf-8", "replace")
        return read if len(read) == 1 else "\ufffd"
    if escape[0] == "&":
        name = escape[1:-1]
        return _NAMED.get(name) or _char(int(f"0{name[1:]}", 0) if name[1] in "xX" else int(name[1:]))
    if escape[1] not in "uUx":
        return _SHORT.get(escape[1], escape[1])
    if len(escape) == 12:
        high, low = int(escape[2:6], 16), int(escape[8:], 16)
        return _char(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    return _char(int(f"0x{escape[2:]}", 0))


def _char(code: int) -> str:
    return chr(code) if code <= 0x10FFFF else "\ufffd"


def without_begun(text: str) -> str:
    """`text` without the escape that it may end in the middle of."""
    return text[:-_LONGEST] + _BEGUN.sub("", text[-_LONGEST:])
