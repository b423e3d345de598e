"""`warroom demo`: the verification of auto_com_center against simulated services on this machine."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warroom.cli.options import VerifyOptions
from warroom.cli.output import Terminal
from warroom.cli.plain import narrate, write
from warroom.cli.verify import Extras, verify
from warroom.client import Choice
from warroom.errors import ExitCode
from warroom.simulator import SCENARIOS, SimulatorProcess

PLAYBOOK = "auto_com_center.yaml"
_VERDICTS: Final[Mapping[int, str]] = {ExitCode.RED: "RED", ExitCode.UNKNOWN: "UNKNOWN"}


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
    """Starts the simulator, verifies it, and returns the exit code: 0 for a verdict that was watched in the console,
    whatever it was, else that of `warroom verify`. Raises UsageError for an unknown scenario."""
    if options.scenario == "list":
        for known in SCENARIOS:
            write(sys.stdout, f"{known.name:22} {known.summary}")
        return int(ExitCode.GREEN)
    # Asked at the start: the terminal may be gone at the end.
    is_watched = not options.headless and Terminal.of_process(os.environ).is_console
    with SimulatorProcess(options.scenario) as simulator:
        narrate(sys.stderr, f"warroom: simulated services, scenario '{options.scenario}' (not a real launch)")

        async def choose(scenario: str) -> None:
            await asyncio.to_thread(simulator.set_scenario, scenario)

        choices = tuple(
            Choice(known.name, known.name, known.summary, known.name == options.scenario) for known in SCENARIOS
        )
        environ = {**os.environ, **simulator.inputs}
        code = verify(_verify_options(options, simulator.control_url), environ, Extras(choices, choose))
    return _shown(code) if is_watched else code


def _shown(code: int) -> int:
    """The exit code of a demo that was watched: a verdict was shown as it should be, so nothing went wrong."""
    if code not in _VERDICTS:
        return code
    narrate(
        sys.stderr, f"warroom: the verdict is {_VERDICTS[code]}: `warroom verify` ends with {code}, this demo with 0"
    )
    return int(ExitCode.GREEN)


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
