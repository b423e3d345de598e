"""What a signal was before: a value that is captured once, and frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from warroom.slo.reading import MIN_COVERAGE
from warroom.slo.trend import Point
from warroom.text import plural
from warroom.units import format_duration


@dataclass(frozen=True, slots=True)
class Baseline:
    """The mean of a signal over `over`, made from `n` values, frozen at `at`; `value` in the signal's base unit.

    None: it could not be captured, or (`awaited`) its time has not come; `reason` says why or when. One that the
    playbook states has no `at`, and its `n` is 0.
    """

    id: str
    value: float | None
    over: timedelta = timedelta()
    n: int = 0
    at: datetime | None = None
    reason: str = ""
    awaited: bool = False

    @property
    def problem(self) -> str:
        """Why nothing can be compared with it; empty where something can."""
        if self.value is None:
            return self.reason or "it has not been captured"
        if self.value <= 0:
            return f"it is {self.value:g}, and no multiple of that is a limit"
        return ""


def capture(name: str, history: Sequence[Point], over: timedelta, at: datetime, every: timedelta) -> Baseline:
    """The baseline `name` over the time `over` that ends at `at`, from a signal's values (oldest first), of which one
    is due `every` so often. Without a value, and with the reason, where too few of them are there."""
    values = [value for when, value in history if value is not None and at - over < when <= at]
    expected = max(1, int(over / every))
    if len(values) < MIN_COVERAGE * expected:
        seen = f"only {plural(len(values), 'value')} of {expected} in the {format_duration(over)} before"
        return Baseline(name, None, over, len(values), at, seen)
    return Baseline(name, sum(values) / len(values), over, len(values), at)
