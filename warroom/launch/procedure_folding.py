"""How the entries about procedures and levers change the state of their launch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from warroom.launch.entries import Body, Entry
from warroom.launch.happenings import CRITICAL, INFO, WARNING, Happening
from warroom.launch.procedures import FAILED, Before, LeverKnown, ProcedureRun, StepRun, StepStage
from warroom.launch.record_folding import Apply
from warroom.launch.state import LaunchState, believed


def _started(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    at, by, mode = believed(state, entry.at), body.get("by", ""), body.get("mode", "auto")
    run = ProcedureRun(
        id=body["run"],
        procedure=body["procedure"],
        started_at=at,
        cause=body.get("cause", ""),
        by=by,
        reason=body.get("reason", ""),
        mode=mode,
        delay=timedelta(seconds=body.get("delay_s", 0.0)),
        people=(by,) if by else (),
        lever=body.get("lever", ""),
        value=body.get("value", ""),
    )
    return _with(state, run)


def _agreed(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    run = state.procedures[body["run"]]
    return _with(state, replace(run, people=_and(run.people, body["by"])))


def _begun(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    run = state.procedures[body["run"]]
    return _with(state, replace(run, begun_at=believed(state, entry.at), incident=body.get("incident", "")))


def _waiting(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """What waits for a person is told; without `step` it is the start of the procedure that waits."""
    is_told = body["for"] != StepStage.WAITING and body.get("told", True)
    told = _told(state, entry, body, "procedure.waiting", body.get("step") or "start") if is_told else state
    return _to(StepStage(body["for"]))(told, entry, body) if body.get("step") else told


def _escalated(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    told = _told(state, entry, body, "procedure.escalated", f"{body.get('step') or 'start'}.escalated")
    run = state.procedures[body["run"]]
    if not body.get("step"):
        return _with(told, replace(run, escalated=True))
    step = replace(run.steps[body["step"]], escalated=True)
    return _with(told, replace(run, steps={**run.steps, step.id: step}))


def _to(stage: StepStage) -> Apply:
    def apply(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
        run, at = state.procedures[body["run"]], believed(state, entry.at)
        before = run.steps.get(body["step"]) or StepRun(body["step"], stage, at, at)
        step = replace(
            before,
            stage=stage,
            at=at,
            attempt=body.get("attempt", before.attempt),
            before=Before(**body["before"]) if "before" in body else before.before,
            by=body.get("by", before.by),
            reason=body.get("reason", ""),
        )
        return _with(state, replace(run, steps={**run.steps, step.id: step}))

    return apply


def _confirmed(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """One of the people that it takes; it goes on when all are there, which is said by `done`."""
    run = state.procedures[body["run"]]
    step = run.steps[body["step"]]
    step = replace(step, people=_and(step.people, body["by"]))
    if body["done"]:
        step = replace(step, stage=StepStage.CONFIRMED, at=believed(state, entry.at))
    return _with(state, replace(run, steps={**run.steps, step.id: step}))


def _requested(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """The intent. A step that posts makes its post owed."""
    after = _to(StepStage.REQUESTED)(state, entry, body)
    if not body.get("update"):
        return after
    about = f"{body['run']}.{body['step']}"
    post = Happening("procedure.post", body["procedure"], about, believed(state, entry.at), update=body["update"])
    return replace(after, happenings=(*after.happenings, post))


def _finished(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    run = replace(
        state.procedures[body["run"]],
        finished_at=believed(state, entry.at),
        outcome=body["outcome"],
        finished_by=body.get("by", ""),
        finished_for=body.get("reason", ""),
    )
    after = _with(state, run)
    severity = CRITICAL if run.outcome == FAILED else INFO
    end = Happening("procedure.finished", run.procedure, run.id, believed(state, entry.at), severity)
    return replace(after, happenings=(*after.happenings, end))


def _lever_read(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    at, reason, by = believed(state, entry.at), body.get("reason", ""), body.get("by", "")
    known = LeverKnown(body["lever"], body["value"], at, reason, by)
    return replace(state, levers={**state.levers, known.id: known})


def _told(state: LaunchState, entry: Entry, body: Body, on: str, what: str) -> LaunchState:
    severity = CRITICAL if on == "procedure.escalated" else WARNING
    happening = Happening(on, body["procedure"], f"{body['run']}.{what}", believed(state, entry.at), severity)
    return replace(state, happenings=(*state.happenings, happening))


def _and(people: tuple[str, ...], by: str) -> tuple[str, ...]:
    return people if by in people else (*people, by)


def _with(state: LaunchState, run: ProcedureRun) -> LaunchState:
    return replace(state, procedures={**state.procedures, run.id: run})


def moved(runs: Mapping[str, ProcedureRun], by: timedelta) -> dict[str, ProcedureRun]:
    """The runs, of which everything is as long ago as it was before the clock moved by `by`."""
    return {
        name: replace(
            run,
            started_at=run.started_at + by,
            begun_at=run.begun_at + by if run.begun_at else None,
            finished_at=run.finished_at + by if run.finished_at else None,
            steps={
                step_id: replace(step, began_at=step.began_at + by, at=step.at + by)
                for step_id, step in run.steps.items()
            },
        )
        for name, run in runs.items()
    }


APPLY: Final[Mapping[str, Apply]] = {
    "procedure.started": _started,
    "procedure.agreed": _agreed,
    "procedure.begun": _begun,
    "procedure.waiting": _waiting,
    "procedure.escalated": _escalated,
    "procedure.step_confirmed": _confirmed,
    "procedure.step_requested": _requested,
    "procedure.step_unsent": _to(StepStage.UNSENT),
    "procedure.step_sent": _to(StepStage.SENT),
    "procedure.step_unknown": _to(StepStage.UNKNOWN),
    "procedure.step_ticked": _to(StepStage.TICKED),
    "procedure.step_probing": _to(StepStage.PROBING),
    "procedure.step_verified": _to(StepStage.VERIFIED),
    "procedure.step_done": _to(StepStage.DONE),
    "procedure.step_noop": _to(StepStage.NOOP),
    "procedure.step_failed": _to(StepStage.FAILED),
    "procedure.step_skipped": _to(StepStage.SKIPPED),
    "procedure.finished": _finished,
    "lever.read": _lever_read,
}
