"""Procedures that triggers start: once for each activation, whatever comes between."""

from __future__ import annotations

from collections.abc import Iterator

from warroom.launch.entries import ENGINE, Draft
from warroom.launch.happenings import Happening
from warroom.launch.precedence import precedence
from warroom.launch.procedures import SHADOW
from warroom.launch.state import LaunchState
from warroom.playbook.procedures import ProcedurePlan


def started(state: LaunchState, procedure: str, actor: str = ENGINE, **body: str | float) -> Draft:
    """That a procedure starts: as the next run of it."""
    number = sum(run.procedure == procedure for run in state.procedures.values()) + 1
    about = {"procedure": procedure, "run": f"{procedure}-{number}"}
    return Draft("procedure.started", {**about, **{key: value for key, value in body.items() if value}}, actor)


def start_owed(state: LaunchState) -> list[Draft]:
    """What to journal for the gravest trigger that has fired and whose procedure has not been started for that; empty
    where there is none. In the mode `shadow` it is said what would have been done, and nothing is."""
    triggers = state.course.watched.triggers
    firing = sorted(_unanswered(state), key=lambda one: precedence(state, one.about))
    for one in firing[:1]:
        trigger = triggers[one.subject]
        delay_s = trigger.delay.total_seconds()
        begun = started(state, trigger.runs, cause=one.about, mode=trigger.mode, delay_s=delay_s)
        return [begun, _would(begun, state.course.procedures[trigger.runs])] if trigger.mode == "shadow" else [begun]
    return []


def _unanswered(state: LaunchState) -> Iterator[Happening]:
    """The activations that go on and have started nothing yet."""
    answered = {run.cause for run in state.procedures.values()}
    for one in state.happenings:
        # Another playbook that took over may have no such trigger.
        trigger = state.course.watched.triggers.get(one.subject) if one.on == "trigger.fired" else None
        is_answered = one.about in answered or is_over(state, one.about)
        if trigger and trigger.runs in state.course.procedures and not is_answered:
            yield one


def is_over(state: LaunchState, activation: str) -> bool:
    """Whether the trigger has resolved that had fired."""
    return any(one.on == "trigger.resolved" and one.about == activation for one in state.happenings)


def _would(begun: Draft, plan: ProcedurePlan) -> Draft:
    body = {key: begun.body[key] for key in ("procedure", "run", "cause")}
    reason = f"it would have done: {plan.steps_told}"
    return Draft("procedure.finished", {**body, "outcome": SHADOW, "reason": reason})
