"""A strict Slack on loopback: Web API, incoming webhook and uploads, with faults on demand and a log of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from email.utils import formatdate
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from starlette.types import Receive, Scope, Send

from warroom.clock import Clock
from warroom.simulator.listener import TRANSPORT
from warroom.simulator.service import gone, read_body
from warroom.simulator.slack_faults import Fault, Faults
from warroom.simulator.slack_methods import App, Methods, Refused
from warroom.simulator.slack_room import BOT_ID, Room
from warroom.simulator.slack_rules import live_parts, message_problem

WEBHOOK: Final = "/services/T0WARROOM1/B0WARROOM1/"
_HTML: Final = b"<!doctype html><title>Slack</title><p>Something went wrong.</p>"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request as Slack saw it. `key` is the one in the message's metadata, `applied` whether it took effect, `live`
    what in its texts would mention or link. `error` is empty for one that was taken.
    """

    seq: int
    at: str
    method: str
    channel: str = ""
    key: str = ""
    text: str = ""
    thread_ts: str = ""
    error: str = ""
    applied: bool = False
    fault: str = ""
    live: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    media: str = "application/json; charset=utf-8"


class SlackStandIn:
    """The ASGI application. Whatever a test wants to know is in `attempts` and `room`."""

    def __init__(self, clock: Clock, *, token: str, webhook_secret: str) -> None:
        self.room = Room(clock)
        self.app = App(token)
        self.faults = Faults()
        self.attempts: list[Attempt] = []
        self.base_url = ""
        self.methods = Methods(self.room, self.app, clock, lambda: self.base_url)
        self._webhook = WEBHOOK + webhook_secret

    @property
    def webhook_url(self) -> str:
        """The address of the incoming webhook; a secret."""
        return self.base_url + self._webhook

    def to_json(self) -> dict[str, Any]:
        """Everything that happened, as JSON values; what was scheduled and is due by now is posted."""
        self.room.deliver()
        messages = [asdict(one) for one in self.room.messages]
        attempts = [asdict(one) for one in self.attempts]
        scheduled = [asdict(one) for one in self.room.scheduled.values() if not one.deleted]
        return {"messages": messages, "attempts": attempts, "scheduled": scheduled}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await read_body(receive)
        if body is None:
            return
        path = scope["path"]
        method = "upload" if path.startswith("/upload/") else path.removeprefix("/api/").strip("/")
        fault = self.faults.take(method)
        reply = None if fault and not fault.applied else self._answer(scope, method, body, fault)
        if fault and fault.applied and fault.then and method == "chat.postMessage" and self.attempts[-1].applied:
            self.room.meddle(self.room.messages[-1], fault.then)
        if fault is None:
            assert reply is not None
            await _send(reply, send)
            return
        if reply is None:
            self._note(method, {} if method == "upload" else _arguments(scope, body), fault=fault)
        await _go_wrong(fault, reply or _Reply(200, b'{"ok": true}'), scope, receive, send)

    def _answer(self, scope: Scope, method: str, body: bytes, fault: Fault | None) -> _Reply:
        if scope["path"] == unquote(self._webhook):
            return self._hook(body, fault)
        if scope["path"].startswith("/upload/"):
            return self._upload(scope["path"].removeprefix("/upload/"), body, fault)
        args = _arguments(scope, body)
        headers = {name.lower(): value for name, value in scope["headers"]}
        token = headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ")
        try:
            answer = {"ok": True, **self.methods.call(method, args, token)}
        except Refused as refused:
            self._note(method, args, error=refused.error, fault=fault)
            told = json.dumps({"ok": False, "error": refused.error, **refused.more}).encode()
            wait = refused.retry_after_s
            return _Reply(429, told, (("retry-after", str(wait)),)) if wait else _Reply(200, told)
        self._note(method, args, applied=True, fault=fault)
        said = (("x-oauth-scopes", ",".join(self.app.scopes)), self._date())
        return _Reply(200, json.dumps(answer).encode(), said)

    def _date(self) -> tuple[str, str]:
        return "date", formatdate(self.room.now_s(), usegmt=True)

    def _hook(self, body: bytes, fault: Fault | None) -> _Reply:
        self.room.deliver()
        try:
            args = json.loads(body)
        except (ValueError, RecursionError):
            args = None
        problem = message_problem(args) if isinstance(args, dict) else "invalid_payload"
        channel = self.room.channels["C0WARROOM"]
        if channel.archived:
            problem = "channel_is_archived"
        self._note("webhook", args or {}, error=problem, applied=not problem, fault=fault)
        if problem:
            return _Reply(410 if channel.archived else 400, problem.encode(), media="text/plain")
        self.room.post(channel.id, str(args.get("text", "")), blocks=tuple(args.get("blocks") or ()), bot_id="B0HOOK")
        return _Reply(200, b"ok", (self._date(),), media="text/plain")

    def _upload(self, file_id: str, body: bytes, fault: Fault | None) -> _Reply:
        known = self.room.uploads.get(file_id)
        problem = "" if known and len(body) == known["size"] else "the length is not the one that was announced"
        self._note("upload", {}, error=problem, applied=not problem, fault=fault)
        if known is None or problem:
            return _Reply(400, problem.encode(), media="text/plain")
        known["content"] = body.decode("utf-8", "replace")
        return _Reply(200, f"OK - {len(body)}".encode(), media="text/plain")

    def _note(
        self, method: str, args: Mapping[str, Any], error: str = "", *, applied: bool = False, fault: Fault | None
    ) -> None:
        metadata = args.get("metadata")
        payload = metadata.get("event_payload") if isinstance(metadata, Mapping) else None
        is_message = not message_problem({**args, "text": args.get("text") or " "})
        self.attempts.append(
            Attempt(
                seq=len(self.attempts) + 1,
                at=self.room.instant().isoformat(),
                method=method,
                channel=str(args.get("channel") or ""),
                key=str(payload.get("key", "")) if isinstance(payload, Mapping) else "",
                text=str(args.get("text") or ""),
                thread_ts=str(args.get("thread_ts") or ""),
                error=error,
                applied=applied,
                fault=fault.kind if fault else "",
                live=tuple(live_parts(args)) if is_message else (),
            )
        )

    def foreign(self, channel: str, text: str, key: str, thread_ts: str = "") -> None:
        """Somebody else's message that carries our key."""
        metadata = {"event_type": "warroom_update", "event_payload": {"key": key}}
        self.room.post(channel, text, metadata=metadata, thread_ts=thread_ts, bot_id=f"{BOT_ID}X")


def _arguments(scope: Scope, body: bytes) -> dict[str, Any]:
    """The arguments of a call: query, form or JSON."""
    headers = {name.lower(): value for name, value in scope["headers"]}
    found: dict[str, Any] = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    if headers.get(b"content-type", b"").startswith(b"application/json"):
        with contextlib.suppress(ValueError, RecursionError):
            data = json.loads(body)
            found |= data if isinstance(data, dict) else {}
    else:
        found |= dict(parse_qsl(body.decode("utf-8", "replace")))
    return found


async def _send(reply: _Reply, send: Send) -> None:
    named = [("content-type", reply.media), ("content-length", str(len(reply.body))), *reply.headers]
    headers = [(name.encode(), value.encode("latin-1")) for name, value in named]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def _go_wrong(fault: Fault, reply: _Reply, scope: Scope, receive: Receive, send: Send) -> None:
    match fault.kind:
        case "reset" | "close" | "cut":
            _break(fault, reply, scope["state"][TRANSPORT])
            await gone(receive)
        case "silent":
            await gone(receive)
        case "status":
            await _send(_Reply(int(fault.value), _HTML, media="text/html"), send)
        case "error":
            await _send(_Reply(200, json.dumps({"ok": False, "error": fault.value}).encode()), send)
        case "body":
            await _send(_Reply(200, fault.value.encode()), send)
        case "redirect":
            await _send(_Reply(302, b"", (("location", fault.value),)), send)
        case _:
            told = (("retry-after", fault.value),) if fault.value else ()
            await _send(_Reply(429, b'{"ok": false, "error": "ratelimited"}', told), send)


def _break(fault: Fault, reply: _Reply, transport: asyncio.Transport) -> None:
    if fault.kind == "cut":
        lines = ("HTTP/1.1 200 OK", f"content-type: {reply.media}", f"content-length: {len(reply.body)}", "", "")
        transport.write(("\r\n".join(lines).encode() + reply.body)[: int(fault.value)])
        transport.close()
        return
    if fault.kind == "reset":
        # A linger of zero seconds makes the system send RST instead of FIN.
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
