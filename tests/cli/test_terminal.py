"""The console as a person meets it: at a terminal, by keyboard alone."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.cli.running import PLAYBOOK
from tests.cli.terminal import Terminal, at_terminal
from tests.polling import poll_until
from warroom.clock import RealClock
from warroom.simulator import SimulatorProcess

SIZES = [(120, 36), (80, 24)]
LEAVES_ALTERNATE_SCREEN = b"\x1b[?1049l"


def leave(terminal: Terminal) -> int:
    """Leaves the console by its own key once the run is over; the exit code is that of the verdict."""
    terminal.press("q")
    return terminal.ended()


@pytest.mark.parametrize(("columns", "rows"), SIZES, ids=["120x36", "80x24"])
def test_the_demo_opens_on_the_embedded_service_and_ends_with_the_verdict(
    columns: int, rows: int, tmp_path: Path
) -> None:
    with at_terminal("demo", "--verify", "--evidence", str(tmp_path), columns=columns, rows=rows) as terminal:
        terminal.wait_for("8/8")
        text = terminal.wait_for("GREEN (dry-run)")
        assert all(title in text for title in ("Canary v2.7", "Security headers", "P95 latency", "Kill-switch"))
        assert leave(terminal) == 0
    assert LEAVES_ALTERNATE_SCREEN in terminal.raw


def test_another_scenario_runs_every_check_again_and_the_verdict_is_that_of_the_new_one(tmp_path: Path) -> None:
    with at_terminal("demo", "--verify", "--evidence", str(tmp_path)) as terminal:
        terminal.wait_for("8/8")
        terminal.press("s")
        terminal.wait_for("header-missing")
        terminal.press("\x1b[B")
        terminal.wait_for(lambda text: re.search(r"▌\s*canary-version", text) is not None)
        terminal.press("\r")
        terminal.wait_for(lambda text: "Choose a scenario" not in text)
        terminal.wait_for(lambda text: "RED" in text and "8/8 done" in text and "was ✔" not in text)
        assert leave(terminal) == 0
    assert b"the verdict is RED: `warroom verify` ends with 1, this demo with 0" in terminal.raw


def test_what_only_a_person_knows_is_asked_for(tmp_path: Path) -> None:
    with SimulatorProcess("steady") as simulator:
        options = ["--suite", "publish", "--evidence", str(tmp_path)]
        with at_terminal("verify", str(PLAYBOOK), *options, inputs=simulator.inputs) as terminal:
            terminal.wait_for("press a to answer")
            terminal.press("a")
            terminal.wait_for("Enter sends it.")
            terminal.press("build-4711\r")
            terminal.wait_for("UTC, as")
            terminal.press("2025-11-01T02:05:00Z\r")
            terminal.wait_for("1/1")
            assert leave(terminal) == 0
    (log,) = tmp_path.glob("*.log")
    assert "build-4711" in log.read_text("utf-8")


def test_leaving_while_the_run_is_under_way_is_asked_first(tmp_path: Path) -> None:
    with at_terminal("demo", "--verify", "--scenario", "slow", "--evidence", str(tmp_path)) as terminal:
        terminal.wait_for("/30")
        terminal.press("\x03")
        terminal.wait_for("Leave")
        terminal.press("n")
        terminal.wait_for(lambda text: "Leave" not in text)
        terminal.press("\x11")
        terminal.wait_for("Leave")
        terminal.press("y")
        assert terminal.ended() == 130
    assert LEAVES_ALTERNATE_SCREEN in terminal.raw


def test_a_program_that_is_told_to_end_gives_the_terminal_back_and_keeps_its_log(tmp_path: Path) -> None:
    with at_terminal("demo", "--verify", "--scenario", "slow", "--evidence", str(tmp_path)) as terminal:
        terminal.wait_for("/30")
        terminal.process.terminate()
        assert terminal.ended() == 143
    assert LEAVES_ALTERNATE_SCREEN in terminal.raw
    (log,) = tmp_path.glob("*.log")
    assert "stopped before it finished" in log.read_text("utf-8")


@pytest.mark.parametrize(
    ("scenario", "shown", "whole"),
    [
        pytest.param("slow", "/30", False, id="while the samples are taken"),
        pytest.param("slow", "P95 latency", False, id="as soon as anything is drawn"),
        pytest.param("steady", "8/8", True, id="after the end of the run"),
    ],
)
def test_when_the_terminal_is_lost_the_run_ends_and_its_log_and_reports_are_complete(
    scenario: str, shown: str, whole: bool, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    options = ["--scenario", scenario, "--evidence", str(tmp_path), "--report", f"json={report}"]
    with at_terminal("demo", "--verify", *options) as terminal:
        terminal.wait_for(shown)
        terminal.hang_up()
        assert terminal.process.wait(timeout=30) == 143
    text = evidence_log(tmp_path)
    assert all(check["title"] in text for check in json.loads(report.read_text("utf-8"))["checks"])
    assert ("stopped before it finished" in text) is not whole


def test_a_console_that_a_script_started_ends_with_its_terminal(tmp_path: Path) -> None:
    # Like make the script survives the signal, which the system sends to it alone.
    script = ("sh", "-c", 'trap : HUP; "$@"; exit $?', "sh")
    with at_terminal("demo", "--verify", "--evidence", str(tmp_path), behind=script) as terminal:
        terminal.wait_for("8/8")
        terminal.hang_up()
        assert terminal.process.wait(timeout=30) == 143
    assert "8 checks: 8 GREEN" in evidence_log(tmp_path)


def test_a_run_behind_a_terminal_that_takes_nothing_any_more_ends_with_a_complete_log(tmp_path: Path) -> None:
    with at_terminal("demo", "--verify", "--evidence", str(tmp_path)) as terminal:
        # Nothing is read: the terminal is full after a few kilobytes, and the console waits for it.
        assert asyncio.run(poll_until(RealClock(), lambda: is_told(tmp_path), every_s=0.05, timeout_s=30))
        assert terminal.process.poll() is None
        terminal.hang_up()
        assert terminal.process.wait(timeout=60) == 143
    assert "8 checks: 8 GREEN" in evidence_log(tmp_path)


def is_told(folder: Path) -> bool:
    return any("OVERALL" in log.read_text("utf-8") for log in folder.glob("*.log"))


def evidence_log(folder: Path) -> str:
    """The text of the log, which is complete."""
    (log,) = folder.glob("*.log")
    text = log.read_text("utf-8")
    assert "has not written its log" not in text
    assert "OVERALL auto_com_center" in text
    manifest = (log.with_suffix("") / "manifest.json").read_bytes()
    assert f"manifest sha256:   {hashlib.sha256(manifest).hexdigest()}" in text
    return text


def test_a_window_of_any_size_is_drawn(tmp_path: Path) -> None:
    with at_terminal("demo", "--verify", "--evidence", str(tmp_path)) as terminal:
        terminal.wait_for("8/8")
        for columns, rows in ((20, 5), (1, 1), (300, 100), (80, 24)):
            terminal.resize(columns, rows)
        terminal.wait_for("GREEN (dry-run)")
        assert leave(terminal) == 0
