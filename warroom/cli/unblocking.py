"""Lines to a terminal or pipe that may stop reading, or be gone: whoever writes never waits for it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from warroom.text import plural

_MOST: Final = 10_000


class UnblockingLines:
    """Writes lines to a file descriptor in a thread of its own.

    At most 10,000 lines wait; beyond that the oldest are dropped, and how many is said in their place. Where writing
    fails (a closed terminal, a pipe without a reader) nothing is written any more. It goes past Python's own buffers:
    their locks would hold up the end of a process whose terminal hangs.

    `before` is called before each batch is written, in that thread. `lasting`: a place that can be written again
    later, such as a file on a full disk; then only what could not be written is lost.
    """

    def __init__(
        self, descriptor: int, before: Callable[[], object] = lambda: None, *, lasting: bool = False
    ) -> None:
        self._descriptor = descriptor
        self._before = before
        self._lasting = lasting
        self._waiting: deque[str] = deque()
        self._dropped = 0
        self._closing = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._write_all, name="lines", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        """Hands over a line, or several that belong together; comes back at once."""
        with self._news:
            if len(self._waiting) >= _MOST:
                self._waiting.popleft()
                self._dropped += 1
            self._waiting.append(text)
            self._news.notify()

    def close(self, timeout_s: float = 1.0) -> None:
        """Waits at most `timeout_s` seconds until everything is written."""
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join(timeout_s)

    def _write_all(self) -> None:
        while batch := self._batch():
            if not self._written(batch) and not self._lasting:
                break
        with self._news:
            # Nobody reads any more, so nothing needs to wait.
            self._waiting = deque(maxlen=0)

    def _written(self, batch: list[str]) -> bool:
        with contextlib.suppress(OSError):
            self._before()
            left = "".join(f"{text}\n" for text in batch).encode("utf-8", "backslashreplace")
            while left:
                left = left[os.write(self._descriptor, left) :]
            return True
        return False

    def _batch(self) -> list[str]:
        """What waits; waits for it where there is nothing. Empty: closed, and everything was written."""
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._closing)
            batch, dropped = list(self._waiting), self._dropped
            self._waiting.clear()
            self._dropped = 0
        told = f"(the reader was too slow: {plural(dropped, 'line')} left out; the journal has all)"
        return [told, *batch] if dropped else batch
