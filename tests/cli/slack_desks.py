"""A desk whose launches post to the Slack of a simulator."""

from __future__ import annotations

from pathlib import Path

from tests.cli.launching import Desk
from warroom.simulator import SimulatorProcess


def slack_desk(simulator: SimulatorProcess, folder: Path, playbook: str) -> Desk:
    """The desk, in `folder`, with that playbook."""
    path = folder / "slack.yaml"
    path.write_text(playbook)
    state = folder / "state"
    state.mkdir(mode=0o700)
    return Desk(state, simulator.slack_inputs, path)
