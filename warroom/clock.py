"""The only place that reads time. Everything else is handed a `Clock`."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
# The clock that goes on while the machine is suspended; on macOS that is what CLOCK_MONOTONIC does.
_BOOT_CLOCK: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


class Clock(Protocol):
    """Wall clock, elapsed time and waiting."""

    def now(self) -> datetime:
        """The wall clock, UTC-aware."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary point; never goes back."""
        ...

    def boottime_ns(self) -> int:
        """Nanoseconds since the machine started, those of a suspend included; never goes back within one boot."""
        ...

    def boot_id(self) -> str:
        """Differs from one start of the machine to the next; empty where the system does not tell."""
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

    def boottime_ns(self) -> int:
        return time.monotonic_ns() if _BOOT_CLOCK is None else time.clock_gettime_ns(_BOOT_CLOCK)

    def boot_id(self) -> str:
        return _boot_id()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class SteadyClock:
    """`clock` from the moment at which this is made, as if nobody set the wall clock any more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.now()
        self._began_ns = clock.boottime_ns()

    def now(self) -> datetime:
        return self._began + timedelta(microseconds=(self._clock.boottime_ns() - self._began_ns) // 1000)

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def boottime_ns(self) -> int:
        return self._clock.boottime_ns()

    def boot_id(self) -> str:
        return self._clock.boot_id()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


@functools.cache
def _boot_id() -> str:
    with contextlib.suppress(OSError):
        return _BOOT_ID.read_text("ascii").strip()
    return ""


class VirtualClock:
    """A clock that moves only when it is told to; sleepers wake in the order of their due times."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a virtual clock starts at an aware instant")
        self._now = start.astimezone(UTC)
        self._elapsed = 0.0
        self._suspended_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    def boottime_ns(self) -> int:
        return round((self._elapsed + self._suspended_s) * 1e9)

    def boot_id(self) -> str:
        return "virtual"

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

    def suspend(self, seconds: float) -> None:
        """Let the machine sleep for `seconds`: the wall and the boot clock go on, nothing else does."""
        self._now += timedelta(seconds=seconds)
        self._suspended_s += seconds

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
    # What the loop runs next is private, and nothing else tells that everybody waits; a turn that nobody needs costs
    # as much as one that somebody does, and 48 hours take a million of them.
    ready = getattr(asyncio.get_running_loop(), "_ready", (None,))
    for _ in range(turns):
        await asyncio.sleep(0)
        if not ready:
            return


def stamp(instant: datetime) -> str:
    """`2025-11-01T02:00:00.123Z`: an instant for reports, UTC, milliseconds."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def file_stamp(instant: datetime) -> str:
    """`20251101T020000Z`: an instant for file names, UTC, seconds."""
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
