"""Connections: refused, swallowed, kept, closed too early, and how many there are."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.faults.ports import failure, http_port, samples, target
from tests.faults.server import Peer, always, answer, serving
from tests.needs import missing
from warroom.adapters.http import HttpAdapter
from warroom.clock import VirtualClock
from warroom.contract import Request


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def black_hole() -> Iterator[int]:
    """The port of a server whose queue is full: further connections are neither accepted nor refused."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield int(server.getsockname()[1])


async def test_a_port_where_nothing_listens(closed_port: int) -> None:
    app = target(f"http://127.0.0.1:{closed_port}")
    async with http_port(app) as port:
        error = await failure(port, Request("app", "/canary"))
    where = f"127.0.0.1:{closed_port}"
    assert error.message == f"auto_com_center ({where}): connection refused: nothing listens on {where}"
    assert error.symptom == "refused"
    taken = await samples(app)
    assert [(sample.error, sample.latency_s, sample.status) for sample in taken] == [("refused", None, 0)] * 3


async def test_a_black_hole_ends_at_the_deadline(black_hole: int) -> None:
    app = target(f"http://127.0.0.1:{black_hole}")
    async with http_port(app) as port:
        error = await failure(port, Request("app", timeout_s=0.3))
    assert (error.symptom, error.message.partition("): ")[2]) == ("timeout", "no connection within 0.3 s")
    taken = await samples(app, count=30, timeout_s=0.2)
    assert [sample.error for sample in taken] == ["timeout"] * 3, "three in a row are enough to know"


async def test_a_server_that_closes_kept_connections_without_a_word() -> None:
    async with serving(always(answer(), then_close=True)) as server:
        async with http_port(target(server.url)) as port:
            for _ in range(4):
                assert (await port.send(Request("app", timeout_s=30))).status == 200
        assert server.connections == 4
        taken = await samples(target(server.url), count=4)
    assert [sample.error for sample in taken] == [""] * 4
    assert len(server.requests) == 8


async def closes_the_second(peer: Peer) -> None:
    """Answers the first request of a connection; closes on the second without an answer."""
    await peer.request()
    await peer.send(answer())
    await peer.request()


async def test_a_kept_connection_that_closes_just_then_is_not_a_fault() -> None:
    async with serving(closes_the_second) as server:
        async with http_port(target(server.url)) as port:
            for _ in range(3):
                assert (await port.send(Request("app", timeout_s=30))).status == 200
        taken = await samples(target(server.url), count=3)
    assert [sample.status for sample in taken] == [200] * 3


async def test_then_a_request_that_may_not_be_repeated_fails() -> None:
    async with serving(closes_the_second) as server:
        async with http_port(target(server.url)) as port:
            await port.send(Request("app", timeout_s=30))
            error = await failure(port, Request("app", method="POST", body=b"{}", timeout_s=30))
        taken = await samples(target(server.url), count=2, request={"method": "POST", "body": b"{}"})
    assert error.symptom == "reset"
    assert [sample.error for sample in taken] == ["", "reset"]
    assert len(server.requests) == 4


async def test_samples_share_one_connection_and_connecting_is_not_in_them() -> None:
    async with serving(always(answer())) as server:
        taken = await samples(target(server.url), count=30, warmup=2)
    assert (server.connections, len(server.requests), len(taken)) == (1, 32, 30)
    assert [sample.index for sample in taken] == list(range(30))
    assert all(sample.connect_s == 0 and sample.latency_s for sample in taken)
    assert taken[0].sent_at_s == 0
    assert sorted(sample.sent_at_s for sample in taken) == [sample.sent_at_s for sample in taken]


async def test_without_reuse_each_sample_has_a_connection() -> None:
    async with serving(always(answer())) as server:
        taken = await samples(target(server.url), count=5, reuse=False)
    assert server.connections == 5
    assert all(sample.connect_s > 0 for sample in taken)
    assert all(b"Connection: close" in request for request in server.requests)


async def test_a_server_of_http_1_0_is_measured() -> None:
    async with serving(always(answer(version="1.0"), then_close=True)) as server:
        taken = await samples(target(server.url), count=3)
    assert [sample.status for sample in taken] == [200] * 3


async def test_an_address_of_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        missing("this machine has no IPv6 loopback")
    async with serving(always(answer()), host="::1") as server:
        async with http_port(target(server.url)) as port:
            assert (await port.send(Request("app", timeout_s=30))).status == 200
        taken = await samples(target(server.url))
    assert [sample.status for sample in taken] == [200] * 3
    assert f"Host: [::1]:{server.port}\r\n".encode() in server.requests[0]


async def test_informational_answers_are_passed_over() -> None:
    async with serving(always(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(b"final"))) as server:
        async with http_port(target(server.url)) as port:
            assert (await port.send(Request("app", timeout_s=30))).body == b"final"
        taken = await samples(target(server.url))
    assert [sample.status for sample in taken] == [200] * 3


async def test_chunks_with_extensions_and_trailers_are_read() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"
    async with serving(always(chunked)) as server:
        async with http_port(target(server.url)) as port:
            assert (await port.send(Request("app", timeout_s=30))).body == b"hello"
        taken = await samples(target(server.url), count=3)
    assert [sample.status for sample in taken] == [200] * 3
    assert server.connections == 2


async def test_a_head_request_has_no_body_to_wait_for() -> None:
    async with serving(always(answer(b"", length=10_000_000_000))) as server:
        async with http_port(target(server.url)) as port:
            assert (await port.send(Request("app", method="HEAD", timeout_s=30))).status == 200
        taken = await samples(target(server.url), request={"method": "HEAD"})
    assert [sample.status for sample in taken] == [200] * 3


async def test_no_more_connections_than_the_target_allows() -> None:
    """One of the four is the sampler's."""
    waiting, most = 0, 0
    released = asyncio.Event()

    async def slow(peer: Peer) -> None:
        nonlocal waiting, most
        while True:
            await peer.request()
            waiting += 1
            most = max(most, waiting)
            if waiting == 3:
                asyncio.get_running_loop().call_later(0.05, released.set)
            await released.wait()
            waiting -= 1
            await peer.send(answer())

    async with serving(slow) as server, http_port(target(server.url)) as port:
        await asyncio.gather(*(port.send(Request("app", timeout_s=30)) for _ in range(12)))
    assert (most, server.connections, len(server.requests)) == (3, 3, 12)


async def test_waiting_for_a_free_connection_does_not_count_against_the_deadline() -> None:
    async with serving(always(answer())) as server, http_port(target(server.url, connections=1)) as port:
        port._route(target(server.url)).slots = slots = asyncio.Semaphore(0)
        task = asyncio.create_task(port.send(Request("app", timeout_s=0.2)))
        await asyncio.wait([task], timeout=0.4)
        assert not task.done()
        slots.release()
        assert (await task).status == 200


async def test_attempts_are_made_when_nothing_can_have_reached_the_server(closed_port: int) -> None:
    clock = VirtualClock(datetime(2025, 11, 1, tzinfo=UTC))
    kept: list[str] = []
    app = target(f"http://127.0.0.1:{closed_port}")

    def record(exchange: object) -> str:
        kept.append(str(exchange))
        return ""

    port = HttpAdapter({"app": app}, clock, record=record)
    task = asyncio.create_task(failure(port, Request("app", method="POST", attempts=3)))
    while not task.done():
        await asyncio.wait([task], timeout=0.01)
        await clock.advance(clock.next_due or 0)
    assert (await task).symptom == "refused"
    assert len(kept) == 3
    assert clock.monotonic() == 0.25 + 0.5


@pytest.mark.parametrize(
    ("request_", "sent"),
    [
        (Request("app", method="POST", body=b"{}", attempts=3, timeout_s=0.2), 1),
        (Request("app", method="GET", attempts=3, timeout_s=0.2), 3),
        (
            Request("app", method="POST", headers=(("Idempotency-Key", "1"),), attempts=3, timeout_s=0.2),
            3,
        ),
    ],
    ids=["a POST is sent once", "a GET may be repeated", "so may a POST with a key"],
)
async def test_what_may_have_arrived_is_repeated_only_if_that_is_harmless(request_: Request, sent: int) -> None:
    async def silent(peer: Peer) -> None:
        await peer.request()
        await peer.until_closed()

    async with serving(silent) as server, http_port(target(server.url)) as port:
        assert (await failure(port, request_)).symptom == "timeout"
    assert len(server.requests) == sent
