"""A launch's own copy of its playbook: what it runs, whatever becomes of the original."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from warroom.errors import PlaybookError, UsageError
from warroom.playbook.assemble import read_document
from warroom.text import clean

_COPY: Final = "playbook"


def amended_name(sha256: str) -> str:
    """The folder for the copy of a playbook that takes the place of the first, seen from the launch's folder."""
    return f"{_COPY}-{sha256[:12]}"


def freeze(playbook: Path, launch_folder: Path, folder: str = _COPY) -> Path:
    """Copies the playbook and all that it includes into `folder` of `launch_folder`; where the playbook's copy is.

    Raises PlaybookError for one that cannot be read, UsageError where the copy cannot be written.
    """
    files = read_document(playbook).files
    copy = launch_folder / folder
    try:
        for name, data in files.items():
            path = copy / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(path, data)
    except OSError as error:
        raise UsageError(f"the playbook cannot be copied to {clean(str(copy))}: {error.strerror}") from error
    return copy / playbook.name


def has_changed(playbook: Path, copy: Path) -> bool:
    """Whether the playbook, or something that it includes, is no longer what was copied, or cannot be read."""
    try:
        return read_document(playbook).files != read_document(copy).files
    except PlaybookError:
        return True


def _write(path: Path, data: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
