"""A service with a lever and a build, whose log is what a scenario about actions is judged by."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

SENDS, STOPPED = "true", "false"
BAD, GOOD = "new", "stable"
_BROKEN: Final = "broken"


@dataclass(frozen=True, slots=True)
class Seen:
    """A line of the log: `what` is broken, lever, build (they were set) or read, and how both stood after it."""

    what: str
    at: datetime
    lever: str
    build: str


@dataclass
class LeversThere:
    """`with serving() as there:`. `breaks` is what happens outside, so that there is something to mend."""

    url: str = ""
    log: list[Seen] = field(default_factory=list)
    _lever: str = STOPPED
    _build: str = GOOD
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def breaks(self) -> None:
        """The lever and the build are no longer as they should be."""
        with self._turn:
            self._lever, self._build = SENDS, BAD
            self._note(_BROKEN)

    def read(self) -> dict[str, object]:
        """What both are; that they were read is in the log."""
        with self._turn:
            self._note("read")
            return {"levers": {"SEND": self._lever}, "build": self._build}

    def set_lever(self, value: str) -> None:
        """Sets the lever. Doing it twice does no more than once."""
        with self._turn:
            self._lever = value
            self._note("lever")

    def revert(self) -> None:
        """Goes back to the build before; nobody may do that twice."""
        with self._turn:
            self._build = GOOD
            self._note("build")

    def turns(self) -> list[list[Seen]]:
        """The log, cut where something broke: what followed on the first, the second and so on, oldest first."""
        found: list[list[Seen]] = []
        for line in list(self.log):
            if line.what == _BROKEN:
                found.append([])
            elif found:
                found[-1].append(line)
        return found

    def _note(self, what: str) -> None:
        self.log.append(Seen(what, datetime.now(UTC), self._lever, self._build))


@contextmanager
def serving() -> Iterator[LeversThere]:
    """The service on a free port, until the block ends."""
    there = LeversThere()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(there.read())

        def do_PUT(self) -> None:
            if (body := self._body()) is not None:
                there.set_lever(str(body["value"]))
                self._answer({})

        def do_POST(self) -> None:
            if self._body() is not None:
                there.revert()
                self._answer({})

        def _body(self) -> dict[str, object] | None:
            """What was sent; None for what did not arrive whole."""
            length = int(self.headers["content-length"])
            raw = self.rfile.read(length)
            return json.loads(raw) if len(raw) == length else None

        def _answer(self, what: dict[str, object]) -> None:
            body = json.dumps(what).encode()
            # Whoever asked may have been killed meanwhile.
            with suppress(OSError):
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    there.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
