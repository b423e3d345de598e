"""What people may do with procedures and levers: start, set, confirm, tick, skip, and what stands against it."""

from __future__ import annotations

from collections.abc import Mapping

from warroom.errors import UsageError
from warroom.launch.entries import BY_TOKEN, Draft
from warroom.launch.procedure_ledger import procedure_draft
from warroom.launch.procedure_starts import started
from warroom.launch.procedures import (
    KILL_SWITCH,
    STOPPED,
    ProcedureRun,
    StepStage,
    begins_at,
    current_step,
    is_acting,
    kill_switch_plan,
    open_runs,
    people_wanted,
    plan_of,
    set_id,
    typed_for,
)
from warroom.launch.state import LaunchState
from warroom.playbook.procedures import ActionStep, LeverPlan, ProcedurePlan
from warroom.text import clean, did_you_mean


def start(state: LaunchState, procedure: str, by: str, reason: str, typed: str) -> tuple[Draft, ...]:
    """What to journal when `by` starts a procedure of the playbook. `typed` is its id where it is dangerous.

    Raises UsageError where there is no such procedure, it is under way, or something is missing.
    """
    known = state.course.procedures
    if procedure not in known:
        raise UsageError(
            f"there is no procedure '{clean(procedure, limit=80)}'", hint=_instead(procedure, list(known))
        )
    if known[procedure].dangerous:
        _require_typed(procedure, typed)
    return _started(state, procedure, by, reason)


def set_lever(state: LaunchState, lever: str, value: str, by: str, reason: str, typed: str) -> tuple[Draft, ...]:
    """What to journal when `by` sets a lever. `typed` is its name where it is dangerous. Raises UsageError."""
    known = state.course.levers
    _require_lever(known, lever, value)
    if known[lever].dangerous:
        _require_typed(lever, typed)
    return _started(state, set_id(lever), by, reason, lever=lever, value=clean(value))


def attest(state: LaunchState, lever: str, value: str, by: str, reason: str) -> tuple[Draft, ...]:
    """What to journal when `by` says what a lever is that only people can tell. Raises UsageError."""
    known = state.course.levers
    _require_lever(known, lever, value)
    if not known[lever].attest:
        raise UsageError(f"{lever} is read, nobody has to say what it is")
    return (_said(lever, value, by, reason),)


def _said(lever: str, value: str, by: str, reason: str) -> Draft:
    body = {"lever": lever, "value": clean(value), "by": by, "reason": clean(reason)}
    return Draft("lever.read", {key: one for key, one in body.items() if one or key == "value"}, by)


def _require_lever(known: Mapping[str, LeverPlan], lever: str, value: str) -> None:
    if lever not in known:
        raise UsageError(f"there is no lever '{clean(lever, limit=80)}'", hint=_instead(lever, list(known)))
    allowed = known[lever].values
    if allowed and value not in allowed:
        raise UsageError(f"{lever} cannot be '{clean(value, limit=80)}'", hint=f"it may be {', '.join(allowed)}")


def kill_switch(state: LaunchState, by: str, reason: str) -> tuple[Draft, ...]:
    """What to journal when `by` pulls the kill switch. Raises UsageError where there is none, or it goes on."""
    if kill_switch_plan(state.course) is None:
        raise UsageError("the playbook has no kill switch", hint="a lever is one with `kill_switch: true`")
    return _started(state, KILL_SWITCH, by, reason)


def _started(state: LaunchState, procedure: str, by: str, reason: str, **more: str) -> tuple[Draft, ...]:
    under_way = [run for run in open_runs(state.procedures) if run.procedure == procedure]
    if under_way:
        raise UsageError(f"{under_way[0].id} is under way", hint="see how it stands with: warroom act LAUNCH")
    return (started(state, procedure, by=by, actor=by, reason=clean(reason), **more),)


def confirm(state: LaunchState, run_id: str, step_id: str, by: str, typed: str = "") -> tuple[Draft, ...]:
    """What to journal when `by` confirms what a run waits for: its start, also before its delay is over, or the step
    `step_id` (empty: the one that waits). `typed` is the name of what is dangerous and is to begin. Raises UsageError
    where it waits for nothing, or for somebody else.
    """
    run, plan = _open(state, run_id)
    if run.begun_at is None:
        if not people_wanted(plan, run) and begins_at(plan, run) is None:
            raise UsageError(f"{run.id} begins just now", hint="confirm again in a moment")
        if step_id:
            raise UsageError(f"{run.id} has not begun: confirm that it starts", hint="leave the step out")
        _require_another(run.people, by, people_wanted(plan, run), run.id)
        if name := typed_for(plan, run):
            _require_typed(name, typed)
        return (procedure_draft(run, "agreed", {"by": by}, actor=by),)
    step = _waiting(run, plan, step_id, StepStage.CONFIRM)
    agreed = run.steps[step.id].people
    # Who started it counts where it takes two: a third person is not asked for.
    already = dict.fromkeys((*((run.by,) if run.by and step.people > 1 else ()), *agreed))
    _require_another(tuple(already), by, step.people, f"step {step.id}")
    done = len({*already, by}) >= step.people
    return (procedure_draft(run, "step_confirmed", {"by": by, "done": done}, step.id, by),)


def tick(state: LaunchState, run_id: str, step_id: str, by: str, reason: str) -> tuple[Draft, ...]:
    """What to journal when `by` has done by hand what a step says. It is read back where that can be done; else that
    is their word for what the lever is now.

    Raises UsageError where nothing of the kind is to be done.
    """
    run, plan = _open(state, run_id)
    step = _waiting(run, plan, step_id, StepStage.TO_DO)
    if step.opens:
        how = f'warroom incident LAUNCH note {run.incident} "TEXT"'
        raise UsageError(
            f"step {step.id} is done when the note on {run.incident} was posted", hint=f"write it: {how}"
        )
    kind = "step_ticked" if step.acts and not step.attested else "step_done"
    done = procedure_draft(run, kind, {"by": by, "reason": clean(reason)}, step.id, by)
    return (done, _said(step.lever, step.value, by, reason)) if step.attested else (done,)


def skip(state: LaunchState, run_id: str, step_id: str, by: str, reason: str) -> tuple[Draft, ...]:
    """What to journal when `by` leaves out the step that waits, or (`step_id` is empty) aborts the whole run.

    Raises UsageError without a reason, and where a step is being done right now.
    """
    run, plan = _open(state, run_id)
    if not reason.strip():
        what = f"skip step {clean(step_id, limit=80)}" if step_id else f"abort {run.id}"
        raise UsageError(f"to {what} a reason is needed", hint="add --reason TEXT")
    if is_acting(plan, run):
        raise UsageError(f"a step of {run.id} is being done", hint="ask again in a moment")
    if not step_id:
        body = {"outcome": STOPPED, "reason": clean(reason), "by": by}
        return (procedure_draft(run, "finished", body, actor=by),)
    step = current_step(plan, run) if run.begun_at else None
    if step is None or step.id != step_id:
        raise UsageError(f"{run.id} does not stand at step '{clean(step_id, limit=80)}'", hint=_stands(run, step))
    return (procedure_draft(run, "step_skipped", {"by": by, "reason": clean(reason)}, step.id, by),)


def require_nothing_under_way(state: LaunchState, ask: str) -> None:
    """Raises UsageError while a step may be changing something outside: who `ask`s waits for the read-back."""
    for run in open_runs(state.procedures):
        if is_acting(plan_of(state.course, run), run):
            raise UsageError(f"a step of {run.id} is being done", hint=f"{ask} again in a moment")


def _open(state: LaunchState, run_id: str) -> tuple[ProcedureRun, ProcedurePlan]:
    """The run of that id, or the only one under way of the procedure of that id."""
    runs = list(open_runs(state.procedures))
    found = [run for run in runs if run.id == run_id] or [run for run in runs if run.procedure == run_id]
    if len(found) != 1:
        done = state.procedures.get(run_id)
        if done is not None:
            raise UsageError(f"{run_id} is over: {done.outcome}")
        names = ", ".join(run.id for run in runs) or "none"
        raise UsageError(f"no procedure '{clean(run_id, limit=80)}' is under way", hint=f"there is {names}")
    plan = plan_of(state.course, found[0])
    if plan is None:
        raise UsageError(f"the playbook has no procedure {found[0].procedure} any more")
    return found[0], plan


def _waiting(run: ProcedureRun, plan: ProcedurePlan, step_id: str, stage: StepStage) -> ActionStep:
    step = current_step(plan, run) if run.begun_at else None
    if step is None or step_id not in ("", step.id) or run.stage_of(step.id) is not stage:
        what = "be confirmed" if stage is StepStage.CONFIRM else "be done by a person"
        named = f"step '{clean(step_id, limit=80)}' of {run.id}" if step_id else run.id
        raise UsageError(f"{named} does not wait to {what}", hint=_stands(run, step))
    return step


def _stands(run: ProcedureRun, step: ActionStep | None) -> str:
    if step is None:
        return f"{run.id} waits to be confirmed" if run.begun_at is None else ""
    return f"it stands at step {step.id}: {run.stage_of(step.id).value}"


def _require_another(people: tuple[str, ...], by: str, wanted: int, what: str) -> None:
    """Whoever has a token of their own name is the same person at the machine."""
    name = by.removesuffix(BY_TOKEN)
    if name in (one.removesuffix(BY_TOKEN) for one in people):
        raise UsageError(
            f"{name} has agreed already", hint=f"{what} takes {wanted} people: somebody else confirms it"
        )


def _require_typed(name: str, typed: str) -> None:
    if typed != name:
        raise UsageError(f"{name} is dangerous: its name has to be typed", hint=f"add --typed {name}")


def _instead(name: str, known: list[str]) -> str:
    return did_you_mean(name, known) or f"there is {', '.join(known) or 'none'}"
