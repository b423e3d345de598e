"""`warroom demo`: a launch of auto_com_center on simulated services on this machine, and their verification."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from warroom.cli.options import VerifyOptions
from warroom.cli.output import Terminal
from warroom.cli.plain import narrate, write
from warroom.cli.verify import Extras, verify
from warroom.client import Choice
from warroom.errors import ExitCode
from warroom.simulator import SCENARIOS, SimulatorProcess
from warroom.simulator.scenarios import TRAFFIC

if TYPE_CHECKING:
    from warroom.cli.demo_launch import Stage

PLAYBOOK = "auto_com_center.yaml"
_LAUNCHED: Final = "demo.yaml"
_FOLDER: Final = "warroom-demo"
# The windows of its launch are a tenth of the real ones: so that as much comes in them.
_TRAFFIC: Final = 10 * TRAFFIC
# Inputs of the playbook that the simulator has no value for.
_OF_THEIR_OWN: Final = frozenset(("EVENTS_PATH", "STATE_PATH", "PROMETHEUS_URL", "PROMETHEUS_JOB", "RUNBOOK_URL"))
_VERDICTS: Final[Mapping[int, str]] = {ExitCode.RED: "RED", ExitCode.UNKNOWN: "UNKNOWN"}


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The options of `warroom demo`; None or empty means not given."""

    headless: bool = False
    scenario: str = "steady"
    verify: bool = False
    evidence: Path | None = None
    format: str = "text"
    reports: tuple[str, ...] = ()


def playbook_path(name: str) -> Path:
    """A playbook that comes with Warroom."""
    import warroom

    return Path(warroom.__file__).parent / "playbooks" / name


def demo(options: DemoOptions) -> int:
    """Starts the simulator and returns the exit code: 0 for a launch or a verdict that was watched in the console,
    whatever became of it, else that of `warroom verify`. Raises UsageError for an unknown scenario, and what
    `demo_launch` raises."""
    if options.scenario == "list":
        for known in SCENARIOS:
            write(sys.stdout, f"{known.name:22} {known.summary}")
        return int(ExitCode.GREEN)
    # Asked at the start: the terminal may be gone at the end.
    terminal = Terminal.of_process(os.environ)
    is_watched = not options.headless and terminal.is_console
    # Whoever wants a report wants what is reported: a verification.
    has_launch = not (options.verify or options.reports or options.format != "text")
    with SimulatorProcess(options.scenario, traffic=_TRAFFIC) as simulator:
        narrate(sys.stderr, f"warroom: simulated services, scenario '{options.scenario}' (not a real launch)")
        if is_watched and has_launch:
            from warroom.cli.demo_launch import watch

            return watch(_stage(options, simulator), options.scenario, terminal)
        code = _verified(options, simulator)
        if is_watched:
            return _shown(code)
        if has_launch and code in (ExitCode.GREEN, *_VERDICTS):
            from warroom.cli.demo_launch import post_once

            post_once(_stage(options, simulator), partial(write, terminal.out), partial(narrate, terminal.err))
        return code


def _verified(options: DemoOptions, simulator: SimulatorProcess) -> int:
    async def choose(scenario: str) -> None:
        await asyncio.to_thread(simulator.set_scenario, scenario)

    choices = tuple(
        Choice(known.name, known.name, known.summary, known.name == options.scenario) for known in SCENARIOS
    )
    return verify(_verify_options(options, simulator.control_url), _environ(simulator), Extras(choices, choose))


def _stage(options: DemoOptions, simulator: SimulatorProcess) -> Stage:
    from warroom.cli.demo_launch import Stage

    # Apart from evidence: nobody else may write to the folder of launches.
    state = (options.evidence or Path(_FOLDER)).absolute() / "launches"
    environ = {**_environ(simulator), **simulator.slack_inputs}
    return Stage(simulator, playbook_path(_LAUNCHED), state, environ)


def _environ(simulator: SimulatorProcess) -> Mapping[str, str]:
    """The environment of this process, but for what a person may have set in it for services of their own."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_THEIR_OWN}
    return {**kept, **simulator.inputs}


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
        evidence=options.evidence or Path(_FOLDER),
        format=options.format,
        reports=options.reports,
        simulated_by=control,
    )
