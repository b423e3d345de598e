"""Signals, baselines and triggers as the engine tells them in GET /state.

Numbers are in base units: shares 0..1, seconds, per second, counts; `shown` is the same for people. Empty text: there
is none. None: not yet, or not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LimitNow:
    """A limit on a signal: `role` is warn, page or trigger, `text` the condition that is bad, `does` what holds then.
    `distance` is how far the signal is from it, None where it holds, or that cannot be told.
    """

    role: str
    text: str
    does: str
    distance: float | None


@dataclass(frozen=True, slots=True)
class SplitNow:
    """What a signal is for one value of the label that splits it."""

    label: str
    value: float | None
    shown: str
    level: str


@dataclass(frozen=True, slots=True)
class SloNow:
    """An error budget. `objective` is the share that has to be good over `window_s`, which leaves `allowed_s`.

    `budget_left` is the share of it that is not spent, 0 or less: nothing is left; `burn` how many times faster than
    allowed it is spent over the last 48th of the window. `exhausted_at` is when it was gone, or will be at this burn.
    `coverage` is the share of the time that was observed. None before T0.
    """

    id: str
    objective: float
    window_s: float
    allowed_s: float
    budget_left: float | None
    burn: float | None
    exhausted_at: datetime | None
    coverage: float


@dataclass(frozen=True, slots=True)
class BreachNow:
    """The trigger of a signal whose condition holds: its id, and whether it is pending or firing (`stage`)."""

    trigger: str
    stage: str


@dataclass(frozen=True, slots=True)
class SignalNow:
    """A signal. `level` is green, yellow, red, unknown, or tracked where it has no limits; `word` is the same in
    capitals, `reason` the sentence that says why. `value` lies over `low` and not over `high` where only that is
    known. `n` is how many events it was made from, counted over `counted_s` between the looks at its source; None:
    over its window.

    `breach` is the trigger whose condition holds, the one that fires before one that is pending; None: none does.

    There was data last at `at`, `age_s` ago. `trend` is rising, falling, steady or unknown, `spark` one value for
    each of the last minutes, oldest first, None where there was none. `next` says what comes next.
    """

    id: str
    title: str
    source: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    n: float | None
    shown: str
    level: str
    word: str
    reason: str
    at: datetime | None
    age_s: float | None
    window_s: float
    expr_source: str
    limits: tuple[LimitNow, ...]
    trend: str
    spark: tuple[float | None, ...]
    splits: tuple[SplitNow, ...]
    slo: SloNow | None
    breach: BreachNow | None
    next: str
    counted_s: float | None = None


@dataclass(frozen=True, slots=True)
class BaselineNow:
    """What signals are held against: the mean over the `over_s` before `at`, made from `n` values. `reason` says why
    nothing can be compared with it."""

    id: str
    value: float | None
    at: datetime | None
    over_s: float
    n: int
    reason: str


@dataclass(frozen=True, slots=True)
class SaidNow:
    """Who takes care of a trigger, or wants to hear nothing of it, since when, until when, and why."""

    by: str
    at: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class TriggerNow:
    """A trigger. `stage` is idle, pending, firing, resolving, latched, blind or unknown (it is too early to judge it,
    for `reason`), so since `since`; a pending one fires at `fires_at` at the earliest. `blind`: nothing is known of
    it now, also where it fires. `number` counts its activations, the last one fired at `fired_at`.

    `severity` is notify, pause or rollback, `mode` shadow, confirm or auto. `value` is what was measured at its last
    change; `reason` says it in words, and what is measured now. `strict`: the condition has to hold for longer than
    `for_s`.
    """

    id: str
    title: str
    signal: str
    lever: str
    slo: str
    condition: str
    window_s: float
    for_s: float
    strict: bool
    severity: str
    mode: str
    stage: str
    blind: bool
    since: datetime | None
    fires_at: datetime | None
    fired_at: datetime | None
    value: float | None
    number: int
    acked: SaidNow | None
    snoozed: SaidNow | None
    runs: str
    runbook: str
    reason: str
