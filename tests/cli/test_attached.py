"""An engine behind a console, at a terminal: it outlives both, and whoever attaches sees the launch."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cli.attaching import SHOWN, WarRoom, cpu_s, leave, until
from tests.cli.launching import LAUNCH, ago
from tests.cli.running import warroom
from warroom.cli.launches import opening
from warroom.client.engine_socket import ask

BUILD = ("confirm", "--value", "build_id=b-77", "--value", "deployed_at=2025-11-01T02:04:00Z")


def post_of(room: WarRoom, slot: str) -> Any:
    """A post as the engine tells it."""
    state = ask(room.engine.folder, "GET", "/state")
    return next(one for one in state["updates"] if one["slot"] == slot)


def test_run_opens_the_launch_with_an_engine_of_its_own_session_and_says_what_goes_on(room: WarRoom) -> None:
    with room.run("--t0", ago(minutes=1)) as terminal:
        terminal.wait_for(SHOWN)
        engine = room.engine
        assert os.getsid(engine.pid) == os.getpgid(engine.pid) == engine.pid
        process = Path(f"/proc/{engine.pid}")
        log = engine.folder / "engine.log"
        assert [(process / "fd" / str(number)).readlink() for number in range(3)] == [Path("/dev/null"), log, log]
        assert (process / "cwd").readlink() == Path(f"/proc/{terminal.process.pid}/cwd").readlink()
        assert leave(terminal) == 0
    told = terminal.raw.rpartition(b"\x1b[?1049l")[2].decode()
    assert f"process {engine.pid} runs it" in told
    for command in ("console", "status", "stop", "close"):
        assert f"warroom {command} {engine.name} --state" in told
    assert room.answers()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert "engine 1 owns the launch" in log.read_text("utf-8")


def test_a_console_that_only_asks_its_engine_loads_neither_database_nor_playbook_nor_models() -> None:
    heavy = ("sqlalchemy", "pydantic", "httpx", "ruamel.yaml", "warroom.playbook.load", "warroom.launch.folding")
    code = f"import sys, warroom.cli.attached, warroom.screens.launch_app; print(set({heavy}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "set()\n"


def test_its_secrets_are_in_its_environment_alone(room: WarRoom) -> None:
    secret = room.desk.inputs["M2M_CLIENT_SECRET"].encode()
    with room.run("--t0", ago(minutes=1)) as terminal:
        terminal.wait_for(SHOWN)
        process = Path(f"/proc/{room.engine.pid}")
        assert secret in (process / "environ").read_bytes()
        assert secret not in (process / "cmdline").read_bytes()
        assert secret not in (room.engine.folder / "engine.log").read_bytes()


def test_several_consoles_see_the_same_launch_and_a_reader_asks_for_nothing(room: WarRoom) -> None:
    with room.run("--t0", ago(minutes=1)) as first:
        first.wait_for(SHOWN)
        with room.console() as second, room.console("--read-only") as guest:
            second.wait_for(SHOWN)
            guest.wait_for(SHOWN)
            room.note("slow today")
            for terminal in (first, second, guest):
                terminal.wait_for("slow today")
            assert leave(guest) == leave(second) == 0
        assert room.answers()


def test_run_again_attaches_to_the_engine_and_says_so(room: WarRoom, tmp_path: Path) -> None:
    with room.run("--t0", ago(minutes=1)) as first:
        first.wait_for(SHOWN)
        pid = room.engine.pid
        with room.run() as second:
            second.wait_for(SHOWN)
            assert leave(second) == 0
        assert f"process {pid} runs the launch {room.engine.name} already".encode() in second.raw
        assert b"with its own copy of" not in second.raw
        other = tmp_path / "other.yaml"
        other.write_text(room.desk.playbook.read_text("utf-8") + "\n", "utf-8")
        with replace(room, desk=replace(room.desk, playbook=other)).run() as third:
            third.wait_for(SHOWN)
            assert leave(third) == 0
        assert f"not with {other}, until `warroom amend`".encode() in third.raw.replace(b"\r\n", b"")
        assert room.engine.pid == pid


def test_two_that_open_the_launch_at_once_share_one_engine(room: WarRoom) -> None:
    with room.run() as one, room.run() as other:
        one.wait_for(SHOWN)
        other.wait_for(SHOWN)
        assert room.answers()
        assert len([path for path in room.desk.state.iterdir() if path.is_dir()]) == 1


def test_a_console_that_is_killed_and_ctrl_c_change_nothing_for_the_engine(room: WarRoom) -> None:
    with room.run("--t0", ago(minutes=1)) as first:
        first.wait_for(SHOWN)
        first.process.kill()
        assert first.ended() == -signal.SIGKILL
    with room.console() as second:
        second.wait_for(SHOWN)
        second.press("\x03")
        second.wait_for("Leave the console?")
        second.press("n")
        room.note("still here")
        second.wait_for("still here")
    assert room.answers()
    assert room.longest_gap_s() < 1.5


def test_a_terminal_that_is_closed_ends_the_console_and_nothing_else(room: WarRoom) -> None:
    with room.run("--t0", ago(minutes=1)) as terminal:
        terminal.wait_for(SHOWN)
        pid = room.engine.pid
        terminal.hang_up()
        terminal.process.wait(15)
    used = cpu_s(pid)
    time.sleep(2)
    assert cpu_s(pid) - used < 0.4
    assert room.answers()
    assert room.engine.pid == pid


def test_posts_are_on_time_while_the_terminal_reads_nothing(room: WarRoom) -> None:
    with room.run("--t0", ago(minutes=4, seconds=45)) as terminal:
        terminal.wait_for(SHOWN)
        assert room.desk.ask("step", *BUILD).code == 0
        begun = time.monotonic()

        def is_sent() -> bool:
            # Drawing anew again and again fills the terminal's buffer: from then on the console hangs.
            terminal.resize(120, 36 + round(time.monotonic() * 10) % 2)
            return time.monotonic() - begun > 8 and post_of(room, "publish_confirmation@T+5m")["standing"] == "sent"

        until(is_sent)
        assert post_of(room, "publish_confirmation@T+5m")["late_s"] == 0
        assert room.longest_gap_s() < 1.5
        terminal.hang_up()
        terminal.process.wait(15)


def test_an_engine_that_is_killed_is_shown_lost_and_leaving_then_is_no_success(room: WarRoom) -> None:
    with room.run("--t0", ago(minutes=1)) as terminal:
        terminal.wait_for(SHOWN)
        os.kill(room.engine.pid, signal.SIGKILL)
        terminal.wait_for("no engine runs the launch")
        assert leave(terminal) == 3
    assert b"NO ENGINE runs the launch" in terminal.raw


def test_the_exit_code_of_a_launch_that_was_closed_meanwhile_is_its_own(room: WarRoom) -> None:
    with room.run("--t0", ago(minutes=1)) as terminal:
        terminal.wait_for(SHOWN)
        assert room.desk.ask("close", "--reason", "called off").code == 0
        terminal.wait_for("called off")
        assert leave(terminal) == 0
    assert b"is closed: called off" in terminal.raw


def test_stop_hands_the_launch_back_and_run_takes_it_up(room: WarRoom) -> None:
    with room.run("--t0", ago(minutes=1)) as terminal:
        terminal.wait_for(SHOWN)
        pid = room.engine.pid
        stopped = room.desk.ask("stop")
        assert (stopped.code, f"process {pid} has handed the launch" in stopped.out) == (0, True)
        terminal.wait_for("no engine runs the launch")
        with room.run() as again:
            again.wait_for(SHOWN)
            terminal.wait_for(lambda text: "no engine runs" not in text)
            assert room.engine.pid != pid
    room.end()
    assert room.desk.ask("stop").code == 2


def test_stop_says_what_to_do_about_an_engine_that_does_not_end(room: WarRoom) -> None:
    with room.desk.engine("--t0", ago(minutes=1)) as engine:
        os.kill(engine.process.pid, signal.SIGSTOP)
        refused = room.desk.ask("stop")
        assert refused.code != 0
        assert f"process {engine.process.pid} has not ended" in refused.err
        os.kill(engine.process.pid, signal.SIGCONT)
        assert engine.ended() == 143


def test_what_keeps_a_launch_from_opening_is_shown_and_nothing_is_left(room: WarRoom) -> None:
    with room.run("--gate", "gate9=green") as terminal:
        assert terminal.ended() == 2
    assert b"the playbook has no gate 'gate9'" in terminal.raw
    assert not list(room.desk.state.glob("auto*"))


def test_ctrl_c_while_the_engine_starts_ends_it(room: WarRoom) -> None:
    with opening(room.desk.state), room.run() as terminal:
        pid = int(terminal.wait_for("the engine is starting").partition("(process ")[2].partition(")")[0])
        terminal.press("\x03")
        assert terminal.ended() == 130
    assert not Path(f"/proc/{pid}").exists()


def test_without_a_terminal_the_engine_runs_here_and_says_so(room: WarRoom) -> None:
    arguments = ("run", str(room.desk.playbook), "--state", str(room.desk.state), "--gate", "gate9=green")
    ended = warroom(*arguments, inputs=room.desk.inputs, evidence=room.desk.state)
    assert ended.code == 2
    assert "no terminal, so the engine runs here" in ended.err


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param([], "no launch has an engine", id="none runs"),
        pytest.param([LAUNCH], "there is no launch", id="there is none of that name"),
    ],
)
def test_a_console_without_an_engine_says_what_there_is(name: list[str], says: str, room: WarRoom) -> None:
    with room.console(*name) as terminal:
        assert terminal.ended() == 2
    assert says.encode() in terminal.raw


def test_a_console_needs_a_terminal_and_a_running_launch(room: WarRoom) -> None:
    with room.desk.engine("--t0", ago(minutes=1)):
        refused = room.desk.ask("console")
        assert (refused.code, "needs a terminal" in refused.err) == (2, True)
        assert room.desk.ask("close", "--reason", "enough").code == 0
    closed = room.desk.ask("console")
    assert (closed.code, "is closed" in closed.err) == (2, True)
    assert "no engine runs" in room.desk.ask("stop").err or closed.code == 2
