"""The strict Slack: messages that are edited, and messages that are scheduled, by its own clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from warroom.clock import VirtualClock
from warroom.simulator.slack import SlackStandIn
from warroom.simulator.slack_methods import Refused
from warroom.simulator.slack_room import Message

TOKEN = "xoxb-canary-0c55b1"
ROOM = "C0WARROOM"
BLOCKS = [{"type": "section", "text": {"type": "plain_text", "text": "in blocks"}}]
METADATA = {"event_type": "warroom_update", "event_payload": {"key": "wr:a:live-1"}}


class Desk:
    """A Slack on a virtual clock, and whoever calls it."""

    def __init__(self) -> None:
        self.clock = VirtualClock(datetime(2025, 11, 1, 2, 0, tzinfo=UTC))
        self.slack = SlackStandIn(self.clock, token=TOKEN, webhook_secret="canary-hook")

    def call(self, method: str, **args: Any) -> dict[str, Any]:
        """What a good call is answered. A second goes by first, so that no call is too soon."""
        self.wait(1)
        return self.slack.methods.call(method, {"channel": ROOM, **args}, TOKEN)

    def refused(self, method: str, **args: Any) -> str:
        with pytest.raises(Refused) as found:
            self.call(method, **args)
        return found.value.error

    def wait(self, seconds: float) -> None:
        asyncio.run(self.clock.advance(seconds))

    def in_s(self, seconds: float) -> int:
        """An instant ahead, seen from the next call."""
        return int(self.slack.room.now_s()) + 1 + int(seconds)

    def schedule(self, in_s: float, **args: Any) -> str:
        found = self.call("chat.scheduleMessage", post_at=self.in_s(in_s), text="silent", **args)
        return str(found["scheduled_message_id"])

    def said(self) -> list[Message]:
        self.slack.to_json()
        return [one for one in self.slack.room.messages if not one.deleted]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_is_scheduled_is_posted_when_its_time_comes_with_its_own_time(desk: Desk) -> None:
    at = desk.in_s(600)
    desk.schedule(600, blocks=BLOCKS)
    desk.wait(599)
    assert desk.said() == []
    desk.wait(300)
    [message] = desk.said()
    assert (message.ts, message.text, message.bot_id) == (f"{at}.000000", "silent", "B0WARROOM1")
    assert desk.call("chat.scheduledMessages.list")["scheduled_messages"] == []


def test_the_clock_of_the_slack_can_be_put_ahead_of_the_machines(desk: Desk) -> None:
    desk.schedule(600)
    desk.slack.room.ahead_s = 601
    assert [one.text for one in desk.said()] == ["silent"]


@pytest.mark.parametrize(
    ("in_s", "error"),
    [(0, "time_in_past"), (-60, "time_in_past"), (120 * 86_400 + 1, "time_too_far")],
    ids=["now", "a minute ago", "more than 120 days ahead"],
)
def test_a_time_that_cannot_be_is_refused(desk: Desk, in_s: int, error: str) -> None:
    assert desk.refused("chat.scheduleMessage", post_at=desk.in_s(in_s), text="silent") == error


def test_a_channel_takes_thirty_messages_within_five_minutes_of_each_other(desk: Desk) -> None:
    ids = [desk.schedule(3_600) for _ in range(30)]
    assert desk.refused("chat.scheduleMessage", post_at=desk.in_s(3_600), text="silent") == "restricted_too_many"
    desk.schedule(3_600 + 600)
    desk.call("chat.deleteScheduledMessage", scheduled_message_id=ids[0])
    desk.schedule(3_600)


@pytest.mark.parametrize(
    ("left_s", "error", "is_posted"),
    [(301, "", False), (200, "", True), (61, "", True), (59, "invalid_scheduled_message_id", True)],
    ids=[
        "five minutes before its time a message is deleted",
        "later the deletion is acknowledged, and the message is posted all the same",
        "a minute before its time too",
        "in its last minute the deletion is refused",
    ],
)
def test_how_late_a_message_can_be_deleted(desk: Desk, left_s: int, error: str, is_posted: bool) -> None:
    which = desk.schedule(600)
    desk.wait(600 - left_s - 1)
    if error:
        assert desk.refused("chat.deleteScheduledMessage", scheduled_message_id=which) == error
    else:
        desk.call("chat.deleteScheduledMessage", scheduled_message_id=which)
        assert desk.call("chat.scheduledMessages.list")["scheduled_messages"] == []
        again = {"scheduled_message_id": which}
        assert desk.refused("chat.deleteScheduledMessage", **again) == "invalid_scheduled_message_id"
    desk.wait(600)
    assert len(desk.said()) == is_posted


def test_one_with_metadata_is_taken_and_never_posted(desk: Desk) -> None:
    desk.schedule(600, metadata=METADATA)
    desk.wait(700)
    assert desk.said() == []


def test_the_list_of_what_is_scheduled_has_pages_the_soonest_first(desk: Desk) -> None:
    later, sooner = desk.schedule(900), desk.schedule(600)
    first = desk.call("chat.scheduledMessages.list", limit=1)
    cursor = first["response_metadata"]["next_cursor"]
    second = desk.call("chat.scheduledMessages.list", limit=1, cursor=cursor)
    found = [one for page in (first, second) for one in page["scheduled_messages"]]
    assert [one["id"] for one in found] == [sooner, later]
    assert (found[0]["channel_id"], found[0]["text"]) == (ROOM, "silent")
    assert second["response_metadata"]["next_cursor"] == ""
    assert desk.refused("chat.scheduledMessages.list", channel="C0NOWHERE") == "invalid_channel"


def test_an_edit_keeps_what_it_does_not_give_and_drops_the_blocks_for_a_text_alone(desk: Desk) -> None:
    ts = desk.call("chat.postMessage", text="first", blocks=BLOCKS, metadata=METADATA)["ts"]
    desk.call("chat.update", ts=ts, text="second", blocks=BLOCKS)
    [message] = desk.said()
    assert (message.text, len(message.blocks), message.metadata) == ("second", 1, METADATA)
    assert "edited" not in message.to_json(metadata=True), "Slack marks no edit of blocks"
    desk.call("chat.update", ts=ts, text="third")
    [message] = desk.said()
    assert (message.blocks, message.to_json(metadata=True)["edited"]["ts"]) == ((), ts)


def test_only_a_message_of_our_own_that_is_there_can_be_edited_while_the_workspace_lets_it(desk: Desk) -> None:
    ts = desk.call("chat.postMessage", text="first")["ts"]
    desk.slack.foreign(ROOM, "not ours", "wr:a:live-1")
    theirs = desk.said()[-1].ts
    assert desk.refused("chat.update", ts="1.000001", text="x") == "message_not_found"
    assert desk.refused("chat.update", ts=theirs, text="x") == "cant_update_message"
    desk.slack.methods.edit_window_s = 60
    desk.call("chat.update", ts=ts, text="in time")
    desk.wait(60)
    assert desk.refused("chat.update", ts=ts, text="too late") == "edit_window_closed"
    desk.slack.room.channels[ROOM].archived = True
    assert desk.refused("chat.update", ts=ts, text="x") == "is_inactive"
    desk.slack.room.channels[ROOM].archived = False
    desk.call("chat.delete", ts=ts)
    assert desk.refused("chat.update", ts=ts, text="x") == "message_not_found"


def test_posts_edits_and_what_is_scheduled_share_one_message_a_second(desk: Desk) -> None:
    call = desk.slack.methods.call
    ts = desk.call("chat.postMessage", text="first")["ts"]
    for method, more in (("chat.update", {"ts": ts}), ("chat.scheduleMessage", {"post_at": desk.in_s(600)})):
        with pytest.raises(Refused) as found:
            call(method, {"channel": ROOM, "text": "x", **more}, TOKEN)
        assert (found.value.error, found.value.retry_after_s) == ("ratelimited", 1)


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update", "chat.scheduleMessage"])
def test_no_method_takes_a_message_over_the_limits(method: str, desk: Desk) -> None:
    ts = desk.call("chat.postMessage", text="first")["ts"]
    more = {"ts": ts, "post_at": desk.in_s(600)}
    assert desk.refused(method, blocks=BLOCKS * 51, text="x", **more) == "invalid_blocks"
    assert [one.text for one in desk.said()] == ["first"]


@pytest.mark.parametrize("limit", [None, 15, 100], ids=["where none is asked for", "as asked for", "at most"])
def test_a_page_of_a_history_or_a_thread_has_15_messages(limit: int | None, desk: Desk) -> None:
    head = desk.call("chat.postMessage", text="head")["ts"]
    for number in range(16):
        desk.call("chat.postMessage", text=f"{number}")
        desk.call("chat.postMessage", text=f"{number}", thread_ts=head)
    size = {} if limit is None else {"limit": limit}
    for method in ("conversations.history", "conversations.replies"):
        first = desk.call(method, ts=head, **size)
        rest = desk.call(method, ts=head, cursor=first["response_metadata"]["next_cursor"], **size)
        assert [len(page["messages"]) for page in (first, rest)] == [15, 2]
        assert [page["has_more"] for page in (first, rest)] == [True, False]
