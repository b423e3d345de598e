"""Captures baselines: each once for a T0, when its time has come, and when a person asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from warroom.launch.state import LaunchState
from warroom.playbook.signals import BaselinePlan
from warroom.slo.baseline import capture
from warroom.slo.trend import Point


@dataclass(frozen=True, slots=True)
class Due:
    """A baseline is to be captured over the time that ends at `at`: for the T0 at `t0`, or for the person `by`."""

    plan: BaselinePlan
    at: datetime
    t0: datetime | None = None
    by: str = ""

    def body(self, history: Sequence[Point], every: timedelta, ahead: timedelta) -> dict[str, Any]:
        """The entry about it, from the signal's values (oldest first), which lie `ahead` of the wall clock's."""
        found = capture(self.plan.id, history, self.plan.over, self.at - ahead, every)
        return {
            "baseline": self.plan.id,
            "value": found.value,
            "over_s": self.plan.over.total_seconds(),
            "n": found.n,
            "at": self.at.isoformat(),
            "t0": self.t0.isoformat() if self.t0 else None,
            "reason": found.problem,
            **({"by": self.by} if self.by else {}),
        }


class BaselineWatch:
    """Remembers what was captured and is not in the journal yet."""

    def __init__(self) -> None:
        self._done: dict[str, object] = {}

    def due(self, state: LaunchState, now: datetime) -> Iterator[Due]:
        """What is to be captured at `now`, each once."""
        for plan in state.course.watched.baselines.values():
            found = _due(state, plan, now)
            if found and self._done.get(plan.id) != found[0]:
                self._done[plan.id], one = found
                yield one


def _due(state: LaunchState, plan: BaselinePlan, now: datetime) -> tuple[object, Due] | None:
    """What makes it due, and what is due; None for a baseline that stands, or whose time has not come."""
    known = state.baselines.get(plan.id)
    if plan.value is not None:
        return None
    if known and known.asked:
        return known.asked_number, Due(plan, now, by=known.asked)
    stands = known is not None and (known.by != "" or known.t0 == state.t0)
    if stands or state.t0 is None or now < state.t0 + plan.at:
        return None
    return state.t0, Due(plan, state.t0 + plan.at, state.t0)
