"""Error budgets: how much of one is left, how fast it burns, when it is gone.

The budget of an objective over a window is the time that may be bad: 99.9 % of 48 h leaves 2.88 min. What was spent
is the share of bad events times the time observed; events that were not observed are neither good nor bad, and the
coverage tells how many they are. burn = share of bad events / (1 - objective): 1 spends the budget exactly in the
window (Site Reliability Workbook, chapter 5, "Alerting on SLOs").
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

from warroom.slo.conditions import Evaluation
from warroom.slo.reading import MIN_COVERAGE
from warroom.units import format_duration

INTACT_COVERAGE: Final = 0.9
"""The share of the time that has to be observed before a budget is called intact."""

# (share of the window, factor): of 48 h these are 15 min, 1 h and 6 h, which spend 10, 20 and 35 % of the budget.
_BURNS: Final = ((1 / 192, 19.2), (1 / 48, 9.6), (1 / 8, 2.8))
_SHORT_OF_LONG: Final = 12
_SHORTEST: Final = timedelta(minutes=1)
_SHORTEST_SLOTS: Final = 3
_ROUNDING: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Objective:
    """`share` (0..1) of the events are good over `window`."""

    share: float
    window: timedelta

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise ValueError("an objective lies under 100%: at 100% nothing may go wrong, and there is no budget")

    @property
    def allowed(self) -> timedelta:
        """The time that may be bad; 2.88 min for 99.9 % of 48 h."""
        return self.window * self._bad

    def burn(self, bad_share: float) -> float:
        """How many times faster than allowed the budget is spent while `bad_share` (0..1) of the events are bad."""
        return bad_share / self._bad

    @property
    def _bad(self) -> float:
        return float(1 - Fraction(str(self.share)))  # as written: 99.9 % leaves 0.1 %, exactly


@dataclass(frozen=True, slots=True)
class Burn:
    """A burn-rate alarm: the budget burns over `factor` in both windows, the short one telling that it still does."""

    factor: float
    long: timedelta
    short: timedelta


def burns_of(window: timedelta, every: timedelta) -> tuple[Burn, ...]:
    """The alarms for an objective over `window` of a signal that is measured `every` so often, the fastest first.

    For 48 h: 19.2 over 15 min, 9.6 over 1 h, 2.8 over 6 h.
    """
    longs = ((window * share, factor) for share, factor in _BURNS)
    return tuple(Burn(factor, long, short_of(long, every)) for long, factor in longs)


def short_of(long: timedelta, every: timedelta) -> timedelta:
    """The short window beside a long one: a twelfth, and at least three slots and one minute."""
    return max(long / _SHORT_OF_LONG, _SHORTEST_SLOTS * every, _SHORTEST)


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of an error budget.

    `left` is the share that is not spent yet, 1 for all of it; 0 or less: exhausted. `burn` is over the newest 48th
    of the window (an hour of 48 h), None while nothing is known of it. `exhausted_at`: when it was gone, or will be
    at this burn; None where that is not before the window ends. `coverage` is the share of the time observed, 0..1.
    """

    left: float
    burn: float | None
    exhausted_at: datetime | None
    coverage: float

    @property
    def is_exhausted(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0


class Spending:
    """Good and bad events of one objective over time, as slices that do not overlap. Events count from `began` on
    (T0, say), and leave when they are older than the window."""

    def __init__(self, objective: Objective, began: datetime) -> None:
        self.objective = objective
        self._began = began.timestamp()
        self._ends: array[float] = array("d")
        # What all slices up to each one add up to; the first entry stands for those that left.
        self._spans, self._bad, self._total = (array("d", [0.0]) for _ in range(3))

    def __len__(self) -> int:
        """How many slices are kept."""
        return len(self._ends)

    def add(self, at: datetime, span: timedelta, bad: float, total: float) -> None:
        """`bad` of `total` events were bad in the `span` that ends at `at`. Slices come in order of time; one that is
        not after the newest is not counted (after a clock was set back, the time was counted already). Without events
        nothing is known of that time, and it is not counted as observed."""
        end = at.timestamp()
        if total <= 0 or end <= self._began or (self._ends and end <= self._ends[-1]):
            return
        self._ends.append(end)
        for column, more in ((self._spans, span.total_seconds()), (self._bad, bad), (self._total, total)):
            column.append(column[-1] + more)
        self._forget(end - self.objective.window.total_seconds())

    def bad_share(self, now: datetime, window: timedelta) -> tuple[float | None, float]:
        """The share of bad events in the newest `window` (None without any), and the share of it observed; 0..1."""
        first = bisect_right(self._ends, now.timestamp() - window.total_seconds())
        total = self._total[-1] - self._total[first]
        observed = min(1.0, (self._spans[-1] - self._spans[first]) / window.total_seconds())
        return ((self._bad[-1] - self._bad[first]) / total if total > 0 else None), observed

    def is_filling(self, now: datetime, window: timedelta, late: timedelta) -> bool:
        """Whether less than `window` is known only because it did not begin longer ago. What happened may be added so
        much `late`."""
        passed = now - datetime.fromtimestamp(self._began, UTC)
        _, observed = self.bad_share(now, window)
        return passed < window and observed * window >= MIN_COVERAGE * (passed - late)

    def budget(self, now: datetime) -> Budget:
        """What is left at `now`."""
        objective, at = self.objective, now.timestamp()
        window_s = objective.window.total_seconds()
        first = bisect_right(self._ends, at - window_s)
        due_s = min(window_s, at - self._began)
        coverage = min(1.0, (self._spans[-1] - self._spans[first]) / due_s) if due_s > 0 else 0.0
        left = 1 - self._spent(first, len(self._ends))
        share, _ = self.bad_share(now, objective.window / 48)
        burn = None if share is None else objective.burn(share)
        return Budget(left, burn, self._exhausted_at(first, left, burn, now), coverage)

    def _spent(self, first: int, end: int) -> float:
        """The part of the budget that the slices from `first` up to `end` spent."""
        total = self._total[end] - self._total[first]
        if total <= 0:
            return 0.0
        bad_s = (self._bad[end] - self._bad[first]) / total * (self._spans[end] - self._spans[first])
        return bad_s / self.objective.allowed.total_seconds()

    def _exhausted_at(self, first: int, left: float, burn: float | None, now: datetime) -> datetime | None:
        if left <= 0:
            place = next(i for i in range(first, len(self._ends)) if self._spent(first, i + 1) >= 1)
            return datetime.fromtimestamp(self._ends[place], UTC)
        window = self.objective.window
        began = datetime.fromtimestamp(self._began, UTC)
        ends = began + window if now < began + window else now + window
        if not burn or left / burn * window >= ends - now - _ROUNDING:
            return None
        return now + left / burn * window

    def _forget(self, before: float) -> None:
        """Drop the slices that ended before the window, an hour's worth at a time."""
        if len(self._ends) < 2 or self._ends[0] > before - self.objective.window.total_seconds() / 48:
            return
        gone = bisect_right(self._ends, before)
        del self._ends[:gone]
        for column in (self._spans, self._bad, self._total):
            del column[:gone]


def is_burning(burn: Burn, objective: Objective, long: float | None, short: float | None) -> Evaluation:
    """Whether the budget burns over the factor in both windows, by their shares of bad events (None: not known).

    False as soon as one of them is known not to; missing where one is not known and the other burns.
    """
    rates = {burn.long: long, burn.short: short}
    shown = ", ".join(
        f"{'unknown' if share is None else format(objective.burn(share), '.3g') + 'x'} over {format_duration(window)}"
        for window, share in rates.items()
    )
    over = [None if share is None else objective.burn(share) > burn.factor for share in (long, short)]
    truth = False if False in over else None if None in over else True
    return Evaluation(truth, f"burns {shown}; the limit is {burn.factor:g}x in both")


def is_intact(budget: Budget, *, above: float, is_paging: bool) -> Evaluation:
    """Whether the error budget is intact: more than `above` (0..1) of it is left, no burn alarm is active, and enough
    of the time was observed."""
    if budget.left <= above:
        return Evaluation(
            False, f"{max(0.0, budget.left):.0%} of the budget is left, more than {above:.0%} is wanted"
        )
    if is_paging:
        return Evaluation(False, "it burns too fast")
    if budget.coverage < INTACT_COVERAGE:
        return Evaluation(
            None, f"only {budget.coverage:.0%} of the time was observed, {INTACT_COVERAGE:.0%} are needed"
        )
    return Evaluation(True, f"{budget.left:.0%} of the budget is left")
