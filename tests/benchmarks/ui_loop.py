"""A program of its own: thirty samples taken while a Textual screen of 20 panels redraws ten times a second.

`python ui_loop.py MODE PLAYBOOK EVIDENCE RESULT` with the inputs in the environment and a terminal. MODE is `verify`
(Warroom's whole verification runs in the loop that draws, its samples in their own process), `httpx` (the samples are
timed in the loop that draws) or `httpx-alone` (the same without a screen). The result is JSON: `p95_ms`, `redraws`
and `seconds` of the samples.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.app import App, ComposeResult
from textual.containers import Grid, Vertical
from textual.widgets import Digits, Label, Sparkline

PANELS = 20
EVERY_S = 0.1
SAMPLES = 30
Work = Callable[[], Awaitable[float]]


class Panel(Vertical):
    """A signal as dashboards show it: its name, its value, its recent course."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.course = deque([0.0] * 40, maxlen=40)

    def compose(self) -> ComposeResult:
        yield Label(f"signal {self.number}")
        yield Digits("0.0")
        yield Sparkline(list(self.course))

    def redraw(self) -> None:
        """A new value in all three."""
        value = random.uniform(0, 120)
        self.course.append(value)
        self.query_one(Label).update(f"signal {self.number}: {value:.2f} ms")
        self.query_one(Digits).update(f"{value:.1f}")
        self.query_one(Sparkline).data = list(self.course)


class Dashboard(App[None]):
    """Redraws its panels all the time and ends when `work` is done."""

    CSS = "Grid { grid-size: 5 4; } Panel { border: round $primary; }"

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work = work
        self.redraws = 0
        self.outcome: dict[str, float] = {}

    def compose(self) -> ComposeResult:
        with Grid():
            for number in range(PANELS):
                yield Panel(number + 1)

    def on_mount(self) -> None:
        self.set_interval(EVERY_S, self._redraw)
        self.under_way = asyncio.create_task(self._measured())

    def _redraw(self) -> None:
        self.redraws += 1
        for panel in self.query(Panel):
            panel.redraw()

    async def _measured(self) -> None:
        await asyncio.sleep(0.5)
        before, began = self.redraws, time.perf_counter()
        p95_ms = await self.work()
        self.outcome = {
            "p95_ms": p95_ms,
            "redraws": self.redraws - before,
            "seconds": time.perf_counter() - began,
        }
        self.exit()


async def by_httpx() -> float:
    """P95 in milliseconds of 30 requests, timed as one does in an asyncio program."""
    import httpx

    url = os.environ["AUTO_COM_CENTER_URL"] + "/canary"
    latencies = []
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(SAMPLES):
            began = time.perf_counter()
            await client.get(url)
            latencies.append((time.perf_counter() - began) * 1000)
    return sorted(latencies)[math.ceil(0.95 * SAMPLES) - 1]


async def by_warroom(playbook: Path, evidence: Path) -> float:
    """P95 in milliseconds as a whole verification in this process reports it."""
    from warroom.cli.composition import open_session
    from warroom.cli.options import VerifyOptions
    from warroom.clock import RealClock
    from warroom.report import FORMATS
    from warroom.suite_state import fold

    options = VerifyOptions(playbook=playbook, headless=True, evidence=evidence)
    session = open_session(options, os.environ, RealClock(), people=False)
    try:
        await session.run.run()
    finally:
        await session.aclose()
    report = json.loads(FORMATS["json"](fold(session.log.history)))
    (value,) = (check["value"] for check in report["checks"] if check["id"] == "p95")
    return float(value)


def main(mode: str, playbook: str, evidence: str, result: str) -> int:
    """Measures, writes the result, returns the exit code."""
    if mode == "httpx-alone":
        outcome = {"p95_ms": asyncio.run(by_httpx()), "redraws": 0, "seconds": 1}
    else:
        app = Dashboard(by_httpx if mode == "httpx" else lambda: by_warroom(Path(playbook), Path(evidence)))
        app.run()
        outcome = app.outcome
        if app.return_code or not outcome:
            return 1
    Path(result).write_text(json.dumps(outcome), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
