"""Signals from an endpoint of metrics, read directly."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from warroom.adapters.exposition import ACCEPT, exposed_by
from warroom.clock import Clock
from warroom.contract import HttpPort, Request
from warroom.errors import CannotMeasure
from warroom.slo.answering import answer, answers_by_label, longest_of, names_of, why_none
from warroom.slo.query import KEPT, Query
from warroom.slo.reading import Reading
from warroom.slo.series import Exposed, SeriesStore
from warroom.slo.source_spec import MetricsSpec
from warroom.text import one_line
from warroom.units import Json

# A page of this size is read in a moment; a larger one must not hold everything else up.
_AT_ONCE: Final = 64 * 1024
# So many looks may be missing before the last one says nothing of now.
_LOOKS_BACK: Final = 3


class MetricsSource:
    """`slo.query.SignalSource` of one endpoint."""

    def __init__(self, spec: MetricsSpec, queries: Sequence[Query], http: HttpPort, clock: Clock) -> None:
        """Raises ValueError for a measure that is not one of series."""
        self._request = Request(
            spec.target, spec.path, headers=(("Accept", ACCEPT), *spec.headers), timeout_s=spec.timeout_s
        )
        self._every_s = spec.every_s
        self._http = http
        self._clock = clock
        self._names = names_of(queries)
        every = timedelta(seconds=spec.every_s)
        self._fresh: deque[tuple[datetime, Json]] = deque(maxlen=KEPT)
        self._store = SeriesStore(self._names, every, longest_of(queries), stale_after=_LOOKS_BACK * every)

    @property
    def every_s(self) -> float:
        """See `SignalSource`."""
        return self._every_s

    async def look(self) -> None:
        """See `SignalSource`."""
        at = self._clock.now()
        try:
            response = await self._http.send(self._request)
            if len(response.body) > _AT_ONCE:
                samples = await asyncio.to_thread(exposed_by, response, self._names)
            else:
                samples = exposed_by(response, self._names)
        except CannotMeasure as error:
            self._store.fail(error.message)
        except ValueError as error:
            self._store.fail(f"{one_line(self._http.url_of(self._request))} {error}")
        else:
            self._store.add(at, samples)
            self._fresh.append((at, _kept(samples, self._names)))

    def fresh(self) -> Sequence[tuple[datetime, Json]]:
        """See `KeepsSamples`: of each look the samples of the metrics that are asked for."""
        found = tuple(self._fresh)
        self._fresh.clear()
        return found

    def restore(self, at: datetime, found: Json) -> None:
        """See `KeepsSamples`."""
        if not isinstance(found, list):
            raise TypeError("samples are a list")
        self._store.add(at, [_sample(one) for one in found])

    def reading(self, query: Query, now: datetime) -> Reading:
        """See `SignalSource`."""
        return answer(self._store, query, now)

    def why_none(self, query: Query) -> str:
        """Why what the query reads is not there, or likely a mistake, after a look; empty where it is there."""
        return why_none(self._store, query)

    def splits(self, query: Query, now: datetime) -> dict[str, Reading]:
        """See `SignalSource`."""
        return answers_by_label(self._store, query, now)


def _kept(samples: Sequence[Exposed], names: frozenset[str]) -> Json:
    return [[name, dict(labels), value] for name, labels, value in samples if name in names and math.isfinite(value)]


def _sample(one: Json) -> Exposed:
    match one:
        case [str(name), dict(labels), float() | int() as value]:
            return name, {str(label): str(text) for label, text in labels.items()}, float(value)
    raise ValueError("that is no sample")
