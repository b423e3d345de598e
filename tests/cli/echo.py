"""A service that gives everything away: it echoes what it was sent, in hostile wrapping, and watches its client."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.canaries import SPELLINGS

HOSTILE = [
    "\x1b]0;owned\x07",
    "\x1b[2J\x1b[31m",
    "\x1b]52;c;b3duZWQ=\x07",
    "\x9b31m",
    "\u202egnp.exe",
    "a\u200bb\ufeff",
    "[@click=app.quit]x[/]",
    "[/nonsense",
    "[bold red on white]",
    "<script>alert(1)</script>",
    "]]>",
    "::error::x",
    "<!channel>",
    "a|b`c`",
    "\r\n\t\0",
    "{{ secrets }} ${HOME} %0A",
]


class Echo(ThreadingHTTPServer):
    """Answers every request with what it holds; `seen` collects argv and environments of the client's processes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[str] = []

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def watch(self) -> None:
        """Notes the command line of every process that this test started, and the environment of those that a
        warroom process among them started: other tests run at the same time."""
        for process in _descendants(os.getpid()):
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes()
                self.seen.append(command.decode("utf-8", "replace"))
                started_by = (Path("/proc") / _parent(process) / "cmdline").read_bytes()
                # A process that has forked and not yet become another program is still its parent.
                if b"-m\0warroom" in started_by and command != started_by:
                    self.seen.append((process / "environ").read_bytes().decode("utf-8", "replace"))


def _parent(process: Path) -> str:
    return (process / "stat").read_text().rpartition(")")[2].split()[1]


def _descendants(root: int) -> list[Path]:
    children: dict[str, list[Path]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            children.setdefault(_parent(process), []).append(process)
    found, left = [], [str(root)]
    while left:
        below = children.get(left.pop(), [])
        found += below
        left += [process.name for process in below]
    return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Echo

    def do_GET(self) -> None:
        """Echoes headers and path."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Echoes headers, path and body."""
        self._answer(self.rfile.read(int(self.headers.get("content-length", "0"))))

    def _answer(self, sent: bytes) -> None:
        self.server.watch()
        echoed: dict[str, Any] = {
            "headers": dict(self.headers.items()),
            "path": self.path,
            "sent": sent.decode("utf-8", "replace"),
            "version": "".join(HOSTILE),
            "hostile": HOSTILE,
            **{name: name for name in HOSTILE},
        }
        body = _with_spellings(json.dumps(echoed, ensure_ascii=False), echoed["sent"]).encode("utf-8")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name in ("authorization", "proxy-authorization", "x-internal-key"):
            if value := self.headers.get(name):
                self.send_header(f"X-Echo-{name}", value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def _with_spellings(echoed: str, sent: str) -> str:
    """The JSON object with what was sent once more, as other servers and their templates would write it."""
    spelled = {name: spell(sent) for name, spell in SPELLINGS.items()}
    inside = {name: text for name, text in spelled.items() if _is_json_text(text)}
    return "".join([echoed[:-1], *(f', "{name}": "{text}"' for name, text in inside.items()), "}"])


def _is_json_text(text: str) -> bool:
    try:
        json.loads(f'"{text}"')
    except ValueError:
        return False
    return True


@contextlib.contextmanager
def echo() -> Iterator[Echo]:
    """Serves until the block ends."""
    with Echo() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
