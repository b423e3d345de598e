"""A launch's console on told states, with a clock that stands still."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from textual.pilot import Pilot

from tests.screens.launches import NAME
from tests.screens.stage import without_fonts
from warroom.client import Fresh, LaunchNow, Lost, Seen
from warroom.clock import VirtualClock
from warroom.errors import UsageError
from warroom.screens.launch_app import LaunchConsole

ZONE = timezone(timedelta(hours=8), "CST")


class StagedLaunch:
    """A client that tells its states and then stays silent; it keeps what it was asked and answers `answer`."""

    def __init__(
        self,
        told: Sequence[Seen],
        *,
        read_only: bool = False,
        answer: str = "entry 42: done",
        refuses: Exception | None = None,
        breaks: Exception | None = None,
    ) -> None:
        self.told = list(told)
        self.name = NAME
        self.read_only = read_only
        self.asked: list[Mapping[str, Any]] = []
        self.taken = 0
        self._news = asyncio.Event()
        self._answer, self._refuses, self._breaks = answer, refuses, breaks

    async def states(self) -> AsyncIterator[Seen]:
        while True:
            while self.taken < len(self.told):
                self.taken += 1
                yield self.told[self.taken - 1]
            if self._breaks:
                raise self._breaks
            self._news.clear()
            await self._news.wait()

    def tell(self, seen: Seen) -> None:
        self.told.append(seen)
        self._news.set()

    async def ask(self, body: Mapping[str, Any]) -> str:
        self.asked.append(body)
        if self.read_only:
            raise UsageError("this console is read-only")
        if self._refuses:
            raise self._refuses
        return self._answer

    async def aclose(self) -> None:
        pass


class PicturedLaunch(LaunchConsole):
    """A console whose pictures name no outside address: the fonts are the viewer's own."""

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        return without_fonts(super().export_screenshot(title=title, simplify=simplify))


def console_of(
    launch: LaunchNow | None,
    *,
    lost_s: float | None = None,
    now: datetime | None = None,
    client: StagedLaunch | None = None,
    **looks: Any,
) -> PicturedLaunch:
    """A console whose clock stands at the launch's `now`, or `lost_s` seconds after its engine was lost."""
    told: list[Seen] = [Fresh(launch)] if launch else []
    at = now or (launch.now if launch else VirtualClock(datetime.fromisoformat("2025-11-01T02:00:00Z")).now())
    if lost_s is not None:
        told.append(Lost("the engine does not answer", at))
    read_only = looks.pop("read_only", False)
    clock = VirtualClock(at)
    staged = client or StagedLaunch(told, read_only=read_only)
    app = PicturedLaunch(staged, clock, zone=ZONE, **looks)
    if lost_s is not None:
        clock.step_wall(timedelta(seconds=lost_s))
    return app


async def seen(pilot: Pilot[int]) -> None:
    """Wait until everything that was told is drawn."""
    app = pilot.app
    assert isinstance(app, LaunchConsole)
    assert isinstance(app.client, StagedLaunch)
    while app.client.taken < len(app.client.told):
        await pilot.pause()
    await pilot.pause()
    for _ in range(2):
        app.launch.repaint()
        await pilot.pause()
