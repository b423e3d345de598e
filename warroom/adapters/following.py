"""What is written while somebody watches: to a file that may be rotated, or by a command that goes on."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable
from typing import BinaryIO, Final

from warroom.errors import CannotMeasure
from warroom.text import clean, clean_bytes

MAX_BYTES: Final = 8 << 20
"""Between two looks; more is not read."""

_SAID: Final = 2_000


class TooMuch(Exception):
    """More was written than is read; where it was is not known."""


class FollowedFile:
    """A file by its path. One that takes its place (rotation) or is cut is read from its beginning, once the rest of
    the old one is. It reads files, so it belongs into a thread."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._name = clean(path, limit=200)
        self._file: BinaryIO | None = None
        self._is_first = True

    def take(self) -> bytes:
        """What was written since the last time; the first time nothing: what stood there before does not count.

        Raises CannotMeasure where it cannot be read, TooMuch where more was written than is read.
        """
        was_first, self._is_first = self._is_first, False
        old = self._file
        self._file = self._opened()
        if was_first:
            self._file.seek(0, os.SEEK_END)
        if old is None:
            return _rest(self._file)
        if old is self._file:
            if old.tell() > os.fstat(old.fileno()).st_size:
                old.seek(0)
            return _rest(old)
        with old:
            return _rest(old) + _rest(self._file)

    def close(self) -> None:
        """It is no longer read."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> BinaryIO:
        """The file that has the path now: the same as before, or another."""
        try:
            # A pipe that nobody writes to would keep the opener waiting.
            number = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            why = clean(error.strerror or str(error))
            raise CannotMeasure(f"{self._name} cannot be read: {why}", symptom="unreadable") from None
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode):
            os.close(number)
            raise CannotMeasure(f"{self._name} is not a regular file", symptom="unreadable")
        if self._file is not None and os.path.samestat(found, os.fstat(self._file.fileno())):
            os.close(number)
            return self._file
        return os.fdopen(number, "rb", 0)


def _rest(file: BinaryIO) -> bytes:
    """What stands behind the place where it is read. Raises TooMuch, and is then at its end."""
    found = file.read(MAX_BYTES + 1)
    if len(found) > MAX_BYTES:
        file.seek(0, os.SEEK_END)
        raise TooMuch
    return found


class Stream(asyncio.SubprocessProtocol):
    """Collects what a command writes to its standard output, and the end of what it says on the other."""

    def __init__(self) -> None:
        self.said = b""
        self.is_over = False
        self._transport: asyncio.SubprocessTransport | None = None
        self._written = bytearray()
        self._is_too_much = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:
            self.said = (self.said + data)[-_SAID:]
        elif len(self._written) + len(data) > MAX_BYTES:
            self._written.clear()
            self._is_too_much = True
        else:
            self._written += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_over = True

    @property
    def exit_code(self) -> int | None:
        """How it ended; None where that is not known."""
        return self._transport.get_returncode() if self._transport else None

    def taken(self) -> bytes:
        """What was written since the last time. Raises TooMuch."""
        written, too_much = bytes(self._written), self._is_too_much
        self._written.clear()
        self._is_too_much = False
        if too_much:
            raise TooMuch
        return written


class FollowedCommand:
    """A command that goes on. Whoever started it ends it."""

    def __init__(self, name: str, stream: Stream, end: Callable[[], Awaitable[None]]) -> None:
        self._name = name
        self._stream = stream
        self.end = end

    def take(self) -> bytes:
        """What it wrote since the last time. Raises TooMuch, and CannotMeasure once it has ended and was read."""
        written = self._stream.taken()
        if not written and self._stream.is_over:
            said = clean_bytes(self._stream.said.strip().rpartition(b"\n")[2], limit=200)
            code = self._stream.exit_code
            raise CannotMeasure(
                f"the command {self._name} ended with exit code {code}{f': {said}' if said else ''}",
                symptom="command",
            )
        return written
