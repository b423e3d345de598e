"""Wakes the loop of an engine when a post is due: a job of APScheduler, which decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

_JOB: Final = "next"


class ScheduledWakes:
    """A `Wakes` of the running event loop. In memory alone: what is due stands in the journal.

    A job that is late, or in the past when it is made, runs all the same, once.
    """

    def __init__(self) -> None:
        defaults = {"misfire_grace_time": None, "coalesce": True}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
        self._instant: datetime | None = None

    def at(self, instant: datetime | None, wake: Callable[[], object]) -> None:
        """See `Wakes`."""
        if instant == self._instant:
            return
        if not self._scheduler.running:
            self._scheduler.start()
        if instant is None:
            self._scheduler.remove_all_jobs()
        else:
            when = DateTrigger(instant, UTC)
            self._scheduler.add_job(_wake, when, (wake,), id=_JOB, replace_existing=True)
        self._instant = instant

    def close(self) -> None:
        """Nothing is woken any more. Idempotent."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


async def _wake(wake: Callable[[], object]) -> None:
    wake()
