"""The status message and the dead-man switch of real engine processes, judged by what the Slack has."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cli.launching import Desk, ago
from tests.cli.slack_desks import slack_desk
from tests.cli.test_run_slack import PLAYBOOK, wait_until
from tests.needs import missing
from tests.soak.clocks import FakeClock
from tests.soak.row import NotHere
from warroom.adapters.asking import user_name
from warroom.simulator import SimulatorProcess

MINUTE_S = 60.0


@pytest.fixture
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as running:
        yield running


@pytest.fixture
def desk(simulator: SimulatorProcess, tmp_path: Path) -> Desk:
    return slack_desk(simulator, tmp_path, PLAYBOOK.replace("live: false", "silent_after: 10m"))


def messages(simulator: SimulatorProcess, part: str) -> list[dict[str, Any]]:
    """The messages that have that part in their text or their key, oldest first."""
    return [one for one in simulator.slack()["messages"] if part in f"{one['text']} {one['metadata']}"]


def scheduled(simulator: SimulatorProcess) -> list[str]:
    """The numbers of the alarms that are scheduled."""
    return sorted(str(one["text"]).rpartition("deadman-")[2] for one in simulator.slack()["scheduled"])


def test_a_restarted_engine_removes_the_alarm_of_a_killed_one_and_of_one_that_stays_dead_it_comes(
    desk: Desk, simulator: SimulatorProcess
) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        engine.wait_for("deadman.armed")
        engine.wait_for("live.posted")
        assert "deadman armed until " in desk.ask("status").out
        assert "message up to date, edited " in desk.ask("status").out
        engine.end(signal.SIGKILL)
    assert scheduled(simulator) == ["1"]
    with desk.engine() as engine:
        engine.wait_for("deadman.gone", number=1)
        # The second one, unless Slack had it wait: it began within a second of the first.
        number = engine.wait_for("deadman.armed")["body"]["number"]
        wait_until(lambda: scheduled(simulator) == [str(number)])
        engine.end(signal.SIGKILL)
    status = desk.ask("status").out
    assert "engine  NONE runs it" in status
    assert "deadman armed until " in status
    assert "message not kept, edited " in status
    simulator.slack_clock(9 * MINUTE_S)
    assert messages(simulator, "ENGINE SILENT") == []
    simulator.slack_clock(11 * MINUTE_S)
    [alarm] = messages(simulator, "ENGINE SILENT")
    assert alarm["text"].endswith(f"deadman-{number}")
    assert len(messages(simulator, ":live-")) == 1


def test_an_engine_that_is_stopped_names_who_stopped_it(desk: Desk, simulator: SimulatorProcess) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        engine.wait_for("live.posted")
        assert desk.ask("stop").code == 0
        assert engine.ended() == 143
    [message] = messages(simulator, ":live-")
    assert f"{user_name()} stopped it" in message["blocks"][0]["text"]["text"]
    [last] = simulator.slack()["scheduled"]
    assert f"ENGINE STOPPED: auto_com_center\n{user_name()} stopped its engine" in last["text"]
    assert f"Go on: warroom run {desk.folder().name} --state {desk.state}" in last["text"]


@pytest.mark.parametrize("is_down", [False, True], ids=["while Slack is well", "while Slack is down, then kill -9"])
def test_after_an_amendment_without_slack_what_was_scheduled_there_is_deleted(
    is_down: bool, desk: Desk, simulator: SimulatorProcess
) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        engine.wait_for("deadman.armed")
        engine.wait_for("live.posted")
        if is_down:
            simulator.slack_fault(method="chat.*", kind="status", value="503", times=1_000)
        head, _, rest = desk.playbook.read_text("utf-8").partition("    kind: slack\n")
        _, _, rest = rest.partition("updates:")
        desk.playbook.write_text(f"{head}    kind: file\n    path: war-room.txt\nupdates:{rest}", "utf-8")
        assert desk.ask("amend", str(desk.playbook), "--yes").code == 0
        engine.wait_for("owner.acquired", epoch=2)
        if is_down:
            engine.wait_for("deadman.stays")
            status = desk.ask("status").out
            assert "deadman left behind until " in status
            assert "message not available" in status
            engine.end(signal.SIGKILL)
        else:
            engine.wait_for("deadman.gone", number=1)
    if is_down:
        assert scheduled(simulator) == ["1"]
        simulator.slack_is_well()
        with desk.engine() as engine:
            engine.wait_for("deadman.gone", number=1)
    assert scheduled(simulator) == []
    simulator.slack_clock(20 * MINUTE_S)
    assert messages(simulator, "ENGINE SILENT") == []


@pytest.mark.parametrize("name", ["war_room", "ops_room"])
def test_after_an_amendment_to_another_channel_the_status_message_goes_on_there(
    name: str, desk: Desk, simulator: SimulatorProcess
) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        engine.wait_for("live.posted", number=1)
        text = desk.playbook.read_text("utf-8").replace('channel: "${SLACK_CHANNEL}"', "channel: C0BACKUP")
        desk.playbook.write_text(text.replace("war_room", name), "utf-8")
        assert desk.ask("amend", str(desk.playbook), "--yes").code == 0
        engine.wait_for("live.posted", number=2)
        assert "message up to date, edited " in desk.ask("status").out
    old, new = messages(simulator, ":live-")
    assert (old["channel"], new["channel"]) == ("C0WARROOM", "C0BACKUP")
    assert "It goes on in the channel C0BACKUP" in old["blocks"][0]["text"]["text"]


def test_a_wall_clock_that_is_set_right_is_believed_because_slack_agrees(
    desk: Desk, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    try:
        clock = FakeClock(tmp_path / "clock", -120.0)
    except NotHere as reason:
        missing(str(reason))
    with replace(desk, inputs={**desk.inputs, **clock.environ}).engine("--t0", ago(minutes=1)) as engine:
        engine.wait_for("launch.opened")
        clock.set(0.0)
        step = engine.wait_for("clock.step")
        agreed = engine.wait_for("clock.agreed")
    assert 115 < step["body"]["by_s"] < 125
    assert agreed["body"]["source"] == "the Date of Slack"


def test_an_engine_without_its_token_says_until_when_the_last_alarm_stands(
    desk: Desk, simulator: SimulatorProcess
) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        engine.wait_for("deadman.armed")
        engine.wait_for("live.posted")
        engine.end(signal.SIGKILL)
    without = Desk(desk.state, {}, desk.playbook)
    with without.engine() as engine:
        engine.wait_for("owner.acquired")
        without.wait_until_it_answers()
        status = without.ask("status").out
        assert "deadman left behind until " in status
        assert "message not available" in status
    assert "deadman armed until " in without.ask("status").out, "without an engine nobody knows"
    assert scheduled(simulator) == ["1"]
