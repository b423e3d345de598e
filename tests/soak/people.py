"""People who ask something of a running engine, over its socket, and remember each answer."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ANSWER_S = 20.0
_JOIN_S = 30.0


class People:
    """Somebody who puts notes on record all the time; `heads` were the answers, so no such entry may ever be lost."""

    def __init__(self, where: Callable[[], Path | None], every_s: float = 0.02) -> None:
        self.heads: list[str] = []
        self._where = where
        self._every_s = every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> People:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(_JOIN_S)

    def _ask(self) -> None:
        while not self._ended.wait(self._every_s):
            folder = self._where()
            answer = note(folder) if folder else ""
            self.heads += [answer] if is_head(answer) else []


def note(folder: Path, text: str = "hello") -> str:
    """Puts a note on record: the head of its entry, or the sentence with which it was refused."""
    try:
        answer = ask(folder, "POST", "/requests", {"request": "note", "text": text})
        return head_of(answer["entries"][-1]) if "entries" in answer else str(answer["error"])
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"no answer: {error}"


def head_of(entry: Any) -> str:
    """The short head that names the entry, as it stands in posts."""
    return f"{entry['seq']}.{entry['hash'][:12]}"


def is_head(answer: str) -> bool:
    """Whether the answer is a head: the request was acknowledged."""
    return re.fullmatch(r"\d+\.[0-9a-f]{12}", answer) is not None


def ask(folder: Path, method: str, path: str, body: Any = None) -> Any:
    """The JSON answer of the engine whose socket is in `folder`. Raises OSError, HTTPException and ValueError."""
    return json.loads(_answer(folder, method, path, None if body is None else json.dumps(body).encode()))


def metric(folder: Path, name: str) -> float:
    """One of the engine's own metrics. Raises as `ask`."""
    lines = _answer(folder, "GET", "/metrics", None).decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.split(" ")[0] == name)


def _answer(folder: Path, method: str, path: str, body: bytes | None) -> bytes:
    connection = http.client.HTTPConnection("engine", timeout=_ANSWER_S)
    connection.sock = _connected(folder)
    try:
        connection.request(method, path, body)
        return connection.getresponse().read()
    finally:
        connection.close()


def _connected(folder: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(_ANSWER_S)
    # The system cuts the path of a socket at 108 bytes, and those of tests are long.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        sock.connect(f"/proc/self/fd/{descriptor}/engine.sock")
    except BaseException:
        sock.close()
        raise
    finally:
        os.close(descriptor)
    return sock
