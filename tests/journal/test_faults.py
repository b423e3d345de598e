"""Nothing that was acknowledged is lost, whatever happens to the process or the disk, and it goes on by itself."""

import contextlib
import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from tests.journal.processes import Process, child
from tests.needs import need_mounts
from warroom.clock import RealClock, VirtualClock
from warroom.journal import database
from warroom.journal.audit import audit
from warroom.journal.chain import Row
from warroom.journal.failure import JournalUnavailable
from warroom.journal.folder import sync_folder
from warroom.journal.journal import Journal
from warroom.journal.reading import read_only

KILLS = 12


def test_a_killed_owner_loses_nothing_it_acknowledged(folder: Path) -> None:
    acknowledged: list[str] = []
    for number in range(KILLS):
        with child() as process:
            assert process.ask(f"open {folder}") == {"epoch": number + 1}
            process.tell("flood")
            acknowledged += [process.hear()["head"] for _ in range(1 + 7 * number)]
            acknowledged += [answer["head"] for answer in process.kill()]
        report = audit(folder, acknowledged)
        assert report.problems == ()
        assert report.heads_checked == len(acknowledged)
        # Between two owners at most one entry was written and not yet acknowledged.
        assert len(acknowledged) <= report.entries - report.owners <= len(acknowledged) + report.owners
    with Journal.open(folder, "demo", RealClock()) as journal:
        assert journal.epoch == KILLS + 1


def test_a_disk_error_is_told_and_it_goes_on_when_it_is_over(folder: Path) -> None:
    with child() as process:
        process.ask(f"open {folder}")
        before = process.ask("append")["head"]
        log = (folder / "journal.db-wal").read_bytes()
        assert len(log) == 4_120_032, "it is filled up with zeros"
        process.ask(f"limit {len(log.rstrip(bytes(1)))}")
        for _ in range(3):
            answer = process.ask("append")
            assert answer["error"] == "JournalUnavailable"
            assert "the disk reports an error" in answer["message"]
        process.ask("limit 0")
        after = process.ask("append")["head"]
    assert (before.partition(".")[0], after.partition(".")[0]) == ("2", "3")
    assert audit(folder, [before, after]).problems == ()


def broken(code: int) -> OperationalError:
    """An error of the database, as the disk makes it."""
    cause = sqlite3.OperationalError("disk I/O error")
    cause.sqlite_errorcode = code
    return OperationalError("INSERT", {}, cause)


def fail_once(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk refuses an entry, and is well afterwards."""

    def fails(*_: object) -> list[Row]:
        raise broken(sqlite3.SQLITE_IOERR)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "_rows", fails)
        with pytest.raises(JournalUnavailable, match="the disk reports an error"):
            journal.append("note", {"text": "lost"})


@pytest.fixture
def written_anew(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was written to the log past SQLite, oldest first, and a word for each wait for the disk."""
    found: list[bytes] = []

    def pwrite(descriptor: int, data: bytes, at: int) -> int:
        found.append(data)
        return real_pwrite(descriptor, data, at)

    def fsync(descriptor: int) -> None:
        real_fsync(descriptor)
        found.append(b"flushed")

    def flush_name(path: Path) -> None:
        sync_folder(path)
        found.append(b"its name too")

    real_pwrite, real_fsync = os.pwrite, os.fsync
    monkeypatch.setattr(database, "sync_folder", flush_name)
    monkeypatch.setattr(database, "os", SimpleNamespace(**{**vars(os), "pwrite": pwrite, "fsync": fsync}))
    return found


def test_after_a_failure_what_the_log_holds_is_written_anew_before_more_is_acknowledged_also_beside_a_reader(
    folder: Path, monkeypatch: pytest.MonkeyPatch, written_anew: list[bytes]
) -> None:
    with Journal.open(folder, "demo", RealClock()) as journal:
        journal.append("note", {"text": "in the log alone"})
        with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as reads:
            count = reads.execute("BEGIN").execute("SELECT count(*) FROM entries")
            assert count.fetchone() == (2,)
            fail_once(journal, monkeypatch)
            log = (folder / "journal.db-wal").read_bytes()
            written_anew.clear()
            journal.append("note", {"text": "behind it"})
            flushed = written_anew.index(b"flushed")
            assert b"".join(written_anew[:flushed]) == log
            assert written_anew[flushed + 1] == b"its name too"
            assert b"in the log alone" in log
            assert reads.execute("SELECT count(*) FROM entries").fetchone() == (2,)
        assert [entry.body["text"] for entry in journal.entries(1)] == ["in the log alone", "behind it"]
    assert audit(folder).ok


def test_while_the_log_is_written_anew_nobody_adds_to_it_or_takes_it_away(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[object] = []

    def pwrite(descriptor: int, data: bytes, at: int) -> int:
        is_busy, *_ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        found.append(is_busy)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        return real_pwrite(descriptor, data, at)

    real_pwrite = os.pwrite
    database_file = folder / "journal.db"
    with (
        Journal.open(folder, "demo", RealClock()) as journal,
        closing(sqlite3.connect(database_file, timeout=0.0, isolation_level=None)) as other,
    ):
        assert other.execute("SELECT count(*) FROM entries").fetchone() == (1,)
        fail_once(journal, monkeypatch)
        with monkeypatch.context() as patch:
            patch.setattr(database, "os", SimpleNamespace(**{**vars(os), "pwrite": pwrite}))
            patch.setattr("warroom.journal.journal.reserve_log", lambda _: None)
            journal.append("note", {})
    assert set(found) == {1}, "it was busy, each time"


def test_nothing_is_acknowledged_while_the_log_cannot_be_written_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("warroom.journal.journal.rewrite_log", fails)
        with pytest.raises(JournalUnavailable, match="the disk reports an error"):
            Journal.open(folder, "demo", RealClock())
    with Journal.open(folder, "demo", RealClock()) as journal:
        assert journal.append("note", {}).seq == 2


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Process, Path]]:
    """A child that sees a file system of 400 KiB, or of the parameter, at the folder that comes with it."""
    disk = tmp_path / "disk"
    disk.mkdir(mode=0o700)
    mount = f"mount -t tmpfs -o size={getattr(request, 'param', '400k')},mode=700 tmpfs {disk}"
    prefix = ["unshare", "--mount", "--map-root-user", "sh", "-c", f'{mount} && exec "$@"', "sh"]
    need_mounts(*prefix)
    with child(prefix) as process:
        yield process, disk


def seen(process: Process, path: Path) -> Path:
    """`path` as the child sees it."""
    return Path(f"/proc/{process.popen.pid}/root{path}")


def fill(ballast: Path) -> None:
    """Writes to `ballast` until the disk is full to the last byte."""
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 512):
            pass


def test_a_full_disk_is_told_loses_nothing_and_is_left_behind(
    small_disk: tuple[Process, Path], tmp_path: Path
) -> None:
    process, disk = small_disk
    folder = disk / "demo"
    assert process.ask(f"open {folder}") == {"epoch": 1}
    acknowledged = [process.ask("append")["head"] for _ in range(20)]
    ballast = seen(process, disk) / "ballast"
    fill(ballast)
    answers = [process.ask("append") for _ in range(200)]
    assert "the disk is full" in answers[-1]["message"]
    acknowledged += [answer["head"] for answer in answers if "head" in answer]
    ballast.unlink()
    acknowledged += [process.ask("append")["head"] for _ in range(5)]
    process.ask("close")
    copy = tmp_path / "copy"
    shutil.copytree(seen(process, folder), copy)
    report = audit(copy, acknowledged)
    assert report.problems == ()
    assert report.entries == len(acknowledged) + 1


@pytest.mark.parametrize("small_disk", ["48m"], indirect=True)
def test_a_disk_that_fills_up_leaves_room_for_hundreds_of_entries(small_disk: tuple[Process, Path]) -> None:
    process, disk = small_disk
    assert process.ask(f"open {disk / 'demo'}") == {"epoch": 1}
    fill(seen(process, disk) / "ballast")
    answers = [process.ask("append") for _ in range(300)]
    assert [answer for answer in answers if "head" not in answer] == []


def test_a_disk_that_is_full_from_the_start_is_told(small_disk: tuple[Process, Path]) -> None:
    process, disk = small_disk
    ballast = seen(process, disk) / "ballast"
    fill(ballast)
    answer = process.ask(f"open {disk / 'demo'}")
    assert answer["error"] in ("JournalUnavailable", "UsageError")
    assert "full" in answer["message"] or "No space" in answer["message"]
    ballast.unlink()
    assert process.ask(f"open {disk / 'demo'}") == {"epoch": 1}


def test_a_database_that_may_not_grow_is_told_and_grows_later(folder: Path, clock: VirtualClock) -> None:
    with Journal.open(folder, "demo", clock) as journal:
        assert journal._connection is not None
        journal._connection.exec_driver_sql("PRAGMA max_page_count = 3")
        journal._connection.rollback()
        with pytest.raises(JournalUnavailable, match="the disk is full"):
            journal.append("note", {"text": "x" * 20_000})
        assert journal.append("note", {"text": "x" * 20_000}).seq == 2
    assert audit(folder).ok


@pytest.fixture
def read_only_medium(folder: Path, tmp_path: Path) -> Iterator[tuple[Process, Path]]:
    with Journal.open(folder, "demo", RealClock()) as journal:
        journal.append("note", {})
    prefix = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    mount = f'mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && exec "$@"'
    need_mounts(*prefix, mount, "sh")
    with child([*prefix, mount, "sh"]) as process:
        yield process, folder


def test_a_read_only_medium_is_told_and_can_be_read(read_only_medium: tuple[Process, Path]) -> None:
    process, folder = read_only_medium
    answer = process.ask(f"open {folder}")
    assert answer["error"] == "JournalUnavailable"
    assert "ead-only file system" in answer["message"]
    assert process.ask(f"audit {folder}") == {"ok": True, "entries": 2}
    assert sorted(path.name for path in folder.iterdir()) == ["journal.db", "journal.head", "owner.lock"]


def test_what_was_refused_and_is_there_after_all_is_followed(folder: Path, clock: VirtualClock) -> None:
    """The disk wrote the commit, then failed to say so: the next entry comes behind it."""
    with Journal.open(folder, "demo", clock) as journal:
        journal.append("note", {"text": "known"})
        known = journal.head
        journal.append("note", {"text": "its answer was lost"})
        journal._head = known
        with pytest.raises(JournalUnavailable, match="follows the last one"):
            journal.append("note", {"text": "refused once"})
        assert journal.append("note", {"text": "behind it"}).seq == known.seq + 2
        assert len(list(read_only(folder).entries(after=known.seq))) == 2
    assert audit(folder).ok
