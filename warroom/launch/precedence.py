"""Which of several triggers goes before: a rollback over a pause over a notice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from warroom.launch.procedures import SHADOW, ProcedureRun, StepStage, plan_of
from warroom.launch.state import LaunchState
from warroom.playbook.procedures import ActionStep

_FIRST: Final = ("rollback", "pause", "notify")
_UNDONE: Final = (StepStage.FAILED, StepStage.SKIPPED)


def precedence(state: LaunchState, cause: str) -> int:
    """The place of an activation (`pause_5xx#2`) among others, 0 for the gravest; that of a notice for what the
    playbook does not know."""
    trigger = state.course.watched.triggers.get(cause.partition("#")[0])
    return _FIRST.index(trigger.severity if trigger else "notify")


def overruled(state: LaunchState, run: ProcedureRun, step: ActionStep) -> str:
    """Why a step does not set its lever: a graver trigger that still stands has it at another value, or is about to.
    Empty where it sets it. What a person has started is overruled by nothing."""
    if step.kind != "lever" or not run.cause:
        return ""
    for other, graver in _graver(state, run):
        if graver.lever == step.lever and graver.value != step.value:
            return f"{other.cause} goes before {run.cause}: it sets {graver.lever} to {graver.value}"
    return ""


def _graver(state: LaunchState, run: ProcedureRun) -> Iterator[tuple[ProcedureRun, ActionStep]]:
    """The steps that set a lever, of runs that have begun because of something graver which still stands."""
    mine = precedence(state, run.cause)
    for other in state.procedures.values():
        is_graver = (
            other.cause and other.begun_at and other.outcome != SHADOW and precedence(state, other.cause) < mine
        )
        plan = plan_of(state.course, other) if is_graver and _stands(state, other.cause) else None
        steps = plan.steps if plan else ()
        # What was stopped before a step did not set that.
        yield from (
            (other, step)
            for step in steps
            if step.kind == "lever"
            and other.stage_of(step.id) not in _UNDONE
            and (other.is_open or step.id in other.steps)
        )


def _stands(state: LaunchState, cause: str) -> bool:
    """Whether the activation is not over; one that is latched stands."""
    known = state.triggers.get(cause.partition("#")[0])
    return known is None or (known.about == cause and known.state.is_active)
