"""What the readings of one moment come to: the level of a signal, and what a trigger observes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from warroom.launch.state import LaunchState, believed
from warroom.launch.values import utc
from warroom.playbook.signals import BaselinePlan, SignalPlan, SloPlan, TriggerPlan, Watched
from warroom.slo import budget
from warroom.slo.baseline import Baseline
from warroom.slo.budget import Budget, Objective, Spending
from warroom.slo.conditions import OverBaseline, SignalCondition, Trending, evaluate
from warroom.slo.levels import Judged, Level, Limits, level_of
from warroom.slo.query import Count, Quantile, Query, Rate, Ratio
from warroom.slo.reading import MIN_COVERAGE, Reading
from warroom.slo.trend import Point
from warroom.slo.trigger import Observation, Rule
from warroom.units import format_duration, format_offset

LOOKS: Final = 3
"""So many looks of its source may fail before nothing is known any more."""
SLICE: Final = timedelta(minutes=1)
"""Over how long good and bad are counted at least before they go into an error budget."""

_SHORTEST_SLICE: Final = 4
_OLDEST: Final = timedelta(minutes=5)
_GROWING: Final = (Rate, Count, Ratio, Quantile)
_FROM_PEOPLE: Final = ("manual", "stopwatch")
_NO_AGE: Final = timedelta(days=3653)


@dataclass(frozen=True, slots=True)
class Context:
    """What readings are judged with at `now`. `every` is how often everything is judged."""

    watched: Watched
    now: datetime
    every: timedelta
    baselines: Mapping[str, Baseline]
    histories: Mapping[str, Sequence[Point]]


def baselines_of(state: LaunchState, now: datetime) -> dict[str, Baseline]:
    """The baselines that count for the T0 as it is: those that the playbook states, those captured, and those whose
    time has not come at `now`."""
    plans = state.course.watched.baselines.values()
    found = {plan.id: _baseline(state, plan, now) for plan in plans}
    return {name: baseline for name, baseline in found.items() if baseline}


def _baseline(state: LaunchState, plan: BaselinePlan, now: datetime) -> Baseline | None:
    if plan.value is not None:
        return Baseline(plan.id, plan.value)
    known = state.baselines.get(plan.id)
    if known and (known.by or (known.t0 is not None and known.t0 == state.t0)):
        return known.baseline
    due = state.t0 + plan.at if state.t0 else None
    if due and believed(state, now) >= due:
        return None
    when = f", {utc(due)}" if due else ""
    said = f"it is captured at {format_offset(plan.at)}{when}"
    return Baseline(plan.id, None, plan.over, reason=said, awaited=True)


def queries_of(watched: Watched, source: str) -> tuple[Query, ...]:
    """Everything that a source will be asked, each once."""
    signals = {name: signal for name, signal in watched.signals.items() if signal.source == source}
    asked = [signal.query for signal in signals.values()]
    asked += [watched.query_of(one) for one in watched.triggers.values() if one.signal in signals]
    asked += [slice_of(watched, one) for one in watched.slos.values() if one.signal in signals]
    return tuple(dict.fromkeys(asked))


def slice_span(watched: Watched, slo: SloPlan) -> timedelta:
    """Over how long good and bad are counted before they go into an error budget: a minute, or four looks."""
    return max(SLICE, _SHORTEST_SLICE * watched.sources[watched.signals[slo.signal].source].every)


def slice_of(watched: Watched, slo: SloPlan) -> Query:
    """What is asked for an error budget once in each such span: the signal over it. Of counters over one look more:
    what they counted since the last look before the span belongs to it."""
    signal = watched.signals[slo.signal]
    query = replace(signal.query, window=slice_span(watched, slo), by="")
    if not isinstance(query.measure, _GROWING):
        return query
    return replace(query, window=query.window + watched.sources[signal.source].every)


def judged(context: Context, plan: SignalPlan, reading: Reading) -> Judged:
    """The level of a signal by its limits."""
    kind = context.watched.sources[plan.source].kind
    oldest = max(_OLDEST, LOOKS * context.watched.sources[plan.source].every)
    limits = Limits(plan.warn, plan.page, max_age=_NO_AGE if kind in _FROM_PEOPLE else oldest)
    history = context.histories.get(plan.id, ())
    return level_of(limits, reading, context.now, unit=plan.unit, baselines=context.baselines, history=history)


def with_budget(found: Judged, slo: SloPlan, left: Budget) -> Judged:
    """The level of a signal that has an error budget: RED where nothing of it is left, whatever else is known."""
    objective = Objective(slo.objective, slo.window)
    allowed = f"{format_duration(objective.allowed)} in {format_duration(slo.window)}"
    if left.is_exhausted:
        return Judged(Level.RED, f"the error budget is used up: {allowed}")
    if found.level is not Level.TRACKED:
        return found
    intact = budget.is_intact(left, above=0.0, is_paging=False)
    return Judged(Level.GREEN if intact.truth else Level.UNKNOWN, f"{intact.reason}: {allowed}")


def rule_of(context: Context, plan: TriggerPlan) -> Rule:
    """How a trigger decides."""
    signal = context.watched.signals.get(plan.signal)
    looks = context.watched.sources[signal.source].every if signal else context.every
    return Rule(
        every=context.every,
        hold=plan.hold,
        clear=plan.clear,
        min_volume=plan.min_volume,
        max_gap=LOOKS * max(looks, context.every),
        latches=plan.latches,
    )


def observed(
    context: Context, plan: TriggerPlan, condition: SignalCondition, reading: Reading, slot: datetime
) -> Observation:
    """What a trigger on a signal observes."""
    signal = context.watched.signals[plan.signal]
    found = evaluate(
        condition,
        reading,
        unit=signal.unit,
        baselines=context.baselines,
        history=context.histories.get(signal.id, ()) if isinstance(condition, Trending) else (),
    )
    is_early = reading.filling or (reading.is_known and awaits(context, condition))
    return Observation(
        slot, found.truth, reading.n, reading.value, found.reason, filling=is_early, sample=reading.sample
    )


def awaits(context: Context, condition: SignalCondition) -> bool:
    """Whether the condition is on a baseline whose time has not come."""
    if not isinstance(condition, OverBaseline) or condition.baseline not in context.baselines:
        return False
    return context.baselines[condition.baseline].awaited


def burning(
    context: Context, plan: TriggerPlan, spending: Spending, newest: datetime | None, slot: datetime
) -> Observation:
    """What a trigger on the burn of an error budget observes; `value` is the burn over its window, `newest` the end
    of the newest slice."""
    assert plan.burn is not None
    objective = spending.objective
    fastest = budget.burns_of(objective.window, SLICE)[0]
    long = plan.window or fastest.long
    burn = budget.Burn(plan.burn.factor, long, budget.short_of(long, SLICE))
    windows = (burn.long, burn.short)
    shares = [spending.bad_share(context.now, window) for window in windows]
    enough = [share if coverage >= MIN_COVERAGE else None for share, coverage in shares]
    found = budget.is_burning(burn, objective, *enough)
    value = None if enough[0] is None else objective.burn(enough[0])
    unknown = [window for window, share in zip(windows, enough, strict=True) if share is None]
    is_early = all(spending.is_filling(context.now, window, 2 * SLICE) for window in unknown)
    reason = f"{found.reason}; the window is filling" if unknown and is_early else found.reason
    sample = newest.timestamp() if newest else None
    is_filling = bool(unknown) and is_early
    return Observation(slot, found.truth, value=value, reason=reason, filling=is_filling, sample=sample)
