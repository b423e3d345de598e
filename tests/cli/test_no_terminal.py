"""Without a terminal there is no console: the run goes on headless, and says why."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import PLAYBOOK, warroom
from warroom.simulator import SimulatorProcess


def test_without_a_terminal_a_verification_runs_headless_and_says_so(tmp_path: Path) -> None:
    with SimulatorProcess("steady") as simulator:
        options = ["--only", "providers", "--wait", "0s", "--evidence", str(tmp_path)]
        told = warroom("verify", str(PLAYBOOK), *options, inputs=simulator.inputs, evidence=tmp_path)
        asked = warroom("verify", str(PLAYBOOK), *options, "--headless", inputs=simulator.inputs, evidence=tmp_path)
    assert (told.code, asked.code) == (0, 0)
    assert "this is no terminal, so the verification runs headless" in told.err
    assert "no terminal" not in asked.err
    assert "GREEN" in told.out
