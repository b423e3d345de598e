"""The simulator as a child process: it starts fast, ends with its parent and leaves nothing behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.polling import poll_until
from warroom.clock import RealClock
from warroom.errors import UsageError
from warroom.simulator.process import SimulatorError, SimulatorProcess


def fetched(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(pid: int) -> bool:
    return await poll_until(RealClock(), lambda: not alive(pid), every_s=0.01, timeout_s=10)


async def test_it_serves_switches_tells_its_log_and_ends() -> None:
    async with SimulatorProcess("auth-outage-500") as sim:
        pid = sim.pid
        url = sim.inputs["AUTO_COM_CENTER_URL"]
        assert fetched(f"{url}/canary") == 200
        assert fetched(sim.inputs["SCHOLAR_AUTH_JWKS_URL"]) == 500
        sim.set_scenario("steady")
        assert sim.scenario == "steady"
        assert fetched(sim.inputs["SCHOLAR_AUTH_JWKS_URL"]) == 200
        assert [(one.path, one.status) for one in sim.requests] == [
            ("/canary", 200),
            ("/.well-known/jwks.json", 500),
            ("/.well-known/jwks.json", 200),
        ]
        sim.clear_requests()
        assert sim.requests == ()
        assert sim.world()["scenario"] == "steady"
        with pytest.raises(UsageError):
            sim.set_scenario("stedy")
    assert not alive(pid)


def test_it_works_without_an_event_loop_and_can_be_started_again() -> None:
    process = SimulatorProcess()
    for _ in range(2):
        with process as sim:
            assert fetched(sim.inputs["GATE2_URL"]) == 200
        process.stop()


async def test_a_hanging_request_does_not_delay_its_end() -> None:
    async with asyncio.timeout(10):
        async with SimulatorProcess("dark") as sim:
            url = sim.inputs["AUTO_COM_CENTER_URL"]
            hanging = asyncio.ensure_future(asyncio.to_thread(fetched, f"{url}/canary"))
            assert await poll_until(RealClock(), lambda: len(sim.requests) == 1, every_s=0.02, timeout_s=5)
        with pytest.raises(OSError, match=r"closed connection|reset"):
            await hanging


_PARENT = """
import sys
from warroom.simulator.process import SimulatorProcess
with SimulatorProcess("dark") as sim:
    print(sim.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_when_its_parent_is_killed(number: signal.Signals) -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.send_signal(number)
        parent.wait(10)
    assert asyncio.run(gone(child))


async def test_its_parents_terminal_signals_do_not_reach_it() -> None:
    async with SimulatorProcess() as sim:
        assert os.getsid(sim.pid) == sim.pid != os.getsid(0)


async def test_starting_that_is_cancelled_leaves_no_child() -> None:
    process = SimulatorProcess()
    task = asyncio.ensure_future(process.__aenter__())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(AssertionError):
        _ = process.pid


def test_a_child_that_is_not_ready_in_time_is_ended_and_said_so() -> None:
    with pytest.raises(SimulatorError, match=r"did not start within 0\.001 s"), SimulatorProcess(start_s=0.001):
        pass


def test_an_unknown_scenario_starts_no_child() -> None:
    with pytest.raises(UsageError):
        SimulatorProcess("stedy")


def test_foreign_modules_in_the_working_folder_do_not_break_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("queue.py", "secrets.py", "uvicorn.py", "checks.py", "warroom.py"):
        (tmp_path / name).write_text("raise SystemExit('the wrong module')")
    monkeypatch.chdir(tmp_path)
    with SimulatorProcess() as sim:
        assert fetched(sim.inputs["GATE1_URL"]) == 200


class TestCommand:
    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "warroom.simulator", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)

    @pytest.mark.parametrize("how", ["stdin closes", "SIGTERM", "SIGINT"])
    def test_it_prints_one_json_line_and_serves_until_it_is_told_to_end(self, how: str) -> None:
        with self.start("--scenario", "down") as child:
            assert child.stdout is not None
            assert child.stdin is not None
            assert child.stderr is not None
            hello = json.loads(child.stdout.readline())
            assert (hello["schema"], hello["scenario"]) == ("warroom.simulator/1", "down")
            assert fetched(hello["control"] + "/world") == 200
            assert {"AUTO_COM_CENTER_URL", "M2M_CLIENT_SECRET", "INTERNAL_KEY", "GATE2_URL"} <= set(hello["inputs"])
            if how == "stdin closes":
                child.stdin.close()
            else:
                child.send_signal(signal.Signals[how])
            assert child.wait(10) == 0
            assert child.stdout.read() == b""
            assert child.stderr.read() == b""

    def test_it_lists_the_scenarios(self) -> None:
        out, _ = self.start("--list").communicate(timeout=10)
        assert b"auth-outage-404-green" in out

    def test_an_unknown_scenario_is_a_usage_error_with_the_nearest(self) -> None:
        child = self.start("--scenario", "stedy")
        out, complaint = child.communicate(timeout=10)
        assert (child.returncode, out) == (2, b"")
        assert b"did you mean 'steady'?" in complaint


def test_the_parent_loads_no_web_server() -> None:
    code = (
        "import sys, warroom.simulator.process\n"
        "heavy = {'starlette', 'uvicorn', 'joserfc', 'prometheus_client', 'httpx', 'textual'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")
