"""Signals, triggers and error budgets as metrics. What is not known has no number: its state says so."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)

from warroom.engine.live import Live
from warroom.launch.signals import TriggerKnown
from warroom.launch.state import LaunchState
from warroom.slo.levels import Level
from warroom.slo.reading import Reading
from warroom.slo.unit import Dimension

STAGES: Final = ("idle", "pending", "firing", "resolving", "latched", "blind", "unknown")
"""Where a trigger can stand."""
_VALUES: Final = {
    Dimension.RATIO: ("warroom_signal_ratio", "What a signal is, a share from 0 to 1; absent without data."),
    Dimension.TIME: ("warroom_signal_seconds", "What a signal is, in seconds; absent without data."),
    Dimension.RATE: ("warroom_signal_per_second", "What a signal is, per second; absent without data."),
    Dimension.COUNT: ("warroom_signal_number", "What a signal is, a plain number; absent without data."),
}


def one_hot(family: GaugeMetricFamily, labels: Iterable[str], states: Iterable[str], state: str) -> None:
    """Adds a sample for each of `states`, the last label: 1 for `state` and 0 for the others."""
    for each in states:
        family.add_metric([*labels, each], float(each == state))


def signal_families(state: LaunchState, live: Live, now: datetime) -> Iterator[Metric]:
    """Every family about signals, error budgets and triggers at `now`."""
    yield from _signals(state, live, now)
    yield from _budgets(state, live)
    yield from _triggers(state, live)


def _signals(state: LaunchState, live: Live, now: datetime) -> Iterator[Metric]:
    values = {unit: GaugeMetricFamily(*about, labels=["signal"]) for unit, about in _VALUES.items()}
    states = GaugeMetricFamily(
        "warroom_signal_state", "1 for the level of a signal, unknown where it has none.", labels=["signal", "state"]
    )
    blind = GaugeMetricFamily(
        "warroom_signal_blind", "1 while there is no data, and it is not too early for some.", labels=["signal"]
    )
    ages = GaugeMetricFamily(
        "warroom_signal_age_seconds", "Since there was data last; absent where there never was.", labels=["signal"]
    )
    for plan in state.course.watched.signals.values():
        found = live.signals.get(plan.id)
        level = found.judged.level if found else Level.UNKNOWN
        one_hot(states, [plan.id], list(Level), level)
        value = _number(found.reading) if found else None
        blind.add_metric([plan.id], float(found is not None and value is None and not found.reading.filling))
        if value is not None:
            values[plan.unit.dimension].add_metric([plan.id], value)
        if found and found.at:
            ages.add_metric([plan.id], max(0.0, (now - found.at).total_seconds()))
    yield from (*values.values(), states, blind, ages)


def _number(reading: Reading) -> float | None:
    """The number of a reading; infinite for a percentile among samples without an answer, None where too little is
    known."""
    if not reading.is_known or reading.too_little():
        return None
    return math.inf if reading.beyond else reading.value


def _budgets(state: LaunchState, live: Live) -> Iterator[Metric]:
    objective = GaugeMetricFamily("warroom_slo_objective_ratio", "What share has to be good.", labels=["slo"])
    left = GaugeMetricFamily(
        "warroom_slo_error_budget_left_ratio",
        "The share of the error budget that is left, 0 or less: exhausted; absent before T0.",
        labels=["slo"],
    )
    burn = GaugeMetricFamily(
        "warroom_slo_burn_rate",
        "How many times faster than allowed the budget is spent; absent where that is not known.",
        labels=["slo"],
    )
    covered = GaugeMetricFamily(
        "warroom_slo_coverage_ratio", "The share of the time since T0 that was observed.", labels=["slo"]
    )
    for slo in state.course.watched.slos.values():
        objective.add_metric([slo.id], slo.objective)
        if (known := live.budgets.get(slo.id)) is None:
            continue
        left.add_metric([slo.id], known.left)
        covered.add_metric([slo.id], known.coverage)
        if known.burn is not None:
            burn.add_metric([slo.id], known.burn)
    yield from (objective, left, burn, covered)


def _triggers(state: LaunchState, live: Live) -> Iterator[Metric]:
    about = InfoMetricFamily(
        "warroom_trigger", "A trigger of the playbook.", labels=["trigger", "severity", "mode", "signal"]
    )
    states = GaugeMetricFamily(
        "warroom_trigger_state",
        "1 for where a trigger stands, unknown where it is too early to judge.",
        labels=["trigger", "state"],
    )
    blind = GaugeMetricFamily(
        "warroom_trigger_blind",
        "1 while a trigger has no data to decide by, also one that fires.",
        labels=["trigger"],
    )
    fired = CounterMetricFamily(
        "warroom_trigger_activations", "How often a trigger has fired in this launch.", labels=["trigger"]
    )
    for plan in state.course.watched.triggers.values():
        known = state.triggers.get(plan.id) or TriggerKnown(plan.id)
        standing = live.triggers.get(plan.id, known.state)
        about.add_metric([plan.id, plan.severity, plan.mode, plan.signal], {})
        one_hot(states, [plan.id], STAGES, live.stands(state, plan)[0])
        blind.add_metric([plan.id], float(standing.blind))
        fired.add_metric([plan.id], standing.number)
    yield from (about, states, blind, fired)
