"""A client beside a real engine that is asked, killed, stopped, started again and closed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.launching import Desk, ago
from warroom.adapters.asking import name_of
from warroom.cli.journaled import ended_in
from warroom.client import Fresh, Lost, Seen
from warroom.client.http import EngineClient
from warroom.clock import RealClock
from warroom.errors import UsageError
from warroom.simulator import SimulatorProcess


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess("steady") as running:
        yield running


@pytest.fixture
def desk(simulator: SimulatorProcess, tmp_path: Path) -> Desk:
    return Desk(tmp_path / "state", simulator.inputs)


class Follower:
    """Reads a client's states in a task, and keeps them."""

    def __init__(self, client: EngineClient) -> None:
        self.client = client
        self.seen: list[Seen] = []
        self._news = asyncio.Condition()

    async def read(self) -> None:
        async for seen in self.client.states():
            async with self._news:
                self.seen.append(seen)
                self._news.notify_all()

    async def until(self, holds: Callable[[Seen], bool], limit_s: float = 20.0) -> Seen:
        """The newest state, as soon as it fits."""
        async with asyncio.timeout(limit_s), self._news:
            await self._news.wait_for(lambda: bool(self.seen) and holds(self.seen[-1]))
            return self.seen[-1]


@contextlib.asynccontextmanager
async def following(desk: Desk, *, read_only: bool = False) -> AsyncIterator[Follower]:
    """A client of the one launch, read from."""
    folder = desk.folder()
    client = EngineClient(folder, RealClock(), read_only=read_only, ended=lambda: ended_in(folder))
    follower = Follower(client)
    reading = asyncio.create_task(follower.read())
    try:
        yield follower
    finally:
        await follower.client.aclose()
        await asyncio.wait_for(reading, 5)


def is_fresh(seen: Seen) -> bool:
    return isinstance(seen, Fresh)


def is_lost(seen: Seen) -> bool:
    return isinstance(seen, Lost)


def has_note(text: str) -> Callable[[Seen], bool]:
    return lambda seen: isinstance(seen, Fresh) and [note.text for note in seen.launch.notes][-1:] == [text]


async def test_what_is_asked_is_seen_by_everyone_who_follows(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)):
        async with following(desk) as one, following(desk) as other:
            await one.until(is_fresh)
            assert await one.client.ask({"request": "note", "text": "hello"}) == "note: hello"
            await one.until(has_note("hello"), 5)
            await other.until(has_note("hello"), 5)


async def test_a_refusal_comes_in_the_engines_words_and_read_only_asks_nothing(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        async with following(desk) as person, following(desk, read_only=True) as guest:
            with pytest.raises(UsageError, match="reason is needed"):
                await person.client.ask({"request": "close", "reason": ""})
            with pytest.raises(UsageError, match="read-only"):
                await guest.client.ask({"request": "note", "text": "hello"})
        assert "note" not in engine.kinds()


async def test_a_hundred_notes_are_gathered_into_few_states(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)):
        async with following(desk) as follower:
            await follower.until(is_fresh)
            begun, before = time.monotonic(), len(follower.seen)
            for number in range(100):
                await follower.client.ask({"request": "note", "text": str(number)})
            await follower.until(has_note("99"))
            spent = time.monotonic() - begun
            assert len(follower.seen) - before <= 4 * spent + 2


async def test_a_killed_engine_is_lost_at_once_and_fresh_when_another_takes_over(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        async with following(desk) as follower:
            await follower.until(is_fresh)
            engine.end(signal.SIGKILL)
            killed = time.monotonic()
            lost = await follower.until(is_lost)
            assert isinstance(lost, Lost)
            assert (lost.reason, lost.stopped) == ("no engine runs the launch, nothing is posted", "")
            assert lost.do.startswith(f"warroom run {desk.folder().name} (")
            assert time.monotonic() - killed < 2
            with pytest.raises(UsageError, match="nothing was asked"):
                await follower.client.ask({"request": "note", "text": "x"})
            with desk.engine():
                again = await follower.until(is_fresh)
                assert isinstance(again, Fresh)
                assert again.launch.engine is not None
                assert again.launch.engine.epoch == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_an_engine_that_was_ended_in_order_is_told_as_stopped_by_whom(
    number: signal.Signals, desk: Desk
) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        async with following(desk) as follower:
            await follower.until(is_fresh)
            engine.end(number)
            lost = await follower.until(lambda seen: isinstance(seen, Lost) and bool(seen.stopped))
            assert isinstance(lost, Lost)
            by = "SIGTERM" if number == signal.SIGTERM else "Ctrl-C"
            assert re.fullmatch(rf"by {by} at \d\d:\d\d:\d\dZ", lost.stopped)
            assert engine.kinds().count("engine.stopping") == 1


async def test_an_engine_that_a_person_stops_is_told_with_their_name_once(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        async with following(desk) as follower:
            await follower.until(is_fresh)
            await follower.client.ask({"request": "stopping"})
            engine.end(signal.SIGTERM)
            lost = await follower.until(lambda seen: isinstance(seen, Lost) and bool(seen.stopped))
            assert isinstance(lost, Lost)
            assert lost.stopped.startswith(f"by {name_of(os.getuid())} at ")
            assert engine.kinds().count("engine.stopping") == 1


async def test_a_stopped_engine_is_noticed_and_back_when_it_goes_on(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        async with following(desk) as follower:
            await follower.until(is_fresh)
            os.kill(engine.process.pid, signal.SIGSTOP)
            stopped = time.monotonic()
            lost = await follower.until(is_lost)
            assert isinstance(lost, Lost)
            assert "does not answer" in lost.reason
            assert time.monotonic() - stopped < 8
            assert sum(map(is_lost, follower.seen)) == 1
            os.kill(engine.process.pid, signal.SIGCONT)
            await follower.until(is_fresh)


async def test_a_stopped_engine_that_is_killed_then_is_told_as_gone(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        async with following(desk) as follower:
            await follower.until(is_fresh)
            os.kill(engine.process.pid, signal.SIGSTOP)
            await follower.until(is_lost)
            engine.end(signal.SIGKILL)
            gone = "no engine runs the launch, nothing is posted"
            await follower.until(lambda seen: isinstance(seen, Lost) and seen.reason == gone)


async def test_a_launch_that_is_closed_is_seen_closed_and_never_lost(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        async with following(desk) as follower:
            await follower.until(is_fresh)
            await follower.client.ask({"request": "close", "reason": "called off"})
            seen = await follower.until(lambda seen: isinstance(seen, Fresh) and seen.launch.closed is not None)
            assert isinstance(seen, Fresh)
            assert seen.launch.closed is not None
            assert seen.launch.closed.reason == "called off"
            assert seen.launch.now >= seen.launch.closed.at
            assert engine.ended() == 0
            # What stands in the journal when the engine has gone is told, too.
            seen = await follower.until(lambda seen: isinstance(seen, Fresh) and seen.launch.engine is None)
            assert isinstance(seen, Fresh)
            assert {post.standing for post in seen.launch.updates} == {"not sent"}
            assert {phase.lifecycle for phase in seen.launch.phases} == {"abandoned", "never begun"}
            assert [entry.kind for entry in seen.launch.log if entry.kind.startswith("launch.")][
                -1
            ] == "launch.closed"
            assert not any(map(is_lost, follower.seen))


async def test_a_client_that_is_closed_ends_its_stream_while_the_engine_hangs(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        async with following(desk) as follower:
            await follower.until(is_fresh)
            os.kill(engine.process.pid, signal.SIGSTOP)


async def test_without_an_engine_it_is_lost_from_the_start(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)):
        pass
    async with following(desk) as follower:
        await follower.until(is_lost, 3)
