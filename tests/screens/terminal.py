"""A real terminal for a program under test: a pseudo terminal in front, an emulator behind it."""

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
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import pyte

_PATIENCE_S = 60.0


class Terminal:
    """Runs `python -m tests.screens.preview ARGUMENTS` in a terminal of `size` (columns, rows).

    `sent` is every byte that the program wrote, `lines` what an emulator shows of it.
    """

    def __init__(
        self, *arguments: str, size: tuple[int, int] = (120, 36), env: Mapping[str, str] | None = None
    ) -> None:
        self.sent = b""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        self._set_size(size)
        environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.screens.preview", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(slave)
        self._is_open = True

    @property
    def lines(self) -> list[str]:
        """The rows of the screen."""
        return [row.rstrip() for row in self._screen.display]

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines)

    def press(self, keys: bytes) -> None:
        """Send keys as a terminal would."""
        os.write(self._master, keys)

    def resize(self, size: tuple[int, int]) -> None:
        """Another size, and the signal that says so."""
        self._screen.resize(lines=size[1], columns=size[0])
        self._set_size(size)
        self.process.send_signal(signal.SIGWINCH)

    def wait_for(self, holds: Callable[[], bool] | str) -> None:
        """Read until the text is on the screen, or the condition holds; fails when neither comes about."""
        end = time.monotonic() + _PATIENCE_S
        while not (holds in self.text if isinstance(holds, str) else holds()):
            if time.monotonic() > end or not self._read():
                raise AssertionError(f"{holds!r} never came; the screen shows:\n{self.text}")

    def wait_for_end(self) -> int:
        """Read until the program has ended; its exit code."""
        end = time.monotonic() + _PATIENCE_S
        while self._is_open and time.monotonic() < end and self._read():
            pass
        return self.process.wait(_PATIENCE_S)

    def hang_up(self) -> None:
        """Close the terminal, as a person who closes the window."""
        os.close(self._master)
        self._is_open = False

    def _read(self) -> bool:
        """Read what there is, waiting a little for it; False at the end."""
        ready, _, _ = select.select([self._master], [], [], 0.2)
        if not ready:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # Linux: the other end is closed
            return False
        self.sent += data
        self._stream.feed(data)
        return bool(data)

    def _set_size(self, size: tuple[int, int]) -> None:
        columns, rows = size
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self._is_open:
            os.close(self._master)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
