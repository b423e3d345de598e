"""A channel that is a file on this machine: every post is appended, and on disk before it counts as sent."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from warroom.clock import Clock, stamp
from warroom.updates.channel import Delivery, Fate, Post

_HEAD: Final = "--- "
_END: Final = "--- end of "
_QUOTE: Final = "> "
_PUBLISHED: Final = re.compile(r"\bjournal (\d+\.[0-9a-f]{12})\b")
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class FileChannel:
    """Appends each post to `path` (made with mode 0600) as

        --- KEY INSTANT [DELIVERY]
        text
        --- end of KEY

    A line of the text that looks like one of ours is quoted with `> `, so a look-up cannot mistake it. A post that
    could not be written whole is taken back. `say` is handed each post that was written, for whoever watches.
    `append` and `place` wait for the disk: on an event loop use them through `ThreadedChannel`.
    """

    def __init__(self, path: Path, clock: Clock, say: Callable[[Post], object] = lambda _: None) -> None:
        self._path = path
        self._clock = clock
        self._say = say

    @property
    def name(self) -> str:
        """The name of the file."""
        return self._path.name

    async def post(self, post: Post) -> Delivery:
        """The same as `append`, at once."""
        return self.append(post)

    async def find(self, key: str, since: datetime, where: str = "") -> str | None:
        """The same as `place`, at once: whenever it was posted."""
        return self.place(key)

    def append(self, post: Post) -> Delivery:
        """Appends the post."""
        delivery = self._append(post)
        if delivery.fate is Fate.CONFIRMED:
            self._say(post)
        return delivery

    def _append(self, post: Post) -> Delivery:
        try:
            file = os.open(self._path, _FLAGS, 0o600)
        except OSError as error:
            fate = Fate.REFUSED if error.errno in (errno.ELOOP, errno.EISDIR) else Fate.NOT_SENT
            return Delivery(fate, reason=f"{self._path.name} cannot be opened: {error.strerror}")
        try:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode):
                return Delivery(Fate.REFUSED, reason=f"{self._path.name} is not a plain file")
            block = self._block(post, whole_before=_ends_a_line(file, found.st_size))
        except OSError as error:
            return Delivery(Fate.NOT_SENT, reason=f"{self._path.name}: {error.strerror}")
        else:
            return self._write(file, found.st_size, block)
        finally:
            os.close(file)

    def _write(self, file: int, before: int, block: bytes) -> Delivery:
        try:
            written = os.write(file, block)
            if written == len(block):
                os.fsync(file)
                if not before:
                    _sync_folder(self._path)
                return Delivery(Fate.CONFIRMED, ref=f"{self._path.name}:{before}")
            reason = "no room for the whole post"
        except OSError as error:
            reason = str(error.strerror)
        try:
            os.ftruncate(file, before)
            os.fsync(file)
        except OSError:
            return Delivery(Fate.UNKNOWN, reason=f"{self._path.name}: {reason}")
        return Delivery(Fate.NOT_SENT, reason=f"{self._path.name}: {reason}")

    def _block(self, post: Post, *, whole_before: bool) -> bytes:
        head = f"{_HEAD}{post.key} {stamp(self._clock.now())} {post.delivery}".rstrip()
        lines = [_QUOTE + line if line.startswith((_HEAD, _QUOTE)) else line for line in post.text.splitlines()]
        block = "\n".join([head, *lines, f"{_END}{post.key}", ""])
        return (block if whole_before else "\n" + block).encode("utf-8", "backslashreplace")

    def place(self, key: str) -> str | None:
        """The place of a whole post with that key, which is on the disk then; None where there is none. Raises
        OSError."""
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return None
        begun, at = -1, 0
        with file:
            for raw in file:
                line = raw.decode("utf-8", "replace").rstrip("\n")
                if line == f"{_END}{key}" and begun >= 0:
                    # Whoever wrote it may have died before it was.
                    os.fsync(file.fileno())
                    _sync_folder(self._path)
                    return f"{self._path.name}:{begun}"
                if line.startswith(f"{_HEAD}{key} "):
                    begun = at
                at += len(raw)
        return None


def _sync_folder(path: Path) -> None:
    """Waits until the name of a file that was made is on the disk. Raises OSError."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _ends_a_line(file: int, size: int) -> bool:
    """Whether the file is empty or ends with a line feed; a machine that lost power may have left half a line."""
    return size == 0 or os.pread(file, 1, size - 1) == b"\n"


def published_heads(path: Path) -> list[str]:
    """The heads of the journal that the posts in `path` name, oldest first. Raises OSError."""
    with path.open("r", encoding="utf-8", errors="replace") as file:
        return [found[1] for line in file if line.startswith(_HEAD) and (found := _PUBLISHED.search(line))]
