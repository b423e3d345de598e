"""auto_com_center: canary, events, operations, metrics and health."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router

from warroom.clock import Clock
from warroom.simulator.tally import CONTENT_TYPE
from warroom.simulator.tokens import Authority
from warroom.simulator.world import EVENT_TYPES, STABLE_BUILD, Answer, Running, World

Handler = Callable[[Request], Awaitable[Response]]
_VERBS: Mapping[str, Running] = {"pause": "paused", "resume": "running"}
_PAGE = "<!doctype html>\n<title>auto_com_center</title>\n<p>Deployment in progress.</p>\n"


def _reply(answer: Answer) -> JSONResponse:
    response = JSONResponse(dict(answer.body), status_code=answer.status)
    if answer.status in (401, 403):
        error = answer.body["error"]
        response.headers["www-authenticate"] = "Bearer" if error == "unauthorized" else f'Bearer error="{error}"'
    return response


def _problem(status: int, error: str) -> JSONResponse:
    return JSONResponse({"error": error}, status_code=status)


def _is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False


async def json_object(request: Request) -> dict[str, object] | None:
    """The body as a JSON object; None when it is anything else."""
    try:
        value = json.loads(await request.body())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


class AutoComCenter:
    """The request handlers of the application."""

    def __init__(self, world: World, authority: Authority, *, internal_key: str, clock: Clock) -> None:
        self._world = world
        self._authority = authority
        self._internal_key = internal_key
        self._clock = clock

    def routes(self) -> Router:
        """All paths of the application."""
        return Router(
            [
                Route("/canary", self._canary),
                Route("/events", self._events, methods=["POST"]),
                Route("/ops/state", self._state),
                Route("/ops/levers/{name}", self._guarded(self._lever), methods=["PUT"]),
                Route("/ops/consumers/{verb}", self._guarded(self._consumers), methods=["POST"]),
                Route("/ops/ingestion/{verb}", self._guarded(self._ingestion), methods=["POST"]),
                Route("/ops/rollback", self._guarded(self._rollback), methods=["POST"]),
                Route("/metrics", self._metrics),
                Route("/health", self._health),
                Route("/healthz", self._healthz),
                Route("/readyz", self._readyz),
            ],
            redirect_slashes=False,
        )

    async def _canary(self, request: Request) -> Response:
        return HTMLResponse(_PAGE) if self._world.scenario.canary_html else JSONResponse(self._world.canary())

    async def _events(self, request: Request) -> Response:
        world, now = self._world, self._clock.now()
        token = self._authority.judge(request.headers.get("authorization"), now=now)
        if refusal := world.admits(token):
            return _reply(refusal)
        if world.ingestion == "paused":
            return JSONResponse({"error": "ingestion paused"}, status_code=503, headers={"retry-after": "60"})
        event = await json_object(request) or {}
        key, kind, event_id = request.headers.get("idempotency-key"), event.get("type"), event.get("id")
        if not key or kind not in EVENT_TYPES or not _is_uuid(event_id):
            world.tally.errors["validation"] += 1
            known = "unknown event type" if kind not in EVENT_TYPES else "id must be a UUID"
            return _problem(400, known if key else "Idempotency-Key is required")
        accepted = world.remembered(key)
        return _reply(accepted or world.accept(key=key, kind=str(kind), event_id=str(event_id), token=token, now=now))

    def _guarded(self, handler: Handler) -> Handler:
        """The handler behind X-Internal-Key: 401 without one, 403 with a wrong one."""

        async def checked(request: Request) -> Response:
            given = request.headers.get("x-internal-key")
            if given is None:
                return _problem(401, "X-Internal-Key is required")
            if not hmac.compare_digest(given.encode("utf-8", "replace"), self._internal_key.encode()):
                return _problem(403, "X-Internal-Key is wrong")
            return await handler(request)

        return checked

    async def _state(self, request: Request) -> Response:
        return JSONResponse(self._world.state(self._clock.now()))

    async def _lever(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._world.levers:
            return _problem(404, "no such lever")
        value = (await json_object(request) or {}).get("value")
        if not isinstance(value, str) or value not in ("true", "false"):
            return _problem(400, 'value must be "true" or "false"')
        return self._operated(partial(self._world.set_lever, name, value), {"name": name, "value": value}, 200)

    async def _consumers(self, request: Request) -> Response:
        state = _VERBS.get(request.path_params["verb"])
        if state is None:
            return _problem(404, "pause or resume")
        return self._operated(partial(self._world.set_consumers, state), {"consumers": state}, 202)

    async def _ingestion(self, request: Request) -> Response:
        state = _VERBS.get(request.path_params["verb"])
        if state is None:
            return _problem(404, "pause or resume")
        return self._operated(partial(self._world.set_ingestion, state), {"ingestion": state}, 202)

    async def _rollback(self, request: Request) -> Response:
        if (await json_object(request) or {}).get("to") != "last-stable":
            return _problem(400, 'to must be "last-stable"')
        body = {"accepted": True, "to": "last-stable", "build_id": STABLE_BUILD}
        return self._operated(partial(self._world.roll_back, self._clock.now()), body, 202)

    def _operated(self, change: Callable[[], None], body: dict[str, object], status: int) -> Response:
        refusal = self._world.operate(change, self._clock.now())
        return _reply(refusal) if refusal else JSONResponse(body, status_code=status)

    async def _metrics(self, request: Request) -> Response:
        if self._world.scenario.metrics == "html":
            return HTMLResponse(_PAGE)
        return Response(self._world.metrics(self._clock.now()), headers={"content-type": CONTENT_TYPE})

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _healthz(self, request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _readyz(self, request: Request) -> Response:
        return JSONResponse({"ready": True})
