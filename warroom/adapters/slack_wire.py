"""One call to Slack's Web API: slack_sdk spells the request, the wire is ours, so that what happened to it is known.

slack_sdk's own wire follows redirects with the token, obeys proxy variables, reads without a limit and cannot tell a
request that never left from one whose answer was lost.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import Request

from slack_sdk import WebClient

from warroom.clock import Clock
from warroom.strict_json import parse_json
from warroom.text import clean
from warroom.updates.answers import Answered, Broken

BODY_CAP: Final = 4 * 1024 * 1024
_CHUNK: Final = 64 * 1024
_SLOWEST: Final = 128 * 1024
"""Bytes a second that a line to Slack carries at least."""
_THREAD: Final = "slack call"
_MOST_CALLS: Final = 16
"""So many threads of calls may be there at once: one whose look-up of a name hangs stays behind its call."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where Slack is and who asks. `context` verifies its certificate; the token is a secret."""

    base_url: str
    token: str
    context: ssl.SSLContext
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended, and the JSON object of the answer (empty where there is none). `date` is Slack's clock as its
    header spells it, empty without one."""

    end: Broken | Answered
    data: Mapping[str, Any]
    date: str = ""


def call(address: Address, clock: Clock, method: Callable[[WebClient], object]) -> Outcome:
    """Makes the call that `method` makes of the client, once. Blocks, `timeout_s` seconds at most. Never raises."""
    wire = _Wire(address, clock)
    try:
        method(wire)
    except Exception as fault:  # noqa: BLE001 - whatever the library makes of the answer, the wire saw what happened
        if wire.seen is None:
            return Outcome(Broken(told(fault), wire.sent), {})
    assert wire.seen is not None, "a call that returns has an answer"
    return wire.seen


def upload(address: Address, clock: Clock, url: str, content: bytes) -> Broken | Answered:
    """Sends a file to where Slack wants it, without the token. Blocks, `timeout_s` seconds at most and the time that
    its bytes need on a slow line. Never raises."""
    exchange = Exchange(address.context, address.timeout_s + len(content) / _SLOWEST, clock)
    try:
        if urlsplit(url).scheme != urlsplit(address.base_url).scheme:
            return Broken("Slack named no address to upload to", sent=False)
        request = Request(url, content, {"Content-Type": "application/octet-stream"})  # noqa: S310 - compared above
        answer, _ = exchange.make(url, request)
    except Exception as fault:  # noqa: BLE001 - an address from outside, a connection, an answer: all can be anything
        return Broken(told(fault), exchange.sent)
    return Answered(answer.status, True if answer.status == 200 else None)


class _Wire(WebClient):
    """A client for one call."""

    def __init__(self, address: Address, clock: Clock) -> None:
        super().__init__(address.token, base_url=address.base_url, retry_handlers=[], logger=quiet_logger())
        self._exchange = Exchange(address.context, address.timeout_s, clock)
        self.seen: Outcome | None = None

    @property
    def sent(self) -> bool:
        """Whether any of the request can have arrived."""
        return self._exchange.sent

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        answer, raw = self._exchange.make(url, req)
        self.seen = _outcome(answer, raw)
        return {"status": answer.status, "headers": answer.headers, "body": raw.decode("utf-8", "replace")}


class Exchange:
    """One request on a connection of its own. `sent` says whether any of it can have arrived."""

    def __init__(self, context: ssl.SSLContext, timeout_s: float, clock: Clock) -> None:
        self._context = context
        self._timeout_s = timeout_s
        self._clock = clock
        self._turn = threading.Lock()
        self._is_over = False
        self._wire: socket.socket | None = None
        self.sent = False

    def make(self, url: str, req: Request) -> tuple[http.client.HTTPResponse, bytes]:
        """The answer and its whole body, within `timeout_s`. Raises OSError or HTTPException.

        It has a thread of its own, for a look-up of a name cannot be broken off. After the time nothing is sent.
        """
        if sum(thread.name == _THREAD for thread in threading.enumerate()) >= _MOST_CALLS:
            raise TimeoutError(f"{_MOST_CALLS} calls before it hang")
        done: Future[tuple[http.client.HTTPResponse, bytes]] = Future()
        threading.Thread(target=self._make, args=(done, url, req), name=_THREAD, daemon=True).start()
        try:
            return done.result(self._timeout_s)
        finally:
            self._end()

    def _make(self, done: Future[tuple[http.client.HTTPResponse, bytes]], url: str, req: Request) -> None:
        try:
            done.set_result(self._made(url, req))
        except BaseException as fault:  # noqa: BLE001 - it is raised where the call was made
            done.set_exception(fault)

    def _made(self, url: str, req: Request) -> tuple[http.client.HTTPResponse, bytes]:
        deadline = self._clock.monotonic() + self._timeout_s
        parts = urlsplit(url)
        connection = self._connection(parts.scheme, parts.netloc)
        try:
            connection.connect()
            self._begin(connection)
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            body = req.data if isinstance(req.data, bytes) else None
            connection.request("POST", target, body, {**dict(req.header_items()), "Accept-Encoding": "identity"})
            answer = connection.getresponse()
            return answer, self._read(answer, deadline)
        finally:
            connection.close()

    def _begin(self, connection: http.client.HTTPConnection) -> None:
        """From here on it may arrive; not where nobody waits any more."""
        with self._turn:
            if self._is_over:
                raise TimeoutError("the connection took too long")
            self._wire = connection.sock
            self.sent = True

    def _end(self) -> None:
        """Nothing more is sent or read, by whoever still does."""
        with self._turn:
            self._is_over = True
            if self._wire is not None:
                # Not that of the TLS layer, which another thread may be reading with.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(self._wire, socket.SHUT_RDWR)

    def _connection(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        if scheme == "https":
            return http.client.HTTPSConnection(netloc, timeout=self._timeout_s, context=self._context)
        return http.client.HTTPConnection(netloc, timeout=self._timeout_s)

    def _read(self, answer: http.client.HTTPResponse, deadline: float) -> bytes:
        body = bytearray()
        while chunk := answer.read1(_CHUNK):
            body += chunk
            if len(body) > BODY_CAP:
                raise http.client.HTTPException("the answer is too long")
            if self._clock.monotonic() > deadline:
                raise TimeoutError("the answer takes too long")
        if answer.length:
            raise http.client.IncompleteRead(bytes(body), answer.length)
        return bytes(body)


def _outcome(answer: http.client.HTTPResponse, raw: bytes) -> Outcome:
    retry_after, date = answer.headers.get("retry-after"), answer.headers.get("date", "")
    try:
        data = parse_json(raw, max_bytes=BODY_CAP)
    except ValueError:
        data = None
    ok = data.get("ok") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(ok, bool):
        return Outcome(Answered(answer.status, None, retry_after=retry_after), {}, date)
    error, ts = clean(str(data.get("error", "")), limit=80), clean(str(data.get("ts", "")), limit=40)
    return Outcome(Answered(answer.status, ok, error, ts, retry_after, _thread_of(data)), data, date)


def _thread_of(data: Mapping[str, Any]) -> str | None:
    """The message in whose thread the one in the answer stands; empty: none. None where no message is shown."""
    message = data.get("message")
    return clean(str(message.get("thread_ts", "")), limit=40) if isinstance(message, dict) else None


def instant_of(date: str) -> datetime | None:
    """What a header `Date` says, UTC; None where it is none."""
    try:
        said = parsedate_to_datetime(date)
        return said.astimezone(UTC) if said.tzinfo else None
    except (ValueError, TypeError, OverflowError):
        return None


def quiet_logger() -> logging.Logger:
    """A logger that no configuration can reach: at DEBUG the library writes down what is sent."""
    return logging.Logger("slack", logging.CRITICAL + 1)  # noqa: LOG001


def told(fault: Exception) -> str:
    """A sentence on why no whole answer came; it names no address."""
    if isinstance(fault, TimeoutError):
        return "Slack did not answer in time"
    if isinstance(fault, http.client.HTTPException):
        return f"the connection to Slack broke off: {type(fault).__name__}"
    reason = getattr(fault, "strerror", "") or type(fault).__name__
    return clean(f"Slack could not be reached: {reason}", limit=200)
