"""Threads in Slack: replies, their look-up, and threads that are gone; judged by what the strict stand-in has."""

from __future__ import annotations

from datetime import timedelta

import pytest

from warroom.adapters.slack import SlackChannel
from warroom.clock import RealClock
from warroom.simulator.slack import SlackStandIn
from warroom.simulator.slack_faults import Fault
from warroom.updates.channel import CannotTell, Fate, Post, thread_in

CHANNEL = "C0WARROOM"
CLOCK = RealClock()
AN_HOUR_AGO = CLOCK.now() - timedelta(hours=1)


async def opened(channel: SlackChannel) -> str:
    """The `ref` of a message in the channel itself."""
    return (await channel.post(Post("wr:a:head", "the first"))).ref


async def test_a_reply_stands_in_its_thread_and_says_so(slack: SlackStandIn, channel: SlackChannel) -> None:
    head = await opened(channel)
    delivery = await channel.post(Post("wr:a:1", "a reply", thread=head))
    first, reply = slack.room.messages
    assert (first.thread_ts, reply.thread_ts) == ("", first.ts)
    assert delivery.ref == f"{CHANNEL}/{first.ts}/{reply.ts}"
    assert (thread_in(delivery.ref), thread_in(head)) == (head, "")


async def test_a_reply_is_found_in_its_thread_on_any_page_and_the_head_in_the_history(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    head = await opened(channel)
    refs = [(await channel.post(Post(f"wr:a:{count}", "text", thread=head))).ref for count in range(40)]
    assert await channel.find("wr:a:0", AN_HOUR_AGO, head) == refs[0]
    assert await channel.find("wr:a:39", AN_HOUR_AGO, head) == refs[39]
    assert await channel.find("wr:a:head", AN_HOUR_AGO) == head
    assert await channel.find("wr:a:39", AN_HOUR_AGO) is None, "a history shows no replies"
    assert await channel.find("wr:a:40", AN_HOUR_AGO, head) is None
    looked = [one.method for one in slack.attempts if one.method.startswith("conversations.")]
    assert looked[-4:] == ["conversations.replies"] * 3 + ["conversations.history"]


async def test_somebody_elses_reply_with_our_key_is_not_ours(slack: SlackStandIn, channel: SlackChannel) -> None:
    head = await opened(channel)
    slack.foreign(CHANNEL, "not ours", "wr:a:1", thread_ts=head.rpartition("/")[2])
    assert await channel.find("wr:a:1", AN_HOUR_AGO, head) is None


FAULTS = [
    ("accepted, then the connection is reset", Fault("chat.postMessage", "reset", applied=True), Fate.UNKNOWN, 1),
    ("accepted, then no answer", Fault("chat.postMessage", "silent", applied=True), Fate.UNKNOWN, 1),
    ("503 after it was accepted", Fault("chat.postMessage", "status", True, "503"), Fate.UNKNOWN, 1),
    ("internal_error after it", Fault("chat.postMessage", "error", True, "internal_error"), Fate.UNKNOWN, 1),
    ("the answer is cut", Fault("chat.postMessage", "cut", True, "150"), Fate.UNKNOWN, 1),
    ("not accepted, reset", Fault("chat.postMessage", "reset"), Fate.UNKNOWN, 0),
    ("429", Fault("chat.postMessage", "limited", False, "1"), Fate.NOT_SENT, 0),
]


@pytest.mark.parametrize(("fault", "fate", "there"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
async def test_a_reply_whose_answer_went_wrong_is_looked_for_in_its_thread(
    slack: SlackStandIn, channel: SlackChannel, fault: Fault, fate: Fate, there: int
) -> None:
    head = await opened(channel)
    slack.faults.queue(fault)
    delivery = await channel.post(Post("wr:a:1", "a reply", thread=head))
    assert (delivery.fate, len(slack.room.messages)) == (fate, 1 + there)
    found = await channel.find("wr:a:1", AN_HOUR_AGO, head)
    assert (found is not None, found is None or thread_in(found) == head) == (bool(there), True)


@pytest.mark.parametrize("kind", ["reset", "silent", "status", "cut"])
@pytest.mark.parametrize("method", ["conversations.replies", "conversations.history"])
async def test_a_thread_that_cannot_be_read_to_its_end_says_nothing(
    slack: SlackStandIn, channel: SlackChannel, method: str, kind: str
) -> None:
    head = await opened(channel)
    slack.faults.queue(Fault(method, kind, value="500" if kind == "status" else "90"))
    with pytest.raises(CannotTell, match=r"Slack|connection"):
        await channel.find("wr:a:1", AN_HOUR_AGO, head)


async def test_a_reply_to_a_message_that_was_deleted_stands_in_the_channel_and_is_found_there(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    head = await opened(channel)
    slack.room.change(slack.room.messages[0], deleted=True)
    delivery = await channel.post(Post("wr:a:1", "a reply", thread=head))
    assert (delivery.fate, thread_in(delivery.ref)) == (Fate.CONFIRMED, "")
    assert await channel.find("wr:a:1", AN_HOUR_AGO, head) == delivery.ref


async def test_a_thread_whose_head_was_deleted_after_a_reply_goes_on(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    head = await opened(channel)
    await channel.post(Post("wr:a:1", "a reply", thread=head))
    slack.room.change(slack.room.messages[0], deleted=True)
    delivery = await channel.post(Post("wr:a:2", "another", thread=head))
    assert thread_in(delivery.ref) == head
    assert await channel.find("wr:a:2", AN_HOUR_AGO, head) == delivery.ref


@pytest.mark.parametrize(
    "code",
    [
        "thread_not_found",
        "cannot_reply_to_message",
        "restricted_action_thread_locked",
        "restricted_action_non_threadable_channel",
    ],
)
async def test_a_thread_that_takes_no_replies_is_no_reason_to_give_the_post_up(
    slack: SlackStandIn, channel: SlackChannel, code: str
) -> None:
    head = await opened(channel)
    slack.faults.queue(Fault("chat.postMessage", "error", value=code))
    delivery = await channel.post(Post("wr:a:1", "a reply", thread=head))
    assert (delivery.fate, delivery.closed) == (Fate.NOT_SENT, True)
    assert delivery.reason.startswith(code)


async def test_a_thread_that_never_was_is_refused_by_slack_and_takes_no_replies(channel: SlackChannel) -> None:
    delivery = await channel.post(Post("wr:a:1", "a reply", thread=f"{CHANNEL}/1.000001"))
    assert (delivery.fate, delivery.closed) == (Fate.NOT_SENT, True)
    assert await channel.find("wr:a:1", AN_HOUR_AGO, f"{CHANNEL}/1.000001") is None


async def test_a_thread_of_another_channel_is_none(slack: SlackStandIn, channel: SlackChannel) -> None:
    delivery = await channel.post(Post("wr:a:1", "text", thread="C0BACKUP/1.000001"))
    assert (delivery.fate, slack.room.messages[0].thread_ts) == (Fate.CONFIRMED, "")
