"""The incoming webhook: what it can tell of a post, which is less than the Web API can."""

from __future__ import annotations

import ssl
from datetime import datetime

import pytest

from tests.adapters.slacks import slack_served
from warroom.adapters.slack_webhook import HookAddress, SlackWebhook
from warroom.clock import RealClock
from warroom.simulator.slack import SlackStandIn
from warroom.simulator.slack_faults import Fault
from warroom.updates.channel import Fate, Post

POST = Post("wr:auto:T+5m", "auto_com_center: PUBLISHED ✅\n<!channel>", "LATE by 2m")


def hook_of(slack: SlackStandIn, url: str = "") -> SlackWebhook:
    """A channel to the stand-in's webhook."""
    return SlackWebhook(HookAddress(url or slack.webhook_url, ssl.create_default_context(), 0.5), RealClock())


async def test_a_post_arrives_once_with_its_key_in_sight(slack: SlackStandIn) -> None:
    hook = hook_of(slack)
    delivery = await hook.post(POST)
    [message] = slack.room.messages
    assert delivery.fate is Fate.CONFIRMED
    assert message.blocks[0]["text"] == {"type": "plain_text", "text": POST.text, "emoji": False}
    assert message.blocks[1]["elements"][0]["text"] == "LATE by 2m · wr:auto:T+5m"
    hook.close()


FAULTS = [
    ("accepted, then the connection is reset", "reset", True, "", Fate.UNKNOWN),
    ("accepted, then no answer", "silent", True, "", Fate.UNKNOWN),
    ("500 after it was accepted", "status", True, "500", Fate.UNKNOWN),
    ("200 and not the word ok", "body", True, "okay", Fate.UNKNOWN),
    ("a redirect", "redirect", False, "http://127.0.0.1:9/", Fate.UNKNOWN),
    ("429", "limited", False, "2", Fate.NOT_SENT),
]


@pytest.mark.parametrize(
    ("kind", "applied", "value", "fate"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
async def test_what_went_wrong_tells_what_became_of_it(
    slack: SlackStandIn, kind: str, applied: bool, value: str, fate: Fate
) -> None:
    slack.faults.queue(Fault("services/*", kind, applied, value))
    hook = hook_of(slack)
    delivery = await hook.post(POST)
    assert delivery.fate is fate
    assert len(slack.room.messages) == applied
    hook.close()


async def test_an_archived_channel_refuses_for_good(slack: SlackStandIn) -> None:
    slack.room.channels["C0WARROOM"].archived = True
    hook = hook_of(slack)
    delivery = await hook.post(POST)
    assert (delivery.fate, delivery.reason) == (Fate.REFUSED, "channel_is_archived: the channel is archived")
    hook.close()


async def test_a_closed_port_sent_nothing_and_the_address_is_not_told() -> None:
    async with slack_served() as slack:
        hook = hook_of(slack)
    delivery = await hook.post(POST)
    assert delivery.fate is Fate.NOT_SENT
    assert "canary-hook" not in delivery.reason
    assert "127.0.0.1" not in delivery.reason
    hook.close()


async def test_what_its_clock_says_is_heard(slack: SlackStandIn) -> None:
    heard: list[tuple[str, datetime]] = []
    address = HookAddress(slack.webhook_url, ssl.create_default_context(), 0.5)
    hook = SlackWebhook(address, RealClock(), heard=lambda *said: heard.append(said))
    slack.room.ahead_s = 600.0
    await hook.post(POST)
    hook.close()
    [(source, said)] = heard
    assert source == "Slack"
    assert -2.0 < (said - slack.room.instant()).total_seconds() <= 0.0
