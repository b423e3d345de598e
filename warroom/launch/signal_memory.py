"""What signals were, as far back as it is needed: values, a value a minute, and what budgets are made of."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from warroom.playbook.signals import SignalPlan, Watched
from warroom.slo.budget import Objective, Spending
from warroom.slo.conditions import TREND_OVER, Trending
from warroom.slo.trend import Point

SPARK: Final = 60
"""The values of so many minutes are shown."""

_MARGIN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Slice:
    """`bad` of `total` events were bad in the `span` that ends at `at`."""

    at: datetime
    span: timedelta
    bad: float
    total: float


class SignalMemory:
    """Everything is on one axis of time, on which nobody sets the clock."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._keep = {plan.id: _needed(watched, plan) for plan in watched.signals.values()}
        self._values: dict[str, list[Point]] = {name: [] for name in watched.signals}
        self._minutes: dict[str, deque[Point]] = {name: deque(maxlen=SPARK) for name in watched.signals}
        self._slices: dict[str, list[Slice]] = {name: [] for name in watched.slos}
        self._spending: dict[str, Spending] = {}
        self._began: datetime | None = None

    @property
    def histories(self) -> Mapping[str, Sequence[Point]]:
        """The values of each signal, oldest first."""
        return self._values

    def minutes(self, signal: str) -> Sequence[Point]:
        """One value for each of the last minutes, oldest first."""
        return self._minutes[signal]

    def add(self, signal: str, at: datetime, value: float | None) -> None:
        """What a signal is at `at`; None: there was no data. Something that is not newer than what is known is not
        taken."""
        values = self._values.get(signal)
        if values is None or (values and at <= values[-1][0]):
            return
        values.append((at, value))
        if values[0][0] < at - 2 * self._keep[signal]:
            del values[: next(i for i, point in enumerate(values) if point[0] >= at - self._keep[signal])]

    def add_minute(self, signal: str, at: datetime, value: float | None) -> None:
        """The value that stands for a minute."""
        if signal in self._minutes:
            self._minutes[signal].append((at, value))

    def restore(self, signal: str, points: Sequence[Point]) -> None:
        """Values, oldest first, that are closer together than those known of the same time."""
        values = self._values.get(signal)
        if values is not None and points:
            known = [point for point in values if point[0] < points[0][0]]
            newest = points[-1][0]
            values[:] = [point for point in (*known, *points) if point[0] > newest - self._keep[signal]]

    def spend(self, slo: str, spent: Slice) -> None:
        """What was good and bad in one more slice of time."""
        slices = self._slices.get(slo)
        if slices is None:
            return
        slices.append(spent)
        if len(slices) > 2 and slices[1].at < spent.at - self._watched.slos[slo].window:
            del slices[0]
        if slo in self._spending:
            self._spending[slo].add(spent.at, spent.span, spent.bad, spent.total)

    def newest(self, slo: str) -> datetime | None:
        """The end of the newest slice; None before the first."""
        slices = self._slices[slo]
        return slices[-1].at if slices else None

    def shift(self, by: timedelta) -> None:
        """All of it is as long ago as it was, although the wall clock was set by `by`."""
        for points in (*self._values.values(), *self._minutes.values()):
            moved = [(at + by, value) for at, value in points]
            points.clear()
            points.extend(moved)
        self._slices = {name: [replace(one, at=one.at + by) for one in known] for name, known in self._slices.items()}
        self._spending.clear()

    def spending(self, slo: str, began: datetime) -> Spending:
        """What an error budget was spent on since `began`."""
        if began != self._began:
            self._began = began
            self._spending.clear()
        if slo not in self._spending:
            plan = self._watched.slos[slo]
            self._spending[slo] = known = Spending(Objective(plan.objective, plan.window), began)
            for one in self._slices[slo]:
                known.add(one.at, one.span, one.bad, one.total)
        return self._spending[slo]


def _needed(watched: Watched, plan: SignalPlan) -> timedelta:
    """How far back the values of a signal are needed: for the trend that is shown, for those that are limits, and for
    baselines."""
    limits = [plan.warn, plan.page, *(limit for both in plan.limits_in.values() for limit in both)]
    limits += [each for one in watched.triggers.values() if one.signal == plan.id for each in (one.when, one.resume)]
    spans = [limit.over for limit in limits if isinstance(limit, Trending)]
    spans += [one.over for one in watched.baselines.values() if one.signal == plan.id]
    return max((TREND_OVER, *spans)) + _MARGIN
