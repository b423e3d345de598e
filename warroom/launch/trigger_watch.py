"""Where the triggers stand, slot by slot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from warroom.launch.signals import TriggerKnown, at_other_times, moved
from warroom.playbook.signals import TriggerPlan
from warroom.slo import trigger
from warroom.slo.trigger import Change, Hold, Observation, Rule, Stage, Transition, TriggerState


class TriggerWatch:
    """The states are on the axis of time of the slots. What a person changes is taken over from the journal."""

    def __init__(self, every: timedelta) -> None:
        self._every = every
        self._states: dict[str, TriggerState] = {}
        self._told: dict[str, TriggerState] = {}
        self._resuming: dict[str, TriggerState] = {}
        self._changed: dict[str, int] = {}

    @property
    def states(self) -> Mapping[str, TriggerState]:
        """Where each stands that was ever observed, or of which the journal says something."""
        return self._states

    def take_over(self, triggers: Iterable[TriggerKnown], ahead: timedelta) -> None:
        """The journal's states of those that are not known here, or that a person has changed since."""
        for known in triggers:
            if known.id not in self._states or known.changed > self._changed.get(known.id, 0):
                self._told[known.id] = told = moved(known.state, -ahead)
                self._states[known.id] = self._on_grid(told)
                self._changed[known.id] = known.changed

    def remember(self, name: str, state: TriggerState) -> None:
        """What an earlier process saw of it last, if that goes on from where the journal says that it stands; what
        was seen before may be of another breach, which was over."""
        told = self._told.get(name)
        if told is None or told.last is None or state.last is None:
            return
        # Two breaches lie two slots apart, and both clocks agree to a fraction of one.
        is_newer = state.last > told.last - self._every
        if is_newer and (told.stage, told.number) == (state.stage, state.number):
            self._states[name] = self._on_grid(state)

    def step(self, plan: TriggerPlan, rule: Rule, found: Observation) -> tuple[Transition, ...]:
        """What an observation changes, in order."""
        before = self._states.get(plan.id, TriggerState())
        self._states[plan.id], changes = trigger.step(rule, before, found)
        return changes

    def is_active(self, plan: TriggerPlan) -> bool:
        """Whether it has fired and a resolution is still to come."""
        return self._states.get(plan.id, TriggerState()).is_active

    def call_off(self, plan: TriggerPlan, at: datetime, reason: str) -> tuple[Transition, ...]:
        """What changes where it is judged no more."""
        before = self._states.get(plan.id)
        if before is None:
            return ()
        self._states[plan.id], changes = trigger.call_off(before, at, reason)
        return changes

    def is_to_resume(self, plan: TriggerPlan) -> bool:
        """Whether it waits for the condition under which it is over."""
        return plan.resume is not None and self._states[plan.id].stage is Stage.LATCHED

    def resume_by(self, plan: TriggerPlan, rule: Rule, found: Observation) -> tuple[Transition, ...]:
        """The same for the condition under which it is over: that has to hold as long as it takes to resolve."""
        assert plan.resume is not None
        waiting = replace(rule, hold=Hold(rule.clear_for), latches=False)
        before = self._resuming.get(plan.id, TriggerState())
        self._resuming[plan.id], changes = trigger.step(waiting, before, found)
        if not any(one.change is Change.FIRED for one in changes):
            return ()
        del self._resuming[plan.id]
        reason = f"{plan.resume.text}: {found.reason}"
        self._states[plan.id], resolved = trigger.resume(self._states[plan.id], found.at, reason)
        return resolved

    def _on_grid(self, state: TriggerState) -> TriggerState:
        """Slots lie where they would lie had this process counted them."""
        size = self._every.total_seconds()
        return at_other_times(state, lambda at: datetime.fromtimestamp(round(at.timestamp() / size) * size, UTC))
