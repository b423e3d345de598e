"""Spans of time that people measure: from one mark to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from warroom.clock import stamp
from warroom.slo.query import Number, Query
from warroom.slo.reading import Reading
from warroom.slo.source_spec import StopwatchSpec
from warroom.text import clean


@dataclass(frozen=True, slots=True)
class _Span:
    begun: datetime
    by: str
    ended: datetime | None = None


class StopwatchSource:
    """`slo.query.SignalSource` of spans in seconds. One that is not at its end yet is as long as it is by now."""

    def __init__(self, spec: StopwatchSpec) -> None:
        self._every_s = spec.every_s
        self._spans: dict[str, _Span] = {}

    @property
    def every_s(self) -> float:
        """See `SignalSource`."""
        return self._every_s

    def start(self, name: str, by: str, at: datetime) -> None:
        """The span `name` begins; what it was before is forgotten."""
        self._spans[name] = _Span(at, clean(by, limit=120))

    def stop(self, name: str, by: str, at: datetime) -> None:
        """The span ends. Raises ValueError where it does not run, or would end before it began."""
        span = self._spans.get(name)
        if span is None or span.ended is not None:
            raise ValueError(f"the stopwatch {clean(name, limit=120)} does not run")
        if at < span.begun:
            raise ValueError(f"the stopwatch {clean(name, limit=120)} runs since {stamp(span.begun)}, which is later")
        self._spans[name] = _Span(span.begun, clean(by, limit=120), at)

    async def look(self) -> None:
        """See `SignalSource`: there is nothing to look at."""

    def reading(self, query: Query, now: datetime) -> Reading:
        """See `SignalSource`. Its reason says whose mark was the last, and when."""
        name = query.measure.path if isinstance(query.measure, Number) else ""
        span = self._spans.get(name)
        if span is None:
            # There is nothing to be measured yet, which makes nobody blind.
            why = f"the stopwatch {clean(name, limit=120)} was not started yet"
            return Reading.missing(now, why, filling=True)
        if span.ended is None:
            seconds = max(0.0, (now - span.begun).total_seconds())
            return Reading(now, seconds, reason=f"runs since {stamp(span.begun)}, started by {span.by}")
        told = f"stopped by {span.by} at {stamp(span.ended)}"
        return Reading(span.ended, (span.ended - span.begun).total_seconds(), reason=told)

    def splits(self, query: Query, now: datetime) -> dict[str, Reading]:
        """See `SignalSource`: a span has no parts."""
        return {}
