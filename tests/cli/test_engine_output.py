"""What a real engine writes stops it never, and never grows without end: a full pipe, and its own log."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.cli.attaching import SHOWN, WarRoom, cpu_s, leave, metric, until
from tests.cli.launching import Desk, ago
from warroom.cli.engine_log import LARGEST

BUILD = ("confirm", "--value", "build_id=b-77", "--value", "deployed_at=2025-11-01T02:04:00Z")
POST = "publish_confirmation@T+5m"


def says_shortly(log: Path, text: str) -> bool:
    return log.stat().st_size < 10_000 and text in log.read_text("utf-8")


@contextmanager
def full_pipe() -> Iterator[int]:
    """The writing end of a pipe that has no room for one more byte, and whose reader is there and reads nothing."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    for size in (4_096, 1):
        with suppress(BlockingIOError):
            while True:
                os.write(writing, b"x" * size)
    os.set_blocking(writing, True)
    try:
        yield writing
    finally:
        os.close(writing)
        os.close(reading)


def test_an_engine_whose_stdout_and_stderr_nobody_reads_ticks_and_posts_and_ends(desk: Desk) -> None:
    with full_pipe() as full:
        # It complains at once: there is no Slack access.
        process = desk.popen("--t0", ago(minutes=6), stdout=full, stderr=full)
        try:
            desk.wait_until_it_answers()
            assert desk.ask("step", *BUILD).code == 0
            until(lambda: POST in desk.posts())
            assert desk.ask("note", "still here").code == 0
            assert metric(desk.folder(), "warroom_tick_gap_max_seconds") < 1.5
            used = cpu_s(process.pid)
            time.sleep(2)
            assert cpu_s(process.pid) - used < 0.4
            assert metric(desk.folder(), "warroom_tick_age_seconds") < 1.5
            process.terminate()
            assert process.wait(10) == 143
        finally:
            process.kill()
            process.wait()
    assert desk.posts() == [POST]
    assert desk.ask("audit").code == 0


@pytest.fixture
def room(desk: Desk) -> Iterator[WarRoom]:
    room = WarRoom(desk)
    try:
        yield room
    finally:
        room.end()


def test_the_log_of_an_engine_in_the_background_never_grows_without_end(room: WarRoom) -> None:
    with room.run("--t0", ago(minutes=1)) as terminal:
        terminal.wait_for(SHOWN)
        stderr, folder = Path(f"/proc/{room.engine.pid}/fd/2"), room.engine.folder
        log, before = folder / "engine.log", folder / "engine.log.1"
        for number in range(3):
            # As a library would that writes to stderr past everything.
            with stderr.open("ab", buffering=0) as stream:
                stream.write(str(number).encode() * (LARGEST + 1))
            room.note(f"note {number}")
            until(partial(says_shortly, log, f"note {number}"))
            assert before.read_bytes().endswith(str(number).encode() * LARGEST)
            assert before.stat().st_size < LARGEST + 10_000
        assert {path.name for path in folder.glob("engine.log*")} == {"engine.log", "engine.log.1"}
        assert {stat.S_IMODE(path.stat().st_mode) for path in (log, before)} == {0o600}
        assert room.answers()
        assert leave(terminal) == 0
