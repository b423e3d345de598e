"""What a trigger did over time, gathered from its changes."""

from __future__ import annotations

from datetime import datetime, timedelta

from warroom.backtest.values import AT_ONCE, PATIENCE, Activation, Blind, Replayed
from warroom.launch.signal_words import condition_of
from warroom.playbook.course import Course
from warroom.playbook.signals import TriggerPlan
from warroom.slo.conditions import OverBaseline, Threshold
from warroom.slo.trigger import Change, Observation, Rule, Stage, Transition, TriggerState, judged
from warroom.units import format_duration


class Track:
    """Of one trigger, slot by slot. `every` is the length of a slot."""

    def __init__(self, course: Course, plan: TriggerPlan, every: timedelta) -> None:
        self._course = course
        self._plan = plan
        self._every = every
        runs = course.procedures.get(plan.runs)
        self._patience = (runs.budget if runs else None) or PATIENCE
        self._would = tuple(step.text for step in runs.steps) if runs else ()
        self._slots = self._decided = 0
        self._pending_at: datetime | None = None
        self._fired: list[tuple[datetime, datetime]] = []
        self._over: list[datetime | None] = []
        self._worst: list[float | None] = []
        self._near: list[timedelta] = []
        self._blind: list[Blind] = []

    def take(self, rule: Rule, found: Observation, state: TriggerState, changes: tuple[Transition, ...]) -> None:
        """What was observed in a slot, and what came of it by the rule."""
        truth, _ = judged(rule, found)
        self._slots += 1
        self._decided += truth is not None
        for change in changes:
            self._change(change)
        if state.stage is Stage.FIRING and found.value is not None:
            worst = self._worst[-1]
            self._worst[-1] = found.value if worst is None else self._worse(worst, found.value)

    def replayed(self, until: datetime) -> Replayed:
        """All of it, when the last slot was at `until`."""
        plan, hold = self._plan, self._plan.hold
        open_pending = [until - self._pending_at] if self._pending_at else []
        waits = [fired - pending for pending, fired in self._fired]
        return Replayed(
            trigger=plan.id,
            title=plan.title,
            condition=condition_of(plan),
            hold=f"for {'more than ' if hold.strict else ''}{format_duration(hold.span)}" if hold.span else AT_ONCE,
            severity=plan.severity,
            mode=plan.mode,
            runs=plan.runs,
            delay=plan.delay,
            would=self._would,
            patience=self._patience,
            activations=tuple(self._activation(place, until) for place in range(len(self._fired))),
            near=tuple(self._near),
            pending=sum([*self._near, *waits, *open_pending], start=timedelta()),
            coverage=self._decided / self._slots if self._slots else 0.0,
            blind=tuple(self._blind),
        )

    def _change(self, change: Transition) -> None:
        match change.change:
            case Change.PENDING:
                self._pending_at = change.at
            case Change.FIRED:
                self._fired.append((self._pending_at or change.at, change.at))
                self._over.append(None)
                self._worst.append(None)
                self._pending_at = None
            case Change.RESOLVING:
                self._over[-1] = change.at
            case Change.RESET if self._pending_at:
                self._near.append(change.at - self._pending_at)
                self._pending_at = None
            case Change.RESET:
                self._over[-1] = None
            case Change.BLIND:
                heard = change.state.heard or change.at
                self._blind.append(Blind(heard, None, change.reason))
            case Change.SIGHTED:
                last = self._blind[-1]
                self._blind[-1] = Blind(last.since, change.at, last.reason)

    def _activation(self, place: int, until: datetime) -> Activation:
        (pending_at, fired_at), over_at, worst = self._fired[place], self._over[place], self._worst[place]
        lasted = (over_at or until) - fired_at
        in_vain = None if over_at is None and lasted <= self._patience else lasted <= self._patience
        return Activation(pending_at, fired_at, over_at, "" if worst is None else self._shown(worst), in_vain)

    def _worse(self, one: float, other: float) -> float:
        condition = self._plan.when
        is_low_bad = isinstance(condition, Threshold | OverBaseline) and condition.op.startswith("<")
        return min(one, other) if is_low_bad else max(one, other)

    def _shown(self, value: float) -> str:
        signal = self._course.watched.signals.get(self._plan.signal)
        return signal.unit.show(value) if signal else f"burn {value:.3g}"
