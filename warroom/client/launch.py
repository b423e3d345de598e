"""A launch as a console sees it: where it stands, whether that is still known, and what can be asked of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from warroom.client.in_process import Choice
from warroom.client.values import LaunchNow


@dataclass(frozen=True, slots=True)
class Fresh:
    """The launch as its engine has just told it."""

    launch: LaunchNow


@dataclass(frozen=True, slots=True)
class Lost:
    """The engine does not answer: what was seen before counts as of `since`. `reason` is a sentence, `do` the command
    that mends it, empty where there is none. `stopped` says who ended it in order and when, `by ada at 02:05:07Z`;
    empty where its journal does not say so."""

    reason: str
    since: datetime
    do: str = ""
    stopped: str = ""


Seen = Fresh | Lost


@dataclass(frozen=True, slots=True)
class Simulation:
    """The simulated services of a demo: how they can behave, in order of display, with the one in force marked, and
    what makes them behave like another one, by its id."""

    choices: tuple[Choice, ...]
    choose: Callable[[str], Awaitable[None]]

    @property
    def in_force(self) -> str:
        """The title of the choice in force; empty where none is marked."""
        return next((choice.title for choice in self.choices if choice.in_force), "")


class LaunchClient(Protocol):
    """One launch, seen and asked from outside its engine."""

    @property
    def name(self) -> str:
        """The name of the launch."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether `ask` refuses everything."""
        ...

    def states(self) -> AsyncIterator[Seen]:
        """Where the launch stands, again whenever something has changed, at most four times a second.

        `Lost` comes once when the engine stops answering; the stream goes on and tells `Fresh` when it is back. It
        ends only after `aclose`. Each call reads for itself.
        """
        ...

    async def ask(self, body: Mapping[str, Any]) -> str:
        """Makes a request (a body of POST /requests) and returns what was journaled, as one short sentence.

        Raises UsageError where it is refused, and WarroomError where nobody answers: then it may have been done.
        """
        ...

    async def aclose(self) -> None:
        """Ends every stream and every connection. Idempotent."""
        ...
