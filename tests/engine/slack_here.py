"""The strict Slack without a network, on the clock of a test: the real adapter calls it within the same process."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from datetime import datetime
from email.message import Message
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request

import pytest

from warroom.adapters.slack import SlackChannel
from warroom.adapters.slack_wire import Address, Exchange
from warroom.clock import Clock
from warroom.simulator.listener import TRANSPORT
from warroom.simulator.slack import SlackStandIn

TOKEN = "xoxb-canary-3c91f0"
ROOM = "C0WARROOM"


def slack_here(clock: Clock, patch: pytest.MonkeyPatch) -> SlackStandIn:
    """A Slack that answers every call of the adapter's."""
    slack = SlackStandIn(clock, token=TOKEN, webhook_secret="canary-hook")
    slack.base_url = "http://slack.test"

    def make(exchange: Exchange, url: str, req: Request) -> tuple[Any, bytes]:
        exchange.sent = True
        return _Visit(slack, url, req).answer()

    patch.setattr(Exchange, "make", make)
    return slack


def channel_here(
    slack: SlackStandIn,
    clock: Clock,
    token: str = TOKEN,
    room: str = ROOM,
    heard: Callable[[str, datetime], object] = lambda *_: None,
) -> SlackChannel:
    """The adapter, without threads."""
    address = Address(f"{slack.base_url}/api/", token, None)  # type: ignore[arg-type]
    channel = SlackChannel(address, room, clock, heard=heard)
    channel.close()
    channel._threads = channel._aside = Inline()  # type: ignore[assignment]
    return channel


class Inline(Executor):
    """Does at once what it is given."""

    def submit(self, call: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(call(*args, **more))
        except BaseException as error:  # noqa: BLE001 - it is the caller's
            future.set_exception(error)
        return future


class _Visit:
    """One request: what the application does with it, played through at once."""

    def __init__(self, slack: SlackStandIn, url: str, req: Request) -> None:
        self._slack = slack
        self._url = urlsplit(url)
        self._req = req
        self._heard: list[dict[str, Any]] = []
        self._is_read = False
        self._broke = ""

    def answer(self) -> tuple[Any, bytes]:
        """The answer, or what a connection raises instead."""
        headers = [(name.lower().encode(), value.encode()) for name, value in self._req.header_items()]
        scope = {"type": "http", "path": self._url.path, "query_string": self._url.query.encode()}
        _played(self._slack({**scope, "headers": headers, "state": {TRANSPORT: self}}, self._receive, self._send))
        if not self._heard:
            raise ConnectionResetError if self._broke == "abort" else TimeoutError
        start, body = self._heard[0], b"".join(part.get("body", b"") for part in self._heard[1:])
        found = Message()
        for name, value in start["headers"]:
            found[name.decode()] = value.decode()
        return _Answer(start["status"], found), body

    async def _receive(self) -> dict[str, Any]:
        if self._is_read:
            return {"type": "http.disconnect"}
        self._is_read = True
        body = self._req.data if isinstance(self._req.data, bytes) else b""
        return {"type": "http.request", "body": body}

    async def _send(self, message: Any) -> None:
        self._heard.append(dict(message))

    # What the application takes for the connection

    def write(self, data: bytes) -> None:
        """An answer that is cut."""
        raise http.client.IncompleteRead(data)

    def abort(self) -> None:
        """The connection breaks."""
        self._broke = "abort"

    def close(self) -> None:
        """The connection ends."""

    def get_extra_info(self, name: str) -> Any:
        """The socket, as far as the application touches it."""
        return self

    def setsockopt(self, *_: object) -> None:
        """How it breaks does not count here."""


class _Answer:
    def __init__(self, status: int, headers: Message) -> None:
        self.status = status
        self.headers = headers


def _played(work: Coroutine[Any, Any, None]) -> None:
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("the application waits for something that never comes")
