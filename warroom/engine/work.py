"""Effects under way: each at most once at a time, each free to fail without ending the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

from warroom.clock import Clock
from warroom.engine.contained import defect, ends_the_engine
from warroom.errors import WarroomError


class Work:
    """Runs effects beside the loop. One that failed is left alone for `retry_s` seconds.

    `failed` is told the key of an effect and a sentence, or an empty text for one that went well; `ended` whenever
    one is over.
    """

    def __init__(
        self, clock: Clock, retry_s: float, failed: Callable[[str, str], object], ended: Callable[[], object]
    ) -> None:
        self._clock = clock
        self._retry_s = retry_s
        self._failed = failed
        self._ended = ended
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._rest_until: dict[str, float] = {}

    def begin(self, key: str, effect: Callable[[], Awaitable[object]]) -> None:
        """Begins `effect` unless one with that key is under way or has just failed."""
        if key in self._tasks or self._clock.monotonic() < self._rest_until.get(key, 0.0):
            return
        self._tasks[key] = asyncio.create_task(self._run(key, effect), name=key)

    async def finish(self, prefixes: tuple[str, ...], patience_s: float) -> None:
        """Waits for what is under way by keys that begin so, at most `patience_s` seconds of real time."""
        tasks = [task for key, task in self._tasks.items() if key.startswith(prefixes)]
        if tasks:
            await asyncio.wait(tasks, timeout=patience_s)

    async def stop(self, patience_s: float) -> None:
        """Cancels what is under way and waits for it, at most `patience_s` seconds of real time."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=patience_s)

    async def _run(self, key: str, effect: Callable[[], Awaitable[object]]) -> None:
        try:
            await effect()
            self._rest_until.pop(key, None)
            self._failed(key, "")
        except WarroomError as error:
            self._fail(key, error.message)
        except BaseException as error:
            if ends_the_engine(error):
                raise
            self._fail(key, defect(error))
        finally:
            del self._tasks[key]
            self._ended()

    def _fail(self, key: str, reason: str) -> None:
        self._rest_until[key] = self._clock.monotonic() + self._retry_s
        self._failed(key, reason)


async def until_stopped(work: Coroutine[object, object, None], stop: asyncio.Event, patience_s: float) -> None:
    """Lets `work` end by itself, and raises what it raises; from `stop` on for at most `patience_s` seconds of real
    time, then it is cancelled."""
    task, stopped = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait((task,), timeout=patience_s)
    finally:
        task.cancel()
        stopped.cancel()
    if task.done() and not task.cancelled():
        task.result()
