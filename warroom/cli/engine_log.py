"""What an engine in the background writes: a file in the folder of its launch that never grows without end."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Final

from warroom.cli.unblocking import UnblockingLines

NAME: Final = "engine.log"
LARGEST: Final = 4 * 1024 * 1024
"""Bytes; what is older moves to `engine.log.1`, whose last content goes."""


class EngineLog:
    """The open file. Whatever writes to a copy of `descriptor` writes into it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        self.descriptor: Final = os.open(self._path, flags, 0o600)

    def lines(self) -> UnblockingLines:
        """What writes lines into it, and keeps it small; a full disk costs the lines that did not fit."""
        return UnblockingLines(self.descriptor, self.keep_small, lasting=True)

    def keep_small(self) -> None:
        """Moves what is there to a second file where it is too much. A full disk makes no difference."""
        with contextlib.suppress(OSError):
            if os.fstat(self.descriptor).st_size <= LARGEST:
                return
            # The file itself stays: others hold it open too.
            try:
                shutil.copy(self._path, self._path.with_name(f"{NAME}.1"))
            finally:
                os.ftruncate(self.descriptor, 0)

    def take_streams(self) -> None:
        """What this process writes to stdout and stderr goes into the file from now on."""
        for stream in (1, 2):
            os.dup2(self.descriptor, stream)
