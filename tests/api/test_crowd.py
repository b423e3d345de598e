"""Connections over TCP: a cap, a deadline, and an answer for whoever does not fit in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from starlette.types import Receive, Scope, Send

from warroom.api.crowd import MOST, MOST_OF_ONE
from warroom.api.listener import Address, TcpListener

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
STAY = b"GET /stay HTTP/1.1\r\nhost: x\r\n\r\n"


@dataclass
class Place:
    """A listener whose `/stay` is answered only in the end, and the connections to it."""

    listener: TcpListener
    address: Address
    pairs: list[Pair] = field(default_factory=list)

    async def join(self, sent: bytes = b"", source: str = "127.0.0.1") -> Pair:
        """A connection over which that was sent."""
        pair = await asyncio.open_connection(self.address.host, self.address.port, local_addr=(source, 0))
        self.pairs.append(pair)
        pair[1].write(sent)
        return pair

    async def answered(self, sent: bytes = GET, source: str = "127.0.0.1") -> str:
        """The status line of the answer."""
        reader, _ = await self.join(sent, source)
        return (await asyncio.wait_for(reader.readline(), 10)).decode().strip()


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"o", "more_body": True})
    while scope["path"] == "/stay" and (await receive())["type"] != "http.disconnect":
        pass
    await send({"type": "http.response.body", "body": b"k"})


async def _place(patience_s: float) -> AsyncIterator[Place]:
    listener = TcpListener(Address("127.0.0.1", 0), lambda _: _app, patience_s)
    place = Place(listener, await listener.open())
    try:
        yield place
    finally:
        for _, writer in place.pairs:
            writer.close()
        await listener.close()


@pytest.fixture
async def patient() -> AsyncIterator[Place]:
    async for place in _place(600.0):
        yield place


@pytest.fixture
async def hasty() -> AsyncIterator[Place]:
    async for place in _place(0.3):
        yield place


async def gone(pair: Pair) -> bytes:
    """What came until the connection ended."""
    try:
        return await asyncio.wait_for(pair[0].read(), 10)
    except ConnectionError:
        return b""


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET / HTTP/1.1\r\nhost:", id="half a head"),
        pytest.param(b"POST /stay HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nx", id="half a body"),
        pytest.param(GET, id="one request and no second one"),
        pytest.param(GET + b"GET /", id="one request and half a second one"),
    ],
)
async def test_a_connection_without_a_whole_request_ends(sent: bytes, hasty: Place) -> None:
    pair = await hasty.join(sent)
    assert (b"200 OK" in await gone(pair)) == (b"\r\n\r\n" in sent)


async def test_a_request_that_trickles_in_ends(hasty: Place) -> None:
    pair = await hasty.join(b"GET / HTTP/1.1\r\n")
    ended = asyncio.ensure_future(gone(pair))
    while not ended.done():
        pair[1].write(b"a: b\r\n")
        await asyncio.wait([ended], timeout=0.05)
    assert ended.result() == b""


async def test_an_answer_may_take_as_long_as_it_takes(hasty: Place) -> None:
    reader, _ = await hasty.join(STAY)
    assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
    assert await gone(await hasty.join()) == b""
    assert await gone(await hasty.join()) == b""
    assert not reader.at_eof()
    assert hasty.listener.crowd.sizes() == {"127.0.0.1": 1}


async def test_the_oldest_idle_connection_goes_for_a_new_one(patient: Place) -> None:
    busy = await patient.join(STAY)
    assert await busy[0].readline() == b"HTTP/1.1 200 OK\r\n"
    idle = [await patient.join() for _ in range(MOST_OF_ONE - 1)]
    assert await patient.answered() == "HTTP/1.1 200 OK"
    assert await gone(idle[0]) == b""
    assert not busy[0].at_eof()
    assert patient.listener.crowd.sizes() == {"127.0.0.1": MOST_OF_ONE}


async def test_those_of_one_address_make_no_room_with_those_of_another(patient: Place) -> None:
    other = await patient.join(source="127.0.0.2")
    for _ in range(3 * MOST_OF_ONE):
        assert await patient.answered() == "HTTP/1.1 200 OK"
    assert not other[0].at_eof()
    assert patient.listener.crowd.sizes() == {"127.0.0.1": MOST_OF_ONE, "127.0.0.2": 1}


async def test_there_are_so_many_in_all(patient: Place) -> None:
    for number in range(3 * MOST):
        assert await patient.answered(source=f"127.0.0.{2 + number % 20}") == "HTTP/1.1 200 OK"
    assert patient.listener.crowd.sizes().total() == MOST


async def test_who_does_not_fit_in_hears_it_in_json(patient: Place) -> None:
    for _ in range(MOST_OF_ONE):
        assert await patient.answered(STAY) == "HTTP/1.1 200 OK"
    for _ in range(3):
        head, _, body = (await gone(await patient.join(GET))).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert json.loads(body)["error"] == "too many requests are being answered"
    assert await patient.answered(source="127.0.0.2") == "HTTP/1.1 200 OK"


async def test_what_is_no_request_is_refused_in_json(patient: Place) -> None:
    head, _, body = (await gone(await patient.join(b"\x16\x03\x01\r\n\r\n"))).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"] == "Invalid HTTP request received."
