"""The text of a post: lines with `{{ dotted.name }}` and the six helpers, nothing else. No logic, no filters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from warroom.text import clean

LONGEST: Final = 12_000
"""Characters of a template."""

HELPERS: Final = ("badge", "lines", "note", "signals", "levers", "overall")

_MARK: Final = re.compile(r"\{\{(?P<inner>[^{}]*)\}\}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_CALL: Final = re.compile(r"(?P<helper>[a-z_]+)\((?P<arguments>.*)\)")
_ARGUMENT: Final = re.compile(r'\s*(?:(?P<check>[A-Za-z][A-Za-z0-9_.-]*)|"(?P<text>[^"]+)")\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Value:
    """`{{ dotted.name }}`: something that is known by the time of the post, or the post is held."""

    name: str


@dataclass(frozen=True, slots=True)
class Picked:
    """A check (or a signal, or a lever), and of its lines those that hold one of the `texts` (empty: all of them).

    The last lever has the text that is said where all of them are as they should be.
    """

    check: str
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """`{{ helper(check, other, "text") }}`: something about the results of checks, about signals, about levers, or
    (`overall()`) about everything."""

    helper: str
    picks: tuple[Picked, ...]

    @property
    def checks(self) -> tuple[str, ...]:
        """Ids of the checks, in the order in which they are named."""
        return () if self.helper in ("signals", "levers") else tuple(pick.check for pick in self.picks)

    @property
    def signals(self) -> tuple[str, ...]:
        """Ids of the signals, in the order in which they are named."""
        return tuple(pick.check for pick in self.picks) if self.helper == "signals" else ()

    @property
    def levers(self) -> tuple[str, ...]:
        """Names of the levers, in the order in which they are named."""
        return tuple(pick.check for pick in self.picks) if self.helper == "levers" else ()


Part = str | Value | Call
Line = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A text, line by line; each line is text and insertions in turn. Without lines it says nothing."""

    lines: tuple[Line, ...] = ()

    @property
    def insertions(self) -> Iterator[Value | Call]:
        """Every insertion, from the top."""
        return (part for line in self.lines for part in line if not isinstance(part, str))

    @property
    def values(self) -> tuple[Value, ...]:
        """The values, from the top."""
        return tuple(part for part in self.insertions if isinstance(part, Value))

    @property
    def calls(self) -> tuple[Call, ...]:
        """The helpers, from the top."""
        return tuple(part for part in self.insertions if isinstance(part, Call))


def parse_template(text: str) -> Template:
    """The template that `text` spells. Raises ValueError with a sentence for the author of the playbook."""
    if not text.strip():
        raise ValueError("a template needs a text")
    if len(text) > LONGEST:
        raise ValueError(f"a template has at most {LONGEST:,} characters")
    lines = clean(text, limit=LONGEST, lines=True).rstrip("\n").split("\n")
    return Template(tuple(tuple(_parts(line)) for line in lines))


def _parts(line: str) -> Iterator[Part]:
    end = 0
    for mark in _MARK.finditer(line):
        yield from _plain(line[end : mark.start()])
        yield _insertion(mark["inner"].strip())
        end = mark.end()
    yield from _plain(line[end:])


def _plain(text: str) -> Iterator[str]:
    if "{{" in text or "}}" in text:
        raise ValueError(f"'{text.strip()}': write an insertion on one line as {{{{ dotted.name }}}}")
    if text:
        yield text


def _insertion(inner: str) -> Value | Call:
    if _NAME.fullmatch(inner):
        return Value(inner)
    call = _CALL.fullmatch(inner)
    if call is None:
        raise ValueError(f"'{inner}' is neither a dotted name such as launch.id nor a helper such as badge(check)")
    if call["helper"] not in HELPERS:
        raise ValueError(f"there is no helper '{call['helper']}'; there is {', '.join(HELPERS)}")
    return Call(call["helper"], _picks(call["helper"], call["arguments"], inner))


def _picks(helper: str, arguments: str, inner: str) -> tuple[Picked, ...]:
    if helper == "overall":
        if arguments.strip():
            raise ValueError(f"'{inner}': overall() is about everything, it names nothing")
        return ()
    picks: list[Picked] = []
    at = 0
    while at < len(arguments) or not picks:
        argument = _ARGUMENT.match(arguments, at)
        if argument is None or argument.end() == at:
            raise ValueError(f"'{inner}': name checks, and after a check texts in double quotes that pick its lines")
        at = argument.end()
        if argument["check"]:
            picks.append(Picked(argument["check"]))
        elif picks and helper in ("lines", "levers"):
            picks[-1] = Picked(picks[-1].check, (*picks[-1].texts, argument["text"]))
        else:
            raise ValueError(f"'{inner}': texts pick the lines of the check before them, in lines() alone")
    if helper == "levers" and [len(pick.texts) for pick in picks] != [0] * (len(picks) - 1) + [1]:
        raise ValueError(f"'{inner}': name levers, then the text that holds while they are as they should be")
    return tuple(picks)
