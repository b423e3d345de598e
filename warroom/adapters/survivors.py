"""Processes that left the process group of the command that started them (`setsid`, a daemon's double fork).

They are found by a mark that the command's environment carries and everything it starts inherits: a scan of /proc,
so on Linux only. A child subreaper would find them too, but it would hand this process orphans of unknown origin to
wait for, and could not tell which of several commands one comes from; a control group needs rights that a person at a
terminal does not have. What starts with an emptied environment *and* leaves the group is not found.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from warroom.clock import Clock

_PROC: Final = Path("/proc")
MARK_NAME: Final = "WARROOM_COMMAND"
# Between two looks, for what was killed to be gone, and for what forked meanwhile to show.
_AGAIN_S: Final = 0.01
_LOOKS: Final = 200


def new_mark(environ: Mapping[str, str]) -> str:
    """The value of `MARK_NAME` for one command: nobody can guess it, and it contains that of the command we may
    ourselves be part of, so that ending that one ends ours too."""
    return _within(environ, secrets.token_hex(16))


def mark_of(owner: Path) -> str:
    """What the marks of all commands of a launch have in common; `owner` is its folder."""
    return hashlib.sha256(os.fsencode(owner.resolve())).hexdigest()[:32]


def marked(environ: Mapping[str, str], owner: Path) -> dict[str, str]:
    """The environment of an engine whose commands are those of `owner`: the next one finds what it left behind."""
    return {**environ, MARK_NAME: _within(environ, mark_of(owner))}


def _within(environ: Mapping[str, str], mark: str) -> str:
    outer = environ.get(MARK_NAME, "")
    return f"{outer}{'.' if outer else ''}{mark}"


async def end_marked(mark: str, clock: Clock) -> None:
    """Kill every process of this user that carries `mark`, until a look finds none (or for about two seconds)."""
    for _ in range(_LOOKS):
        found = tuple(_marked(mark.encode()))
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return
        await clock.sleep(_AGAIN_S)


def _marked(mark: bytes) -> Iterator[int]:
    try:
        entries = [entry for entry in os.scandir(_PROC) if entry.name.isdigit()]
    except OSError:
        return
    for entry in entries:
        # One that ended since is no longer there; one of somebody else, or that the kernel guards, cannot be read.
        with contextlib.suppress(OSError):
            is_other = int(entry.name) != os.getpid() and entry.stat().st_uid == os.getuid()
            if is_other and mark in (_PROC / entry.name / "environ").read_bytes():
                yield int(entry.name)
