"""A program on a real terminal of its own, whose output somebody reads."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
from collections.abc import Mapping, Sequence

from tests.benchmarks.programs import LONGEST_S, BenchError, environment


def run_on_terminal(command: Sequence[str], inputs: Mapping[str, str], *, columns: int = 120, rows: int = 36) -> None:
    """Runs a program on a terminal of that size until it ends. Raises BenchError unless it ends well."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environ = {**environment(inputs), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    shown: list[bytes] = []
    child = subprocess.Popen(command, env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    reader = threading.Thread(target=_drain, args=(ours, shown), daemon=True)
    reader.start()
    try:
        code = child.wait(LONGEST_S)
    except subprocess.TimeoutExpired:
        child.kill()
        code = child.wait()
    reader.join(5)
    os.close(ours)
    if code:
        raise BenchError(f"{command[0]} ended with {code}: {b''.join(shown)[-600:].decode(errors='replace')}")


def _drain(terminal: int, shown: list[bytes]) -> None:
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # on Linux the end of a terminal is an error
            return
        if not data:
            return
        shown.append(data)
