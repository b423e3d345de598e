"""The shell around each service: it logs every request exactly, holds answers back and hangs where it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from warroom.clock import Clock
from warroom.simulator.listener import RECEIVED, TRANSPORT
from warroom.simulator.reqlog import RequestLog, ServedRequest, selected_headers
from warroom.simulator.world import Behaviour

BODY_LIMIT = 1_048_576


def always_serve(path: str) -> Behaviour:
    """Answer at once, whatever is asked."""
    return Behaviour("serve")


def no_headers() -> Mapping[str, str]:
    """No header beside the answer's own."""
    return {}


def not_counted(path: str, status: int, seconds: float) -> None:
    """Count nothing."""


class Service:
    """An ASGI application that wraps `routes`.

    A request is logged when its body is in, and completed in the log before the last byte of its answer leaves:
    whoever has the answer finds the request in the log.
    """

    def __init__(
        self,
        name: str,
        routes: ASGIApp,
        *,
        clock: Clock,
        log: RequestLog,
        behaviour: Callable[[str], Behaviour] = always_serve,
        headers: Callable[[], Mapping[str, str]] = no_headers,
        served: Callable[[str, int, float], None] = not_counted,
    ) -> None:
        self._name = name
        self._routes = routes
        self._clock = clock
        self._log = log
        self._behaviour = behaviour
        self._headers = headers
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started: float = scope["state"][RECEIVED]
        at = self._clock.now() - timedelta(seconds=self._clock.monotonic() - started)
        body = await read_body(receive)
        seq = self._log.arrived(_described(self._name, scope, body or b"", at))
        behaviour = self._behaviour(scope["path"])
        answer: list[Message] = []
        if body is not None and behaviour.mode != "hang":
            answer = await self._answer(scope, body, behaviour)
            if not await self._held(behaviour.hold_s - (self._clock.monotonic() - started), receive):
                answer = []
        elif body is not None:
            await gone(receive)
        if behaviour.mode == "lose":
            answer = []
            scope["state"][TRANSPORT].abort()
            await gone(receive)
        for message in answer[:-1]:
            await send(message)
        elapsed = self._clock.monotonic() - started
        status = answer[0]["status"] if answer else None
        self._log.ended(seq, status=status, held_ms=elapsed * 1000)
        if status is not None:
            self._served(scope["path"], status, elapsed)
            await send(answer[-1])

    async def _answer(self, scope: Scope, body: bytes, behaviour: Behaviour) -> list[Message]:
        """The messages of the answer, the start first."""
        if len(body) > BODY_LIMIT:
            messages = _json_messages(413, {"error": "body too large"})
        elif behaviour.mode == "unavailable":
            messages = _json_messages(503, {"error": "unavailable"}, ("retry-after", "1"))
        else:
            messages = []

            async def replay() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            async def collect(message: Message) -> None:
                messages.append(message)

            await self._routes(scope, replay, collect)
        added = {"date": format_datetime(self._clock.now(), usegmt=True), **self._headers()}
        encoded = [(name.encode(), value.encode()) for name, value in added.items()]
        messages[0]["headers"] = [*encoded, *messages[0]["headers"]]
        return messages

    async def _held(self, seconds: float, receive: Receive) -> bool:
        """True after `seconds`; False at once when the client goes away."""
        if seconds <= 0:
            return True
        tasks = (
            asyncio.ensure_future(self._clock.sleep(seconds)),
            asyncio.ensure_future(gone(receive)),
        )
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return not tasks[1].done()
        finally:
            for task in tasks:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)


async def read_body(receive: Receive) -> bytes | None:
    """The whole body, at most one byte over the limit; None when the client went away before its end."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")[: BODY_LIMIT + 1 - len(body)]
        if not message.get("more_body", False):
            return bytes(body)


async def gone(receive: Receive) -> None:
    """Return when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _json_messages(status: int, body: Mapping[str, str], *headers: tuple[str, str]) -> list[Message]:
    raw = json.dumps(body).encode()
    named = [("content-type", "application/json"), ("content-length", str(len(raw))), *headers]
    return [
        {"type": "http.response.start", "status": status, "headers": [(n.encode(), v.encode()) for n, v in named]},
        {"type": "http.response.body", "body": raw},
    ]


def _event_type(body: bytes) -> str | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else None


def _described(service: str, scope: Scope, body: bytes, at: datetime) -> ServedRequest:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    host, port = scope["client"] or ("?", 0)
    scheme = headers.get("authorization", "").partition(" ")[0]
    return ServedRequest(
        seq=0,
        service=service,
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        peer=f"{host}:{port}",
        headers=selected_headers(scope["headers"]),
        auth=scheme or None,
        internal_key="x-internal-key" in headers,
        media_type=headers.get("content-type", "").partition(";")[0].strip().lower() or None,
        event_type=_event_type(body) if body else None,
        body_bytes=len(body),
        at=at,
    )
