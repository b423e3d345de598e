"""What an answer of Prometheus' query API says, taken apart without trust: numbers for expressions, or why not."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from warroom.adapters.prometheus_api import Answered
from warroom.contract import Response
from warroom.text import clean, one_line
from warroom.units import Json, format_seconds

PANEL: Final = "warroom_panel"
REFUSES: Final = "Prometheus refuses it: "
"""How the reason begins of a query that a server does not take."""
_SKEW_S: Final = 30.0
_APART_S: Final = 1.0
# An expression that is wrong or cannot be evaluated (422 is how VictoriaMetrics says it); every other error is about
# the server.
_ABOUT_THE_QUERY: Final = frozenset(("bad_data", "execution", "422"))


class Refused(Exception):
    """The expression is refused; the message says why. Others may be answered."""


class Unusable(Exception):
    """Nothing of the answer can be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Point:
    """One element of a vector. `value` may be NaN or infinite; then it is no measurement."""

    labels: dict[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Vector:
    """What one expression came to. `is_scalar`: it was a number, not a vector of one."""

    points: tuple[Point, ...] = ()
    is_scalar: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One series over a range: its values by their times, seconds of the Unix epoch."""

    labels: dict[str, str]
    values: dict[float, float]


@functools.lru_cache(maxsize=16)
def batch(expressions: tuple[str, ...]) -> str:
    """One query for all of them; each keeps to its own label, so that none hides another. The same ones are asked
    over and over."""
    # On lines of their own, so that a comment in one of them ends with it.
    named = [f'label_replace(\n{text}\n, "{PANEL}", "{at}", "", "")' for at, text in enumerate(expressions)]
    return _any_of(named)


def _any_of(named: Sequence[str]) -> str:
    """In pairs of pairs: in a row, each `or` goes through all that stood before it."""
    half = len(named) // 2
    return f"({_any_of(named[:half])} or {_any_of(named[half:])})" if half else "".join(named)


def vectors_of(answered: Answered, count: int, asked_at: datetime) -> tuple[Vector, ...]:
    """The answer to `batch` of `count` expressions at `asked_at`, in their order. Raises Refused and Unusable."""
    found: dict[str, list[Point]] = {str(at): [] for at in range(count)}
    for point in vector_of(answered, asked_at).points:
        points = found.get(point.labels.pop(PANEL, ""))
        if points is None:
            raise Unusable("it answers something that was not asked")
        points.append(point)
    return tuple(Vector(tuple(points)) for points in found.values())


def vector_of(answered: Answered, asked_at: datetime) -> Vector:
    """The answer to one expression at `asked_at`. Raises Refused and Unusable."""
    data, at = _data(answered), asked_at.timestamp()
    kind, result = data.get("resultType"), data.get("result")
    if kind == "scalar":
        return Vector((Point({}, _value(result, at)),), is_scalar=True)
    if kind == "vector" and isinstance(result, list):
        return Vector(tuple([_point(element, at) for element in result]))
    if kind in ("matrix", "string"):
        raise Refused(f"the expression gives a {kind}, not a number")
    raise Unusable("its answer has no result that could be read")


def matrix_of(answered: Answered) -> tuple[Column, ...]:
    """The answer to one expression over a range. Raises Refused and Unusable."""
    data = _data(answered)
    result = data.get("result")
    if data.get("resultType") != "matrix" or not isinstance(result, list):
        raise Unusable("its answer has no result that could be read")
    return tuple([_column(element) for element in result])


def _column(element: Any) -> Column:
    try:
        labels, pairs = element["metric"].items(), element["values"]
        return Column(_labels(labels), {float(at): _value((at, text), at) for at, text in pairs})
    except (TypeError, ValueError, LookupError, AttributeError):
        if isinstance(element, dict) and "histograms" in element:
            raise Refused("the expression gives a histogram, not a number") from None
        raise Unusable("its answer has a series that cannot be read") from None


def _data(answered: Answered) -> Mapping[str, Json]:
    """The data of a success that can be believed."""
    response, body = answered.response, answered.body
    document = body.document if isinstance(body.document, dict) else {}
    if document.get("status") == "error":
        kind = document.get("errorType")
        said = f"{_short(kind)}: {_short(document.get('error'))}"
        raise Refused(said) if kind in _ABOUT_THE_QUERY else Unusable(f"it says {said}")
    if response.status != 200:
        raise Unusable(f"it answers {response.status}")
    data = document.get("data")
    if body.problem or document.get("status") != "success" or not isinstance(data, dict):
        raise Unusable(body.problem or "the answer is JSON, but not that of Prometheus")
    _check_clock(response)
    if document.get("isPartial") not in (None, False):
        raise Unusable("its answer is partial: a part of its storage did not answer")
    _check_warnings(document.get("warnings"))
    return data


def _check_clock(response: Response) -> None:
    from email.utils import parsedate_to_datetime

    said = response.header("date")
    if said is None or response.received_at is None:
        return
    try:
        skew = (parsedate_to_datetime(said) - response.received_at).total_seconds()
    except (ValueError, OverflowError, TypeError):
        return
    if abs(skew) > _SKEW_S:
        raise Unusable(
            f"its clock is {format_seconds(round(abs(skew)))} {'ahead of' if skew > 0 else 'behind'} the one here"
        )


def _check_warnings(warnings: Json) -> None:
    """A warning says that the numbers may not be whole; those about an expression begin with `PromQL`."""
    said = [_short(one) for one in warnings] if isinstance(warnings, list) else []
    said = [text for text in said if not text.startswith("PromQL info")]
    if said:
        shown = f"it warns: {'; '.join(said[:3])}"
        raise Refused(shown) if all(text.startswith("PromQL") for text in said) else Unusable(shown)


def _point(element: Any, asked_at: float) -> Point:
    try:
        labels, pair = element["metric"].items(), element["value"]
    except (TypeError, LookupError, AttributeError):
        if isinstance(element, dict) and "histogram" in element:
            raise Refused("the expression gives a histogram, not a number") from None
        raise Unusable("its answer has a series that cannot be read") from None
    return Point(_labels(labels), _value(pair, asked_at))


def _labels(labels: Iterable[tuple[str, object]]) -> dict[str, str]:
    return {_label(name): _label(str(value)) for name, value in labels}


@functools.lru_cache(maxsize=4_096)
def _label(text: str) -> str:
    """A name or value of a label, safe to show; the same ones come with every answer."""
    return clean(text, limit=200)


def _value(pair: Any, asked_at: float) -> float:
    try:
        at, text = pair
        apart_s = abs(at - asked_at)
    except (TypeError, ValueError):
        raise Unusable("its answer has a value that cannot be read") from None
    if apart_s > _APART_S:
        raise Unusable("it answers for another moment than was asked")
    try:
        return float(text) if isinstance(text, str) else math.nan
    except ValueError:
        raise Unusable(f"'{_short(text)}' is not a number") from None


def _short(value: Json) -> str:
    return one_line(value if isinstance(value, str) else "(no text)", limit=200)
