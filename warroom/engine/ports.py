"""What the engine asks of the outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from warroom.launch.entries import Draft, Entry
from warroom.suite_state import SuiteState


class JournalPort(Protocol):
    """The journal of the launch that this engine owns."""

    @property
    def epoch(self) -> int:
        """How many engines have owned the launch, this one included."""
        ...

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        """The entries, once all of them are on disk. Raises WarroomError where none of them could be written."""
        ...

    async def read(self, after: int, limit: int) -> Sequence[Entry]:
        """At most `limit` entries with numbers above `after`, oldest first; empty where there are none yet."""
        ...


class SuitePort(Protocol):
    """Runs the suites of the playbook."""

    def prepare(self, suite: str) -> Callable[[], Awaitable[SuiteState]]:
        """What runs the suite once. Raises WarroomError where nothing can be run now, before anything is sent.

        What could not be measured is in the state that comes back; cancelled, it stops what it began.
        """
        ...


class Watchdog(Protocol):
    """Whoever wants to know that the loop still goes round."""

    def alive(self) -> None:
        """Called at every tick; must not wait."""
        ...
