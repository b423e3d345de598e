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


@contextmanager
def ended_by_signals(end: Callable[[ExitCode], object]) -> Iterator[None]:
    """Until the block ends, SIGINT and SIGTERM call `end` in the running event loop; SIGHUP does nothing.

    A closed terminal ends nothing: whoever watches may go. Nine seconds after a signal the process ends, whatever its
    loop, its threads and its disks do: what is on the disk is whole, and the owner's lock ends with the process.
    To be entered in the main thread.
    """
    loop = asyncio.get_running_loop()
    # The system's handler writes the number of each signal here, also while Python waits for a disk.
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = {number: signal.signal(number, lambda *_: None) for number in (*_CODES, signal.SIGHUP)}
    wakeup = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    thread = threading.Thread(target=_hear, args=(reading, loop, end), name="signals", daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(writing)
        thread.join()
        os.close(reading)


def _hear(reading: int, loop: asyncio.AbstractEventLoop, end: Callable[[ExitCode], object]) -> None:
    while heard := os.read(reading, 1):
        code = _CODES.get(signal.Signals(heard[0]))
        if code is None:
            continue
        timer = threading.Timer(_LATEST_S, os._exit, (int(code),))
        timer.daemon = True
        timer.start()
        loop.call_soon_threadsafe(end, code)
