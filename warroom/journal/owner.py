"""One engine per launch: a lock that lives and dies with the process that holds it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warroom.clock import Clock, stamp
from warroom.errors import UsageError
from warroom.text import clean

LOCK: Final = "owner.lock"


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that took the lock last, and when (`2025-11-01T02:00:00.000Z`)."""

    pid: int
    since: str


class LaunchOwned(UsageError):
    """Another engine runs this launch. `owner` is None when it has only just begun."""

    def __init__(self, launch: str, owner: Owner | None) -> None:
        who = f"process {owner.pid} since {owner.since}" if owner else "another process, which has only just begun"
        super().__init__(
            f"the launch {launch} is run by {who}; one engine acts at a time",
            hint="attach to it with: warroom console",
        )
        self.launch = launch
        self.owner = owner


class OwnerLock:
    """Holds `owner.lock` until `release` or the end of the process, however it ends; a stopped process keeps it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, folder: Path, launch: str, clock: Clock) -> OwnerLock:
        """Takes the lock at once or raises LaunchOwned; OSError where the file cannot be used."""
        path = folder / LOCK
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        lock = cls(path, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not lock.is_held():
                raise LaunchOwned(launch, None)
            lock._sign(Owner(os.getpid(), stamp(clock.now())))
        except BlockingIOError:
            os.close(descriptor)
            raise LaunchOwned(launch, last_owner(folder)) from None
        except BaseException:
            os.close(descriptor)
            raise
        return lock

    def is_held(self) -> bool:
        """False when the lock's file was removed or replaced: then another process can hold a lock by that name."""
        with contextlib.suppress(OSError):
            return os.path.samestat(os.fstat(self._descriptor), self._path.lstat())
        return False

    def release(self) -> None:
        """Gives the launch free. Can be called twice."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def _sign(self, owner: Owner) -> None:
        # Only for people to read: that somebody holds the lock is told by the lock.
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps({"pid": owner.pid, "since": owner.since}).encode("ascii"), 0)


def last_owner(folder: Path) -> Owner | None:
    """Who took the launch last and did not give it free; None where nobody did. It need not be alive any more."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        signed = json.loads((folder / LOCK).read_bytes()[:500])
        return Owner(int(signed["pid"]), clean(str(signed["since"]), limit=40))
    return None
