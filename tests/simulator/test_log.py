"""The server's log is exact: what other tests judge a client by."""

import asyncio
import contextlib
import math
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import urlsplit

import httpx
import pytest

from tests.polling import poll_until
from tests.simulator.client import Client
from warroom.clock import RealClock, VirtualClock
from warroom.simulator.latency import endless, holds, p95_ms
from warroom.simulator.reqlog import RequestLog, ServedRequest
from warroom.simulator.scenarios import Latency, scenario_named
from warroom.simulator.simulator import Simulator


def nearest_rank(values: list[float], p: float) -> float:
    return sorted(values)[math.ceil(p * len(values)) - 1]


class TestEntries:
    async def test_thirty_one_requests_are_thirty_one_entries_in_order_with_their_hold(self, client: Client) -> None:
        for _ in range(31):
            await client.get("/canary")
        log = client.sim.requests
        assert [one.seq for one in log] == list(range(1, 32))
        assert {(one.method, one.path, one.status) for one in log} == {("GET", "/canary", 200)}
        assert [one.at for one in log] == sorted(one.at for one in log)
        expected = list(islice(endless(scenario_named("steady").latency, 1), 31))
        for one, hold in zip(log, expected, strict=True):
            assert one.held_ms is not None
            assert one.held_ms >= hold - 0.01
        assert len({one.peer for one in log}) == 1

    async def test_an_entry_is_complete_when_its_answer_is_there(self, client: Client) -> None:
        await client.get("/health")
        (entry,) = client.sim.requests
        assert entry.status == 200
        assert entry.held_ms is not None

    async def test_it_tells_service_query_types_and_sizes_but_no_credential(self, client: Client) -> None:
        token = await client.token()
        await client.post_event(token, key="k-7")
        await client.operate("PUT", "/ops/levers/PROMO_SENDS?why=test", {"value": "false"})
        asked, posted, put = client.sim.requests
        assert (asked.service, asked.auth, asked.media_type) == (
            "scholar_auth",
            "Basic",
            "application/x-www-form-urlencoded",
        )
        assert (posted.service, posted.auth, posted.event_type) == ("auto_com_center", "Bearer", "new_match_found")
        assert posted.headers["idempotency-key"] == "k-7"
        assert posted.body_bytes == int(posted.headers["content-length"]) > 0
        assert (put.path, put.query, put.internal_key) == ("/ops/levers/PROMO_SENDS", "why=test", True)
        text = repr(client.sim.requests)
        assert token not in text
        assert client.sim.inputs["INTERNAL_KEY"] not in text
        assert "authorization" not in text.lower()

    async def test_unanswered_requests_are_logged_without_a_status(self, client: Client) -> None:
        await client.sim.set_scenario("dark")
        with pytest.raises(httpx.ReadTimeout):
            await client.http.get(client.app("/canary"), timeout=0.1)
        assert await _settled(client.sim)
        (entry,) = client.sim.requests
        assert entry.status is None
        assert entry.held_ms is not None
        assert entry.held_ms >= 50

    async def test_a_client_that_leaves_during_the_hold_gets_no_status(self, client: Client) -> None:
        await client.sim.set_scenario("latency-spike")
        with pytest.raises(httpx.ReadTimeout):
            await client.http.get(client.app("/canary"), timeout=0.05)
        assert await _settled(client.sim)
        (entry,) = client.sim.requests
        assert (entry.status, entry.held_ms is not None and entry.held_ms < 340) == (None, True)
        assert client.sim.world()["counters"]["codes"] == {}

    async def test_parallel_requests_are_all_there(self, client: Client) -> None:
        await asyncio.gather(*(client.get("/canary") for _ in range(40)))
        assert [one.status for one in client.sim.requests] == [200] * 40

    async def test_clearing_forgets_and_numbers_go_on(self, client: Client) -> None:
        await client.get("/health")
        client.sim.clear_requests()
        await client.get("/health")
        assert [one.seq for one in client.sim.requests] == [2]


class TestBounds:
    def test_only_the_last_are_kept(self) -> None:
        log = RequestLog(capacity=3)
        for _ in range(5):
            log.arrived(_entry())
        assert [one.seq for one in log.snapshot()] == [3, 4, 5]

    def test_the_end_of_a_forgotten_one_is_ignored(self) -> None:
        log = RequestLog(capacity=1)
        first, second = log.arrived(_entry()), log.arrived(_entry())
        log.ended(first, status=200, held_ms=1.0)
        log.ended(second, status=202, held_ms=2.0)
        assert [(one.seq, one.status) for one in log.snapshot()] == [(2, 202)]

    def test_an_entry_survives_json(self) -> None:
        entry = _entry()
        assert ServedRequest.from_json(entry.to_json()) == entry


class TestLatencies:
    @pytest.mark.parametrize("seed", range(5))
    def test_normal_ones_are_about_40_ms_with_p95_about_42(self, seed: int) -> None:
        values = list(holds(scenario_named("steady").latency, seed))
        assert len(values) == 30
        assert 39.5 <= sum(values) / 30 <= 40.5
        assert 41.5 <= nearest_rank(values, 0.95) <= 42.5

    @pytest.mark.parametrize("skip", range(0, 35, 7))
    def test_any_thirty_in_a_row_have_exactly_three_slow_ones(self, skip: int) -> None:
        tail = scenario_named("slow-tail").latency
        window = list(islice(endless(tail, 1), skip, skip + 30))
        assert sum(value == 250 for value in window) == 3
        assert nearest_rank(window, 0.95) == 250
        assert nearest_rank(window, 0.90) < 45

    def test_the_same_seed_gives_the_same_order_and_another_one_another(self) -> None:
        latency = Latency()
        assert holds(latency, 7) == holds(latency, 7)
        assert holds(latency, 7) != holds(latency, 8)
        assert sorted(holds(latency, 7)) == sorted(holds(latency, 8))

    def test_the_declared_p95_is_that_of_the_cycle(self) -> None:
        assert [p95_ms(scenario_named(name).latency) for name in ("steady", "slow-tail", "latency-spike")] == [
            42,
            250,
            355,
        ]


class TestWire:
    async def test_answers_are_not_delayed_by_nagles_algorithm(self, client: Client) -> None:
        """Head and body leave in two writes: without TCP_NODELAY the second waits for a delayed acknowledgement."""
        held = []
        for _ in range(10):
            response = await client.get("/health")
            held.append(response.elapsed.total_seconds() * 1000)
        assert sorted(held)[4] < 30

    async def test_the_connection_is_kept_and_reused(self, client: Client) -> None:
        for path in ("/health", "/ops/state", "/metrics", "/nowhere"):
            await client.get(path)
        assert len({one.peer for one in client.sim.requests}) == 1

    async def test_there_is_a_date_and_no_server_name(self, client: Client) -> None:
        headers = (await client.get("/health")).headers
        assert headers["date"].endswith(" GMT")
        assert "server" not in headers


class TestClock:
    async def test_holds_and_instants_come_from_the_clock_that_was_given(self, http: httpx.AsyncClient) -> None:
        clock = VirtualClock(datetime(2025, 11, 1, 2, tzinfo=UTC))
        async with Simulator("latency-spike", clock=clock) as sim:
            task = asyncio.ensure_future(http.get(sim.inputs["AUTO_COM_CENTER_URL"] + "/health"))
            assert await soon(lambda: clock.next_due is not None)
            await clock.advance(0.349)
            assert not task.done()
            await clock.advance(0.001)
            answer = await task
            assert answer.headers["date"] == "Sat, 01 Nov 2025 02:00:00 GMT"
            (entry,) = sim.requests
            assert entry.at == datetime(2025, 11, 1, 2, tzinfo=UTC)
            assert entry.held_ms == pytest.approx(350)

    async def test_the_queue_grows_five_a_second(self) -> None:
        clock = VirtualClock(datetime(2025, 11, 1, 2, tzinfo=UTC))
        async with Simulator("queue-growing", clock=clock) as sim:
            await clock.advance(60)
            assert sim.world()["state"]["queue"]["depth"] == 303
            await sim.set_scenario("steady")
            assert sim.world()["state"]["queue"]["depth"] == 3


class TestStopping:
    @pytest.mark.parametrize("scenario", ["dark", "latency-spike"])
    async def test_requests_in_hand_do_not_delay_the_end(self, http: httpx.AsyncClient, scenario: str) -> None:
        clock = VirtualClock(datetime(2025, 11, 1, 2, tzinfo=UTC))  # never moves: a hold would last for ever
        async with asyncio.timeout(5):
            async with Simulator(scenario, clock=clock) as sim:
                url = sim.inputs["AUTO_COM_CENTER_URL"]
                tasks = [asyncio.ensure_future(http.get(f"{url}/canary")) for _ in range(5)]
                assert await soon(lambda: len(sim.requests) == 5)
            for task in tasks:
                with pytest.raises(httpx.TransportError):
                    await task
        assert [one.status for one in sim.requests] == [None] * 5

    async def test_idle_connections_and_half_requests_are_cut_and_the_ports_are_free(self) -> None:
        async with Simulator() as sim:
            place = urlsplit(sim.inputs["AUTO_COM_CENTER_URL"])
            reader, writer = await asyncio.open_connection(place.hostname, place.port)
            writer.write(b"GET /canary HTTP/1.1\r\nHost:")
            await writer.drain()
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
        assert sim.requests == ()
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind((place.hostname, place.port))


def _entry() -> ServedRequest:
    at = datetime(2025, 11, 1, 2, tzinfo=UTC)
    return ServedRequest(0, "auto_com_center", at, "GET", "/canary", "", "127.0.0.1:1", {"host": "x"})


async def soon(ready: Callable[[], bool]) -> bool:
    return await poll_until(RealClock(), ready, every_s=0.005, timeout_s=5)


async def _settled(sim: Simulator) -> bool:
    """Whether the end of every request gets noted."""
    return await soon(lambda: all(one.held_ms is not None for one in sim.requests))
