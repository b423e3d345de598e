"""Notices when somebody sets the wall clock."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from warroom.clock import Clock
from warroom.launch.entries import Entry

NOTICED_S: Final = 2.0
"""A difference between the two clocks over this many seconds is a step; less is drift."""


class ClockWatch:
    """Compares the wall clock with the boot clock, which goes on while the machine sleeps and which nobody sets.

    `last` is the last entry of the engine before this one, None where there was none: a step between the two engines
    is noticed too, unless the machine was started in between.
    """

    def __init__(self, clock: Clock, last: Entry | None) -> None:
        self._clock = clock
        known = last is not None and last.boot_id != "" and last.boot_id == clock.boot_id()
        self._apart_s = apart_s(last.at, last.boottime_ns) if known and last else self._now_apart_s()

    def step_s(self) -> float:
        """By how many seconds the wall clock was set and nobody has `noted` yet; 0 when it was not."""
        apart_s = self._now_apart_s()
        by_s = round(apart_s - self._apart_s, 3)
        if abs(by_s) > NOTICED_S:
            return by_s
        # Drift is followed, so that days of it never add up to a step.
        self._apart_s = apart_s
        return 0.0

    def noted(self, by_s: float) -> None:
        """A step is on record. One that could not be written is found again."""
        self._apart_s += by_s

    def _now_apart_s(self) -> float:
        return apart_s(self._clock.now(), self._clock.boottime_ns())


def apart_s(wall: datetime, boottime_ns: int) -> float:
    """How far the wall clock is from the boot clock, in seconds; changed only by whoever sets the wall clock."""
    return wall.timestamp() - boottime_ns / 1e9
