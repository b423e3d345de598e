"""A launch that acts when it goes wrong, with a real engine process: what it did stands in its journal, in what the
console is told, and in the logs of the service and of Slack.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.attaching import WarRoom
from tests.cli.launching import Desk, EngineProcess, ago
from tests.cli.running import PLAYBOOK, warroom
from tests.cli.test_run_slack import wait_until
from warroom.adapters.asking import user_name
from warroom.client.engine_socket import ask
from warroom.simulator import SimulatorProcess

# The shipped playbook on the scale of a test: the median for the 95th percentile, so that only the service decides
# how fast it is, and the incident response for the stop of sends alone.
FASTER = (
    ("path: /metrics\n    every: 5s", "path: /metrics\n    every: 1s"),
    ("every: 2s, limit: 2s", "every: 0.5s, limit: 0.5s"),
    ("latency: {p: 95}\n    window: 1m", "latency: {p: 50}\n    window: 4s"),
    ("for: 5m", "for: 2s"),
    ("runs: stop_sends", "runs: incident_response"),
    ("timeout: 3m, every: 2m30s", "timeout: 2s, every: 1s"),
)


ON_SCREEN = (
    "FIRING for",
    "P95 latency  pause_p95 FIRING",
    "Incident inc-1 is open, a note is owed in",
    "Incident response: Revert to last stable deployment (r confirms it",
)
"""What the console shows while it waits for people."""


def faster(folder: Path) -> Path:
    """The playbook of which minutes are seconds."""
    text = PLAYBOOK.read_text("utf-8")
    for shipped, here in FASTER:
        assert text.count(shipped) == 1, shipped
        text = text.replace(shipped, here)
    path = folder / "faster.yaml"
    path.write_text(text, "utf-8")
    return path


def in_slack(simulator: SimulatorProcess) -> dict[str, str]:
    """What stands in the channel, by the slot of the post; each stands there once."""
    found: dict[str, str] = {}
    for one in simulator.slack()["messages"]:
        slot = str(((one["metadata"] or {}).get("event_payload") or {}).get("key", "")).rpartition(":")[2]
        assert slot not in found, "no post stands there twice"
        found[slot] = "\n".join(part["text"]["text"] for part in one["blocks"] if part["type"] == "section")
    return found


def changes(simulator: SimulatorProcess) -> list[str]:
    """What the service was asked to change, oldest first."""
    return [f"{one.method} {one.path}" for one in simulator.requests if one.method != "GET" and "/ops/" in one.path]


def state_of(desk: Desk) -> Any:
    """`GET /state`."""
    return ask(desk.folder(), "GET", "/state")


def asked(desk: Desk, **request: str) -> None:
    """What a person asks, as a console does."""
    ask(desk.folder(), "POST", "/requests", request)


def run_of(desk: Desk, name: str) -> Any:
    return next(one for one in state_of(desk)["procedures"] if one["run"] == name)


def stages(run: Any) -> list[str]:
    return [step["stage"] for step in run["steps"]]


def signal_of(desk: Desk, name: str) -> Any:
    return next(one for one in state_of(desk)["signals"] if one["id"] == name)


def trigger_of(desk: Desk, name: str) -> Any:
    return next(one for one in state_of(desk)["triggers"] if one["id"] == name)


def procedure_kinds(engine: EngineProcess, run: str) -> Sequence[str]:
    """What the journal has of a run: `step_noop disable_send`."""
    told = [one for one in engine.entries if one["kind"].startswith("procedure.") and one["body"]["run"] == run]
    return [f"{one['kind'].partition('.')[2]} {one['body'].get('step', '')}".strip() for one in told]


@pytest.mark.timeout(120)
def test_a_latency_spike_fires_finds_the_switch_on_pauses_the_consumers_and_waits_for_people(tmp_path: Path) -> None:
    with SimulatorProcess("steady") as simulator:
        inputs = {**simulator.inputs, **simulator.slack_inputs}
        desk = Desk(tmp_path / "state", inputs, faster(tmp_path))
        with desk.engine("--t0", ago(minutes=1)) as engine:
            wait_until(lambda: signal_of(desk, "p95")["value"] is not None)
            simulator.set_scenario("latency-spike")
            pending = engine.wait_for("trigger.pending", trigger="pause_p95")
            fired = engine.later(engine.entries.index(pending), "trigger.fired", trigger="pause_p95")
            engine.wait_for("procedure.waiting", run="incident_response-1", step="revert")
            run = run_of(desk, "incident_response-1")
            assert stages(run) == ["no-op", "verified", "confirm", "pending"]
            assert run["steps"][0]["said"].startswith("NO-OP (no mitigation)")
            assert changes(simulator) == ["POST /ops/consumers/pause"]
            assert simulator.world()["state"]["consumers"] == "paused"
            with WarRoom(desk).console(columns=160, rows=60) as terminal:
                terminal.wait_for(lambda text: all(words in text for words in ON_SCREEN))
            confirmed = desk.ask("act", "confirm", "incident_response-1", "revert")
            assert (confirmed.code, "VERIFIED" in confirmed.out) == (3, True), confirmed
            assert "warroom incident" in confirmed.out, "the note is asked for"
            assert trigger_of(desk, "pause_p95")["stage"] == "firing"
            simulator.set_scenario("steady")
            engine.wait_for("trigger.latched", trigger="pause_p95")
            assert trigger_of(desk, "pause_p95")["stage"] == "latched"
            asked(desk, request="incident_note", incident="inc-1", text="a slow query, rolled back")
            assert engine.wait_for("procedure.finished", run="incident_response-1")["body"]["outcome"] == "done"
            asked(desk, request="resume", trigger="pause_p95", reason="it is fast again")
            assert trigger_of(desk, "pause_p95")["stage"] == "idle"
            last = {"procedure_news@incident_response-1", "trigger_resolved@pause_p95#1"}
            wait_until(lambda: last <= in_slack(simulator).keys())
            assert engine.end() == 143
        told = in_slack(simulator)
    began, ended = (datetime.fromisoformat(one["body"]["at"]) for one in (pending, fired))
    assert ended - began >= timedelta(seconds=2)
    assert procedure_kinds(engine, "incident_response-1") == [
        *("started", "begun", "step_noop disable_send"),
        *("step_requested pause_consumers", "step_sent pause_consumers", "step_verified pause_consumers"),
        *("waiting revert", "step_confirmed revert"),
        *("step_requested revert", "step_sent revert", "step_verified revert"),
        *("waiting note", "step_verified note", "finished"),
    ]
    assert engine.wait_for("trigger.resolved", trigger="pause_p95")["body"]["by"] == user_name()
    assert engine.kinds().count("trigger.fired") == engine.kinds().count("procedure.started") == 1
    assert "1. Toggle DISABLE_SEND=true; 2. Pause event consumers; 3." in told["trigger_fired@pause_p95#1"]
    assert "NO-OP (no mitigation)" in told["procedure_news@incident_response-1.revert"]
    assert "a slow query, rolled back" in told["incident_note@inc-1"]
    assert "RECOVERED" in told["trigger_resolved@pause_p95#1"]
    assert "It is LATCHED now" in told["trigger_resolved@pause_p95#1"]
    assert f"confirmed by {user_name()}" in told["procedure_news@incident_response-1"]


@pytest.mark.covers("S3-C09")
@pytest.mark.timeout(120)
def test_a_kill_switch_that_is_off_is_red_is_told_at_once_and_is_set_read_back_and_tried(tmp_path: Path) -> None:
    with SimulatorProcess("kill-switch-off") as simulator:
        inputs = {**simulator.inputs, **simulator.slack_inputs}
        options = ["--headless", "--only", "kill_switch", "--wait", "0s", "--evidence", str(tmp_path / "evidence")]
        found = warroom("verify", str(PLAYBOOK), *options, inputs=inputs, evidence=tmp_path / "evidence")
        assert found.code == 1
        assert "!!! IMMEDIATE ROLLBACK - external sends may occur!" in found.out
        desk = Desk(tmp_path / "state", inputs)
        with desk.engine("--t0", ago(minutes=1)) as engine:
            engine.wait_for("procedure.waiting", run="incident_response-1", step="revert")
            run = run_of(desk, "incident_response-1")
            assert stages(run) == ["verified", "verified", "confirm", "pending"]
            assert run["steps"][0]["reason"] == "DISABLE_SEND is true; check no_sends: GREEN (dry-run)"
            assert trigger_of(desk, "kill_switch_off")["stage"] in ("firing", "resolving", "latched")
            with WarRoom(desk).console() as terminal:
                terminal.wait_for("kill_switch_off")
            world = simulator.world()["state"]
            assert (world["levers"]["DISABLE_SEND"], world["consumers"], world["external_sends"]) == (
                "true",
                "paused",
                0,
            )
            wait_until(lambda: "procedure_news@incident_response-1.revert" in in_slack(simulator))
            skipped = desk.ask("act", "skip", "incident_response-1", "revert", "--reason", "the build is fine")
            assert (skipped.code, "SKIPPED" in skipped.out) == (3, True), skipped
            asked(desk, request="incident_note", incident="inc-1", text="it was turned off by hand")
            engine.wait_for("procedure.finished", run="incident_response-1", outcome="done")
            wait_until(lambda: "procedure_news@incident_response-1" in in_slack(simulator))
            assert engine.end() == 143
        told = in_slack(simulator)
        assert changes(simulator) == ["PUT /ops/levers/DISABLE_SEND", "POST /ops/consumers/pause"]
    kinds = procedure_kinds(engine, "incident_response-1")
    assert kinds[2:6] == [f"step_{what} disable_send" for what in ("requested", "sent", "probing", "verified")]
    assert "DISABLE_SEND is false, it should be true" in told["trigger_fired@kill_switch_off#1"]
    assert "VERIFIED" in told["procedure_news@incident_response-1.revert"]
    assert "it was turned off by hand" in told["incident_note@inc-1"]
    assert engine.wait_for("incident.opened")["body"]["run"] == "incident_response-1"
    assert desk.ask("audit").code == 0
