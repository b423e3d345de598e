"""The tables of a journal, and how an older one is brought up to date."""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, create_engine

from warroom.errors import UsageError

APPLICATION_ID: Final = 0x57524A4C  # "WRJL", which tells `file` and us whose database this is

ENTRIES: Final = Table(
    "entries",
    MetaData(),
    Column("seq", Integer, primary_key=True),
    Column("launch", Text, nullable=False),
    Column("wall_utc_us", BigInteger, nullable=False),
    Column("boot_id", Text, nullable=False),
    Column("boottime_ns", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

# The insert trigger also closes the way round the other two: REPLACE deletes a row without firing a trigger.
_FIRST: Final = (
    """CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    launch TEXT NOT NULL,
    wall_utc_us INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    boottime_ns INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT""",
    """CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'an entry of the journal is never changed'); END""",
    """CREATE TRIGGER entries_never_go BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'an entry of the journal is never removed'); END""",
    """CREATE TRIGGER entries_only_follow BEFORE INSERT ON entries
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entries)
    OR NEW.prev_hash IS NOT coalesce((SELECT hash FROM entries ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
BEGIN SELECT RAISE(ABORT, 'an entry of the journal follows the last one'); END""",
)

STEPS: Final[Sequence[Sequence[str]]] = (_FIRST,)
"""STEPS[n] brings a journal of version n to version n + 1. A step that was released is never changed."""


def objects(connection: Connection) -> frozenset[tuple[str, str]]:
    """The name and the definition of everything in the database."""
    found = connection.exec_driver_sql("SELECT name, coalesce(sql, '') FROM sqlite_master")
    return frozenset((str(name), str(sql)) for name, sql in found)


def expected_objects() -> frozenset[tuple[str, str]]:
    """What `objects` gives for a journal of the newest version."""
    with create_engine("sqlite://").connect() as connection:
        for statement in itertools.chain.from_iterable(STEPS):
            connection.exec_driver_sql(statement)
        return objects(connection)


def version_of(connection: Connection) -> int:
    """The version of the journal's schema; 0 for a new, empty file."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def require_known(connection: Connection, newest: int = len(STEPS)) -> None:
    """Raises UsageError for a journal of a newer Warroom, and for a database that is no journal."""
    version = version_of(connection)
    if version > newest:
        raise UsageError(
            f"the journal was written by a newer Warroom (its schema is {version}, this one knows {newest})",
            hint="use that Warroom, or a newer one; this one changes nothing in it",
        )
    owner = int(connection.exec_driver_sql("PRAGMA application_id").scalar_one())
    tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    if owner != APPLICATION_ID and (version or tables):
        raise UsageError(
            "the file journal.db is not a journal of Warroom", hint="move it away, or use another folder"
        )


def upgrade(connection: Connection, path: Path, steps: Sequence[Sequence[str]] = STEPS) -> None:
    """Brings the journal at `path` to the newest version, all steps in one transaction; an older one is copied first.

    Raises UsageError as `require_known` does, OSError and DBAPIError where the disk does not let it.
    """
    require_known(connection, len(steps))
    version = version_of(connection)
    connection.rollback()
    if version == len(steps):
        return
    if version:
        _copy(connection, path.with_name(f"{path.stem}.v{version}{path.suffix}"))
    with connection.begin():
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        for step in steps[version:]:
            for statement in step:
                connection.exec_driver_sql(statement)
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {len(steps)}")


def _copy(connection: Connection, path: Path) -> None:
    """Keeps the journal as it is at `path`, whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.unlink(missing_ok=True)
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    source = connection.connection.driver_connection
    assert isinstance(source, sqlite3.Connection)
    with contextlib.closing(sqlite3.connect(temporary)) as copy:
        source.backup(copy)
    _sync(temporary)
    temporary.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
