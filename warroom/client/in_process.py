"""How a screen follows a run in this process and asks for something: events and requests.

A client only reads events and makes requests; what a request leads to is seen in the events that follow it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from warroom.clock import Clock
from warroom.errors import UsageError
from warroom.events import Envelope, Event, EventStream


@dataclass(frozen=True, slots=True)
class Choice:
    """Something further that a person can choose here, such as a scenario of the demo. `note` may be empty.

    `in_force`: it is what holds now.
    """

    id: str
    title: str
    note: str = ""
    in_force: bool = False


class Client(EventStream, Protocol):
    """A run, seen and asked from outside. Every request raises WarroomError where it is refused."""

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What `choose` takes, in order of display; empty where there is nothing to choose."""
        ...

    async def rerun(self, checks: Sequence[str] | None = None) -> None:
        """Ask for these checks, by id, to run again; None: for all. Comes back when the request is taken."""
        ...

    async def answer(self, question_id: str, answer: str) -> None:
        """Answer an open question: `yes` or `no`, text, a number or an instant, as the question asks."""
        ...

    async def stop(self) -> None:
        """Ask for the run to end; what is not finished becomes `inconclusive`."""
        ...

    async def choose(self, choice_id: str) -> None:
        """Take one of `choices`; every check runs again, for what was found before is not current any more."""
        ...


class EventLog:
    """The events of this process, from the first: one writer, any number of readers, each at its own pace.

    `append` and `close` may be called from any thread, and never wait for a reader.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._history: list[Envelope] = []
        self._closed = False
        self._readers: set[_Reader] = set()

    def append(self, event: Event) -> Envelope:
        """The event with its sequence number and the clock's time, now part of the log."""
        with self._lock:
            envelope = Envelope(len(self._history) + 1, self._clock.now(), event)
            self._history.append(envelope)
            readers = tuple(self._readers)
        for reader in readers:
            reader.wake()
        return envelope

    def close(self) -> None:
        """No more events will come: readers end when they have read what there is."""
        with self._lock:
            self._closed = True
            readers = tuple(self._readers)
        for reader in readers:
            reader.wake()

    @property
    def history(self) -> tuple[Envelope, ...]:
        """Every event so far, oldest first."""
        with self._lock:
            return tuple(self._history)

    async def events(self, after: int = 0) -> AsyncIterator[Envelope]:
        """Every event with a sequence number above `after`, oldest first, then the new ones until `close`."""
        reader = _Reader()
        with self._lock:
            self._readers.add(reader)
        try:
            while True:
                reader.news.clear()
                with self._lock:
                    batch, closed = self._history[after:], self._closed
                for envelope in batch:
                    yield envelope
                after += len(batch)
                if closed and not batch:
                    return
                if not batch:
                    await reader.news.wait()
        finally:
            with self._lock:
                self._readers.discard(reader)


class _Reader:
    """Wakes one reader on its own event loop, from whichever thread."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def wake(self) -> None:
        # A loop that has ended refuses: its reader reads no more.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.news.set)


async def _refuse(*_: object) -> None:
    raise UsageError("that cannot be done here")


@dataclass(frozen=True, slots=True)
class Handlers:
    """What carries out the requests of an `InProcess` client; each raises WarroomError where it refuses."""

    rerun: Callable[[Sequence[str] | None], Awaitable[None]] = _refuse
    answer: Callable[[str, str], Awaitable[None]] = _refuse
    stop: Callable[[], Awaitable[None]] = _refuse
    choose: Callable[[str], Awaitable[None]] = _refuse


class InProcess:
    """A `Client` of the run in this process: reads `log`, hands requests to `handlers`."""

    def __init__(self, log: EventStream, handlers: Handlers, choices: Sequence[Choice] = ()) -> None:
        self._log = log
        self._handlers = handlers
        self._choices = tuple(choices)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What `choose` takes, in order of display; the one taken last is in force."""
        return self._choices

    def events(self, after: int = 0) -> AsyncIterator[Envelope]:
        """The log's events, from `after` on."""
        return self._log.events(after)

    async def rerun(self, checks: Sequence[str] | None = None) -> None:
        """Run these checks again; None: all."""
        await self._handlers.rerun(checks)

    async def answer(self, question_id: str, answer: str) -> None:
        """Answer an open question."""
        await self._handlers.answer(question_id, answer)

    async def stop(self) -> None:
        """End the run."""
        await self._handlers.stop()

    async def choose(self, choice_id: str) -> None:
        """Take one of `choices`."""
        await self._handlers.choose(choice_id)
        self._choices = tuple(replace(choice, in_force=choice.id == choice_id) for choice in self._choices)
