"""Who was turned away, on record: so seldom that nobody can fill the journal by trying."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from warroom.clock import Clock
from warroom.errors import WarroomError
from warroom.launch.entries import Draft
from warroom.text import clean

_AT_ONCE: Final = 5
_EVERY_S: Final = 300.0


class Refusals:
    """Journals the first five, then one in five minutes, which says how many it stands for."""

    def __init__(self, record: Callable[[Sequence[Draft]], Awaitable[object]], clock: Clock) -> None:
        self._record = record
        self._clock = clock
        self._left = float(_AT_ONCE)
        self._at = clock.monotonic()
        self._untold = 0

    async def note(self, reason: str, source: str) -> None:
        """`source` was refused. Never raises: who is refused learns nothing from a journal that cannot be written."""
        now = self._clock.monotonic()
        self._left = min(_AT_ONCE, self._left + (now - self._at) / _EVERY_S)
        self._at = now
        self._untold += 1
        if self._left < 1:
            return
        self._left -= 1
        count, self._untold = self._untold, 0
        body = {"reason": clean(reason, limit=200), "from": clean(source, limit=100), "count": count}
        with contextlib.suppress(WarroomError):
            await self._record((Draft("api.refused", body),))
