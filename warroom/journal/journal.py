"""The journal of a launch, held by its one owner."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Connection, insert
from sqlalchemy.exc import DBAPIError

from warroom.clock import Clock
from warroom.errors import UsageError
from warroom.journal import chain, schema
from warroom.journal.chain import ACQUIRED, Row
from warroom.journal.database import reader, reserve_log, rewrite_log, writer
from warroom.journal.failure import (
    DATABASE_ERRORS,
    JournalUnavailable,
    because,
    failure,
    is_half_made,
    refused,
)
from warroom.journal.folder import DATABASE, prepare, prepare_file, require_plain
from warroom.journal.owner import LOCK, OwnerLock
from warroom.journal.reading import JournalReader, last_row, require_acknowledged
from warroom.journal.witness import WITNESS, Witness, acknowledged
from warroom.launch.entries import Draft, Entry, Head
from warroom.text import clean

BODY_CAP: Final = 1 << 20
_INSERT: Final = insert(schema.ENTRIES)
_NAMES: Final = tuple(column.name for column in schema.ENTRIES.columns)
_LAUNCH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_KIND: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


def _unchanged(text: str) -> str:
    return text


class Journal:
    """Appends to the journal of one launch, as the only one who may, from `open` to `close` or the process's end.

    Threads: `append`, `append_many`, `entries` and `close` wait for the disk, as long as the disk takes (0.2 ms on a
    good one, without limit on one that hangs): call them in a worker thread, never on an event loop. Any thread may
    call them; appends from several are written one after the other. `head`, `epoch` and `launch` never wait and may
    be read anywhere.
    """

    def __init__(self, path: Path, launch: str, clock: Clock, lock: OwnerLock, redact: Callable[[str], str]) -> None:
        self.launch: Final = launch
        self._path = path
        self._clock = clock
        self._lock = lock
        self._redact = redact
        self._writer = writer(path)
        self._reader = reader(path)
        self._witness = Witness(path.parent)
        self._writing = threading.Lock()
        self._connection: Connection | None = None
        self._identity = path.lstat()
        self._head = chain.EMPTY
        self._epoch = 0
        self._closed = False

    @classmethod
    def open(cls, folder: Path, launch: str, clock: Clock, *, redact: Callable[[str], str] = _unchanged) -> Journal:
        """Takes ownership of the journal in `folder`, which is made when it is missing, and appends `owner.acquired`.

        `redact` is applied to every text before it is hashed and written: give it the run's `Redactor`.
        Raises LaunchOwned while another process owns it; UsageError where the folder is not safe, on a network file
        system, of another launch or of a newer Warroom; JournalUnavailable where the disk is full or refuses;
        JournalDamaged where the last entry is not what was written, or not the last that was acknowledged.
        """
        if not _LAUNCH.fullmatch(launch):
            raise UsageError(
                f"'{clean(launch, limit=130)}' cannot name a launch", hint="use letters, digits, . _ and -"
            )
        prepare(folder)
        try:
            with ExitStack() as undo:
                for name in (LOCK, WITNESS):
                    require_plain(folder / name)
                lock = OwnerLock.acquire(folder, launch, clock)
                undo.callback(lock.release)
                prepare_file(folder / DATABASE)
                journal = cls(folder / DATABASE, launch, clock, lock, redact)
                undo.callback(journal.close)
                journal._take_over()
                undo.pop_all()
        except OSError as error:
            raise JournalUnavailable(because(error)) from error
        return journal

    @property
    def head(self) -> Head:
        """The last entry that is on the disk; number 0 and 64 zeros before the first."""
        return self._head

    @property
    def epoch(self) -> int:
        """How many owners the launch has had, this one included; counts from 1."""
        return self._epoch

    def append(self, kind: str, body: Mapping[str, Any], actor: str = "engine") -> Entry:
        """Appends one entry and returns it, as it reads from the disk, once it is there.

        Raises JournalUnavailable when it could not be written; a later call succeeds as soon as the disk lets it.
        Where the disk failed between the writing and its answer, what was refused can turn up after all: then the
        next entry's number is not the one that was expected, and `entries` tells what stands in between.
        Raises ValueError for a kind that is no dotted name (or `owner.acquired`, which `open` appends), and for a
        body that is not JSON data or over 1 MiB.
        """
        return self.append_many([Draft(kind, body, actor)])[0]

    def append_many(self, drafts: Iterable[Draft]) -> tuple[Entry, ...]:
        """Appends all in their order or none, at one instant, with one wait for the disk. Raises as `append` does."""
        written = [(draft.kind, self._body(draft), clean(self._redact(draft.actor), limit=200)) for draft in drafts]
        with self._writing:
            return self._append(written) if written else ()

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """The entries with a number above `after`, oldest first, as `JournalReader.entries` gives them."""
        return self.reader().entries(after)

    def reader(self) -> JournalReader:
        """Reads the same journal, also while an append waits for the disk."""
        return JournalReader(self._reader)

    def close(self) -> None:
        """Gives the launch free for the next owner. Can be called twice; appending ends with it."""
        with self._writing:
            self._closed = True
            self._drop_connection()
            self._witness.close()
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take_over(self) -> None:
        try:
            self._require_known()
            with self._writer.connect() as connection:
                schema.upgrade(connection, self._path)
        except DATABASE_ERRORS as error:
            raise failure(error, launch=self.launch) from error
        last = last_row(self._reader)
        if last and last.launch != self.launch:
            raise UsageError(f"the folder {clean(str(self._path.parent))} holds the launch {clean(last.launch)}")
        self._follow(last, acknowledged(self._path.parent))
        self._epoch = (last.epoch if last else 0) + 1
        body = chain.canonical({"pid": os.getpid(), "epoch": self._epoch})
        self._append([(ACQUIRED, body, "engine")])

    def _require_known(self) -> None:
        """Looks before the writer's connection, which changes the file."""
        try:
            with self._reader.connect() as connection:
                schema.require_known(connection)
        except DATABASE_ERRORS as error:
            if not is_half_made(error):
                raise

    def _follow(self, last: Row | None, known: Head | None) -> None:
        """Goes on behind `last`, the last row on the disk, which is `known` or comes after it."""
        if last:
            chain.require_sound(last)
        head = Head(last.seq, last.hash) if last else chain.EMPTY
        require_acknowledged(self._reader, known, head)
        self._head = head

    def _body(self, draft: Draft) -> str:
        if not _KIND.fullmatch(draft.kind) or draft.kind == ACQUIRED:
            raise ValueError(f"'{clean(draft.kind, limit=80)}' is no kind of entry that can be appended")
        body = chain.canonical(chain.hidden(draft.body, self._redact))
        if not body.startswith("{") or len(body) > BODY_CAP:
            raise ValueError(f"the body of {draft.kind} is a JSON object of at most {BODY_CAP:,} characters")
        return body

    def _append(self, written: list[tuple[str, str, str]]) -> tuple[Entry, ...]:
        self._require_mine()
        try:
            connection = self._connect()
            rows = self._rows(written)
            with connection.begin():
                connection.execute(_INSERT, [_columns(row) for row in rows])
        except DATABASE_ERRORS as error:
            self._drop_connection()
            raise failure(error, launch=self.launch) from error
        self._head = Head(rows[-1].seq, rows[-1].hash)
        self._witness.note(self._head)
        return tuple(chain.entry_of(row) for row in rows)

    def _rows(self, written: list[tuple[str, str, str]]) -> list[Row]:
        at = chain.microseconds(self._clock.now())
        boot_id, boottime_ns = self._clock.boot_id(), self._clock.boottime_ns()
        rows: list[Row] = []
        seq, previous = self._head
        for kind, body, actor in written:
            seq += 1
            row = Row(seq, self.launch, at, boot_id, boottime_ns, self._epoch, actor, kind, body, previous, "")
            previous = chain.digest(row)
            rows.append(chain.sealed(row, previous))
        return rows

    def _require_mine(self) -> None:
        if self._closed:
            raise JournalUnavailable("it was closed")
        try:
            moved = not os.path.samestat(self._path.lstat(), self._identity)
        except OSError:
            moved = True
        if moved or not self._lock.is_held():
            raise JournalUnavailable("its files were removed or replaced while it was open")

    def _connect(self) -> Connection:
        if self._connection is None:
            # After a failure, only the disk knows what is on the disk.
            self._follow(last_row(self._reader), self._head)
            connection = self._writer.connect()
            try:
                # What failed, here or under the last owner, may have left a hole in the log: nothing may be
                # acknowledged behind it.
                rewrite_log(connection, self._path)
            except BaseException as error:
                connection.close()
                if isinstance(error, OSError):
                    raise refused(error) from error
                raise
            self._connection = connection
            reserve_log(self._path)
        return self._connection

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Closing can fail for the same reason as the append; what is committed is safe in the log.
            with contextlib.suppress(DBAPIError):
                connection.close()


def _columns(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _NAMES}
