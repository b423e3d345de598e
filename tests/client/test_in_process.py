"""The in-process client: history first, then news, for any number of readers, from any thread."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from warroom.client import Choice, Client, EventLog, Handlers, InProcess
from warroom.clock import VirtualClock, settle
from warroom.errors import UsageError
from warroom.events import Envelope, Noted

START = datetime(2025, 11, 1, 2, 0, tzinfo=UTC)


def _texts(envelopes: Sequence[Envelope]) -> list[str]:
    return [envelope.event.text for envelope in envelopes if isinstance(envelope.event, Noted)]


async def _collect(log: EventLog, after: int = 0) -> list[Envelope]:
    return [envelope async for envelope in log.events(after)]


def test_append_numbers_from_one_and_stamps_the_clock() -> None:
    log = EventLog(VirtualClock(START))
    assert log.append(Noted("a")) == Envelope(1, START, Noted("a"))
    assert log.append(Noted("b")).seq == 2
    assert _texts(log.history) == ["a", "b"]


async def test_a_reader_gets_the_history_then_the_news_and_ends_at_close() -> None:
    log = EventLog(VirtualClock(START))
    log.append(Noted("before"))
    first, late = asyncio.create_task(_collect(log)), asyncio.create_task(_collect(log, after=1))
    await settle()
    log.append(Noted("after"))
    await settle()
    log.close()
    assert _texts(await first) == ["before", "after"]
    assert _texts(await late) == ["after"]


async def test_after_above_the_end_waits_for_what_lies_beyond() -> None:
    log = EventLog(VirtualClock(START))
    reader = asyncio.create_task(_collect(log, after=2))
    await settle()
    for text in "abc":
        log.append(Noted(text))
        await settle()
    log.close()
    assert _texts(await reader) == ["c"]


async def test_events_appended_from_another_thread_arrive_in_order() -> None:
    log = EventLog(VirtualClock(START))
    reader = asyncio.create_task(_collect(log))
    await settle()

    def write() -> None:
        for index in range(500):
            log.append(Noted(str(index)))
        log.close()

    thread = threading.Thread(target=write)
    thread.start()
    got = await reader
    thread.join()
    assert _texts(got) == [str(index) for index in range(500)]
    assert [envelope.seq for envelope in got] == list(range(1, 501))


async def test_a_cancelled_reader_is_forgotten_and_the_others_go_on() -> None:
    log = EventLog(VirtualClock(START))
    gone, stays = asyncio.create_task(_collect(log)), asyncio.create_task(_collect(log))
    await settle()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    log.append(Noted("still here"))
    log.close()
    assert _texts(await stays) == ["still here"]


def test_a_reader_whose_loop_has_ended_does_not_stop_the_writer() -> None:
    log = EventLog(VirtualClock(START))

    async def read_one() -> object:
        stream = log.events()
        await anext(stream)
        return stream

    log.append(Noted("a"))
    kept = asyncio.run(read_one())
    assert log.append(Noted("b")).seq == 2
    assert kept is not None


async def test_requests_reach_their_handlers() -> None:
    asked: list[tuple[object, ...]] = []

    async def rerun(checks: Sequence[str] | None) -> None:
        asked.append(("rerun", checks))

    async def answer(question: str, text: str) -> None:
        asked.append(("answer", question, text))

    async def stop() -> None:
        asked.append(("stop",))

    async def choose(choice: str) -> None:
        asked.append(("choose", choice))

    log = EventLog(VirtualClock(START))
    client: Client = InProcess(log, Handlers(rerun, answer, stop, choose), [Choice("dark", "Dark")])
    await client.rerun(["p95"])
    await client.rerun()
    await client.answer("q1", "yes")
    await client.stop()
    await client.choose(client.choices[0].id)
    assert client.choices == (Choice("dark", "Dark", in_force=True),)
    assert asked == [("rerun", ["p95"]), ("rerun", None), ("answer", "q1", "yes"), ("stop",), ("choose", "dark")]


async def test_a_request_without_a_handler_is_refused_in_words() -> None:
    client: Client = InProcess(EventLog(VirtualClock(START)), Handlers())
    with pytest.raises(UsageError, match="cannot be done here"):
        await client.stop()
