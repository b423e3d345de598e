"""One look at everything that is watched, at one moment: what signals are, and what triggers observe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from warroom.launch.observing import Context, burning, judged, observed, slice_of, slice_span, with_budget
from warroom.launch.signal_memory import SignalMemory, Slice
from warroom.playbook.signals import SignalPlan, SloPlan, TriggerPlan
from warroom.slo.budget import Budget
from warroom.slo.levels import Judged, Level
from warroom.slo.query import Query, Readable
from warroom.slo.reading import Reading
from warroom.slo.trigger import Observation

LeverState = Callable[[str, datetime], Observation]
"""Whether a lever is not as it should be, observed in a slot."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a signal is, and each of the values of the label that splits it."""

    reading: Reading
    judged: Judged
    splits: Mapping[str, tuple[Reading, Level]] = field(default_factory=dict)


class SignalRound:
    """Asks each source each question once. `began` is T0, None before it."""

    def __init__(
        self,
        context: Context,
        sources: Mapping[str, Readable],
        memory: SignalMemory,
        levers: LeverState,
        began: datetime | None,
    ) -> None:
        self._context = context
        self._watched = context.watched
        self._sources = sources
        self._memory = memory
        self._levers = levers
        self._began = began
        self._asked: dict[tuple[str, Query], Reading] = {}

    def found(self, plan: SignalPlan) -> Found:
        """What a signal is; its value becomes part of its history first."""
        reading = self._reading(plan.source, plan.query)
        self._memory.add(plan.id, self._context.now, reading.value)
        level = judged(self._context, plan, reading)
        for slo in self._watched.slos.values():
            if slo.signal == plan.id and (left := self.budget(slo)):
                level = with_budget(level, slo, left)
        return Found(reading, level, self._splits(plan) if plan.by else {})

    def budget(self, slo: SloPlan) -> Budget | None:
        """What is left of an error budget; None before T0."""
        if self._began is None:
            return None
        spending, now, newest = (
            self._memory.spending(slo.id, self._began),
            self._context.now,
            self._memory.newest(slo.id),
        )
        # The minute under way is not counted yet, which does not mean that nobody looks.
        is_current = newest is not None and now - newest < 2 * slice_span(self._watched, slo)
        return spending.budget(newest if newest and is_current else now)

    def observation(self, plan: TriggerPlan, slot: datetime, *, to_resume: bool = False) -> Observation:
        """What a trigger observes; `to_resume`: of the condition under which it is over."""
        if plan.lever:
            return self._levers(plan.lever, slot)
        if plan.slo:
            assert self._began is not None
            spending, newest = self._memory.spending(plan.slo, self._began), self._memory.newest(plan.slo)
            return burning(self._context, plan, spending, newest, slot)
        condition = plan.resume if to_resume else plan.when
        assert condition is not None
        signal = self._watched.signals[plan.signal]
        reading = self._reading(signal.source, self._watched.query_of(plan))
        return observed(self._context, plan, condition, reading, slot)

    def slice(self, slo: SloPlan) -> Slice | None:
        """What was good and bad in the newest slice of an error budget; None where nothing is known of it."""
        query = slice_of(self._watched, slo)
        reading = self._reading(self._watched.signals[slo.signal].source, query)
        if reading.value is None or not reading.n:
            return None
        share = reading.value if slo.counts_bad else 1 - reading.value
        span: timedelta = slice_span(self._watched, slo) * reading.coverage
        return Slice(self._context.now, span, share * reading.n, reading.n)

    def _splits(self, plan: SignalPlan) -> dict[str, tuple[Reading, Level]]:
        parts = self._sources[plan.source].splits(plan.query, self._context.now)
        return {label: (part, judged(self._context, plan, part).level) for label, part in parts.items()}

    def _reading(self, source: str, query: Query) -> Reading:
        key = source, query
        if key not in self._asked:
            self._asked[key] = self._sources[source].reading(query, self._context.now)
        return self._asked[key]
