"""Levers and procedures of a launch as JSON data, for whoever shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from warroom.clock import stamp
from warroom.engine.shown import instant
from warroom.launch.incident_notes import note_slot
from warroom.launch.levers import LeverStanding, last_found, lever_standing
from warroom.launch.procedure_words import standing_of, started_by, step_said
from warroom.launch.procedures import (
    DELAY,
    FOR_A_PERSON,
    ProcedureRun,
    StepRun,
    begins_at,
    current_step,
    has_agreed,
    is_over_budget,
    people_wanted,
    plan_of,
    spent,
    typed_for,
)
from warroom.launch.state import LaunchState, believed
from warroom.playbook.procedures import ActionStep, LeverPlan, ProcedurePlan

Json = dict[str, Any]


def levers(state: LaunchState, now: datetime, read_at: Mapping[str, datetime]) -> list[Json]:
    """Every lever of the playbook; `actual` and `as_expected` are null where nobody knows, for `reason`. `read_at` is
    when the running engine read them. Of a launch that is closed, as it stood then."""
    stands = [_standing(state, plan, read_at.get(name), now) for name, plan in state.course.levers.items()]
    return [
        {
            "name": one.plan.id,
            "expected": one.expected,
            "actual": one.actual,
            "as_expected": one.as_expected,
            "kill_switch": one.plan.kill_switch,
            "stops": one.plan.stops,
            "values": list(one.plan.values),
            "read_at": instant(one.read_at),
            "reason": one.reason,
            "note": one.plan.note,
            "by_person": one.plan.by_person,
            "attest": one.plan.attest,
            "dangerous": one.plan.dangerous,
            "people": one.plan.people,
        }
        for one in stands
    ]


def _standing(state: LaunchState, plan: LeverPlan, read_at: datetime | None, now: datetime) -> LeverStanding:
    if state.closed is None:
        return lever_standing(state, plan, read_at, now)
    known = state.levers.get(plan.id)
    return replace(last_found(state, plan, state.closed.at), read_at=read_at or (known.at if known else None))


def procedures(state: LaunchState, now: datetime) -> list[Json]:
    """Every procedure of the playbook as it can be started (`run` is empty then), followed by every run, the oldest
    first."""
    ready = [_ready(plan) for plan in state.course.procedures.values()]
    return [*ready, *(_run(state, run, believed(state, now)) for run in state.procedures.values())]


def _ready(plan: ProcedurePlan) -> Json:
    return {
        **_plan(plan, plan.id),
        "run": "",
        "cause": "",
        "mode": "",
        "stage": "ready",
        "standing": "not started",
        "outcome": "",
        "incident": "",
        "steps": [_step(step, None) for step in plan.steps],
        "waits_for": None,
        "spent_s": 0.0,
        "over_budget": False,
        "started_at": None,
        "finished_at": None,
    }


def _run(state: LaunchState, run: ProcedureRun, now: datetime) -> Json:
    plan = plan_of(state.course, run)
    return {
        **_plan(plan, run.procedure),
        "run": run.id,
        "cause": started_by(run),
        "mode": run.mode,
        "stage": _stage(plan, run),
        "standing": standing_of(state, run),
        "outcome": run.outcome,
        "incident": run.incident,
        "steps": [_step(step, run.steps.get(step.id)) for step in plan.steps] if plan else [],
        "waits_for": _waits_for(state, plan, run, now) if plan and run.is_open else None,
        "spent_s": round(spent(plan, run, now).total_seconds(), 3) if plan else 0.0,
        "over_budget": bool(plan and is_over_budget(plan, run, now)),
        "started_at": stamp(run.started_at),
        "finished_at": instant(run.finished_at),
    }


def _plan(plan: ProcedurePlan | None, procedure: str) -> Json:
    return {
        "id": procedure,
        "title": plan.title if plan else procedure,
        "budget_s": plan.budget.total_seconds() if plan and plan.budget else None,
        "dangerous": bool(plan and plan.dangerous),
    }


def _stage(plan: ProcedurePlan | None, run: ProcedureRun) -> str:
    """delayed (it begins by itself, and can be aborted), confirm, waiting (for a person), running or finished."""
    if not run.is_open:
        return "finished"
    if plan and begins_at(plan, run):
        return "delayed"
    if plan and not has_agreed(plan, run):
        return "confirm"
    step = current_step(plan, run) if plan else None
    return "waiting" if step and run.stage_of(step.id) in FOR_A_PERSON else "running"


def _step(step: ActionStep, known: StepRun | None) -> Json:
    return {
        "id": step.id,
        "kind": step.kind,
        "text": step.text,
        "stage": known.stage.value if known else "pending",
        "said": step_said(step, known),
        "at": instant(known.at) if known else None,
        "by": known.by if known else "",
        "reason": known.reason if known else "",
        "took_s": round((known.at - known.began_at).total_seconds(), 3) if known else None,
        "attempt": known.attempt if known else 0,
        "link": step.link,
        "expect": step.expect,
        "by_person": step.by_person,
    }


def _waits_for(state: LaunchState, plan: ProcedurePlan, run: ProcedureRun, now: datetime) -> Json | None:
    """What a person has to do: confirm, do, or write the note of the incident; since when, and by when everybody is
    told that nobody has. What begins by itself they may abort until then."""
    if at := begins_at(plan, run):
        more = {"people": [], "wanted": 0, "escalated": False, "typed": typed_for(plan, run)}
        return _asked("", DELAY, f"{plan.title} begins by itself", run.started_at, at, **more)
    if not has_agreed(plan, run):
        told = f"Confirm that {plan.title} starts"
        more = {"people": list(run.people), "wanted": people_wanted(plan, run), "escalated": run.escalated}
        more["typed"] = typed_for(plan, run)
        return _asked("", "confirm", told, run.started_at, run.started_at + plan.countdown, **more)
    step = current_step(plan, run)
    known = run.steps.get(step.id) if step else None
    if step is None or known is None or known.stage not in FOR_A_PERSON:
        return None
    more = {"people": list(known.people), "wanted": step.people, "escalated": known.escalated, "typed": ""}
    if step.opens:
        slot = note_slot(state, run.incident, now)
        return _asked(step.id, "note", step.text, known.began_at, slot.due(None) if slot else None, **more)
    what = "confirm" if known.stage.value == "confirm" else "do"
    until = None if step.kind == "do" else known.began_at + plan.countdown
    return _asked(step.id, what, step.text, known.began_at, until, **more)


def _asked(step: str, what: str, text: str, since: datetime, until: datetime | None, **more: object) -> Json:
    return {"step": step, "what": what, "text": text, "since": stamp(since), "until": instant(until), **more}
