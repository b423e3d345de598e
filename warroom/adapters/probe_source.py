"""Signals from a probe: availability, and percentiles of the time until the whole answer is there."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from warroom.adapters.probing import Probing
from warroom.clock import stamp
from warroom.errors import CannotMeasure
from warroom.slo.answering import longest_of
from warroom.slo.query import KEPT, Query
from warroom.slo.reading import Reading
from warroom.slo.samples import ProbeLog, ProbeSample
from warroom.slo.source_spec import ProbeSpec
from warroom.units import Json, format_age

# So many samples may be missing before those that are there say nothing of now.
_LOOKS_BACK: Final = 3


class ProbeSource:
    """`slo.query.SignalSource` of one probe. The samples come by themselves; a look sees to it that they do."""

    def __init__(self, spec: ProbeSpec, queries: Sequence[Query], probing: Probing) -> None:
        self._spec = spec
        self._probing = probing
        self._log = ProbeLog(timedelta(seconds=spec.every_s), longest_of(queries))
        self._newest: datetime | None = None
        self._failure = ""
        self._fresh: deque[tuple[datetime, Json]] = deque(maxlen=KEPT)
        self._trouble = "no sample was taken yet"
        try:
            probing.add(spec, self._take)
            self._is_sent = True
        except CannotMeasure as error:
            self._trouble = error.message
            self._is_sent = False

    @property
    def every_s(self) -> float:
        """See `SignalSource`."""
        return self._spec.every_s

    async def look(self) -> None:
        """See `SignalSource`."""
        if not self._is_sent:
            return
        try:
            if ended := await self._probing.ensure():
                self._trouble = ended
        except CannotMeasure as error:
            self._trouble = error.message

    def reading(self, query: Query, now: datetime) -> Reading:
        """See `SignalSource`. Where samples failed its reason says how the last one did."""
        if self._trouble or self._newest is None:
            return Reading.missing(now, self._trouble)
        age = now - self._newest
        if age > timedelta(seconds=_LOOKS_BACK * self._spec.every_s + self._spec.timeout_s):
            return Reading.missing(now, f"the newest sample is {format_age(age)} old")
        reading = self._log.answer(query, now)
        reasons = [text for text in (reading.reason, self._failure) if text]
        return replace(reading, reason="; ".join(reasons))

    def splits(self, query: Query, now: datetime) -> dict[str, Reading]:
        """See `SignalSource`: samples have no labels."""
        return {}

    def fresh(self) -> Sequence[tuple[datetime, Json]]:
        """See `KeepsSamples`."""
        found = tuple(self._fresh)
        self._fresh.clear()
        return found

    def restore(self, at: datetime, found: Json) -> None:
        """See `KeepsSamples`. It is known what was; what is now is not, before the first sample."""
        match found:
            case [None | float() | int() as latency_s, bool(ok)]:
                self._log.add(ProbeSample(at, latency_s, ok))
            case _:
                raise ValueError("that is no sample")

    def _take(self, sample: ProbeSample, wrong: str) -> None:
        self._trouble, self._newest = "", sample.sent_at
        self._log.add(sample)
        self._fresh.append((sample.sent_at, [sample.latency_s, sample.ok]))
        if wrong:
            self._failure = f"the last sample that failed, at {stamp(sample.sent_at)}: {wrong}"
