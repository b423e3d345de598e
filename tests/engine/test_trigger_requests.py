"""What people do about triggers, signals that they measure, and baselines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.engine.feeding import MINUTE, WATCHED, Feed, entries, signal, trigger
from tests.engine.stage import T0
from warroom.engine.engine import Engine
from warroom.engine.requests import (
    AckTrigger,
    CaptureBaseline,
    DeclareTrigger,
    GiveSignal,
    Request,
    ResumeTrigger,
    ScrubT0,
    SetT0,
    SnoozeTrigger,
)
from warroom.engine.view import state_json
from warroom.errors import UsageError
from warroom.playbook.signals import BaselinePlan, SourceInfo, TriggerPlan
from warroom.report.launch_lines import log_line
from warroom.slo.levels import Level
from warroom.slo.manual import ManualSource
from warroom.slo.source_spec import ManualSpec, StopwatchSpec
from warroom.slo.stopwatch import StopwatchSource
from warroom.slo.trigger import Stage

HOUR = timedelta(hours=1)
PEOPLE = replace(
    WATCHED,
    sources={
        **WATCHED.sources,
        "people": SourceInfo("people", "manual", "People", timedelta(seconds=5)),
        "watch": SourceInfo("watch", "stopwatch", "Watch", timedelta(seconds=1)),
    },
    signals={
        **WATCHED.signals,
        "calls": replace(signal("calls", "%", "> 10%"), source="people", window=timedelta()),
        "revert": replace(signal("revert", "s", "> 120s"), source="watch", window=timedelta()),
    },
    baselines={**WATCHED.baselines, "fixed": BaselinePlan("fixed", 12.0)},
    triggers={
        **WATCHED.triggers,
        "loss": TriggerPlan("loss", "Data loss", "rollback", "confirm", declared=True),
        "notice": trigger("notice", "jwt", "> 1%", severity="notify"),
        "soft": trigger("soft", "errors", ">= 50%", resume=WATCHED.signals["errors"].warn),
    },
)


def standing(engine: Engine, trigger: str) -> Stage:
    return engine.state.triggers[trigger].state.stage


def level(engine: Engine, signal: str) -> Level:
    return engine.state.signals[signal].level


def launch(folder: Path, **more: Any) -> Feed:
    stage = Feed(folder, PEOPLE, **more)
    people, watch = ManualSource(ManualSpec(id="people", ttl_s=600)), StopwatchSource(StopwatchSpec(id="watch"))
    stage.sources = {"app": stage.fed, "people": people, "watch": watch}
    return stage


async def test_a_pause_is_taken_care_of_and_resumed_by_people_when_its_condition_is_gone(tmp_path: Path) -> None:
    stage = launch(tmp_path)
    async with stage.engine() as engine:
        stage.fed.values["errors"] = 0.02
        await stage.advance(MINUTE)
        await engine.ask(AckTrigger("pause_5xx", "on it", HOUR), "ada")
        found = state_json(engine.state, stage.clock.now())["triggers"][0]
        assert (found["acked"]["by"], found["acked"]["reason"]) == ("ada", "on it")
        assert found["acked"]["until"] == "2025-11-01T03:01:00.000Z"
        with pytest.raises(UsageError, match="is firing: its condition has to be gone first"):
            await engine.ask(ResumeTrigger("pause_5xx", "done"), "ada")
        stage.fed.values["errors"] = 0.0
        await stage.advance(MINUTE)
        assert standing(engine, "pause_5xx") is Stage.LATCHED
        await engine.ask(ResumeTrigger("pause_5xx#1", "rolled back"), "bob")
        found = state_json(engine.state, stage.clock.now(), live=engine.signals.live())["triggers"][0]
        assert (found["id"], found["stage"]) == ("pause_5xx", "idle"), "whoever asks at once is told so"
        await stage.advance(MINUTE)
        known = engine.state.triggers["pause_5xx"]
        assert (known.state.stage, known.state.number, known.acked) == (Stage.IDLE, 1, None)
        stage.fed.values["errors"] = 0.02
        await stage.advance(MINUTE)
        assert engine.state.triggers["pause_5xx"].state.number == 2
    assert [post for post in stage.told_posts() if "pause_5xx" in post] == [
        "fired@pause_5xx#1",
        "over@pause_5xx#1",
        "fired@pause_5xx#2",
    ]
    assert {entry.actor for entry in stage.told if entry.kind == "trigger.resumed"} == {"bob"}


SLIPPED = [
    pytest.param(SetT0(T0 + 3 * HOUR, "the pipeline is late"), id="slipped"),
    pytest.param(ScrubT0("not today"), id="scrubbed"),
]


@pytest.mark.parametrize("change", SLIPPED)
async def test_when_t0_is_moved_away_what_fires_ends_by_its_data_and_nothing_new_begins(
    change: SetT0 | ScrubT0, tmp_path: Path
) -> None:
    stage = launch(tmp_path)
    async with stage.engine() as engine:
        stage.fed.values |= {"errors": 0.02, "p95": 0.4}
        await stage.advance(2 * MINUTE)
        assert (standing(engine, "pause_5xx"), standing(engine, "pause_p95")) == (Stage.FIRING, Stage.PENDING)
        await engine.ask(change, "ada")
        await stage.advance(10 * MINUTE)
        assert (standing(engine, "pause_5xx"), standing(engine, "pause_p95")) == (Stage.FIRING, Stage.IDLE)
        (reset,) = entries(stage, "trigger.reset", "pause_p95")
        assert reset.body["reason"] == "T0 lies ahead again, and it is judged from then on"
        stage.fed.values |= {"errors": 0.0, "jwt": 0.5}
        await stage.advance(MINUTE)
        assert standing(engine, "pause_5xx") is Stage.LATCHED
        await engine.ask(ResumeTrigger("pause_5xx", "rolled back"), "bob")
        stage.fed.values["errors"] = 0.02
        await stage.advance(20 * MINUTE)
        assert standing(engine, "pause_5xx") is Stage.IDLE
        assert len(entries(stage, "trigger.fired")) == 1


@pytest.mark.parametrize("change", SLIPPED)
async def test_while_t0_lies_ahead_a_person_may_end_what_nothing_can_decide(
    change: SetT0 | ScrubT0, tmp_path: Path
) -> None:
    stage = launch(tmp_path, t0=T0 + 6 * MINUTE)
    async with stage.engine() as engine:
        await stage.advance(12 * MINUTE)
        stage.fed.values["depth"] = 30.0
        await stage.advance(12 * MINUTE)
        assert standing(engine, "pause_queue") is Stage.FIRING
        await engine.ask(change, "ada")
        stage.fed.values["depth"] = 10.0
        await stage.advance(20 * MINUTE)
        # Its baseline is that of another T0.
        assert standing(engine, "pause_queue") is Stage.FIRING
        await engine.ask(ResumeTrigger("pause_queue", "the launch is off"), "bob")
        await stage.advance(MINUTE)
        assert standing(engine, "pause_queue") is Stage.IDLE


async def test_a_condition_can_resume_in_the_place_of_a_person(tmp_path: Path) -> None:
    stage = launch(tmp_path)
    stage.fed.values["errors"] = 0.6
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        stage.fed.values["errors"] = 0.3
        await stage.advance(MINUTE)
        assert standing(engine, "soft") is Stage.IDLE
        assert engine.state.triggers["soft"].reason.startswith(">= 0.5%: ")


async def test_only_a_person_fires_and_ends_what_is_declared(tmp_path: Path) -> None:
    stage = launch(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        await engine.ask(DeclareTrigger("loss", "orders are gone"), "ada")
        await stage.advance(MINUTE)
        assert standing(engine, "loss") is Stage.FIRING
        with pytest.raises(UsageError, match="loss fires already"):
            await engine.ask(DeclareTrigger("loss", "again"), "ada")
    async with stage.engine() as engine:
        await stage.advance(HOUR)
        assert standing(engine, "loss") is Stage.FIRING
        await engine.ask(ResumeTrigger("loss", "restored"), "ada")
        await stage.advance(MINUTE)
        assert standing(engine, "loss") is Stage.IDLE
    assert [post for post in stage.told_posts() if "loss" in post] == ["fired@loss#1", "over@loss#1"]


async def test_who_takes_care_and_who_wants_to_hear_nothing_is_shown_until_that_is_over(tmp_path: Path) -> None:
    stage = launch(tmp_path)
    async with stage.engine() as engine:
        stage.fed.values["errors"] = 0.02
        await stage.advance(MINUTE)
        await engine.ask(AckTrigger("pause_5xx", "on it", HOUR), "ada")
        await engine.ask(SnoozeTrigger("pause_5xx", "a planned test", 2 * HOUR), "bob")

        def said() -> list[str | None]:
            now, live = stage.clock.now(), engine.signals.live()
            shown = next(one for one in state_json(engine.state, now, live=live)["triggers"] if one["number"])
            return [one and one["by"] for one in (shown["acked"], shown["snoozed"])]

        assert said() == ["ada", "bob"]
        await stage.advance(HOUR)
        assert said() == [None, "bob"]
        await stage.advance(HOUR)
        assert said() == [None, None]


async def fired_while_snoozed(stage: Feed, engine: Engine, after: timedelta) -> None:
    """The trigger on 5xx is snoozed for an hour, and fires meanwhile."""
    await stage.advance(MINUTE)
    await engine.ask(SnoozeTrigger("pause_5xx", "a planned test", HOUR), "ada")
    stage.fed.values["errors"] = 0.02
    await stage.advance(after)
    assert standing(engine, "pause_5xx") is Stage.FIRING


async def test_a_snoozed_trigger_acts_and_is_told_later(tmp_path: Path) -> None:
    stage = launch(tmp_path)
    async with stage.engine() as engine:
        await fired_while_snoozed(stage, engine, 30 * MINUTE)
        assert "fired@pause_5xx#1" not in stage.told_posts()
        await stage.advance(32 * MINUTE)
    assert "fired@pause_5xx#1" in stage.told_posts()


async def test_a_snooze_that_is_ended_has_what_fires_told_at_once(tmp_path: Path) -> None:
    stage = launch(tmp_path)
    async with stage.engine() as engine:
        await fired_while_snoozed(stage, engine, 10 * MINUTE)
        await engine.ask(SnoozeTrigger("pause_5xx", "it is no test", timedelta()), "bob")
        await stage.advance(timedelta(seconds=5))
        assert "fired@pause_5xx#1" in stage.told_posts()
    said = [line.text for one in entries(stage, "trigger.snoozed") if (line := log_line(one))]
    assert said[1] == "trigger pause_5xx is snoozed no more: it is no test"


async def test_what_people_give_is_a_signal_as_long_as_it_is_good_and_after_a_restart(tmp_path: Path) -> None:
    stage = launch(tmp_path)
    async with stage.engine(kill=True) as engine:
        await stage.advance(MINUTE)
        assert level(engine, "calls") is Level.UNKNOWN
        await engine.ask(GiveSignal("calls", "12.5 %"), "ada")
        await engine.ask(GiveSignal("revert", "start"), "ada")
        await stage.advance(MINUTE)
        assert engine.state.signals["calls"].value == 0.125
    stage.sources = {**launch(tmp_path).sources, "app": stage.fed}
    async with stage.engine() as engine:
        await stage.advance(2 * MINUTE)
        assert engine.state.signals["calls"].value == 0.125
        assert level(engine, "calls") is Level.YELLOW
        assert level(engine, "revert") is Level.YELLOW
        await engine.ask(GiveSignal("revert", "stop"), "bob")
        await stage.advance(20 * MINUTE)
        assert engine.state.signals["revert"].value == 180.0
        assert level(engine, "calls") is Level.UNKNOWN


async def test_a_person_can_capture_a_baseline_that_stands_from_then_on(tmp_path: Path) -> None:
    stage = launch(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(6 * MINUTE)
        assert engine.state.baselines["depth"].baseline.value is None
        await engine.ask(CaptureBaseline("depth", "started a minute before T0"), "ada")
        await stage.advance(MINUTE)
        known = engine.state.baselines["depth"]
        assert (known.baseline.value, known.by, known.asked) == (10.0, "ada", "")
        assert engine.state.triggers["pause_queue"].state.blind is False
        stage.fed.values["depth"] = 40.0
        await stage.advance(6 * MINUTE)
        await engine.ask(CaptureBaseline("depth", "once more"), "ada")
        await stage.advance(MINUTE)
        assert engine.state.baselines["depth"].baseline.value == 40.0


async def test_a_capture_of_a_person_that_fails_takes_nothing_away(tmp_path: Path) -> None:
    stage = launch(tmp_path, t0=T0 + 6 * MINUTE)
    async with stage.engine() as engine:
        # Too early: nobody has looked for five minutes yet. The capture of T0 is made all the same.
        await engine.ask(CaptureBaseline("depth", "too early"), "ada")
        await stage.advance(MINUTE)
        known = engine.state.baselines["depth"]
        assert (known.baseline.value, known.baseline.reason[:14], known.asked) == (None, "only 0 values ", "")
        await stage.advance(6 * MINUTE)
        assert engine.state.baselines["depth"].baseline.value == 10.0
        stage.fed.values["depth"] = "the target is gone"
        await engine.ask(CaptureBaseline("depth", "once more"), "ada")
        await stage.advance(10 * MINUTE)
        await engine.ask(CaptureBaseline("depth", "again"), "ada")
        await stage.advance(MINUTE)
        known = engine.state.baselines["depth"]
        assert (known.baseline.value, known.asked) == (10.0, "")


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        pytest.param(AckTrigger("pause_5xx", "x"), "pause_5xx does not fire: it is idle", id="nothing fires"),
        pytest.param(AckTrigger("pause_5x", "x"), "there is no trigger 'pause_5x'", id="a slip of the pen"),
        pytest.param(SnoozeTrigger("pause_5xx", "x", timedelta()), "is not snoozed", id="the end of no snooze"),
        pytest.param(SnoozeTrigger("pause_5xx", "x", 169 * HOUR), "at most 7 days", id="for ever"),
        pytest.param(SnoozeTrigger("pause_5xx", " ", HOUR), "a reason is needed", id="no reason"),
        pytest.param(ResumeTrigger("pause_5xx", "x"), "is idle: nothing is paused", id="nothing to resume"),
        pytest.param(DeclareTrigger("pause_5xx", "x"), "is measured, nobody declares it", id="what is measured"),
        pytest.param(GiveSignal("errors", "1"), "is measured: it comes from app", id="a measured signal"),
        pytest.param(GiveSignal("calls", "many"), "'many' is not a number in %", id="no number"),
        pytest.param(GiveSignal("calls", "NaN"), "'NaN' is not a number in %", id="not a number"),
        pytest.param(GiveSignal("revert", "stop"), "revert does not run", id="a watch that does not run"),
        pytest.param(GiveSignal("revert", "5"), "a stopwatch takes start or stop", id="a number for a watch"),
        pytest.param(CaptureBaseline("fixed", "x"), "stands in the playbook", id="a baseline that is stated"),
        pytest.param(CaptureBaseline("dept", "x"), "there is no baseline 'dept'", id="no such baseline"),
    ],
)
async def test_what_makes_no_sense_is_refused(request_: Request, says: str, tmp_path: Path) -> None:
    stage = launch(tmp_path)
    async with stage.engine() as engine:
        with pytest.raises(UsageError, match=says):
            await engine.ask(request_, "ada")
        assert not [entry for entry in stage.told if entry.actor == "ada"]
