"""The file of an engine in the background stays small, and is nobody else's."""

import os
import stat
import threading
from pathlib import Path

from warroom.cli import engine_log
from warroom.cli.engine_log import EngineLog
from warroom.cli.unblocking import UnblockingLines


def test_what_is_too_much_moves_to_a_second_file(tmp_path: Path) -> None:
    log = EngineLog(tmp_path)
    os.write(log.descriptor, b"x" * (engine_log.LARGEST + 1))
    lines = log.lines()
    lines.write("new")
    lines.close()
    assert (tmp_path / "engine.log").read_text() == "new\n"
    assert (tmp_path / "engine.log.1").stat().st_size == engine_log.LARGEST + 1
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_a_full_disk_costs_what_did_not_fit_and_no_more(tmp_path: Path) -> None:
    full, begun = os.open("/dev/full", os.O_WRONLY), threading.Semaphore(0)
    lines = UnblockingLines(full, begun.release, lasting=True)
    for _ in range(2):
        lines.write("lost")
        assert begun.acquire(timeout=10)
    room = os.open(tmp_path / "room", os.O_WRONLY | os.O_CREAT)
    os.dup2(room, full)
    lines.write("kept")
    lines.close()
    assert (tmp_path / "room").read_text().endswith("kept\n")
    os.close(room)
    os.close(full)


def test_a_second_engine_goes_on_where_the_first_stopped(tmp_path: Path) -> None:
    for text in (b"one\n", b"two\n"):
        os.write(EngineLog(tmp_path).descriptor, text)
    assert (tmp_path / "engine.log").read_bytes() == b"one\ntwo\n"
