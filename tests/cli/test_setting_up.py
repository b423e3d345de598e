"""What the engine looks at before T0, with a real engine process and a strict Slack."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.launching import Desk
from tests.cli.test_run_slack import PLAYBOOK
from tests.playbook.small import load
from tests.playbook.test_shipped import AUTO_COM_CENTER, ENVIRON, KINDS
from warroom.cli import setting_up
from warroom.cli.setting_up import LaunchSetUp
from warroom.clock import RealClock
from warroom.launch.setup import Finding
from warroom.simulator import SimulatorProcess
from warroom.verdict import Verdict


@pytest.fixture
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as running:
        yield running


def test_before_t0_an_engine_says_that_its_token_was_revoked_and_posts_nothing(
    tmp_path: Path, simulator: SimulatorProcess
) -> None:
    playbook = tmp_path / "slack.yaml"
    playbook.write_text(PLAYBOOK)
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    desk = Desk(state, simulator.slack_inputs, playbook)
    simulator.slack_fault(method="auth.test", kind="error", value="token_revoked")
    with desk.engine("--t0", (datetime.now(UTC) + timedelta(hours=1)).isoformat()) as engine:
        checked = engine.wait_for("setup.checked")
        status = desk.ask("status").out
    about = {one["about"]: one["verdict"] for one in checked["body"]["findings"]}
    assert (about["token"], about["messages"]) == ("fail", "pass")
    assert "set-up  RED token: token_revoked -> the token was revoked: install the app again" in status
    assert simulator.slack()["messages"] == []


async def test_what_does_not_come_to_an_end_is_a_finding_and_keeps_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = threading.Event()
    monkeypatch.setattr(setting_up, "examined", lambda *_: [hangs.wait()])
    monkeypatch.setattr(setting_up, "_PATIENCE_S", 0.05)
    playbook = load(AUTO_COM_CENTER, environ=ENVIRON, kinds=KINDS)
    found = await asyncio.wait_for(LaunchSetUp(playbook, tmp_path, RealClock()).examine(), 10)
    hangs.set()
    assert [(one.about, one.verdict) for one in found] == [("set-up", Verdict.INCONCLUSIVE)]


async def test_what_breaks_there_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[Finding]:
        raise ZeroDivisionError("hunter2")

    monkeypatch.setattr(setting_up, "examined", broken)
    playbook = load(AUTO_COM_CENTER, environ=ENVIRON, kinds=KINDS)
    found = await LaunchSetUp(playbook, tmp_path, RealClock()).examine()
    assert [one.found for one in found] == ["a defect of Warroom: ZeroDivisionError"]
