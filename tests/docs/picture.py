"""Draw the picture of the console in the README: `make picture`.

A run of the shipped playbook against the simulated services, shown by the real console at 120x36, saved by Textual's
own export. Only times, ports and ids differ from one picture to the next.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from tests.contracts.tree import ROOT
from warroom.cli.background import Background
from warroom.cli.composition import open_session
from warroom.cli.options import VerifyOptions
from warroom.client import Choice, Handlers, InProcess
from warroom.clock import RealClock
from warroom.screens.app import Console
from warroom.simulator import SCENARIOS, SimulatorProcess

PICTURE = ROOT / "docs" / "console.svg"
SIZE = (120, 36)
SCENARIO = "kill-switch-off"
_PLAYBOOK = Path("playbooks") / "auto_com_center.yaml"
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


async def picture(scenario: str, size: tuple[int, int], keys: list[str]) -> str:
    """The console after a run, as SVG. The current folder holds the playbook and takes the evidence."""
    clock = RealClock()
    with SimulatorProcess(scenario) as simulator:
        options = VerifyOptions(playbook=_PLAYBOOK, wait="0s")
        session = open_session(options, {**os.environ, **simulator.inputs}, clock, people=True)
        background = Background(session)
        choices = [Choice(known.name, known.name, known.summary) for known in SCENARIOS]
        handlers = Handlers(rerun=background.rerun, answer=background.answer, stop=background.stop)
        app = Console(InProcess(session.log, handlers, choices), clock)
        background.start()
        try:
            return await _drawn(app, size, keys)
        finally:
            background.close()


async def _drawn(app: Console, size: tuple[int, int], keys: list[str]) -> str:
    async with app.run_test(size=size) as pilot:
        while app.verify.view.state.finished is None:
            await pilot.pause(0.1)
        await pilot.press(*keys)
        await pilot.pause(0.3)
        return app.export_screenshot(title="warroom")


def without_fonts(svg: str) -> str:
    """The same picture without fonts that are fetched from the network."""
    return _FONTS.sub("", svg).replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scenario", default=SCENARIO)
    options.add_argument("--size", default="x".join(map(str, SIZE)))
    options.add_argument("--keys", default="", help="keys to press once the run is over, such as 'down down'")
    options.add_argument("--out", type=Path, default=PICTURE)
    chosen = options.parse_args()
    width, _, height = chosen.size.partition("x")
    out = chosen.out.resolve()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        _PLAYBOOK.parent.mkdir()
        shutil.copy(ROOT / _PLAYBOOK, _PLAYBOOK)
        svg = asyncio.run(picture(chosen.scenario, (int(width), int(height)), chosen.keys.split()))
    out.write_text(without_fonts(svg) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
