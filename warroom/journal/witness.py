"""Remembers, beside the database, the last entry that was acknowledged.

SQLite takes a damaged end of its log for a write that was never finished, and drops it without a word. The witness is
written after each commit and not waited for: it can be older than the journal, after a power cut say, never newer.
"""

from __future__ import annotations

import contextlib
import os
import re
import zlib
from pathlib import Path
from typing import Final

from warroom.launch.entries import Head

WITNESS: Final = "journal.head"
_LINE: Final = re.compile(rb"([0-9]{18})\.([0-9a-f]{64})\.([0-9a-f]{8})\n")


class Witness:
    """Holds the file open for its owner. Raises OSError where it cannot be opened."""

    def __init__(self, folder: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(folder / WITNESS, flags, 0o600)

    def note(self, head: Head) -> None:
        """Remembers `head`. Where that fails the last one stands, which is still true."""
        said = f"{head.seq:018d}.{head.hash}".encode("ascii")
        with contextlib.suppress(OSError):
            os.pwrite(self._descriptor, b"%s.%08x\n" % (said, zlib.crc32(said)), 0)

    def close(self) -> None:
        """Can be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def acknowledged(folder: Path) -> Head | None:
    """The last entry known to have been acknowledged; None where nothing was noted or the note is damaged."""
    try:
        found = _LINE.fullmatch((folder / WITNESS).read_bytes())
    except OSError:
        return None
    if not found or zlib.crc32(found[0][:83]) != int(found[3], 16):
        return None
    return Head(int(found[1]), found[2].decode("ascii"))
