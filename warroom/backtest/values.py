"""What a backtest is about, and what it found. Instants are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from warroom.slo.baseline import Baseline
from warroom.slo.levels import Level
from warroom.slo.reading import MIN_COVERAGE

PATIENCE: Final = timedelta(minutes=10)
"""How long a breach has to last to be worth acting upon, where no procedure with a budget says so."""


AT_ONCE: Final = "at once"
"""How long a condition has to hold that has not to hold at all."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` to `until`, looked at every `every`; all three are whole seconds. `t0` is the T0 of the launch
    that it is replayed as: triggers are judged from then on, and baselines captured; None for no launch."""

    since: datetime
    until: datetime
    every: timedelta
    t0: datetime | None = None

    @property
    def begins(self) -> datetime:
        """From when on triggers are judged."""
        return max(self.since, self.t0) if self.t0 else self.since


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A trigger that history says nothing about; `reason` is a sentence. `is_fault`: it could, if that was mended."""

    trigger: str
    title: str
    reason: str
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Blind:
    """There was no data from `since` to `until` (None: to the end), for longer than the trigger takes."""

    since: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Activation:
    """A trigger would have fired at `fired_at`, pending since `pending_at`. `over_at` is when its condition was gone;
    None: it went on at the end. `worst` is the worst value meanwhile, in words; empty where there is none.

    `in_vain`: it was over sooner than what it runs may take; None: it went on, for less than that.
    """

    pending_at: datetime
    fired_at: datetime
    over_at: datetime | None
    worst: str
    in_vain: bool | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a trigger would have done. `condition` and `hold` say what it waits for, `runs` what it would have started
    (empty: nothing) after the `delay`, `would` the steps of that. One that was over within `patience` was in vain.

    `near` is how long it was pending each time that it did not fire, `pending` how long in all. `coverage` is the
    share of the looks in which its condition could be decided, 0..1.
    """

    trigger: str
    title: str
    condition: str
    hold: str
    severity: str
    mode: str
    runs: str
    delay: timedelta
    would: tuple[str, ...]
    patience: timedelta
    activations: tuple[Activation, ...]
    near: tuple[timedelta, ...]
    pending: timedelta
    coverage: float
    blind: tuple[Blind, ...]

    @property
    def is_known(self) -> bool:
        """Whether enough was seen to say how often it fired, or that it did not."""
        return self.coverage >= MIN_COVERAGE

    @property
    def in_vain(self) -> int:
        """How often it would have fired in vain."""
        return sum(one.in_vain is True for one in self.activations)


@dataclass(frozen=True, slots=True)
class SignalShares:
    """For what share of the looks a signal had each level, 0..1 each. `unknown` is why it was UNKNOWN when it was so
    last; empty where it never was."""

    signal: str
    title: str
    shares: Mapping[Level, float]
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Backtest:
    """What was found, in the order of the playbook. `baselines` are those that the triggers were held against."""

    launch: str
    title: str
    period: Period
    triggers: tuple[Replayed, ...]
    unanswered: tuple[Unanswered, ...]
    signals: tuple[SignalShares, ...] = ()
    baselines: Mapping[str, Baseline] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """Whether of each trigger that history can decide enough was seen to say how often it fired."""
        is_faulty = any(one.is_fault for one in self.unanswered)
        return not is_faulty and all(one.is_known for one in self.triggers)
