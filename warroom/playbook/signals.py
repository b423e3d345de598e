"""Signals, the limits on them, and what watches them, as a playbook plans it. Everything here is safe to show.

Numbers are in base units: ratios 0..1, seconds, per second, counts. Mappings keep the order of the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from warroom.playbook.signal_forms import Burn
from warroom.slo.conditions import SignalCondition
from warroom.slo.query import Measure, Query
from warroom.slo.trigger import Hold
from warroom.slo.unit import Unit

Severity = Literal["notify", "pause", "rollback"]
Mode = Literal["shadow", "confirm", "auto"]


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is shown of a source. `every` is how often it is looked at."""

    id: str
    kind: str
    title: str
    every: timedelta


@dataclass(frozen=True, slots=True)
class SignalPlan:
    """A number that is watched. `window` is zero where the number is that of the moment. `warn` holds where the
    signal is YELLOW, `page` where it is RED; without both it has no colour. `limits_in` has both for the phases in
    which they are others; where those of a phase are in force `phase` is its id, else empty. `by` is the label that
    splits it, empty for none. While `gate` (empty for none) is red, nothing is expected to be counted. `expr_source`
    are the words of the document that it comes from.
    """

    id: str
    title: str
    source: str
    measure: Measure
    window: timedelta
    unit: Unit
    warn: SignalCondition | None = None
    page: SignalCondition | None = None
    limits_in: Mapping[str, tuple[SignalCondition | None, SignalCondition | None]] = field(default_factory=dict)
    phase: str = ""
    by: str = ""
    gate: str = ""
    expr_source: str = ""

    @property
    def query(self) -> Query:
        """What its source is asked."""
        return Query(self.measure, self.window, self.by)

    @property
    def is_limited(self) -> bool:
        """Whether something is bad about it, in some phase."""
        return any((self.warn, self.page, *(limit for both in self.limits_in.values() for limit in both)))

    def during(self, phases: Sequence[str]) -> SignalPlan:
        """The signal with the limits in force while `phases` run: those of the last of them that has its own."""
        named = [phase for phase in phases if phase in self.limits_in]
        if not named:
            return self
        warn, page = self.limits_in[named[-1]]
        return replace(self, warn=warn, page=page, phase=named[-1])


@dataclass(frozen=True, slots=True)
class SloPlan:
    """What share of the signal has to be good over `window`; `objective` is 0..1, both ends excluded. `counts_bad`:
    the signal is the share of what is bad."""

    id: str
    signal: str
    objective: float
    window: timedelta
    counts_bad: bool


@dataclass(frozen=True, slots=True)
class BaselinePlan:
    """What a signal is held against: `value`, as the playbook states it, or (None) what `signal` is at `at` from T0,
    over the `over` before it."""

    id: str
    value: float | None = None
    signal: str = ""
    at: timedelta = timedelta()
    over: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class TriggerPlan:
    """A condition that is acted upon when it has held for `hold`.

    It is about a `signal` and `when`, or the burn of an `slo` (then `burn` is set), or a `lever` that is not as it
    should be; one that is `declared` is fired by a person alone. `window` is what the signal is measured over, None
    for a signal of the moment. `clear` is how long the condition has to be gone, None: as
    long as it has to hold. A pause or rollback stays until
    `resume` holds, or without it until a person resumes. `runs` names a procedure, `runbook` is an address; both may
    be empty. What it runs begins `delay` after it has fired, unless a person aborts it.
    """

    id: str
    title: str
    severity: Severity
    mode: Mode
    signal: str = ""
    when: SignalCondition | None = None
    slo: str = ""
    burn: Burn | None = None
    lever: str = ""
    declared: bool = False
    window: timedelta | None = None
    hold: Hold = field(default_factory=Hold)
    clear: timedelta | None = None
    min_volume: float = 0.0
    resume: SignalCondition | None = None
    runs: str = ""
    delay: timedelta = timedelta()
    runbook: str = ""

    @property
    def about(self) -> tuple[str, str, str]:
        """What it watches: a signal, an SLO or a lever; nothing where a person declares it."""
        return self.signal, self.slo, self.lever

    @property
    def latches(self) -> bool:
        """Whether it stays although its condition is gone."""
        return self.severity != "notify"


@dataclass(frozen=True, slots=True)
class Watched:
    """Everything that is watched while a launch runs."""

    sources: Mapping[str, SourceInfo] = field(default_factory=dict)
    signals: Mapping[str, SignalPlan] = field(default_factory=dict)
    slos: Mapping[str, SloPlan] = field(default_factory=dict)
    baselines: Mapping[str, BaselinePlan] = field(default_factory=dict)
    triggers: Mapping[str, TriggerPlan] = field(default_factory=dict)

    def during(self, phases: Sequence[str]) -> Watched:
        """The same, with the limits in force while `phases` run, in their order."""
        return replace(self, signals={name: plan.during(phases) for name, plan in self.signals.items()})

    def query_of(self, trigger: TriggerPlan) -> Query:
        """What the source of a trigger's signal is asked for it. Raises KeyError for one without a signal."""
        query = self.signals[trigger.signal].query
        return query if trigger.window is None else replace(query, window=trigger.window, by="")
