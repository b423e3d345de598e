"""A receiver of signed posts that stands on its own: it verifies as the documentation says, and answers as told."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.contracts.tree import ROOT
from tests.docs.blocks import blocks_of

SECRET = "a key of more than a few characters"


@dataclass
class Received:
    """A request as it came: whether its signature is right, and the object in its body."""

    headers: dict[str, str]
    is_right: bool
    said: Any


@dataclass
class Receiver:
    """What came, oldest first. `answers` are what is answered next: a status with headers, or `reset`, `silent`; when
    there are none left 204."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]] | str] = field(default_factory=list)

    def kept(self) -> dict[str, Any]:
        """What a receiver that drops what it has already keeps: the first text by key."""
        found: dict[str, Any] = {}
        for one in self.received:
            assert one.is_right
            found.setdefault(one.headers["idempotency-key"], one.said)
        return found


@cache
def documented() -> Callable[[str, dict[str, str], bytes, float], bool]:
    """How docs/channels.md has a receiver verify a post."""
    (block,) = (block for block in blocks_of(ROOT / "docs/channels.md") if block.mark == "python")
    names: dict[str, Any] = {}
    exec(compile(block.text, str(block), "exec"), names)
    return names["is_from_warroom"]  # type: ignore[no-any-return]


@contextmanager
def receiving(secret: str = SECRET) -> Iterator[Receiver]:
    """A receiver on the loopback."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            is_right = documented()(secret, headers, body, time.time())
            receiver.received.append(Received(headers, is_right, json.loads(body)))
            answer = receiver.answers.pop(0) if receiver.answers else (204, {})
            if isinstance(answer, str):
                self.close_connection = True
                if answer == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                return
            self.send_response(answer[0])
            for name, value in {**answer[1], "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/in?token=canary-8f31"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
