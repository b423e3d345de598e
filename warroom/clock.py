"""The only place that reads time. Everything else is handed a `Clock`."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall clock, elapsed time and waiting."""

    def now(self) -> datetime:
        """The wall clock, UTC-aware."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary point; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds`; zero or less gives way to other tasks once."""
        ...


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class VirtualClock:
    """A clock that moves only when it is told to; sleepers wake in the order of their due times."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a virtual clock starts at an aware instant")
        self._now = start.astimezone(UTC)
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        due = self._elapsed + max(0.0, seconds)
        heapq.heappush(self._sleepers, (due, next(self._order), future))
        if due <= self._elapsed:
            self._wake()
        await future

    @property
    def next_due(self) -> float | None:
        """Seconds until the next sleeper is due; None when nobody sleeps."""
        live = [due for due, _, future in self._sleepers if not future.done()]
        return min(live) - self._elapsed if live else None

    async def advance(self, seconds: float) -> None:
        """Move on by `seconds`, stopping at each sleeper that falls due so that it runs at its own time."""
        end = self._elapsed + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            self._move_to(self._sleepers[0][0])
            self._wake()
            await settle()
        self._move_to(end)
        await settle()

    def step_wall(self, by: timedelta) -> None:
        """Move the wall clock alone, as an administrator or a time server would."""
        self._now += by

    def _move_to(self, elapsed: float) -> None:
        ahead = max(0.0, elapsed - self._elapsed)
        self._elapsed += ahead
        self._now += timedelta(seconds=ahead)

    def _wake(self) -> None:
        while self._sleepers and self._sleepers[0][0] <= self._elapsed:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)


async def settle(turns: int = 20) -> None:
    """Let other tasks run until they wait again; `turns` bounds how often."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def poll_until(clock: Clock, ready: Callable[[], bool], *, every_s: float, timeout_s: float) -> bool:
    """True as soon as `ready()` holds, False when it has not within `timeout_s` seconds."""
    end = clock.monotonic() + timeout_s
    while not ready():
        if clock.monotonic() >= end:
            return False
        await clock.sleep(every_s)
    return True


def stamp(instant: datetime) -> str:
    """`2025-11-01T02:00:00.123Z`: an instant for reports, UTC, milliseconds."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def file_stamp(instant: datetime) -> str:
    """`20251101T020000Z`: an instant for file names, UTC, seconds."""
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
