"""What leaves the process group of its command: it ends all the same, and nothing else does."""

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adapters.test_command import all_end, is_running, pids_in
from warroom.adapters.command import Commands
from warroom.adapters.survivors import MARK_NAME, end_marked, mark_of, marked, new_mark
from warroom.clock import RealClock
from warroom.errors import CannotMeasure

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")

# The double fork of a daemon: its own session, no parent of ours, no output of ours.
DAEMON = """
import os, sys, time
if os.fork():
    {parent}
os.setsid()
if os.fork():
    os._exit(0)
silent = os.open(os.devnull, os.O_RDWR)
for fd in (0, 1, 2):
    os.dup2(silent, fd)
with open(sys.argv[1], "a") as note:
    note.write(f"{{os.getpid()}}\\n")
time.sleep(300)
"""


def daemon(note: Path, parent: str) -> list[str]:
    return [sys.executable, "-S", "-c", DAEMON.format(parent=parent), str(note)]


async def test_at_the_deadline_a_daemon_ends_too(tmp_path: Path) -> None:
    pids = list[int]()
    for seconds in (1.0, 10.0, 50.0):  # on a busy machine a daemon takes longer to start
        note = tmp_path / f"pids{seconds}"
        with pytest.raises(CannotMeasure, match="did not end within"):
            await Commands(RealClock(), allowed=True).run(daemon(note, "time.sleep(300)"), timeout_s=seconds, env={})
        if note.exists() and (pids := [int(pid) for pid in note.read_text().split()]):
            break
    assert len(pids) == 1
    assert await all_end(pids)


async def test_a_daemon_that_a_finished_command_left_behind_ends(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    note.touch()
    when_it_has_written = "while not os.path.getsize(sys.argv[1]): time.sleep(0.01)\n    os._exit(0)"
    result = await Commands(RealClock(), allowed=True).run(daemon(note, when_it_has_written), timeout_s=60, env={})
    assert result.exit_code == 0
    assert await all_end(await pids_in(note, 1))


async def test_cancelled_the_daemon_ends_too(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    command = Commands(RealClock(), allowed=True).run(daemon(note, "time.sleep(300)"), timeout_s=60, env={})
    task = asyncio.create_task(command)
    pids = await pids_in(note, 1)
    assert is_running(pids[0])
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert await all_end(pids)


def sleeper(mark: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["/bin/sleep", "300"], env={MARK_NAME: mark})


def test_only_what_carries_the_mark_ends() -> None:
    ours, other = new_mark({}), new_mark({})
    marked, nested, bystander = sleeper(ours), sleeper(new_mark({MARK_NAME: ours})), sleeper(other)
    try:
        asyncio.run(end_marked(ours, RealClock()))
        assert (marked.wait(10), nested.wait(10)) == (-9, -9)
        assert bystander.poll() is None
    finally:
        for process in (marked, nested, bystander):
            process.kill()
            process.wait()


async def test_the_next_engine_of_a_launch_ends_what_the_last_one_left_and_nothing_else(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "launch", tmp_path / "launch-2"
    left = [sleeper(new_mark(marked({MARK_NAME: "outer"}, folder))) for folder in (ours, theirs)]
    try:
        await end_marked(mark_of(ours), RealClock())
        assert left[0].wait(10) == -9
        assert left[1].poll() is None
    finally:
        for process in left:
            process.kill()
            process.wait()


async def test_a_command_inside_a_command_carries_both_marks() -> None:
    port = Commands(RealClock(), allowed=True, environ={**os.environ, MARK_NAME: "outer"})
    result = await port.run(["/bin/sh", "-c", f"echo ${MARK_NAME}"], timeout_s=30, env={})
    outer, _, own = result.stdout.strip().partition(".")
    assert outer == "outer"
    assert len(own) == 32
