"""Kinds of check that third parties bring, by the entry-point group `warroom.checks`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from warroom.contract import AnyKind, Kind, Parameters
from warroom.errors import UsageError
from warroom.text import one_line

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "warroom.checks"
COMMON_KEYS = frozenset(("kind", "title", "required", "timeout", "max_age", "tolerate"))
"""The keys that every check has; no kind may have a parameter of that name."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def fault_of(kind: object) -> str:
    """Why `kind` cannot be registered, as the end of a sentence; empty when it can."""
    if not isinstance(kind, Kind):
        return f"is {type(kind).__name__}, not a warroom.contract.Kind"
    name: object = kind.name
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return "has no name such as queue_depth"
    params: object = kind.params
    if not isinstance(params, type) or not issubclass(params, Parameters):
        return "has `params` that are not a subclass of warroom.contract.Parameters"
    if not inspect.iscoroutinefunction(kind.run):
        return "has a `run` that is not an async function"
    if kind.params.model_config.get("extra") != "forbid" or not kind.params.model_config.get("frozen"):
        return "has `params` that take unknown keys or can be changed"
    fields = {field.alias or name for name, field in kind.params.model_fields.items()}
    if taken := sorted(fields & COMMON_KEYS):
        return f"has a parameter '{taken[0]}', which is a key of every check"
    return ""


def with_third_party(builtin: Iterable[AnyKind]) -> Mapping[str, AnyKind]:
    """The built-in kinds and those of every installed distribution, by name.

    Raises UsageError that names each distribution whose kind cannot be loaded, is not a kind, or takes a name that
    is taken.
    """
    from importlib.metadata import entry_points

    kinds = {kind.name: kind for kind in builtin}
    owners = dict.fromkeys(kinds, "Warroom")
    faults = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (_owner(entry), entry.name)):
        kind, fault = _loaded(entry)
        if kind and kind.name in kinds:
            fault = f"takes the name '{kind.name}', which {owners[kind.name]} has"
        if fault or kind is None:
            faults.append(f"the check kind '{entry.name}' of {_owner(entry)} ({entry.value}) {fault}")
            continue
        kinds[kind.name] = kind
        owners[kind.name] = _owner(entry)
    if faults:
        raise UsageError("; ".join(map(one_line, faults)), hint="update or uninstall what brings it")
    return kinds


def _owner(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown distribution"


def _loaded(entry: EntryPoint) -> tuple[AnyKind | None, str]:
    try:
        kind = entry.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it does when imported, its owner is named
        return None, f"cannot be loaded: {type(error).__name__}: {one_line(str(error))}"
    fault = fault_of(kind)
    return (None, fault) if fault else (kind, "")
