"""Probes: one child sends them all on their schedule, and it is started again when it dies."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.test_sampling import children, needs_proc, seen_by_others
from tests.faults.ports import target
from tests.faults.server import Peer, Script, always, answer, serving
from tests.polling import poll_until
from warroom.adapters.probe_source import ProbeSource
from warroom.adapters.probing import PROBER, Probing
from warroom.clock import RealClock
from warroom.playbook.loaded import Target
from warroom.slo.query import Availability, Latency, Query
from warroom.slo.reading import Reading
from warroom.slo.samples import ProbeSample
from warroom.slo.source_spec import ProbeSpec

CLOCK = RealClock()
WINDOW = timedelta(minutes=5)
P95, UP = Query(Latency(0.95), WINDOW), Query(Availability(), WINDOW)


@contextlib.asynccontextmanager
async def probing(*specs: ProbeSpec, target: Target, **more: Any) -> AsyncIterator[list[ProbeSource]]:
    """The probes, each looked at once."""
    shared = Probing({target.id: target}, CLOCK, **more)
    sources = [ProbeSource(spec, (P95, UP), shared) for spec in specs]
    try:
        for source in sources:
            await source.look()
        yield sources
    finally:
        await shared.aclose()


def probe(name: str = "canary", **more: Any) -> ProbeSpec:
    return ProbeSpec(id=name, target="app", **{"every_s": 0.1, "timeout_s": 0.1, **more})


async def until(source: ProbeSource, holds: Callable[[Reading], bool], query: Query = UP) -> Reading:
    """The reading once that holds; fails after a while."""
    assert await poll_until(CLOCK, lambda: holds(source.reading(query, CLOCK.now())), every_s=0.01, timeout_s=20), (
        source.reading(query, CLOCK.now())
    )
    return source.reading(query, CLOCK.now())


def has(n: int) -> Callable[[Reading], bool]:
    return lambda reading: (reading.n or 0) >= n


async def noticed(source: ProbeSource, ending: str) -> None:
    """A look finds that the child ended so; fails where none does for a while."""
    for _ in range(1000):
        await source.look()
        if ending in source.reading(UP, CLOCK.now()).reason:
            return
        await CLOCK.sleep(0.01)
    raise AssertionError(source.reading(UP, CLOCK.now()))


def probers(of: int) -> list[int]:
    return [pid for pid in children(of) if b"prober.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]


async def test_samples_come_by_themselves_on_one_kept_connection() -> None:
    async with serving(always(answer())) as server, probing(probe(), target=target(server.url)) as (source,):
        assert source.reading(UP, CLOCK.now()).reason == "no sample was taken yet"
        up = await until(source, has(5))
        p95 = source.reading(P95, CLOCK.now())
    # All but one that a busy machine may have kept waiting for its whole tenth of a second.
    assert (up.value or 0) > 0.5
    assert 0 < (p95.value or 0) < 0.1
    assert server.connections == 1


@needs_proc
async def test_all_probes_share_one_child_and_none_waits_for_another() -> None:
    async def per_path(peer: Peer) -> None:
        while True:
            if b"GET /slow" in await peer.request():
                await peer.until_closed()
            await peer.send(answer(status="404 Not Found"))

    slow, quick, missing = probe("slow", path="/slow"), probe("quick", statuses=(404,)), probe("missing")
    async with serving(per_path) as server, probing(slow, quick, missing, target=target(server.url)) as sources:
        assert len(probers(os.getpid())) == 1
        readings = [await until(source, has(3)) for source in sources]
        beyond = sources[0].reading(P95, CLOCK.now())
    assert [(reading.value or 0) > 0.5 for reading in readings] == [False, True, False]
    assert beyond.beyond
    assert "without an answer" in beyond.reason
    assert readings[0].reason.endswith(": timeout")
    assert readings[2].reason.endswith(": it answers 404")
    assert probers(os.getpid()) == []


@pytest.mark.parametrize(
    ("script", "word"),
    [
        pytest.param(always(b"220 smtp ready\r\n\r\n"), "unreadable", id="another protocol"),
        pytest.param(always(answer(length=10), then_close=True), "cut", id="an answer that is cut"),
        pytest.param(always(answer(status="503 Busy")), "it answers 503", id="an error"),
    ],
)
async def test_a_sample_that_fails_says_how(script: Script, word: str) -> None:
    async with serving(script) as server, probing(probe(), target=target(server.url)) as (source,):
        down = await until(source, has(2))
    assert down.value == 0
    assert down.reason.endswith(f": {word}")


async def test_a_service_that_goes_and_comes_back_is_seen_to() -> None:
    class Switch:
        up = True

        async def __call__(self, peer: Peer) -> None:
            while True:
                await peer.request()
                if not self.up:
                    peer.reset()
                    return
                await peer.send(answer())

    switch = Switch()
    async with serving(switch) as server, probing(probe(), target=target(server.url)) as (source,):
        await until(source, has(2))
        switch.up = False
        assert ": reset" in (await until(source, lambda reading: (reading.value or 0) < 1)).reason
        switch.up = True
        before = source.reading(UP, CLOCK.now()).value
        await until(source, lambda reading: (reading.value or 0) > (before or 0))


async def silent(peer: Peer) -> None:
    await peer.request()
    await peer.until_closed()


@needs_proc
async def test_a_child_that_is_killed_is_started_again() -> None:
    async with serving(always(answer())) as server, probing(probe(), target=target(server.url)) as (source,):
        await until(source, has(2))
        (pid,) = probers(os.getpid())
        os.kill(pid, signal.SIGKILL)
        assert await poll_until(CLOCK, lambda: not probers(os.getpid()), every_s=0.01, timeout_s=20)
        old = CLOCK.now() + timedelta(seconds=1)
        assert source.reading(UP, old).reason.startswith("the newest sample is")
        await noticed(source, "exit code -9")
        await until(source, has(4))


async def test_a_child_that_breaks_says_so(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise ValueError('no probes today')")
    async with probing(probe(), target=target("http://127.0.0.1:9"), script=script) as (source,):
        await noticed(source, "exit code 1: ValueError: no probes today")


async def test_a_probe_that_cannot_be_sent_says_so_and_the_others_are() -> None:
    async with serving(always(answer())) as server:
        nowhere = ProbeSpec(id="nowhere", target="gate")
        async with probing(nowhere, probe(), target=target(server.url)) as (lost, sent):
            assert "no target 'gate'" in lost.reading(UP, CLOCK.now()).reason
            assert (await until(sent, has(2))).reason == ""


@needs_proc
async def test_no_secret_is_among_the_arguments_or_in_the_environment() -> None:
    async with serving(silent) as server:
        secret = target(server.url, bearer="canary-5ecret")
        async with probing(probe(headers=(("X-Key", "canary-6ecret"),)), target=secret):
            assert await poll_until(CLOCK, lambda: bool(server.requests), every_s=0.01, timeout_s=20)
            (pid,) = probers(os.getpid())
            seen = seen_by_others(pid)
    assert b"canary-" not in seen
    assert {b"canary-5ecret" in server.requests[0], b"canary-6ecret" in server.requests[0]} == {True}


class Unset(RealClock):
    """The clock of an engine that started an hour before its wall clock was put right."""

    def now(self) -> datetime:
        return super().now() - timedelta(hours=1)


async def test_samples_are_dated_by_the_clock_of_whoever_asked() -> None:
    clock = Unset()
    async with serving(always(answer())) as server:
        shared = Probing({"app": target(server.url)}, clock)
        source = ProbeSource(probe(), (P95, UP), shared)
        await source.look()
        assert await poll_until(CLOCK, lambda: has(3)(source.reading(UP, clock.now())), every_s=0.01, timeout_s=20), (
            source.reading(UP, clock.now())
        )
        await shared.aclose()


async def test_the_child_ends_when_its_input_ends() -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(PROBER)), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdin is not None
    child.stdin.write(json.dumps({"now": 0.0, "boot_ns": 0, "probes": []}).encode() + b"\n")
    child.stdin.close()
    assert await asyncio.wait_for(child.wait(), 20) == 3


async def test_samples_keep_to_their_schedule_however_long_an_answer_takes() -> None:
    moments: list[float] = []

    async def timed(peer: Peer) -> None:
        while True:
            await peer.request()
            moments.append(CLOCK.monotonic())
            await CLOCK.sleep(0.07)
            await peer.send(answer())

    async with serving(timed) as server, probing(probe(), target=target(server.url)) as (source,):
        await until(source, has(6))
    # A tenth of a second from each to the next; one that waits after the answer would need 0.17.
    assert 0.25 < moments[5] - moments[0] < 0.75


async def test_another_process_goes_on_from_the_samples_once_it_has_one_of_its_own() -> None:
    now = CLOCK.now()
    shared = Probing({}, CLOCK)
    source = ProbeSource(probe(), (P95, UP), shared)
    for number in range(10):
        source.restore(now - timedelta(seconds=10 - number), [0.5, True] if number else [None, False])
    assert source.reading(UP, now).value is None
    source._take(ProbeSample(now, 0.5, True), "")
    reading = source.reading(UP, now)
    assert (reading.value, reading.n) == (10 / 11, 11)
    assert source.fresh() == ((now, [0.5, True]),)
    for found in (None, [0.5], ["0.5", True], [0.5, 1], [True, True, True]):
        with pytest.raises(ValueError, match="no sample"):
            source.restore(now, found)  # type: ignore[arg-type]
    await shared.aclose()
