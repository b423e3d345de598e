"""Ends the process that owns a launch, and no other, so that somebody else can own it. Linux alone."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warroom.errors import NotNow, UsageError
from warroom.journal.owner import LOCK

LOCKS: Final = Path("/proc/locks")
_HAND_BACK_S: Final = 10.0
_DIE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class EndedOwner:
    """The process that was ended. `handed_back`: it did so itself, on SIGTERM; else it was killed."""

    pid: int
    handed_back: bool


def end_owner(folder: Path) -> EndedOwner | None:
    """Ends whoever holds the launch in `folder`, stopped or not; None where nobody does.

    It gets ten seconds to hand the launch back. Raises UsageError where the process is not one of this user's or the
    system does not tell who holds the lock, NotNow where it cannot be killed (it hangs in the system).
    """
    pid = holder(folder)
    if pid is None:
        return None
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    except (AttributeError, OSError):
        raise _cannot(pid) from None
    try:
        # The number may have gone to another process before the handle was there; from here on it cannot.
        if holder(folder) != pid:
            return None
        _require_mine(pid)
        return EndedOwner(pid, _ended(handle, pid))
    finally:
        os.close(handle)


def holder(folder: Path) -> int | None:
    """The process that holds the lock of the launch in `folder`, as the system says; None where none does.

    Raises UsageError where the system does not tell.
    """
    try:
        found = (folder / LOCK).lstat()
        lines = LOCKS.read_text("ascii", "replace").splitlines()
    except FileNotFoundError:
        if (folder / LOCK).exists():
            raise UsageError(
                "this system does not tell which process owns the launch",
                hint="end it by hand: warroom status names it",
            ) from None
        return None
    # proc_locks(5): number, FLOCK, ADVISORY, WRITE, process, major:minor:inode; the first two of the device in hex.
    file = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    for line in lines:
        fields = line.split()
        if len(fields) > 5 and fields[1] == "FLOCK" and fields[5] == file:
            return int(fields[4])
    return None


def _require_mine(pid: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        owner = Path(f"/proc/{pid}").stat().st_uid
        if owner != os.geteuid():
            raise UsageError(
                f"process {pid} belongs to another user (uid {owner}), and is not ended", hint="ask that person"
            )


def _ended(handle: int, pid: int) -> bool:
    if _sent(handle, signal.SIGTERM) and _sent(handle, signal.SIGCONT) and not _is_gone(handle, _HAND_BACK_S):
        _sent(handle, signal.SIGKILL)
        if not _is_gone(handle, _DIE_S):
            raise NotNow(f"process {pid} cannot be killed: it hangs in the system", hint="look at its disk")
        return False
    return True


def _sent(handle: int, number: signal.Signals) -> bool:
    """Whether the process was there to be sent it."""
    try:
        signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    return True


def _is_gone(handle: int, timeout_s: float) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(timeout_s * 1000))


def _cannot(pid: int) -> UsageError:
    return UsageError(f"process {pid} cannot be ended from here", hint="end it by hand, then run again")
