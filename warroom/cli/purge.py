"""`warroom purge`: a closed launch and everything that is kept of it, gone for good."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warroom.cli.confirming import confirmed
from warroom.cli.folders import command_for, safe_state_folder
from warroom.cli.launches import Known, launch_named, whole
from warroom.cli.plain import write
from warroom.clock import RealClock
from warroom.errors import ExitCode, UsageError
from warroom.journal.folder import DATABASE
from warroom.journal.owner import LOCK, OwnerLock
from warroom.journal.witness import WITNESS
from warroom.text import clean, plural

# The journal goes last: while anything else is there, the launch is one that can be purged again.
_JOURNAL: Final = (f"{DATABASE}-wal", f"{DATABASE}-shm", WITNESS, DATABASE)


@dataclass(frozen=True, slots=True)
class Purged:
    """How much was deleted."""

    files: int = 0
    bytes: int = 0

    def __add__(self, other: Purged) -> Purged:
        return Purged(self.files + other.files, self.bytes + other.bytes)


def purge(launch: str, state: Path | None, *, keep_journal: bool, yes: bool) -> int:
    """Runs the command. Raises UsageError for a launch that is open or owned, LaunchOwned among others."""
    known = whole(launch_named(safe_state_folder(state), launch))
    _require_over(known)
    kept = "all but the journal" if keep_journal else "everything, with the journal"
    if not confirmed(f"Delete {kept} of {known.name} in {clean(str(known.folder))}?", yes=yes):
        return int(ExitCode.UNKNOWN)
    try:
        gone = _delete(known, keep_journal=keep_journal)
    except OSError as error:
        raise UsageError(f"{clean(str(known.folder))} cannot be deleted: {error.strerror}") from error
    write(sys.stdout, f"purged {known.name}: {plural(gone.files, 'file')}, {gone.bytes:,} bytes")
    return int(ExitCode.GREEN)


def _require_over(known: Known) -> None:
    if known.problem:
        raise UsageError(
            f"the journal of {known.name} cannot be read, so nobody knows whether it is closed: {known.problem}",
            hint=f"look at it with {command_for(known.folder, 'audit')}; delete its folder by hand",
        )
    if known.is_open:
        raise UsageError(
            f"the launch {known.name} is open",
            hint=f"close it first: {command_for(known.folder, 'close', '--reason TEXT')}",
        )
    found = known.folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise UsageError(f"{clean(str(known.folder))} is not a folder of yours", hint="delete it by hand")


def _delete(known: Known, *, keep_journal: bool) -> Purged:
    """Deletes while holding the launch, so that no engine takes it up meanwhile."""
    lock = OwnerLock.acquire(known.folder, known.name, RealClock())
    try:
        gone = Purged()
        for path in sorted(known.folder.iterdir()):
            if path.name not in (*_JOURNAL, LOCK):
                gone += _remove(path)
        if keep_journal:
            return gone
        for path in (known.folder / name for name in _JOURNAL):
            if os.path.lexists(path):
                gone += _remove(path)
        gone += _remove(known.folder / LOCK)
        known.folder.rmdir()
        return gone
    finally:
        lock.release()


def _remove(path: Path) -> Purged:
    """Deletes a file or a folder with all that is in it; a link goes, what it leads to stays."""
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        path.unlink()
        return Purged(1, found.st_size)
    gone = Purged()
    # By handles of folders, so that nobody can put a link in the way of it.
    for _, folders, files, handle in os.fwalk(path, topdown=False):
        for name in files:
            size = os.stat(name, dir_fd=handle, follow_symlinks=False).st_size
            os.unlink(name, dir_fd=handle)
            gone += Purged(1, size)
        for name in folders:
            if stat.S_ISLNK(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=handle)
                gone += Purged(1)
            else:
                os.rmdir(name, dir_fd=handle)
    path.rmdir()
    return gone
