"""From nodes to models: every fault of a model becomes a problem at the very key or value, in the author's words.

Problems are made from the place, the kind and the text of a fault, never from the input: a value that an input gave
may be a secret.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from warroom.errors import Problem
from warroom.playbook.fields import fields_at
from warroom.playbook.nodes import Key, Mapping, Node, Path, Place, Scalar, find, key_path, paths, plain
from warroom.playbook.wording import has_wording, is_about_type, message_of
from warroom.text import did_you_mean, plural

M = TypeVar("M", bound=BaseModel)

_ROUNDS: Final = 3
_FEW: Final = 12
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """What pydantic found at `path` (steps of its location that only name a branch of a union are left out).

    `is_key`: it is about the last key itself. `last` is the last step of its location, the name of a missing key.
    """

    path: Path
    is_key: bool
    last: Key
    type: str
    message: str


def validate(
    model: type[M], node: Node, path: Path = (), *, also: Iterable[str] = ()
) -> tuple[M | None, list[Problem]]:
    """`node` as `model`; None with every problem where it does not fit. None without problems where all its faults
    come from inputs that are not known.

    A plain value that YAML takes for a number or a truth value is text where the model asks for text. `also` names
    keys that are known at the top beside the model's own, for suggestions.
    """
    data = plain(node)
    hidden: set[Path] = set()
    first: dict[Path, Fault] = {}
    faults: list[Fault] = []
    for _ in range(_ROUNDS):
        try:
            made = model.model_validate(data)
        except ValidationError as error:
            faults = [_fault(node, each) for each in error.errors(include_url=False, include_input=False)]
        else:
            return (None if hidden else made), [_does_not_fit(node, where, path) for where in sorted(hidden, key=str)]
        others = [(fault, other) for fault in faults for other in _other_readings(node, fault, data, hidden)]
        for fault, (where, text) in others:
            data = _with(data, where, text)
            first.setdefault(where, fault)
        if not others:
            break
    # A number read as text may fit no better: then what was wrong with the number counts.
    told = [first.get(fault.path, fault) if is_about_type(fault.type) else fault for fault in faults]
    return None, _Report(model, node, path, tuple(also)).problems(told)


def _fault(node: Node, details: Any) -> Fault:
    path: Path = ()
    is_key = False
    for step in details["loc"]:
        if find(node, (*path, step)) is not None:
            path = (*path, step)
        is_key = step == "[key]"
    if details["type"] == "union_tag_invalid":
        # What is wrong is the value that says which branch is meant.
        path = (*path, details["ctx"]["discriminator"].strip("'"))
    last = details["loc"][-1] if details["loc"] else ""
    return Fault(path, is_key, last, details["type"], message_of(details))


def _other_readings(node: Node, fault: Fault, data: Any, hidden: set[Path]) -> list[tuple[Path, str]]:
    """Values to try instead: for a number where text is asked the author's own text; for what an input gave, where
    the fault's message could quote it, the name of the input."""
    found = find(node, fault.path)
    if isinstance(found, Scalar) and fault.type in ("string_type", "value_error"):
        tried = functools.reduce(lambda inner, step: inner[step], fault.path, data)
        as_text = isinstance(tried, int | float) and (fault.type == "string_type" or not isinstance(tried, bool))
        if found.plain and as_text:
            return [(fault.path, found.text)]
    if found is None or has_wording(fault.type):
        return []
    quoted = [(fault.path + inner, scalar.raw) for inner, scalar in paths(found) if scalar.inputs]
    fresh = [(where, raw) for where, raw in quoted if where not in hidden]
    hidden.update(where for where, _ in fresh)
    return fresh


def _with(data: Any, path: Path, value: Any) -> Any:
    """Plain data with one value replaced."""
    if not path:
        return value
    copy = data.copy()
    copy[path[0]] = _with(data[path[0]], path[1:], value)
    return copy


def _does_not_fit(node: Node, where: Path, path: Path) -> Problem:
    """The problem of a value that fits only when it is hidden."""
    found = find(node, where)
    assert isinstance(found, Scalar)
    return found.place.problem(key_path(path + where), f"what {found.giver} gives does not fit here")


class _Report:
    """Problems out of faults."""

    def __init__(self, model: type[BaseModel], node: Node, path: Path, also: Sequence[str]) -> None:
        self._model = model
        self._node = node
        self._path = path
        self._also = also

    def problems(self, faults: Sequence[Fault]) -> list[Problem]:
        """One for each fault, less what only says that another branch of a union does not fit either."""
        told = [f for f in faults[:_MOST] if not self._is_unfilled(f) and not _is_noise(f, faults)]
        problems = [self._problem(fault) for fault in _joined(told)]
        if len(faults) > _MOST:
            more = plural(len(faults) - _MOST, "further problem")
            problems.append(self._node.place.problem(key_path(self._path), f"{more} not shown"))
        return problems

    def _is_unfilled(self, fault: Fault) -> bool:
        found = find(self._node, fault.path)
        if found is None or (has_wording(fault.type) and not isinstance(found, Scalar)):
            return False
        return any(scalar.unfilled for _, scalar in paths(found))

    def _problem(self, fault: Fault) -> Problem:
        path = (*self._path, *fault.path)
        if fault.type == "missing":
            return self._key_place(fault.path).problem(key_path((*path, fault.last)), fault.message)
        if fault.type == "extra_forbidden":
            return self._key_place(fault.path).problem(key_path(path), fault.message, self._known_keys(fault.path))
        place = self._key_place(fault.path) if fault.is_key else self._value_place(fault.path)
        return place.problem(key_path(path), fault.message, self._suggestion(fault))

    def _known_keys(self, path: Path) -> str:
        known = [*fields_at(self._model, path[:-1]), *(self._also if len(path) == 1 else ())]
        near = did_you_mean(str(path[-1]), known)
        return near or ("known here: " + ", ".join(known) if 0 < len(known) <= _FEW else "")

    def _suggestion(self, fault: Fault) -> str:
        found = find(self._node, fault.path)
        if isinstance(found, Scalar) and found.inputs:
            return f"{found.giver} gives it"
        return "YAML 1.2 knows only true and false" if fault.type == "bool_type" else ""

    def _key_place(self, path: Path) -> Place:
        """Where the last key of `path` stands; the start of the item where it is one of a list."""
        parent = find(self._node, path[:-1]) if path else None
        if isinstance(parent, Mapping) and path[-1] in parent.entries:
            return parent.entries[str(path[-1])].key_place
        return self._value_place(path)

    def _value_place(self, path: Path) -> Place:
        return (find(self._node, path) or self._node).place


def _joined(faults: Sequence[Fault]) -> list[Fault]:
    """One fault for all the branches of a union: `should be text or a list`."""
    joined: dict[object, Fault] = {}
    for index, fault in enumerate(faults):
        same = fault.path if is_about_type(fault.type) else index
        before = joined.get(same)
        if before is None:
            joined[same] = fault
        elif fault.message not in before.message:
            joined[same] = replace(before, message=f"{before.message} or {fault.message.removeprefix('should be ')}")
    return list(joined.values())


def _is_noise(fault: Fault, faults: Sequence[Fault]) -> bool:
    """Whether another fault lies deeper, in the branch of a union that the author meant."""
    depth = len(fault.path)
    return is_about_type(fault.type) and any(
        len(other.path) > depth and other.path[:depth] == fault.path for other in faults
    )
