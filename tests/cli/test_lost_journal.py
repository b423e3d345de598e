"""A journal that has lost entries is never taken for one that is new: what was acknowledged is noted beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.left import Left, left, refusal
from warroom.cli import launches as launches_module
from warroom.cli.asking import ask
from warroom.cli.engines import engine_named, running_engines
from warroom.cli.looking import audit, launches, status
from warroom.cli.purge import purge
from warroom.clock import RealClock
from warroom.journal.folder import holds_journal
from warroom.journal.journal import Journal

ENTRIES = 3


@pytest.fixture
def quiet(tmp_path: Path) -> Left:
    found = left(tmp_path)
    with Journal.open(found.folder, found.folder.name, RealClock()):
        return found


def _sidecars_gone(quiet: Left) -> Path:
    for name in ("journal.db-wal", "journal.db-shm"):
        (quiet.folder / name).unlink(missing_ok=True)
    return quiet.folder / "journal.db"


def _emptied(quiet: Left) -> None:
    _sidecars_gone(quiet).write_bytes(b"")


def _gone(quiet: Left) -> None:
    _sidecars_gone(quiet).unlink()


def _without(quiet: Left, *statements: str) -> None:
    with closing(sqlite3.connect(quiet.folder / "journal.db")) as database:
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for statement in (
            *(f"DROP TRIGGER {name}" for name, _ in triggers),
            *statements,
            *(sql for _, sql in triggers),
        ):
            database.execute(statement)
        database.commit()


def _all_deleted(quiet: Left) -> None:
    _without(quiet, "DELETE FROM entries")


def _end_deleted(quiet: Left) -> None:
    _without(quiet, f"DELETE FROM entries WHERE seq = {ENTRIES}")


_NOT_THERE = f"entry {ENTRIES} of the journal is damaged: it was acknowledged, and the journal ends with entry"
LOST = [
    pytest.param(_emptied, f"journal.db is empty, and {ENTRIES} entries were acknowledged", id="emptied"),
    pytest.param(_gone, f"journal.db is gone, and {ENTRIES} entries were acknowledged", id="removed"),
    pytest.param(_all_deleted, f"{_NOT_THERE} 0", id="all deleted"),
    pytest.param(_end_deleted, f"{_NOT_THERE} 2", id="the last deleted"),
]


@pytest.mark.parametrize("named", ["path", "name", "id"])
@pytest.mark.parametrize(("lose", "says"), LOST)
def test_it_is_not_run_and_no_other_is_opened_unasked(
    lose: Callable[[Left], None], says: str, named: str, quiet: Left
) -> None:
    lose(quiet)
    before = {path: path.read_bytes() for path in quiet.folder.glob("journal.db")}
    told = refusal(lambda: quiet.opens({"path": "", "name": quiet.folder.name, "id": "quiet"}[named]))
    assert says in told
    assert "warroom audit " in told
    assert {path: path.read_bytes() for path in quiet.folder.glob("journal.db")} == before
    assert quiet.opens(new=True)
    assert len(list(quiet.state.glob("quiet-*"))) == 2


@pytest.mark.parametrize(("lose", "says"), LOST)
def test_whoever_looks_is_told_and_the_audit_finds_it(
    lose: Callable[[Left], None], says: str, quiet: Left, capsys: pytest.CaptureFixture[str]
) -> None:
    lose(quiet)
    name = quiet.folder.name
    assert launches(quiet.state) == 0
    listed = capsys.readouterr().out
    assert "unreadable: " in listed
    assert says in listed
    assert status(name, quiet.state, as_json=False) == 3
    told = capsys.readouterr()
    assert says in told.err
    assert told.out.startswith(f"launch  {name}  ")
    assert "no engine can run it: " in told.out
    assert "warroom run" not in told.out
    assert audit(name, quiet.state, ()) == 1
    assert f"entry {ENTRIES}: it was acknowledged and is not there" in capsys.readouterr().out
    for call in (lambda: ask(name, quiet.state, {"request": "note"}), lambda: engine_named(quiet.state, name)):
        said = refusal(call)
        assert "no engine can run it: " in said
        assert says in said
        assert "warroom run" not in said


@pytest.mark.parametrize(("lose", "says"), LOST)
def test_what_is_left_of_it_is_not_deleted(lose: Callable[[Left], None], says: str, quiet: Left) -> None:
    lose(quiet)
    before = {path for path in quiet.folder.rglob("*") if path.suffix != ".db-shm"}
    told = refusal(lambda: purge(quiet.folder.name, quiet.state, keep_journal=False, yes=True))
    assert says in told
    assert "delete its folder by hand" in told
    assert before <= set(quiet.folder.rglob("*"))


def test_a_note_that_is_older_than_the_journal_is_no_loss(quiet: Left) -> None:
    """As after a power cut: the note is not waited for."""
    noted = (quiet.folder / "journal.head").read_bytes()
    assert quiet.opens() == quiet.folder.name
    (quiet.folder / "journal.head").write_bytes(noted)
    assert quiet.opens() == quiet.folder.name


def test_one_that_never_had_an_entry_is_no_hindrance(quiet: Left) -> None:
    _emptied(quiet)
    (quiet.folder / "journal.head").write_bytes(b"")
    name = quiet.folder.name
    assert "was never opened" in refusal(lambda: quiet.opens(name))
    assert quiet.opens() != name


def test_a_folder_that_nobody_may_look_into_hides_no_launch(quiet: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    found, own = holds_journal, quiet.folder.name

    def looked_into(folder: Path) -> bool:
        if folder.name in ("lost+found", "other-20251101T020000Z"):
            raise PermissionError(13, "Permission denied")
        return found(folder)

    monkeypatch.setattr("warroom.cli.launches.holds_journal", looked_into)
    for name in ("lost+found", "other-20251101T020000Z"):
        (quiet.state / name).mkdir()
    monkeypatch.setattr("warroom.cli.engines.holds_journal", looked_into)
    monkeypatch.setattr("warroom.cli.engines.engine_pid", lambda _: 4711)
    assert [one.name for one in running_engines(quiet.state)] == [own]
    known = {one.name: one.problem for one in launches_module.known_launches(quiet.state)}
    assert known.pop("other-20251101T020000Z").endswith("cannot be looked into: Permission denied")
    assert known == {own: ""}
