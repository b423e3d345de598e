"""What people may say about triggers, signals and baselines, and what stands against it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from warroom.clock import stamp
from warroom.errors import UsageError
from warroom.launch.entries import Draft
from warroom.launch.signals import TriggerKnown
from warroom.launch.state import LaunchState, believed
from warroom.playbook.signals import SignalPlan, TriggerPlan
from warroom.slo import trigger
from warroom.slo.trigger import Stage, Transition, memo_of
from warroom.text import clean, did_you_mean

T = TypeVar("T")

LONGEST: Final = timedelta(days=7)
"""For how long somebody may hear nothing of a trigger."""

_MARKS: Final = ("start", "stop")


def acked(
    state: LaunchState, name: str, reason: str, lasts: timedelta | None, now: datetime, by: str
) -> tuple[Draft, ...]:
    """What to journal when `by` takes care of a trigger, for as long as it `lasts` (None: to the end of the
    activation). Raises UsageError where it does not fire."""
    plan, known = _trigger(state, name)
    if not known.state.is_active:
        raise UsageError(f"{plan.id} does not fire: it is {known.state.shown}")
    _require_reason(reason, f"to take care of {plan.id}")
    body = {"trigger": plan.id, "number": known.state.number, "by": by, "reason": clean(reason)}
    return (Draft("trigger.acked", body | _until(now, lasts), by),)


def snoozed(
    state: LaunchState, name: str, reason: str, lasts: timedelta, now: datetime, by: str
) -> tuple[Draft, ...]:
    """What to journal when `by` wants no posts about a trigger for a while; what it runs it runs all the same.

    Raises UsageError for a while that is too long, or an end of none.
    """
    plan, known = _trigger(state, name)
    if lasts > LONGEST:
        raise UsageError("a trigger is snoozed for at most 7 days")
    if not lasts and not (known.snoozed and known.snoozed.counts(now)):
        raise UsageError(f"{plan.id} is not snoozed")
    _require_reason(reason, f"to snooze {plan.id}")
    body = {"trigger": plan.id, "by": by, "reason": clean(reason)}
    return (Draft("trigger.snoozed", body | _until(now, lasts) | ({} if lasts else {"over": True}), by),)


def resumed(state: LaunchState, name: str, reason: str, now: datetime, by: str) -> tuple[Draft, ...]:
    """What to journal when `by` ends a pause or rollback. Raises UsageError while its condition holds, from T0 on."""
    plan, known = _trigger(state, name)
    _require_reason(reason, f"to resume {plan.id}")
    is_judged = state.t0 is not None and believed(state, now) >= state.t0
    _, changes = trigger.resume(known.state, now, clean(reason), is_judged=is_judged)
    if not changes:
        stands = known.state.shown
        why = (
            "its condition has to be gone first" if stands in (Stage.FIRING, Stage.RESOLVING) else "nothing is paused"
        )
        raise UsageError(f"{plan.id} is {stands}: {why}")
    body = {"trigger": plan.id, "number": known.state.number, "by": by, "reason": clean(reason)}
    return (Draft("trigger.resumed", body, by), *_changed(plan, changes, by))


def declared(state: LaunchState, name: str, reason: str, now: datetime, by: str) -> tuple[Draft, ...]:
    """What to journal when `by` says that it is so. Raises UsageError for what is measured, or fires already."""
    plan, known = _trigger(state, name)
    if not plan.declared:
        hint = ", ".join(one.id for one in state.course.watched.triggers.values() if one.declared)
        raise UsageError(f"{plan.id} is measured, nobody declares it", hint=f"there is: {hint}" if hint else "")
    _require_reason(reason, f"to declare {plan.id}")
    _, changes = trigger.declare(known.state, now, clean(reason))
    if not changes:
        raise UsageError(f"{plan.id} fires already ({known.about})")
    body = {"trigger": plan.id, "by": by, "reason": clean(reason)}
    return (Draft("trigger.declared", body, by), *_changed(plan, changes, by))


def _changed(plan: TriggerPlan, changes: tuple[Transition, ...], by: str) -> tuple[Draft, ...]:
    return tuple(Draft(f"trigger.{one.change.value}", {**change_body(plan, one), "by": by}, by) for one in changes)


def change_body(plan: TriggerPlan, change: Transition) -> dict[str, Any]:
    """The body of the entry about a change of a trigger; instants as they are in it."""
    return {
        "trigger": plan.id,
        "severity": plan.severity,
        "mode": plan.mode,
        "number": change.number,
        "at": change.at.isoformat(),
        "value": change.value,
        "reason": change.reason,
        "state": memo_of(change.state),
    }


def given(state: LaunchState, name: str, value: str, now: datetime, by: str) -> tuple[Draft, ...]:
    """What to journal when `by` gives the number of a signal, or starts or stops its watch. Raises UsageError for a
    signal that nobody gives, and for a value that is none."""
    plan = _found(state.course.watched.signals, name, "signal")
    kind = state.course.watched.sources[plan.source].kind
    if kind == "manual":
        number = _number(plan, value)
        body = {"signal": plan.id, "value": number, "said": plan.unit.show(number)}
    elif kind == "stopwatch":
        mark = value.strip()
        if mark not in _MARKS:
            raise UsageError(f"a stopwatch takes {' or '.join(_MARKS)}, not '{clean(value, limit=80)}'")
        last = state.given.get(plan.id)
        if mark == "stop" and (last is None or last.stopped_at is not None):
            raise UsageError(f"{plan.id} does not run")
        body = {"signal": plan.id, "mark": mark, "said": f"{mark}ed" if mark == "start" else "stopped"}
    else:
        raise UsageError(f"{plan.id} is measured: it comes from {plan.source}")
    return (Draft("signal.given", body | {"by": by, "at": stamp(now)}, by),)


def _number(plan: SignalPlan, value: str) -> float:
    """A number in the unit of the signal, with that unit or without. Raises UsageError."""
    word = value.strip()
    with suppress(ArithmeticError):
        number = plan.unit.to_base(word.removesuffix(plan.unit.text).strip())
        if math.isfinite(number):
            return number
    unit = f" in {plan.unit.text}" if plan.unit.text else ""
    raise UsageError(f"'{clean(word, limit=80)}' is not a number{unit}")


def capture_asked(state: LaunchState, name: str, reason: str, by: str) -> tuple[Draft, ...]:
    """What to journal when `by` wants a baseline captured now. Raises UsageError for one that the playbook states."""
    plan = _found(state.course.watched.baselines, name, "baseline")
    if plan.value is not None:
        raise UsageError(f"{plan.id} stands in the playbook as a number", hint="change it with: warroom amend")
    _require_reason(reason, f"to capture {plan.id} now")
    return (Draft("baseline.asked", {"baseline": plan.id, "by": by, "reason": clean(reason)}, by),)


def _trigger(state: LaunchState, name: str) -> tuple[TriggerPlan, TriggerKnown]:
    plan = _found(state.course.watched.triggers, name.partition("#")[0], "trigger")
    return plan, state.triggers.get(plan.id, TriggerKnown(plan.id))


def _found(plans: Mapping[str, T], name: str, what: str) -> T:
    if name not in plans:
        hint = did_you_mean(name, list(plans)) or f"there is {', '.join(plans) or 'none'}"
        raise UsageError(f"there is no {what} '{clean(name, limit=80)}'", hint=hint)
    return plans[name]


def _until(now: datetime, lasts: timedelta | None) -> dict[str, str]:
    return {} if lasts is None else {"until": stamp(now + lasts)}


def _require_reason(reason: str, what: str) -> None:
    if not reason.strip():
        raise UsageError(f"{what} a reason is needed", hint="add --reason TEXT")
