"""The run without a console: a line per finished check, what it waits for, and a heartbeat where nothing moves."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from warroom.clock import Clock
from warroom.errors import OutputLost
from warroom.events import CheckFinished, CheckWaiting, Envelope, GateInfo, GateRead, Noted, RunStarted
from warroom.suite_state import DONE, RUNNING, SuiteState, step
from warroom.text import plural
from warroom.units import format_seconds

HEARTBEAT_S = 30.0


def write(stream: TextIO, text: str) -> None:
    """One line, at once: pipelines show lines as they come.

    Where nobody reads any more (`| head`) the rest goes nowhere, and the verdict stands. Raises OutputLost where it
    cannot be written for another reason.
    """
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        # What is still in the buffer would be tried once more at the end of the program, and spoil its exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except OSError as error:
        raise OutputLost(f"the output cannot be written: {error.strerror}") from None


def narrate(stream: TextIO, text: str) -> None:
    """One line that is told along the way: where it cannot be written the run goes on, and its end says what it came
    to, or that it could not be told."""
    with suppress(OutputLost):
        write(stream, text)


class Plain:
    """Narrates a run. Lines of finished checks go through `say_result`, everything else through `narrate`."""

    def __init__(
        self,
        clock: Clock,
        say_result: Callable[[str], None],
        narrate: Callable[[str], None],
        *,
        color: bool,
        ascii_only: bool,
    ) -> None:
        self._clock = clock
        self._say_result = say_result
        self._narrate = narrate
        self._color = color
        self._ascii_only = ascii_only
        self._last_line = clock.monotonic()
        self.state = SuiteState()

    def on_event(self, envelope: Envelope) -> None:
        """Folds one event and writes what it is worth a line for."""
        before, self.state = self.state, step(self.state, envelope)
        match envelope.event:
            case RunStarted(launch=launch, suite=suite, checks=checks):
                named = f"suite {suite}, " if suite else ""
                self._tell(f"{launch.title or launch.id}: {named}{plural(len(checks), 'check')}")
            case GateRead(gate) if _is_news(gate, before.gates.get(gate.id)):
                self._tell(f"{gate.title}: {gate.state.upper()} ({gate.reason or gate.source})")
            case CheckWaiting(check, seconds, reason):
                self._tell(f"{check}: again in {format_seconds(seconds)}: {reason}")
            case Noted(text, severity):
                self._tell(f"{severity}: {text}")
            case CheckFinished(outcome):
                # Imported here, while samples are taken, and not before the first request.
                from warroom.report.text import line

                self._touch()
                self._say_result(line(outcome, color=self._color, ascii_only=self._ascii_only))

    async def heartbeat(self) -> None:
        """Says every 30 s without another line what is still under way; runs until cancelled."""
        while True:
            await self._clock.sleep(max(1.0, self._last_line + HEARTBEAT_S - self._clock.monotonic()))
            if self._clock.monotonic() - self._last_line >= HEARTBEAT_S:
                self._tell(self._under_way())

    def _under_way(self) -> str:
        checks = self.state.checks.values()
        running = [
            f"{check.info.id} {len(check.samples_ms)}/{check.samples_total}" if check.samples_total else check.info.id
            for check in checks
            if check.lifecycle == RUNNING
        ]
        done = sum(check.lifecycle == DONE for check in checks)
        return f"still running: {', '.join(running) or 'waiting to try again'} ({done} of {len(checks)} done)"

    def _tell(self, text: str) -> None:
        self._touch()
        self._narrate(text)

    def _touch(self) -> None:
        self._last_line = self._clock.monotonic()


def _is_news(gate: GateInfo, before: GateInfo | None) -> bool:
    # Its source says when it was asked, which is not what people wait for.
    return before is None or (gate.state, gate.reason) != (before.state, before.reason)
