"""A second opinion on the wall clock: the `Date` that servers put on their answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from warroom.clock import Clock
from warroom.engine.clock_watch import NOTICED_S, apart_s
from warroom.launch.entries import Draft
from warroom.launch.state import TRUSTED_STEP_S, LaunchState
from warroom.updates.channel import TellsTime

AGREES_S: Final = 5.0
"""How far apart clocks may be that agree, in seconds: a Date has whole seconds, and was on its way for a while."""

ASK_EVERY_S: Final = 10.0
"""How often those are asked that can say what time it is, while nobody has agreed."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Who agrees with the wall clock, and by how many seconds that is behind (-: ahead)."""

    source: str
    apart_s: float


class SecondClock:
    """Remembers the last instant that was heard, and says whether it speaks for the wall clock as it is set now.

    `heard` may be called in any thread.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: tuple[Agreement, float] | None = None
        self._ask_at = 0.0

    def heard(self, source: str, said: datetime) -> None:
        """`source` said just now that it is `said`."""
        now = self._clock.now()
        agreement = Agreement(f"the Date of {source}", round((said - now).total_seconds(), 3))
        self._heard = agreement, apart_s(now, self._clock.boottime_ns())

    def agreed(self, state: LaunchState) -> Sequence[Draft]:
        """That another clock speaks for one that was set forward: posts that waited for that may leave. Empty where
        nothing waits for it, or nobody agrees."""
        agreement = self._agreement() if state.clock_set_s > TRUSTED_STEP_S else None
        if agreement is None:
            return ()
        return (Draft("clock.agreed", {"source": agreement.source, "apart_s": agreement.apart_s}),)

    def is_missed(self, state: LaunchState) -> bool:
        """Whether posts wait for it, and it is time to `ask` again."""
        return state.clock_set_s > TRUSTED_STEP_S and self._clock.monotonic() >= self._ask_at

    async def ask(self, channels: Iterable[object]) -> None:
        """Has those of the channels say what time it is that can; what they say is `heard`."""
        self._ask_at = self._clock.monotonic() + ASK_EVERY_S
        for channel in channels:
            if isinstance(channel, TellsTime):
                await channel.tell_time()

    def _agreement(self) -> Agreement | None:
        """Who agrees; None where the last one heard does not, or spoke before the wall clock was set."""
        if self._heard is None:
            return None
        agreement, then_s = self._heard
        since_s = apart_s(self._clock.now(), self._clock.boottime_ns()) - then_s
        return agreement if abs(since_s) <= NOTICED_S and abs(agreement.apart_s) <= AGREES_S else None
