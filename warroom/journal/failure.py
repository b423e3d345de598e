"""What can go wrong with a journal that is open."""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError

from warroom.errors import ExitCode, NotNow, WarroomError
from warroom.text import clean


class JournalUnavailable(NotNow):
    """The journal cannot be written, or read, now. `reason` says why in a few words.

    It may pass by itself (a full disk): the next call tries again, and succeeds as soon as the disk lets it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the journal is not available: {reason}",
            hint="nothing new is started until it can; free the disk, and it goes on by itself",
        )
        self.reason = reason


class JournalDamaged(WarroomError):
    """The journal cannot be read as it was written. `seq` is the first entry that is wrong; 0 when not known."""

    exit_code = ExitCode.UNKNOWN

    def __init__(self, seq: int, reason: str, launch: str = "") -> None:
        where = f"entry {seq} of the journal" if seq else "the journal"
        super().__init__(
            f"{where} is damaged: {reason}", hint=f"see all of it with: warroom audit {launch or 'LAUNCH'}"
        )
        self.seq = seq
        self.reason = reason


_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the file or its file system is read-only",
    sqlite3.SQLITE_BUSY: "another program holds the file",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
}
_CODES = {
    errno.ENOSPC: sqlite3.SQLITE_FULL,
    errno.EDQUOT: sqlite3.SQLITE_FULL,
    errno.EROFS: sqlite3.SQLITE_READONLY,
    errno.EIO: sqlite3.SQLITE_IOERR,
    errno.EFBIG: sqlite3.SQLITE_IOERR,
}
# Everything else says that the file is not what was written: corrupt, no database, a table that is not there.
_PASSING = {
    *_REASONS,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_CONSTRAINT,
}


DATABASE_ERRORS = (DBAPIError, UnicodeDecodeError)
"""What a call to the database can raise. The second comes in place of an error whose text quotes damaged bytes."""


def because(error: OSError | sqlite3.Error | DBAPIError | UnicodeDecodeError) -> str:
    """Why the disk or the database refused, in a few words."""
    if isinstance(error, UnicodeDecodeError):
        return "it names things in bytes that are no text"
    if isinstance(error, DBAPIError):
        error = error.orig if isinstance(error.orig, sqlite3.Error) else sqlite3.Error(str(error.orig))
    if isinstance(error, OSError):
        return clean(error.strerror or type(error).__name__, limit=200)
    return _REASONS.get(_primary_code(error)) or clean(str(error), limit=200)


def failure(
    error: DBAPIError | UnicodeDecodeError, *, seq: int = 0, launch: str = ""
) -> JournalUnavailable | JournalDamaged:
    """What to raise for an error of the database that met entry `seq` (0 when not known)."""
    if isinstance(error, DBAPIError) and _primary_code(error.orig) in _PASSING:
        return JournalUnavailable(because(error))
    return JournalDamaged(seq, because(error), launch)


def refused(error: OSError) -> JournalUnavailable:
    """What to raise for an error that the system gave in the place of SQLite: in the same words."""
    return JournalUnavailable(_REASONS.get(_CODES.get(error.errno or 0, 0)) or because(error))


def is_half_made(error: DBAPIError | UnicodeDecodeError) -> bool:
    """Whether the file is as a process left it that died while it made the journal, before the first entry.

    Only then SQLite has a change to roll back, which a reader must not do: afterwards changes go to the log (WAL).
    """
    cause = error.orig if isinstance(error, DBAPIError) else None
    return getattr(cause, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_ROLLBACK


def _primary_code(error: BaseException | None) -> int:
    # The low byte of an extended code is the plain one (https://www.sqlite.org/rescode.html).
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
