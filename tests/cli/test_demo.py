"""The demo as a newcomer meets it: a launch on simulated services, of which nothing stays behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.attaching import leave, until
from tests.cli.running import warroom
from tests.cli.terminal import at_terminal
from warroom.cli.launches import known_launches

# Like make the script survives the hang-up, which the system sends to it alone.
BEHIND_A_SCRIPT = ("sh", "-c", 'trap : HUP; "$@"; exit $?', "sh")
OPENED = "auto_com_center Production Publish"


def children_of(pid: int) -> set[int]:
    """Every process that it started, and theirs."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:
        return set()
    found = {int(child) for child in listed.split()}
    return found.union(*(children_of(child) for child in found))


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_a_launch_is_opened_and_another_scenario_chosen_and_nothing_stays_behind(tmp_path: Path) -> None:
    with at_terminal("demo", "--evidence", str(tmp_path), columns=80, rows=24) as terminal:
        terminal.wait_for(lambda text: OPENED in text and "T+00:00:" in text and "DEMO, scenario steady" in text)
        started = children_of(terminal.process.pid)
        assert len(started) >= 2
        terminal.press("S")
        terminal.wait_for("Choose a scenario")
        terminal.press("\x1b[B\r")
        terminal.wait_for("DEMO, scenario latency-spike")
        assert leave(terminal) == 0
    assert [pid for pid in started if not is_gone(pid)] == []
    assert b"the demo is over, and its engine has ended" in terminal.raw
    assert b"the simulated Slack took" in terminal.raw
    (launch,) = known_launches(tmp_path / "launches")
    assert launch.state.closed is not None
    assert launch.state.closed.reason == "the demo is over"


def test_engine_and_services_end_when_the_terminal_is_closed(tmp_path: Path) -> None:
    with at_terminal("demo", "--evidence", str(tmp_path), behind=BEHIND_A_SCRIPT) as terminal:
        terminal.wait_for(OPENED)
        started = children_of(terminal.process.pid)
        assert len(started) >= 3
        terminal.hang_up()
        until(lambda: all(map(is_gone, started)))
        assert terminal.process.wait(timeout=30) == 143


@pytest.mark.parametrize(
    ("more", "has_launch"),
    [
        pytest.param((), True, id="and a launch follows"),
        pytest.param(("--report", "markdown=/dev/null"), False, id="whoever wants a report wants nothing else"),
    ],
)
def test_without_a_terminal_the_verdict_is_the_exit_code(
    more: tuple[str, ...], has_launch: bool, tmp_path: Path
) -> None:
    options = ("--scenario", "kill-switch-off", "--evidence", str(tmp_path), *more)
    # What a person has set for services of their own does not concern the demo.
    told = warroom("demo", *options, inputs={"STATE_PATH": "/elsewhere"}, evidence=tmp_path)
    assert told.code == 1
    assert "this is no terminal, so the verification runs headless" in told.err
    assert "RED: Kill-switch" in told.out
    assert ("| demo: PUBLISHED" in told.out) is has_launch
    assert len(known_launches(tmp_path / "launches")) == has_launch


_HELD = """
import os, signal
from warroom.cli.hangup import end_with_starter

reading, writing = os.pipe()
end_with_starter(reading)
os.close(writing)
signal.pause()
"""


def test_a_process_whose_starter_lets_go_of_its_pipe_is_told_to_end() -> None:
    done = subprocess.run([sys.executable, "-c", _HELD], timeout=30, check=False)
    assert done.returncode == -signal.SIGTERM
