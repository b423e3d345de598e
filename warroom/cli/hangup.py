"""A console whose terminal has gone ends, also one that the terminal had brought to a halt before; so does an engine
whose demo has gone."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable
from typing import Final

from warroom.errors import ExitCode

_LATEST_S: Final = 1.0


def end_with_terminal(
    descriptor: int, latest_s: float = _LATEST_S, last: Callable[[], object] = lambda: None
) -> None:
    """Ends this process when the terminal at `descriptor` was closed: as SIGHUP does, and `latest_s` seconds later
    in any case, after `last` was called.

    The system sends SIGHUP to the leader of the terminal's session alone: a console that was started by make or by a
    script hears nothing. A terminal that stops reading brings the event loop of a console to a halt; closed then, it
    never goes on, and no signal is heard any more.
    """
    threading.Thread(target=_watch, args=(descriptor, latest_s, last), name="hangup", daemon=True).start()


def end_with_starter(lifeline: int) -> None:
    """Sends this process SIGTERM as soon as nobody holds the other end of the pipe `lifeline`, however they went."""
    os.set_inheritable(lifeline, False)

    def wait() -> None:
        os.read(lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def _watch(descriptor: int, latest_s: float, last: Callable[[], object]) -> None:
    terminal = select.poll()
    # No event is asked for: that it was hung up is told unasked.
    terminal.register(descriptor, 0)
    if any(told & select.POLLNVAL for _, told in terminal.poll()):
        return  # the system does not tell that of a terminal
    _silence(descriptor)
    timer = threading.Timer(latest_s, _end, (last,))
    timer.daemon = True
    timer.start()
    os.kill(os.getpid(), signal.SIGHUP)


def _end(last: Callable[[], object]) -> None:
    try:
        last()
    finally:
        os._exit(int(ExitCode.TERMINATED))


def _silence(descriptor: int) -> None:
    """Puts a terminal there from which nothing ever comes: whoever reads a closed one finds its end again and again,
    as fast as it can."""
    import termios  # not on Windows, where this is never reached

    _, silent = os.openpty()
    mode = termios.tcgetattr(silent)
    mode[3] &= ~termios.ICANON
    # One who was about to read the closed one comes back at once, too, instead of waiting for ever.
    mode[6][termios.VMIN] = 0
    termios.tcsetattr(silent, termios.TCSANOW, mode)
    os.dup2(silent, descriptor)
