"""Signals, triggers and baselines as the journal has them. Instants are those of the wall clock as it is set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from warroom.slo.baseline import Baseline
from warroom.slo.budget import Budget
from warroom.slo.levels import Level
from warroom.slo.trigger import TriggerState

QUIET: Final = timedelta(minutes=15)
"""How long after people were told that a signal breaches its limits, or a trigger is blind, they are told again."""


NOT_YET: Final = "it is judged from T0 on, once its source was looked at"
"""Why nothing is known of a trigger."""
FORMER: Final = "not judged since the playbook was amended"
"""Why nothing is known of a signal by the playbook of now."""
CALLED_OFF: Final = "T0 lies ahead again, and it is judged from then on"
"""Why a trigger is pending no more."""


@dataclass(frozen=True, slots=True)
class SignalKnown:
    """What was measured last, at `at`, of what the journal has: it has every change of the level, and one value a
    minute. There was data last at `measured_at`, None: never yet. `level` is so since `since`, for `reason`. `value`
    (None: no data), `low`, `high` and `n` as in a Reading.
    `filling`: it is UNKNOWN only because nobody has looked for longer; `was_judged`: it was something else before.
    `is_former`: all this was found by a playbook before the one of now, which asks for something else or has other
    limits, so that it says nothing of now.

    `warnings` counts how often people were told of a breach, the last time at `warned_at`; `recovered` is the last of
    these of which they were told that it is over, 0 for none.
    """

    id: str
    level: Level
    since: datetime
    at: datetime
    measured_at: datetime | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: float | None = None
    reason: str = ""
    filling: bool = False
    was_judged: bool = False
    is_former: bool = False
    warnings: int = 0
    warned_at: datetime | None = None
    recovered: int = 0


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Who takes care of a trigger, or wants to hear nothing of it, and why. It counts until `until`, None: to the end
    of the activation."""

    by: str
    at: datetime
    reason: str
    until: datetime | None = None

    def counts(self, now: datetime) -> bool:
        """Whether it does at `now`."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class TriggerKnown:
    """A trigger at its last change: `value` is what was measured then and `reason` says it in words.

    `changed` is the number of the entry by which a person changed its state, 0 for none. `snoozed` holds posts back,
    `acked` says who takes care of the activation under way; both None where nobody said so. `blinds` counts how often
    it was blind. `halted`: it has fired as a pause or a rollback, and not in shadow. `fired_for` says why it fired
    last; empty where it never did.
    """

    id: str
    state: TriggerState = field(default_factory=TriggerState)
    at: datetime | None = None
    value: float | None = None
    reason: str = ""
    changed: int = 0
    acked: Acknowledged | None = None
    snoozed: Acknowledged | None = None
    blinds: int = 0
    halted: bool = False
    fired_for: str = ""

    @property
    def about(self) -> str:
        """The activation, `pause_5xx#2`."""
        return activation(self.id, self.state.number)


@dataclass(frozen=True, slots=True)
class TriggerLook:
    """A trigger was judged last at `at`, of what the journal has: that is one look a minute. `waits` says why it was
    too early to judge it; empty where it was not."""

    at: datetime
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What a person said of a signal last: its number (`value`), or None: that its watch runs since `at`, or ran from
    then to `stopped_at`. `number` is that of the entry."""

    by: str
    at: datetime
    value: float | None = None
    stopped_at: datetime | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class BudgetKnown:
    """What was left of an error budget at `at`, see `slo.budget.Budget`."""

    at: datetime
    budget: Budget


@dataclass(frozen=True, slots=True)
class BaselineKnown:
    """A baseline that was captured for the T0 at `t0`; one that a person (`by`) captured stands for every T0.

    `asked` is the person who wants it captured now, as entry `asked_number` says; empty where that has been done.
    """

    baseline: Baseline
    t0: datetime | None = None
    by: str = ""
    asked: str = ""
    asked_number: int = 0


def activation(trigger: str, number: int) -> str:
    """`pause_5xx#2`: the second activation of a trigger."""
    return f"{trigger}#{number}"


def moved(state: TriggerState, by: timedelta) -> TriggerState:
    """The state with its instants moved."""
    return at_other_times(state, lambda at: at + by)


def at_other_times(state: TriggerState, change: Callable[[datetime], datetime]) -> TriggerState:
    """The state with each of its instants changed."""
    since, fired_at, last, heard = (
        change(at) if at else None for at in (state.since, state.fired_at, state.last, state.heard)
    )
    return replace(state, since=since, fired_at=fired_at, last=last, heard=heard)
