"""Puts other text into every text field of a state, to see what a report makes of it."""

import dataclasses
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

T = TypeVar("T")

# Text that this program chooses itself among a few words.
_OWN = frozenset(("severity", "lifecycle"))


def rewritten(value: T, change: Callable[[str], str], name: str = "") -> T:
    """`value` with `change` applied to every text in it, keys of mappings aside."""
    result: object = value
    if isinstance(value, Enum) or name in _OWN:
        return value
    if isinstance(value, str):
        result = change(value)
    elif isinstance(value, tuple):
        result = tuple(rewritten(item, change, name) for item in value)
    elif isinstance(value, dict):
        result = {key: rewritten(item, change) for key, item in value.items()}
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
        result = type(value)(**{key: rewritten(item, change, key) for key, item in fields.items()})
    return result  # type: ignore[return-value]
