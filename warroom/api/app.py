"""The routes. Everything is JSON; what is refused comes as `{"error": ..., "hint": ...}`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from warroom.api.guard import PERSON, STANDS
from warroom.api.listener import PEER_UID
from warroom.api.metrics import METRICS_TYPE, exposition
from warroom.api.models import BODY_CAP, request_of
from warroom.api.refusals import Refusals
from warroom.clock import Clock, stamp
from warroom.engine.contained import defect, ends_the_engine
from warroom.engine.engine import Engine
from warroom.engine.requests import AmendPlaybook
from warroom.engine.requests import Request as Asked
from warroom.engine.view import entry_json, state_json
from warroom.errors import UsageError, WarroomError
from warroom.launch.entries import Entry
from warroom.launch.exits import holding
from warroom.report.launch_lines import log_line
from warroom.text import clean, did_you_mean, one_line

BEAT_S: Final = 1.0
"""A reader of events hears at least so often that the engine is alive."""


@dataclass(frozen=True, slots=True)
class About:
    """What the API says about the process behind it."""

    pid: int
    since: str


def api(
    engine: Engine, clock: Clock, name_of: Callable[[int], str], about: About, refusals: Refusals | None = None
) -> Starlette:
    """The application. `name_of` gives the name of a user by id; what people ask is journaled under that name."""
    routes = _Routes(engine, clock, name_of, about, refusals or Refusals(engine.record, clock))
    return Starlette(
        routes=[
            Route("/healthz", _answering(routes.healthz), methods=["GET"]),
            Route("/state", _answering(routes.state), methods=["GET"]),
            Route("/events", _answering(routes.events), methods=["GET"]),
            Route("/requests", _answering(routes.requests), methods=["POST"]),
            Route("/metrics", _answering(routes.metrics), methods=["GET"]),
            Route("/phases/{phase}/exit", _answering(routes.phase_exit), methods=["GET"]),
        ],
        exception_handlers={404: _unknown, 405: _unknown},
    )


class _Routes:
    def __init__(
        self, engine: Engine, clock: Clock, name_of: Callable[[int], str], about: About, refusals: Refusals
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._name_of = name_of
        self._about = about
        self._refusals = refusals

    async def healthz(self, request: Request) -> Response:
        """200 while the loop goes round, else 503; with the age of the last tick in seconds."""
        age_s = self._engine.pulse.age_s
        state = self._engine.state
        healthy = age_s < 5 * self._engine.pace.tick_s
        about = {"launch": state.launch, "pid": self._about.pid, "since": self._about.since, "epoch": state.epoch}
        return JSONResponse({"ok": healthy, "tick_age_s": round(age_s, 3), **about}, 200 if healthy else 503)

    async def state(self, request: Request) -> Response:
        """The state of the launch, see `state_json`, and the process that runs it."""
        launch, age_s = self._engine.state, round(self._engine.pulse.age_s, 3)
        about = {"pid": self._about.pid, "since": self._about.since, "epoch": launch.epoch, "tick_age_s": age_s}
        engine, now = self._engine, self._clock.now()
        live, levers, shown_at = engine.signals.live(), engine.levers_read_at, engine.status_shown_at
        said = state_json(launch, now, engine.log, engine.gates_read_at, live, levers, shown_at)
        return JSONResponse({**said, "engine": about})

    async def events(self, request: Request) -> Response:
        """The journal from `after` (or Last-Event-ID) on as server-sent events, then what comes."""
        text = request.headers.get("last-event-id") or request.query_params.get("after", "0")
        if not (text.isascii() and text.isdecimal() and len(text) < 16):
            return _refused(400, f"'{clean(text, limit=40)}' is not the number of an entry")
        if int(text) > self._engine.state.seq:
            return _refused(400, f"the journal has no entry {int(text)} yet")
        headers = {"cache-control": "no-store"}
        stands: Callable[[], bool] = request.scope.get(STANDS, lambda: True)
        return StreamingResponse(self._stream(int(text), stands), media_type="text/event-stream", headers=headers)

    async def requests(self, request: Request) -> Response:
        """Does what a person asks: 200 with what was journaled, 409 where the launch does not allow it.

        403 for a request that a page in a browser makes.
        """
        if request.headers.get("origin"):
            await self._refusals.note("a request from a page in a browser", _peer(request))
            return _refused(403, "a request from a page in a browser is not taken")
        return await self._ask(request)

    async def metrics(self, request: Request) -> Response:
        """The launch and its engine in the text format of Prometheus."""
        return Response(exposition(self._engine, self._clock.now()), media_type=METRICS_TYPE)

    async def phase_exit(self, request: Request) -> Response:
        """200 where the phase may be left, 409 where it may not, with every reason; for pipelines."""
        name = str(request.path_params["phase"])
        state = self._engine.state
        known = {phase.id: phase for phase in state.course.phases}
        if name not in known:
            hint = did_you_mean(name, list(known)) or f"there is {', '.join(known) or 'none'}"
            return _refused(404, f"there is no phase '{clean(name, limit=80)}'", hint)
        reasons = holding(state, known[name], self._clock.now())
        said = {"phase": name, "title": known[name].title, "open": not reasons, "reasons": list(reasons)}
        return JSONResponse(said, 409 if reasons else 200)

    async def _ask(self, request: Request) -> Response:
        asked = request_of(await _body(request))
        entries = await self._engine_answer(asked, request)
        said = [line.text for entry in entries if (line := log_line(entry))]
        written = [entry_json(entry) for entry in entries]
        return JSONResponse({"at": stamp(self._clock.now()), "said": said, "entries": written})

    async def _engine_answer(self, asked: Asked | AmendPlaybook, request: Request) -> Sequence[Entry]:
        if not isinstance(asked, AmendPlaybook):
            return await self._engine.ask(asked, self._who(request))
        if PERSON in request.scope:
            raise UsageError("a playbook is amended on the machine of the engine", hint="there: warroom amend")
        return await self._engine.amend(asked, self._who(request))

    def _who(self, request: Request) -> str:
        if person := request.scope.get(PERSON):
            return str(person)
        if request.client is None or request.client.host != PEER_UID or request.client.port < 0:
            raise UsageError("it cannot be told who asks")
        return self._name_of(request.client.port)

    async def _stream(self, after: int, stands: Callable[[], bool]) -> AsyncIterator[str]:
        """The entries, while the reader's token stands; while none comes, a comment each second says that the engine
        is alive."""
        entries = aiter(self._engine.events(after))
        coming = asyncio.ensure_future(anext(entries, None))
        beat = asyncio.ensure_future(self._clock.sleep(BEAT_S))
        try:
            while True:
                await asyncio.wait((coming, beat), return_when=asyncio.FIRST_COMPLETED)
                if not stands():
                    return
                if beat.done():
                    beat = asyncio.ensure_future(self._clock.sleep(BEAT_S))
                    yield ": tick\n\n"
                if not coming.done():
                    continue
                if (entry := coming.result()) is None:
                    return
                coming = asyncio.ensure_future(anext(entries, None))
                yield _event(entry)
        except BaseException as error:
            if ends_the_engine(error):
                raise
            # Whoever reads comes again and goes on where this ended.
            why = error.message if isinstance(error, WarroomError) else defect(error)
            yield f": {one_line(why)}\n\n"
        finally:
            beat.cancel()
            coming.cancel()


def _event(entry: Entry) -> str:
    data = json.dumps(entry_json(entry), ensure_ascii=True, sort_keys=True)
    return f"id: {entry.seq}\nevent: {entry.kind}\ndata: {data}\n\n"


def _peer(request: Request) -> str:
    return f"{request.client.host} {request.client.port}" if request.client else "?"


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_CAP:
            raise UsageError(f"the body has more than {BODY_CAP:,} bytes")
    return body


def _answering(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """`endpoint`, of which everything that is raised is an answer: no trace, and the engine goes on."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except UsageError as error:
            return _refused(409, error.message, error.hint)
        except WarroomError as error:
            return _refused(503, error.message, error.hint)
        except BaseException as error:
            if ends_the_engine(error):
                raise
            return _refused(500, defect(error), "the engine goes on; what was asked may or may not have been done")

    return answer


async def _unknown(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    hint = "the addresses of the API stand in docs/api.md"
    where = f"{request.method} {clean(request.url.path, limit=80)}"
    return JSONResponse({"error": f"there is no {where}", "hint": hint}, error.status_code, error.headers)


def _refused(status: int, error: str, hint: str = "") -> JSONResponse:
    said: dict[str, Any] = {"error": error, "hint": hint}
    return JSONResponse(said, status)
