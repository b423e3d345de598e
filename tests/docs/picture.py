"""Draw the picture of the console in the README: `make picture`.

The launch of `warroom demo`, in which a scenario leads to a trigger, shown by the real console at 120x36, saved by
Textual's own export. It takes a minute and a half. Only times, process numbers and what was measured differ from one
picture to the next.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from tests.cli.launching import Desk
from tests.contracts.tree import ROOT
from warroom.cli.demo_launch import scenario_choices, tick_steps
from warroom.client import Simulation
from warroom.client.http import EngineClient
from warroom.client.values import LaunchNow
from warroom.clock import RealClock
from warroom.screens.launch_app import LaunchConsole
from warroom.simulator import SimulatorProcess
from warroom.simulator.scenarios import TRAFFIC

PICTURE = ROOT / "docs" / "console.svg"
SIZE = (120, 36)
SCENARIO = "latency-spike"
_PLAYBOOK = ROOT / "playbooks" / "demo.yaml"
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


async def picture(simulator: SimulatorProcess, folder: Path, scenario: str, size: tuple[int, int], keys: str) -> str:
    """The console a few seconds after the scenario has led to a trigger that fires, as SVG."""

    async def choose(name: str) -> None:
        await asyncio.to_thread(simulator.set_scenario, name)

    simulation = Simulation(scenario_choices(scenario), choose)
    app = LaunchConsole(EngineClient(folder, RealClock()), RealClock(), simulation=simulation)
    async with app.run_test(size=size) as pilot:
        await _seen(pilot, app, lambda launch: any(post.standing == "sent" for post in launch.updates))
        # The signals' windows are full by now.
        await pilot.pause(10)
        await choose(scenario)
        await _seen(pilot, app, lambda launch: any(one.stage == "firing" for one in launch.triggers))
        await pilot.pause(5)
        await pilot.press(*keys.split())
        await pilot.pause(1)
        return app.export_screenshot(title="warroom")


async def _seen(pilot: Pilot[int], app: LaunchConsole, holds: Callable[[LaunchNow], bool]) -> None:
    while app.launch.view.launch is None or not holds(app.launch.view.launch):
        await pilot.pause(0.5)


def without_fonts(svg: str) -> str:
    """The same picture without fonts that are fetched from the network."""
    return _FONTS.sub("", svg).replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scenario", default=SCENARIO)
    options.add_argument("--size", default="x".join(map(str, SIZE)))
    options.add_argument("--keys", default="5 home", help="keys to press then")
    options.add_argument("--out", type=Path, default=PICTURE)
    chosen = options.parse_args()
    width, _, height = chosen.size.partition("x")
    size = (int(width), int(height))
    with tempfile.TemporaryDirectory() as folder, SimulatorProcess(traffic=10 * TRAFFIC) as simulator:
        desk = Desk(Path(folder) / "launches", {**simulator.inputs, **simulator.slack_inputs}, _PLAYBOOK)
        with desk.engine():
            tick_steps(desk.folder(), simulator.world()["state"]["deployment"])
            svg = asyncio.run(picture(simulator, desk.folder(), chosen.scenario, size, chosen.keys))
    chosen.out.write_text(without_fonts(svg) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
