"""A process that has imported `warroom` already, and is forked for each command that a test runs.

Most of what a small command costs is the import of what it needs, the same for each of hundreds. A fork is a process
of its own too, with streams, an environment and an exit code of its own. What depends on how Python itself starts is
tested with Python itself: `tests/cli/test_streams.py`, `tests/packaging/`, whatever runs on a terminal.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from tests.contracts.tree import ROOT

_IMPORTED: Final = (
    "warroom.app",
    "warroom.api.app",
    "warroom.cli.composition",
    "warroom.cli.launches",
    "warroom.cli.looking",
    "warroom.cli.plan",
    "warroom.cli.run",
    "warroom.cli.verify",
    "warroom.journal.journal",
    "warroom.report.markdown",
)
_LONGEST: Final = 1_000_000
# What is read as a process starts, not later.
_AT_START: Final = ("PYTHONPATH", "LD_PRELOAD")


class Fork:
    """A command that runs, with what a `subprocess.Popen` of it would have."""

    def __init__(self, arguments: Sequence[str], pid: int, asked: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdout: IO[str] | None = None
        self.stderr: IO[str] | None = None
        self._arguments, self._asked = arguments, asked

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._asked.settimeout(timeout)
            try:
                self.returncode = int(self._asked.recv(100))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(["warroom", *self._arguments], timeout or 0.0) from None
            self._asked.close()
        return self.returncode

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0.0)
        return None

    def send_signal(self, number: int) -> None:
        """Does nothing where it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends it without a word."""
        self.send_signal(signal.SIGKILL)


class Zygote:
    """Runs commands as forks of one process, which ends with this one."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        address = str(Path(self._folder.name, "zygote"))
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(address)
        self._listener.listen()
        command = [sys.executable, "-m", "tests.zygote", str(self._listener.fileno())]
        # It hears of the end of this process by the end of its standard input.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            pass_fds=[self._listener.fileno()],
            cwd=ROOT,
            env={**os.environ, "PYTHONUTF8": "1"},
            start_new_session=True,
        )
        self._address = address
        atexit.register(self._end)

    def run(
        self, arguments: Sequence[str], env: Mapping[str, str], cwd: Path, stdin: str, timeout_s: float
    ) -> tuple[int, str, str]:
        """The exit code of `warroom ARGUMENTS` (minus the number of the signal that ended it) and what it wrote.

        Raises subprocess.TimeoutExpired for one that did not end in time; then it was killed.
        """
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(stdin.encode())
            given.seek(0)
            fork = self._fork(arguments, env, cwd, (given.fileno(), out.fileno(), err.fileno()))
            try:
                code = fork.wait(timeout_s)
            finally:
                fork.kill()
            return code, _text(out), _text(err)

    def start(self, arguments: Sequence[str], env: Mapping[str, str], cwd: Path) -> Fork:
        """Starts `warroom ARGUMENTS` with nothing to read and two pipes to write to."""
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        nothing = os.open(os.devnull, os.O_RDONLY)
        fork = self._fork(arguments, env, cwd, (nothing, out_end, err_end))
        for descriptor in (nothing, out_end, err_end):
            os.close(descriptor)
        fork.stdout, fork.stderr = os.fdopen(out, encoding="utf-8"), os.fdopen(err, encoding="utf-8")
        return fork

    def _fork(self, arguments: Sequence[str], env: Mapping[str, str], cwd: Path, streams: Sequence[int]) -> Fork:
        asked = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        asked.connect(self._address)
        job = json.dumps({"arguments": list(arguments), "env": dict(env), "cwd": str(cwd)}).encode()
        assert len(job) < _LONGEST
        socket.send_fds(asked, [job], streams)
        return Fork(arguments, int(asked.recv(100)), asked)

    def _end(self) -> None:
        self._process.communicate()
        self._listener.close()
        self._folder.cleanup()


@functools.cache
def zygote() -> Zygote:
    """The one of this process."""
    return Zygote()


def needs_own_python(env: Mapping[str, str]) -> bool:
    """Whether a fork would not know what `env` says."""
    return any(name in env for name in _AT_START)


def python_run(
    arguments: Sequence[str], env: Mapping[str, str], cwd: Path, stdin: str, timeout_s: float
) -> tuple[int, str, str]:
    """The same with a Python of its own, which reads what `env` tells it. Raises `subprocess.TimeoutExpired`."""
    done = subprocess.run(
        [sys.executable, "-m", "warroom", *arguments],
        env=env,
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout_s,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode())


def _serve(listener: socket.socket) -> None:
    """Forks for each who asks, until nobody can ask any more."""
    # Whoever waits for a command is a fork too; nobody waits for it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        asked, _ = listener.accept()
        if not os.fork():
            listener.close()
            _wait_for_one(asked)
        asked.close()


def _wait_for_one(asked: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    raw, descriptors, _, _ = socket.recv_fds(asked, _LONGEST, 3)
    pid = os.fork()
    if not pid:
        asked.close()
        _become(json.loads(raw), descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    # Whoever asked may be gone.
    with contextlib.suppress(OSError):
        asked.send(str(pid).encode())
        _, status = os.waitpid(pid, 0)
        asked.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(job: Mapping[str, Any], descriptors: Sequence[int]) -> None:
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    program = importlib.import_module("warroom.__main__")
    sys.argv[:] = [str(program.__file__), *job["arguments"]]
    sys.orig_argv[:] = [sys.executable, "-m", "warroom", *job["arguments"]]
    code = 1
    try:
        code = program.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _main() -> None:
    for name in _IMPORTED:
        importlib.import_module(name)
    gc.freeze()
    listener = socket.socket(fileno=int(sys.argv[1]))
    if not os.fork():
        os.close(0)
        _serve(listener)
    # The end of the input is the end of everything that this one began.
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    _main()
