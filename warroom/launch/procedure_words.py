"""Procedures in words, for posts, the journal and the console."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Final

from warroom.launch.entries import ENGINE
from warroom.launch.procedures import (
    DONE,
    ENDED,
    FAILED,
    FOR_A_PERSON,
    NOOP,
    ProcedureRun,
    StepRun,
    StepStage,
    begins_at,
    current_step,
    plan_of,
)
from warroom.launch.state import LaunchState
from warroom.playbook.procedures import ActionStep, ProcedurePlan
from warroom.text import clean, plural
from warroom.units import format_duration

_SAID: Final = {
    StepStage.PENDING: "not begun",
    StepStage.CONFIRM: "WAITS for a person to confirm it",
    StepStage.CONFIRMED: "confirmed",
    StepStage.TO_DO: "WAITS for a person to do it",
    StepStage.WAITING: "waiting",
    StepStage.REQUESTED: "being done",
    StepStage.UNSENT: "not sent yet",
    StepStage.SENT: "sent, being read back",
    StepStage.UNKNOWN: "nobody knows whether it was done, being read back",
    StepStage.TICKED: "said to be done, being read back",
    StepStage.PROBING: "read back, its behaviour is being probed",
    StepStage.VERIFIED: "VERIFIED",
    StepStage.DONE: "done",
    StepStage.NOOP: "NO-OP (no mitigation)",
    StepStage.FAILED: "FAILED",
    StepStage.SKIPPED: "SKIPPED",
}


def outcome_of(plan: ProcedurePlan, run: ProcedureRun) -> str:
    """What a run came to whose steps have all ended: `failed` where one failed, `no-op` where nothing was changed by
    any step that changes something, else `done`."""
    stages = [run.stage_of(step.id) for step in plan.steps]
    if StepStage.FAILED in stages:
        return FAILED
    acted = [run.stage_of(step.id) for step in plan.steps if step.acts]
    return NOOP if acted and all(stage is StepStage.NOOP for stage in acted) else DONE


def step_said(step: ActionStep, known: StepRun | None) -> str:
    """`VERIFIED 02:25:03Z in 3s: $.consumers is paused (engine, confirmed by ann)`."""
    if known is None:
        return _SAID[StepStage.PENDING]
    took = known.at - known.began_at
    shown = format_duration(timedelta(seconds=int(took.total_seconds())))
    lasted = f" in {shown}" if known.stage is StepStage.VERIFIED and took >= timedelta(seconds=1) else ""
    by_hand = f", by hand: {step.by_person}" if known.stage is StepStage.TO_DO and step.by_person else ""
    why = f": {known.reason}" if known.reason else ""
    ended = f" {known.at:%H:%M:%S}Z" if known.stage in ENDED else ""
    return f"{_SAID[known.stage]}{ended}{lasted}{by_hand}{why}{_by(known)}"


def _by(known: StepRun) -> str:
    """Who did it, and who confirmed it; empty before it has ended, unless somebody has confirmed it."""
    done = [known.by or ENGINE] if known.stage in ENDED else []
    confirmed = [f"confirmed by {' and '.join(known.people)}"] if known.people else []
    return f" ({', '.join((*done, *confirmed))})" if done or confirmed else ""


def steps_said(plan: ProcedurePlan, run: ProcedureRun) -> Iterator[str]:
    """A line for each step, in their order."""
    for number, step in enumerate(plan.steps, 1):
        yield clean(f"{number}. {step.text}: {step_said(step, run.steps.get(step.id))}", limit=500)


def standing_of(state: LaunchState, run: ProcedureRun) -> str:
    """How a run stands, in a few words: `DONE`, `FAILED: step pause`, `waits for a person: step revert`."""
    plan = plan_of(state.course, run)
    if not run.is_open:
        return _ended(plan, run)
    if plan and (at := begins_at(plan, run)):
        return f"BEGINS at {at.astimezone(UTC):%H:%M:%S}Z unless a person aborts it"
    if run.begun_at is None and any(one.about == f"{run.id}.start" for one in state.happenings):
        return "waits for a person to confirm that it starts"
    step = current_step(plan, run) if plan and run.begun_at else None
    if step is None:
        return "under way"
    person = run.stage_of(step.id) in FOR_A_PERSON
    return f"waits for a person: step {step.id}" if person else f"step {step.id}"


def _ended(plan: ProcedurePlan | None, run: ProcedureRun) -> str:
    failed = [step.id for step in run.steps.values() if step.stage is StepStage.FAILED]
    named = f": {plural(len(failed), 'step')} {', '.join(failed)}" if failed else ""
    if run.outcome == NOOP:
        return "NO-OP: everything was so already, nothing was changed"
    by = f" by {run.finished_by}" if run.finished_by else ""
    why = f": {run.finished_for}" if run.finished_for else ""
    return f"{run.outcome.upper()}{by}{named or why}"


def started_by(run: ProcedureRun) -> str:
    """`trigger pause_5xx#2`, or the person who started it and why."""
    if run.cause:
        return f"trigger {run.cause}"
    return f"{run.by}: {run.reason}" if run.reason else run.by
