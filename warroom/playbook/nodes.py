"""A YAML document as values that know where they stand: what the loader merges, fills in and validates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from warroom.errors import Problem
from warroom.playbook.masking import masked
from warroom.text import clean

_WIDEST_LINE = 160

Key = str | int
"""One step into a document: the key of a mapping or the index of a list."""

Path = tuple[Key, ...]
"""The way from the top of a document to a node."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it is named to people, and its lines without their ends."""

    file: str
    lines: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column in a file, both from 1."""

    source: Source
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.source.file}:{self.line}:{self.column}"

    def problem(self, key: str, message: str, suggestion: str = "") -> Problem:
        """A finding at this place; foreign text in it is made safe to show, and gives no access."""
        return Problem(
            file=clean(self.source.file),
            line=self.line,
            column=self.column,
            key=clean(key, limit=200),
            message=clean(masked(message), limit=600),
            suggestion=clean(masked(suggestion), limit=600),
            source_line=self._source_line(),
        )

    def _source_line(self) -> str:
        """The line with one visible character for each of its characters, so that a caret stands right."""
        if not 0 < self.line <= len(self.source.lines) or self.column > _WIDEST_LINE:
            return ""
        line = masked(self.source.lines[self.line - 1])[:_WIDEST_LINE].replace("\t", " ")
        return "".join(char if clean(char) == char else "\ufffd" for char in line).rstrip()


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value. `text` as the author wrote it, `value` what YAML 1.2 makes of it (text stays text).

    Once inputs are filled in, `inputs` names those that the value holds and `raw` is the text before; nothing of
    such a value may be shown. `unfilled`: the value is not known, because an input is not set.
    """

    value: str | int | float | bool | None
    text: str
    place: Place
    plain: bool = True
    inputs: tuple[str, ...] = ()
    raw: str = ""
    unfilled: bool = False

    @property
    def shown(self) -> str:
        """What may be shown of it: the author's own text."""
        return self.raw if self.inputs else self.text

    @property
    def giver(self) -> str:
        """The inputs that the value comes from, in a sentence: `the input 'APP_URL'`."""
        names = ", ".join(f"'{name}'" for name in self.inputs)
        return f"the input {names}" if len(self.inputs) == 1 else f"one of the inputs {names}"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of a mapping, and where its key stands."""

    key_place: Place
    node: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values, in the order of the file."""

    entries: dict[str, Entry]
    place: Place

    def get(self, key: str) -> Node | None:
        """The value under `key`; None where there is none."""
        entry = self.entries.get(key)
        return entry.node if entry else None

    def child(self, key: str) -> Mapping:
        """The mapping under `key`; an empty one where there is none or something else."""
        found = self.get(key)
        return found if isinstance(found, Mapping) else Mapping({}, self.place)

    def without(self, *keys: str) -> Mapping:
        """The same mapping less `keys`."""
        return replace(self, entries={key: entry for key, entry in self.entries.items() if key not in keys})


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> object:
    """The document as plain dicts, lists and values."""
    match node:
        case Mapping(entries):
            return {key: plain(entry.node) for key, entry in entries.items()}
        case Sequence(items):
            return [plain(item) for item in items]
        case Scalar(value):
            return value


def find(node: Node, path: Path) -> Node | None:
    """The node at `path`; None where it leads nowhere."""
    found: Node | None = node
    for step in path:
        match found:
            case Mapping(entries):
                found = entries[step].node if isinstance(step, str) and step in entries else None
            case Sequence(items):
                found = items[step] if isinstance(step, int) and 0 <= step < len(items) else None
            case _:
                return None
    return found


def paths(node: Node, path: Path = ()) -> Iterator[tuple[Path, Scalar]]:
    """Every single value in `node` with the way to it, in the order of the file."""
    match node:
        case Mapping(entries):
            for key, entry in entries.items():
                yield from paths(entry.node, (*path, key))
        case Sequence(items):
            for index, item in enumerate(items):
                yield from paths(item, (*path, index))
        case Scalar():
            yield path, node


def overlay(below: Node, above: Node) -> Node:
    """`above` laid over `below`: mappings merge deep, everything else is replaced; the order is that of `below`."""
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    entries = dict(below.entries)
    for key, entry in above.entries.items():
        under = entries.get(key)
        entries[key] = Entry(entry.key_place, overlay(under.node, entry.node)) if under else entry
    return Mapping(entries, below.place)


def complete(node: Mapping, by: Mapping) -> Mapping:
    """`node` with what it lacks taken from `by`, mappings deep; the order is that of `node`."""
    entries = {}
    for key, entry in node.entries.items():
        other = by.get(key)
        if isinstance(entry.node, Mapping) and isinstance(other, Mapping):
            entries[key] = Entry(entry.key_place, complete(entry.node, other))
        else:
            entries[key] = entry
    return Mapping({**entries, **{key: each for key, each in by.entries.items() if key not in entries}}, node.place)


def key_path(path: Path) -> str:
    """`checks.canary.expect[0].is`."""
    out = ""
    for step in path:
        out += f"[{step}]" if isinstance(step, int) else f".{step}" if out else step
    return out
