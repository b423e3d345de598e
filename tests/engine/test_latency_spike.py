"""A latency spike at T+20m, from its first slow answer to the person who resumes the launch: one run, to the minute.

The shipped launch, but that its P95 trigger begins the incident response: it stops sending alone, and there the
consumers are paused as well.
"""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import PLAYBOOK
from tests.engine.auto_com_center import MINUTE, SECOND, Launch, loaded, stage_of
from tests.engine.stage import T0
from warroom.engine.engine import Engine
from warroom.engine.requests import ConfirmStep, NoteIncident, ResumeTrigger
from warroom.slo.trigger import Stage

STEPS = ["Toggle DISABLE_SEND=true", "Pause event consumers", "Revert to last stable deployment"]


def spiking(folder: Path) -> Launch:
    """The launch, its T0 a quarter of an hour ago."""
    shipped = PLAYBOOK.read_text("utf-8")
    changed = folder / PLAYBOOK.name
    changed.write_text(shipped.replace("runs: stop_sends", "runs: incident_response"), "utf-8")
    assert changed.read_text("utf-8") != shipped
    return Launch(folder, t0=T0 - 15 * MINUTE, watch_s=0.0, playbook=loaded(path=changed))


def stages(launch: Launch, engine: Engine) -> list[str]:
    """Where the steps of the incident response stand."""
    return [one["stage"] for one in launch.run_of(engine, "incident_response-1")["steps"]]


async def until(launch: Launch, engine: Engine, stage: Stage) -> None:
    """Lets time pass until the trigger is there; half an hour at most."""
    for _ in range(360):
        if stage_of(engine, "pause_p95") is stage:
            return
        await launch.advance(5 * SECOND)
    raise AssertionError(f"it is {stage_of(engine, 'pause_p95')}")


async def test_at_20_minutes_it_is_pending_for_5_acts_once_recovers_and_waits_for_a_person(tmp_path: Path) -> None:
    launch = spiking(tmp_path)
    async with launch.engine() as engine:
        await launch.advance(5 * MINUTE)
        launch.service.takes(350.0)
        await launch.advance(10 * SECOND)
        began = engine.state.triggers["pause_p95"].state.since
        assert began is not None
        assert 20 * MINUTE < began - (T0 - 15 * MINUTE) <= 20 * MINUTE + 10 * SECOND
        await launch.advance(began + 5 * MINUTE - SECOND - launch.clock.now())
        assert (stage_of(engine, "pause_p95"), launch.service.log) == (Stage.PENDING, [])
        await launch.advance(SECOND)
        assert stage_of(engine, "pause_p95") is Stage.FIRING
        fired = launch.clock.now()
        await launch.advance(10 * SECOND)
        assert stages(launch, engine) == ["no-op", "verified", "confirm", "pending"]
        said = launch.run_of(engine, "incident_response-1")["steps"][0]["said"]
        assert said.startswith("NO-OP (no mitigation)")
        assert launch.service.log == ["POST /ops/consumers/pause"]
        assert launch.service.world.consumers == "paused"
        await engine.ask(ConfirmStep("incident_response-1", "revert"), "bob")
        await launch.advance(10 * SECOND)
        await engine.ask(NoteIncident("inc-1", "a slow query, rolled back"), "ann")
        await launch.advance(10 * SECOND)
        assert stages(launch, engine) == ["no-op", "verified", "verified", "verified"]
        launch.service.takes(45.0)
        await until(launch, engine, Stage.LATCHED)
        await launch.advance(10 * MINUTE)
        assert stage_of(engine, "pause_p95") is Stage.LATCHED, "it waits for a person"
        await engine.ask(ResumeTrigger("pause_p95", "it is fast again"), "ann")
        await launch.advance(10 * SECOND)
        assert stage_of(engine, "pause_p95") is Stage.IDLE
        assert launch.trigger(engine, "pause_p95")["number"] == 1
    assert launch.service.log == ["POST /ops/consumers/pause", "POST /ops/rollback"]
    room = launch.room
    assert room.at("trigger_fired@pause_p95#1") - fired < 2 * MINUTE
    for step in STEPS:
        assert step in room.text("trigger_fired@pause_p95#1")
    assert room.at("incident_note@inc-1") - room.at("incident_opened@inc-1") < 10 * MINUTE
    assert "a slow query, rolled back" in room.text("incident_note@inc-1")
    assert "It is LATCHED now" in room.text("trigger_resolved@pause_p95#1")
    kinds = [one.kind for one in launch.journaled("trigger.") if one.body.get("trigger") == "pause_p95"]
    assert kinds == [
        *("trigger.pending", "trigger.fired", "trigger.resolving"),
        *("trigger.latched", "trigger.resumed", "trigger.resolved"),
    ]
