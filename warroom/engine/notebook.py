"""The journal as the engine holds it: what is written is folded into the state at once, and readers are told."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, Final

from warroom.clock import Clock
from warroom.engine.clock_watch import ClockWatch
from warroom.engine.ports import JournalPort
from warroom.launch.entries import Draft, Entry
from warroom.launch.folding import step
from warroom.launch.state import LaunchState
from warroom.report.launch_lines import LogLine, log_line

_PAGE: Final = 500
_CATCH_UP: Final = 5_000
_LOG: Final = 50


class Notebook:
    """The only way by which the engine writes. The state never holds what is not on disk.

    `told` is handed every entry, and must not raise.
    """

    def __init__(
        self, clock: Clock, journal: JournalPort, state: LaunchState, told: Callable[[Entry], object]
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._state = state
        self._told = told
        self._watch: ClockWatch | None = None
        self._log: deque[LogLine] = deque(maxlen=_LOG)
        self._one_at_a_time = asyncio.Lock()
        self._news = asyncio.Condition()
        self._closed = False

    @property
    def state(self) -> LaunchState:
        """The fold of everything on disk."""
        return self._state

    @property
    def log(self) -> Sequence[LogLine]:
        """The last 50 lines of the log, the newest last."""
        return tuple(self._log)

    async def write(self, decide: Callable[[LaunchState], Sequence[Draft]]) -> Sequence[Entry]:
        """Appends what `decide` makes of the state as it is on disk now: all of it or, raising WarroomError, nothing.

        Raises ValueError, and appends nothing, where the launch cannot go on from what it would hold then: nobody
        could ever read that journal again. Nothing else is written in between. What `decide` raises is raised.
        Returns the entries, in their order. A wall clock that was set is on record before anything that is decided
        by it.
        """
        async with self._one_at_a_time:
            await self._note_the_clock()
            drafts = decide(self._state)
            # Written to the end even when whoever asked is cancelled: the state must hold what the disk holds.
            return await _to_the_end(self._append(drafts)) if drafts else ()

    async def _note_the_clock(self) -> None:
        by_s = self._watch.step_s() if self._watch else 0.0
        if by_s:
            await _to_the_end(self._append_step(by_s))

    async def _append_step(self, by_s: float) -> Sequence[Entry]:
        assert self._watch is not None
        entries = await self._append((Draft("clock.step", {"by_s": by_s}),))
        self._watch.noted(by_s)
        return entries

    async def _append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        self._rehearse(drafts)
        entries = await self._journal.append(drafts)
        for entry in entries:
            self._fold(entry)
        for entry in entries:
            self._told(entry)
        async with self._news:
            self._news.notify_all()
        return entries

    def _rehearse(self, drafts: Sequence[Draft]) -> None:
        state, clock = self._state, self._clock
        when = (clock.now(), clock.boot_id(), clock.boottime_ns(), self._journal.epoch)
        for draft in drafts:
            entry = Entry(state.seq + 1, state.launch, *when, draft.actor, draft.kind, draft.body, "", "")
            try:
                state = step(state, entry)
            except Exception as error:
                raise ValueError(f"{draft.kind} does not fit the launch as it stands") from error

    def _fold(self, entry: Entry) -> None:
        self._state = step(self._state, entry)
        if line := log_line(entry):
            self._log.append(line)

    async def catch_up(self, seen: Callable[[Entry], object]) -> None:
        """Folds all that is on disk, and tells what this engine wrote already; to be called first. `seen` is handed
        every entry that is there."""
        last = None
        while batch := await self._journal.read(self._state.seq, _CATCH_UP):
            for entry in batch:
                self._fold(entry)
                seen(entry)
                if entry.epoch < self._journal.epoch:
                    last = entry
                else:
                    self._told(entry)
        self._watch = ClockWatch(self._clock, last)

    async def entries(self, after: int = 0) -> AsyncIterator[Entry]:
        """Every entry with a number above `after`, oldest first, then the new ones until `close`."""
        while True:
            for entry in await self._journal.read(after, _PAGE):
                yield entry
                after = entry.seq
            if await self._is_over(after):
                return

    async def _is_over(self, after: int) -> bool:
        """Waits until there is more than `after`; True when there will never be."""
        async with self._news:
            await self._news.wait_for(lambda: self._closed or self._state.seq > after)
            return self._state.seq <= after

    async def close(self) -> None:
        """No more will be written: readers end when they have read what there is."""
        async with self._news:
            self._closed = True
            self._news.notify_all()


async def _to_the_end(work: Coroutine[Any, Any, Sequence[Entry]]) -> Sequence[Entry]:
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        # Whoever asked has gone: nobody is left to be told that it failed.
        _ = task.cancelled() or task.exception()
        raise
