"""Whether a phase may be left that names signals and triggers: only what is known to be well opens it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.engine.feeding import MINUTE, WATCHED, Feed, course
from tests.engine.stage import T0
from warroom.engine.engine import Engine
from warroom.engine.requests import CloseLaunch, ResumeTrigger
from warroom.launch.exits import holding
from warroom.launch.signals import NOT_YET
from warroom.playbook.course import Phase
from warroom.playbook.signals import TriggerPlan

SLOT = timedelta(seconds=5)
WATCH = Phase(
    "watch",
    "Watch",
    timedelta(),
    exit_signals=("errors", "p95"),
    exit_triggers=("pause_5xx", "pause_p95", "pause_queue", "data_loss"),
)
DECLARED = TriggerPlan("data_loss", "Data loss", "rollback", "confirm", declared=True)
ALL = replace(WATCHED, triggers={**WATCHED.triggers, "data_loss": DECLARED})
DUE = T0 + 6 * MINUTE


def stage_in(folder: Path) -> Feed:
    """A launch that is open for six minutes when T0 comes, and watches everything."""
    stage = Feed(folder, ALL, t0=DUE)
    stage._course = replace(course(ALL), phases=(WATCH,))
    return stage


def held(engine: Engine, stage: Feed) -> tuple[str, ...]:
    return holding(engine.state, WATCH, stage.clock.now())


async def test_it_is_open_once_everything_was_judged_and_is_well(tmp_path: Path) -> None:
    stage = stage_in(tmp_path)
    async with stage.engine() as engine:
        assert "signal errors is UNKNOWN: it was not looked at yet" in held(engine, stage)
        await stage.advance(6 * MINUTE - SLOT)
        early = ("it begins at 2025-11-01T02:06:00Z",)
        not_yet = tuple(f"trigger {name} is UNKNOWN: {NOT_YET}" for name in WATCH.exit_triggers[:3])
        assert held(engine, stage) == (*early, *not_yet)
        await stage.advance(MINUTE + SLOT)
        assert held(engine, stage) == ()
    later = stage.clock.now() + 6 * MINUTE
    assert holding(engine.state, WATCH, later) == (
        "signal errors is UNKNOWN: the last is of 2025-11-01T02:07:00Z",
        "signal p95 is UNKNOWN: the last is of 2025-11-01T02:07:00Z",
        *(
            f"trigger {name} is UNKNOWN: it was judged last at 2025-11-01T02:07:00Z"
            for name in WATCH.exit_triggers[:3]
        ),
    ), "nobody has looked since"


SPOILT: dict[str, tuple[Mapping[str, Any], timedelta, set[str]]] = {
    "a signal is YELLOW": ({"errors": 0.007}, MINUTE, {"signal errors is YELLOW: 0.7% is >= 0.5%"}),
    "a trigger fires": (
        {"errors": 0.02},
        MINUTE,
        {"signal errors is RED: 2% is >= 1%", "trigger pause_5xx is FIRING: 2% is >= 1%"},
    ),
    "a trigger is pending": (
        {"p95": 0.301},
        MINUTE,
        {"signal p95 is RED: 301ms is > 300ms", "trigger pause_p95 is PENDING: 301ms is > 300ms"},
    ),
    "a signal has no data, and its trigger is blind": (
        {"errors": "connection refused"},
        MINUTE,
        {
            "signal errors is UNKNOWN: connection refused",
            "trigger pause_5xx is BLIND: no data for longer than 15s: connection refused",
        },
    ),
    "only what a trigger needs is missing": (
        {"depth": "connection refused"},
        MINUTE,
        {"trigger pause_queue is BLIND: no data for longer than 15s: connection refused"},
    ),
    "one look in a trigger's way is missing": ({"depth": "connection refused"}, SLOT, set()),
    "what it does not name is missing": ({"jwt": "connection refused"}, MINUTE, set()),
}


@pytest.mark.parametrize(("values", "after", "reasons"), SPOILT.values(), ids=SPOILT)
async def test_what_is_not_well_or_not_known_holds_it(
    tmp_path: Path, values: Mapping[str, Any], after: timedelta, reasons: set[str]
) -> None:
    stage = stage_in(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(7 * MINUTE)
        stage.fed.values |= values
        await stage.advance(after)
        assert set(held(engine, stage)) == reasons


async def test_a_pause_holds_it_until_a_person_resumes(tmp_path: Path) -> None:
    stage = stage_in(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(7 * MINUTE)
        stage.fed.values["errors"] = 0.02
        await stage.advance(MINUTE)
        stage.fed.values["errors"] = 0.0
        await stage.advance(SLOT)
        assert held(engine, stage) == ("trigger pause_5xx is RESOLVING: 0% is not >= 1%",)
        await stage.advance(10 * MINUTE)
        assert held(engine, stage) == ("trigger pause_5xx is LATCHED: 0% is not >= 1%",)
        await engine.ask(ResumeTrigger("pause_5xx", "it is over"), "ada")
        await stage.advance(MINUTE)
        assert held(engine, stage) == ()


async def test_a_baseline_that_is_not_due_holds_it(tmp_path: Path) -> None:
    later = {"depth": replace(WATCHED.baselines["depth"], at=10 * MINUTE)}
    stage = stage_in(tmp_path)
    stage._course = replace(stage._course, watched=replace(ALL, baselines=later))
    async with stage.engine() as engine:
        await stage.advance(7 * MINUTE)
        due = "baseline.depth: it is captured at T+10m, 2025-11-01T02:16:00Z"
        assert held(engine, stage) == (f"trigger pause_queue is UNKNOWN: {due}",)


async def test_of_a_closed_launch_it_is_told_as_it_stood(tmp_path: Path) -> None:
    stage = stage_in(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(7 * MINUTE)
        stage.fed.values["errors"] = 0.02
        await stage.advance(2 * MINUTE)
        await engine.ask(CloseLaunch("enough"), "ada")
        days_later = stage.clock.now() + timedelta(days=3)
        assert holding(engine.state, WATCH, days_later) == (
            "signal errors is RED: 2% is >= 1%",
            "trigger pause_5xx is FIRING: 2% is >= 1%",
        )


async def test_a_launch_closes_by_itself_once_its_signals_and_triggers_are_well(tmp_path: Path) -> None:
    stage = stage_in(tmp_path)
    stage._course = replace(stage._course, updates={}, phases=(replace(WATCH, ends=20 * MINUTE),))
    async with stage.engine() as engine:
        await stage.advance(20 * MINUTE)
        stage.fed.values["errors"] = 0.007
        await stage.advance(10 * MINUTE)
        assert engine.state.closed is None
        stage.fed.values["errors"] = 0.0
        await stage.advance(2 * MINUTE)
        assert engine.state.closed is not None
        assert engine.state.closed.held == ()
