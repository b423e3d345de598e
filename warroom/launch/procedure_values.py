"""What a post can say about a run of a procedure."""

from __future__ import annotations

from datetime import UTC, timedelta

from warroom.launch.procedure_words import standing_of, started_by, steps_said
from warroom.launch.procedures import ProcedureRun, plan_of
from warroom.launch.schedule import Slot
from warroom.launch.state import LaunchState
from warroom.units import format_duration


def run_told(state: LaunchState, slot: Slot) -> ProcedureRun | None:
    """The run that the post of `slot` is about; None where it is about none."""
    return state.procedures.get(slot.about.partition(".")[0])


def procedure_value(state: LaunchState, slot: Slot, name: str) -> str | None:
    """Of the run that the post is about; `steps` has a line for each, `took` is until what the post is owed for."""
    run = run_told(state, slot)
    if run is None:
        return None
    plan = plan_of(state.course, run)
    match name:
        case "id":
            return run.procedure
        case "run":
            return run.id
        case "title":
            return plan.title if plan else run.procedure
        case "cause":
            return started_by(run)
        case "at":
            return run.started_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case "standing":
            return standing_of(state, run)
        case "steps":
            return "\n".join(steps_said(plan, run)) if plan else "its steps are no longer in the playbook"
        case _:
            seconds = ((run.finished_at or slot.since or run.started_at) - run.started_at).total_seconds()
            return format_duration(timedelta(seconds=int(seconds)))
