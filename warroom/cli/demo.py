"""`warroom demo`: the verification of auto_com_center against simulated services on this machine."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from warroom.cli.options import VerifyOptions
from warroom.cli.plain import narrate, write
from warroom.cli.verify import Extras, verify
from warroom.client import Choice
from warroom.errors import ExitCode
from warroom.simulator import SCENARIOS, SimulatorProcess

PLAYBOOK = "auto_com_center.yaml"


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The options of `warroom demo`; None or empty means not given."""

    headless: bool = False
    scenario: str = "steady"
    evidence: Path | None = None
    format: str = "text"
    reports: tuple[str, ...] = ()


def playbook_path(name: str) -> Path:
    """A playbook that comes with Warroom."""
    import warroom

    return Path(warroom.__file__).parent / "playbooks" / name


def demo(options: DemoOptions) -> int:
    """Starts the simulator, verifies it, and returns the exit code. Raises UsageError for an unknown scenario."""
    if options.scenario == "list":
        for known in SCENARIOS:
            write(sys.stdout, f"{known.name:22} {known.summary}")
        return int(ExitCode.GREEN)
    with SimulatorProcess(options.scenario) as simulator:
        narrate(sys.stderr, f"warroom: simulated services, scenario '{options.scenario}' (not a real launch)")

        async def choose(scenario: str) -> None:
            await asyncio.to_thread(simulator.set_scenario, scenario)

        choices = tuple(
            Choice(known.name, known.name, known.summary, known.name == options.scenario) for known in SCENARIOS
        )
        environ = {**os.environ, **simulator.inputs}
        return verify(_verify_options(options, simulator.control_url), environ, Extras(choices, choose))


def _verify_options(options: DemoOptions, control: str) -> VerifyOptions:
    return VerifyOptions(
        playbook=playbook_path(PLAYBOOK),
        headless=options.headless,
        wait="0s",
        evidence=options.evidence or Path("warroom-demo"),
        format=options.format,
        reports=options.reports,
        simulated_by=control,
    )
