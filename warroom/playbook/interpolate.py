"""`${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$$` in values, after parsing.

What an input gives stays text: it is never read as YAML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as AbcMapping
from dataclasses import dataclass, field, replace
from typing import Final

from warroom.errors import Problem
from warroom.playbook.nodes import Entry, Key, Mapping, Node, Scalar, Sequence, key_path
from warroom.text import did_you_mean

_MARK: Final = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<inner>[^{}]*)\}|(?P<open>\{))")
_INNER: Final = re.compile(r"(?P<name>[A-Z][A-Z0-9_]*)(?::(?P<how>[-?])(?P<text>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Known:
    """The inputs as far as they are known.

    `values` holds those that are set or have a default, `declared` every name, `reported` those whose absence has
    been reported already. With `lenient` an input that is not set is no problem.
    """

    values: AbcMapping[str, str] = field(repr=False)
    declared: tuple[str, ...]
    reported: frozenset[str] = frozenset()
    lenient: bool = False


def fill(node: Node, known: Known, problems: list[Problem], path: tuple[Key, ...] = ()) -> Node:
    """`node` with the inputs filled in; what cannot be filled is marked `unfilled`, its problem is appended."""
    match node:
        case Mapping(entries):
            filled = {
                key: Entry(entry.key_place, fill(entry.node, known, problems, (*path, key)))
                for key, entry in entries.items()
            }
            return replace(node, entries=filled)
        case Sequence(items):
            return replace(node, items=tuple(fill(item, known, problems, (*path, i)) for i, item in enumerate(items)))
        case Scalar(value):
            return _Filling(node, known, problems, path).scalar() if isinstance(value, str) and "$" in value else node


class _Filling:
    """One scalar."""

    def __init__(self, node: Scalar, known: Known, problems: list[Problem], path: tuple[Key, ...]) -> None:
        self._node = node
        self._known = known
        self._problems = problems
        self._path = path
        self._used: list[str] = []
        self._unfilled = False

    def scalar(self) -> Scalar:
        text = _MARK.sub(self._replacement, str(self._node.value))
        if not self._used:
            return replace(self._node, value=text, text=text)
        return replace(
            self._node,
            value=text,
            text=text,
            raw=self._node.text,
            inputs=tuple(dict.fromkeys(self._used)),
            unfilled=self._unfilled,
        )

    def _replacement(self, mark: re.Match[str]) -> str:
        if mark["dollar"]:
            return "$"
        inner = _INNER.fullmatch(mark["inner"] or "")
        if mark["open"] or not inner:
            return self._cannot(
                mark[0], "", "'${' begins an input", "write ${NAME}, ${NAME:-default} or ${NAME:?message}; $$ for a $"
            )
        name, how = inner["name"], inner["how"]
        if name not in self._known.declared:
            near = did_you_mean(name, list(self._known.declared))
            return self._cannot(mark[0], name, f"there is no input '{name}'", near or "declare it under `inputs`")
        value = self._known.values.get(name)
        self._used.append(name)
        if value is None or (how and not value):
            return self._absent(mark[0], name, how, inner["text"] or "")
        return value

    def _absent(self, mark: str, name: str, how: str | None, text: str) -> str:
        if how == "-":
            return text
        if self._known.lenient or name in self._known.reported:
            self._unfilled = True
            return mark
        message = f"the input '{name}' is not set" + (f": {text}" if how == "?" and text else "")
        return self._cannot(mark, name, message, f"set it, or write ${{{name}:-default}}")

    def _cannot(self, mark: str, name: str, message: str, suggestion: str) -> str:
        """Report, and leave the mark in its place."""
        self._problems.append(self._node.place.problem(key_path(self._path), message, suggestion))
        self._used.append(name)
        self._unfilled = True
        return mark
