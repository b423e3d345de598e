"""Procedures under way: what the journal says about each run and each of its steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from warroom.playbook.course import Course
from warroom.playbook.procedures import ActionStep, ProcedurePlan, setting

KILL_SWITCH: Final = "kill-switch"
"""The procedure that sets every kill switch to what stops sends; no playbook can have that id."""

_SET: Final = "set-"


DONE, FAILED, NOOP, STOPPED, SHADOW = "done", "failed", "no-op", "stopped", "shadow"
"""What a run can come to."""

DELAY: Final = "delay"
"""What a run waits for that begins by itself, unless a person aborts it."""


class StepStage(StrEnum):
    """Where a step stands. Of an action REQUESTED is the intent: from then on it may have been sent. UNSENT: it
    provably was not. PROBING: it was read back, a check has yet to show the behaviour. TICKED: a person says that it
    is done, it has yet to be read back. The last five are the end of it.
    """

    PENDING = "pending"
    CONFIRM = "confirm"
    CONFIRMED = "confirmed"
    TO_DO = "to do"
    WAITING = "waiting"
    REQUESTED = "requested"
    UNSENT = "unsent"
    SENT = "sent"
    UNKNOWN = "unknown"
    TICKED = "ticked"
    PROBING = "probing"
    VERIFIED = "verified"
    DONE = "done"
    NOOP = "no-op"
    FAILED = "failed"
    SKIPPED = "skipped"


ENDED: Final = frozenset((StepStage.VERIFIED, StepStage.DONE, StepStage.NOOP, StepStage.FAILED, StepStage.SKIPPED))
FOR_A_PERSON: Final = frozenset((StepStage.CONFIRM, StepStage.TO_DO))
MAY_BE_SENT: Final = frozenset((StepStage.REQUESTED, StepStage.SENT, StepStage.UNKNOWN))
"""An action in one of these may have changed something, and nobody knows yet whether it did."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was read before an action was sent. `shown` is for people: its beginning, without secrets. `mark` is what
    another value is told from it by; of the value it reveals nothing."""

    shown: str
    mark: str


@dataclass(frozen=True, slots=True)
class StepRun:
    """A step that was reached at `began_at` and stands where it stands since `at`.

    `attempt` counts how often it was meant to be sent, 0 before. `people` have confirmed it, in their order; `by` is
    who ended it, `engine` or a person, empty before. `reason` says why it stands so. `escalated` says that everybody
    was told that nobody has seen to it. `before` is None where nobody knows what was read before it was sent, or that
    is not held against anything.
    """

    id: str
    stage: StepStage
    began_at: datetime
    at: datetime
    attempt: int = 0
    people: tuple[str, ...] = ()
    by: str = ""
    reason: str = ""
    escalated: bool = False
    before: Before | None = None


@dataclass(frozen=True, slots=True)
class ProcedureRun:
    """One run of a procedure. `id` is `pause_sends-1`, `procedure` the id of the procedure.

    `cause` is the activation of a trigger (`pause_5xx#2`), or empty: then a person, `by`, has started it, and said
    why in `reason`. `mode` is that of the trigger. It begins when as many `people` have agreed as its plan wants, or
    one where the mode is `confirm`; otherwise `delay` after its start, or when a person says so. `begun_at` is None
    before. `lever` and `value` are what a person wants set.
    `incident` is the one that it opened. `outcome` and `finished_at` are empty and None while it is under way, and
    `finished_by` is the person who stopped it, for the reason `finished_for`. Mappings are oldest first.
    """

    id: str
    procedure: str
    started_at: datetime
    cause: str = ""
    by: str = ""
    reason: str = ""
    mode: str = "auto"
    delay: timedelta = timedelta()
    people: tuple[str, ...] = ()
    begun_at: datetime | None = None
    escalated: bool = False
    lever: str = ""
    value: str = ""
    incident: str = ""
    steps: Mapping[str, StepRun] = field(default_factory=dict)
    finished_at: datetime | None = None
    outcome: str = ""
    finished_by: str = ""
    finished_for: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is under way."""
        return self.finished_at is None

    def stage_of(self, step: str) -> StepStage:
        """Where a step stands."""
        return self.steps[step].stage if step in self.steps else StepStage.PENDING


@dataclass(frozen=True, slots=True)
class LeverKnown:
    """What a lever was when it was found to be so at `at`; `actual` is None where it cannot be read, for `reason`.
    `by` is the person who said so, empty where it was read."""

    id: str
    actual: str | None
    at: datetime
    reason: str = ""
    by: str = ""


def set_id(lever: str) -> str:
    """The id of the procedure that sets one lever."""
    return f"{_SET}{lever}"


def plan_of(course: Course, run: ProcedureRun) -> ProcedurePlan | None:
    """What `run` goes through: a procedure of the playbook, or the setting of levers. None where another playbook
    that took over has no such thing."""
    if run.procedure == KILL_SWITCH:
        return kill_switch_plan(course)
    if run.procedure == set_id(run.lever) and run.lever:
        lever = course.levers.get(run.lever)
        step = setting("set", lever, run.value) if lever else None
        title = f"Set {run.lever} to {run.value}"
        if lever is None or step is None:
            return None
        return ProcedurePlan(run.procedure, title, (step,), dangerous=lever.dangerous, people=lever.people)
    return course.procedures.get(run.procedure)


def typed_for(plan: ProcedurePlan, run: ProcedureRun) -> str:
    """What each person has to type who agrees that `run` begins: the name of what is dangerous; empty for nothing."""
    return (run.lever or run.procedure) if plan.dangerous and run.begun_at is None else ""


def kill_switch_plan(course: Course) -> ProcedurePlan | None:
    """What the kill switch comes to: every lever that is one, set to what stops sends. None where there is none."""
    levers = [lever for lever in course.levers.values() if lever.kill_switch]
    steps = tuple(setting(f"stop-{number}", lever, lever.stops) for number, lever in enumerate(levers, 1))
    return ProcedurePlan(KILL_SWITCH, "Kill switch", steps) if steps else None


def people_wanted(plan: ProcedurePlan, run: ProcedureRun) -> int:
    """How many people have to agree before a run begins: two where the playbook says so, else one where its trigger
    is to be confirmed, none otherwise."""
    return plan.people if plan.people > 1 else int(run.mode == "confirm")


def has_agreed(plan: ProcedurePlan, run: ProcedureRun) -> bool:
    """Whether as many people have agreed as it takes to begin."""
    return len(run.people) >= people_wanted(plan, run)


def begins_at(plan: ProcedurePlan, run: ProcedureRun) -> datetime | None:
    """When a run begins by itself that a person can still abort; None where it does not, or has begun."""
    is_delayed = run.is_open and run.begun_at is None and run.delay and not run.people
    return run.started_at + run.delay if is_delayed and not people_wanted(plan, run) else None


def current_step(plan: ProcedurePlan, run: ProcedureRun) -> ActionStep | None:
    """The first step that has not ended; None where all have."""
    return next((step for step in plan.steps if run.stage_of(step.id) not in ENDED), None)


def is_for_a_person(plan: ProcedurePlan | None, run: ProcedureRun) -> bool:
    """Whether nothing more becomes of an open run until a person does something."""
    if plan is None:
        return False
    if run.begun_at is None:
        return not has_agreed(plan, run)
    step = current_step(plan, run)
    return step is not None and run.stage_of(step.id) in FOR_A_PERSON


def waits(plan: ProcedurePlan, run: ProcedureRun) -> Iterator[StepRun]:
    """The steps of `run` so far that do nothing but let time pass."""
    return (run.steps[step.id] for step in plan.steps if step.kind == "wait" and step.id in run.steps)


def spent(plan: ProcedurePlan, run: ProcedureRun, now: datetime) -> timedelta:
    """How much of its budget a run has used at `now`, or in all: from its start to its end, its delay and waits left
    out."""
    delayed = (run.begun_at or run.finished_at or now) - run.started_at if run.delay else timedelta()
    waited = sum(((one.at if one.stage in ENDED else now) - one.began_at for one in waits(plan, run)), start=delayed)
    return (run.finished_at or now) - run.started_at - waited


def is_over_budget(plan: ProcedurePlan, run: ProcedureRun, now: datetime) -> bool:
    """Whether a run takes, or took, longer than its budget."""
    return plan.budget is not None and spent(plan, run, now) > plan.budget


def is_acting(plan: ProcedurePlan | None, run: ProcedureRun) -> bool:
    """Whether a step of it may be changing something outside right now."""
    return any(step.acts and run.stage_of(step.id) in MAY_BE_SENT for step in (plan.steps if plan else ()))


def open_runs(runs: Mapping[str, ProcedureRun]) -> Iterator[ProcedureRun]:
    """The runs under way, the oldest first."""
    return (run for run in runs.values() if run.is_open)
