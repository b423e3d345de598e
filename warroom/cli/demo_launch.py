"""The launch of `warroom demo`: on simulated services, by an engine that lives no longer than the demo."""

from __future__ import annotations

import asyncio
import html
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from warroom.cli.detached import start
from warroom.cli.folders import as_typed_here, command_for
from warroom.cli.hangup import end_with_terminal
from warroom.cli.herald import Told
from warroom.cli.journaled import ended_in
from warroom.cli.output import Terminal
from warroom.cli.plain import narrate
from warroom.client import Choice, Simulation
from warroom.client.engine_socket import ask
from warroom.client.http import EngineClient
from warroom.clock import RealClock, stamp
from warroom.errors import ExitCode, NotNow, WarroomError
from warroom.simulator import SCENARIOS, SimulatorError, SimulatorProcess
from warroom.text import clean, plural

_SHOWN_BEST: Final = ("steady", "latency-spike", "errors-5xx", "jwt-failures", "kill-switch-off", "queue-growing")
_TICKED: Final = "the demo ticked the steps of the publish, with the build that the simulated app runs"
_FIRST_POST: Final = "demo: PUBLISHED"
_BEFORE: Final = timedelta(seconds=27)
"""How long T0 is over where nobody watches: the first post is due at T+30s."""
_PATIENCE_S: Final = 20.0
_END_S: Final = 12.0
_LOOK_S: Final = 0.2
_ANSWER_S: Final = 5.0
_TOLD: Final = 20
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a launch of the demo takes place: on these services, by this playbook, kept in the folder `state`, its
    engine in this environment."""

    simulator: SimulatorProcess
    playbook: Path
    state: Path
    environ: Mapping[str, str]


class NotOpened(WarroomError):
    """The engine could not open the launch; on stderr it has said why."""

    def __init__(self, code: int) -> None:
        super().__init__("the launch of the demo was not opened", hint="another folder may do: --evidence DIR")
        self.exit_code = ExitCode(code) if code in set(ExitCode) else ExitCode.INTERNAL


def watch(stage: Stage, scenario: str, terminal: Terminal) -> int:
    """Opens a launch, sets its T0 and shows its console until a person leaves it; then its engine ends, and what the
    simulated Slack has is told. `scenario` is the one in force. Returns the console's exit code: 0 when they left.

    Raises NotOpened.
    """
    # Imported here: a pipeline never pays for the console.
    from warroom.screens.launch_app import run_launch_console

    clock = RealClock()

    async def choose(name: str) -> None:
        await asyncio.to_thread(stage.simulator.set_scenario, name)

    with _engine(stage, partial(narrate, terminal.err)) as told:
        end_with_terminal(sys.stdin.fileno())
        typed = partial(as_typed_here, folder=told.folder)
        ended, run_again = partial(ended_in, told.folder), command_for(told.folder, "run")
        code = run_launch_console(
            EngineClient(told.folder, clock, run=run_again, ended=ended, typed=typed),
            clock,
            color=terminal.color,
            ascii_only=terminal.ascii_only,
            simulation=Simulation(scenario_choices(scenario), choose),
        )
    narrate(terminal.out, "the demo is over, and its engine has ended")
    for line in (*_in_slack(stage.simulator), *_kept(told.folder)):
        narrate(terminal.out, clean(line))
    return code


def post_once(stage: Stage, say: Say, trouble: Say) -> None:
    """Opens a launch whose first post is due in some seconds, and says what of it the simulated Slack has then. What
    is told along the way goes to `trouble`.

    Raises NotOpened, and NotNow where Slack has none in time.
    """
    with _engine(stage, trouble, RealClock().now() - _BEFORE) as told:
        message = asyncio.run(_first_post(stage.simulator))
    say(f"Launch (SIMULATED), opened with T0 {_BEFORE.seconds} s ago: its first post, as the simulated Slack has it")
    for line in (*(f"  | {line}" for line in message.splitlines()), *_kept(told.folder)):
        say(clean(line))


@contextmanager
def _engine(stage: Stage, trouble: Say, t0: datetime | None = None) -> Iterator[Told]:
    """The engine of a new launch, whose steps are ticked; without `t0` that sets T0. It ends with the block, and at
    the latest with this process."""
    reading, writing = os.pipe()
    try:
        told = start(
            [str(stage.playbook), "--state", str(stage.state), "--new", *(["--t0", stamp(t0)] if t0 else [])],
            lambda pid: trouble(f"warroom: the engine is starting (process {pid})"),
            environ=stage.environ,
            lifeline=reading,
        )
    finally:
        os.close(reading)
    try:
        if isinstance(told, int):
            raise NotOpened(told)
        tick_steps(told.folder, stage.simulator.world()["state"]["deployment"])
        yield told
        with suppress(WarroomError):
            _ask(told.folder, {"request": "close", "reason": "the demo is over"})
    finally:
        os.close(writing)
        if isinstance(told, Told):
            asyncio.run(_ended(told.pid))


async def _ended(pid: int) -> None:
    """Returns when that process has ended, which it is made to do where it does not in time."""
    clock = RealClock()
    end = clock.monotonic() + _END_S
    with suppress(ProcessLookupError):
        while clock.monotonic() < end:
            os.kill(pid, 0)
            await clock.sleep(_LOOK_S / 4)
        os.kill(pid, signal.SIGKILL)


def tick_steps(folder: Path, deployment: Mapping[str, str]) -> None:
    """Ticks every step; what it asks for is what the deployment says under that name."""
    for step in ask(folder, "GET", "/state", patience_s=_ANSWER_S)["steps"]:
        values = {asked["name"]: deployment[asked["name"]] for asked in step["asks"]}
        _ask(folder, {"request": "step", "step": step["id"], "values": values})
    _ask(folder, {"request": "note", "text": _TICKED})


def _ask(folder: Path, body: Mapping[str, Any]) -> None:
    ask(folder, "POST", "/requests", body, patience_s=_ANSWER_S)


def scenario_choices(scenario: str) -> tuple[Choice, ...]:
    """The scenarios, those first that a launch shows best."""
    rank = {name: place for place, name in enumerate(_SHOWN_BEST)}
    ordered = sorted(SCENARIOS, key=lambda known: rank.get(known.name, len(rank)))
    return tuple(Choice(known.name, known.name, known.summary, known.name == scenario) for known in ordered)


async def _first_post(simulator: SimulatorProcess) -> str:
    clock = RealClock()
    end = clock.monotonic() + _PATIENCE_S
    while clock.monotonic() < end:
        for message in simulator.slack()["messages"]:
            if message["text"].startswith(_FIRST_POST):
                return html.unescape(message["text"])
        await clock.sleep(_LOOK_S)
    raise NotNow(f"no post reached the simulated Slack within {_PATIENCE_S:g} s", hint="the machine may be very busy")


def _in_slack(simulator: SimulatorProcess) -> Iterator[str]:
    """The first line of every message, oldest first, with its time."""
    try:
        messages = [one for one in simulator.slack()["messages"] if not one["deleted"]]
    except SimulatorError as error:
        yield f"nobody knows what the simulated Slack took: {error.message}"
        return
    yield f"the simulated Slack took {plural(len(messages), 'message')}"
    for one in messages[:_TOLD]:
        at = datetime.fromtimestamp(float(one["ts"]), UTC)
        text = html.unescape(one["text"]).partition("\n")[0] or ", ".join(file["name"] for file in one["files"])
        yield f"  {at:%H:%M:%S}  {text}{' (edited in place)' if one['edited'] else ''}"
    if len(messages) > _TOLD:
        yield f"  and {len(messages) - _TOLD} more"


def _kept(folder: Path) -> Iterator[str]:
    """What is left of a launch that is over."""
    yield f"the launch, its journal and its evidence are in {folder}"
    for name, does in (("status", "says how it stood at its end"), ("audit", "checks its journal")):
        yield f"  {command_for(folder, name)}  {does}"
