"""Signals, baselines and triggers as JSON data, for whoever shows them. Numbers are in base units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from warroom.clock import stamp
from warroom.engine.live import Live, SignalLive
from warroom.engine.shown import instant
from warroom.launch.observing import Context, baselines_of, rule_of
from warroom.launch.overall import NOT_WATCHED
from warroom.launch.signal_words import CALM, breaching_in, condition_of, shown_value, time_of_day
from warroom.launch.signals import Acknowledged, TriggerKnown
from warroom.launch.state import LaunchState, phases_in_time
from warroom.playbook.signals import SignalPlan, TriggerPlan, Watched
from warroom.slo.baseline import Baseline
from warroom.slo.levels import Level, Marked, distance_to, next_limit
from warroom.slo.reading import Reading
from warroom.slo.trigger import fires_at
from warroom.units import format_duration

_NOT_YET: Final = "not looked at yet"
_NOT_AGAIN: Final = "not looked at yet since the engine began"


def signals(state: LaunchState, live: Live, now: datetime) -> list[dict[str, Any]]:
    """Every signal, in the order of the playbook."""
    context = _context(state, live, now)
    return [_signal(state, context, live, plan) for plan in context.watched.signals.values()]


def _context(state: LaunchState, live: Live, now: datetime) -> Context:
    watched = state.course.watched.during(phases_in_time(state, now))
    return Context(watched, now, live.every, baselines_of(state, now), {})


def _signal(state: LaunchState, context: Context, live: Live, plan: SignalPlan) -> dict[str, Any]:
    found = live.signals.get(plan.id)
    reading = found.reading if found else Reading.missing(context.now, _NOT_YET)
    breach = _breach(state, context, live, plan)
    before = _measured_before(state, plan)
    level, reason = Level.UNKNOWN, _NOT_AGAIN if before else _NOT_YET
    if found:
        level, reason = _level(state, live, found, breach)
    at = (found.at if found else None) or before
    return {
        "id": plan.id,
        "title": plan.title,
        "source": plan.source,
        "unit": plan.unit.text,
        "value": reading.value,
        "low": reading.low,
        "high": reading.high,
        "n": reading.n,
        "counted_s": float(round(reading.counted_s)) if reading.counted_s else None,
        "shown": shown_value(plan, reading),
        "level": level.value,
        "word": level.word,
        "reason": reason,
        "at": instant(at),
        "age_s": round(max(0.0, (context.now - at).total_seconds()), 3) if at else None,
        "window_s": plan.window.total_seconds(),
        "expr_source": plan.expr_source,
        "limits": [_limit(context, plan, each, reading) for each in limits_of(context.watched, plan)],
        "trend": found.trend.direction.value if found else "unknown",
        "spark": [value for _, value in found.minutes] if found else [],
        "splits": _splits(plan, found),
        "slo": _slo(state, live, plan),
        "breach": breach,
        "next": _next(context, live, plan, reading),
    }


def _measured_before(state: LaunchState, plan: SignalPlan) -> datetime | None:
    """When there was data last by what the journal has; what a playbook before asked for says nothing of now."""
    known = state.signals.get(plan.id)
    return known.measured_at if known and not known.is_former else None


def _level(state: LaunchState, live: Live, found: SignalLive, breach: Mapping[str, str] | None) -> tuple[Level, str]:
    """The level and why; without an engine nobody knows what it is now, and the reason is what it was."""
    level, reason = found.judged.level, found.judged.reason
    if live.is_told(state) or level is Level.UNKNOWN:
        return level, reason
    was = breach["stage"].upper() if breach and level in CALM else level.word
    return Level.UNKNOWN, f"was {was}; {NOT_WATCHED}"


def _breach(state: LaunchState, context: Context, live: Live, plan: SignalPlan) -> dict[str, str] | None:
    """The trigger whose condition holds, as it is now; null: none does."""
    mine = [one for one in context.watched.triggers.values() if one.signal == plan.id]
    stages = {one.id: live.stands(state, one)[0] for one in mine}
    found = breaching_in(stages)
    return {"trigger": found[0], "stage": found[1]} if found else None


def limits_of(watched: Watched, plan: SignalPlan) -> Iterator[Marked]:
    """The limits of a signal that are in force, and what holds when they do."""
    only = f" in phase {plan.phase}" if plan.phase else ""
    if plan.warn:
        yield Marked("warn", plan.warn, f"YELLOW{only}")
    if plan.page:
        yield Marked("page", plan.page, f"RED{only}")
    for one in watched.triggers.values():
        if one.signal == plan.id and one.when:
            yield Marked("trigger", one.when, _does(one))


def _does(plan: TriggerPlan) -> str:
    strictly = "more than " if plan.hold.strict else ""
    after = f" after {strictly}{format_duration(plan.hold.span)}" if plan.hold.span else ""
    runs = f", {'would run' if plan.mode == 'shadow' else 'runs'} {plan.runs}" if plan.runs else ""
    return f"{plan.severity} by {plan.id}{after}{runs}"


def _limit(context: Context, plan: SignalPlan, limit: Marked, reading: Reading) -> dict[str, Any]:
    ahead = distance_to(limit, reading, plan.unit, context.baselines)
    return {
        "role": limit.role,
        "text": limit.condition.text,
        "does": limit.does,
        "distance": ahead.distance if ahead else None,
    }


def _splits(plan: SignalPlan, found: SignalLive | None) -> list[dict[str, Any]]:
    return [
        {"label": label, "value": part.value, "shown": shown_value(plan, part), "level": level.value}
        for label, (part, level) in (found.splits if found else {}).items()
    ]


def _slo(state: LaunchState, live: Live, plan: SignalPlan) -> dict[str, Any] | None:
    """The error budget of a signal; of several SLOs the first one's. Null members are not known."""
    slo = next((one for one in state.course.watched.slos.values() if one.signal == plan.id), None)
    if slo is None:
        return None
    left = live.budgets.get(slo.id)
    window_s = slo.window.total_seconds()
    return {
        "id": slo.id,
        "objective": slo.objective,
        "window_s": window_s,
        "allowed_s": round(window_s * (1 - slo.objective), 3),
        "budget_left": left.left if left else None,
        "burn": left.burn if left else None,
        "exhausted_at": instant(left.exhausted_at) if left else None,
        "coverage": left.coverage if left else 0.0,
    }


def _next(context: Context, live: Live, plan: SignalPlan, reading: Reading) -> str:
    """What happens next, and what would have to happen for it."""
    for one in context.watched.triggers.values():
        known = live.triggers.get(one.id) if one.signal == plan.id else None
        at = fires_at(rule_of(context, one), known) if known else None
        if at:
            # An instant: whoever shows it counts down by itself, and two countdowns never differ.
            return f"fires at {time_of_day(at)} unless it recovers: {_does(one)}"
    found = live.signals.get(plan.id)
    per_s = found.trend.per_s if found else 0.0
    ahead = next_limit(limits_of(context.watched, plan), reading, plan.unit, context.baselines, per_s)
    return ahead.text if ahead else ""


def baselines(state: LaunchState, now: datetime) -> list[dict[str, Any]]:
    """Every baseline; `reason` says why nothing can be compared with it."""
    known, plans = baselines_of(state, now), state.course.watched.baselines.values()
    return [_baseline(known.get(plan.id) or Baseline(plan.id, None, plan.over)) for plan in plans]


def _baseline(known: Baseline) -> dict[str, Any]:
    return {
        "id": known.id,
        "value": known.value,
        "at": instant(known.at),
        "over_s": known.over.total_seconds(),
        "n": known.n,
        "reason": known.problem,
    }


def triggers(state: LaunchState, live: Live, now: datetime) -> list[dict[str, Any]]:
    """Every trigger, in the order of the playbook."""
    context = _context(state, live, now)
    return [_trigger(state, context, live, plan) for plan in state.course.watched.triggers.values()]


def _trigger(state: LaunchState, context: Context, live: Live, plan: TriggerPlan) -> dict[str, Any]:
    known = state.triggers.get(plan.id) or TriggerKnown(plan.id)
    standing = live.triggers.get(plan.id, known.state)
    stage, reason = live.stands(state, plan)
    return {
        "id": plan.id,
        "title": plan.title,
        "signal": plan.signal,
        "lever": plan.lever,
        "slo": plan.slo,
        "condition": condition_of(plan),
        "window_s": plan.window.total_seconds() if plan.window else 0.0,
        "for_s": plan.hold.span.total_seconds(),
        "strict": plan.hold.strict,
        "severity": plan.severity,
        "mode": plan.mode,
        "stage": stage,
        "blind": standing.blind,
        "since": instant(standing.since),
        "fires_at": instant(fires_at(rule_of(context, plan), standing)),
        "fired_at": instant(standing.fired_at),
        "value": known.value,
        "number": standing.number,
        "acked": _said(known.acked, context.now),
        "snoozed": _said(known.snoozed, context.now),
        "runs": plan.runs,
        "runbook": plan.runbook,
        "reason": _why(state, live, plan, stage, reason),
    }


def _why(state: LaunchState, live: Live, plan: TriggerPlan, stage: str, reason: str) -> str:
    """Why a trigger stands where it does: what was found at its last change, and beside it what is so now."""
    if stage == "latched":
        known = state.triggers.get(plan.id)
        was = f"it was so: {known.fired_for}" if known and known.fired_for else ""
        # A line may be cut at its end: what is to be done comes first, then what is so now.
        return "; ".join(filter(None, ("a person has to resume it", _now(state, live, plan) or reason, was)))
    is_moving = stage in ("pending", "firing", "resolving")
    return "; ".join(filter(None, (reason, _now(state, live, plan) if is_moving else "")))


def _now(state: LaunchState, live: Live, plan: TriggerPlan) -> str:
    """What the signal or the lever of a trigger is now; empty where nobody looks, or it has neither."""
    lever, found = state.levers.get(plan.lever), live.signals.get(plan.signal)
    if not live.is_watched:
        return ""
    if lever:
        return f"{lever.id} is {lever.actual or 'not known'} now"
    if found is None:
        return ""
    shown = shown_value(state.course.watched.signals[plan.signal], found.reading)
    return f"{plan.signal} is {shown} now" if shown else f"no data of {plan.signal} now"


def _said(one: Acknowledged | None, now: datetime) -> Mapping[str, Any] | None:
    if one is None or not one.counts(now):
        return None
    return {"by": one.by, "at": stamp(one.at), "until": instant(one.until), "reason": one.reason}
