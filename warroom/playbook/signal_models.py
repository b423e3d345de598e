"""What may stand under `signals`, `slos`, `baselines` and `triggers`: what is watched, and what is done about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from warroom.expect import JsonPathText, TimeoutText
from warroom.playbook.course_models import OffsetText
from warroom.playbook.section import LEVER_PATTERN, Id, Name, Section, Text
from warroom.playbook.signal_forms import (
    Burn,
    ExpressionText,
    HoldText,
    ObjectiveText,
    PatternText,
    QuantityText,
    SelectorText,
    SignalConditionText,
    UnitText,
    WhenText,
)
from warroom.units import parse_duration

Percentile = Annotated[float, Field(ge=1, lt=100)]

MEASURES: Final = ("value", "rate", "count", "ratio", "quantile", "expr", "latency", "availability", "json", "lines")
"""The keys that say what a signal measures; without one of them it is the number that its source gives."""
OF_A_WINDOW: Final = ("rate", "count", "ratio", "quantile", "latency", "availability", "lines")
"""Those of them that are measured over a window."""
DEFAULT_WINDOW: Final = parse_duration("5m")


class RatioOf(Section):
    """How much some counters grew in the window, seen from how much others did."""

    of: SelectorText = Field(description="The series whose growth is the share.")
    to: SelectorText = Field(description="The series whose growth is the whole.")
    inverted: bool = Field(False, description="1 minus that: the share of the others.")


class QuantileOf(Section):
    """A percentile of a histogram's observations in the window."""

    p: Percentile = Field(description="The percentile, such as 95.")
    of: SelectorText = Field(description="The histogram; its name without `_bucket`.")


class LatencyOf(Section):
    """A percentile of the samples that a probe took in the window."""

    p: Percentile = Field(description="The percentile, such as 95.")


class PhaseLimits(Section):
    """Limits on a signal while a phase runs; what is left out is as always."""

    warn: SignalConditionText | None = Field(None, description="Where this holds the signal is YELLOW.")
    page: SignalConditionText | None = Field(None, description="Where this holds the signal is RED.")


class Signal(Section):
    """A number that is watched. One key says what it measures: `value`, `rate`, `count`, `ratio`, `quantile`, `expr`,
    `latency`, `availability`, `json` or `lines`; without one it is the number that its source gives."""

    title: Text = Field("", description="Name that people call it by; its id where it is empty.")
    source: Id = Field(description="Where it comes from.")
    value: SelectorText | None = Field(None, description="Gauges as they are now.")
    fold: Literal["sum", "max", "min", "avg"] = Field("sum", description="How several gauges become one number.")
    rate: SelectorText | None = Field(None, description="How fast counters grow in the window.")
    count: SelectorText | None = Field(
        None, description="How much counters grow in the window: how often it happened."
    )
    ratio: RatioOf | None = Field(None, description="How much some counters grew, seen from others.")
    quantile: QuantileOf | None = Field(None, description="A percentile of a histogram.")
    expr: ExpressionText = Field("", description="A query in PromQL whose answer is one number.")
    latency: LatencyOf | None = Field(None, description="A percentile of a probe's samples.")
    availability: Literal[True] | None = Field(None, description="The share of a probe's samples that were right.")
    json_path: JsonPathText | None = Field(None, alias="json", description="JSONPath of a number.")
    lines: PatternText = Field("", description="A pattern: the number of log lines in which it is found.")
    window: TimeoutText | None = Field(None, description="How far back it is measured; 5m where nothing is said.")
    unit: UnitText | None = Field(None, description="How it is written: %, ms, /min, messages; % for a share.")
    warn: SignalConditionText | None = Field(None, description="Where this holds the signal is YELLOW.")
    page: SignalConditionText | None = Field(None, description="Where this holds the signal is RED.")
    limits_in: dict[Id, PhaseLimits] = Field({}, description="Other limits while a phase runs, by phase.")
    by: Name | None = Field(None, description="Label whose values are shown one by one beside the whole.")
    gate: Id | None = Field(
        None,
        description="A gate; while it is red, that nothing was counted is BLOCKED - pending that gate.",
    )
    expr_source: Text = Field("", description="The words of the document that it comes from.")

    @property
    def measures(self) -> str:
        """The key that says what it measures; empty where it is the number that its source gives."""
        return next((key for key in MEASURES if self._is_given(key)), "")

    @property
    def is_of_a_window(self) -> bool:
        """Whether it is measured over a window."""
        return self.measures in OF_A_WINDOW

    @property
    def span(self) -> timedelta:
        """The window; zero where the number is that of the moment."""
        return (self.window or DEFAULT_WINDOW) if self.is_of_a_window else timedelta()

    def _is_given(self, key: str) -> bool:
        return bool(self.json_path if key == "json" else getattr(self, key))

    @model_validator(mode="after")
    def _makes_sense(self) -> Signal:
        given = [key for key in MEASURES if self._is_given(key)]
        if len(given) > 1:
            raise ValueError(f"`{given[0]}` and `{given[1]}` exclude each other: a signal is one number")
        if "fold" in self.model_fields_set and given != ["value"]:
            raise ValueError("`fold` belongs to `value`")
        if self.window is not None and not self.is_of_a_window:
            why = "PromQL says itself how far it looks back" if self.expr else "it is the number of the moment"
            raise ValueError(f"`window` does not belong here: {why}")
        return self


class Slo(Section):
    """What share of a signal has to be good over a long window."""

    signal: Id = Field(description="The signal, a share.")
    objective: ObjectiveText = Field(description="The share that has to be good, such as 99.9%.")
    window: TimeoutText = Field(description="Over how long.")


class Baseline(Section):
    """What a signal is held against: a number (`value`), or what it is at some time (`signal`, `at`, `over`)."""

    value: QuantityText | None = Field(None, description="The number, with its unit.")
    signal: Id | None = Field(None, description="Or the signal that is captured.")
    at: OffsetText | None = Field(None, description="When it is captured, from T0; T+0 where nothing is said.")
    over: TimeoutText | None = Field(None, description="Over how long before that; 5m where nothing is said.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Baseline:
        if (self.value is None) == (self.signal is None):
            raise ValueError("give either `value`, or `signal` with `at` and `over`")
        if self.value is not None and (self.at is not None or self.over is not None):
            raise ValueError("`at` and `over` say when a `signal` is captured; a `value` stands as it is")
        if self.value is not None and self.value.value <= 0:
            raise ValueError(
                "a baseline of 0 or less compares with nothing: no multiple of it is a limit; give a limit"
            )
        return self


class Trigger(Section):
    """A condition that is acted upon: on a signal (`signal`, `when`), on the burn of an error budget (`slo`, `when`),
    a lever that is not as it should be (`lever`), or what only a person can tell (`declared`)."""

    title: Text = Field("", description="Name that people call it by; its id where it is empty.")
    signal: Id | None = Field(None, description="The signal that it watches.")
    slo: Id | None = Field(None, description="The SLO whose error budget it watches.")
    lever: Annotated[str, Field(pattern=LEVER_PATTERN, max_length=64)] | None = Field(
        None, description="The lever that it watches: it holds while the lever is not as expected."
    )
    declared: Literal[True] | None = Field(None, description="A person declares it.")
    when: WhenText | None = Field(
        None, description="The condition: `>= 1%`, `> 2x baseline.NAME`, `growing over 30m`, `burn > 19.2`."
    )
    window: TimeoutText | None = Field(None, description="Measured over this, where it differs from the signal's.")
    for_: HoldText | None = Field(
        None, alias="for", description="How long it has to hold: 5m, or `> 5m` for longer than that; else at once."
    )
    clear_for: TimeoutText | None = Field(None, description="How long it has to be gone; else as long as `for`.")
    min_volume: Annotated[float, Field(gt=0)] | None = Field(
        None, description="From how many events on it counts; below it is as if there were no data."
    )
    severity: Literal["notify", "pause", "rollback"] = Field("notify", description="What it leads to.")
    mode: Literal["shadow", "confirm", "auto"] = Field(
        "confirm", description="Whether what it runs is only named, waits for a person, or runs at once."
    )
    runs: Id | None = Field(None, description="The procedure that it starts, once each time that it fires.")
    delay: TimeoutText | None = Field(
        None, description="How long a person can still abort what it runs, before that begins; with `mode: auto`."
    )
    resume: SignalConditionText | None = Field(
        None, description="When this holds a pause or rollback is over; without it, when a person resumes."
    )
    runbook: Text = Field("", description="Address of what to do.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Trigger:
        subjects = [key for key in ("signal", "slo", "lever", "declared") if getattr(self, key) is not None]
        if len(subjects) != 1:
            raise ValueError("give one of `signal`, `slo`, `lever` and `declared`: what it is about")
        about = subjects[0]
        if about in ("signal", "slo") and self.when is None:
            raise ValueError(f"`{about}` needs `when`: the condition that is acted upon")
        for key in ("when", "window", "min_volume", "resume") if about in ("lever", "declared") else ():
            if getattr(self, key) is not None:
                raise ValueError(f"`{key}` is for a trigger on a signal")
        if self.resume is not None and self.severity == "notify":
            raise ValueError("`resume` is for a pause or rollback: what only notifies is over when its condition is")
        if self.delay is not None and (self.mode != "auto" or self.runs is None):
            raise ValueError("`delay` is for what a trigger `runs` by itself: add `mode: auto` and `runs`")
        if about == "declared" and (self.for_ is not None or self.clear_for is not None):
            raise ValueError("what a person declares holds at once: leave out `for` and `clear_for`")
        if self.when is not None and isinstance(self.when, Burn) != (about == "slo"):
            raise ValueError("`burn` is a condition on an `slo`, and the only one")
        if self.runbook and not self.runbook.startswith(("http://", "https://")):
            raise ValueError("`runbook` is an address that begins with https:// or http://")
        return self
