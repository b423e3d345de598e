"""Follows a launch over the API of its engine, for as long as a console is open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import h11

from warroom.client.engine_socket import accepted
from warroom.client.launch import Fresh, Lost, Seen
from warroom.client.sse import Event, EventReader
from warroom.client.values import ClosedNow, LaunchNow, NotUnderstood, launch_now
from warroom.client.wire import Wire, connected
from warroom.clock import Clock
from warroom.errors import NotNow, UsageError, WarroomError
from warroom.strict_json import parse_json
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
_BROKEN: Final = (OSError, h11.ProtocolError, EOFError, TimeoutError)


class _Gone(Exception):
    """The engine does not answer; the text is a sentence."""


class EngineClient:
    """A `LaunchClient` of the launch in `folder`: reads its state when its stream of events says that it changed."""

    def __init__(self, folder: Path, clock: Clock, *, read_only: bool = False) -> None:
        self._folder = folder
        self._clock = clock
        self._read_only = read_only
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

        A stream that breaks off is taken up again at once; `Lost` is said when that fails. After the launch was
        closed nothing is lost any more.
        """
        last: LaunchNow | None = None
        is_lost = False
        while not self._closing.is_set():
            try:
                async with aclosing(self._followed()) as launches:
                    async for last in launches:
                        is_lost = False
                        yield Fresh(last)
                await self._wait(_GATHER_S)
            except _Gone as gone:
                if not (is_lost or self._closing.is_set() or (last and last.closed)):
                    is_lost = True
                    yield Lost(str(gone), self._heard_at)
                await self._wait(_RETRY_S)

    async def ask(self, body: Mapping[str, Any]) -> str:
        """Makes the request and returns what was journaled: see `LaunchClient`."""
        if self._read_only:
            raise UsageError("this console is read-only: nothing was asked", hint="attach without --read-only")
        try:
            status, raw = await self._answer("POST", "/requests", _ASK_S, body)
        except _NOBODY:
            raise UsageError(
                "no engine runs the launch: nothing was asked", hint="start it with: warroom run"
            ) from None
        except _BROKEN as error:
            raise NotNow(
                "the engine does not answer",
                hint="what was asked may or may not have been done: see the log when it is back",
            ) from error
        return clean("; ".join(accepted(status, raw)["said"]))

    async def aclose(self) -> None:
        """Ends every stream and every connection."""
        self._closing.set()
        for wire in list(self._open):
            wire.close()

    async def _followed(self) -> AsyncGenerator[LaunchNow, None]:
        """The launch now and whenever it changes, until the stream of events breaks off. Raises _Gone where its state
        cannot be read."""
        launch = await self._state()
        yield launch
        with suppress(*_BROKEN):
            async with self._asked("GET", f"/events?after={launch.seq}", None) as stream:
                if stream.status == 200:
                    async for changed in self._changes(stream, launch):
                        yield changed

    async def _changes(self, stream: Wire, launch: LaunchNow) -> AsyncIterator[LaunchNow]:
        reader, read_at = EventReader(), self._clock.monotonic()
        while piece := await _within(SILENCE_S, stream.piece()):
            self._heard_at = self._clock.now()
            news = [event for event in reader.feed(piece) if event.seq > launch.seq]
            if not news and self._clock.monotonic() - read_at < _QUIET_S:
                continue
            # What comes meanwhile is gathered.
            await self._clock.sleep(read_at + _GATHER_S - self._clock.monotonic())
            launch, read_at = await self._after(news, launch), self._clock.monotonic()
            yield launch

    async def _after(self, news: Sequence[Event], before: LaunchNow) -> LaunchNow:
        """The launch after those events. An engine ends when its launch is closed: its last event has to do."""
        try:
            return await self._state()
        except _Gone:
            if not news or news[-1].kind != "launch.closed":
                raise
        with suppress(ValueError, KeyError, TypeError):
            entry: Any = parse_json(news[-1].data)
            closed = ClosedNow(self._clock.now(), clean(entry["body"]["reason"]))
            return replace(before, closed=closed, seq=news[-1].seq, next=None, engine=None)
        raise _Gone("the launch was closed")

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await _within(seconds, self._closing.wait())

    async def _state(self) -> LaunchNow:
        try:
            status, raw = await self._answer("GET", "/state", _STATE_S, None)
            launch = launch_now(accepted(status, raw))
        except _NOBODY:
            raise _Gone("no engine runs the launch: nothing is posted") from None
        except TimeoutError:
            raise _Gone("the engine does not answer: it is stopped, or very busy") from None
        except _BROKEN as error:
            raise _Gone(f"the engine broke off: {type(error).__name__}") from None
        except NotUnderstood as error:
            raise _Gone(f"{error.message}; {error.hint}") from None
        except WarroomError as error:
            raise _Gone(error.message) from None
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
