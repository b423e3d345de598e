"""A second opinion on the wall clock: the `Date` that servers put on their answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from warroom.clock import Clock
from warroom.engine.clock_watch import NOTICED_S, apart_s

AGREES_S: Final = 5.0
"""How far apart clocks may be that agree, in seconds: a Date has whole seconds, and was on its way for a while."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Who agrees with the wall clock, and by how many seconds that is behind (-: ahead)."""

    source: str
    apart_s: float


class SecondClock:
    """Remembers the last instant that was heard, and says whether it speaks for the wall clock as it is set now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: tuple[Agreement, float] | None = None

    def heard(self, source: str, said: datetime) -> None:
        """`source` said just now that it is `said`."""
        now = self._clock.now()
        agreement = Agreement(f"the Date of {source}", round((said - now).total_seconds(), 3))
        self._heard = agreement, apart_s(now, self._clock.boottime_ns())

    def agreement(self) -> Agreement | None:
        """Who agrees; None where the last one heard does not, or spoke before the wall clock was set."""
        if self._heard is None:
            return None
        agreement, then_s = self._heard
        since_s = apart_s(self._clock.now(), self._clock.boottime_ns()) - then_s
        return agreement if abs(since_s) <= NOTICED_S and abs(agreement.apart_s) <= AGREES_S else None
