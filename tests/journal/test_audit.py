"""An audit finds what was changed, inserted or removed, by a person or by a disk."""

import contextlib
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.journal.conftest import Open
from tests.journal.processes import child
from warroom.clock import VirtualClock
from warroom.errors import UsageError, WarroomError
from warroom.journal import chain, schema
from warroom.journal.audit import audit, audit_lines
from warroom.journal.chain import Row
from warroom.journal.failure import JournalDamaged
from warroom.journal.journal import Journal
from warroom.journal.reading import raw_rows, read_only
from warroom.launch.entries import Entry, Head

FLIPS = 1_000


@pytest.fixture
def closed(folder: Path, open_journal: Open) -> Path:
    """The folder of a journal with twelve entries that nobody has open."""
    with open_journal() as journal:
        for number in range(11):
            journal.append("note", {"text": f"entry {number}", "n": number})
    return folder


def forge(folder: Path, *statements: str) -> None:
    """What somebody does who has the rights and takes the triggers away for a moment."""
    triggers = [one for one in schema.STEPS[0] if one.startswith("CREATE TRIGGER")]
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as connection:
        for trigger in triggers:
            connection.execute(f"DROP TRIGGER {trigger.split()[2]}")
        for statement in (*statements, *triggers):
            connection.execute(statement)


def test_a_sound_journal_has_no_problem(closed: Path, clock: VirtualClock) -> None:
    report = audit(closed)
    assert report.ok
    assert (report.launch, report.entries, report.owners, report.problems) == ("demo", 12, 1, ())
    assert report.first_at == report.last_at == clock.now()
    assert report.head == read_only(closed).head


def test_a_journal_is_audited_while_its_owner_appends(journal: Journal, folder: Path) -> None:
    for number in range(1, 4):
        assert audit(folder, [journal.head.short]).entries == number
        journal.append("note", {})
    assert audit(folder).ok


@pytest.mark.parametrize(
    ("statement", "seq", "says"),
    [
        pytest.param("UPDATE entries SET body = '{}' WHERE seq = 5", 5, "not what its hash", id="a body"),
        pytest.param("UPDATE entries SET actor = 'ana' WHERE seq = 5", 5, "not what its hash", id="an actor"),
        pytest.param("UPDATE entries SET wall_utc_us = 0 WHERE seq = 5", 5, "not what its hash", id="a time"),
        pytest.param(
            "UPDATE entries SET wall_utc_us = 1 << 62 WHERE seq = 5", 5, "not what its", id="a time of no year"
        ),
        pytest.param("UPDATE entries SET hash = 'x' WHERE seq = 5", 5, "not what its hash", id="a hash"),
        pytest.param("UPDATE entries SET launch = 'other' WHERE seq = 5", 5, "not what its hash", id="a launch"),
        pytest.param("UPDATE entries SET body = '{\"n\":NaN}' WHERE seq = 5", 5, "not what its hash", id="bad JSON"),
        pytest.param("DELETE FROM entries WHERE seq = 5", 6, "it follows entry 4", id="one removed"),
        pytest.param("DELETE FROM entries WHERE seq = 1", 2, "before it are missing", id="the first removed"),
        pytest.param("UPDATE entries SET seq = seq + 1 WHERE seq > 11", 13, "not what its hash", id="renumbered"),
    ],
)
def test_a_change_by_hand_is_found_and_its_entry_named(closed: Path, statement: str, seq: int, says: str) -> None:
    forge(closed, statement)
    first = audit(closed).problems[0]
    assert first.seq == seq
    assert says in first.message
    assert str(first).startswith(f"entry {seq}: ")
    with pytest.raises(JournalDamaged, match=f"entry {seq} of the journal is damaged"):
        list(read_only(closed).entries())


def rechained(folder: Path, drop: int) -> list[Row]:
    """The rows without number `drop`, numbered and chained anew: what a forger does who knows the rule."""
    head, forged = chain.EMPTY, []
    for row in raw_rows_of(folder):
        if row.seq != drop:
            values = {name: getattr(row, name) for name in Row.__slots__}
            moved = Row(**{**values, "seq": head.seq + 1, "prev_hash": head.hash})
            forged.append(chain.sealed(moved, chain.digest(moved)))
            head = Head(forged[-1].seq, forged[-1].hash)
    return forged


def raw_rows_of(folder: Path) -> list[Row]:
    from warroom.journal.reading import open_reader

    return list(raw_rows(open_reader(folder)))


def test_a_forger_who_chains_anew_is_found_by_a_published_head(closed: Path) -> None:
    published = [Head(row.seq, row.hash).short for row in raw_rows_of(closed) if row.seq in (3, 8)]
    forged = [chain.line(row) for row in rechained(closed, drop=5)]
    assert audit_lines(forged).ok
    report = audit_lines(forged, published)
    assert [(problem.seq, problem.message[:32]) for problem in report.problems] == [
        (8, "another hash was published for i")
    ]
    assert report.heads_checked == 2


def test_a_cut_off_end_is_found_by_a_published_head(closed: Path) -> None:
    head = read_only(closed).head.short
    forge(closed, "DELETE FROM entries WHERE seq = 12")
    (closed / "journal.head").unlink()
    assert audit(closed).ok
    report = audit(closed, [head])
    assert [str(problem) for problem in report.problems] == [f"entry 12: it was published ({head}) and is not there"]


def test_a_cut_off_end_is_found_by_what_is_kept_beside_the_journal(closed: Path, open_journal: Open) -> None:
    forge(closed, "DELETE FROM entries WHERE seq = 12")
    assert [problem.seq for problem in audit(closed).problems] == [12]
    with pytest.raises(JournalDamaged, match=r"entry 12 .* was acknowledged, and the journal ends with entry 11"):
        open_journal()


def test_another_entry_in_place_of_the_acknowledged_one_stops_the_owner(closed: Path, open_journal: Open) -> None:
    row = raw_rows_of(closed)[-1]
    values = {name: getattr(row, name) for name in Row.__slots__}
    forged = Row(**{**values, "actor": "ana"})
    forge(closed, f"UPDATE entries SET actor = 'ana', hash = '{chain.digest(forged)}' WHERE seq = 12")
    with pytest.raises(JournalDamaged, match=r"entry 12 .* not the one that was acknowledged"):
        open_journal()


def test_a_journal_that_is_ahead_of_what_is_kept_beside_it_is_sound(closed: Path, open_journal: Open) -> None:
    older = (closed / "journal.head").read_bytes()
    open_journal().close()
    (closed / "journal.head").write_bytes(older)
    assert audit(closed).ok
    assert open_journal().epoch == 3


@pytest.mark.parametrize("noise", [b"", b"x", b"0" * 93])
def test_a_damaged_note_beside_the_journal_stops_nobody(closed: Path, open_journal: Open, noise: bytes) -> None:
    raw = (closed / "journal.head").read_bytes()
    (closed / "journal.head").write_bytes(noise or raw.replace(b"12.", b"99."))
    assert audit(closed).ok
    assert open_journal().epoch == 2


@pytest.mark.parametrize("head", ["", "12", "0.000000000000", "12.abc", "12.ABCDEF012345", "x.9f86d081884c"])
def test_what_is_no_head_is_refused(closed: Path, head: str) -> None:
    with pytest.raises(UsageError, match="no head"):
        audit(closed, [head])


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER entries_never_change",
        "CREATE TABLE more (a)",
        "CREATE TRIGGER x AFTER INSERT ON entries BEGIN SELECT 1; END",
    ],
    ids=["a trigger is gone", "a table too many", "a trigger too many"],
)
def test_another_schema_is_found(closed: Path, statement: str) -> None:
    with closing(sqlite3.connect(closed / "journal.db")) as connection:
        connection.execute(statement)
    assert [problem.seq for problem in audit(closed).problems] == [0]


def test_an_epoch_that_no_owner_began_is_found(closed: Path) -> None:
    rows = raw_rows_of(closed)
    values = {name: getattr(rows[-1], name) for name in Row.__slots__}
    forged = Row(**{**values, "epoch": 2})
    lines = [chain.line(row) for row in (*rows[:-1], chain.sealed(forged, chain.digest(forged)))]
    assert [str(problem) for problem in audit_lines(lines).problems] == [
        "entry 12: its epoch is 2, the one before it has 1"
    ]


def test_a_hundred_problems_are_enough(closed: Path) -> None:
    assert len(audit_lines(["x"] * 500).problems) == 100


class Victim:
    """A journal whose bits are flipped, one at a time, in a copy that is thrown away."""

    def __init__(self, folder: Path, names: tuple[str, ...], scratch: Path) -> None:
        self.raw = {name: (folder / name).read_bytes() for name in names}
        self.entries: list[Entry] = []
        self.scratch = scratch

    def flipped(self, bit: int) -> Path:
        """A folder with the files, one bit of them changed; `bit` counts through all of them."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True, mode=0o700)
        for name, raw in self.raw.items():
            changed = bytearray(raw)
            if 0 <= bit < _written(raw):
                changed[bit // 8] ^= 1 << bit % 8
            bit -= _written(raw)
            (self.scratch / name).write_bytes(changed)
            (self.scratch / name).chmod(0o600)
        return self.scratch

    @property
    def bits(self) -> int:
        return sum(_written(raw) for raw in self.raw.values())


def _written(raw: bytes) -> int:
    """How many bits were written: behind them, SQLite's log is filled with zeros."""
    return len(raw.rstrip(b"\0")) * 8


@pytest.fixture(params=["closed", "killed"])
def victim(request: pytest.FixtureRequest, folder: Path, tmp_path: Path) -> Victim:
    """A journal that was closed, and one whose owner was killed: there the last entries are in SQLite's log only."""
    names = ("journal.db", "journal.head", *(["journal.db-wal"] if request.param == "killed" else []))
    with child() as process:
        process.ask(f"open {folder}")
        for _ in range(30):
            process.ask("append")
        if request.param == "closed":
            process.ask("close")
        process.kill()
    victim = Victim(folder, names, tmp_path / "flipped" / "demo")
    victim.entries = list(read_only(victim.flipped(-1)).entries())
    assert len(victim.entries) == 31
    return victim


def survives(folder: Path, entries: list[Entry]) -> str:
    """`detected` or `harmless`; anything else fails."""
    try:
        report = audit(folder)
    except WarroomError:
        return "detected"
    if not report.ok:
        return "detected"
    assert list(read_only(folder).entries()) == entries
    assert audit_lines(read_only(folder).lines()).ok
    return "harmless"


def test_a_thousand_flipped_bits_are_each_detected_or_harmless(victim: Victim) -> None:
    dice = random.Random(20251101)
    outcomes = [survives(victim.flipped(dice.randrange(victim.bits)), victim.entries) for _ in range(FLIPS)]
    assert outcomes.count("detected") > FLIPS // 4
    assert survives(victim.flipped(-1), victim.entries) == "harmless"


def test_an_owner_of_flipped_bits_refuses_or_goes_on_with_every_entry(victim: Victim, clock: VirtualClock) -> None:
    dice = random.Random(20251102)
    went_on = 0
    for _ in range(150):
        folder = victim.flipped(dice.randrange(victim.bits))
        with contextlib.suppress(WarroomError), Journal.open(folder, "demo", clock) as journal:
            note = journal.append("note", {})
            *before, _, last = journal.entries()
            assert before == victim.entries
            assert last == note
            went_on += 1
    assert 0 < went_on < 150
