"""Posts that are longer than a message: their rest is in the thread once, whatever goes wrong on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.adapters.slacks import address_of
from warroom.adapters.slack import SlackChannel
from warroom.clock import RealClock
from warroom.simulator.slack import SlackStandIn
from warroom.simulator.slack_faults import Fault
from warroom.simulator.slack_room import Message
from warroom.updates.channel import Fate, Post, TakesFiles
from warroom.updates.slack_message import MESSAGES, SECTION, SECTIONS, file_name

CHANNEL = "C0WARROOM"
ROOM = SECTION * SECTIONS
TEXT = "".join(f"{line:07d}\n" for line in range(3 * ROOM // 8)).rstrip("\n")
POST = Post("wr:auto:evidence_bundle@T+15m", TEXT)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the channel waited, in seconds; it does not."""
    waited: list[float] = []

    async def sleep(_: RealClock, seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(RealClock, "sleep", sleep)
    return waited


def said(slack: SlackStandIn) -> str:
    """All that the channel shows of it, in the order of the channel."""
    sections = [block for one in slack.room.messages for block in one.blocks if block["type"] == "section"]
    return "\n".join(block["text"]["text"] for block in sections)


def threads(slack: SlackStandIn) -> set[str]:
    return {one.thread_ts for one in slack.room.messages}


async def test_the_rest_stands_in_the_thread_of_its_post_and_nothing_is_missing(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    ref = (await channel.post(POST)).ref
    delivery = await channel.go_on(ref, POST, again=False)
    assert delivery.fate is Fate.CONFIRMED
    assert isinstance(channel, TakesFiles)
    assert said(slack) == TEXT
    assert threads(slack) == {"", ref.rpartition("/")[2]}
    assert not [one for one in slack.attempts if one.method.startswith("conversations.")], "nothing to look up yet"


async def test_the_rest_of_a_reply_stands_beside_it(slack: SlackStandIn, channel: SlackChannel) -> None:
    head = (await channel.post(Post("wr:auto:head", "the head"))).ref
    ref = (await channel.post(Post(POST.key, POST.text, thread=head))).ref
    await channel.go_on(ref, POST, again=False)
    assert threads(slack) == {"", head.rpartition("/")[2]}
    assert said(slack) == f"the head\n{TEXT}"


FAULTS = [
    ("the second is accepted, then reset", Fault("chat.postMessage", "reset", True), Fate.UNKNOWN),
    ("the second is accepted, then no answer", Fault("chat.postMessage", "silent", True), Fate.UNKNOWN),
    ("the second is not accepted, reset", Fault("chat.postMessage", "reset"), Fate.UNKNOWN),
    ("429 for longer than anybody waits", Fault("chat.postMessage", "limited", False, "0", 1_000), Fate.NOT_SENT),
]


@pytest.mark.parametrize(("fault", "fate"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
async def test_after_whatever_went_wrong_the_next_attempt_leaves_each_part_once(
    slack: SlackStandIn, channel: SlackChannel, waits: list[float], fault: Fault, fate: Fate
) -> None:
    ref = (await channel.post(POST)).ref
    slack.faults.queue(fault)
    first = await channel.go_on(ref, POST, again=False)
    assert (first.fate, bool(first.reason)) == (fate, True)
    slack.faults.clear()
    assert (await channel.go_on(ref, POST, again=True)).fate is Fate.CONFIRMED
    assert said(slack) == TEXT


HALF_WAY = [
    ("the third, after the second", Fault("chat.postMessage", "limited", False, "0", 1_000), 1),
    ("the file, after all messages", Fault("files.getUploadURLExternal", "status", False, "503"), 3),
    ("the look for the file, after all messages", Fault("conversations.replies", "status", False, "503"), 3),
]


@pytest.mark.parametrize(("fault", "taken"), [row[1:] for row in HALF_WAY], ids=[row[0] for row in HALF_WAY])
async def test_what_was_taken_may_not_be_seen_yet_when_the_next_is_not_taken(
    slack: SlackStandIn,
    channel: SlackChannel,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    taken: int,
) -> None:
    post = Post(POST.key, TEXT * 2)
    ref = (await channel.post(post)).ref
    take = slack.room.post

    def takes(*args: Any, **more: Any) -> Message:
        message = take(*args, **more)
        if len(slack.room.messages) == 1 + taken:
            slack.faults.queue(fault)
        return message

    monkeypatch.setattr(slack.room, "post", takes)
    first = await channel.go_on(ref, post, again=False)
    assert len(slack.room.messages) == 1 + taken
    # What is UNKNOWN is looked for after the settle time, what is NOT_SENT after a second.
    assert (first.fate, bool(first.reason)) == (Fate.UNKNOWN, True)


async def test_it_goes_on_as_fast_as_slack_lets_it(
    slack: SlackStandIn, channel: SlackChannel, waits: list[float]
) -> None:
    ref = (await channel.post(POST)).ref
    slack.faults.queue(Fault("chat.postMessage", "limited", False, "7", 2))
    assert (await channel.go_on(ref, POST, again=False)).fate is Fate.CONFIRMED
    assert waits == [7.0, 7.0]
    assert said(slack) == TEXT
    assert not [one for one in slack.attempts if one.method.startswith("conversations.")], (
        "what was not sent is known"
    )


async def test_what_is_there_already_is_not_said_again(slack: SlackStandIn, channel: SlackChannel) -> None:
    ref = (await channel.post(POST)).ref
    for again in (False, True, True):
        await channel.go_on(ref, POST, again=again)
    assert said(slack) == TEXT


async def test_a_thread_that_cannot_be_read_is_not_written_to(slack: SlackStandIn, channel: SlackChannel) -> None:
    ref = (await channel.post(POST)).ref
    slack.faults.queue(Fault("conversations.replies", "status", False, "500"))
    assert (await channel.go_on(ref, POST, again=True)).fate is Fate.NOT_SENT
    assert len(slack.room.messages) == 1


async def test_a_text_that_is_longer_still_is_a_file_in_the_thread_as_well(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    text = TEXT * 2
    post = Post(POST.key, text)
    ref = (await channel.post(post)).ref
    for again in (False, True):
        assert (await channel.go_on(ref, post, again=again)).fate is Fate.CONFIRMED
    [upload] = slack.room.uploads.values()
    assert (upload["name"], upload["content"]) == (file_name(POST.key), text)
    assert len([one for one in slack.room.messages if one.blocks]) == MESSAGES
    assert f"the whole text is the file {file_name(POST.key)} in this thread" in said(slack)


async def test_without_the_scope_for_files_it_is_said_what_is_missing(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    slack.app.scopes = ("chat:write", "channels:history")
    post = Post(POST.key, TEXT * 2)
    delivery = await channel.go_on((await channel.post(post)).ref, post, again=False)
    assert delivery.reason == "missing_scope: the app lacks the scope files:write"
    assert delivery.fate is Fate.REFUSED


async def test_a_thread_that_takes_no_replies_refuses_the_rest(slack: SlackStandIn, channel: SlackChannel) -> None:
    ref = (await channel.post(POST)).ref
    slack.faults.queue(Fault("chat.postMessage", "error", False, "restricted_action_thread_locked"))
    delivery = await channel.go_on(ref, POST, again=False)
    assert delivery.fate is Fate.REFUSED
    assert "takes no replies" in delivery.reason


async def test_the_rest_of_a_post_that_was_deleted_meanwhile_is_not_said_twice(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    ref = (await channel.post(POST)).ref
    slack.room.change(slack.room.messages[0], deleted=True)
    for again in (False, True):
        assert (await channel.go_on(ref, POST, again=again)).fate is Fate.CONFIRMED
    keys = [one.metadata["event_payload"]["key"] for one in slack.room.messages]
    assert keys == [POST.key, f"{POST.key}/2", f"{POST.key}/3"]


async def test_what_belongs_to_a_post_in_another_channel_goes_there_and_nowhere_else(
    slack: SlackStandIn, channel: SlackChannel, tmp_path: Path
) -> None:
    ref = (await channel.post(POST)).ref
    file = tmp_path / "evidence.log"
    file.write_text("measured")
    moved = SlackChannel(address_of(slack), "C0BACKUP", RealClock())
    assert (await moved.go_on(ref, POST, again=True)).fate is Fate.CONFIRMED
    assert (await moved.attach(ref, file)).fate is Fate.CONFIRMED
    assert said(slack) == TEXT
    assert {one.channel for one in slack.room.messages} == {CHANNEL}
    assert threads(slack) == {"", ref.rpartition("/")[2]}
    moved.close()


@pytest.mark.parametrize("ref", ["", "webhook", "posts.txt:117", "C0WARROOM", "C0WARROOM/soon", "C0WARROOM/nan/1.0"])
async def test_where_its_post_is_no_message_of_slack_nothing_is_attached_or_said(
    slack: SlackStandIn, channel: SlackChannel, tmp_path: Path, ref: str
) -> None:
    file = tmp_path / "evidence.log"
    file.write_text("measured")
    for delivery in (await channel.attach(ref, file), await channel.go_on(ref, POST, again=True)):
        assert (delivery.fate, delivery.reason) == (
            Fate.REFUSED,
            "its post is no message of Slack's: it has no thread",
        )
    assert slack.room.messages == []
