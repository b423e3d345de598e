"""Gates that flip and incidents, with `warroom run --headless` as a real process; the services' log is the oracle."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.launching import Desk, ago
from tests.cli.running import PLAYBOOK
from warroom.simulator import SimulatorProcess

PATIENCE_S = 30.0
JWKS, TOKEN, CANARY = "/.well-known/jwks.json", "/oauth/token", "/canary"


@pytest.fixture
def playbook(tmp_path: Path) -> Path:
    """The shipped playbook with gates that are asked each second, and a probe that leaves /canary to the checks."""
    text = PLAYBOOK.read_text("utf-8")
    probe = "path: /canary, every: 2s"
    assert (text.count("poll: 30s"), text.count(probe)) == (2, 1)
    copy = tmp_path / "asks_often.yaml"
    copy.write_text(text.replace("poll: 30s", "poll: 1s").replace(probe, "path: /metrics, every: 2s"), "utf-8")
    return copy


@pytest.fixture(scope="module")
def simulated() -> Iterator[SimulatorProcess]:
    with SimulatorProcess("steady") as running:
        yield running


def count(simulator: SimulatorProcess, path: str) -> int:
    return sum(request.path == path for request in simulator.requests)


def text_of(desk: Desk, slot: str) -> str:
    """The text of a post in the file."""
    _, _, rest = (desk.folder() / "war-room.txt").read_text("utf-8").partition(f":{slot} ")
    return rest.partition("\n")[2].partition("\n--- end of")[0]


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.covers("S3-G01", "S3-G02")
def test_when_gate_1_turns_green_the_auth_checks_run_again_once_and_the_result_is_posted(
    playbook: Path, tmp_path: Path
) -> None:
    with SimulatorProcess("auth-outage") as simulator:
        desk = Desk(tmp_path / "state", simulator.inputs, playbook)
        with desk.engine("--t0", ago(minutes=1)) as engine:
            engine.wait_for("gate.read", gate="gate1", state="red")
            # The publish does not wait for it, and the banner says what the launch is held in.
            assert desk.ask("step", "open").code == 0
            gates = json.loads(desk.ask("status", "--json").out)["gates"]
            assert [(gate["id"], gate["state"], gate["holds"]) for gate in gates] == [
                ("gate1", "red", "receive-and-queue"),
                ("gate2", "green", ""),
            ]
            assert "dry-run, receive-and-queue" in desk.ask("status").out
            simulator.clear_requests()
            simulator.set_scenario("steady")
            engine.wait_for("update.confirmed", slot="gate1_green@gate1#1")
            asked = count(simulator, "/gates/gate1")
            until(lambda: count(simulator, "/gates/gate1") > asked + 2)
            assert (count(simulator, JWKS), count(simulator, TOKEN), count(simulator, CANARY)) == (1, 1, 0)
            assert "receive-and-queue" not in desk.ask("status").out
            assert engine.end() == 143
    assert engine.kinds().count("gate.flipped") == 1
    assert desk.posts() == ["gate1_green@gate1#1"]
    said = text_of(desk, "gate1_green@gate1#1")
    assert "Auth/JWKS Reachability:\n- ✅ GREEN\n" in said
    assert "M2M Token Flow:\n- ✅ GREEN\n" in said
    assert "Mode: dry-run" in said


@pytest.mark.covers("S3-G03")
def test_when_gate_2_turns_green_the_canary_is_pulled_once_and_the_result_is_posted(
    playbook: Path, tmp_path: Path
) -> None:
    with SimulatorProcess("gate2-red") as simulator:
        desk = Desk(tmp_path / "state", simulator.inputs, playbook)
        with desk.engine("--t0", ago(minutes=1)) as engine:
            engine.wait_for("gate.read", gate="gate2", state="red")
            for step in ("open", "deployments", "publish", "wait"):
                assert desk.ask("step", step).code == 0
            simulator.clear_requests()
            simulator.set_scenario("steady")
            engine.wait_for("update.confirmed", slot="gate2_green@gate2#1")
            assert (count(simulator, CANARY), count(simulator, JWKS)) == (1, 0)
            assert engine.end() == 143
    assert "Canary v2.7: ✅ GREEN" in text_of(desk, "gate2_green@gate2#1")


@pytest.mark.parametrize("at", ["gate.flipped", "suite.started", "suite.finished", "update.due", "update.sending"])
def test_killed_at_any_point_after_the_flip_its_post_comes_once(at: str, playbook: Path, tmp_path: Path) -> None:
    with SimulatorProcess("auth-outage") as simulator:
        desk = Desk(tmp_path / "state", simulator.inputs, playbook)
        with desk.engine("--t0", ago(minutes=1)) as engine:
            engine.wait_for("gate.read", gate="gate1", state="red")
            simulator.set_scenario("steady")
            engine.wait_for(at)
            assert engine.end(signal.SIGKILL) == -signal.SIGKILL
        with desk.engine() as again:
            until(lambda: desk.posts() == ["gate1_green@gate1#1"])
            assert again.end() == 143
    assert desk.posts() == ["gate1_green@gate1#1"]
    journal = [json.loads(line) for line in desk.ask("audit", "--export").out.splitlines()]
    assert [entry["kind"] for entry in journal].count("gate.flipped") == 1
    assert [entry["kind"] for entry in journal].count("suite.finished") == 1
    assert desk.ask("audit").code == 0


def test_a_gate_is_stated_by_a_person_with_a_reason_under_their_name(playbook: Path, tmp_path: Path) -> None:
    with SimulatorProcess("auth-outage") as simulator:
        desk = Desk(tmp_path / "state", simulator.inputs, playbook)
        with desk.engine("--t0", ago(minutes=1), "--gate", "gate1=red") as engine:
            declared = engine.wait_for("gate.read", gate="gate1", state="red")
            assert declared["actor"] == declared["body"]["by"] != "engine"
            assert desk.ask("gate", "gate1", "green").code == 2
            assert desk.ask("gate", "gate1", "green", "--reason", "they called").code == 0
            said = engine.wait_for("gate.read", gate="gate1", state="green")
            assert (said["body"]["reason"], said["actor"]) == ("they called", declared["actor"])
            engine.wait_for("update.confirmed", slot="gate1_green@gate1#1")
            assert engine.end() == 143
        with desk.engine() as again:
            until(lambda: count(simulator, "/gates/gate2") > 3)
            assert count(simulator, "/gates/gate1") == 0
            assert again.end() == 143


def test_an_incident_from_the_command_line_is_told_noted_and_resolved(playbook: Path, tmp_path: Path) -> None:
    with SimulatorProcess("steady") as simulator:
        desk = Desk(tmp_path / "state", simulator.inputs, playbook)
        with desk.engine("--t0", ago(minutes=1)) as engine:
            assert "inc-1" in desk.ask("incident", "open", "the queue grows").out
            engine.wait_for("update.confirmed", slot="incident_opened@inc-1")
            status = desk.ask("status").out
            assert "OPEN since" in status
            assert "note due in 9m" in status
            assert desk.ask("incident", "note", "inc-1", "consumers are stuck\n--- end of wr:x").code == 0
            engine.wait_for("update.confirmed", slot="incident_note@inc-1")
            assert desk.ask("incident", "resolve", "inc-1").code == 2
            assert desk.ask("incident", "resolve", "inc-1", "--reason", "restarted").code == 0
            engine.wait_for("update.confirmed", slot="incident_resolved@inc-1")
            again = desk.ask("incident", "note", "inc-1", "more")
            assert (again.code, "was resolved" in again.err) == (2, True)
            assert desk.ask("incident", "opn", "x").code == 2
            assert desk.ask("close", "--reason", "enough").code == 0
            # An incident changes nothing about what the launch came to.
            assert engine.ended() == 0
    told = [slot for slot in desk.posts() if slot.startswith("incident_")]
    assert told == ["incident_opened@inc-1", "incident_note@inc-1", "incident_resolved@inc-1"]
    assert "consumers are stuck\n> --- end of wr:x" in (desk.folder() / "war-room.txt").read_text("utf-8")
    assert desk.ask("incident", "open", "too late").code == 2


def published(simulated: SimulatorProcess) -> list[tuple[str, str]]:
    """The publish confirmations in Slack, and what stands below each."""
    blocks = [message["blocks"] for message in simulated.slack()["messages"]]
    shown = [(block[0]["text"]["text"], block[-1]["elements"][0]["text"]) for block in blocks]
    return [one for one in shown if "PUBLISHED" in one[0]]


@pytest.mark.covers("S3-W01")
def test_the_publish_confirmation_leaves_at_5_minutes_and_waits_for_the_build_where_it_must(
    simulated: SimulatorProcess, tmp_path: Path
) -> None:
    build = ("confirm", "--value", "build_id=b-77", "--value", "deployed_at=2025-11-01T02:04:00Z")
    text = (
        "auto_com_center: PUBLISHED ✅\nBuild ID: b-77\nTimestamp: 2025-11-01T02:04:00Z\n"
        "Status: Dry-run mode enabled, proceeding to verification"
    )
    in_time = Desk(tmp_path / "in time", {**simulated.inputs, **simulated.slack_inputs})
    with in_time.engine("--t0", ago(minutes=4, seconds=50)) as engine:
        assert in_time.ask("step", *build).code == 0
        assert published(simulated) == []
        engine.wait_for("update.confirmed", slot="publish_confirmation@T+5m")
    [(body, foot)] = published(simulated)
    assert body == text
    assert "LATE" not in foot
    without = Desk(tmp_path / "without", simulated.inputs)
    with without.engine("--t0", ago(minutes=6, seconds=10)) as engine:
        engine.wait_for("update.held", slot="publish_confirmation@T+5m")
        status = without.ask("status").out
        assert "steps.confirm.build_id is not known" in status
        assert "needed  confirm.build_id: Build ID shown by the deployment" in status
        assert without.posts() == []
        assert without.ask("step", *build).code == 0
        engine.wait_for("update.confirmed", slot="publish_confirmation@T+5m")
    assert text in (without.folder() / "war-room.txt").read_text("utf-8")


@pytest.mark.covers("S3-A01")
def test_the_ceo_go_is_shown_as_given_and_the_publish_waits_for_nobody(
    simulated: SimulatorProcess, tmp_path: Path
) -> None:
    desk = Desk(tmp_path / "state", simulated.inputs)
    with desk.engine() as engine:
        assert "fact    CEO GO: 2025-11-01T02:00:00Z" in desk.ask("status").out
        for step in ("open", "deployments", "publish"):
            assert desk.ask("step", step).code == 0
        engine.wait_for("t0.set")
