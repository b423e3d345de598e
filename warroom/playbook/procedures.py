"""Levers and procedures as a playbook plans them: what can be done, by whom. Everything here is safe to show.

Mappings keep the order of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal

from warroom.text import clean

StepKind = Literal["lever", "request", "command", "check", "post", "do", "wait"]
ACTING: Final = ("lever", "request", "command")
"""The kinds of steps that change something outside."""

WITHIN: Final = timedelta(seconds=30)
"""How long a step has, from its begin to the read-back that proves it, unless the playbook says otherwise."""

COUNTDOWN: Final = timedelta(minutes=5)
"""How long a person has to confirm before it is told that nobody has, unless the playbook says otherwise."""


@dataclass(frozen=True, slots=True)
class LeverPlan:
    """A flag or setting.

    It must be `expect`, or what `expect_in` says for a phase that is running. `values` are those that it may have,
    empty for any. `stops` is the value that stops what a launch sends, empty for one that is no kill switch.
    `by_person` is why only a person can set it, empty where Warroom can. Setting one that is `dangerous` wants its
    name typed, and `people` to agree, 1 or 2. One that is `idempotent` may be set again when nobody knows whether
    that arrived. It is read every `every`, or where `attest` says what people look at, they say what it is; that is
    believed for `max_age`.
    """

    id: str
    expect: str
    expect_in: Mapping[str, str] = field(default_factory=dict)
    values: tuple[str, ...] = ()
    stops: str = ""
    note: str = ""
    by_person: str = ""
    dangerous: bool = False
    people: int = 1
    idempotent: bool = True
    every: timedelta = timedelta(seconds=15)
    attest: str = ""
    max_age: timedelta = timedelta()

    @property
    def kill_switch(self) -> bool:
        """Whether it stops what a launch sends."""
        return self.stops != ""


@dataclass(frozen=True, slots=True)
class ActionStep:
    """One step of a procedure. `kind` decides which of the members below `text` mean something.

    `text` says what is done, in people's words. A `lever` is set to `value`. `check` and `probe` are ids of checks,
    `update` that of a post; `link` is an address and `expect` what a person should see. `opens` says that the
    procedure opens an incident when it starts; the step is done when a note on it was posted. It waits for `lasts`.
    `by_person` is why a person has to do what the step does, empty where Warroom can. It has `within` to prove
    itself; one that is `attested` is proved by nothing but that person's word. With `confirm` it waits for `people`,
    1 or 2. What is `idempotent` may be sent again when nobody knows whether it arrived.
    """

    id: str
    kind: StepKind
    text: str
    lever: str = ""
    value: str = ""
    check: str = ""
    update: str = ""
    link: str = ""
    expect: str = ""
    opens: bool = False
    lasts: timedelta = timedelta()
    probe: str = ""
    by_person: str = ""
    attested: bool = False
    within: timedelta = WITHIN
    confirm: bool = False
    people: int = 1
    idempotent: bool = False

    @property
    def acts(self) -> bool:
        """Whether it changes something outside."""
        return self.kind in ACTING


@dataclass(frozen=True, slots=True)
class ProcedurePlan:
    """Steps in their order. `budget` is how long they may take in all, waits left out; None for no limit.

    Starting one that is `dangerous` wants its id typed, and `people` to agree, 1 or 2. What waits for a person is
    told to everybody after `countdown`.
    """

    id: str
    title: str
    steps: tuple[ActionStep, ...]
    budget: timedelta | None = None
    countdown: timedelta = COUNTDOWN
    dangerous: bool = False
    people: int = 1

    def step(self, step_id: str) -> ActionStep | None:
        """The step of that id; None where there is none."""
        return next((step for step in self.steps if step.id == step_id), None)

    @property
    def opens_incident(self) -> bool:
        """Whether an incident is opened when it starts."""
        return any(step.opens for step in self.steps)

    @property
    def steps_told(self) -> str:
        """Its steps in their order, in one line: `1. SEND=true; 2. pause the consumers`."""
        return "; ".join(f"{number}. {step.text}" for number, step in enumerate(self.steps, 1))


def setting(step_id: str, lever: LeverPlan, value: str) -> ActionStep:
    """The step that sets `lever` to `value`."""
    return ActionStep(
        id=step_id,
        kind="lever",
        text=f"{lever.id}={clean(value, limit=200)}",
        lever=lever.id,
        value=value,
        by_person=lever.by_person,
        attested=bool(lever.attest),
        idempotent=lever.idempotent,
    )
