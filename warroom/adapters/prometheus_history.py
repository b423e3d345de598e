"""What signals were, from the history that a Prometheus keeps: read as what it says of now is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from warroom.adapters.prometheus_answer import (
    PANEL,
    REFUSES,
    Column,
    Point,
    Refused,
    Unusable,
    Vector,
    batch,
    matrix_of,
)
from warroom.adapters.prometheus_api import QueryApi
from warroom.adapters.prometheus_reading import Answers, whole_reading
from warroom.contract import HttpPort
from warroom.errors import CannotMeasure
from warroom.slo.promql import Asked, whole
from warroom.slo.query import Query
from warroom.slo.reading import Reading
from warroom.slo.source_spec import PrometheusSpec

MAX_POINTS: Final = 11_000
"""Prometheus refuses to answer with more points of one series."""

# A long range takes a server longer than one moment does.
_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the history: the reading at each moment that was asked for, oldest first. `refused` is why a server
    does not answer the query at all, empty where it does."""

    readings: Mapping[datetime, Reading]
    refused: str = ""


class PrometheusHistory:
    """The history of one server. Whoever makes it closes it."""

    def __init__(self, spec: PrometheusSpec, http: HttpPort) -> None:
        self._spec = spec
        self._api = QueryApi(http, spec.target, spec.headers, max(spec.timeout_s, _TIMEOUT_S))

    async def stretch(self, query: Query, slots: Sequence[datetime], step_s: int) -> Stretch:
        """What `query` was at each of `slots`: whole seconds, oldest first, `step_s` apart, at most `MAX_POINTS`.

        Raises CannotMeasure where the server does not answer as a Prometheus does, ValueError for a measure that none
        knows, or more than it answers.
        """
        if len(slots) > MAX_POINTS:
            raise ValueError(f"{len(slots)} points are more than the {MAX_POINTS} that a server answers")
        asked = whole(query, self._spec.labels)
        try:
            columns = await self._columns(asked.texts, slots, step_s)
        except Refused as refused:
            return Stretch({}, f"{REFUSES}{refused}")
        except Unusable as error:
            raise CannotMeasure(f"Prometheus ({self._spec.target}): {error}", symptom="unreadable") from None
        return Stretch({at: _reading(query, asked, columns, at) for at in slots})

    async def aclose(self) -> None:
        """Nothing more is asked."""
        self._api.close()

    async def _columns(
        self, texts: tuple[str, ...], slots: Sequence[datetime], step_s: int
    ) -> Mapping[str, Sequence[Column]]:
        # One alone is asked as it is: what is said against it is then not about what was wrapped around it.
        query = texts[0] if len(texts) == 1 else batch(texts)
        found = matrix_of(await self._api.ask_range(query, slots[0], slots[-1], step_s))
        if len(texts) == 1:
            return {texts[0]: found}
        columns: dict[str, list[Column]] = {text: [] for text in texts}
        for column in found:
            labels = dict(column.labels)
            place = labels.pop(PANEL, "")
            if not place.isdecimal() or int(place) >= len(texts):
                raise Unusable("it answers something that was not asked")
            columns[texts[int(place)]].append(replace(column, labels=labels))
        return columns


def _reading(query: Query, asked: Asked, columns: Mapping[str, Sequence[Column]], at: datetime) -> Reading:
    moment = at.timestamp()
    vectors = {
        text: Vector(tuple([Point(one.labels, one.values[moment]) for one in found if moment in one.values]))
        for text, found in columns.items()
    }
    return whole_reading(query, asked, Answers(at, at, vectors))
