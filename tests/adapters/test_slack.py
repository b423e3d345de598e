"""Slack, asked by the real slack_sdk, answered by a strict stand-in whose log is the judge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.adapters.slacks import address_of, slack_served
from warroom.adapters.slack import SlackChannel
from warroom.clock import RealClock
from warroom.simulator.slack import SlackStandIn
from warroom.simulator.slack_faults import Fault
from warroom.simulator.slack_rules import live_parts
from warroom.updates.channel import CannotTell, Fate, Post
from warroom.updates.slack_message import SECTION, message_of

CHANNEL = "C0WARROOM"
POST = Post("wr:auto:T+5m", "auto_com_center: PUBLISHED ✅\nBuild ID: b-1", "LATE by 2m")
CLOCK = RealClock()
AN_HOUR_AGO = CLOCK.now() - timedelta(hours=1)


@pytest.fixture
async def channel(slack: SlackStandIn) -> AsyncIterator[SlackChannel]:
    async with _channel(slack) as made:
        yield made


class _channel:  # noqa: N801
    def __init__(self, slack: SlackStandIn, timeout_s: float = 5.0, token: str | None = None) -> None:
        address = address_of(slack, timeout_s=timeout_s) if token is None else address_of(slack, token)
        self._made = SlackChannel(address, CHANNEL, CLOCK)

    async def __aenter__(self) -> SlackChannel:
        return self._made

    async def __aexit__(self, *_: object) -> None:
        self._made.close()


def arrived(slack: SlackStandIn) -> list[str]:
    """The keys of the messages that Slack has, oldest first."""
    return [str(one.metadata["event_payload"]["key"]) for one in slack.room.messages if one.metadata]


async def test_a_post_arrives_once_with_its_text_its_delivery_and_its_key(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    delivery = await channel.post(POST)
    [message] = slack.room.messages
    assert (delivery.fate, delivery.ref) == (Fate.CONFIRMED, f"{CHANNEL}/{message.ts}")
    assert message.blocks[0]["text"]["text"] == POST.text
    assert message.blocks[1]["elements"][0]["text"] == "LATE by 2m · wr:auto:T+5m"
    assert message.metadata["event_payload"] == {"key": POST.key}


@pytest.mark.parametrize("call", ["post", "tell_time"], ids=["with a message of its own", "of the token"])
async def test_as_whom_it_posts_is_known_once_slack_has_said_it(call: str, channel: SlackChannel) -> None:
    assert channel.app == ""
    await (channel.post(POST) if call == "post" else channel.tell_time())
    assert channel.app == "T0WARROOM1/B0WARROOM1"


FAULTS = [
    ("accepted, then the connection is reset", Fault("chat.postMessage", "reset", applied=True), Fate.UNKNOWN, 1),
    ("accepted, then the connection is closed", Fault("chat.postMessage", "close", applied=True), Fate.UNKNOWN, 1),
    ("accepted, then no answer", Fault("chat.postMessage", "silent", applied=True), Fate.UNKNOWN, 1),
    ("not accepted, the connection is reset", Fault("chat.postMessage", "reset"), Fate.UNKNOWN, 0),
    ("500 after it was accepted", Fault("chat.postMessage", "status", True, "500"), Fate.UNKNOWN, 1),
    ("502", Fault("chat.postMessage", "status", False, "502"), Fate.UNKNOWN, 0),
    (
        "internal_error after it was accepted",
        Fault("chat.postMessage", "error", True, "internal_error"),
        Fate.UNKNOWN,
        1,
    ),
    ("fatal_error", Fault("chat.postMessage", "error", True, "fatal_error"), Fate.UNKNOWN, 1),
    ("a code that nobody knows", Fault("chat.postMessage", "error", False, "no_such_code"), Fate.UNKNOWN, 0),
    ("HTML at 200", Fault("chat.postMessage", "status", False, "200"), Fate.UNKNOWN, 0),
    ('ok is the text "false"', Fault("chat.postMessage", "body", False, '{"ok": "false"}'), Fate.UNKNOWN, 0),
    ("ok without a ts", Fault("chat.postMessage", "body", False, '{"ok": true}'), Fate.UNKNOWN, 0),
    (
        "equal keys in the JSON",
        Fault("chat.postMessage", "body", False, '{"ok": true, "ok": false}'),
        Fate.UNKNOWN,
        0,
    ),
    ("a redirect", Fault("chat.postMessage", "redirect", False, "http://127.0.0.1:9/x"), Fate.UNKNOWN, 0),
    ("429, wait 1", Fault("chat.postMessage", "limited", False, "1"), Fate.NOT_SENT, 0),
    ("429, wait 0.5", Fault("chat.postMessage", "limited", False, "0.5"), Fate.NOT_SENT, 0),
    ("429 without a time", Fault("chat.postMessage", "limited"), Fate.NOT_SENT, 0),
    ("429, wait for words", Fault("chat.postMessage", "limited", False, "soon"), Fate.NOT_SENT, 0),
    ("429, wait -1", Fault("chat.postMessage", "limited", False, "-1"), Fate.NOT_SENT, 0),
    ("429, a date", Fault("chat.postMessage", "limited", False, "Wed, 21 Oct 2026 07:28:00 GMT"), Fate.NOT_SENT, 0),
    ("429 as HTML", Fault("chat.postMessage", "status", False, "429"), Fate.NOT_SENT, 0),
    ("ratelimited at 200", Fault("chat.postMessage", "error", False, "ratelimited"), Fate.NOT_SENT, 0),
]


@pytest.mark.parametrize(("fault", "fate", "there"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
async def test_what_went_wrong_tells_what_became_of_it(
    slack: SlackStandIn, fault: Fault, fate: Fate, there: int
) -> None:
    slack.faults.queue(fault)
    async with _channel(slack, timeout_s=0.4) as channel:
        delivery = await channel.post(POST)
        assert (delivery.fate, len(arrived(slack))) == (fate, there), delivery
        assert delivery.reason
        assert (await channel.find(POST.key, AN_HOUR_AGO) is not None) == bool(there)


REFUSALS = [
    "token_revoked",
    "account_inactive",
    "channel_not_found",
    "not_in_channel",
    "is_archived",
    "missing_scope",
]


@pytest.mark.parametrize("error", REFUSALS)
async def test_what_slack_refuses_for_good_is_refused(slack: SlackStandIn, channel: SlackChannel, error: str) -> None:
    room = slack.room.channels[CHANNEL]
    match error:
        case "token_revoked" | "account_inactive":
            slack.app.token_state = error
        case "channel_not_found":
            del slack.room.channels[CHANNEL]
        case "not_in_channel":
            room.member = False
        case "is_archived":
            room.archived = True
        case _:
            slack.app.scopes = ()
    delivery = await channel.post(POST)
    assert delivery.fate is Fate.REFUSED
    assert delivery.reason.startswith(f"{error}: ")


async def test_an_answer_that_is_cut_at_any_byte_is_never_taken_for_one(slack: SlackStandIn) -> None:
    fates: list[Fate] = []
    async with _channel(slack) as channel:
        while Fate.CONFIRMED not in fates:
            slack.faults.queue(Fault("chat.postMessage", "cut", applied=True, value=str(len(fates))))
            fates.append((await channel.post(Post("wr:auto:x", "text"))).fate)
    assert len(fates) > 500, "a whole answer has more bytes"
    assert set(fates[:-1]) == {Fate.UNKNOWN}
    assert len(arrived(slack)) == len(fates)


async def test_a_history_that_is_cut_anywhere_never_says_that_a_message_is_not_there(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    ref = (await channel.post(POST)).ref
    found: list[str | None] = []
    while ref not in found:
        slack.faults.queue(Fault("conversations.history", "cut", applied=True, value=str(len(found))))
        try:
            found.append(await channel.find(POST.key, AN_HOUR_AGO))
        except CannotTell as error:
            found.append(error.reason)
    assert len(found) > 500, "a whole answer has more bytes"
    assert None not in found


async def test_an_edit_whose_answer_is_cut_anywhere_is_not_known_to_be_made(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    ref = (await channel.post(POST)).ref
    fates: list[Fate] = []
    while Fate.CONFIRMED not in fates:
        slack.faults.queue(Fault("chat.update", "cut", applied=True, value=str(len(fates))))
        fates.append((await channel.edit(ref, Post(POST.key, "changed"))).fate)
    assert len(fates) > 300, "a whole answer has more bytes"
    assert set(fates[:-1]) == {Fate.UNKNOWN}


async def test_a_port_that_is_closed_sent_nothing() -> None:
    async with slack_served() as slack:
        address = address_of(slack)
    channel = SlackChannel(address, CHANNEL, CLOCK)
    delivery = await channel.post(POST)
    assert delivery.fate is Fate.NOT_SENT
    assert "refused" in delivery.reason
    channel.close()


async def test_a_message_is_found_among_many_pages_and_only_when_it_is_ours(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    for count in range(40):
        await channel.post(Post(f"wr:auto:{count}", "text"))
    slack.foreign(CHANNEL, "not ours", "wr:auto:foreign")
    assert await channel.find("wr:auto:0", AN_HOUR_AGO) == f"{CHANNEL}/{slack.room.messages[0].ts}"
    assert await channel.find("wr:auto:foreign", AN_HOUR_AGO) is None
    slack.room.change(slack.room.messages[3], deleted=True)
    assert await channel.find("wr:auto:3", AN_HOUR_AGO) is None
    pages = [one for one in slack.attempts if one.method == "conversations.history"]
    assert len(pages) == 3 * 3


async def test_a_message_that_was_edited_is_found_and_one_that_was_deleted_is_not(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    ref = (await channel.post(POST)).ref
    slack.room.change(slack.room.messages[0], text="edited", blocks=(), edited=True)
    assert await channel.find(POST.key, AN_HOUR_AGO) == ref
    slack.room.change(slack.room.messages[0], deleted=True)
    assert await channel.find(POST.key, AN_HOUR_AGO) is None


@pytest.mark.parametrize(("then", "is_found"), [("edited", True), ("deleted", False)])
async def test_so_is_one_whose_answer_was_lost(
    slack: SlackStandIn, channel: SlackChannel, then: str, is_found: bool
) -> None:
    slack.faults.queue(Fault("chat.postMessage", "close", applied=True, then=then))
    assert (await channel.post(POST)).fate is Fate.UNKNOWN
    [message] = slack.room.messages
    assert (message.edited, message.deleted) == (is_found, not is_found)
    assert (await channel.find(POST.key, AN_HOUR_AGO) is not None) is is_found


@pytest.mark.parametrize("kind", ["reset", "silent", "status", "cut"])
async def test_a_history_that_cannot_be_read_says_nothing(slack: SlackStandIn, kind: str) -> None:
    async with _channel(slack, timeout_s=0.4) as channel:
        await channel.post(POST)
        slack.faults.queue(Fault("conversations.history", kind, value="500" if kind == "status" else "90"))
        with pytest.raises(CannotTell, match=r"Slack|connection"):
            await channel.find(POST.key, AN_HOUR_AGO)


@pytest.mark.parametrize("ahead_s", [0.0, 300.0, -300.0, 86_400.0, -86_400.0])
async def test_slacks_own_clock_decides_from_when_on_is_looked(slack: SlackStandIn, ahead_s: float) -> None:
    slack.room.ahead_s = ahead_s
    await SlackChannel(address_of(slack), CHANNEL, CLOCK).post(POST)
    # A look-up can be the first that an engine asks of Slack.
    fresh = SlackChannel(address_of(slack), CHANNEL, CLOCK)
    assert await fresh.find(POST.key, CLOCK.now() - timedelta(seconds=1)) is not None
    assert await fresh.find(POST.key, CLOCK.now() + timedelta(minutes=5)) is None


async def test_a_clock_that_is_set_between_two_look_ups_changes_nothing(
    slack: SlackStandIn, channel: SlackChannel
) -> None:
    await channel.post(POST)
    since = CLOCK.now() - timedelta(seconds=1)
    assert await channel.find(POST.key, since) is not None
    slack.room.ahead_s = -3_600.0
    slack.room.change(slack.room.messages[0], ts=f"{slack.room.now_s():.6f}")
    assert await channel.find(POST.key, since) is not None


HOSTILE = [
    "<!channel> <!here> <@U1>",
    "<https://example.com|click> https://example.com",
    "*bold* _it_ `code` ~no~ > quote",
    "&lt;!channel&gt;",
    "```\n<!everyone>\n```",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_no_text_mentions_links_or_formats(slack: SlackStandIn, channel: SlackChannel, text: str) -> None:
    delivery = await channel.post(Post("wr:auto:x", text))
    assert delivery.fate is Fate.CONFIRMED
    [message] = slack.room.messages
    assert {block["text"]["type"] for block in message.blocks if block["type"] == "section"} == {"plain_text"}
    assert live_parts({"text": message.text}) == []
    assert message.blocks[0]["text"]["text"] == text


@pytest.mark.parametrize("length", [0, 1, SECTION, SECTION + 1, 9_000, 50_000])
async def test_a_text_of_any_length_is_taken(slack: SlackStandIn, channel: SlackChannel, length: int) -> None:
    delivery = await channel.post(Post("wr:auto:x", "x" * length))
    assert delivery.fate is Fate.CONFIRMED


async def test_the_token_goes_nowhere_but_to_slack(slack: SlackStandIn, channel: SlackChannel) -> None:
    async with slack_served() as other:
        slack.faults.queue(Fault("chat.postMessage", "redirect", value=f"{other.base_url}/api/chat.postMessage"))
        await channel.post(POST)
        assert other.attempts == []


def test_a_notification_says_first_what_is_wrong_and_marks_a_cut() -> None:
    well = [f"Provider {number}: ✅ GREEN, as it has been for hours" for number in range(12)]
    text = "\n".join(["auto: T+2h hourly update", "", *well, "Kill-Switch: ❌ RED", "- DISABLE_SEND=false"])
    shown = message_of(Post("k", text))["text"].split("\n")
    assert shown[:2] == ["auto: T+2h hourly update", "Kill-Switch: ❌ RED"]
    assert shown[-1].endswith("…")
    assert sum(map(len, shown)) + len(shown) - 1 <= 300
    assert message_of(Post("k", "one\ntwo"))["text"] == "one\ntwo"
