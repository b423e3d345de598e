"""Reading a journal: beside its owner, in any thread and any process, without ever holding it up."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, select

from warroom.errors import UsageError
from warroom.journal import chain
from warroom.journal.chain import Row
from warroom.journal.database import reader
from warroom.journal.failure import DATABASE_ERRORS, JournalDamaged, failure, is_half_made
from warroom.journal.folder import DATABASE
from warroom.journal.schema import ENTRIES, objects, require_known
from warroom.journal.witness import acknowledged
from warroom.launch.entries import Entry, Head
from warroom.text import clean

_PAGE: Final = 1_000


class NoEntryYet(UsageError):
    """The journal was made and nothing was written yet: its engine has only just begun, or ended there."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"the journal in {clean(str(folder))} has no entry yet", hint="try again in a moment")


class JournalReader:
    """The entries of one launch. Any thread may call it; each call reads the disk, so keep it off an event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def head(self) -> Head:
        """The last entry on the disk, unchecked. Raises JournalDamaged or JournalUnavailable."""
        row = last_row(self._engine)
        return Head(row.seq, row.hash) if row else chain.EMPTY

    def require_acknowledged(self, noted: Head | None) -> None:
        """Raises JournalDamaged where the journal lacks `noted`, which was acknowledged before this was called;
        JournalUnavailable where the disk does not let it be read."""
        require_acknowledged(self._engine, noted, self.head)

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """The entries with a number above `after`, oldest first; those that are appended meanwhile come too.

        Each is checked against its hash and against the entry before it. Raises JournalDamaged at the first that is
        wrong, JournalUnavailable where the disk does not let it be read, and UsageError where there is no entry
        `after`. Reads a page at a time and holds nothing in between.
        """
        return (chain.entry_of(row) for row in self._checked(after))

    def of_kinds(self, kinds: Collection[str]) -> Iterator[Entry]:
        """Only the entries of these kinds, oldest first, without reading what lies between.

        Each is checked against its own hash alone. Raises JournalDamaged and JournalUnavailable as `entries` does.
        """
        for row in raw_rows(self._engine, kinds=kinds):
            chain.require_sound(row)
            yield chain.entry_of(row)

    def lines(self, after: int = 0) -> Iterator[str]:
        """The same as JSON lines in canonical form, without line feeds: the export. Raises as `entries` does."""
        return (chain.line(row) for row in self._checked(after))

    def _checked(self, after: int) -> Iterator[Row]:
        if after < 0:
            raise ValueError("entries count from 1")
        rows = raw_rows(self._engine, max(0, after - 1))
        head = chain.EMPTY
        if after:
            first = next(rows, None)
            if first is None:
                raise UsageError(f"the journal has no entry {after}")
            chain.require_sound(first)
            head = Head(first.seq, first.hash)
        for row in rows:
            head = chain.require_next(row, head)
            yield row


def read_only(folder: Path) -> JournalReader:
    """The journal in `folder`, for audit, status and export; it changes no entry and needs no owner.

    Raises UsageError where there is no journal, or one of a newer Warroom; JournalDamaged where it is gone or empty
    although entries were acknowledged, that or JournalUnavailable where it cannot be read.
    """
    return JournalReader(open_reader(folder))


def open_reader(folder: Path) -> Engine:
    """What `read_only` reads through. Raises as it does."""
    # Looked at first: what was acknowledged by now must be found in what is read from here on.
    noted = acknowledged(folder)
    path = folder / DATABASE
    if not path.is_file():
        if noted:
            raise _lost(noted, "is gone")
        raise UsageError(f"there is no journal in {clean(str(folder))}", hint="warroom launches lists those that are")
    engine = reader(path)
    try:
        with engine.connect() as connection:
            require_known(connection)
            if not objects(connection):
                raise _lost(noted, "is empty") if noted else NoEntryYet(folder)
    except DATABASE_ERRORS as error:
        if is_half_made(error):
            raise NoEntryYet(folder) from error
        raise failure(error) from error
    return engine


def _lost(noted: Head, how: str) -> JournalDamaged:
    were = "entry was" if noted.seq == 1 else "entries were"
    return JournalDamaged(0, f"{DATABASE} {how}, and {noted.seq} {were} acknowledged")


def raw_rows(engine: Engine, after: int = 0, kinds: Collection[str] = ()) -> Iterator[Row]:
    """The rows above `after` as they lie there, unchecked, oldest first; with `kinds` only those.

    Raises where SQLite gives up.
    """
    query = select(ENTRIES).order_by(ENTRIES.c.seq).limit(_PAGE)
    if kinds:
        query = query.where(ENTRIES.c.kind.in_(sorted(kinds)))
    while True:
        try:
            with engine.connect() as connection:
                page = [Row(*found) for found in connection.execute(query.where(ENTRIES.c.seq > after))]
        except DATABASE_ERRORS as error:
            raise failure(error, seq=after + 1) from error
        yield from page
        if not page:
            return
        if type(page[-1].seq) is not int or page[-1].seq <= after:
            raise JournalDamaged(after + 1, "its entries are not in order")
        after = page[-1].seq


def require_acknowledged(engine: Engine, noted: Head | None, head: Head) -> None:
    """Raises JournalDamaged where `noted` was acknowledged and the journal, which ends with `head`, lacks it."""
    if noted is None or noted.seq == 0 or noted == head:
        return
    if noted.seq > head.seq:
        raise JournalDamaged(noted.seq, f"it was acknowledged, and the journal ends with entry {head.seq}")
    row = next(raw_rows(engine, noted.seq - 1), None)
    if row is None or row.hash != noted.hash:
        raise JournalDamaged(noted.seq, "it is not the one that was acknowledged")


def last_row(engine: Engine) -> Row | None:
    """The last row, unchecked; None in an empty journal. Raises as `raw_rows`."""
    query = select(ENTRIES).order_by(ENTRIES.c.seq.desc()).limit(1)
    try:
        with engine.connect() as connection:
            found = connection.execute(query).first()
    except DATABASE_ERRORS as error:
        raise failure(error) from error
    return Row(*found) if found else None
