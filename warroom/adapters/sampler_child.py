"""The process that takes latency samples: started, handed its one job, and ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import warroom
from warroom.errors import CannotMeasure
from warroom.text import clean, clean_bytes

SCRIPT = Path(warroom.__file__).with_name("sampler.py")
# What an interpreter needs to start and a resolver to look up names.
_PASSED_ON = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "RES_OPTIONS", "LOCALDOMAIN")
# What every system's pipe takes while nobody reads it (POSIX: PIPE_BUF is 512 at least, 4096 in practice).
_AT_ONCE = 4_096


class SamplerChild:
    """One sampler process for one job. It can be started ahead: until it has its job it waits and sends nothing.

    Whoever makes one ends it.
    """

    def __init__(self, script: Path = SCRIPT) -> None:
        self._script = script
        self._process: asyncio.subprocess.Process | None = None
        self._reading, self._writing = os.pipe()

    async def start(self) -> None:
        """Starts the process, if it is not there yet. Raises CannotMeasure."""
        if self._process is not None:
            return
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                # Neither the environment nor site-packages nor this folder: only the standard library.
                *("-I", "-S"),
                str(self._script),
                stdin=self._reading,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
                # The playbook's secrets come from the environment; the child gets what it needs on stdin.
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            )
        except OSError as error:
            raise CannotMeasure(
                f"the sampler could not be started: {clean(error.strerror or str(error))}", symptom="internal"
            ) from None
        os.close(self._reading)
        self._reading = -1

    async def begin(self, job: bytes) -> asyncio.StreamReader:
        """Hands over `job`, one line; what comes back gives a line a sample. Raises CannotMeasure."""
        # The job waits in the pipe before the child is there. While this loop is busy, importing what the other
        # checks need for instance, the child begins.
        with contextlib.suppress(BrokenPipeError):  # it ended while it waited, and its exit code says why
            os.write(self._writing, job[:_AT_ONCE])
        await self.start()
        await _feed(self._writing, job[_AT_ONCE:])
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout

    async def check_end(self) -> None:
        """Waits for the end of the process. Raises CannotMeasure with what it said when it broke."""
        assert self._process is not None
        assert self._process.stderr is not None
        said = await self._process.stderr.read(65_536)
        code = await self._process.wait()
        if code:
            last = clean_bytes(said.strip().rpartition(b"\n")[2], limit=200)
            raise CannotMeasure(
                f"the sampler ended with exit code {code}: {last or 'no reason given'}", symptom="internal"
            )

    async def end(self) -> None:
        """Ends the process and whatever it started; it is a session of its own. May be called again."""
        try:
            if self._process is not None:
                _kill(self._process)
                await self._process.wait()
        finally:
            # Only now: the child takes the end of its stdin for the end of its parent.
            pipe, self._reading, self._writing = (self._reading, self._writing), -1, -1
            for descriptor in pipe:
                if descriptor >= 0:
                    os.close(descriptor)


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


async def _feed(pipe: int, rest: bytes) -> None:
    """Writes what did not fit at once, in a thread that ends with the child at the latest."""
    if not rest:
        return

    def write() -> None:
        left = memoryview(rest)
        with contextlib.suppress(BrokenPipeError):
            while left:
                left = left[os.write(pipe, left) :]

    await asyncio.to_thread(write)
