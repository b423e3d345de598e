"""What the tests of adapters share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.evidences import store_in
from tests.adapters.slacks import CHANNEL, address_of, slack_served
from warroom.adapters.evidence import EvidenceStore
from warroom.adapters.slack import SlackChannel
from warroom.clock import RealClock
from warroom.simulator.slack import SlackStandIn


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    """Evidence that may be written to."""
    opened = store_in(tmp_path)
    opened.open()
    return opened


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    """A strict Slack."""
    async with slack_served() as stand_in:
        yield stand_in


@pytest.fixture
async def channel(slack: SlackStandIn) -> AsyncIterator[SlackChannel]:
    """Its war room, for an app that waits half a second for an answer."""
    made = SlackChannel(address_of(slack, timeout_s=0.5), CHANNEL, RealClock())
    yield made
    made.close()
