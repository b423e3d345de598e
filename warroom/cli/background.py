"""The run behind a console, in a thread and event loop of its own.

A terminal that stops reading blocks the console's loop for as long as it stalls; a check must not time out for that.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from warroom.cli.composition import Session

T = TypeVar("T")

_STOP_S = 10.0


class Background:
    """Carries out what a person asks of a run, one run at a time. Its requests may come from another loop."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="run", daemon=True)
        self._runs: list[asyncio.Task[object]] = []

    def start(self) -> None:
        """Begins the whole suite."""
        self._thread.start()
        self._submit(self._begin(None)).result()

    async def rerun(self, checks: Sequence[str] | None = None) -> None:
        """Runs `checks` again, all of them for None, once what is under way is done."""
        await asyncio.wrap_future(self._submit(self._begin(checks)))

    async def begin_anew(self) -> None:
        """Stops what is under way and runs every check: what they look at has changed."""
        await asyncio.wrap_future(self._submit(self._begin_anew()))

    async def answer(self, question_id: str, answer: str) -> None:
        """Answers an open question. Raises UsageError for one that is not open."""
        await asyncio.wrap_future(self._submit(self._session.board.answer(question_id, answer)))

    async def stop(self) -> None:
        """Stops what is under way; what is not finished becomes `inconclusive`."""
        await asyncio.wrap_future(self._submit(self._stop()))

    def close(self) -> None:
        """Stops the run, closes every connection and ends the thread."""
        if self._thread.is_alive():
            with suppress(TimeoutError):
                self._submit(self._end()).result(_STOP_S)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_STOP_S)
            self._loop.close()
        self._session.log.close()

    def _submit(self, coroutine: Coroutine[Any, Any, T]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    async def _begin(self, checks: Sequence[str] | None) -> None:
        before = [run for run in self._runs if not run.done()]
        run = self._session.run

        async def one_at_a_time() -> None:
            if before:
                await asyncio.wait(before)
            await (run.run() if checks is None else run.rerun(checks))
            # From here on the evidence is complete, whatever becomes of the terminal.
            self._session.finish()

        self._runs = [*before, asyncio.create_task(one_at_a_time())]

    async def _begin_anew(self) -> None:
        self._cancel()
        await self._begin(None)

    def _cancel(self) -> None:
        # The last first: one that waits for another must not begin when that one ends.
        for run in reversed(self._runs):
            run.cancel()

    async def _stop(self) -> None:
        self._cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)

    async def _end(self) -> None:
        await self._stop()
        await self._session.aclose()
