"""A launch's console on told states, with a clock that stands still."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta, timezone
from typing import Any

from textual.pilot import Pilot

from tests.screens import launches
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
        self.name = launches.NAME
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
    client: StagedLaunch | None = None,
    read_only: bool = False,
    **looks: Any,
) -> PicturedLaunch:
    """A console whose clock stands at the launch's `now`."""
    staged = client or StagedLaunch([Fresh(launch)] if launch else [], read_only=read_only)
    clock = VirtualClock(launch.now if launch else launches.OPENED)
    return PicturedLaunch(staged, clock, zone=ZONE, **looks)


AGAIN = f"warroom run {launches.NAME} (with the same --env-file and inputs as before)"


async def lose(pilot: Pilot[int], for_s: float, reason: str = "no engine runs the launch, nothing is posted") -> None:
    """The engine answers no longer, and has not for so many seconds."""
    app = pilot.app
    assert isinstance(app, PicturedLaunch)
    assert isinstance(app.client, StagedLaunch)
    assert isinstance(app.launch.clock, VirtualClock)
    since = app.launch.clock.now()
    app.launch.clock.step_wall(timedelta(seconds=for_s))
    app.client.tell(Lost(reason, since, AGAIN))
    await seen(pilot)


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
