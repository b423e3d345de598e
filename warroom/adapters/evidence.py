"""The evidence of a run: a directory of redacted files that decided something, a manifest of them, and a log.

Nothing here ends a run. Whether evidence can be kept is tried before anything is sent (`open`); what cannot be
written later is collected as `problems`, so that the verdict can say that its evidence is incomplete.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import json
import math
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final

from warroom.adapters import withhold
from warroom.clock import Clock, file_stamp, stamp
from warroom.contract import Exchange
from warroom.errors import UsageError
from warroom.redact import Redactor
from warroom.text import clean, plural

MANIFEST: Final = "manifest.json"
MANIFEST_SCHEMA: Final = "warroom.manifest/1"
EXCHANGE_SCHEMA: Final = "warroom.exchange/1"

_ID: Final = re.compile(r"[a-z0-9_-]+")
_BODY_CAP: Final = 256 * 1024
_FILE_CAP: Final = 4 * 1024 * 1024
_RUN_CAP: Final = 256 * 1024 * 1024
_SUFFIXES: Final = ("", *(f"-{number}" for number in range(2, 100)))
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the evidence: its size in bytes and the SHA-256 of its content, in hex."""

    size: int
    sha256: str


class EvidenceStore:
    """The evidence of one run, below `base`: `<launch>_evidence_<time>/` and `<launch>_evidence_<time>.log`.

    Directories are 0700 and files 0600. A name that is taken gets `-2`, `-3`, ...; nothing is overwritten but the
    manifest and the log of this run. All text passes `redactor`, and `withhold` takes out credentials by their place.
    """

    def __init__(self, base: Path, launch_id: str, started_at: datetime, redactor: Redactor, clock: Clock) -> None:
        self._base = base
        self._launch_id = launch_id
        self._started_at = started_at
        self._redactor = redactor
        self._clock = clock
        self._lock = threading.Lock()
        self._files: dict[str, Kept] = {}
        self._size = 0
        self._taken: set[str] = set()
        self._problems: dict[str, list[str]] = {}
        self._stem = f"{launch_id}_evidence_{file_stamp(started_at)}"

    @property
    def dir(self) -> Path:
        """The directory of this run; certain once `open` returned."""
        return self._base / self._stem

    @property
    def log_path(self) -> Path:
        """Where `write_log` puts the log."""
        return self._base / f"{self._stem}.log"

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each reason why something could not be kept; empty when all is there."""
        return tuple(_problem(names, cause) for cause, names in self._problems.items())

    def open(self) -> None:
        """Makes the directory and an empty log. Raises UsageError where evidence cannot be kept there."""
        if not _ID.fullmatch(self._launch_id):
            raise UsageError(f"the launch id '{clean(self._launch_id)}' cannot name a directory")
        try:
            self._base.mkdir(parents=True, exist_ok=True)
            self._claim()
        except OSError as error:
            where = clean(str(self._base))
            raise UsageError(
                f"evidence cannot be kept in {where}: {_because(error)}",
                hint="name a directory that can be written with --evidence DIR",
            ) from error

    def _claim(self) -> None:
        stem = self._stem
        for suffix in _SUFFIXES:
            self._stem = stem + suffix
            if os.path.lexists(self.log_path):
                continue
            try:
                self.dir.mkdir(mode=0o700)
            except FileExistsError:
                continue
            try:
                begun = (
                    f"{self._launch_id}: the run that began at {stamp(self._started_at)} has not written its log.\n"
                )
                _write_new(self.log_path, begun.encode())
                _sync_directory(self._base)
            except OSError:
                self._unclaim()
                raise
            return
        raise FileExistsError(errno.EEXIST, f"{stem} and {len(_SUFFIXES) - 1} names like it are taken")

    def _unclaim(self) -> None:
        with contextlib.suppress(OSError):
            self.log_path.unlink(missing_ok=True)
            self.dir.rmdir()

    def for_check(self, check_id: str, run: int = 1) -> CheckEvidence:
        """The port of one run of a check; `run` counts from 1. Raises ValueError for what cannot be a file name."""
        _require_id(check_id)
        return CheckEvidence(self, check_id, f"{check_id}/run{run}" if run > 1 else check_id)

    def record_exchange(self, check_id: str, exchange: Exchange, *, run: int = 1) -> str:
        """Keeps a request and its answer; returns the name of the file, empty when it could not be written."""
        return self.for_check(check_id, run).save_exchange(exchange)

    def keep(self, folder: str, label: str, suffix: str, raw: bytes) -> str:
        """Keeps `raw` as `<folder>/<label><suffix>` and returns that name; empty when it could not be written.

        A label used before gets a number. Raises ValueError for a label that is not an id.
        """
        _require_id(label)
        with self._lock:
            name = self._free_name(folder, label, suffix)
            if self._size + len(raw) > _RUN_CAP:
                self._complain(name, f"a run keeps at most {_RUN_CAP >> 20} MiB of evidence")
                return ""
            return name if self._store(name, raw) else ""

    def names(self, folder: str) -> tuple[str, ...]:
        """The files that were kept right in `folder`, in the order they were kept."""
        with self._lock:
            return tuple(name for name in self._files if name.rpartition("/")[0] == folder)

    def _free_name(self, folder: str, label: str, suffix: str) -> str:
        number, name = 1, f"{folder}/{label}{suffix}"
        while name in self._taken:
            number += 1
            name = f"{folder}/{label}-{number}{suffix}"
        self._taken.add(name)
        return name

    def _store(self, name: str, raw: bytes) -> bool:
        path = self.dir / name
        try:
            self._make_folder(path.parent)
            _replace(path, raw)
        except OSError as error:
            self._complain(name, _because(error))
            return False
        before = self._files.get(name)
        self._size += len(raw) - (before.size if before else 0)
        self._files[name] = Kept(len(raw), hashlib.sha256(raw).hexdigest())
        return True

    def _make_folder(self, folder: Path) -> None:
        if folder == self.dir or folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(mode=0o700)
        _sync_directory(folder.parent)

    def _complain(self, name: str, cause: str) -> None:
        self._problems.setdefault(cause, []).append(name)

    def finish(self) -> tuple[str, tuple[str, ...]]:
        """Writes the manifest; returns its SHA-256 in hex (empty when it could not be written) and the problems.

        Can be called again after a rerun; the manifest then covers all runs.
        """
        with self._lock:
            self._redact_again()
            raw = _json_bytes(self._manifest())
            try:
                _replace(self.dir / MANIFEST, raw)
            except OSError as error:
                self._complain(MANIFEST, _because(error))
                return "", self.problems
            return hashlib.sha256(raw).hexdigest(), self.problems

    def _redact_again(self) -> None:
        """A secret can become known (a token received) after a file that holds it was written."""
        for name in tuple(self._files):
            try:
                raw = (self.dir / name).read_bytes()
            except OSError as error:
                self._complain(name, _because(error))
                continue
            redacted = self._redactor.bytes(raw)
            if redacted != raw and not self._store(name, redacted):
                with contextlib.suppress(OSError):
                    (self.dir / name).unlink()
                self._size -= self._files.pop(name).size

    def _manifest(self) -> dict[str, Any]:
        listed = [
            {"name": name, "size": kept.size, "sha256": kept.sha256} for name, kept in sorted(self._files.items())
        ]
        return {
            "schema": MANIFEST_SCHEMA,
            "launch": self._launch_id,
            "started_at": stamp(self._started_at),
            "sealed_at": stamp(self._clock.now()),
            "files": listed,
            "problems": list(self.problems),
        }

    def write_log(self, text: str) -> str:
        """Writes the log, in place of an earlier one of this run; returns a problem, empty when it was written."""
        try:
            _replace(self.log_path, self._redactor(text).encode("utf-8", "backslashreplace"))
        except OSError as error:
            return _problem([self.log_path.name], _because(error))
        return ""

    def plain(self, value: Any, hidden: bool = False) -> Any:
        """`value` as JSON data, redacted. What JSON does not know becomes text. Raises RecursionError when deep."""
        if hidden:
            return withhold.WITHHELD
        if isinstance(value, Enum):
            value = value.value
        if is_dataclass(value) and not isinstance(value, type):
            value = {item.name: getattr(value, item.name) for item in fields(value)}
        if isinstance(value, Mapping):
            names = [str(name) for name in value]
            return {
                self.text(str(name)): self.plain(item, withhold.hides(str(name), item, names))
                for name, item in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [self.plain(item) for item in value]
        return self._scalar(value)

    def _scalar(self, value: Any) -> Any:
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "backslashreplace"))
        if isinstance(value, datetime):
            return stamp(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float) and math.isfinite(value):
            shown = str(value)
            return value if self._redactor(shown) == shown else self._redactor(shown)
        return self.text(str(value))

    def text(self, value: str) -> str:
        """`value` without secrets and credentials."""
        return withhold.text(self._redactor(value))

    def body(self, raw: bytes) -> dict[str, Any]:
        """A body to keep: text where it is UTF-8, else base64; at most 256 KiB of it, its size always."""
        redacted = self._redactor.bytes(raw)
        try:
            whole, encoding = withhold.body(redacted.decode("utf-8")), "text"
        except UnicodeDecodeError:
            whole, encoding = base64.b64encode(redacted).decode("ascii"), "base64"
        kept = whole[:_BODY_CAP]
        return {"size": len(raw), "encoding": encoding, "body": kept, "left_out": len(whole) - len(kept)}


@dataclass(frozen=True, slots=True)
class CheckEvidence:
    """The evidence of one run of one check, kept in its own folder.

    Names that come back are below the run's directory; an empty one says that the file could not be written, and the
    store knows why.
    """

    store: EvidenceStore
    check_id: str
    folder: str

    def save_json(self, name: str, data: Any) -> str:
        """Keeps `data` as JSON (ASCII, indented)."""
        try:
            raw = _json_bytes(self.store.plain(data))
        except RecursionError:
            raw = _json_bytes({"left_out": "nested too deeply to be kept"})
        if len(raw) > _FILE_CAP:
            raw = _json_bytes({"left_out": f"{len(raw):,} bytes; at most {_FILE_CAP:,} are kept of one file"})
        return self.store.keep(self.folder, name, ".json", raw)

    def save_text(self, name: str, text: str) -> str:
        """Keeps `text` with its lines, control characters made visible."""
        shown = clean(self.store.text(text), limit=_FILE_CAP, lines=True)
        return self.store.keep(self.folder, name, ".txt", shown.encode("utf-8", "backslashreplace"))

    def names(self) -> tuple[str, ...]:
        """The files of this run of the check, in the order they were kept."""
        return self.store.names(self.folder)

    def save_exchange(self, exchange: Exchange) -> str:
        """Keeps a request and its answer as JSON; its label names the file (`exchange` when empty)."""
        request = {
            "method": exchange.method,
            "url": self.store.text(exchange.url),
            "headers": self._headers(exchange.request_headers),
            **self.store.body(exchange.request_body),
        }
        response = {
            "status": exchange.status,
            "headers": self._headers(exchange.response_headers),
            **self.store.body(exchange.response_body),
        }
        record = {
            "schema": EXCHANGE_SCHEMA,
            "check": self.check_id,
            "started_at": stamp(exchange.started_at),
            "elapsed_s": round(exchange.elapsed_s, 6),
            "error": self.store.text(exchange.error),
            "note": self.store.text(exchange.note),
            "request": request,
            "response": response if exchange.status else None,
        }
        return self.store.keep(self.folder, exchange.label or "exchange", ".json", _json_bytes(record))

    def _headers(self, pairs: tuple[tuple[str, str], ...]) -> list[str]:
        redact = self.store.text
        return [f"{redact(name)}: {withhold.header(name, redact(value))}" for name, value in pairs]


def _require_id(name: str) -> None:
    if not _ID.fullmatch(name):
        raise ValueError(f"'{clean(name, limit=80)}' cannot name a file of evidence: use a-z, 0-9, _ and -")


def _json_bytes(data: Any) -> bytes:
    # ASCII, so that hostile characters show as escapes.
    return json.dumps(data, indent=1, ensure_ascii=True, allow_nan=False).encode("ascii") + b"\n"


def _problem(names: list[str], cause: str) -> str:
    if len(names) == 1:
        return f"{names[0]} could not be kept: {cause}"
    return f"{plural(len(names), 'file')} ({names[0]} the first) could not be kept: {cause}"


def _because(error: OSError) -> str:
    return clean(error.strerror or type(error).__name__, limit=200)


def _write_new(path: Path, raw: bytes) -> None:
    """Creates `path` with `raw` on the disk. Raises OSError, also where the path exists or is a link."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, raw: bytes) -> None:
    """Puts `raw` at `path` at once: whoever reads it, even after a crash, finds the old content or the new."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.unlink(missing_ok=True)
        _write_new(temporary, raw)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync a directory, and say so in one of these two ways.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
