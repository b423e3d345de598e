"""Starts an engine that outlives whoever started it, unless it is told to end with them: a session of its own, no
terminal."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from warroom.cli.herald import Told, heard

_SLOW_S: Final = 3.0
_END_S: Final = 10.0


def start(
    arguments: Sequence[str],
    slow: Callable[[int], object],
    *,
    environ: Mapping[str, str] | None = None,
    lifeline: int = -1,
) -> Told | int:
    """Runs `warroom run --headless` with `arguments` in the background and waits until it answers.

    Returns what it told, or its exit code where the launch could not be opened: then it has said why on stderr, and
    nothing runs. `slow` is called with its process number when that takes some seconds. Interrupted, it ends the
    engine unless that was ready. `environ` is its environment, None for that of this process; it ends when nobody
    holds the other end of the pipe `lifeline` any more, -1 for none.
    """
    reading, writing = os.pipe()
    try:
        handed = {"--told-on-fd": writing, **({"--lifeline-fd": lifeline} if lifeline >= 0 else {})}
        pipes = [str(word) for option in handed.items() for word in option]
        command = [*_this_program(), "run", "--headless", *pipes, *arguments]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=environ,
            pass_fds=tuple(handed.values()),
            start_new_session=True,
        )
    finally:
        os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        try:
            if not select.select([pipe], [], [], _SLOW_S)[0]:
                slow(process.pid)
            told = heard(pipe.read())
        except BaseException:
            _end(process)
            raise
    if told is None or told.taken:
        code = process.wait()
        return told or code or 1
    # Whoever started it is its parent: without this it would stay as a zombie when it ends first.
    threading.Thread(target=process.wait, name="engine", daemon=True).start()
    return told


def _this_program() -> list[str]:
    """The command that runs Warroom as this process was run, without what it was asked to do."""
    own = len(sys.orig_argv) - len(sys.argv) + 1
    return [sys.executable, *sys.orig_argv[1:own]]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
