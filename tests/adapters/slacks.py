"""A strict Slack that is served on loopback for a test."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from warroom.adapters.slack_wire import Address
from warroom.clock import RealClock
from warroom.simulator.listener import Listener
from warroom.simulator.slack import SlackStandIn

TOKEN = "xoxb-canary-7f3a9c"
CHANNEL = "C0WARROOM"


@asynccontextmanager
async def slack_served() -> AsyncIterator[SlackStandIn]:
    """The stand-in, served until the block ends, with no limit on how fast one may post."""
    clock = RealClock()
    slack = SlackStandIn(clock, token=TOKEN, webhook_secret="canary-hook")
    slack.methods.pace.post_s = 0.0
    listener = Listener(clock)
    listener.serve(slack)
    slack.base_url = listener.url
    await listener.open()
    try:
        yield slack
    finally:
        await listener.close()


def address_of(slack: SlackStandIn, token: str = TOKEN, timeout_s: float = 5.0) -> Address:
    """Where it is."""
    return Address(f"{slack.base_url}/api/", token, ssl.create_default_context(), timeout_s)
