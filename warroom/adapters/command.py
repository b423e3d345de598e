"""Commands of a playbook: run without a shell, with little of the environment, and ended whole at their deadline.

A playbook may come from someone else, so nothing is run unless the person at this machine has allowed it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from warroom.adapters.following import FollowedCommand, Stream
from warroom.adapters.survivors import MARK_NAME, end_marked, new_mark
from warroom.clock import Clock
from warroom.contract import CommandPort, CommandResult
from warroom.errors import CannotMeasure
from warroom.text import clean, clean_bytes
from warroom.units import format_seconds

MAX_OUTPUT = 64 * 1024
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
# What is still in the pipes when the group has ended is there at once; a process that left the group may hold them.
_REST_S = 0.5

P = TypeVar("P", bound=asyncio.SubprocessProtocol)


class Commands:
    """`contract.CommandPort`."""

    def __init__(
        self,
        clock: Clock,
        *,
        allowed: bool = False,
        allow_file: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """`allowed` is the person's word (`--allow-commands`); `allow_file` allows them by being there, a file of
        this user that nobody else may touch. `environ` is the environment from which a few names are passed on."""
        self._clock = clock
        self._allowed = allowed
        self._allow_file = allow_file
        self._environ = os.environ if environ is None else environ

    async def run(self, argv: Sequence[str], *, timeout_s: float, env: Mapping[str, str]) -> CommandResult:
        """See `contract.CommandPort`."""
        self._check_allowed()
        name = clean(argv[0], limit=120)
        began = self._clock.monotonic()
        mark = new_mark(self._environ)
        starting = asyncio.ensure_future(self._start(_Outcome, argv, {**env, MARK_NAME: mark}, name))
        try:
            transport, outcome = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # By now it may run: left half started, nobody would end it.
            with contextlib.suppress(CannotMeasure):
                await self._end(*await starting, mark)
            raise
        try:
            async with asyncio.timeout(timeout_s):
                await outcome.exited.wait()
        except TimeoutError:
            raise CannotMeasure(
                f"the command {name} did not end within {format_seconds(timeout_s)}; "
                "it was ended, with all that it started",
                symptom="timeout",
            ) from None
        finally:
            await self._end(transport, outcome, mark)
        code = transport.get_returncode()
        if code is None:
            raise CannotMeasure(f"how the command {name} ended is not known", symptom="command")
        return CommandResult(
            exit_code=code,
            stdout=outcome.text(1),
            stderr=outcome.text(2),
            elapsed_s=self._clock.monotonic() - began,
            truncated=outcome.truncated,
        )

    async def follow(self, argv: Sequence[str], *, env: Mapping[str, str]) -> FollowedCommand:
        """Starts a command that goes on, such as `tail -F`; whoever asked for it ends it.

        Raises CannotMeasure when commands are not allowed or it cannot start.
        """
        self._check_allowed()
        mark, name = new_mark(self._environ), clean(argv[0], limit=120)
        transport, stream = await self._start(Stream, argv, {**env, MARK_NAME: mark}, name)

        async def end() -> None:
            _end_group(transport)
            await end_marked(mark, self._clock)
            transport.close()

        return FollowedCommand(name, stream, end)

    async def _end(self, transport: asyncio.SubprocessTransport, outcome: _Outcome, mark: str) -> None:
        _end_group(transport)
        await end_marked(mark, self._clock)
        await outcome.rest()
        transport.close()

    def _check_allowed(self) -> None:
        if self._allowed:
            return
        if self._allow_file is None:
            raise CannotMeasure("commands are not allowed here; --allow-commands allows them", symptom="denied")
        problem = _problem_with(self._allow_file)
        if problem:
            raise CannotMeasure(
                f"commands are not allowed here: {clean(str(self._allow_file), limit=200)} {problem}",
                symptom="denied",
                hint="--allow-commands, or that file as your own with mode 0600, allows them",
            )

    async def _start(
        self, protocol: type[P], argv: Sequence[str], env: Mapping[str, str], name: str
    ) -> tuple[asyncio.SubprocessTransport, P]:
        passed_on = {key: self._environ[key] for key in _PASSED_ON if key in self._environ}
        try:
            return await asyncio.get_running_loop().subprocess_exec(
                protocol,
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                env={"PATH": _DEFAULT_PATH, **passed_on, **env},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = clean(getattr(error, "strerror", None) or str(error), limit=120)
            raise CannotMeasure(f"the command {name} could not be started: {why}", symptom="command") from None


async def printed(commands: CommandPort, argv: Sequence[str], *, timeout_s: float) -> str:
    """What a command prints, without its last line end. Raises CannotMeasure where it fails, or prints too much."""
    result = await commands.run(argv, timeout_s=timeout_s, env={})
    name = clean(argv[0], limit=120)
    if result.exit_code:
        raise CannotMeasure(f"{name} ends with {result.exit_code}", symptom="command")
    if "stdout" in result.truncated:
        raise CannotMeasure(f"{name} prints too much", symptom="command")
    return result.stdout.removesuffix("\n")


def _problem_with(path: Path) -> str:
    """What keeps a file from allowing commands; empty for nothing."""
    try:
        found = path.lstat()
    except OSError:
        return "is not there"
    if not stat.S_ISREG(found.st_mode):
        return "is not a regular file"
    if hasattr(os, "getuid") and (found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077):
        return "belongs to someone else or is open to others"
    return ""


def _end_group(transport: asyncio.SubprocessTransport) -> None:
    """End the command and whatever it left running in its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(transport.get_pid(), signal.SIGKILL)
        else:
            transport.kill()


class _Outcome(asyncio.SubprocessProtocol):
    """Collects the first 64 KiB of either output, and lets the command write on."""

    def __init__(self) -> None:
        self.exited = asyncio.Event()
        self._output = {1: bytearray(), 2: bytearray()}
        self._cut: set[int] = set()
        self._open = {1, 2}
        self._closed = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        kept = self._output[fd]
        room = MAX_OUTPUT - len(kept)
        kept += data[:room]
        if len(data) > room:
            self._cut.add(fd)

    @property
    def truncated(self) -> tuple[str, ...]:
        """The names of the outputs of which only the beginning was kept."""
        return tuple(name for fd, name in ((1, "stdout"), (2, "stderr")) if fd in self._cut)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self._open.discard(fd)
        if not self._open:
            self._closed.set()

    def process_exited(self) -> None:
        self.exited.set()

    async def rest(self) -> None:
        """Wait until both outputs have ended."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_REST_S):
                await self.exited.wait()
                await self._closed.wait()

    def text(self, fd: int) -> str:
        """What was written to the output `fd`, cleaned."""
        return clean_bytes(bytes(self._output[fd]), limit=MAX_OUTPUT, lines=True)
