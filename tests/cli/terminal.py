"""The real command at a terminal of its own: a pseudo-terminal, with a screen that reads what it is sent."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import pyte

from tests.cli.running import clean_environ
from tests.contracts.tree import ROOT

_WAIT_S = 30.0


class Terminal:
    """A program at a terminal. `raw` is everything it sent, `screen` what a person sees."""

    def __init__(self, process: subprocess.Popen[bytes], controller: int, columns: int, rows: int) -> None:
        self.process = process
        self.raw = b""
        self._controller = controller
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(self.screen.display)

    def wait_for(self, wanted: str | Callable[[str], bool]) -> str:
        """Reads until the screen shows `wanted`; fails with the screen when nothing comes any more."""
        shows = wanted if callable(wanted) else lambda text: wanted in text
        end = time.monotonic() + _WAIT_S
        while not shows(self.text):
            if time.monotonic() > end or not self._read():
                raise AssertionError(f"not on the screen: {wanted}\n{self.text}")
        return self.text

    def press(self, keys: str) -> None:
        """Types `keys`."""
        os.write(self._controller, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Makes the window that large."""
        _set_size(self._controller, columns, rows)
        self.screen.resize(rows, columns)
        self.process.send_signal(signal.SIGWINCH)

    def ended(self) -> int:
        """Reads until the program has ended, and returns its exit code."""
        while self._read():
            pass
        return self.process.wait(timeout=_WAIT_S)

    def hang_up(self) -> None:
        """Closes the terminal, as a lost connection does."""
        os.close(self._controller)
        self._controller = -1

    def close(self) -> None:
        """Ends what still runs."""
        if self._controller >= 0:
            os.close(self._controller)
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=_WAIT_S)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._controller], [], [], _WAIT_S)
        if not ready:
            return False
        try:
            piece = os.read(self._controller, 65_536)
        except OSError:
            # The other end of a pseudo-terminal is gone.
            return False
        self.raw += piece
        self._stream.feed(piece)
        return bool(piece)


def _set_size(descriptor: int, columns: int, rows: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@contextlib.contextmanager
def at_terminal(
    *arguments: str,
    columns: int = 120,
    rows: int = 36,
    inputs: Mapping[str, str] | None = None,
    kind: Mapping[str, str] | None = None,
    behind: Sequence[str] = (),
) -> Iterator[Terminal]:
    """Runs `warroom` with `arguments` at a terminal of that size until the block ends. `kind` are the environment
    variables that say what the terminal can do, `behind` is the command that runs it, empty for none."""
    controller, terminal = pty.openpty()
    _set_size(terminal, columns, rows)
    environ = {"TERM": "xterm-256color", **clean_environ(inputs or {}), **(kind or {})}
    process = subprocess.Popen(
        [*behind, sys.executable, "-m", "warroom", *arguments],
        env=environ,
        cwd=ROOT,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        # A session's controlling terminal: when it is lost, the system sends SIGHUP.
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(terminal)
    window = Terminal(process, controller, columns, rows)
    try:
        yield window
    finally:
        window.close()
