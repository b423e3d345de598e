"""What is to be done now with the procedures of a launch. Pure: the engine asks, journals, does it, and asks again.

A trigger starts its procedure once for each activation. Steps are done in their order, each begun when the one before
has ended, whatever that came to; what fails is said and does not keep the next one from being done. What waits for a
person waits: when the countdown is over everybody is told, and nothing is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from warroom.clock import stamp
from warroom.launch.entries import ENGINE, Draft
from warroom.launch.incident_notes import note_posted
from warroom.launch.ledger import RunSuite
from warroom.launch.precedence import overruled
from warroom.launch.procedure_starts import is_over, start_owed
from warroom.launch.procedure_words import outcome_of, started_by
from warroom.launch.procedures import (
    DELAY,
    FOR_A_PERSON,
    STOPPED,
    ProcedureRun,
    StepRun,
    StepStage,
    begins_at,
    current_step,
    has_agreed,
    open_runs,
    plan_of,
    spent,
)
from warroom.launch.schedule import all_slots
from warroom.launch.standing import record_of
from warroom.launch.state import LaunchState, Stage, believed
from warroom.playbook.procedures import ActionStep, ProcedurePlan
from warroom.units import format_duration
from warroom.verdict import Verdict

_BEGINS: Final = (StepStage.PENDING, StepStage.CONFIRMED, StepStage.UNSENT)
_OPENS: Final = (Verdict.PASS, Verdict.WARN)


@dataclass(frozen=True, slots=True)
class Act:
    """Do what `step` of `run` says. `stage` is where it stands: from REQUESTED on it may have been done already."""

    run: str
    step: ActionStep
    stage: StepStage

    @property
    def begins(self) -> bool:
        """Whether nothing of it can have been sent: what is read before is news, and may make it a no-op."""
        return self.stage in _BEGINS


def procedure_drafts(state: LaunchState, now: datetime) -> list[Draft]:
    """What is to be journaled now that needs nothing but the journal: the start of a procedure, or the next move of
    the oldest run that has one. They are not put together: each is decided by what came of the one before.
    """
    if state.begins_nothing:
        return []
    if starting := start_owed(state):
        return starting
    moves = (_Move(state, run, believed(state, now)).drafts() for run in open_runs(state.procedures))
    return next((drafts for drafts in moves if drafts), [])


def procedure_effects(state: LaunchState, now: datetime) -> Iterator[Act | RunSuite]:
    """What is to be done now. It may be asked as often as one likes, for what goes on already too."""
    for run in open_runs(state.procedures) if not state.begins_nothing else ():
        plan = plan_of(state.course, run) if run.begun_at else None
        step = current_step(plan, run) if plan else None
        if step is None:
            continue
        stage = run.stage_of(step.id)
        if stage is StepStage.PROBING or (step.kind == "check" and stage is StepStage.REQUESTED):
            yield from _suite(state, run, step)
        elif step.acts and _is_ours(step, stage):
            yield Act(run.id, step, stage)


def _is_ours(step: ActionStep, stage: StepStage) -> bool:
    """Whether the engine acts, and no person has to do something first."""
    return stage not in FOR_A_PERSON and not (step.confirm and stage is StepStage.PENDING)


def run_cause(run: str, step: str) -> str:
    """The cause of the run of checks that a step makes: `procedure:pause_sends-1.probe`."""
    return f"procedure:{run}.{step}"


def _suite(state: LaunchState, run: ProcedureRun, step: ActionStep) -> Iterator[RunSuite]:
    cause = run_cause(run.id, step.id)
    known = state.runs.get(cause)
    if known is None or (known.finished_at is None and known.epoch < state.epoch):
        yield RunSuite("", cause, (step.check or step.probe,))


class _Move:
    """The next move of one run."""

    def __init__(self, state: LaunchState, run: ProcedureRun, now: datetime) -> None:
        self._state = state
        self._run = run
        self._now = now

    def drafts(self) -> list[Draft]:
        plan = plan_of(self._state.course, self._run)
        if plan is None:
            return [self._finished(STOPPED, "the playbook has no such procedure any more")]
        if self._run.begun_at is None:
            return self._start(plan)
        step = current_step(plan, self._run)
        if step is None:
            return [self._finished(outcome_of(plan, self._run), "", plan)]
        known = self._run.steps.get(step.id)
        if known is None or known.stage is StepStage.CONFIRMED:
            return self._reach(step, is_confirmed=known is not None)
        return self._go_on(plan, step, known)

    def _start(self, plan: ProcedurePlan) -> list[Draft]:
        """It begins when as many agree as it takes, or its delay is over; its incident is opened then."""
        run, by_itself = self._run, begins_at(plan, self._run)
        if by_itself and is_over(self._state, run.cause):
            return [self._finished(STOPPED, f"{run.cause} is over, and so nothing was done")]
        if has_agreed(plan, run) and not (by_itself and self._now < by_itself):
            incident = f"inc-{len(self._state.incidents) + 1}" if plan.opens_incident else ""
            begun = self._draft("begun", {"incident": incident})
            opened = {"id": incident, "text": f"{plan.title} ({started_by(run)})", "run": run.id, "by": run.by}
            return [begun, Draft("incident.opened", opened)] if incident else [begun]
        is_told = any(one.about == f"{run.id}.start" for one in self._state.happenings)
        waits = {"for": DELAY, "until": stamp(by_itself)} if by_itself else {"for": StepStage.CONFIRM.value}
        drafts = [] if is_told else [self._draft("waiting", waits)]
        if by_itself is None and not run.escalated and self._now - run.started_at >= plan.countdown:
            drafts.append(
                self._draft("escalated", {"reason": "nobody has confirmed that it starts: nothing was done"})
            )
        return drafts

    def _reach(self, step: ActionStep, *, is_confirmed: bool) -> list[Draft]:
        if why := overruled(self._state, self._run, step):
            return [self._draft("step_skipped", {"by": ENGINE, "reason": why}, step)]
        if step.confirm and not is_confirmed:
            return [self._waiting(step, StepStage.CONFIRM)]
        if step.kind == "do":
            # That a note is owed is told by the incident that was opened.
            return [self._waiting(step, StepStage.TO_DO, told=not step.opens)]
        match step.kind:
            case "wait":
                return [self._waiting(step, StepStage.WAITING)]
            case "check":
                return [self._draft("step_requested", {"attempt": 1}, step)]
            case "post":
                return [self._draft("step_requested", {"attempt": 1, "update": step.update}, step)]
        return []

    def _go_on(self, plan: ProcedurePlan, step: ActionStep, known: StepRun) -> list[Draft]:
        if known.stage is StepStage.WAITING:
            return [self._draft("step_done", {}, step)] if self._now >= known.began_at + step.lasts else []
        if step.opens:
            posted = note_posted(self._state, self._run.incident, self._now)
            return [self._draft("step_verified", {"by": posted.by, "reason": posted.said}, step)] if posted else []
        if known.stage in FOR_A_PERSON:
            return self._late(plan, step, known)
        if known.stage is StepStage.PROBING or step.kind == "check":
            return self._judged(step)
        return self._posted(step, known) if step.kind == "post" else []

    def _late(self, plan: ProcedurePlan, step: ActionStep, known: StepRun) -> list[Draft]:
        """What only a person can do is not told as late: it takes its time."""
        if known.escalated or step.kind == "do" or self._now - known.began_at < plan.countdown:
            return []
        what = "confirmed it" if known.stage is StepStage.CONFIRM else "done it"
        return [self._draft("escalated", {"reason": f"nobody has {what}: nothing was done"}, step)]

    def _judged(self, step: ActionStep) -> list[Draft]:
        run = self._state.runs.get(run_cause(self._run.id, step.id))
        if run is None or run.finished_at is None:
            return []
        check = run.checks.get(step.check or step.probe)
        verdict, word = (check.verdict, check.word) if check else (run.verdict, run.word)
        why = (check.reason if check else "") or run.reason
        said = f"check {step.check or step.probe}: {word}" + (f" - {why}" if why else "")
        read = self._run.steps[step.id].reason if step.probe else ""
        reason = f"{read}; {said}" if read else said
        return [self._draft("step_verified" if verdict in _OPENS else "step_failed", {"reason": reason}, step)]

    def _posted(self, step: ActionStep, known: StepRun) -> list[Draft]:
        about = f"{self._run.id}.{step.id}"
        slot = next((one for one in all_slots(self._state, self._now) if one.about == about), None)
        if slot is None:
            return [self._draft("step_failed", {"reason": "the playbook has no such post any more"}, step)]
        record = record_of(self._state, slot)
        if record and record.stage is Stage.CONFIRMED:
            return [self._draft("step_verified", {"reason": f"post {slot.id} was sent"}, step)]
        if record and record.stage is Stage.DEAD:
            return [self._draft("step_failed", {"reason": f"post {slot.id} FAILED: {record.reason}"}, step)]
        if self._now < known.began_at + step.within:
            return []
        late = f"post {slot.id} was not sent within {format_duration(step.within)}; it is still owed"
        return [self._draft("step_failed", {"reason": late}, step)]

    def _waiting(self, step: ActionStep, stage: StepStage, *, told: bool = True) -> Draft:
        return self._draft("waiting", {"for": stage.value, **({} if told else {"told": False})}, step)

    def _finished(self, outcome: str, reason: str, plan: ProcedurePlan | None = None) -> Draft:
        more: dict[str, object] = {}
        if plan:
            used = spent(plan, self._run, self._now)
            more["spent_s"] = round(used.total_seconds(), 3)
            if plan.budget is not None:
                more |= {"budget_s": plan.budget.total_seconds(), "over_budget": used > plan.budget}
        return self._draft("finished", {"outcome": outcome, "reason": reason, **more})

    def _draft(self, kind: str, body: Mapping[str, object] | None = None, step: ActionStep | None = None) -> Draft:
        return procedure_draft(self._run, kind, body or {}, step.id if step else "")


def procedure_draft(
    run: ProcedureRun, kind: str, body: Mapping[str, object], step: str = "", actor: str = ENGINE
) -> Draft:
    """An entry about `run`, or a step of it; what is empty in `body` is left out."""
    about: dict[str, object] = {"procedure": run.procedure, "run": run.id}
    about |= {key: value for key, value in (("cause", run.cause), ("step", step)) if value}
    return Draft(f"procedure.{kind}", {**about, **{key: value for key, value in body.items() if value != ""}}, actor)
