"""The run behind a console: one at a time, and nothing goes on after it was stopped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, cast

from warroom.cli.background import Background
from warroom.cli.composition import Session
from warroom.client import EventLog
from warroom.clock import RealClock


class Run:
    """A suite run that hangs until it is cancelled, and says what happened to it."""

    def __init__(self) -> None:
        self.happened: list[str] = []
        self.under_way = threading.Event()

    async def run(self) -> None:
        await self._hang("run")

    async def rerun(self, checks: Sequence[str]) -> None:
        await self._hang(f"rerun {' '.join(checks)}")

    async def _hang(self, what: str) -> None:
        self.happened.append(f"{what} began")
        self.under_way.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.happened.append(f"{what} stopped")


class Connections:
    """Notes when connections are closed."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def aclose(self) -> None:
        self._run.happened.append("connections closed")


def background() -> tuple[Background, Run]:
    run, absent = Run(), cast(Any, None)
    clock = RealClock()
    session = Session(EventLog(clock), cast(Any, run), clock, absent, cast(Any, Connections(run)), absent)
    return Background(session), run


async def test_a_stop_ends_the_run_and_the_rerun_that_waits_for_it() -> None:
    behind, run = background()
    behind.start()
    assert await asyncio.to_thread(run.under_way.wait, 10)
    await behind.rerun(["a"])
    await behind.stop()
    assert run.happened == ["run began", "run stopped"]
    await asyncio.to_thread(behind.close)
    assert run.happened[2:] == ["connections closed"]


async def test_after_a_stop_a_rerun_begins() -> None:
    behind, run = background()
    behind.start()
    assert await asyncio.to_thread(run.under_way.wait, 10)
    await behind.stop()
    run.under_way.clear()
    await behind.rerun(["a", "b"])
    assert await asyncio.to_thread(run.under_way.wait, 10)
    await asyncio.to_thread(behind.close)
    assert run.happened == ["run began", "run stopped", "rerun a b began", "rerun a b stopped", "connections closed"]


async def test_to_begin_anew_stops_what_is_under_way_and_waits_and_runs_everything() -> None:
    behind, run = background()
    behind.start()
    assert await asyncio.to_thread(run.under_way.wait, 10)
    await behind.rerun(["a"])
    run.under_way.clear()
    await behind.begin_anew()
    assert await asyncio.to_thread(run.under_way.wait, 10)
    await asyncio.to_thread(behind.close)
    assert run.happened == ["run began", "run stopped", "run began", "run stopped", "connections closed"]
