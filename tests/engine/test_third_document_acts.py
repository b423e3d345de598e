"""What the third document does when it goes wrong, row by row, and who is told: the shipped launch, to the minute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.engine.auto_com_center import HOUR, MINUTE, SECOND, Launch, stage_of
from tests.engine.stage import T0
from warroom.clock import stamp
from warroom.engine import signal_watch
from warroom.engine.engine import Engine
from warroom.engine.requests import ConfirmStep, NoteIncident, OpenIncident, ResolveIncident, SetT0
from warroom.slo.trigger import Stage

SETTLES = 6 * MINUTE
"""After so long the windows of five minutes hold nothing but what is so now."""


def steps_of(launch: Launch, engine: Engine, run: str) -> list[tuple[str, str]]:
    """The steps of a run and where they stand, in their order."""
    return [(one["text"], one["stage"]) for one in launch.run_of(engine, run)["steps"]]


@pytest.mark.covers("S3-R01")
async def test_5xx_of_1_percent_over_5_minutes_set_the_switch_and_pause_the_consumers(tmp_path: Path) -> None:
    launch = Launch(tmp_path)
    launch.service.behave(errors_5xx=0.01)
    async with launch.engine() as engine:
        # What is known of less than four fifths of the five minutes decides nothing.
        await launch.advance(4 * MINUTE - 15 * SECOND)
        assert stage_of(engine, "pause_5xx") is Stage.IDLE
        await launch.advance(30 * SECOND)
        assert launch.trigger(engine, "pause_5xx")["value"] == 0.01
        assert steps_of(launch, engine, "pause_sends-1") == [
            ("Toggle DISABLE_SEND=true", "no-op"),
            ("Pause event consumers", "verified"),
        ]
        drafted = launch.draft(engine, "trigger_fired@pause_5xx#1")
    assert "Runs: pause_sends: 1. Toggle DISABLE_SEND=true; 2. Pause event consumers" in drafted
    assert "5xx errors: 1% (it fires when >= 1%, at once)" in drafted
    assert launch.room.text("trigger_fired@pause_5xx#1") == drafted
    assert launch.service.log == ["POST /ops/consumers/pause"]
    assert launch.service.world.consumers == "paused"


@pytest.mark.covers("S3-R02")
async def test_jwt_failures_of_2_percent_pause_ingestion_and_a_person_confirms_the_revert(tmp_path: Path) -> None:
    launch = Launch(tmp_path)
    launch.service.behave(jwt_failures=0.019)
    async with launch.engine() as engine:
        await launch.advance(SETTLES)
        assert stage_of(engine, "pause_jwt") is Stage.IDLE
        launch.service.behave(jwt_failures=0.02)
        await launch.advance(SETTLES)
        assert stage_of(engine, "pause_jwt") is Stage.FIRING
        assert steps_of(launch, engine, "pause_ingestion-1") == [
            ("Pause event ingestion", "verified"),
            ("Revert to last stable deployment", "confirm"),
        ]
        # While ingestion is paused events are answered 503, so the trigger on 5xx may act as well.
        assert launch.service.log[0] == "POST /ops/ingestion/pause"
        assert "POST /ops/rollback" not in launch.service.log
        drafted = launch.draft(engine, "trigger_fired@pause_jwt#1")
        await engine.ask(ConfirmStep("pause_ingestion-1"), "bob")
        await launch.advance(10 * SECOND)
        assert steps_of(launch, engine, "pause_ingestion-1")[1][1] == "verified"
    assert "Runs: pause_ingestion: 1. Pause event ingestion; 2. Revert to last stable deployment" in drafted
    assert launch.room.text("trigger_fired@pause_jwt#1") == drafted
    assert launch.service.log[-1] == "POST /ops/rollback"
    assert launch.service.world.deployment.build_id == "auto-com-center-2.6.4-r112"


@pytest.mark.covers("S3-R03", "S3-B02")
async def test_over_twice_its_captured_baseline_the_queue_is_pending_for_9_min_59_s_and_fires_at_10(
    tmp_path: Path,
) -> None:
    launch = Launch(tmp_path, t0=None)
    async with launch.engine() as engine:
        await launch.advance(SETTLES)
        await engine.ask(SetT0(), "ada")
        at = launch.clock.now() + 5 * MINUTE
        await launch.advance(MINUTE)
        early = launch.trigger(engine, "pause_queue")
        assert (early["stage"], "it is captured at T+5m" in early["reason"]) == ("unknown", True)
        await launch.advance(5 * MINUTE)
        (captured,) = launch.shown(engine)["baselines"]
        assert (captured["id"], captured["value"], captured["over_s"]) == ("queue_depth", 3.0, 300.0)
        assert captured["at"].startswith(f"{at:%Y-%m-%dT%H:%M:}")
        launch.service.waits(6)
        await launch.advance(MINUTE)
        assert stage_of(engine, "pause_queue") is Stage.IDLE
        launch.service.waits(7)
        await launch.advance(5 * SECOND)
        assert stage_of(engine, "pause_queue") is Stage.PENDING
        await launch.advance(10 * MINUTE - SECOND)
        assert stage_of(engine, "pause_queue") is Stage.PENDING
        assert launch.service.log == []
        await launch.advance(SECOND)
        assert stage_of(engine, "pause_queue") is Stage.FIRING
        await launch.advance(10 * SECOND)
        assert steps_of(launch, engine, "pause_consumers-1") == [
            ("Pause event consumers", "verified"),
            ("Investigate why the queue grows", "to do"),
        ]
    assert "Runs: pause_consumers: 1. Pause event consumers; 2. Inve" in launch.room.text(
        "trigger_fired@pause_queue#1"
    )


@pytest.mark.covers("S3-R03", "S3-B02")
async def test_without_its_baseline_the_queue_is_visibly_unknown_and_never_fires(tmp_path: Path) -> None:
    launch = Launch(tmp_path, t0=T0 - 3 * MINUTE, watch_s=15.0)
    launch.service.waits(1_000)
    async with launch.engine() as engine:
        await launch.advance(30 * MINUTE)
        shown = launch.trigger(engine, "pause_queue")
        assert (shown["stage"], shown["blind"], shown["number"]) == ("blind", True, 0)
        (missing,) = launch.shown(engine)["baselines"]
        assert (missing["value"], "values of 60 in the 5m before" in missing["reason"]) == (None, True)
    told = launch.room.text("trigger_blind@pause_queue.blind-1")
    assert "is BLIND since" in told
    assert "nothing is GREEN for it" in told
    assert "baseline.queue_depth: only 23 values of 60 in the 5m before" in told


@pytest.mark.covers("S3-R04")
async def test_p95_of_301_ms_is_pending_for_4_min_59_s_and_fires_at_5(tmp_path: Path) -> None:
    launch = Launch(tmp_path, t0=T0 - 15 * MINUTE, watch_s=0.0)
    async with launch.engine() as engine:
        await launch.advance(5 * MINUTE)
        assert launch.clock.now() == T0 + 5 * MINUTE, "20 minutes after its T0"
        launch.service.takes(301.0)
        await launch.advance(10 * SECOND)
        began = engine.state.triggers["pause_p95"].state.since
        assert began is not None
        await launch.advance(began + 5 * MINUTE - SECOND - launch.clock.now())
        assert stage_of(engine, "pause_p95") is Stage.PENDING
        assert launch.trigger(engine, "pause_p95")["fires_at"] == stamp(began + 5 * MINUTE)
        await launch.advance(SECOND)
        assert stage_of(engine, "pause_p95") is Stage.FIRING
        await launch.advance(5 * SECOND)
        assert steps_of(launch, engine, "stop_sends-1") == [
            ("Toggle DISABLE_SEND=true", "no-op"),
            ("Investigate the latency", "to do"),
        ]
    told = launch.room.text("trigger_fired@pause_p95#1")
    assert "Runs: stop_sends: 1. Toggle DISABLE_SEND=true; 2. Investigate the latency" in told


BREAKS: Mapping[str, Callable[[Launch], object]] = {
    "pause_5xx": lambda launch: launch.service.behave(errors_5xx=0.02),
    "pause_jwt": lambda launch: launch.service.behave(jwt_failures=0.03),
    "pause_queue": lambda launch: launch.service.behave(queue_growing=True),
    "pause_p95": lambda launch: launch.service.takes(350.0),
}
"""What makes each trigger fire, and no other of them first."""

PAUSED = {
    "pause_5xx": ("running", "paused"),
    "pause_jwt": ("paused", "running"),
    "pause_queue": ("running", "paused"),
    "pause_p95": ("running", "running"),
}
"""Ingestion and consumers afterwards. That nothing is sent is what stops at 300 ms: the kill switch is on already."""


@pytest.mark.covers("S3-R05")
@pytest.mark.parametrize("trigger", BREAKS)
async def test_each_of_the_four_alone_pauses_at_once(trigger: str, tmp_path: Path) -> None:
    launch = Launch(tmp_path, t0=None)
    async with launch.engine() as engine:
        await launch.advance(SETTLES)
        await engine.ask(SetT0(), "ada")
        await launch.advance(MINUTE)
        BREAKS[trigger](launch)
        waited = 0
        while stage_of(engine, trigger) is not Stage.FIRING:
            waited += 1
            assert waited < 200, "it never fires"
            await launch.advance(5 * SECOND)
        assert [one.body["trigger"] for one in launch.journaled("trigger.fired")] == [trigger]
        await launch.advance(5 * SECOND)
        world = launch.service.world
        assert (world.ingestion, world.consumers) == PAUSED[trigger]
        assert world.levers["DISABLE_SEND"] == "true"
        (begun,) = launch.journaled("procedure.started")
        assert begun.body["cause"] == f"{trigger}#1"
        fired = engine.state.triggers[trigger].state.fired_at
        assert fired is not None
        assert launch.room.at(f"trigger_fired@{trigger}#1") - fired < 5 * SECOND


@pytest.mark.covers("S3-R05", "S3-I01")
async def test_a_kill_switch_that_is_off_opens_the_incident_response_which_people_see_through(tmp_path: Path) -> None:
    launch = Launch(tmp_path)
    async with launch.engine() as engine:
        await launch.advance(2 * MINUTE)
        launch.service.behave(levers={"DISABLE_SEND": "false"})
        off = launch.clock.now()
        await launch.advance(30 * SECOND)
        for slot in ("trigger_fired@kill_switch_off#1", "incident_opened@inc-1"):
            assert launch.room.at(slot) - off <= 20 * SECOND
        assert steps_of(launch, engine, "incident_response-1") == [
            ("Toggle DISABLE_SEND=true", "verified"),
            ("Pause event consumers", "verified"),
            ("Revert to last stable deployment", "confirm"),
            ("Post incident note in war-room within 10 minutes", "pending"),
        ]
        told = launch.room.text("trigger_fired@kill_switch_off#1")
        assert "DISABLE_SEND: false (it fires when DISABLE_SEND is not as expected, at once)" in told
        assert launch.suites.ran == [("no_sends",)], "that nothing leaves any more is tried"
        await engine.ask(ConfirmStep("incident_response-1", "revert"), "bob")
        await launch.advance(10 * SECOND)
        run = launch.run_of(engine, "incident_response-1")
        opened = engine.state.incidents["inc-1"].opened_at
        assert run["waits_for"]["what"] == "note"
        assert run["waits_for"]["until"].startswith(f"{opened + 10 * MINUTE:%Y-%m-%dT%H:%M:%S}")
        await engine.ask(NoteIncident("inc-1", "somebody turned it off; nothing was sent"), "ann")
        await launch.advance(10 * SECOND)
        run = launch.run_of(engine, "incident_response-1")
        assert (run["stage"], run["outcome"], run["waits_for"]) == ("finished", "done", None)
        said_of = [one["said"] for one in run["steps"]]
    assert launch.service.log == ["PUT /ops/levers/DISABLE_SEND", "POST /ops/consumers/pause", "POST /ops/rollback"]
    assert launch.service.world.levers["DISABLE_SEND"] == "true"
    # Each with its time and who did it.
    for said, by in zip(said_of, ("(engine)", "(engine)", "(engine, confirmed by bob)", "(ann)"), strict=True):
        assert said.startswith("VERIFIED 02:02:"), said
        assert said.endswith(by), said
    assert "somebody turned it off" in launch.room.text("incident_note@inc-1")


# --- who is told


@pytest.mark.covers("S3-W03")
async def test_six_hourly_posts_tell_signals_queue_and_issues_and_none_comes_again_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing here depends on seconds: signals are judged each minute.
    monkeypatch.setattr(signal_watch, "SLOWEST_S", 60.0)
    launch = Launch(tmp_path, watch_s=60.0)
    async with launch.engine(tick_s=60.0) as engine:
        await launch.advance(2 * HOUR + 5 * MINUTE)
        await engine.ask(OpenIncident("a template is slow"), "ada")
        await launch.advance(25 * MINUTE)
    async with launch.engine(kill=True, tick_s=60.0):
        await launch.advance(2 * HOUR)
    async with launch.engine(tick_s=60.0):
        await launch.advance(3 * HOUR)
    hourly = launch.room.slots("hourly@T+")
    assert hourly == [f"hourly@T+{hour}h" for hour in range(1, 7)]
    for hour, slot in enumerate(hourly, 1):
        assert (launch.room.at(slot) - T0 - hour * HOUR) < 5 * SECOND
        text = launch.room.text(slot)
        for title in ("Uptime: 100%", "5xx errors: 0%", "P95 latency: ", "Auth success: 100%", "DLQ ratio: 0%"):
            assert f"GREEN {title}" in text, text
        assert "GREEN Queue depth: 3 messages" in text
        assert "a template is slow" in text if hour > 2 else "Incidents: none" in text


@pytest.mark.covers("S3-W05")
async def test_each_breach_and_incident_is_told_at_once_and_once_and_so_is_its_end(tmp_path: Path) -> None:
    launch = Launch(tmp_path)
    async with launch.engine() as engine:
        await launch.advance(5 * MINUTE)
        # Over the objective, under what pauses: nothing acts, and all the same it is told.
        launch.service.takes(121.0)
        began = launch.clock.now()
        await launch.advance(20 * MINUTE)
        assert launch.room.slots("p95") == ["breach@p95#1"]
        # As soon as two samples of the last minute are over the limit the 95th percentile is.
        assert launch.room.at("breach@p95#1") - began <= 20 * SECOND
        launch.service.takes(40.0)
        await launch.advance(3 * MINUTE)
        assert launch.room.slots("p95") == ["breach@p95#1", "breach_over@p95#1"]
        launch.service.takes(350.0)
        await launch.advance(8 * MINUTE)
        assert launch.room.slots("p95")[2:] == ["breach@p95#2", "trigger_fired@pause_p95#1"]
        launch.service.takes(40.0)
        await launch.advance(8 * MINUTE)
        told = launch.room.slots("p95")[4:]
        assert told == ["breach_over@p95#2", "trigger_resolved@pause_p95#1"]
        await engine.ask(OpenIncident("mails come twice"), "ada")
        await launch.advance(5 * SECOND)
        assert launch.room.slots("incident") == ["incident_opened@inc-1"]
        await engine.ask(ResolveIncident("inc-1", "a retry too many"), "ada")
        await launch.advance(MINUTE)
        ends = [slot for slot in launch.room.slots("incident") if "resolved" in slot]
        assert ends == ["incident_resolved@inc-1"]
