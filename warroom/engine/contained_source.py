"""A source of signals that breaks says nothing, and ends nothing else; and none says a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from warroom.engine.contained import defect, ends_the_engine
from warroom.slo.query import Query, Readable
from warroom.slo.reading import Reading


class ContainedSource:
    """What `source` says, its words passed through `redact`; where it raises there is no data."""

    def __init__(self, source: Readable, redact: Callable[[str], str]) -> None:
        self._source = source
        self._redact = redact

    def reading(self, query: Query, now: datetime) -> Reading:
        """See `Readable`."""
        try:
            return self._told(self._source.reading(query, now))
        except BaseException as error:
            if ends_the_engine(error):
                raise
            return Reading.missing(now, defect(error))

    def splits(self, query: Query, now: datetime) -> Mapping[str, Reading]:
        """See `Readable`."""
        try:
            splits = self._source.splits(query, now)
            return {self._redact(label): self._told(part) for label, part in splits.items()}
        except BaseException as error:
            if ends_the_engine(error):
                raise
            return {}

    def _told(self, reading: Reading) -> Reading:
        told = self._redact(reading.reason)
        return reading if told == reading.reason else replace(reading, reason=told)
