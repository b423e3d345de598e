"""A launch with procedures of every kind behind its real socket, on the virtual clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.api.test_api import ABOUT, Served
from tests.engine.acted import Process, Room, Service, Suites
from tests.engine.stage import Stage
from tests.launch.acted import COURSE
from warroom.api.app import api
from warroom.api.listener import Listener
from warroom.clock import settle
from warroom.launch.procedures import StepStage


@dataclass
class Acting(Served):
    """The launch, the service that it acts on, and the name of whoever asks."""

    service: Service
    asking: str = "ann"

    async def until(self, run: str, step: str, stage: StepStage) -> None:
        """Time goes by until a step stands there."""
        for _ in range(100):
            known = self.engine.state.procedures.get(run)
            if known and known.stage_of(step) is stage:
                return
            await self.stage.clock.advance(1.0)
            await settle()
        raise AssertionError(f"{run} {step} never is {stage}")

    def journaled(self) -> list[str]:
        """The kinds of what is journaled about levers and procedures, each with who it was."""
        return [f"{one.kind} {one.actor}" for one in self.stage.told if one.kind.startswith("procedure.")]

    @contextlib.asynccontextmanager
    async def time_goes_by(self) -> AsyncIterator[None]:
        """So that whoever waits in another thread comes to an end."""

        async def on() -> None:
            while True:
                await self.stage.clock.advance(0.5)
                await asyncio.sleep(0.002)

        going = asyncio.create_task(on())
        try:
            yield
        finally:
            going.cancel()
            await asyncio.gather(going, return_exceptions=True)


@contextlib.asynccontextmanager
async def acting(folder: Path) -> AsyncIterator[Acting]:
    """The launch, running."""
    stage = Stage(folder, course=COURSE)
    service = Service(stage.clock)
    stage.actions = Process(service)
    stage.others = {"room": Room()}
    stage.suites = Suites(stage.clock)  # type: ignore[assignment]
    async with stage.engine(tick_s=2.0) as engine:
        found: list[Acting] = []
        listener = Listener(folder, api(engine, stage.clock, lambda _: found[0].asking, ABOUT))
        found.append(Acting(stage, engine, listener, service))
        await listener.open()
        try:
            yield found[0]
        finally:
            await listener.close()
