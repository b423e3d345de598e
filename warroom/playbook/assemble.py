"""One document out of a playbook, what it includes, an environment and the defaults; every node keeps its place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from warroom.errors import PlaybookError, Problem
from warroom.playbook import nodes
from warroom.playbook.nodes import Entry, Node, Place, Scalar, Sequence, complete, overlay
from warroom.playbook.reading import decode, parse, read_bytes
from warroom.text import clean, did_you_mean

MAX_INCLUDES: Final = 20
MAX_INCLUDE_DEPTH: Final = 5
_DEFAULTS_OF: Final = {"target": "targets", "lever": "levers", "check": "checks"}


@dataclass(frozen=True, slots=True)
class Assembled:
    """A document with its includes laid below it. `sha256` is that of the file; with includes it is that of the list
    `<sha256>  <name>` of all files, in the order read, names seen from the folder of the playbook.

    `files` is the content of each by such a name, the playbook itself first.
    """

    top: nodes.Mapping
    sha256: str
    files: Mapping[str, bytes]


def read_document(path: Path) -> Assembled:
    """The playbook at `path` with all that it includes. Raises PlaybookError with the problems of all files."""
    reader = _Reader(path)
    top = reader.read(path, str(path), None)
    if reader.problems:
        raise PlaybookError(reader.problems)
    assert top is not None
    files = {str(Path(name).relative_to(path.parent)): data for name, data in reader.files.items()}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    listed = "".join(f"{digest}  {name}\n" for name, digest in hashes.items())
    only = hashes[path.name] if len(hashes) == 1 else hashlib.sha256(listed.encode()).hexdigest()
    return Assembled(top, only, files)


class _Reader:
    """Reads a playbook and its includes, the deepest first."""

    def __init__(self, path: Path) -> None:
        self._folder = path.parent
        self._open: list[Path] = []
        self._included = 0
        self.files: dict[str, bytes] = {}
        self.problems: list[Problem] = []

    def read(self, path: Path, shown: str, wanted_at: Place | None) -> nodes.Mapping | None:
        """The file with its includes below it; None where it cannot be read."""
        try:
            data = read_bytes(path, shown)
            top = parse(decode(data, shown))
        except PlaybookError as error:
            self.problems += [_from(problem, wanted_at) for problem in error.problems]
            return None
        self.files[shown] = data
        self._open.append(path.resolve())
        below: Node = nodes.Mapping({}, top.place)
        for item in self._includes(top):
            included = self._include(item, path)
            if included:
                below = overlay(below, included.without("include", "warroom"))
        self._open.pop()
        assert isinstance(below, nodes.Mapping)
        return complete(top, below)

    def _includes(self, top: nodes.Mapping) -> list[Scalar]:
        listed = top.get("include")
        if not isinstance(listed, Sequence):
            return []  # the model says what is wrong with it
        return [item for item in listed.items if isinstance(item, Scalar) and isinstance(item.value, str)]

    def _include(self, item: Scalar, by: Path) -> nodes.Mapping | None:
        path = by.parent / item.text
        trouble = self._trouble(path, item.text)
        if trouble:
            self.problems.append(item.place.problem("include", f"'{item.text}' {trouble}"))
            return None
        self._included += 1
        return self.read(path, str(path), item.place)

    def _trouble(self, path: Path, name: str) -> str:
        """Why a file may not be included; empty when it may."""
        try:
            real = path.resolve()
            inside = real.is_relative_to(self._folder.resolve())
        except (OSError, ValueError, RuntimeError):
            return "is not the name of a file"
        if Path(name).is_absolute() or not inside:
            return "is outside the folder of the playbook"
        if real in self._open:
            return "includes itself, directly or by way of others"
        if len(self._open) > MAX_INCLUDE_DEPTH:
            return f"is included over more than {MAX_INCLUDE_DEPTH} files"
        if self._included >= MAX_INCLUDES:
            return f"is one file too many; at most {MAX_INCLUDES} can be included"
        return ""


def _from(problem: Problem, wanted_at: Place | None) -> Problem:
    """A file that cannot be read at all is a problem of the line that includes it."""
    if problem.line or wanted_at is None:
        return problem
    return wanted_at.problem("include", f"{problem.file} {problem.message}")


def with_environment(top: nodes.Mapping, name: str | None, problems: list[Problem]) -> nodes.Mapping:
    """`top` with the environment `name` laid over it. Where there is none of that name, a problem is appended."""
    if name is None:
        return top
    overlays = top.child("environments")
    found = overlays.get(name)
    if found is None:
        known = list(overlays.entries)
        more = did_you_mean(name, known) or ("there is: " + ", ".join(known) if known else "the playbook has none")
        problems.append(Problem("--environment", 0, 0, clean(name, limit=80), "there is no such environment", more))
    if not isinstance(found, nodes.Mapping):
        return top  # the model says what is wrong with it
    merged = overlay(top, found.without("environments", "include", "warroom"))
    assert isinstance(merged, nodes.Mapping)
    return merged


def with_defaults(top: nodes.Mapping, knows: Callable[[nodes.Mapping, str], bool]) -> nodes.Mapping:
    """`top` with the `defaults` laid below the entries of their sections.

    `knows(check, key)` says whether a check can have a key; a default that it cannot have does not concern it.
    """
    defaults = top.child("defaults")
    entries = dict(top.entries)
    for kind, section in _DEFAULTS_OF.items():
        below, found = defaults.child(kind), entries.get(section)
        if below.entries and found and isinstance(found.node, nodes.Mapping):
            knows_it = knows if kind == "check" else _knows_all
            entries[section] = Entry(found.key_place, _completed(found.node, below, knows_it))
    return replace(top, entries=entries)


def _knows_all(_entry: nodes.Mapping, _key: str) -> bool:
    return True


def _completed(
    section: nodes.Mapping, below: nodes.Mapping, knows: Callable[[nodes.Mapping, str], bool]
) -> nodes.Mapping:
    laid: dict[str, Entry] = {}
    for name, entry in section.entries.items():
        node = entry.node
        if isinstance(node, nodes.Mapping):
            strange = [key for key in below.entries if not knows(node, key)]
            node = complete(node, below.without(*strange))
        laid[name] = Entry(entry.key_place, node)
    return replace(section, entries=laid)
