"""APScheduler wakes in time, once, also for what is past; it decides nothing and keeps nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from warroom.adapters.wakes import ScheduledWakes
from warroom.clock import settle

_SOON = timedelta(milliseconds=60)


class Woken:
    """Notes when it is called."""

    def __init__(self) -> None:
        self.at: list[datetime] = []
        self._news = asyncio.Event()

    def __call__(self) -> None:
        self.at.append(datetime.now(UTC))
        self._news.set()

    async def wait(self) -> datetime:
        """When it was called last, once it is."""
        async with asyncio.timeout(20):
            await self._news.wait()
        self._news.clear()
        return self.at[-1]


@pytest.fixture
async def wakes() -> AsyncIterator[ScheduledWakes]:
    made = ScheduledWakes()
    yield made
    made.close()
    made.close()
    await settle()


async def test_it_wakes_at_the_instant_and_not_before_and_once(wakes: ScheduledWakes) -> None:
    woken, instant = Woken(), datetime.now(UTC) + _SOON
    for _ in range(3):
        wakes.at(instant, woken)
    assert await woken.wait() >= instant
    wakes.at(instant, woken)
    later = instant + _SOON
    wakes.at(later, woken)
    assert await woken.wait() >= later
    assert len(woken.at) == 2


@pytest.mark.parametrize("behind", [timedelta(), timedelta(seconds=5), timedelta(days=30)], ids=str)
async def test_an_instant_that_is_past_wakes_at_once(wakes: ScheduledWakes, behind: timedelta) -> None:
    woken = Woken()
    wakes.at(datetime.now(UTC) - behind, woken)
    _ = await woken.wait()


async def test_what_was_asked_for_before_counts_no_more(wakes: ScheduledWakes) -> None:
    woken, far = Woken(), datetime.now(UTC) + timedelta(days=2)
    wakes.at(far, woken)
    sooner = datetime.now(UTC) + _SOON
    wakes.at(sooner, woken)
    assert await woken.wait() >= sooner
    forgotten = Woken()
    wakes.at(datetime.now(UTC) + _SOON, forgotten)
    wakes.at(None, forgotten)
    wakes.at(datetime.now(UTC) + 2 * _SOON, woken)
    _ = await woken.wait()
    assert forgotten.at == []


async def test_an_engine_that_needs_no_wake_starts_no_scheduler(wakes: ScheduledWakes) -> None:
    wakes.at(None, Woken())
    wakes.close()
