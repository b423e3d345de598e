"""A run that is interrupted ends at once, says what it had found, and calls nothing green."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import PLAYBOOK, clean_environ, patient_playbook
from tests.contracts.tree import ROOT
from warroom.simulator import SimulatorProcess

SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]


def verifying(simulator: SimulatorProcess, *options: str, playbook: Path = PLAYBOOK) -> subprocess.Popen[str]:
    """The real command under way against the simulator, its streams open to read."""
    return subprocess.Popen(
        [sys.executable, "-m", "warroom", "verify", str(playbook), *options],
        env=clean_environ(simulator.inputs),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize(("number", "code"), SIGNALS, ids=[number.name for number, _ in SIGNALS])
def test_a_signal_stops_the_run_and_what_was_found_is_reported(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    with SimulatorProcess("slow") as simulator:
        options = ["--headless", "--format", "json", "--evidence", str(tmp_path)]
        process = verifying(simulator, *options)
        assert process.stdout is not None
        assert process.stderr is not None
        with process.stdout, process.stderr:
            next(line for line in process.stderr if "Kill-switch" in line)
            for _ in range(5):
                process.send_signal(number)
            report = json.loads(process.stdout.read())
            rest = process.stderr.read()
            assert process.wait(timeout=10) == code == report["exit_code"]
    verdicts = {check["id"]: check["verdict"] for check in report["checks"]}
    assert (verdicts["kill_switch"], verdicts["p95"]) == ("pass", "inconclusive")
    assert (report["verdict"], report["word"]) == ("inconclusive", "UNKNOWN")
    assert "Traceback" not in rest
    assert list(tmp_path.glob("*.log"))


def test_a_service_that_is_not_up_yet_is_hinted_at_and_tried_again(tmp_path: Path) -> None:
    with SimulatorProcess("down") as simulator:
        options = ["--headless", "--wait", "2m", "--format", "json", "--evidence", str(tmp_path)]
        process = verifying(simulator, *options)
        assert process.stdout is not None
        assert process.stderr is not None
        with process.stdout, process.stderr:
            waits = next(line for line in process.stderr if "canary: again in" in line)
            simulator.set_scenario("steady")
            report = json.loads(process.stdout.read())
            process.stderr.read()
            assert process.wait(timeout=30) == 0
        assert "again in 5 s: " in waits
        assert "Wait 2-3 additional minutes" in waits
        assert "nothing listens" in waits
    attempts = {check["id"]: check["attempts"] for check in report["checks"]}
    assert attempts["canary"] == 2
    assert attempts["jwks"] == 1
    (log,) = tmp_path.glob("*.log")
    told = log.read_text("utf-8")
    assert "try 2, started" in told
    assert "Canary v2.7: try 1 was UNKNOWN (" in told


UNTIL = """
warroom: 1
include: [auto_com_center.yaml]
checks: {canary: {request_timeout: 2s}}
suites:
  ready: {checks: [canary], until: {timeout: 2m, every: 1500ms}}
"""


@pytest.mark.covers("S3-H01")
def test_a_time_out_is_hinted_at_and_tried_again_after_the_delay_that_the_suite_declares(tmp_path: Path) -> None:
    patient_playbook(tmp_path / "playbook")
    playbook = tmp_path / "playbook" / "until.yaml"
    playbook.write_text(UNTIL, "utf-8")
    with SimulatorProcess("dark") as simulator:
        options = ["--headless", "--suite", "ready", "--format", "json", "--evidence", str(tmp_path / "evidence")]
        process = verifying(simulator, *options, playbook=playbook)
        assert process.stdout is not None
        assert process.stderr is not None
        with process.stdout, process.stderr:
            waits = next((line for line in process.stderr if "canary: again in" in line), "it waits for nothing")
            simulator.set_scenario("steady")
            report = json.loads(process.stdout.read())
            process.stderr.read()
            assert process.wait(timeout=30) == 0
        asked = [request.at for request in simulator.requests if request.path == "/canary"]
    assert "canary: again in 1.5 s: " in waits
    assert "Wait 2-3 additional minutes" in waits
    assert "no answer within 2 s" in waits
    (canary,) = report["checks"]
    assert (canary["verdict"], canary["attempts"]) == ("pass", len(asked))
    assert len(asked) >= 2
