"""Connections to a journal's database. Nobody opens the file but through these: SQLite's locks die with any other."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

from warroom.journal.folder import sync_folder

_BUSY_S: Final = 2.0
# What SQLite's log holds before it is written back: 1,000 pages of 4 KiB, each with 24 bytes, behind a header.
_LOG_ROOM: Final = 32 + 1000 * (24 + 4096)
# On a disk with less than this times as much free, the log takes only what it needs.
_SPARE: Final = 8
_PIECE: Final = 1 << 20
# What it takes on macOS until bytes are on the disk.
_FULL_SYNC: Final[int | None] = getattr(fcntl, "F_FULLFSYNC", None)

# FULL: a commit returns when it is on the disk; fullfsync is what that takes on macOS.
_WRITER_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA trusted_schema = OFF",
)


def writer(path: Path) -> Engine:
    """Makes the one writing connection. Its transactions begin IMMEDIATE: what cannot write fails at once."""
    return create_engine("sqlite://", creator=lambda: _open_writer(path), poolclass=NullPool)


def reader(path: Path) -> Engine:
    """Makes connections that only read; any number, beside the writer, in any thread and any process."""
    return create_engine("sqlite://", creator=lambda: _open_reader(path), poolclass=NullPool)


def _open_writer(path: Path) -> sqlite3.Connection:
    connection = _open(path, "rw", "IMMEDIATE")
    try:
        for pragma in _WRITER_PRAGMAS:
            connection.execute(pragma)
    except BaseException:
        connection.close()
        raise
    return connection


def _open_reader(path: Path) -> sqlite3.Connection:
    connection = _open(path, "ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master")
    except BaseException as error:
        connection.close()
        if not isinstance(error, sqlite3.OperationalError) or os.access(path.parent, os.W_OK) or _has_log(path):
            raise
        # A medium that nobody can write: the shared memory that readers agree by cannot be made, nor is it needed.
        return _open(path, "ro&immutable=1")
    return connection


def _open(path: Path, mode: str, begin: Literal["IMMEDIATE"] | None = None) -> sqlite3.Connection:
    # With `begin` an INSERT begins a transaction by itself. That one thread at a time uses it is the journal's part.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_S,
        isolation_level=begin,
        check_same_thread=False,
    )
    connection.text_factory = _text
    return connection


def _text(raw: bytes) -> str:
    # Bytes that are no UTF-8 are damage, which the hash finds; reading goes on.
    return raw.decode("utf-8", "surrogateescape")


def rewrite_log(connection: Connection, path: Path) -> None:
    """Writes what the log of the database at `path` holds once more, each byte in its place, and waits until it is on
    the disk. Raises DBAPIError and OSError.

    A disk that could not flush what it had taken says so once. From then on what it lost reads as if it were there,
    out of the system's memory, and so does what is added behind it; with the power it is gone. What is written anew
    is flushed anew. Those who read find the same bytes at every moment, so nobody has to wait for them.
    """
    log = _log_of(path)
    with connection.begin():
        # Until this ends nobody else adds to the log or begins it anew.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        descriptor = os.open(log, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            at = 0
            while data := os.pread(descriptor, _PIECE, at):
                at += os.pwrite(descriptor, data, at)
            _flush(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(path.parent)


def _flush(descriptor: int) -> None:
    if _FULL_SYNC is None:
        os.fsync(descriptor)
    else:
        fcntl.fcntl(descriptor, _FULL_SYNC)


def reserve_log(path: Path) -> None:
    """Fills the database's log with zeros up to the size that it reaches, while a writer's connection is open.

    Then a commit changes no file size, and the disk has one thing less to write; nor does a disk that fills up stop
    hundreds. SQLite reads the log to the first frame that it did not write itself, so zeros end it. Where there is
    little room, the log grows with its entries.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(_log_of(path), os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            size, disk = os.fstat(descriptor).st_size, os.fstatvfs(descriptor)
            if disk.f_bavail * disk.f_frsize >= _SPARE * _LOG_ROOM:
                os.pwrite(descriptor, bytes(max(0, _LOG_ROOM - size)), size)
        finally:
            os.close(descriptor)


def _has_log(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return _log_of(path).stat().st_size > 0
    return False


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")
