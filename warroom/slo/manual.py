"""Numbers that people give, each with whose it is and how old."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from warroom.clock import stamp
from warroom.slo.query import Number, Query
from warroom.slo.reading import Reading
from warroom.slo.source_spec import ManualSpec
from warroom.text import clean
from warroom.units import format_age, format_duration


@dataclass(frozen=True, slots=True)
class _Given:
    number: float
    by: str
    at: datetime


class ManualSource:
    """`slo.query.SignalSource` of what people say. It is filled again from the journal when a launch is taken up."""

    def __init__(self, spec: ManualSpec) -> None:
        self._every_s = spec.every_s
        self._ttl = timedelta(seconds=spec.ttl_s)
        self._given: dict[str, _Given] = {}

    @property
    def every_s(self) -> float:
        """See `SignalSource`."""
        return self._every_s

    def enter(self, name: str, number: float, by: str, at: datetime) -> None:
        """`by` gives `number` for `name`. Raises ValueError for what is no number."""
        if not math.isfinite(number):
            raise ValueError(f"{number} is not a number that can be compared")
        self._given[name] = _Given(number, clean(by, limit=120), at)

    async def look(self) -> None:
        """See `SignalSource`: there is nothing to look at."""

    def reading(self, query: Query, now: datetime) -> Reading:
        """See `SignalSource`. Its reason says who gave the number, and when."""
        name = query.measure.path if isinstance(query.measure, Number) else ""
        given = self._given.get(name)
        if given is None:
            return Reading.missing(now, f"nobody has given {clean(name, limit=120)} yet")
        told = f"given by {given.by} at {stamp(given.at)}"
        if (age := now - given.at) > self._ttl:
            return Reading.missing(now, f"{told}, {format_age(age)} ago; it is good for {format_duration(self._ttl)}")
        return Reading(given.at, given.number, reason=told)

    def splits(self, query: Query, now: datetime) -> dict[str, Reading]:
        """See `SignalSource`: a person's number has no parts."""
        return {}
