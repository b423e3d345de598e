"""The virtual clock wakes sleepers in order and at their own time; the real one moves."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.polling import poll_until
from warroom.clock import RealClock, SteadyClock, VirtualClock, file_stamp, settle, stamp

START = datetime(2025, 11, 1, 2, 0, tzinfo=UTC)


async def test_sleepers_wake_in_the_order_of_their_times() -> None:
    clock, woken = VirtualClock(START), []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.monotonic(), clock.now() - START))

    tasks = [asyncio.create_task(sleeper(seconds)) for seconds in (3.0, 1.0, 2.0)]
    await settle()
    assert clock.next_due == 1.0
    await clock.advance(2.5)
    assert woken == [(1.0, 1.0, timedelta(seconds=1)), (2.0, 2.0, timedelta(seconds=2))]
    await clock.advance(0.5)
    await asyncio.gather(*tasks)
    assert clock.next_due is None


async def test_a_sleeper_that_sleeps_again_within_a_step_is_not_missed() -> None:
    clock, ticks = VirtualClock(START), []

    async def ticker() -> None:
        while True:
            await clock.sleep(1)
            ticks.append(clock.monotonic())

    task = asyncio.create_task(ticker())
    await settle()
    await clock.advance(5)
    assert ticks == [1, 2, 3, 4, 5]
    task.cancel()


def test_a_step_of_the_wall_clock_leaves_elapsed_time_alone() -> None:
    clock = VirtualClock(START)
    clock.step_wall(timedelta(hours=-2))
    assert (clock.now(), clock.monotonic()) == (START - timedelta(hours=2), 0.0)
    with pytest.raises(ValueError, match="aware"):
        VirtualClock(datetime(2025, 11, 1))  # noqa: DTZ001


async def test_a_suspend_moves_the_wall_and_the_boot_clock_only() -> None:
    clock = VirtualClock(START)
    await clock.advance(1.5)
    clock.suspend(3600)
    assert (clock.now(), clock.monotonic()) == (START + timedelta(seconds=3601.5), 1.5)
    assert clock.boottime_ns() == 3_601_500_000_000


def test_the_boot_clock_counts_what_the_monotonic_one_counts_and_more() -> None:
    clock = RealClock()
    before = clock.monotonic()
    assert before <= clock.boottime_ns() / 1e9
    assert clock.boottime_ns() <= clock.boottime_ns()
    assert clock.boot_id() == RealClock().boot_id()


async def test_polling_ends_when_ready_or_at_the_time_limit() -> None:
    clock = VirtualClock(START)
    ready = asyncio.create_task(poll_until(clock, lambda: clock.monotonic() >= 2, every_s=1, timeout_s=5))
    never = asyncio.create_task(poll_until(clock, lambda: False, every_s=1, timeout_s=5))
    await settle()
    await clock.advance(10)
    assert (await ready, await never) == (True, False)


async def test_the_real_clock_is_utc_and_never_goes_back() -> None:
    clock = RealClock()
    before = clock.monotonic()
    await clock.sleep(-1)
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() >= before


def test_instants_are_written_in_utc() -> None:
    instant = datetime(2025, 11, 1, 16, 0, 0, 123456, tzinfo=timezone(timedelta(hours=14)))
    assert stamp(instant) == "2025-11-01T02:00:00.123Z"
    assert file_stamp(instant) == "20251101T020000Z"


async def test_a_steady_clock_goes_on_evenly_whatever_becomes_of_the_wall_clock() -> None:
    clock = VirtualClock(START)
    steady = SteadyClock(clock)
    await clock.advance(10)
    clock.step_wall(timedelta(hours=-2))
    await clock.advance(10)
    clock.suspend(30)
    assert steady.now() == START + timedelta(seconds=50)
    assert (steady.monotonic(), steady.boot_id()) == (20.0, "virtual")
    assert SteadyClock(clock).now() == clock.now()
