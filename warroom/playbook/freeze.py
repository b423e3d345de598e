"""A launch's own copy of its playbook: what it runs, whatever becomes of the original."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from warroom.errors import PlaybookError, UsageError
from warroom.playbook.assemble import read_document
from warroom.text import clean

_UNREADABLE: Final = "cannot be read"

FIRST_COPY: Final = "playbook"
"""The folder of the copy that a launch is opened with, seen from the launch's folder."""


def amended_name(sha256: str) -> str:
    """The folder for the copy of a playbook that takes the place of the first, seen from the launch's folder."""
    return f"{FIRST_COPY}-{sha256[:12]}"


def freeze(playbook: Path, sha256: str, copy: Path) -> None:
    """Copies the playbook, which has the hash `sha256`, to `copy`, and beside it all that it includes.

    What is there already is overwritten. Raises PlaybookError for one that cannot be read, UsageError where it has
    another hash or the copy cannot be written.
    """
    document = read_document(playbook)
    if document.sha256 != sha256:
        raise UsageError(f"{clean(str(playbook))} was changed meanwhile", hint="look at it, and do this again")
    try:
        for name, data in document.files.items():
            path = copy if name == playbook.name else copy.parent / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(path, data)
    except OSError as error:
        raise UsageError(f"the playbook cannot be copied to {clean(str(copy.parent))}: {error.strerror}") from error


def copy_problem(copy: Path, sha256: str) -> str:
    """What is wrong with a copy that should have the hash `sha256`, as the end of a sentence; empty: nothing."""
    try:
        found = read_document(copy).sha256
    except PlaybookError as error:
        said = error.problems[0].message
        return said if said.startswith(_UNREADABLE) else f"{_UNREADABLE}: {said}"
    if found == sha256:
        return ""
    return f"is not what was journaled (its SHA-256 is {found[:12]}…, that in the journal {clean(sha256)[:12]}…)"


def has_changed(playbook: Path, sha256: str) -> bool:
    """Whether the playbook, or something that it includes, has another hash than `sha256`, or cannot be read."""
    try:
        return read_document(playbook).sha256 != sha256
    except PlaybookError:
        return True


def _write(path: Path, data: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
