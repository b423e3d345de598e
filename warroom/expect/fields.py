"""Types of parameters: what a playbook writes as text, and the value that it means."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from warroom.expect.jsonpath import JsonPath
from warroom.text import clean
from warroom.units import Condition, parse_duration, show

T = TypeVar("T")
_SHORTEST = timedelta(milliseconds=10)
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class FromText(Generic[T]):
    """A parameter that is text in the playbook and the value of `parse` here. `example` goes into the error."""

    parse: Callable[[str], T]
    example: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._value, json_schema_input_schema=core_schema.str_schema()
        )

    def _value(self, value: Any) -> T:
        if isinstance(value, str):
            return self.parse(value)
        shown = show(value) if isinstance(value, bool | int | float) else ""
        raise ValueError("write it as text in quotes, such as " + self.example.replace("{}", shown or "42"))


def _not_nothing(span: timedelta) -> timedelta:
    if span < _SHORTEST:
        raise ValueError("it must be at least 10ms")
    return span


JsonPathText = Annotated[JsonPath, FromText(JsonPath.parse, "$.queue.depth")]
ConditionText = Annotated[Condition, FromText(Condition.parse, "'== {}'")]
DurationText = Annotated[timedelta, FromText(parse_duration, "30s")]
TimeoutText = Annotated[DurationText, AfterValidator(_not_nothing)]
"""A duration that is not zero: a deadline, or the pause between two tries."""
Said = Annotated[str, AfterValidator(clean)]
"""A line for people. Foreign signs in it are made visible when the playbook is loaded."""
Names = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
"""A list of names, at least one."""


def said_with(*known: str) -> AfterValidator:
    """A validator for a line whose placeholders must be among `known`."""

    def check(say: str) -> str:
        for name in _PLACEHOLDER.findall(say):
            if name not in known:
                raise ValueError(f"{{{name}}} is not known here; there is " + ", ".join(f"{{{k}}}" for k in known))
        return say

    return AfterValidator(check)
