"""Look at the console: `python -m tests.screens.preview NAME [--svg FILE] [--size 120x36] [--live]`."""

import argparse
import asyncio
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tests.screens import hostile, replays
from tests.screens.stage import CHOICES, console_for, shown
from warroom.client import Choice, EventLog, Handlers, InProcess
from warroom.clock import RealClock
from warroom.events import Event
from warroom.screens.app import run_console


class _Broken(InProcess):
    """A client with a defect that the console meets while it draws."""

    @property
    def choices(self) -> tuple[Choice, ...]:
        token = "s3cret"  # noqa: F841
        raise KeyError("no choices")


def _live(events: list[Event], every_s: float, *, color: bool, ascii_only: bool) -> int:
    """The console on a run that goes on meanwhile in another thread, as a real one does."""
    log = EventLog(RealClock())
    client = InProcess(log, Handlers(), [Choice("dark", "Dark", "the services hang")])

    def feed() -> None:
        for event in events:
            log.append(event)
            time.sleep(every_s)

    threading.Thread(target=feed, daemon=True).start()
    return run_console(client, RealClock(), color=color, ascii_only=ascii_only)


async def picture(
    events: list[Event],
    size: tuple[int, int],
    keys: Sequence[str] = (),
    *,
    color: bool = True,
    ascii_only: bool = False,
) -> str:
    """The console as an SVG picture, after these keys."""
    app = console_for(events, after=timedelta(seconds=0.3), choices=CHOICES, color=color, ascii_only=ascii_only)
    async with app.run_test(size=size) as pilot:
        await shown(pilot)
        if keys:
            await pilot.press(*keys)
            await shown(pilot)
        return app.export_screenshot(title="warroom", simplify=True)


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("name")
    options.add_argument("--svg", type=Path)
    options.add_argument("--size", default="120x36")
    options.add_argument("--keys", default="")
    options.add_argument("--every", type=float, default=0.1)
    options.add_argument("--no-color", action="store_true")
    options.add_argument("--ascii", action="store_true")
    chosen = options.parse_args()
    if chosen.name == "crash":
        return run_console(_Broken(EventLog(RealClock()), Handlers()), RealClock())
    source = hostile if chosen.name in ("everything", "crowd") else replays
    events: list[Event] = getattr(source, chosen.name)()
    looks = {"color": not chosen.no_color, "ascii_only": chosen.ascii}
    if chosen.svg is None:
        return _live(events, chosen.every, **looks)
    width, height = chosen.size.split("x")
    svg = asyncio.run(picture(events, (int(width), int(height)), chosen.keys.split(), **looks))
    chosen.svg.write_text(svg, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
