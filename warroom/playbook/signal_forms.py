"""The small grammars of signals beside the conditions on them: burn rates, quantities, objectives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema

from warroom.expect import FromText
from warroom.slo.conditions import SignalCondition, parse_condition
from warroom.slo.expression import reads_of
from warroom.slo.promql import unbalanced
from warroom.slo.query import Selector
from warroom.slo.selector import parse_selector
from warroom.slo.trigger import Hold, parse_hold
from warroom.slo.unit import Dimension, Unit, parse_unit

_BURN: Final = re.compile(r"burn\s*>\s*(\d+(?:\.\d+)?)")
_QUANTITY: Final = re.compile(r"(-?\d+(?:\.\d+)?)\s*(\S.*)?")


@dataclass(frozen=True, slots=True)
class Burn:
    """`burn > 19.2`: how fast an error budget is used up; at 1 it lasts exactly its window."""

    text: str
    factor: float


When = SignalCondition | Burn
"""What a trigger waits for."""


def parse_when(text: str) -> When:
    """What a trigger waits for. Raises ValueError with a sentence for the author of the playbook."""
    word = " ".join(text.split())
    burn = _BURN.fullmatch(word)
    return Burn(word, float(burn[1])) if burn else parse_condition(word)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it is written; `value` is in base units."""

    value: float
    unit: Unit


def parse_quantity(text: str) -> Quantity:
    """`12`, `120ms`, `0.5%`, `40 messages`. Raises ValueError with a sentence for the author of the playbook."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text.strip()}' is not a number with a unit such as 12, 120ms or 0.5%")
    unit = parse_unit(match[2] or "")
    return Quantity(unit.to_base(match[1]), unit)


def parse_objective(text: str) -> float:
    """`99.9%` as 0.999: over 0 and below 1. Raises ValueError with a sentence for the author of the playbook."""
    found = parse_quantity(text)
    if found.unit.dimension is not Dimension.RATIO or not 0 < found.value < 1:
        raise ValueError(f"'{text.strip()}' is not a share between 0% and 100%, such as 99.9%")
    return found.value


def parse_pattern(text: str) -> str:
    """A pattern, as it is. Raises ValueError for what is none."""
    import regex

    try:
        regex.compile(text)
    except regex.error as error:
        raise ValueError(f"'{text}' is not a pattern: {error}") from None
    return text


def parse_expression(text: str) -> str:
    """A query in PromQL, as it is. Raises ValueError for one that no server can read, or whose answer has no age."""
    if problem := unbalanced(text):
        raise ValueError(f"it is no PromQL: {problem}")
    if all(one.is_past for one in reads_of(text)):
        raise ValueError("it selects no series as they are now, so that nothing would tell how old its answer is")
    return text


ExpressionText = Annotated[str, Field(max_length=10_000), AfterValidator(parse_expression)]
SelectorText = Annotated[Selector, FromText(parse_selector, "'http_requests_total{code=~\"5..\"}'")]
PatternText = Annotated[str, Field(max_length=10_000), AfterValidator(parse_pattern)]
UnitText = Annotated[Unit, FromText(parse_unit, "'%'")]
SignalConditionText = Annotated[SignalCondition, FromText(parse_condition, "'>= {}%'")]
WhenText = Annotated[When, FromText(parse_when, "'> {}%'")]
HoldText = Annotated[Hold, FromText(parse_hold, "'> 5m'")]
QuantityText = Annotated[Quantity, FromText(parse_quantity, "'{}ms'"), WithJsonSchema({"type": ["string", "number"]})]
ObjectiveText = Annotated[float, FromText(parse_objective, "99.9%")]
