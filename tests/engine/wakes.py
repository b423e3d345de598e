"""A scheduler on a virtual clock that waits as a real one does: for a span, and then it looks at the wall clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from warroom.clock import VirtualClock


class VirtualWakes:
    """A `Wakes`. What it waits for is over when the span is that was left when it was asked: a wall clock that is set
    forward meanwhile is noticed only then."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._instant: datetime | None = None
        self._waiting: asyncio.Task[None] | None = None

    def at(self, instant: datetime | None, wake: Callable[[], object]) -> None:
        """See `Wakes`."""
        if instant == self._instant:
            return
        if self._waiting:
            self._waiting.cancel()
        self._instant = instant
        self._waiting = asyncio.create_task(self._wait(instant, wake)) if instant else None

    async def _wait(self, instant: datetime, wake: Callable[[], object]) -> None:
        while (ahead_s := (instant - self._clock.now()).total_seconds()) > 0:
            await self._clock.sleep(ahead_s)
        wake()

    def close(self) -> None:
        """Nothing is woken any more."""
        if self._waiting:
            self._waiting.cancel()
