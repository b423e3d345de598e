"""A console whose terminal has gone ends, also one that the terminal had brought to a halt before."""

from __future__ import annotations

import os
import select
import threading
from typing import Final

from warroom.errors import ExitCode

_LATEST_S: Final = 1.0


def end_with_terminal(descriptor: int) -> None:
    """Ends this process at the latest a second after the terminal at `descriptor` was closed.

    A terminal that stops reading brings the event loop of a console to a halt; closed then, it never goes on, and no
    signal is heard any more; meanwhile its reader finds the end of the input again and again. Nothing is lost by
    that: what counts is with the engine.
    """
    threading.Thread(target=_watch, args=(descriptor,), name="hangup", daemon=True).start()


def _watch(descriptor: int) -> None:
    terminal = select.poll()
    # No event is asked for: that it was hung up is told unasked.
    terminal.register(descriptor, 0)
    if any(told & select.POLLNVAL for _, told in terminal.poll()):
        return  # the system does not tell that of a terminal
    timer = threading.Timer(_LATEST_S, os._exit, (int(ExitCode.TERMINATED),))
    timer.daemon = True
    timer.start()
