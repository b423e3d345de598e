"""The evidence file in Slack: a real engine process and the shipped playbook, judged by what the Slack has."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.launching import Desk, ago
from tests.cli.running import PLAYBOOK, patient_playbook
from tests.cli.test_run_slack import wait_until
from warroom.simulator import SimulatorProcess

SLOT = "evidence_bundle@T+15m"


@pytest.fixture
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as running:
        yield running


@pytest.fixture
def desk(simulator: SimulatorProcess, tmp_path: Path) -> Desk:
    playbook = patient_playbook(tmp_path / "playbook")
    included = playbook.parent / PLAYBOOK.name
    text = included.read_text("utf-8")
    included.write_text(
        text.replace("path: war-room.txt", "path: war-room.txt\n    settle: 1s\n    live: false"), "utf-8"
    )
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    return Desk(state, {**simulator.inputs, **simulator.slack_inputs}, playbook)


def messages(simulator: SimulatorProcess) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The bundle, and the messages that have files."""
    found = simulator.slack()["messages"]
    [bundle] = [one for one in found if one["metadata"].get("event_payload", {}).get("key", "").endswith(SLOT)]
    return bundle, [one for one in found if one["files"]]


@pytest.mark.covers("S3-E01")
def test_the_evidence_file_is_attached_to_the_bundle_under_its_name(desk: Desk, simulator: SimulatorProcess) -> None:
    with desk.engine("--t0", ago(minutes=16)) as engine:
        engine.wait_for("file.attached", slot=SLOT)
        kinds = [entry["kind"] for entry in engine.entries if entry["body"].get("slot") == SLOT]
    assert kinds[-3:] == ["update.confirmed", "file.sending", "file.attached"]
    bundle, [shown] = messages(simulator)
    [file] = shown["files"]
    assert re.fullmatch(r"auto_com_center_evidence_\d{8}T\d{6}Z\.log", file["name"])
    assert file["name"] in str(bundle["blocks"])
    assert shown["thread_ts"] == bundle["ts"]
    [kept] = desk.folder().rglob(file["name"])
    assert kept.stat().st_size == file["size"]
    assert "kill_switch" in kept.read_text("utf-8")


@pytest.mark.parametrize("applied", [True, False], ids=["it was shown", "it was not shown"])
def test_an_engine_killed_while_slack_is_silent_leaves_one_file(
    applied: bool, desk: Desk, simulator: SimulatorProcess
) -> None:
    simulator.slack_fault(method="files.completeUploadExternal", kind="silent", applied=applied)
    with desk.engine("--t0", ago(minutes=16)) as engine:
        engine.wait_for("file.sending")
        wait_until(lambda: any(one["fault"] for one in simulator.slack()["attempts"]))
        engine.end(signal.SIGKILL)
    with desk.engine() as engine:
        engine.wait_for("file.attached", slot=SLOT)
    _, shown = messages(simulator)
    assert len(shown) == 1


def test_without_the_scope_the_post_is_sent_and_it_is_said_that_the_file_is_not(
    desk: Desk, simulator: SimulatorProcess
) -> None:
    simulator.slack_fault(method="files.*", kind="error", value="missing_scope", times=99)
    with desk.engine("--t0", ago(minutes=16)) as engine:
        failed = engine.wait_for("file.failed", slot=SLOT)
        said = desk.ask("status").out
    assert failed["body"]["reason"] == "missing_scope: the app lacks the scope files:write"
    assert "files:write" in said
    bundle, shown = messages(simulator)
    assert bundle["text"]
    assert shown == []
