"""The simulator in a child process, so that nothing its parent does can slow the services."""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlsplit

import warroom
from warroom.errors import UsageError, WarroomError
from warroom.simulator.reqlog import ServedRequest
from warroom.simulator.scenarios import TRAFFIC, scenario_named
from warroom.text import clean_bytes

START_S = 15.0
STOP_S = 3.0
ANSWER_S = 5.0
# With -P nothing in the folder where the parent stands can take the place of a library; the parent's own copy of
# this package is found by the path that is handed over.
_BOOT = "import sys; sys.path.append(sys.argv.pop(1)); from warroom.simulator.__main__ import main; sys.exit(main())"


class SimulatorError(WarroomError):
    """The simulator could not be started, or its control service did not answer."""


class SimulatorProcess:
    """A running child: `with SimulatorProcess("steady") as sim:` or the same with `async with`.

    The child ends when the block ends, and by itself when this process is gone, however it went. Signals of this
    process's terminal do not reach it. The other methods ask its control service and block for milliseconds
    (`asyncio.to_thread` is for callers on an event loop).
    """

    def __init__(
        self, scenario: str = "steady", *, seed: int = 1, traffic: float = TRAFFIC, start_s: float = START_S
    ) -> None:
        scenario_named(scenario)
        self._command = [sys.executable, "-P", "-c", _BOOT, str(Path(warroom.__file__).parent.parent)]
        self._command += ["--scenario", scenario, "--seed", str(seed), "--traffic", str(traffic)]
        self._start_s = start_s
        self._child: subprocess.Popen[bytes] | None = None
        self._hello: Mapping[str, Any] = {}

    @property
    def inputs(self) -> dict[str, str]:
        """The inputs of the auto_com_center playbook by name, secrets included."""
        return dict(self._hello["inputs"])

    @property
    def slack_inputs(self) -> dict[str, str]:
        """The inputs that make a launch post to the Slack in the child, secrets included."""
        return dict(self._hello["slack_inputs"])

    def slack(self) -> dict[str, Any]:
        """What the Slack has: `messages`, `attempts`, `scheduled`, as JSON values, oldest first."""
        return self._ask("GET", "/slack")

    def slack_fault(self, **fault: Any) -> None:
        """Queue a fault of the Slack: see `Fault`."""
        self._ask("POST", "/slack/faults", fault)

    def slack_is_well(self) -> None:
        """No fault is queued any more."""
        self._ask("DELETE", "/slack/faults")

    def slack_clock(self, ahead_s: float) -> None:
        """Puts the clock of the Slack so many seconds ahead of this machine's."""
        self._ask("PUT", "/slack/clock", {"ahead_s": ahead_s})

    @property
    def control_url(self) -> str:
        """The base URL of the control service."""
        return cast(str, self._hello["control"])

    @property
    def pid(self) -> int:
        """The process id of the child."""
        assert self._child is not None
        return self._child.pid

    @property
    def scenario(self) -> str:
        """The name of the scenario in force."""
        return cast(str, self._ask("GET", "/scenario")["name"])

    def set_scenario(self, name: str) -> None:
        """Behave like that scenario from the next request on. Raises `UsageError` for an unknown one."""
        scenario_named(name)
        self._ask("PUT", "/scenario", {"name": name})

    @property
    def requests(self) -> tuple[ServedRequest, ...]:
        """The last 10,000 requests to the three services, oldest first."""
        return tuple(ServedRequest.from_json(entry) for entry in self._ask("GET", "/requests")["requests"])

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        self._ask("DELETE", "/requests")

    def world(self) -> dict[str, Any]:
        """Gates, state, accepted events and counters, as JSON values."""
        return self._ask("GET", "/world")

    def start(self) -> None:
        """Start the child and wait until it serves. Raises `SimulatorError` when it does not in time."""
        with tempfile.TemporaryFile() as complaints:
            child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                start_new_session=True,
            )
            self._child = child
            line = _first_line(child, self._start_s)
            try:
                self._hello = json.loads(line)
            except ValueError:
                self.stop()
                complaints.seek(0)
                last = clean_bytes(complaints.read()[-400:].strip().rpartition(b"\n")[2])
                raise SimulatorError(
                    "the simulated services did not start"
                    + (f": {last}" if last else f" within {self._start_s:g} s"),
                    hint="try `python -m warroom.simulator` to see why",
                ) from None

    def stop(self) -> None:
        """End the child and wait for its end. Idempotent."""
        child, self._child = self._child, None
        if child is None:
            return
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.close()
        for end in (child.terminate, child.kill):
            try:
                child.wait(STOP_S)
                break
            except subprocess.TimeoutExpired:
                end()
        child.wait()
        child.stdout.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        starting = asyncio.ensure_future(asyncio.to_thread(self.start))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The thread goes on regardless: without waiting for it there would be a child that nobody ends.
            await asyncio.wait({starting})
            await asyncio.to_thread(self.stop)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(urlsplit(self.control_url).netloc, timeout=ANSWER_S)
        try:
            connection.request(method, path, json.dumps(body) if body else None)
            answer = connection.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise SimulatorError(f"the simulated services do not answer: {type(error).__name__}") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise UsageError(clean_bytes(raw))
        return cast(dict[str, Any], json.loads(raw)) if raw else {}


def _first_line(child: subprocess.Popen[bytes], seconds: float) -> bytes:
    """The child's first line of output; empty when it ends or `seconds` pass before."""
    lines: list[bytes] = []
    assert child.stdout is not None
    reader = threading.Thread(
        target=lambda stream: lines.append(stream.readline()), args=(child.stdout,), daemon=True
    )
    reader.start()
    reader.join(seconds)
    if reader.is_alive():
        child.kill()
        reader.join()
    return lines[0]
