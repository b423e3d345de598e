"""Law 1 of the one verdict: what is left out never opens anything, and nothing is green by chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.launch.course import course
from tests.launch.test_overall import NOW, measured
from warroom.launch.overall import overall
from warroom.launch.results import CheckFound
from warroom.launch.signals import TriggerKnown
from warroom.launch.state import LaunchState
from warroom.slo.levels import Level
from warroom.slo.trigger import Stage, TriggerState
from warroom.verdict import Verdict, worst

# What the services answer is measured once.
pytestmark = pytest.mark.xdist_group("measured")

OPENS: Final = (Verdict.PASS, Verdict.WARN)
CHECKS: Final = course().suites["verify"]
LIMITED: Final = tuple(name for name, plan in course().watched.signals.items() if plan.is_limited or name == "uptime")
TRIGGERS: Final = tuple(course().watched.triggers)
LEVERS: Final = tuple(course().levers)
# A launch that is well but for a few of its parts: where much is bad nothing that is left out decides.
DEVIATIONS: Final = (
    *(("check", name, verdict) for name in CHECKS for verdict in Verdict),
    *(("signals", name, level) for name in LIMITED for level in Level),
    *(("triggers", name, stage) for name in TRIGGERS for stage in Stage),
    *(("levers", name, value) for name in LEVERS for value in ("other", None)),
)


@cache
def well() -> LaunchState:
    """Everything was found to be as it should be."""
    return measured()


def with_check(state: LaunchState, name: str, change: Callable[[CheckFound], CheckFound | None]) -> LaunchState:
    """A result is another one, or (None) is not there, in every run."""
    runs = {}
    for cause, run in state.runs.items():
        found = {each: change(one) if each == name else one for each, one in run.checks.items()}
        runs[cause] = replace(run, checks={each: one for each, one in found.items() if one})
    return replace(state, runs=runs)


def deviating(state: LaunchState, what: str, name: str, value: Any) -> LaunchState:
    """One part was found to be something else."""
    match what:
        case "check":
            return with_check(state, name, lambda one: replace(one, verdict=value))
        case "signals":
            return replace(state, signals={**state.signals, name: replace(state.signals[name], level=value)})
        case "triggers":
            return replace(state, triggers={**state.triggers, name: TriggerKnown(name, TriggerState(value))})
    return replace(state, levers={**state.levers, name: replace(state.levers[name], actual=value)})


def launch(deviations: Iterable[tuple[str, str, Any]]) -> LaunchState:
    """A launch that is well but for these."""
    state = well()
    for one in deviations:
        state = deviating(state, *one)
    return state


LAUNCHES = st.lists(st.sampled_from(DEVIATIONS), max_size=3).map(launch)


def left_out(state: LaunchState, what: str, name: str) -> LaunchState:
    """The launch without one of its pieces of evidence."""
    if what == "check":
        return with_check(state, name, lambda _: None)
    if what == "runs":
        return replace(state, runs={})
    kept = {key: one for key, one in getattr(state, what).items() if key != name}
    return replace(state, **{what: kept})  # type: ignore[arg-type]


EVIDENCE = st.sampled_from(
    [
        ("runs", ""),
        *(("check", name) for name in CHECKS),
        *(("signals", name) for name in LIMITED),
        *(("looks", name) for name in TRIGGERS),
        *(("levers", name) for name in LEVERS),
    ]
)


def test_with_all_of_its_evidence_a_launch_that_is_well_is_green() -> None:
    assert overall(well(), NOW).verdict is Verdict.PASS


@settings(deadline=None)
@given(LAUNCHES, EVIDENCE)
def test_what_is_left_out_never_opens_anything(state: LaunchState, evidence: tuple[str, str]) -> None:
    assert overall(left_out(state, *evidence), NOW).verdict not in OPENS


@settings(deadline=None)
@given(LAUNCHES, st.integers(6, 2_000))
def test_what_nobody_looked_at_for_long_never_opens_anything(state: LaunchState, minutes: int) -> None:
    assert overall(state, NOW + timedelta(minutes=minutes)).verdict not in OPENS


@settings(deadline=None)
@given(LAUNCHES)
def test_it_is_never_better_than_what_was_found(state: LaunchState) -> None:
    (run,) = state.runs.values()
    required = [one.verdict for one in run.checks.values() if one.required and not one.verdict.is_tolerated]
    found = overall(state, NOW)
    assert found.verdict.rank >= worst(required or [Verdict.INCONCLUSIVE]).rank
    is_well = (
        all(state.signals[name].level in (Level.GREEN, Level.TRACKED) for name in LIMITED)
        and not any(one.state.is_active for one in state.triggers.values())
        and all(one.actual == course().levers[name].expect for name, one in state.levers.items())
    )
    assert (found.verdict is Verdict.PASS) <= is_well


@settings(deadline=None)
@given(LAUNCHES)
def test_what_keeps_it_from_green_is_named(state: LaunchState) -> None:
    found = overall(state, NOW)
    assert bool(found.why) is (found.verdict is not Verdict.PASS)


@settings(deadline=None)
@given(LAUNCHES)
def test_what_no_engine_looks_at_is_never_better_and_never_opens_anything(state: LaunchState) -> None:
    found = overall(state, NOW, is_watched=False)
    assert found.verdict not in OPENS
    assert found.verdict.rank >= overall(state, NOW).verdict.rank
