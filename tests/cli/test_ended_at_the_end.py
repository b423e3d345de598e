"""SIGTERM while an engine says its last words: it is heard, and everything that is to be on record is."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.launching import Desk, EngineProcess, ago
from tests.cli.slack_desks import slack_desk
from tests.cli.test_run_slack import PLAYBOOK
from warroom.journal.audit import audit
from warroom.journal.folder import DATABASE
from warroom.journal.owner import LOCK
from warroom.simulator import SimulatorProcess

LIVE = PLAYBOOK.replace("live: false", "silent_after: 10m")
ELSEWHERE = """\
warroom: 1
launch: {id: auto_com_center, title: auto_com_center}
channels:
  elsewhere: {kind: file, path: posts.txt}
updates:
  second: {channel: elsewhere, template: said, at: T+3h}
templates:
  said: "{{ post.time }}"
"""
WITHIN_S = 10.0


@pytest.fixture
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as running:
        yield running


@pytest.fixture
def desk(simulator: SimulatorProcess, tmp_path: Path) -> Desk:
    return slack_desk(simulator, tmp_path, LIVE)


@contextmanager
def beyond_reach(desk: Desk, simulator: SimulatorProcess) -> Iterator[EngineProcess]:
    """An engine that keeps a status message and a dead-man switch in a Slack which has just ceased to work."""
    with desk.engine("--t0", ago(minutes=1)) as engine:
        engine.wait_for("deadman.armed")
        engine.wait_for("live.posted")
        simulator.slack_fault(method="chat.postMessage", kind="silent", times=999)
        simulator.slack_fault(method="chat.*", kind="status", value="503", times=999)
        yield engine


def hands_back(engine: EngineProcess, desk: Desk) -> None:
    """SIGTERM ends it in time and in order: the journal was closed, which takes its log away and frees the lock."""
    began = time.monotonic()
    assert engine.end(signal.SIGTERM) == 143
    assert time.monotonic() - began <= WITHIN_S
    assert not (desk.folder() / f"{DATABASE}-wal").exists()
    assert (desk.folder() / LOCK).read_bytes() == b""
    assert audit(desk.folder()).problems == ()


def test_an_engine_whose_launch_was_closed_hears_sigterm_and_says_what_was_cut_off(
    desk: Desk, simulator: SimulatorProcess
) -> None:
    with beyond_reach(desk, simulator) as engine:
        assert desk.ask("post", "second@T+3h").code == 0
        engine.wait_for("update.sending")
        assert desk.ask("close", "--reason", "enough").code == 0
        hands_back(engine, desk)
    end = engine.wait_for("update.unknown", reason="the launch was closed while it was being sent")
    assert end["body"]["slot"].startswith("second")
    assert "Slack does not answer: the last word of this engine is not there" in "".join(engine.complaints)


@pytest.mark.parametrize("is_taken_up", [False, True], ids=["at once", "while it deletes what is in Slack"])
def test_an_engine_whose_launch_goes_on_with_another_playbook_hears_sigterm(
    is_taken_up: bool, desk: Desk, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(ELSEWHERE)
    with beyond_reach(desk, simulator) as engine:
        assert desk.ask("amend", str(other), "--yes").code == 0
        if is_taken_up:
            engine.wait_for("owner.acquired", epoch=2)
            engine.wait_for("deadman.disarming")
        hands_back(engine, desk)
