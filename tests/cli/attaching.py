"""Launches whose engine runs behind a console, at terminals; whatever engine is left is ended."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.launching import Desk
from tests.cli.terminal import Terminal, at_terminal
from warroom.cli.engines import Running, running_engines
from warroom.client.engine_socket import ask, reachable

PATIENCE_S = 30.0
SHOWN = "auto_com_center Production Publish"


@dataclass(frozen=True)
class WarRoom:
    """A state folder, its terminals and its engines."""

    desk: Desk
    kind: Mapping[str, str] = field(default_factory=dict)
    """The environment variables that say what its terminals can do."""

    @contextlib.contextmanager
    def run(self, *options: str, columns: int = 120, rows: int = 36) -> Iterator[Terminal]:
        """`warroom run` at a terminal."""
        arguments = ("run", str(self.desk.playbook), "--state", str(self.desk.state), *options)
        inputs = self.desk.inputs
        with at_terminal(*arguments, columns=columns, rows=rows, inputs=inputs, kind=self.kind) as terminal:
            yield terminal

    @contextlib.contextmanager
    def console(self, *options: str, columns: int = 120, rows: int = 36) -> Iterator[Terminal]:
        """`warroom console` at a terminal; it needs no inputs."""
        arguments = ("console", "--state", str(self.desk.state), *options)
        with at_terminal(*arguments, columns=columns, rows=rows, kind=self.kind) as terminal:
            yield terminal

    @property
    def engine(self) -> Running:
        """The one engine."""
        (engine,) = running_engines(self.desk.state)
        return engine

    def answers(self) -> bool:
        """Whether the engine's loop goes round."""
        return bool(ask(self.engine.folder, "GET", "/healthz")["ok"])

    def note(self, text: str) -> None:
        """Puts a note on record."""
        ask(self.engine.folder, "POST", "/requests", {"request": "note", "text": text})

    def longest_gap_s(self) -> float:
        """The longest time between two ticks of the engine."""
        return metric(self.engine.folder, "warroom_tick_gap_max_seconds")

    def end(self) -> None:
        """Ends every engine that is left."""
        for engine in running_engines(self.desk.state):
            with contextlib.suppress(ProcessLookupError):
                os.kill(engine.pid, signal.SIGKILL)
        until(lambda: not running_engines(self.desk.state))


def metric(folder: Path, name: str) -> float:
    """One value of GET /metrics."""
    connection = http.client.HTTPConnection("engine", timeout=10)
    with contextlib.closing(connection), reachable(folder) as address:
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.connect(address)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    found = re.search(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE)
    assert found, text
    return float(found[1])


def leave(terminal: Terminal) -> int:
    """Leaves the console by its keys; the exit code."""
    terminal.press("q")
    terminal.wait_for("Leave the console?")
    terminal.press("y")
    return terminal.ended()


def until(ready: Callable[[], object], limit_s: float = PATIENCE_S) -> None:
    """Waits until it holds."""
    end = time.monotonic() + limit_s
    while not ready():
        assert time.monotonic() < end, "it never was"
        time.sleep(0.05)


def cpu_s(pid: int) -> float:
    """Processor time that a process has used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
