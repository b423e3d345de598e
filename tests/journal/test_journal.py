"""What is appended is there, in order, chained, and only its owner appends."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from tests.canaries import CANARIES, redactor_of_all
from tests.journal.conftest import BEGAN, Open
from warroom.clock import RealClock, VirtualClock
from warroom.errors import UsageError
from warroom.journal.failure import JournalUnavailable
from warroom.journal.journal import BODY_CAP, Journal
from warroom.journal.reading import read_only
from warroom.launch.entries import Draft, Head

FILES = ("owner.lock", "journal.head", "journal.db", "journal.db-wal", "journal.db-shm")


class Word(StrEnum):
    GREEN = "green"


def test_a_new_journal_begins_with_its_owner(journal: Journal) -> None:
    (first,) = journal.entries()
    assert (first.seq, first.kind, first.epoch, first.prev_hash) == (1, "owner.acquired", 1, "0" * 64)
    assert first.body == {"pid": os.getpid(), "epoch": 1}
    assert (first.launch, first.at, first.actor) == ("demo", BEGAN, "engine")
    assert journal.head == first.head == (1, first.hash)


async def test_what_append_returns_is_what_is_read(journal: Journal, clock: VirtualClock) -> None:
    await clock.advance(1.5)
    clock.suspend(60)
    note = journal.append("note", {"text": "gate 1 is green", "values": (1, 2.5, None, True)}, "ana")
    assert list(journal.entries())[1:] == [note]
    assert (note.at, note.boot_id) == (BEGAN + timedelta(seconds=61.5), "virtual")
    assert note.boottime_ns == 61_500_000_000
    assert note.body == {"text": "gate 1 is green", "values": [1, 2.5, None, True]}
    assert (note.actor, note.kind) == ("ana", "note")


def test_each_entry_carries_the_hash_of_the_one_before(journal: Journal) -> None:
    for number in range(5):
        journal.append("note", {"text": str(number)})
    entries = list(journal.entries())
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert [entry.prev_hash for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]
    assert journal.head == Head(6, entries[-1].hash)


def test_the_short_head_has_the_number_and_twelve_digits() -> None:
    assert Head(42, "9f86d081884c7d65").short == "42.9f86d081884c"


def test_several_are_appended_at_one_instant_and_in_order(journal: Journal) -> None:
    both = journal.append_many([Draft("update.sending", {"slot": "T+5m"}), Draft("note", {"text": "a"}, "ana")])
    assert [(entry.seq, entry.kind, entry.actor) for entry in both] == [
        (2, "update.sending", "engine"),
        (3, "note", "ana"),
    ]
    assert both == tuple(journal.entries(after=1))
    assert journal.append_many([]) == ()


def test_several_are_appended_whole_or_not_at_all(journal: Journal) -> None:
    before = journal.head
    with pytest.raises(ValueError, match="JSON data"):
        journal.append_many([Draft("note", {"text": "a"}), Draft("note", {"text": object()})])
    assert journal.head == before
    assert len(list(journal.entries())) == 1


@pytest.mark.parametrize("after", [0, 1, 7, 1_000, 2_499, 2_500])
def test_entries_after_a_number_come_page_by_page(open_journal: Open, after: int) -> None:
    journal = open_journal()
    journal.append_many(Draft("note", {"n": number}) for number in range(2, 2_501))
    assert [entry.seq for entry in journal.entries(after)] == list(range(after + 1, 2_501))


def test_what_is_appended_while_one_reads_comes_too(journal: Journal) -> None:
    seen = []
    for entry in journal.entries():
        seen.append(entry.seq)
        if len(seen) == 1:
            journal.append_many(Draft("note", {"n": number}) for number in range(1_500))
    assert seen == list(range(1, 1_502))


def test_there_is_nothing_after_an_entry_that_is_not_there(journal: Journal) -> None:
    with pytest.raises(UsageError, match="no entry 9"):
        list(journal.entries(after=9))


def test_the_next_owner_goes_on_where_the_last_one_ended(open_journal: Open) -> None:
    with open_journal() as first:
        head = first.append("note", {"text": "a"}).head
    second = open_journal()
    assert (first.epoch, second.epoch) == (1, 2)
    assert [(entry.seq, entry.epoch, entry.kind) for entry in second.entries()] == [
        (1, 1, "owner.acquired"),
        (2, 1, "note"),
        (3, 2, "owner.acquired"),
    ]
    assert next(second.entries(after=2)).prev_hash == head.hash


def test_a_closed_journal_appends_nothing(journal: Journal) -> None:
    journal.close()
    journal.close()
    with pytest.raises(JournalUnavailable, match="closed"):
        journal.append("note", {})


def test_threads_append_one_after_the_other(journal: Journal) -> None:
    def work(name: str) -> None:
        for number in range(50):
            journal.append("note", {"n": number}, name)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = list(journal.entries(after=1))
    assert len(entries) == 200
    for name in "abcd":
        assert [entry.body["n"] for entry in entries if entry.actor == name] == list(range(50))


def test_the_real_clock_is_in_every_entry(folder: Path) -> None:
    clock = RealClock()
    before, ticks = clock.now(), clock.boottime_ns()
    with Journal.open(folder, "demo", clock) as journal:
        entry = journal.append("note", {})
    assert before <= entry.at <= clock.now()
    assert ticks < entry.boottime_ns < clock.boottime_ns()
    assert entry.boot_id == clock.boot_id()


def test_only_the_owner_can_read_it_whatever_the_umask(tmp_path: Path, clock: VirtualClock) -> None:
    before = os.umask(0)
    try:
        with Journal.open(tmp_path / "state" / "demo", "demo", clock) as journal:
            journal.append("note", {})
            modes = {
                path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.lstat().st_mode)
                for path in tmp_path.rglob("*")
            }
    finally:
        os.umask(before)
    assert modes == {
        "state": 0o700,
        "state/demo": 0o700,
        **{f"state/demo/{name}": 0o600 for name in FILES},
    }


def nested(depth: int) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for _ in range(depth):
        body = {"a": body}
    return body


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param("note", {"at": BEGAN}, id="an instant is no JSON data"),
        pytest.param("note", {1: "a"}, id="a name that is no text"),
        pytest.param("note", {"raw": b"a"}, id="bytes"),
        pytest.param("note", {"a": float("nan")}, id="NaN"),
        pytest.param("note", {"a": float("inf")}, id="an infinite number"),
        pytest.param("note", ["a"], id="a list in place of an object"),
        pytest.param("note", {"a": "x" * BODY_CAP}, id="more than a mebibyte"),
        pytest.param("note", nested(100), id="a body that nests 100 deep"),
        pytest.param("Note!", {}, id="a kind with other signs"),
        pytest.param("", {}, id="an empty kind"),
        pytest.param("owner.acquired", {}, id="the kind that opening appends"),
    ],
)
def test_what_cannot_be_an_entry_is_refused_and_leaves_no_trace(journal: Journal, kind: str, body: Any) -> None:
    with pytest.raises(ValueError, match=r"JSON|kind|nests"):
        journal.append(kind, body)
    assert journal.append("note", {}).seq == 2


@pytest.mark.parametrize(
    ("given", "read"),
    [
        pytest.param("\ud800", "\ud800", id="a lone surrogate"),
        pytest.param("a\0b\n\x1b[31m", "a\0b\n\x1b[31m", id="control characters"),
        pytest.param("Grüße 😀", "Grüße 😀", id="text beyond ASCII"),
        pytest.param(Word.GREEN, "green", id="a word of an enumeration"),
        pytest.param(10**400, 10**400, id="a large whole number"),
        pytest.param(0.1 + 0.2, 0.30000000000000004, id="a fraction to its last digit"),
        pytest.param(-0.0, -0.0, id="minus zero"),
    ],
)
def test_values_come_back_as_they_were(journal: Journal, given: object, read: object) -> None:
    returned = journal.append("note", {"value": given})
    (entry,) = journal.entries(after=1)
    assert entry == returned
    assert repr(entry.body["value"]) == repr(read)


def test_a_hostile_actor_becomes_visible_escapes(journal: Journal) -> None:
    entry = journal.append("note", {}, "ana\x1b]52;\ud800" + "x" * 500)
    assert entry.actor.startswith("ana\\e]52;\\ud800xxx")
    assert len(entry.actor) < 250
    assert list(journal.entries(after=1)) == [entry]


def test_no_secret_reaches_the_disk(folder: Path, clock: VirtualClock) -> None:
    with Journal.open(folder, "demo", clock, redact=redactor_of_all()) as journal:
        for name, secret in CANARIES.items():
            body = {"text": f"the {secret}", secret: [secret, {"deep": (secret,)}], "n": 1234567890123}
            journal.append("note", body, f"user {secret}")
            assert name in journal.append("note", {"text": secret}).body["text"]
        exported = "\n".join(journal.reader().lines())
    raw = b"".join(path.read_bytes() for path in folder.iterdir())
    for secret in CANARIES.values():
        assert secret.encode() not in raw
        assert json.dumps(secret)[1:-1] not in exported


@pytest.mark.parametrize(
    "launch",
    ["", ".", "..", "a/b", "a b", "-x", "x" * 121, "ä", "a\n"],
    ids=["empty", "dot", "dots", "slash", "space", "an option", "too long", "umlaut", "line feed"],
)
def test_a_launch_that_cannot_name_a_folder_is_refused(folder: Path, clock: VirtualClock, launch: str) -> None:
    with pytest.raises(UsageError, match="cannot name a launch"):
        Journal.open(folder, launch, clock)
    assert not folder.exists()


def test_the_journal_of_another_launch_is_not_taken_over(
    folder: Path, clock: VirtualClock, open_journal: Open
) -> None:
    open_journal().close()
    with pytest.raises(UsageError, match="holds the launch demo"):
        Journal.open(folder, "other", clock)
    assert open_journal().epoch == 2


def _move_database(folder: Path) -> None:
    (folder / "journal.db").rename(folder / "elsewhere.db")


def _replace_lock(folder: Path) -> None:
    (folder / "owner.lock").unlink()
    (folder / "owner.lock").touch()


@pytest.mark.parametrize(
    "spoil", [_move_database, _replace_lock], ids=["the database is moved", "the lock is replaced"]
)
def test_nothing_is_acknowledged_when_its_files_were_taken_away(
    journal: Journal, folder: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(folder)
    with pytest.raises(JournalUnavailable, match="removed or replaced"):
        journal.append("note", {})


def test_another_program_that_writes_holds_it_up_and_no_longer(journal: Journal, folder: Path) -> None:
    other = sqlite3.connect(folder / "journal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalUnavailable, match="another program holds the file"):
        journal.append("note", {})
    other.execute("ROLLBACK")
    assert journal.append("note", {}).seq == 2
    other.close()


def test_it_is_read_without_an_owner_and_beside_one(folder: Path, open_journal: Open) -> None:
    journal = open_journal()
    entry = journal.append("note", {"text": "a"})
    assert list(read_only(folder).entries(after=1)) == [entry]
    journal.close()
    assert list(read_only(folder).entries(after=1)) == [entry]
    assert read_only(folder).head == entry.head
    assert open_journal().epoch == 2


def test_reading_a_journal_that_is_just_being_made_says_so(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "journal.db").touch()
    with pytest.raises(UsageError, match="no entry yet"):
        read_only(folder)


_DIES_WHILE_IT_IS_MADE = """
import os, signal, sqlite3, sys
made = sqlite3.connect(sys.argv[1], isolation_level=None)
made.execute("PRAGMA cache_size = 1")
made.execute("BEGIN IMMEDIATE")
made.execute("CREATE TABLE half (made BLOB)")
for _ in range(100):
    made.execute("INSERT INTO half VALUES (zeroblob(4000))")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_journal_whose_maker_died_has_no_entry_yet_and_can_be_made(folder: Path, open_journal: Open) -> None:
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    path = folder / "journal.db"
    path.touch(mode=0o600)
    subprocess.run([sys.executable, "-c", _DIES_WHILE_IT_IS_MADE, str(path)], check=False)
    left = path.with_name("journal.db-journal").read_bytes()
    with pytest.raises(UsageError, match="no entry yet"):
        read_only(folder)
    assert path.with_name("journal.db-journal").read_bytes() == left, "a reader changes nothing"
    with open_journal() as journal:
        assert journal.epoch == 1


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_opening_closing_reading_and_refusing_leave_no_file_open(
    folder: Path, clock: VirtualClock, open_journal: Open
) -> None:
    open_journal().close()
    before = open_files()
    for _ in range(5):
        with open_journal() as journal:
            journal.append("note", {})
            next(journal.entries())
            with pytest.raises(UsageError, match="one engine acts"):
                open_journal()
        with pytest.raises(UsageError, match="holds the launch demo"):
            Journal.open(folder, "other", clock)
        next(read_only(folder).lines())
        assert read_only(folder).head.seq > 1
    assert open_files() == before


def test_reading_a_folder_without_a_journal_makes_none(folder: Path) -> None:
    with pytest.raises(UsageError, match="no journal"):
        read_only(folder)
    assert not folder.exists()
