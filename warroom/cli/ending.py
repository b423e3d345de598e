"""Hears what ends an engine in a thread of its own, so that it ends also where its loop hangs on a disk."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from warroom.errors import ExitCode

_LATEST_S: Final = 9.0
_CODES: Final = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


class Signals:
    """What was heard, for the event loop that is there, or else for the next one."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._heard: ExitCode | None = None
        self._tell: Callable[[ExitCode], object] | None = None
        self._news = threading.Event()

    def heard_within(self, seconds: float) -> ExitCode | None:
        """The code of the first one, as soon as it is heard; None: there was none so far. Blocks."""
        self._news.wait(seconds)
        return self._heard

    @contextmanager
    def end(self, by: Callable[[ExitCode], object]) -> Iterator[None]:
        """Until the block ends SIGINT and SIGTERM call `by` in the running event loop; one from before at once."""
        loop = asyncio.get_running_loop()
        with self._turn:
            self._tell = lambda code: loop.call_soon_threadsafe(by, code)
            if self._heard is not None:
                self._tell(self._heard)
        try:
            yield
        finally:
            with self._turn:
                self._tell = None

    def take(self, code: ExitCode) -> None:
        """A signal that ends with `code` was heard."""
        with self._turn:
            self._heard = self._heard or code
            self._news.set()
            if self._tell:
                self._tell(code)


@contextmanager
def heard_signals() -> Iterator[Signals]:
    """Until the block ends SIGINT and SIGTERM are heard, by a thread. SIGHUP does nothing, also afterwards.

    A closed terminal ends nothing: whoever watches may go. Nine seconds after a signal the process ends, whatever its
    loops, its threads and its disks do: what is on the disk is whole, and the owner's lock ends with the process.
    To be entered in the main thread.
    """
    signals = Signals()
    # The system's handler writes the number of each signal here, also while Python waits for a disk.
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = {number: signal.signal(number, lambda *_: None) for number in _CODES}
    # A handler, which what the engine starts does not inherit.
    signal.signal(signal.SIGHUP, lambda *_: None)
    wakeup = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    thread = threading.Thread(target=_hear, args=(reading, signals), name="signals", daemon=True)
    thread.start()
    try:
        yield signals
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.close(writing)
        thread.join()
        os.close(reading)


def _hear(reading: int, signals: Signals) -> None:
    while heard := os.read(reading, 1):
        code = _CODES.get(signal.Signals(heard[0]))
        if code is None:
            continue
        timer = threading.Timer(_LATEST_S, os._exit, (int(code),))
        timer.daemon = True
        timer.start()
        signals.take(code)
