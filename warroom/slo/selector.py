"""Selectors of series as a playbook writes them: `http_requests_total{code=~"5..",job!="test"}`."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from warroom.slo.query import Selector
from warroom.text import one_line

if TYPE_CHECKING:
    import regex

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*")
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`')
_ESCAPES = {
    "\\": "\\",
    '"': '"',
    "'": "'",
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
}
_PATTERN_S: Final = 0.5
_EXAMPLE: Final = 'http_requests_total{code=~"5.."}'


class PatternTooSlow(Exception):
    """A pattern did not come to an end on the value of a label; the message says which."""


def parse_selector(text: str) -> Selector:
    """The selector written so, in PromQL's notation. Raises ValueError with a sentence for the author."""
    word = text.strip()
    name = _NAME.match(word)
    if not name:
        raise ValueError(f"'{one_line(word)}' does not start with the name of a metric, as {_EXAMPLE} does")
    rest = word[name.end() :].strip()
    if not rest:
        return Selector(name[0])
    if not rest.startswith("{"):
        raise ValueError(
            f"'{one_line(word)}': a metric and the labels that it must have are wanted, as in {_EXAMPLE}; "
            "a whole expression is written as expr"
        )
    return Selector(name[0], _matchers(word, rest))


def _matchers(word: str, rest: str) -> tuple[tuple[str, str, str], ...]:
    """The matchers in braces; `rest` starts with `{`."""
    found: list[tuple[str, str, str]] = []
    place = 1
    while not (ends := re.compile(r"\s*\}").match(rest, place)):
        label = _LABEL.match(rest, place)
        if not label:
            raise ValueError(_near(word, rest, place, 'a label is written as code="500", with =, !=, =~ or !~'))
        value = _QUOTED.match(rest, label.end())
        if not value:
            raise ValueError(_near(word, rest, label.end(), f"the value of {label[1]} stands in quotes"))
        found.append((label[1], label[2], _unquoted(word, value[0])))
        _check_pattern(word, *found[-1])
        comma = re.compile(r"\s*(,|(?=\}))").match(rest, value.end())
        if not comma:
            raise ValueError(_near(word, rest, value.end(), "labels are parted by commas and end with }"))
        place = comma.end()
    if rest[ends.end() :].strip():
        raise ValueError(
            _near(word, rest, ends.end(), "nothing may follow the labels; a whole expression is written as expr")
        )
    return tuple(found)


def _near(word: str, rest: str, place: int, problem: str) -> str:
    here = one_line(rest[place : place + 20]) or "its end"
    return f"'{one_line(word)}': at {here}: {problem}"


def _unquoted(word: str, quoted: str) -> str:
    if quoted.startswith("`"):
        return quoted[1:-1]

    def escaped(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "xuU":
            return chr(int(code[1:], 16))
        if code not in _ESCAPES:
            hint = f"for a pattern write \\\\{code}, or use backquotes"
            raise ValueError(f"'{one_line(word)}': \\{code} is not an escape; {hint}")
        return _ESCAPES[code]

    return re.sub(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", escaped, quoted[1:-1])


def _check_pattern(word: str, label: str, op: str, value: str) -> None:
    if "~" not in op:
        return
    try:
        # What the standard library takes, the library that matches takes too; that one is not loaded yet.
        re.compile(value)
        return
    except re.error:
        import regex
    try:
        _compiled(value)
    except regex.error as error:
        raise ValueError(f"'{one_line(word)}': the pattern of {label} is wrong: {error}") from None


@functools.lru_cache(maxsize=1_000)
def _compiled(pattern: str) -> regex.Pattern[str]:
    import regex

    return regex.compile(pattern)


def text_of(selector: Selector) -> str:
    """The selector in PromQL's notation."""
    if not selector.matchers:
        return selector.name
    matchers = ",".join(
        f"{label}{op}{json.dumps(value, ensure_ascii=False)}" for label, op, value in selector.matchers
    )
    return f"{selector.name}{{{matchers}}}"


def matches(selector: Selector, labels: Mapping[str, str]) -> bool:
    """Whether labels are as the selector wants them, its name aside. A label that is not there is empty.

    Raises PatternTooSlow.
    """
    return all(_holds(label, op, value, labels.get(label, "")) for label, op, value in selector.matchers)


def needed_labels(selector: Selector) -> list[str]:
    """The labels that a series must have to match: those that may not be empty."""
    return [label for label, op, value in selector.matchers if not _holds(label, op, value, "")]


def family(selector: Selector) -> Selector:
    """All series of that name which have the labels that the selector asks for, whatever their values."""
    return Selector(selector.name, tuple((label, "!=", "") for label in sorted(set(needed_labels(selector)))))


def _holds(label: str, op: str, wanted: str, actual: str) -> bool:
    if op in ("=", "!="):
        return (actual == wanted) is (op == "=")
    try:
        found = _compiled(wanted).fullmatch(actual, timeout=_PATTERN_S) is not None
    except TimeoutError:
        raise PatternTooSlow(f"the pattern {one_line(wanted)} of {label} takes too long") from None
    return found is (op == "=~")
