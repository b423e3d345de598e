"""Ticking the steps that people do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from warroom.clock import stamp
from warroom.errors import UsageError
from warroom.expect.answers import problem_of
from warroom.launch.entries import Draft
from warroom.launch.state import LaunchState
from warroom.playbook.course import Ask, Step
from warroom.text import clean, did_you_mean

_AHEAD: Final = timedelta(hours=1)
"""So far the clock of another machine may be ahead."""


def tick(state: LaunchState, step_id: str, values: Mapping[str, str], *, at: datetime, by: str) -> tuple[Draft, ...]:
    """What to journal when `by` has done a step at `at`: the tick, and T0 where the step marks it and it is not set.

    A step may be ticked again, to correct what it asked for; T0 then stays. Raises UsageError where there is no such
    step, or a value is missing, unknown or not of its type; every problem is named.
    """
    known = state.course.steps
    if step_id not in known:
        near = did_you_mean(step_id, list(known)) or f"there is {', '.join(known) or 'none'}"
        raise UsageError(f"there is no step '{clean(step_id, limit=80)}'", hint=near)
    step = known[step_id]
    if problems := _problems(step, values, at):
        wanted = " ".join(f"--value {ask.name}={ask.answer_type.upper()}" for ask in step.asks) or "no values"
        raise UsageError(f"step {step.id}: {'; '.join(problems)}", hint=f"it takes {wanted}")
    given = {ask.name: clean(values[ask.name].strip(), limit=1_000) for ask in step.asks}
    ticked = Draft("step.ticked", {"step": step.id, "by": by, "values": given}, by)
    if not step.marks_t0 or state.t0 is not None:
        return (ticked,)
    return ticked, Draft("t0.set", {"at": stamp(at), "by": by, "reason": f"step {step.id}: {step.do}"}, by)


def _problems(step: Step, values: Mapping[str, str], now: datetime) -> list[str]:
    asked = {ask.name for ask in step.asks}
    stray = [f"it does not ask for '{clean(name, limit=80)}'" for name in values if name not in asked]
    missing = [f"{ask.name} is missing ({ask.text})" for ask in step.asks if ask.name not in values]
    wrong = [
        f"{ask.name}: {problem}"
        for ask in step.asks
        if ask.name in values and (problem := _problem(ask, values[ask.name], now))
    ]
    return [*missing, *wrong, *stray]


def _problem(ask: Ask, value: str, now: datetime) -> str:
    """Why a value is not what was asked for; empty when it is. What a person tells has happened."""
    problem = problem_of(value, ask.answer_type)
    if problem or ask.answer_type != "timestamp" or datetime.fromisoformat(value.strip()) <= now + _AHEAD:
        return problem
    return f"{value.strip()} lies ahead, it is {stamp(now)} now"
