"""The way to a running engine: HTTP over the Unix socket in its launch's folder, for commands that ask and go."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import struct
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from warroom.errors import NotNow, UsageError
from warroom.strict_json import parse_json
from warroom.text import clean_bytes

SOCKET_NAME: Final = "engine.sock"
_ANSWER_S: Final = 15.0
_CONNECT_S: Final = 2.0
_LOCAL_PEERPID: Final = 2
ANSWER_CAP: Final = 16 * 1024 * 1024
# The system cuts a socket's path at 108 bytes, macOS at 104.
_LONGEST_PATH: Final = 100


class NotRunning(UsageError):
    """Nobody answers for the launch."""


@contextlib.contextmanager
def reachable(folder: Path) -> Iterator[str]:
    """The address of the socket in `folder`, short enough for the system. Raises OSError for a missing folder."""
    address = str(folder.absolute() / SOCKET_NAME)
    if len(os.fsencode(address)) <= _LONGEST_PATH:
        yield address
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET_NAME}"
    finally:
        os.close(descriptor)


def ask(
    folder: Path, method: str, path: str, body: Mapping[str, Any] | None = None, *, patience_s: float = _ANSWER_S
) -> Any:
    """The JSON answer of the engine that runs the launch in `folder`.

    Raises NotRunning where no engine runs, UsageError with the engine's own words where it refuses, NotNow where its
    journal cannot be written and where it does not answer within `patience_s` seconds.
    """
    connection = _Connection(folder, patience_s)
    try:
        connection.request(method, path, None if body is None else json.dumps(body).encode())
        answer = connection.getresponse()
        raw = answer.read(ANSWER_CAP)
    except (FileNotFoundError, ConnectionRefusedError):
        raise NotRunning(
            f"no engine runs the launch {folder.name}", hint=f"start it with: warroom run {folder.name}"
        ) from None
    except (OSError, http.client.HTTPException) as error:
        late = f"not within {patience_s:g} s" if isinstance(error, TimeoutError) else ""
        raise NotNow(
            f"the engine of {folder.name} does not answer: "
            f"{late or getattr(error, 'strerror', '') or type(error).__name__}",
            hint="it may be stopped or busy; what was asked may or may not have been done: look at its status",
        ) from error
    finally:
        connection.close()
    return accepted(answer.status, raw)


def accepted(status: int, raw: bytes) -> Any:
    """The JSON of an answer with that status. Raises UsageError or NotNow, in the engine's own words, for one
    that refuses, and NotNow for one that is no JSON."""
    try:
        answer = parse_json(raw, max_bytes=ANSWER_CAP)
    except ValueError as error:
        if status < 400:
            raise NotNow(f"the engine's answer is not understood: {error}") from None
        answer = {"error": clean_bytes(raw) or f"HTTP {status}"}
    if status < 400:
        return answer
    told = answer if isinstance(answer, dict) else {}
    kind = UsageError if status < 500 else NotNow
    raise kind(str(told.get("error", f"HTTP {status}")), hint=str(told.get("hint", "")))


def engine_pid(folder: Path) -> int:
    """The process that listens on the socket in `folder`, as the kernel knows it; also one that is stopped. 0 where
    the system does not tell. Raises NotRunning where none does."""
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as sock:
        sock.settimeout(_CONNECT_S)
        try:
            with reachable(folder) as address:
                sock.connect(address)
        except (BlockingIOError, TimeoutError):
            return 0  # so many wait for it already that nobody is let in
        except OSError:
            raise NotRunning(
                f"no engine runs the launch {folder.name}", hint=f"start it with: warroom run {folder.name}"
            ) from None
        return _peer_pid(sock)


def _peer_pid(sock: socket.socket) -> int:
    with contextlib.suppress(OSError):
        if hasattr(socket, "SO_PEERCRED"):
            return int(struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0])
        if sys.platform == "darwin":
            return int(struct.unpack("i", sock.getsockopt(0, _LOCAL_PEERPID, 4))[0])
    return 0


class _Connection(http.client.HTTPConnection):
    def __init__(self, folder: Path, patience_s: float) -> None:
        super().__init__("engine", timeout=patience_s)
        self._folder = folder

    def connect(self) -> None:
        if self._folder.is_symlink():
            raise FileNotFoundError  # no engine runs a launch by way of a link
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        with reachable(self._folder) as address:
            self.sock.connect(address)
