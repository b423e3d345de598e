"""Levers and procedures of a launch as its engine tells them: values to show, every text safe, every instant UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LeverNow:
    """A flag or setting. `actual` and `as_expected` are None where nobody knows, for `reason`; `expected` is what it
    should be in this phase. `stops` is the value that stops sends, empty for one that is no kill switch. `values` are
    those that it may have, empty for any. `by_person` is why Warroom cannot set it, empty where it can; `attest` is
    where people look to say what it is, empty where it is read.
    """

    name: str
    expected: str
    actual: str | None
    as_expected: bool | None
    kill_switch: bool
    stops: str
    values: tuple[str, ...]
    read_at: datetime | None
    reason: str
    note: str
    by_person: str
    attest: str
    dangerous: bool
    people: int

    @property
    def id(self) -> str:
        """Its name."""
        return self.name


@dataclass(frozen=True, slots=True)
class ActionStepNow:
    """A step of a procedure. `stage` is pending, confirm, confirmed, to do, waiting, requested, unsent, sent,
    unknown, ticked, probing, verified, done, no-op, failed or skipped; `said` says it in words, with who, when and
    why."""

    id: str
    kind: str
    text: str
    stage: str
    said: str
    at: datetime | None
    by: str
    reason: str
    took_s: float | None
    attempt: int
    link: str
    expect: str
    by_person: str


@dataclass(frozen=True, slots=True)
class WaitsNow:
    """What a person has to do for a procedure: `what` is confirm, do, note (write the note of its incident), or delay
    (nothing, and it can be aborted).

    `step` is empty where it is the start that waits. At `until` everybody is told that nobody has (`escalated`), the
    note is late, or it begins by itself; None where there is no such time. `people` have agreed already, of the
    `wanted`. Whoever agrees has to type `typed`, where it is not empty.
    """

    step: str
    what: str
    text: str
    since: datetime
    until: datetime | None
    people: tuple[str, ...]
    wanted: int
    escalated: bool
    typed: str


@dataclass(frozen=True, slots=True)
class ProcedureNow:
    """A procedure as it can be started (`run` is empty, `stage` ready), or a run of it.

    `stage` is ready, delayed (it begins by itself, and can be aborted), confirm (its start waits for a person),
    waiting (a step does), running or finished; `standing`
    says it in words. `outcome` is done, no-op, failed, stopped or shadow, empty while it is under way. `cause` is who
    or what started it. `budget_s` is None where there is none.
    """

    id: str
    title: str
    run: str
    cause: str
    mode: str
    stage: str
    standing: str
    outcome: str
    incident: str
    steps: tuple[ActionStepNow, ...]
    waits_for: WaitsNow | None
    budget_s: float | None
    spent_s: float
    over_budget: bool
    dangerous: bool
    started_at: datetime | None
    finished_at: datetime | None
