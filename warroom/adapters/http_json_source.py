"""Signals from a JSON document that is read over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from warroom.adapters.last_numbers import LastNumbers, number_at, paths_of
from warroom.clock import Clock
from warroom.contract import HttpPort, Request
from warroom.errors import CannotMeasure
from warroom.expect import Body
from warroom.slo.query import Query
from warroom.slo.reading import Reading
from warroom.slo.source_spec import HttpJsonSpec
from warroom.text import one_line


class HttpJsonSource:
    """`slo.query.SignalSource` of one document; one request a look, whatever is asked for."""

    def __init__(self, spec: HttpJsonSpec, queries: Sequence[Query], http: HttpPort, clock: Clock) -> None:
        """Raises ValueError for a path that is no JSONPath."""
        self._request = Request(spec.target, spec.path, headers=spec.headers, timeout_s=spec.timeout_s)
        self._every_s = spec.every_s
        self._http = http
        self._clock = clock
        self._paths = paths_of(queries)
        self._last = LastNumbers(spec.every_s)

    @property
    def every_s(self) -> float:
        """See `SignalSource`."""
        return self._every_s

    async def look(self) -> None:
        """See `SignalSource`."""
        at = self._clock.now()
        try:
            answer = await self._http.send(self._request)
        except CannotMeasure as error:
            self._last.failed(error.message)
            return
        body = Body.of(answer)
        if not 200 <= answer.status <= 299:
            self._last.failed(f"{one_line(answer.url)} answers {answer.status}")
        elif body.problem:
            self._last.failed(f"{one_line(answer.url)}: {body.problem}")
        else:
            self._last.found(at, {text: number_at(path, body.one) for text, path in self._paths.items()})

    def reading(self, query: Query, now: datetime) -> Reading:
        """See `SignalSource`."""
        return self._last.reading(query, now)

    def splits(self, query: Query, now: datetime) -> dict[str, Reading]:
        """See `SignalSource`: one number has no parts."""
        return {}
