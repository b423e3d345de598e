"""Signals and triggers as they are now, for whoever shows them. Instants are those of the wall clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from warroom.launch.overall import NOT_WATCHED
from warroom.launch.signals import NOT_YET
from warroom.launch.state import LaunchState
from warroom.playbook.signals import TriggerPlan
from warroom.slo.budget import Budget
from warroom.slo.levels import Judged, Level
from warroom.slo.reading import Reading
from warroom.slo.trend import Direction, Point, Trend
from warroom.slo.trigger import TriggerState


@dataclass(frozen=True, slots=True)
class SignalLive:
    """A signal as it was judged last. `at` is when there was data last, None: there was none yet. `minutes` is a
    value for each of the last minutes, oldest first."""

    reading: Reading
    judged: Judged
    at: datetime | None
    splits: Mapping[str, tuple[Reading, Level]] = field(default_factory=dict)
    minutes: Sequence[Point] = ()
    trend: Trend = field(default_factory=lambda: Trend(Direction.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Live:
    """By id, those of which something is known. `every` is how often everything is judged, `waiting` says of triggers
    that cannot be judged yet why. `is_watched`: an engine looks; else it is what the journal had last, and where the
    launch is open that says nothing of now."""

    every: timedelta
    signals: Mapping[str, SignalLive] = field(default_factory=dict)
    triggers: Mapping[str, TriggerState] = field(default_factory=dict)
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    waiting: Mapping[str, str] = field(default_factory=dict)
    is_watched: bool = True

    def is_told(self, state: LaunchState) -> bool:
        """Whether this is how it stands: an engine looks, or the launch is closed and it stood so."""
        return self.is_watched or state.closed is not None

    def stands(self, state: LaunchState, plan: TriggerPlan) -> tuple[str, str]:
        """Where a trigger stands for people, and why: `unknown` while it is too early to judge it, else its stage and
        the reason of its last change."""
        known = state.triggers.get(plan.id)
        standing = self.triggers.get(plan.id)
        if standing is None and self.is_watched and not plan.declared:
            return "unknown", NOT_YET
        stage = (standing or TriggerState()).shown
        if stage == "idle" and not self.is_told(state):
            return "unknown", NOT_WATCHED
        if stage == "idle" and (why := self.waiting.get(plan.id)):
            return "unknown", why
        return stage, known.reason if known else ""


def journaled(state: LaunchState) -> Live:
    """What the journal alone says: a value a minute, as long as an engine ran."""
    signals = {}
    for known in state.signals.values():
        reading = Reading(known.at, known.value, known.low, known.high, known.n)
        judged = Judged(known.level, known.reason)
        signals[known.id] = SignalLive(reading, judged, known.measured_at)
    triggers = {known.id: known.state for known in state.triggers.values()}
    budgets = {name: one.budget for name, one in state.budgets.items()}
    return Live(timedelta(seconds=5), signals, triggers, budgets, is_watched=False)
