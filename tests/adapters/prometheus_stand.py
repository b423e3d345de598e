"""A server that answers Prometheus' query API from a table, and whose every answer can be spoilt."""

import contextlib
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

from tests.checks.server import Received, Server, reply
from warroom.adapters.http import HttpAdapter
from warroom.adapters.prometheus_source import PrometheusSource
from warroom.clock import Clock, RealClock
from warroom.playbook.loaded import Target
from warroom.slo.query import Query
from warroom.slo.source_spec import PrometheusSpec

_PART = re.compile(r'label_replace\(\n(.*?)\n, "warroom_panel", "(\d+)", "", ""\)', re.DOTALL)
Element = tuple[dict[str, str], str]
Envelope = dict[str, Any]
Spoil = Callable[[Envelope], Any]


def one(value: object) -> list[Element]:
    """A vector of one number without labels."""
    return [({}, str(value))]


@dataclass(slots=True)
class Stand:
    """`table` has the vector for each expression; `now-5` in it is 5 s before the moment that is asked for. `refuses`
    are texts that make an expression bad, `scalars` expressions that are no vector. `spoil` is given every good
    answer; `raw` replaces all answers, `silent` gives none."""

    table: dict[str, list[Element]] = field(default_factory=dict)
    refuses: Sequence[str] = ()
    scalars: Sequence[str] = ()
    spoil: Spoil = lambda envelope: envelope
    raw: bytes | None = None
    silent: bool = False
    skew_s: float = 0.0
    asked: list[str] = field(default_factory=list)

    def answer(self, request: Received) -> bytes | None:
        """The whole answer to one request."""
        if self.raw is not None or self.silent:
            return self.raw
        form = parse_qs(request.body.decode())
        (query,), (at,) = form["query"], form["time"]
        self.asked.append(query)
        date = ("Date", format_datetime(datetime.fromtimestamp(float(at) + self.skew_s, UTC), usegmt=True))
        bad = next((word for word in self.refuses if word in query), None)
        bad = bad or next((word for word in self.scalars if f"(\n{word}" in query and "vector(" not in query), None)
        if bad is not None:
            error = {"status": "error", "errorType": "bad_data", "error": f"cannot take {bad}"}
            return reply(error, 400, [date])
        if query in self.scalars:
            return reply(_success("scalar", [float(at), "7"]), 200, [date])
        return reply(self.spoil(_success("vector", self._elements(query, float(at)))), 200, [date])

    def _elements(self, query: str, at: float) -> list[dict[str, Any]]:
        parts = _PART.findall(query) or [(query, "")]
        return [
            {"metric": labels | ({"warroom_panel": panel} if panel else {}), "value": [at, self._now(value, at)]}
            for text, panel in parts
            for labels, value in self.table.get(text, [])
        ]

    @staticmethod
    def _now(value: str, at: float) -> str:
        return str(at + float(value.removeprefix("now") or 0)) if value.startswith("now") else value


def _success(kind: str, result: Any) -> Envelope:
    return {"status": "success", "data": {"resultType": kind, "result": result}}


@contextlib.asynccontextmanager
async def asking(
    stand: Stand,
    *queries: Query,
    spec: dict[str, Any] | None = None,
    clock: Clock | None = None,
    wall: Clock | None = None,
    path: str = "",
    **target: Any,
) -> AsyncIterator[tuple[PrometheusSource, Server]]:
    """A source that asks the stand, and the server it is. Looks are dated by `clock`, where that is not the same as
    `wall`; `path` is where its API begins."""
    wall = wall or RealClock()
    async with Server(stand.answer) as server:
        http = HttpAdapter({"prom": Target("prom", target.pop("url", server.url + path), **target)}, wall)
        asked = PrometheusSpec(id="prom", target="prom", **(spec or {}))
        source = PrometheusSource(asked, queries, http, clock or wall, wall)
        try:
            yield source, server
        finally:
            await source.aclose()
            await http.aclose()
