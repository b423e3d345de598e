"""Triggers that are held against a baseline: before it is due, once it is there, and without it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.engine.feeding import CALM, EVERY_S, MINUTE, WATCHED, Feed, entries, stage_of
from warroom.engine.engine import Engine
from warroom.engine.requests import SetT0
from warroom.engine.view import state_json
from warroom.slo.trigger import Stage

SECOND = timedelta(seconds=1)
SLOT = timedelta(seconds=EVERY_S)


async def test_the_queue_fires_over_twice_its_baseline_after_ten_minutes(tmp_path: Path) -> None:
    stage = Feed(tmp_path, t0=None)
    async with stage.engine() as engine:
        await stage.advance(6 * MINUTE)
        await engine.ask(SetT0(), "ada")
        await stage.advance(MINUTE)
        captured = engine.state.baselines["depth"].baseline
        assert (captured.value, captured.n, captured.over) == (10.0, 60, 5 * MINUTE)
        stage.fed.values["depth"] = 20.0
        await stage.advance(15 * MINUTE)
        assert stage_of(engine, "pause_queue") is Stage.IDLE
        stage.fed.values["depth"] = 20.5
        await stage.advance(SLOT)
        assert stage_of(engine, "pause_queue") is Stage.PENDING
        await stage.advance(10 * MINUTE - SECOND)
        assert stage_of(engine, "pause_queue") is Stage.PENDING
        await stage.advance(SECOND)
        assert stage_of(engine, "pause_queue") is Stage.FIRING


LATER = replace(WATCHED, baselines={"depth": replace(WATCHED.baselines["depth"], at=10 * MINUTE)})


def shown(engine: Engine, stage: Feed, trigger: str) -> tuple[str, str]:
    """The stage that is shown of a trigger, and why."""
    found = state_json(engine.state, stage.clock.now(), live=engine.signals.live())
    return next((one["stage"], one["reason"]) for one in found["triggers"] if one["id"] == trigger)


async def test_while_its_baseline_is_not_due_a_trigger_is_unknown_and_nobody_is_told(tmp_path: Path) -> None:
    stage = Feed(tmp_path, LATER)
    async with stage.engine() as engine:
        await stage.advance(10 * MINUTE - SLOT)
        due = "baseline.depth: it is captured at T+10m, 2025-11-01T02:10:00Z"
        assert shown(engine, stage, "pause_queue") == ("unknown", due)
        assert shown(engine, stage, "pause_5xx") == ("idle", "")
        await stage.advance(MINUTE)
        assert shown(engine, stage, "pause_queue") == ("idle", "")
    assert (entries(stage, "trigger.blind"), stage.told_posts()) == ([], [])
    [captured] = entries(stage, "baseline.captured")
    assert captured.body["value"] == CALM["depth"]


async def test_once_that_time_passed_without_a_value_it_is_blind_and_that_is_told(tmp_path: Path) -> None:
    longer = replace(LATER.baselines["depth"], over=20 * MINUTE)
    stage = Feed(tmp_path, replace(LATER, baselines={"depth": longer}))
    async with stage.engine() as engine:
        await stage.advance(10 * MINUTE - SLOT)
        assert shown(engine, stage, "pause_queue")[0] == "unknown"
        await stage.advance(MINUTE)
        stands, why = shown(engine, stage, "pause_queue")
    assert stands == "blind"
    assert why == "no data for longer than 15s: baseline.depth: only 119 values of 240 in the 20m before"
    assert stage.told_posts() == ["blind@pause_queue.blind-1"]


async def test_a_dead_source_is_told_also_while_the_baseline_is_not_due(tmp_path: Path) -> None:
    stage = Feed(tmp_path, LATER)
    stage.fed.values["depth"] = "nothing listens there"
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        assert shown(engine, stage, "pause_queue")[0] == "blind"
    assert stage.told_posts() == ["blind@pause_queue.blind-1"]


async def test_without_its_baseline_a_trigger_is_visibly_unknown_and_never_fires(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    stage.fed.values["depth"] = 1_000.0
    async with stage.engine() as engine:
        await stage.advance(30 * MINUTE)
        known = engine.state.triggers["pause_queue"]
        assert (known.state.stage, known.state.shown) == (Stage.IDLE, "blind")
        assert "baseline.depth: only 0 values of 60 in the 5m before" in known.reason
    [captured] = entries(stage, "baseline.captured")
    assert (captured.body["value"], captured.body["n"]) == (None, 0)
    assert stage.told_posts() == ["blind@pause_queue.blind-1"]
