"""Edits and scheduled messages of the adapter, judged by what the strict stand-in has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.adapters.slacks import address_of, slack_served
from warroom.adapters.slack import SlackChannel
from warroom.clock import RealClock
from warroom.simulator.slack import SlackStandIn
from warroom.simulator.slack_faults import Fault
from warroom.simulator.slack_rules import live_parts
from warroom.updates.channel import CannotTell, Fate, KeepsStatus, Post

CHANNEL = "C0WARROOM"
CLOCK = RealClock()
ALARM = Post("wr:auto-1:deadman-7", "⚠️ ENGINE SILENT: <!channel> & <https://evil.example|x>\nLook: warroom status")
HOSTILE = Post("wr:auto-1:live-1", "STATUS <!channel> <@U1> *b* https://evil.example", "alive <!here>")
HOUR_S = 3_600.0


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    async with slack_served() as stand_in:
        yield stand_in


@pytest.fixture
async def channel(slack: SlackStandIn) -> AsyncIterator[SlackChannel]:
    made = SlackChannel(address_of(slack, timeout_s=0.5), CHANNEL, CLOCK)
    assert isinstance(made, KeepsStatus)
    yield made
    made.close()


def scheduled(slack: SlackStandIn) -> list[dict[str, object]]:
    return list(slack.to_json()["scheduled"])


async def test_an_edit_takes_the_place_of_the_message_with_its_key_and_nothing_in_it_is_live(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    ref = (await channel.post(Post("wr:auto-1:live-1", "first", "alive at 1"))).ref
    delivery = await channel.edit(ref, HOSTILE)
    [message] = slack.room.messages
    assert (delivery.fate, delivery.ref) == (Fate.CONFIRMED, ref)
    assert message.blocks[0]["text"]["text"] == HOSTILE.text
    assert message.metadata["event_payload"] == {"key": "wr:auto-1:live-1"}
    assert slack.attempts[-1].live == ()
    assert await channel.find("wr:auto-1:live-1", CLOCK.now() - timedelta(hours=1)) == ref


EDIT_FAULTS = [
    ("done, then the connection is reset", Fault("chat.update", "reset", applied=True), Fate.UNKNOWN, True),
    ("done, then no answer", Fault("chat.update", "silent", applied=True), Fate.UNKNOWN, True),
    ("done, then 503", Fault("chat.update", "status", True, "503"), Fate.UNKNOWN, True),
    ("not done, 500", Fault("chat.update", "status", False, "500"), Fate.UNKNOWN, False),
    ("429", Fault("chat.update", "limited", False, "3"), Fate.NOT_SENT, False),
]


@pytest.mark.parametrize(
    ("fault", "fate", "is_new"), [row[1:] for row in EDIT_FAULTS], ids=[row[0] for row in EDIT_FAULTS]
)
async def test_an_edit_that_went_wrong_can_be_repeated(
    slack: SlackStandIn, channel: SlackChannel, fault: Fault, fate: Fate, is_new: bool
) -> None:
    ref = (await channel.post(Post("k", "first"))).ref
    slack.faults.queue(fault)
    assert (await channel.edit(ref, Post("k", "second"))).fate is fate
    assert (slack.room.messages[0].text == "second") == is_new
    assert (await channel.edit(ref, Post("k", "second"))).fate is Fate.CONFIRMED
    assert [one.text for one in slack.room.messages] == ["second"]


async def test_a_message_that_was_deleted_or_locked_takes_no_more_edits(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    ref = (await channel.post(Post("k", "first"))).ref
    slack.methods.edit_window_s = 0.0
    locked = await channel.edit(ref, Post("k", "second"))
    slack.room.change(slack.room.messages[0], deleted=True)
    deleted = await channel.edit(ref, Post("k", "second"))
    for delivery, code in ((locked, "edit_window_closed"), (deleted, "message_not_found")):
        assert (delivery.fate, delivery.closed) == (Fate.REFUSED, True)
        assert delivery.reason.startswith(code)


async def test_a_message_is_scheduled_by_slacks_own_clock_and_is_posted_by_itself(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    slack.room.ahead_s = 86_400.0
    delivery = await channel.schedule(ALARM, 900.0)
    [one] = scheduled(slack)
    assert (delivery.fate, delivery.ref) == (Fate.CONFIRMED, f"{CHANNEL}/{one['id']}")
    assert 898 <= float(str(one["post_at"])) - slack.room.now_s() <= 902, "not by this machine's, a day behind"
    assert live_parts(one) == []
    slack.room.ahead_s += 905
    slack.to_json()
    [message] = slack.room.messages
    assert message.blocks[0]["text"]["text"] == ALARM.text
    assert await channel.posted(ALARM.key, CLOCK.now() - timedelta(hours=1)) == f"{CHANNEL}/{message.ts}"
    assert await channel.posted("wr:auto-1:deadman-8", CLOCK.now() - timedelta(hours=1)) is None


async def test_what_is_scheduled_is_listed_by_its_key_on_every_page_and_deleted_by_its_id(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    for number in range(130):
        at = int(time.time() + HOUR_S + 60 * number)
        slack.room.schedule(CHANNEL, at, f"text\nwr:auto-1:deadman-{number}")
    slack.room.schedule(CHANNEL, int(time.time() + HOUR_S), "somebody's reminder")
    slack.room.schedule("C0BACKUP", int(time.time() + HOUR_S), "text\nwr:auto-1:deadman-999")
    found = await channel.scheduled()
    assert sorted(found) == sorted(f"wr:auto-1:deadman-{number}" for number in range(130))
    which = found["wr:auto-1:deadman-3"]
    assert (await channel.unschedule(which)).fate is Fate.CONFIRMED
    assert (await channel.unschedule(which)).fate is Fate.CONFIRMED, "it is gone, that is all one wants"
    assert "wr:auto-1:deadman-3" not in await channel.scheduled()


SCHEDULE_FAULTS = [
    ("scheduled, then reset", Fault("chat.scheduleMessage", "reset", applied=True), Fate.UNKNOWN, 1),
    (
        "scheduled, then internal_error",
        Fault("chat.scheduleMessage", "error", True, "internal_error"),
        Fate.UNKNOWN,
        1,
    ),
    ("not scheduled, 503", Fault("chat.scheduleMessage", "status", False, "503"), Fate.UNKNOWN, 0),
    ("429", Fault("chat.scheduleMessage", "limited", False, "2"), Fate.NOT_SENT, 0),
    ("too many", Fault("chat.scheduleMessage", "error", False, "restricted_too_many"), Fate.REFUSED, 0),
    ("Slack's clock could not be asked", Fault("auth.test", "reset"), Fate.NOT_SENT, 0),
    ("the token was revoked", Fault("auth.test", "error", False, "token_revoked"), Fate.NOT_SENT, 0),
]


@pytest.mark.parametrize(
    ("fault", "fate", "there"), [row[1:] for row in SCHEDULE_FAULTS], ids=[row[0] for row in SCHEDULE_FAULTS]
)
async def test_whether_it_is_scheduled_is_told_by_the_list(
    slack: SlackStandIn, channel: SlackChannel, fault: Fault, fate: Fate, there: int
) -> None:
    slack.faults.queue(fault)
    delivery = await channel.schedule(ALARM, 900.0)
    assert (delivery.fate, len(scheduled(slack))) == (fate, there), delivery
    assert delivery.reason
    assert list(await channel.scheduled()) == [ALARM.key] * there


async def test_a_list_that_cannot_be_read_to_its_end_says_nothing(slack: SlackStandIn, channel: SlackChannel) -> None:
    for kind, value in (("status", "503"), ("cut", "90"), ("reset", ""), ("body", "[]")):
        slack.faults.queue(Fault("chat.scheduledMessages.list", kind, value=value))
        with pytest.raises(CannotTell):
            await channel.scheduled()


async def test_a_scheduled_message_of_somebody_else_is_not_ours(slack: SlackStandIn, channel: SlackChannel) -> None:
    slack.room.post(CHANNEL, f"text\n{ALARM.key}", bot_id="B0OTHER")
    assert await channel.posted(ALARM.key, CLOCK.now() - timedelta(hours=1)) is None


async def test_a_post_does_not_wait_for_an_edit_that_hangs(slack: SlackStandIn) -> None:
    channel = SlackChannel(address_of(slack, timeout_s=20.0), CHANNEL, CLOCK)
    ref = (await channel.post(Post("k", "first"))).ref
    slack.faults.queue(Fault("chat.update", "silent", times=4))
    hanging = [asyncio.create_task(channel.edit(ref, Post("k", "second"))) for _ in range(4)]
    await asyncio.sleep(0)
    assert (await asyncio.wait_for(channel.post(Post("k2", "a post")), 5)).fate is Fate.CONFIRMED
    for task in hanging:
        task.cancel()
    channel.close()


async def test_what_an_engine_left_in_another_channel_is_deleted_and_edited_there(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    known = (await channel.schedule(ALARM, 900.0)).ref
    ref = (await channel.post(HOSTILE)).ref
    elsewhere = SlackChannel(address_of(slack), "C0BACKUP", CLOCK)
    assert (await elsewhere.unschedule(known)).fate is Fate.CONFIRMED
    assert scheduled(slack) == []
    assert (await elsewhere.edit(ref, HOSTILE)).fate is Fate.CONFIRMED
    assert [(one.channel, one.edited) for one in slack.room.messages] == [("C0WARROOM", True)]
    elsewhere.close()


@pytest.mark.parametrize("ref", ["", "webhook", "posts.txt:117", "C0WARROOM", "C0WARROOM/soon"])
async def test_what_is_no_message_of_slack_takes_no_edit(
    slack: SlackStandIn, channel: SlackChannel, ref: str
) -> None:
    delivery = await channel.edit(ref, HOSTILE)
    assert (delivery.fate, delivery.closed) == (Fate.REFUSED, True)
    assert [one.method for one in slack.attempts].count("chat.update") == 0
