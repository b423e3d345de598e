"""Follows a launch over the API of its engine, for as long as a console is open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import h11

from warroom.client.engine_socket import accepted
from warroom.client.launch import Fresh, Lost, Seen
from warroom.client.sse import EventReader
from warroom.client.values import LaunchNow, launch_now
from warroom.client.wire import Wire, connected
from warroom.clock import Clock
from warroom.errors import NotNow, UsageError, WarroomError
from warroom.text import clean

T = TypeVar("T")

SILENCE_S: Final = 2.5
"""The stream of events says something every second; after this long without a word the engine is asked once more."""

_STATE_S: Final = 2.0
_ASK_S: Final = 15.0
_RETRY_S: Final = 1.0
_GATHER_S: Final = 0.25
_QUIET_S: Final = 5.0
_NOBODY: Final = (FileNotFoundError, ConnectionRefusedError)
_AS_BEFORE: Final = "(with the same --env-file and inputs as before)"
_BROKEN: Final = (OSError, h11.ProtocolError, EOFError, TimeoutError)


@dataclass(frozen=True, slots=True)
class _Gone:
    """The engine does not answer; `reason` is a sentence, `do` the command that mends it. `ended`: nor will it, for
    the launch is over, like this. `stopped`: who ended the engine in order, and when."""

    reason: str
    do: str = ""
    ended: LaunchNow | None = None
    stopped: str = ""


def _not_known() -> str:
    return ""


class EngineClient:
    """A `LaunchClient` of the launch in `folder`: reads its state when its stream of events says that it changed.

    `run` is the command that takes the launch up, as a shell reads it; empty: `warroom run` and its name. `ended` is
    asked, in a thread, when no engine runs: it says how the launch ended, as its journal has it, or who stopped its
    last engine, `by ada at 02:05:07Z`; empty where the journal says neither. `typed` makes the commands in what is
    advised such as can be typed where the console runs.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        read_only: bool = False,
        run: str = "",
        ended: Callable[[], LaunchNow | str] = _not_known,
        typed: Callable[[str], str] = str,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._read_only = read_only
        self._run = run or f"warroom run {folder.name}"
        self._ended = ended
        self._typed = typed
        self._closing = asyncio.Event()
        self._open: set[Wire] = set()
        self._heard_at = clock.now()

    @property
    def name(self) -> str:
        """The name of the launch."""
        return self._folder.name

    @property
    def read_only(self) -> bool:
        """Whether `ask` refuses everything."""
        return self._read_only

    async def states(self) -> AsyncIterator[Seen]:
        """Where the launch stands, from now on: see `LaunchClient`.

        A stream that breaks off is taken up again at once; `Lost` is said when that fails, and again when the reason
        is another. After the launch was closed nothing is lost any more: once the engine has gone, too, it is told as
        its journal has it.
        """
        is_over, lost_for = False, ("", "")
        async with aclosing(self._heard()) as heard:
            async for one in heard:
                if isinstance(one, LaunchNow):
                    is_over, lost_for = one.closed is not None, ("", "")
                    yield Fresh(one)
                elif one.ended:
                    yield Fresh(one.ended)
                    break
                elif (one.reason, one.stopped) != lost_for and not (is_over or self._closing.is_set()):
                    lost_for = one.reason, one.stopped
                    yield Lost(one.reason, self._heard_at, one.do, one.stopped)
        # Nothing becomes of it any more.
        await self._closing.wait()

    async def ask(self, body: Mapping[str, Any]) -> str:
        """Makes the request and returns what was journaled: see `LaunchClient`."""
        if self._read_only:
            raise UsageError("this console is read-only: nothing was asked", hint="attach without --read-only")
        try:
            status, raw = await self._answer("POST", "/requests", _ASK_S, body)
        except _NOBODY:
            raise UsageError(
                "no engine runs the launch: nothing was asked", hint=f"start it with: {self._run} {_AS_BEFORE}"
            ) from None
        except _BROKEN as error:
            raise NotNow(
                "the engine does not answer",
                hint="what was asked may or may not have been done: see the log when it is back",
            ) from error
        try:
            return clean("; ".join(accepted(status, raw)["said"]))
        except WarroomError as refused:
            refused.hint = self._typed(refused.hint)
            raise

    def _as_typed(self, launch: LaunchNow) -> LaunchNow:
        told = tuple(replace(post, do=self._typed(post.do)) if post.do else post for post in launch.updates)
        return replace(launch, updates=told)

    async def aclose(self) -> None:
        """Ends every stream and every connection."""
        self._closing.set()
        for wire in list(self._open):
            wire.close()

    async def _heard(self) -> AsyncGenerator[LaunchNow | _Gone, None]:
        """What the engine tells, or that it does not, until `aclose`."""
        while not self._closing.is_set():
            wait_s = _RETRY_S
            async with aclosing(self._followed()) as heard:
                async for one in heard:
                    wait_s = _RETRY_S if isinstance(one, _Gone) else _GATHER_S
                    yield one
            with suppress(TimeoutError):
                await _within(wait_s, self._closing.wait())

    async def _followed(self) -> AsyncGenerator[LaunchNow | _Gone, None]:
        """The launch now and whenever it changes, until the stream of events breaks off."""
        launch = await self._state()
        yield launch
        if isinstance(launch, _Gone):
            return
        with suppress(*_BROKEN):
            async with self._asked("GET", f"/events?after={launch.seq}", None) as stream:
                async for changed in self._changes(stream, launch.seq):
                    yield changed

    async def _changes(self, stream: Wire, seq: int) -> AsyncIterator[LaunchNow | _Gone]:
        reader, read_at = EventReader(), self._clock.monotonic()
        while stream.status == 200 and (piece := await _within(SILENCE_S, stream.piece())):
            self._heard_at = self._clock.now()
            news = any(event.seq > seq for event in reader.feed(piece))
            if not news and self._clock.monotonic() - read_at < _QUIET_S:
                continue
            # What comes meanwhile is gathered.
            await self._clock.sleep(read_at + _GATHER_S - self._clock.monotonic())
            launch, read_at = await self._state(), self._clock.monotonic()
            yield launch
            if isinstance(launch, _Gone):
                return
            seq = launch.seq

    async def _state(self) -> LaunchNow | _Gone:
        try:
            status, raw = await self._answer("GET", "/state", _STATE_S, None)
            launch = self._as_typed(launch_now(accepted(status, raw)))
        except _NOBODY:
            ended = await asyncio.to_thread(self._ended)
            if isinstance(ended, LaunchNow):
                return _Gone("the launch is closed", ended=ended)
            do = f"{self._run} {_AS_BEFORE}"
            return _Gone("no engine runs the launch, nothing is posted", do, stopped=ended)
        except TimeoutError:
            do = f"{self._run} --take-over {_AS_BEFORE}"
            return _Gone("the engine does not answer, it is stopped or very busy", do)
        except _BROKEN as error:
            why = getattr(error, "strerror", "") or "in the middle of an answer"
            return _Gone(f"the engine broke off: {why}")
        except WarroomError as error:
            return _Gone("; ".join(filter(None, (error.message, error.hint))))
        self._heard_at = self._clock.now()
        return launch

    async def _answer(
        self, method: str, target: str, limit_s: float, body: Mapping[str, Any] | None
    ) -> tuple[int, bytes]:
        async def whole() -> tuple[int, bytes]:
            async with self._asked(method, target, body) as wire:
                return wire.status, await wire.rest()

        return await _within(limit_s, whole())

    @asynccontextmanager
    async def _asked(self, method: str, target: str, body: Mapping[str, Any] | None) -> AsyncIterator[Wire]:
        wire = await connected(self._folder)
        self._open.add(wire)
        try:
            if self._closing.is_set():
                wire.close()
            await _within(SILENCE_S if body is None else _ASK_S, wire.send(method, target, body))
            yield wire
        finally:
            self._open.discard(wire)
            wire.close()


async def _within(seconds: float, answer: Awaitable[T]) -> T:
    async with asyncio.timeout(seconds):
        return await answer
