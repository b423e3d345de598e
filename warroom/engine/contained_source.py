"""A source of signals that breaks says nothing, and ends nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from warroom.engine.contained import defect, ends_the_engine
from warroom.slo.query import Query, Readable
from warroom.slo.reading import Reading


class ContainedSource:
    """What `source` says; where it raises there is no data."""

    def __init__(self, source: Readable) -> None:
        self._source = source

    def reading(self, query: Query, now: datetime) -> Reading:
        """See `Readable`."""
        try:
            return self._source.reading(query, now)
        except BaseException as error:
            if ends_the_engine(error):
                raise
            return Reading.missing(now, defect(error))

    def splits(self, query: Query, now: datetime) -> Mapping[str, Reading]:
        """See `Readable`."""
        try:
            return self._source.splits(query, now)
        except BaseException as error:
            if ends_the_engine(error):
                raise
            return {}
