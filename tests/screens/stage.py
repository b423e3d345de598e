"""A console on a canned list of events, with a clock that stands still."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import timedelta

from textual.pilot import Pilot

from tests.screens.replays import START, envelopes
from warroom.client import Choice
from warroom.clock import VirtualClock
from warroom.events import Envelope, Event
from warroom.screens.app import Console, Frame

CHOICES = (
    Choice("steady", "Steady", "everything as it should be", in_force=True),
    Choice("slow_tail", "Slow tail", "two of thirty answers take 400 ms"),
    Choice("auth_outage", "Auth outage", "JWKS answers 404, the token endpoint 401, Gate 1 is red"),
    Choice("kill_switch_off", "Kill switch off", "DISABLE_SEND reads false"),
    Choice("dark", "Dark", "the services hang"),
)


class Staged:
    """A client that tells its events and then stays silent (or ends, or fails); it keeps what it was asked."""

    def __init__(
        self,
        told: Iterable[Envelope],
        *,
        choices: Sequence[Choice] = (),
        ends: bool = False,
        breaks: Exception | None = None,
        refuses: Exception | None = None,
    ) -> None:
        self.told = list(told)
        self.choices = tuple(choices)
        self.news = asyncio.Event()
        self.asked: list[tuple[object, ...]] = []
        self._ends, self._breaks, self._refuses = ends, breaks, refuses

    async def events(self, after: int = 0) -> AsyncIterator[Envelope]:
        for place in itertools.count(after):
            while place >= len(self.told):
                if self._breaks:
                    raise self._breaks
                if self._ends:
                    return
                self.news.clear()
                await self.news.wait()
            yield self.told[place]

    async def _take(self, *request: object) -> None:
        self.asked.append(request)
        if self._refuses:
            raise self._refuses

    async def rerun(self, checks: Sequence[str] | None = None) -> None:
        await self._take("rerun", None if checks is None else tuple(checks))

    async def answer(self, question_id: str, answer: str) -> None:
        await self._take("answer", question_id, answer)

    async def stop(self) -> None:
        await self._take("stop")

    async def choose(self, choice_id: str) -> None:
        await self._take("choose", choice_id)


class Pictured(Console):
    """A console whose pictures name no outside address: the fonts are the viewer's own."""

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        return without_fonts(super().export_screenshot(title=title, simplify=simplify))


def without_fonts(svg: str) -> str:
    """A picture that names no outside address."""
    return re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)


def console_for(
    events: Iterable[Event],
    *,
    after: timedelta = timedelta(0),
    choices: Sequence[Choice] = (),
    client: Staged | None = None,
    color: bool = True,
    ascii_only: bool = False,
) -> Console:
    """A console whose clock stands `after` the last of the events."""
    told = client or Staged(envelopes(events), choices=choices)
    last = told.told[-1].at if told.told else START
    return Pictured(told, VirtualClock(last + after), color=color, ascii_only=ascii_only)


async def shown(pilot: Pilot[int]) -> None:
    """Wait until every event is folded and drawn."""
    app = pilot.app
    assert isinstance(app, Console)
    assert isinstance(app.client, Staged)
    while app.verify.view.state.seq < len(app.client.told):
        await pilot.pause()
    await pilot.pause()
    app.verify.repaint()
    await pilot.pause()


def screen_text(app: Frame) -> str:
    """What the terminal would show, as lines of text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)
