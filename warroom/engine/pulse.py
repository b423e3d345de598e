"""How the engine is: how evenly its loop goes round, and how long its journal takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from warroom.clock import Clock
from warroom.engine.ports import JournalPort
from warroom.launch.entries import Draft, Entry
from warroom.slo.quantile import nearest_rank

_KEPT: Final = 3_600


class Pulse:
    """Measured from the start of this engine; spans in seconds, 0 before the first.

    `appends` counts the transactions of the journal that were written, `append_s` is how long they took in all and
    `longest_append_s` the longest. `longest_gap_s` is the longest time from one tick to the next.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ticked_at = clock.monotonic()
        self._gaps: deque[float] = deque(maxlen=_KEPT)
        self.longest_gap_s = 0.0
        self.appends = 0
        self.append_s = 0.0
        self.longest_append_s = 0.0

    @property
    def age_s(self) -> float:
        """Since the loop went round last."""
        return self._clock.monotonic() - self._ticked_at

    @property
    def p99_gap_s(self) -> float:
        """The 99th percentile of the last 3,600 gaps between ticks."""
        return nearest_rank(tuple(self._gaps), 0.99) or 0.0 if self._gaps else 0.0

    def tick(self) -> None:
        """The loop goes round."""
        gap_s, self._ticked_at = self.age_s, self._clock.monotonic()
        self._gaps.append(gap_s)
        self.longest_gap_s = max(self.longest_gap_s, gap_s)

    def appended(self, span_s: float) -> None:
        """The journal has written something, which took that long."""
        self.appends += 1
        self.append_s += span_s
        self.longest_append_s = max(self.longest_append_s, span_s)


class TimedJournal:
    """A `JournalPort` whose appends are timed; what it refuses is not counted."""

    def __init__(self, journal: JournalPort, clock: Clock, pulse: Pulse) -> None:
        self._journal = journal
        self._clock = clock
        self._pulse = pulse

    @property
    def epoch(self) -> int:
        """How many engines have owned the launch."""
        return self._journal.epoch

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        """The entries, once they are on disk."""
        began = self._clock.monotonic()
        entries = await self._journal.append(drafts)
        self._pulse.appended(self._clock.monotonic() - began)
        return entries

    async def read(self, after: int, limit: int) -> Sequence[Entry]:
        """At most `limit` entries above `after`."""
        return await self._journal.read(after, limit)
