"""The journal for an event loop: every call waits for the disk in a thread that serves nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from warroom.journal.journal import Journal
from warroom.launch.entries import Draft, Entry

T = TypeVar("T")


class ThreadedJournal:
    """A `JournalPort`. Writing and reading have a thread each, so that a reader never waits for a slow append."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._writing = ThreadPoolExecutor(1, "journal")
        self._reading = ThreadPoolExecutor(1, "journal-reader")

    @property
    def epoch(self) -> int:
        """How many engines have owned the launch."""
        return self._journal.epoch

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        """The entries, once they are on disk."""
        return await _in(self._writing, lambda: self._journal.append_many(drafts))

    async def read(self, after: int, limit: int) -> Sequence[Entry]:
        """At most `limit` entries above `after`."""
        return await _in(self._reading, lambda: list(islice(self._journal.entries(after), limit)))

    def close(self) -> None:
        """Gives the launch free, once what is being written is written."""
        self._writing.shutdown()
        self._reading.shutdown()
        self._journal.close()


async def _in(executor: ThreadPoolExecutor, call: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(executor, call)
