"""Secrets are taken out of every event before anybody sees it."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any

from warroom.redact import Redactor


def redacted(value: Any, redactor: Redactor) -> Any:
    """`value` with every text in it redacted; dataclasses and tuples are rebuilt, everything else is kept."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return redactor(value)
    if isinstance(value, tuple):
        return tuple(redacted(item, redactor) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return type(value)(**{name: redacted(item, redactor) for name, item in fields.items()})
    return value
