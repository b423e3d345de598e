"""Signals from a Prometheus: everything it is asked for goes into one request a look."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from warroom.adapters.prometheus_answer import REFUSES, Refused, Unusable, Vector, batch, vector_of, vectors_of
from warroom.adapters.prometheus_api import QueryApi
from warroom.adapters.prometheus_reading import Answers, split_readings, whole_reading
from warroom.clock import Clock
from warroom.contract import HttpPort
from warroom.errors import CannotMeasure
from warroom.slo.promql import Asked, Windowed, newest, observed, part_of, split, whole
from warroom.slo.query import Expression, Query
from warroom.slo.reading import Reading
from warroom.slo.source_spec import Labels, PrometheusSpec
from warroom.units import format_age, format_seconds

# A look that is further back says nothing of now.
_LOOKS_BACK: Final = 3
# For the queries that are asked after the first request took its time.
_SPARE_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look at `at` found, for the moment `asked_at` of the wall clock. `trouble` is why it found nothing at
    all, `refused` why single queries have no answer."""

    at: datetime
    asked_at: datetime
    trouble: str = ""
    vectors: dict[str, Vector] = field(default_factory=dict)
    refused: dict[Query, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Texts:
    """What a query is asked as; `all` has each expression once."""

    whole: Asked
    split: Asked | None
    all: tuple[str, ...]

    @classmethod
    def of(cls, query: Query, labels: Labels) -> _Texts:
        """Raises ValueError for a measure that Prometheus does not know."""
        one, other = whole(query, labels), split(query, labels) if query.by else None
        asked = (one, other) if other else (one,)
        return cls(one, other, tuple(dict.fromkeys(text for each in asked for text in each.texts)))


class PrometheusSource:
    """`slo.query.SignalSource` of one server. Whoever makes it closes it."""

    def __init__(
        self, spec: PrometheusSpec, queries: Sequence[Query], http: HttpPort, clock: Clock, wall: Clock
    ) -> None:
        """Looks are dated by `clock`; the moment that the server is asked for is that of `wall`, which may be set.

        Raises ValueError for a measure that Prometheus does not know.
        """
        self._spec = spec
        self._clock = clock
        self._wall = wall
        self._api = QueryApi(http, spec.target, spec.headers, spec.timeout_s)
        self._texts = {query: _Texts.of(query, spec.labels) for query in dict.fromkeys(queries)}
        self._scalars: set[str] = set()
        self._began: dict[Windowed, datetime] = {}
        self._not_begun = [texts.whole for texts in self._texts.values()]
        asked = [window for texts in self._texts.values() for window in texts.whole.windows]
        self._parts_s = {observed(*window): part_of(window[1]).total_seconds() for window in asked}
        self._observed: dict[str, tuple[int, Vector]] = {}
        self._last: _Look | None = None

    @property
    def every_s(self) -> float:
        """See `SignalSource`."""
        return self._spec.every_s

    async def look(self) -> None:
        """See `SignalSource`. A query that is refused is named, and asked alone until it is answered again."""
        look = _Look(self._clock.now(), self._wall.now())
        alone = self._last.refused if self._last else {}
        try:
            async with asyncio.timeout(self._spec.timeout_s + _SPARE_S):
                await self._ask([query for query in self._texts if not alone or query not in alone], look)
                for query in alone:
                    await self._ask([query], look)
        except CannotMeasure as error:
            look = _Look(look.at, look.asked_at, error.message, refused=alone)
        except Unusable as error:
            look = _Look(look.at, look.asked_at, f"Prometheus ({self._spec.target}): {error}", refused=alone)
        except TimeoutError:
            said = f"Prometheus ({self._spec.target}) did not answer within {format_seconds(self._spec.timeout_s)}"
            look = _Look(look.at, look.asked_at, said, refused=alone)
        self._last = look
        self._begin(look)

    def reading(self, query: Query, now: datetime) -> Reading:
        """See `SignalSource`."""
        look, why = self._believed(query, now)
        if why:
            return Reading.missing(look.at, why)
        return whole_reading(query, self._texts[query].whole, self._answers(look))

    def splits(self, query: Query, now: datetime) -> dict[str, Reading]:
        """See `SignalSource`."""
        look, why = self._believed(query, now)
        asked = self._texts[query].split
        if why or asked is None:
            return {}
        return split_readings(query, asked, self._answers(look))

    async def aclose(self) -> None:
        """Nothing more is asked."""
        self._api.close()

    def _begin(self, look: _Look) -> None:
        """Windows in which something is for the first time began to fill as long ago as they are full now."""
        answers = self._answers(look)
        for asked in self._not_begun:
            is_there = all(look.vectors.get(newest(one), Vector()).points for one in asked.families)
            for window in asked.windows if is_there else ():
                if window not in self._began and observed(*window) in look.vectors:
                    self._began[window] = look.at - answers.share(window) * window[1]
        self._not_begun = [one for one in self._not_begun if not self._began.keys() >= set(one.windows)]

    def _answers(self, look: _Look) -> Answers:
        return Answers(look.at, look.asked_at, look.vectors, self._began)

    def _believed(self, query: Query, now: datetime) -> tuple[_Look, str]:
        """The last look, and why it says nothing of `query` at `now`; empty where it does."""
        look = self._last or _Look(now, now, "not asked yet")
        age = now - look.at
        if look.trouble:
            return look, look.trouble
        # Most looks refuse nothing, and a query is not cheap to find.
        if look.refused and query in look.refused:
            return look, look.refused[query]
        if age > timedelta(seconds=_LOOKS_BACK * self._spec.every_s):
            return look, f"Prometheus was last asked {format_age(age)} ago"
        return look, ""

    async def _ask(self, queries: Sequence[Query], look: _Look) -> None:
        """The answers to all of them go into `look`. Raises CannotMeasure and Unusable."""
        try:
            await self._ask_texts([text for query in queries for text in self._texts[query].all], look)
        except Refused as refused:
            if len(queries) == 1:
                await self._ask_alone(queries[0], look, str(refused))
                return
            half = len(queries) // 2
            await self._ask(queries[:half], look)
            await self._ask(queries[half:], look)

    async def _ask_texts(self, texts: Sequence[str], look: _Look) -> None:
        """The answers to all of them, in one request. Raises CannotMeasure, Refused and Unusable.

        How much of a window was observed is not asked again before another part of it has passed: it is the same.
        """
        parts = {text: int(look.asked_at.timestamp() // part_s) for text, part_s in self._parts_s.items()}
        known = {text: vector for text, (part, vector) in self._observed.items() if part == parts[text]}
        asked = [text for text in dict.fromkeys(texts) if text not in known]
        look.vectors.update(known)
        if asked:
            answer = await self._api.ask(batch(tuple(map(self._wrapped, asked))), look.asked_at)
            found = dict(zip(asked, vectors_of(answer, len(asked), look.asked_at), strict=True))
            look.vectors.update(found)
            self._observed.update({text: (parts[text], found[text]) for text in found if text in parts})

    async def _ask_alone(self, query: Query, look: _Look, why: str) -> None:
        if not isinstance(query.measure, Expression):
            look.refused[query] = f"{REFUSES}{why}"
            return
        # As it is: its own error, not one about what was wrapped around it; and a scalar is a number too.
        text = query.measure.text
        try:
            vector = vector_of(await self._api.ask(text, look.asked_at), look.asked_at)
            await self._ask_texts([one for one in self._texts[query].all if one != text], look)
        except Refused as refused:
            look.refused[query] = f"{REFUSES}{refused}"
            return
        look.vectors[text] = vector
        if vector.is_scalar:
            self._scalars.add(text)

    def _wrapped(self, text: str) -> str:
        return f"vector(\n{text}\n)" if text in self._scalars else text
