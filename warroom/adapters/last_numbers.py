"""The numbers of the last look at a source that gives them as they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from warroom.expect import JsonPath
from warroom.slo.query import Number, Query
from warroom.slo.reading import Reading
from warroom.text import one_line
from warroom.units import MISSING, Actual, format_age, show

Numbers = Mapping[str, float | str]
"""By the path of a `Number`; a text is the reason why there is none."""

# So many looks may be missing before the last one says nothing of now.
_LOOKS_BACK: Final = 3


class LastNumbers:
    """What the last look found."""

    def __init__(self, every_s: float) -> None:
        self._good_for = timedelta(seconds=_LOOKS_BACK * every_s)
        self._at: datetime | None = None
        self._failure = "nobody has looked yet"
        self._found: Numbers = {}

    def found(self, at: datetime, numbers: Numbers) -> None:
        """A look at `at` found these."""
        self._at, self._failure, self._found = at, "", numbers

    def failed(self, reason: str) -> None:
        """A look found nothing."""
        self._failure = f"the last look failed: {reason}"

    def reading(self, query: Query, now: datetime) -> Reading:
        """The number that the query asks for; missing where it was found too long ago."""
        if self._failure or self._at is None:
            return Reading.missing(now, self._failure)
        if (age := now - self._at) > self._good_for:
            return Reading.missing(now, f"the last look was {format_age(age)} ago")
        number = self._found.get(_path(query), "nobody looked for it")
        if isinstance(number, str):
            return Reading.missing(now, number)
        return Reading(self._at, number, sample=self._at.timestamp())


def paths_of(queries: Iterable[Query]) -> dict[str, JsonPath]:
    """The JSONPaths that the queries ask for, compiled. Raises ValueError for what is none."""
    paths = dict.fromkeys(map(_path, queries))
    return {path: JsonPath.parse(path) for path in paths if path.startswith("$")}


def number_at(path: JsonPath, one: Callable[[JsonPath], Actual]) -> float | str:
    """The number that `one` finds at the path, or why there is none."""
    try:
        value = one(path)
    except ValueError as error:
        return str(error)
    if value is MISSING:
        return f"there is nothing at {one_line(path.text)}"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        kind = "the text " if isinstance(value, str) else ""
        return f"at {one_line(path.text)} is {kind}{one_line(show(value), limit=60)}, which is no number"
    return float(value)


def _path(query: Query) -> str:
    return query.measure.path if isinstance(query.measure, Number) else ""
