"""What signals were in the last hours, kept so that the windows of another process do not begin empty.

It is no record: it may be lost, and what cannot be read is left out. The journal has what counts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from warroom.text import plural

CAP: Final = 4 * 1024 * 1024
"""Bytes of each of the two files: when the new one is full it takes the place of the old one."""

_NEW, _OLD = "samples.jsonl", "samples.old.jsonl"
_LONGEST: Final = 1024 * 1024


class SampleFile:
    """The two files in the folder of a launch, a JSON object a line."""

    def __init__(self, folder: Path, cap: int = CAP) -> None:
        self._new, self._old = folder / _NEW, folder / _OLD
        self._cap = cap

    def read(self) -> tuple[list[dict[str, Any]], str]:
        """What is there, oldest first, and what is wrong with it: a sentence, empty for nothing. Never raises."""
        found: list[dict[str, Any]] = []
        lost = 0
        for path in (self._old, self._new):
            try:
                lines = path.read_bytes().split(b"\n")
            except FileNotFoundError:
                continue
            except OSError as error:
                return found, f"{path.name} cannot be read: {error.strerror}; windows begin empty"
            # A process that was killed leaves its last line half written.
            for line in lines[:-1]:
                if (one := _object(line)) is None:
                    lost += 1
                else:
                    found.append(one)
        return found, f"{_NEW}: {plural(lost, 'line')} cannot be read; what stood there is missing" if lost else ""

    def append(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Adds lines. Raises OSError."""
        data = b"".join(json.dumps(line, separators=(",", ":"), allow_nan=False).encode() + b"\n" for line in lines)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
        file = os.open(self._new, flags, 0o600)
        try:
            size = os.fstat(file).st_size
            if not size or _ends_a_line(self._new, size):
                os.write(file, data)
            else:
                os.write(file, b"\n" + data)
        finally:
            os.close(file)
        if size + len(data) > self._cap:
            self._new.replace(self._old)


def _ends_a_line(path: Path, size: int) -> bool:
    with path.open("rb") as file:
        file.seek(size - 1)
        return file.read(1) == b"\n"


def _object(line: bytes) -> dict[str, Any] | None:
    if len(line) > _LONGEST:
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
