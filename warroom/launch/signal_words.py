"""What posts say about signals and triggers: each from the state of the launch, and nothing that was not measured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from warroom.launch.schedule import Slot
from warroom.launch.signals import FORMER, SignalKnown, TriggerKnown
from warroom.launch.state import LaunchState, phases_in_time
from warroom.playbook.signals import SignalPlan, TriggerPlan
from warroom.slo.levels import Level
from warroom.slo.reading import Reading
from warroom.slo.trigger import Stage
from warroom.text import clean
from warroom.units import format_duration
from warroom.verdict import Verdict, word

NO_DATA: Final = "no data"
TOO_OLD: Final = timedelta(minutes=5)
"""What was measured longer ago than this says nothing of now."""

CALM: Final = (Level.GREEN, Level.TRACKED)
"""Levels of a signal whose own limits say nothing bad."""

_NONE: Final = "none"
_HOLDS: Final = ("firing", "pending")
_LONGEST: Final = 1_000
_SIGNS: Final[Mapping[Level, str]] = {Level.GREEN: "✅", Level.TRACKED: "▫️", Level.RED: "❌"}


def shown_value(plan: SignalPlan, reading: Reading) -> str:
    """The value as people read it, `0.42%`; of a bucket its ends; empty without data."""
    if reading.beyond:
        return "over every limit"
    if reading.value is None:
        return ""
    if reading.low is None:
        return plan.unit.show(reading.value)
    high = plan.unit.show(reading.high) if reading.high is not None else "more"
    return f"{plan.unit.show(reading.low)} to {high}"


def condition_of(plan: TriggerPlan) -> str:
    """What a trigger waits for, in words."""
    if plan.when:
        return plan.when.text
    if plan.burn:
        return plan.burn.text
    return f"{plan.lever} is not as expected" if plan.lever else "a person declares it"


def breaching(state: LaunchState, signal: str) -> tuple[TriggerPlan, str] | None:
    """The trigger whose condition holds for a signal, and whether it is firing or pending; None: none does."""
    plans = {plan.id: plan for plan in state.course.watched.triggers.values() if plan.signal == signal}
    stages = {name: known.state.shown for name in plans if (known := state.triggers.get(name))}
    found = breaching_in(stages)
    return (plans[found[0]], found[1]) if found else None


def breaching_in(stages: Mapping[str, str]) -> tuple[str, str] | None:
    """Of triggers by id, with where they stand, the first that fires, else the first that is pending; None: none is
    either."""
    return next(((name, stage) for wanted in _HOLDS for name, stage in stages.items() if stage == wanted), None)


def limits_text(state: LaunchState, plan: SignalPlan) -> str:
    """The limits of a signal: `yellow >= 0.5%, red >= 1%, objective 99.9% in 48h`; empty where it has none. Those of
    a phase say so."""
    named = [("yellow", plan.warn), ("red", plan.page)]
    only = f" in phase {plan.phase}" if plan.phase else ""
    limits = [f"{level} {limit.text}{only}" for level, limit in named if limit]
    slos = [slo for slo in state.course.watched.slos.values() if slo.signal == plan.id]
    goals = [f"objective {slo.objective * 100:g}% in {format_duration(slo.window)}" for slo in slos]
    return ", ".join([*limits, *goals])


def _in_force(state: LaunchState, signal: str, at: datetime | None) -> SignalPlan:
    """The signal with the limits in force at `at`; None: those that are so as a rule."""
    plan = state.course.watched.signals[signal]
    return plan.during(phases_in_time(state, at)) if at else plan


def signal_line(state: LaunchState, signal: str, at: datetime | None) -> str:
    """A signal in one line, as of `at`: sign, level, title, value, limits, and how old that is; None: when it was
    measured instead. What is too old, or was never measured, is no data."""
    known = state.signals.get(signal)
    plan = _in_force(state, signal, at or (known.at if known else None))
    limits = limits_text(state, plan)
    if known is None or known.level is Level.UNKNOWN or is_old(known, at):
        why, gate = _why_unknown(known, at), pending_gate(state, plan, at)
        said = word(Verdict.BLOCKED, pending=gate) if gate else Level.UNKNOWN.word
        return _line(f"⚠️ {said} {plan.title}: {NO_DATA}", [why, limits])
    sign, said, trigger = _stands(state, known)
    about = [trigger, limits, *_budget(state, signal), _age(known, at)]
    return _line(f"{sign} {said} {plan.title}: {_value(plan, known)}", about)


def _stands(state: LaunchState, known: SignalKnown) -> tuple[str, str, str]:
    """The sign and the word of a signal, and the trigger whose condition holds. Where its own limits say nothing bad
    its word is where that trigger stands."""
    sign, said = _SIGNS.get(known.level, "⚠️"), known.level.word
    found = breaching(state, known.id)
    if found is None:
        return sign, said, ""
    trigger, stage = found[0], found[1].upper()
    if known.level in CALM:
        return "❌" if stage == "FIRING" else "⚠️", stage, f"trigger {trigger.id} {condition_of(trigger)}"
    return sign, said, f"trigger {trigger.id} {stage}, {condition_of(trigger)}"


def _line(said: str, about: list[str]) -> str:
    more = "; ".join(filter(None, about))
    return clean(f"{said} ({more})" if more else said, limit=_LONGEST)


def is_old(known: SignalKnown, at: datetime | None) -> bool:
    """Whether what was measured last says nothing of `at` any more; where nobody knows when that is (None), only of
    what another playbook judged."""
    return known.is_former or (at is not None and at - known.at > TOO_OLD)


def pending_gate(state: LaunchState, plan: SignalPlan, at: datetime | None) -> str:
    """The title of the gate that is red, where that explains why the signal has no data: its source answers, and
    nothing was counted. Empty where there is another reason, or none."""
    known, gate = state.signals.get(plan.id), state.gates.get(plan.gate)
    if gate is None or gate.state != "red" or known is None or is_old(known, at):
        return ""
    return state.course.gates[plan.gate].title if known.value is None and known.n == 0 else ""


def _why_unknown(known: SignalKnown | None, at: datetime | None) -> str:
    if known is None:
        return "it was not measured yet"
    if known.is_former:
        return FORMER
    return f"the last is of {time_of_day(known.at)}" if known.level is not Level.UNKNOWN else known.reason


def _value(plan: SignalPlan, known: SignalKnown) -> str:
    reading = Reading(known.at, known.value, known.low, known.high, known.n)
    return shown_value(plan, reading) or known.reason or NO_DATA


def _age(known: SignalKnown, at: datetime | None) -> str:
    if at is None:
        return f"measured {time_of_day(known.at)}"
    seconds = max(0, round((at - known.at).total_seconds()))
    return f"{format_duration(timedelta(seconds=seconds))} old"


def _budget(state: LaunchState, signal: str) -> list[str]:
    slos = [slo.id for slo in state.course.watched.slos.values() if slo.signal == signal]
    lefts = [state.budgets[slo].budget for slo in slos if slo in state.budgets]
    return [f"{max(0.0, left.left):.0%} of the error budget left" for left in lefts]


def time_of_day(at: datetime) -> str:
    """`02:05:07Z`."""
    return at.astimezone(UTC).strftime("%H:%M:%SZ")


def _stamp(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def of_signal(state: LaunchState, slot: Slot, signal: str, name: str) -> str | None:
    """`{{ signals.p95.value }}` and its like. A value that is not known says so."""
    known = state.signals.get(signal)
    plan = _in_force(state, signal, known.at if known else None)
    if known and known.is_former and name in ("value", "level", "reason"):
        return {"value": NO_DATA, "level": Level.UNKNOWN.word, "reason": FORMER}[name]
    match name:
        case "title":
            return plan.title
        case "limits":
            return limits_text(state, plan) or _NONE
        case "value":
            return _value(plan, known) if known and known.level is not Level.UNKNOWN else NO_DATA
        case "level":
            return _stands(state, known)[1] if known else Level.UNKNOWN.word
        case "at":
            return _stamp(known.at) if known else "never"
        case _:
            return (known.reason if known else "") or "it was not measured yet"


def of_this_signal(state: LaunchState, slot: Slot, name: str) -> str | None:
    """Of the signal that breached its limits."""
    if slot.subject not in state.course.watched.signals:
        return slot.subject if name in ("id", "title") else NO_DATA
    if name == "id":
        return slot.subject
    return _stamp(slot.since) if name == "at" else of_signal(state, slot, slot.subject, name)


def of_this_trigger(state: LaunchState, slot: Slot, name: str) -> str | None:
    """Of the trigger that fired, recovered or is blind; `value` and `reason` are those of its last change."""
    known = state.triggers.get(slot.subject, TriggerKnown(slot.subject))
    plan = state.course.watched.triggers.get(slot.subject)
    match name:
        case "id":
            return slot.subject
        case "activation":
            return slot.about
        case "at":
            return _stamp(slot.since)
        case "reason":
            return known.reason or _NONE
        case "lasted":
            return _lasted(known)
        case "stage":
            return known.state.shown.upper()
        case _:
            return _planned(state, plan, known, name) if plan else _NONE


def _planned(state: LaunchState, plan: TriggerPlan, known: TriggerKnown, name: str) -> str:
    match name:
        case "condition":
            return condition_of(plan)
        case "for":
            strictly = "more than " if plan.hold.strict else ""
            return f"for {strictly}{format_duration(plan.hold.span)}" if plan.hold.span else "at once"
        case "value" if plan.lever:
            lever = state.levers.get(plan.lever)
            return (lever.actual if lever else None) or NO_DATA
        case "value":
            signal = state.course.watched.signals.get(plan.signal)
            return signal.unit.show(known.value) if signal and known.value is not None else NO_DATA
        case "signal":
            signal = state.course.watched.signals.get(plan.signal)
            return signal.title if signal else plan.lever or plan.slo or _NONE
        case "actions":
            procedure = state.course.procedures.get(plan.runs)
            return procedure.steps_told if procedure else _NONE
        case "runs" | "runbook":
            return str(getattr(plan, name)) or _NONE
        case _:
            return str(getattr(plan, name))


def _lasted(known: TriggerKnown) -> str | None:
    """From when it fired until its condition was gone."""
    if known.state.fired_at is None or known.at is None:
        return None
    seconds = int((known.at - known.state.fired_at).total_seconds())
    return format_duration(timedelta(seconds=max(0, seconds)))


def of_triggers(state: LaunchState, slot: Slot, name: str) -> str | None:
    """`{{ triggers.active }}`: those that fire, recover or are latched."""
    active = [known for known in state.triggers.values() if known.state.is_active]
    return "; ".join(_told(state, known) for known in active) or _NONE


def _told(state: LaunchState, known: TriggerKnown) -> str:
    plan = state.course.watched.triggers.get(known.id)
    is_latched = known.state.stage is Stage.LATCHED
    at = known.state.since if is_latched else known.state.fired_at
    since = f" since {_stamp(at)}{', its condition is over' if is_latched else ''}" if at else ""
    acked = f", {known.acked.by} takes care of it" if known.acked else ""
    return f"{plan.title if plan else known.id} ({known.about}) {known.state.stage.value}{since}{acked}"
