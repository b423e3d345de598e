"""Entries are final, an older journal is brought up to date with a copy kept, a newer one is left alone."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from tests.journal.conftest import Open
from warroom.clock import VirtualClock
from warroom.errors import UsageError
from warroom.journal import schema
from warroom.journal.audit import audit
from warroom.journal.database import writer
from warroom.journal.journal import Journal
from warroom.journal.reading import read_only


@pytest.fixture
def closed(folder: Path, open_journal: Open) -> Path:
    """The database of a journal with three entries that nobody has open."""
    with open_journal() as journal:
        journal.append("note", {"text": "a"})
        journal.append("note", {"text": "b"})
    return folder / "journal.db"


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


COLUMNS = "launch, wall_utc_us, boot_id, boottime_ns, epoch, actor, kind, body, prev_hash, hash"


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE entries SET body = '{}' WHERE seq = 2", id="changed"),
        pytest.param("DELETE FROM entries WHERE seq = 3", id="removed"),
        pytest.param("DELETE FROM entries", id="all removed"),
        pytest.param(f"REPLACE INTO entries SELECT 2, {COLUMNS} FROM entries WHERE seq = 1", id="replaced"),
        pytest.param(f"INSERT INTO entries SELECT 9, {COLUMNS} FROM entries WHERE seq = 3", id="inserted with a gap"),
        pytest.param(f"INSERT INTO entries SELECT 4, {COLUMNS} FROM entries WHERE seq = 3", id="inserted unchained"),
        pytest.param("UPDATE OR IGNORE entries SET seq = 7 WHERE seq = 3", id="renumbered"),
    ],
)
def test_an_entry_of_the_journal_cannot_be(closed: Path, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="an entry of the journal"):
        execute(closed, statement)
    assert audit(closed.parent).ok


@pytest.mark.parametrize("use", [read_only, audit], ids=["read", "audited"])
def test_a_newer_journal_is_not(closed: Path, open_journal: Open, use: Callable[[Path], object]) -> None:
    newer = len(schema.STEPS) + 1
    execute(closed, f"PRAGMA user_version = {newer}")
    before = closed.read_bytes()
    attempts: tuple[Callable[[], object], ...] = (lambda: use(closed.parent), open_journal)
    for attempt in attempts:
        with pytest.raises(UsageError, match=rf"newer Warroom .its schema is {newer}, this one knows {newer - 1}"):
            attempt()
    assert closed.read_bytes() == before


@pytest.mark.parametrize("version", [0, 1])
def test_somebody_elses_database_is_left_alone(folder: Path, open_journal: Open, version: int) -> None:
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    path = folder / "journal.db"
    execute(path, "CREATE TABLE theirs (a)", f"PRAGMA user_version = {version}")
    before = path.read_bytes()
    with pytest.raises(UsageError, match="not a journal of Warroom"):
        open_journal()
    assert path.read_bytes() == before


def test_the_table_that_is_queried_is_the_one_that_is_made(closed: Path) -> None:
    with closing(sqlite3.connect(closed)) as connection:
        made = {name: kind for _, name, kind, *_ in connection.execute("PRAGMA table_info(entries)")}
        modes = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "application_id")]
    assert list(made) == [column.name for column in schema.ENTRIES.columns]
    assert {name for name, kind in made.items() if kind == "INTEGER"} == {
        column.name for column in schema.ENTRIES.columns if column.type.python_type is int
    }
    assert modes == ["wal", schema.APPLICATION_ID]


def test_a_commit_waits_for_the_disk(closed: Path) -> None:
    with writer(closed).connect() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("synchronous", "fullfsync")]
    # https://www.sqlite.org/pragma.html#pragma_synchronous: 2 is FULL.
    assert found == [2, 1]


NEXT_STEPS = (
    *schema.STEPS,
    ("CREATE TABLE more (a TEXT) STRICT",),
    ("CREATE TABLE most (b TEXT)",),
)


def test_an_older_journal_is_upgraded_step_by_step_and_a_copy_is_kept(closed: Path, tmp_path: Path) -> None:
    lines = list(read_only(closed.parent).lines())
    with writer(closed).connect() as connection:
        schema.upgrade(connection, closed, NEXT_STEPS)
        assert schema.version_of(connection) == 3
        assert {name for name, _ in schema.objects(connection)} >= {"entries", "more", "most"}
    copy = closed.with_name("journal.v1.db")
    assert copy.stat().st_mode & 0o777 == 0o600
    kept = tmp_path / "kept"
    kept.mkdir()
    copy.rename(kept / "journal.db")
    assert audit(kept).ok
    assert list(read_only(kept).lines()) == lines


def test_an_upgrade_that_fails_changes_nothing_and_can_be_tried_again(closed: Path) -> None:
    broken = (*NEXT_STEPS[:2], ("CREATE TABLE most (b TEXT)", "this is no SQL"))
    for _ in range(2):
        with writer(closed).connect() as connection, pytest.raises(DBAPIError, match="syntax error"):
            schema.upgrade(connection, closed, broken)
    assert audit(closed.parent).ok
    with writer(closed).connect() as connection:
        schema.upgrade(connection, closed, NEXT_STEPS)
        assert schema.version_of(connection) == 3


def test_a_file_that_was_made_but_not_filled_becomes_a_journal(folder: Path, clock: VirtualClock) -> None:
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    (folder / "journal.db").touch(mode=0o600)
    with Journal.open(folder, "demo", clock) as journal:
        assert journal.append("note", {}).seq == 2
