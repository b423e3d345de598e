"""The channels of a launch as its commands make them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.cli.test_run_slack import PLAYBOOK
from warroom.cli.channels import Around, channels_of
from warroom.cli.composition import playbook_of
from warroom.clock import RealClock
from warroom.playbook.inputs import InputValues
from warroom.simulator import SimulatorProcess
from warroom.updates.channel import Fate, Post


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as running:
        yield running


@pytest.mark.parametrize("without", ["SLACK_WEBHOOK_URL", "SLACK_BOT_TOKEN"], ids=["a token", "a webhook"])
async def test_what_slacks_clock_says_is_heard_with(
    without: str, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    path = tmp_path / "slack.yaml"
    path.write_text(PLAYBOOK)
    inputs = {name: value for name, value in simulator.slack_inputs.items() if name != without}
    heard: list[tuple[str, datetime]] = []
    around = Around(tmp_path, RealClock(), heard=lambda *said: heard.append(said))
    [channel] = channels_of(playbook_of(path, InputValues(environ=inputs), ""), around).values()
    assert (await channel.post(Post("wr:a:1", "text"))).fate is Fate.CONFIRMED
    channel.close()
    assert [source for source, _ in heard] == ["Slack"]
