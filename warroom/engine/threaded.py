"""Journal and channels for an event loop: calls that wait for a disk do so in threads that serve nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import Any, Protocol, TypeVar

from warroom.journal.journal import Journal
from warroom.journal.samples import SampleFile
from warroom.launch.entries import Draft, Entry
from warroom.updates.channel import Delivery, Post

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


class BlockingChannel(Protocol):
    """A channel whose calls wait, as long as its disk takes."""

    def append(self, post: Post) -> Delivery:
        """Tries once to post."""
        ...

    @property
    def name(self) -> str:
        """Where it posts."""
        ...

    def place(self, key: str) -> str | None:
        """Where the message with that key is, None where there is none. Raises OSError if that cannot be said."""
        ...


class ThreadedChannel:
    """A `Channel`. What it does is done to the end, also where nobody waits for it any more; one call at a time."""

    def __init__(self, channel: BlockingChannel) -> None:
        self._channel = channel
        self._thread = ThreadPoolExecutor(1, "channel")

    @property
    def place(self) -> str:
        """Where it posts."""
        return self._channel.name

    def sees(self, place: str) -> bool:
        """Only what is posted there."""
        return place == self.place

    async def post(self, post: Post) -> Delivery:
        """Tries once to post."""
        return await _in(self._thread, lambda: self._channel.append(post))

    async def find(self, key: str, since: datetime, where: str = "") -> str | None:
        """Where the message with that key is, whenever it was posted; looked for after everything that is being
        posted. Raises OSError."""
        return await _in(self._thread, lambda: self._channel.place(key))

    def close(self) -> None:
        """Comes back when nothing is being posted; what has not begun by then is not posted."""
        self._thread.shutdown(cancel_futures=True)


class ThreadedSamples:
    """A `SamplesPort`, with a thread of its own."""

    def __init__(self, file: SampleFile) -> None:
        self._file = file
        self._thread = ThreadPoolExecutor(1, "samples")

    async def read(self) -> tuple[Sequence[Mapping[str, Any]], str]:
        """What is there, oldest first, and what is wrong with it."""
        return await _in(self._thread, self._file.read)

    async def append(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Adds them. Raises OSError."""
        await _in(self._thread, lambda: self._file.append(lines))

    def close(self) -> None:
        """Comes back when nothing is being written."""
        self._thread.shutdown(cancel_futures=True)


async def _in(executor: ThreadPoolExecutor, call: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(executor, call)
