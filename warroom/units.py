"""The small grammars of the playbook: durations, offsets, quantities and conditions.

Operators are kept literally: `>= 1%` and `> 300ms` differ at the edge. A bare number where a unit is needed is
refused with the question which unit was meant.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_BARE = re.compile(r"\d+(\.\d+)?")
_LONGEST = timedelta(days=366 * 10)


def parse_duration(text: str) -> timedelta:
    """`90s`, `5m`, `2m30s`, `48h`, `7d`: Go and Prometheus style, largest unit first.

    Raises ValueError with a sentence for the author of the playbook.
    """
    word = text.strip()
    if _BARE.fullmatch(word):
        raise ValueError(f"a duration needs a unit: which one is '{word}', {word}s, {word}m or {word}h?")
    parts = _PART.findall(word)
    if not parts or "".join(n + u for n, u in parts) != word:
        raise ValueError(f"'{word}' is not a duration such as 90s, 5m, 2m30s, 48h or 7d")
    sizes = [_SECONDS[unit] for _, unit in parts]
    if sizes != sorted(sizes, reverse=True) or len(set(sizes)) != len(sizes):
        raise ValueError(f"'{word}': write the parts of a duration from large to small, each once, as in 2m30s")
    seconds = math.fsum(float(number) * _SECONDS[unit] for number, unit in parts)
    if seconds > _LONGEST.total_seconds():
        raise ValueError(f"'{word}' is longer than ten years")
    return timedelta(seconds=seconds)


def format_duration(span: timedelta) -> str:
    """The shortest exact spelling: `2m30s`, `48h`, `40ms`; `0s` for nothing; a leading `-` for the past."""
    total_ms = round(span.total_seconds() * 1000)
    sign, left, out = ("-" if total_ms < 0 else ""), abs(total_ms), ""
    if left % 1000 and left < 1000:
        return f"{sign}{left}ms"
    for unit, size in (("h", 3_600_000), ("m", 60_000)):
        if left >= size:
            out += f"{left // size}{unit}"
            left %= size
    if left or not out:
        out += f"{left / 1000:g}s"
    return sign + out


def format_age(age: timedelta) -> str:
    """How old something is, to the second: `2m30s`."""
    return format_duration(timedelta(seconds=round(age.total_seconds())))


_COUNTED_S: Final = 90.0


def format_seconds(seconds: float) -> str:
    """So many seconds for people: `10 s`, `0.5 s`; over 90 as in `2m30s`."""
    return f"{seconds:g} s" if abs(seconds) <= _COUNTED_S else format_duration(timedelta(seconds=seconds))


_OFFSET: Final = re.compile(r"T\s*([+-])\s*(\S+)")


def parse_offset(text: str) -> timedelta:
    """`T+5m`, `T-24h`, `T+0`: a time seen from T0, negative before it.

    Raises ValueError with a sentence for the author of the playbook.
    """
    word = text.strip()
    match = _OFFSET.fullmatch(word)
    if not match:
        raise ValueError(f"'{word}' is not a time from T0 such as T+5m, T+1h or T-24h")
    if match[2] != "0" and _BARE.fullmatch(match[2]):
        named = [f"T{match[1]}{match[2]}{unit}" for unit in ("s", "m", "h")]
        raise ValueError(f"a time from T0 needs a unit: which one is '{word}', {named[0]}, {named[1]} or {named[2]}?")
    span = timedelta() if match[2] == "0" else parse_duration(match[2])
    return -span if match[1] == "-" else span


def format_offset(offset: timedelta) -> str:
    """`T+5m`, `T-24h`, `T+0`."""
    if not offset:
        return "T+0"
    return f"T-{format_duration(-offset)}" if offset < timedelta() else f"T+{format_duration(offset)}"


_QUANTITY = re.compile(r"([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*([%A-Za-z/][%A-Za-z/]*)?")

_ORDER: Final[dict[str, Callable[[float, float], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_WORDS: Final = ("present", "absent", "empty", "not empty")

type_name: Final = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "text",
    list: "list",
    dict: "object",
    type(None): "null",
}

Json = bool | int | float | str | None | list["Json"] | dict[str, "Json"]


class _Missing:
    """The value of a path that leads nowhere; not the same as null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(missing)"


MISSING: Final = _Missing()
Actual = Json | _Missing


@dataclass(frozen=True, slots=True)
class Condition:
    """What a value must be: `<= 120ms`, `== "v2.7"`, `== true`, `in ["ok", "up"]`, `matches "^v2"`, `present`.

    Types are strict: `== true` does not hold for the text "true", nor for 1.
    """

    text: str
    op: str
    operand: Json
    unit: str = ""

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Raises ValueError with a sentence for the author of the playbook."""
        word = text.strip()
        if word in _WORDS:
            return cls(word, word, None)
        match = re.match(r"(<=|>=|==|!=|<|>|in\b|contains\b|matches\b)\s*(.+)", word, re.DOTALL)
        if not match:
            raise ValueError(
                f"'{word}' is not a condition; write for example <= 120ms, == \"v2.7\", == true, present or empty"
            )
        op, rest = match[1], match[2].strip()
        if op in _ORDER:
            return cls(word, op, *_number(rest, word))
        return cls(word, op, _operand(op, rest, word))

    @property
    def is_order(self) -> bool:
        """True for `< <= > >=`, which compare numbers."""
        return self.op in _ORDER

    def holds(self, actual: Actual) -> bool:
        """Whether `actual` is what the condition asks for. A missing value satisfies `absent` alone."""
        if isinstance(actual, _Missing):
            return self.op == "absent"
        if self.op in _ORDER:
            return _is_number(actual) and _ORDER[self.op](float(actual), float(self.operand))  # type: ignore[arg-type]
        return _TESTS[self.op](actual, self.operand)

    def __str__(self) -> str:
        return self.text


def _is_number(value: Actual) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _same(actual: Json, wanted: Json) -> bool:
    """JSON equality: numbers by value, everything else also by type."""
    if _is_number(actual) and _is_number(wanted):
        return actual == wanted
    if isinstance(actual, list) and isinstance(wanted, list):
        return len(actual) == len(wanted) and all(map(_same, actual, wanted))
    if isinstance(actual, dict) and isinstance(wanted, dict):
        return actual.keys() == wanted.keys() and all(_same(actual[key], wanted[key]) for key in wanted)
    return type(actual) is type(wanted) and actual == wanted


def _contains(actual: Json, wanted: Json) -> bool:
    if isinstance(actual, str):
        return isinstance(wanted, str) and wanted in actual
    if isinstance(actual, list):
        return any(_same(item, wanted) for item in actual)
    return isinstance(actual, dict) and isinstance(wanted, str) and wanted in actual


def _matches(actual: Json, wanted: Json) -> bool:
    # The stdlib's engine can be made to run for minutes by 30 characters of input; this one stops.
    import regex

    if not isinstance(actual, str) or not isinstance(wanted, str):
        return False
    try:
        return regex.search(wanted, actual, timeout=0.5) is not None
    except TimeoutError:
        return False


def _is_empty(actual: Json) -> bool:
    return actual is None or (isinstance(actual, str | list | dict) and len(actual) == 0)


_TESTS: Final[dict[str, Callable[[Json, Json], bool]]] = {
    "present": lambda actual, _: actual is not None,
    "absent": lambda actual, _: False,
    "empty": lambda actual, _: _is_empty(actual),
    "not empty": lambda actual, _: isinstance(actual, str | list | dict) and len(actual) > 0,
    "==": _same,
    "!=": lambda actual, wanted: not _same(actual, wanted),
    "in": lambda actual, wanted: isinstance(wanted, list) and any(_same(actual, item) for item in wanted),
    "contains": _contains,
    "matches": _matches,
}


def _number(rest: str, word: str) -> tuple[float, str]:
    match = _QUANTITY.fullmatch(rest)
    if not match:
        raise ValueError(f"'{word}': '{rest}' is not a number with a unit such as 120ms, 0.5% or 800")
    return float(match[1]), match[2] or ""


def _operand(op: str, rest: str, word: str) -> Json:
    try:
        value: Json = json.loads(rest, parse_constant=_no_constant)
    except ValueError:
        raise ValueError(
            f'\'{word}\': write the value as JSON: text in double quotes, true, 42 or ["a", "b"]'
        ) from None
    if op == "in" and not isinstance(value, list):
        raise ValueError(f'\'{word}\': `in` needs a list such as ["ok", "up"]')
    if op == "matches":
        _check_pattern(value, word)
    return value


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _check_pattern(value: Json, word: str) -> None:
    import regex

    if not isinstance(value, str):
        raise ValueError(f"'{word}': `matches` needs a pattern in double quotes")
    try:
        regex.compile(value)
    except regex.error as error:
        raise ValueError(f"'{word}': not a pattern: {error}") from None


def parse_limit(text: str) -> Condition:
    """A threshold on a number, `<= 120ms`: an order condition. Raises ValueError otherwise."""
    condition = Condition.parse(text)
    if not condition.is_order:
        raise ValueError(f"'{text}' is not a threshold; write for example <= 120ms, < 0.5% or >= 98%")
    return condition


def in_unit(seconds: float, unit: str) -> float:
    """A time in seconds expressed in `unit` (`ms`, `s`, `m`, ...). Raises KeyError for a unit that is not a time."""
    return seconds / _SECONDS[unit]


def is_time_unit(unit: str) -> bool:
    """Whether `unit` measures time."""
    return unit in _SECONDS


def show(value: Actual) -> str:
    """A JSON value as a person would read it: text as it is, everything else as compact JSON."""
    if isinstance(value, _Missing):
        return "(missing)"
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.10g}"
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
