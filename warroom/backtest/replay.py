"""Runs the signals and triggers of a playbook over numbers of the past: the code that judges a launch judges them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from warroom.backtest.scope import Scope, needed
from warroom.backtest.track import Track
from warroom.backtest.values import Backtest, Period, SignalShares, Unanswered
from warroom.launch.observing import Context, queries_of, rule_of, slice_span
from warroom.launch.signal_memory import SignalMemory
from warroom.launch.signal_round import SignalRound
from warroom.launch.state import phases_at
from warroom.launch.trigger_watch import TriggerWatch
from warroom.playbook.course import Course
from warroom.playbook.signals import TriggerPlan
from warroom.slo.baseline import Baseline, capture
from warroom.slo.conditions import Trending
from warroom.slo.levels import Level
from warroom.slo.query import Query, Readable
from warroom.slo.trigger import Observation

Span = tuple[datetime, datetime]

_NOT_ASKED: Final = "no trigger that is replayed watches a lever"


class Replay:
    """Of the triggers in `scope` of a playbook, over `period`. It is fed slot by slot, oldest first, for each of its
    `spans`."""

    def __init__(self, course: Course, scope: Scope, period: Period) -> None:
        self._course = course
        self._scope = scope
        self._period = period
        self._watched = watched = course.watched
        self._memory = SignalMemory(watched)
        self._triggers = TriggerWatch(period.every)
        self._tracks = {plan.id: Track(course, plan, period.every) for plan in scope.triggers}
        self._signals = [plan for plan in watched.signals.values() if plan.source in scope.servers]
        self._levels: dict[str, Counter[Level]] = {plan.id: Counter() for plan in self._signals}
        self._unknown: dict[str, str] = {}
        plans = watched.baselines.values()
        self._baselines = {one.id: Baseline(one.id, one.value) for one in plans if one.value is not None}
        captured = [one for one in plans if one.value is None and self._is_seen(one.signal)]
        self._due = {one.id: period.t0 + one.at for one in captured if period.t0}

    @property
    def queries(self) -> Mapping[str, tuple[Query, ...]]:
        """What is asked of each source, each once."""
        return {name: queries_of(self._watched, name) for name in self._scope.servers}

    @property
    def spans(self) -> tuple[Span, ...]:
        """The times that are needed, oldest first, on the grid of the slots: those before the period fill the memory
        of trends and baselines."""
        period = self._period
        found: list[Span] = [(period.begins - self._warming(), period.until)]
        for name, at in self._due.items():
            found.append((at - self._watched.baselines[name].over, min(at + period.every, period.until)))
        merged: list[Span] = []
        for begin, end in sorted((self._on_grid(begin), end) for begin, end in found if begin < end):
            if merged and begin <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(end, merged[-1][1])
            else:
                merged.append((begin, end))
        return tuple(merged)

    def observe(self, slot: datetime, sources: Mapping[str, Readable]) -> None:
        """Judges everything as of `slot`."""
        self._capture(slot)
        began = self._period.begins if slot >= self._period.begins else None
        t0 = self._period.t0
        watched = self._watched.during(phases_at(self._course, slot - t0)) if t0 else self._watched
        context = Context(watched, slot, self._period.every, self._baselines, self._memory.histories)
        looked = SignalRound(context, sources, self._memory, _no_lever, began)
        for signal in self._signals:
            judged = looked.found(watched.signals[signal.id]).judged
            if began:
                self._levels[signal.id][judged.level] += 1
            if began and judged.level is Level.UNKNOWN:
                self._unknown[signal.id] = judged.reason
        if began:
            self._spend(looked, slot)
            for trigger in self._scope.triggers:
                self._step(context, looked, trigger)

    def finish(self, refused: Mapping[tuple[str, Query], str]) -> Backtest:
        """What was found. `refused` is why a source does not answer a query: what needs it is not answered either."""
        whys = {plan.id: _why(refused, list(needed(self._watched, plan))) for plan in self._scope.triggers}
        more = [
            Unanswered(one.id, one.title, whys[one.id], is_fault=True) for one in self._scope.triggers if whys[one.id]
        ]
        unanswered = {one.trigger: one for one in (*self._scope.unanswered, *more)}
        until = self._period.until
        return Backtest(
            launch=self._course.launch.id,
            title=self._course.launch.title,
            period=self._period,
            triggers=tuple(track.replayed(until) for name, track in self._tracks.items() if not whys[name]),
            unanswered=tuple(unanswered[name] for name in self._watched.triggers if name in unanswered),
            signals=tuple(self._shares(plan.id, plan.title) for plan in self._signals),
            baselines={name: one for name, one in self._baselines.items() if name in self._used(whys)},
        )

    def _is_seen(self, signal: str) -> bool:
        return self._watched.signals[signal].source in self._scope.servers

    def _warming(self) -> timedelta:
        """How long before the first slot that counts values are needed: for trends."""
        limits = [limit for plan in self._signals for limit in (plan.warn, plan.page)]
        limits += [limit for plan in self._scope.triggers for limit in (plan.when, plan.resume)]
        return max((one.over for one in limits if isinstance(one, Trending)), default=timedelta())

    def _on_grid(self, at: datetime) -> datetime:
        slots = (self._period.begins - at) / self._period.every
        return self._period.begins - self._period.every * -int(-slots // 1)

    def _capture(self, slot: datetime) -> None:
        """Baselines whose time has come."""
        for name in [name for name, at in self._due.items() if at < slot]:
            plan, at = self._watched.baselines[name], self._due.pop(name)
            history = self._memory.histories[plan.signal]
            self._baselines[name] = capture(name, history, plan.over, at, self._period.every)

    def _step(self, context: Context, looked: SignalRound, plan: TriggerPlan) -> None:
        # Nobody is there to resume: without a condition for it what latches would fire once, and never again.
        rule = replace(rule_of(context, plan), latches=plan.resume is not None)
        found = looked.observation(plan, context.now)
        changes = self._triggers.step(plan, rule, found)
        if self._triggers.is_to_resume(plan):
            changes += self._triggers.resume_by(plan, rule, looked.observation(plan, context.now, to_resume=True))
        self._tracks[plan.id].take(rule, found, self._triggers.states[plan.id], changes)

    def _spend(self, looked: SignalRound, slot: datetime) -> None:
        """What goes into the error budgets; slices do not overlap."""
        for slo in self._watched.slos.values():
            newest = self._memory.newest(slo.id)
            is_due = newest is None or slot - newest >= slice_span(self._watched, slo)
            spent = looked.slice(slo) if is_due and self._is_seen(slo.signal) else None
            if spent:
                self._memory.spend(slo.id, spent)

    def _shares(self, signal: str, title: str) -> SignalShares:
        found = self._levels[signal]
        slots = sum(found.values()) or 1
        shares = {level: found[level] / slots for level in Level if found[level]}
        return SignalShares(signal, title, shares, self._unknown.get(signal, ""))

    def _used(self, whys: Mapping[str, str]) -> Collection[str]:
        conditions = [one for plan in self._scope.triggers if not whys[plan.id] for one in (plan.when, plan.resume)]
        return {getattr(one, "baseline", "") for one in conditions}


def _why(refused: Mapping[tuple[str, Query], str], asked: Sequence[tuple[str, Query]]) -> str:
    return next((refused[one] for one in asked if one in refused), "")


def _no_lever(lever: str, slot: datetime) -> Observation:
    return Observation(slot, None, reason=_NOT_ASKED)
