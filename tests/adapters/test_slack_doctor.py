"""What the examination of a Slack channel finds, against the strict stand-in; its log says what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.adapters.slacks import TOKEN, address_of
from warroom.adapters.slack_doctor import _Answer, _clocks, examined, hook_finding
from warroom.clock import RealClock
from warroom.launch.setup import Finding
from warroom.simulator.slack import SlackStandIn
from warroom.simulator.slack_faults import Fault
from warroom.verdict import Verdict

CHANNEL = "C0WARROOM"
PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


async def findings(slack: SlackStandIn, channel: str = CHANNEL, token: str = TOKEN) -> dict[str, Finding]:
    found = await asyncio.to_thread(examined, address_of(slack, token), channel, RealClock())
    assert TOKEN not in str(found)
    return {one.about: one for one in found}


async def test_a_good_app_in_its_channel_is_green_and_nothing_was_posted(slack: SlackStandIn) -> None:
    found = await findings(slack)
    assert {one.verdict for one in found.values()} == {PASS}
    assert "bot warroom of team war" in found["token"].found
    assert [one.method for one in slack.attempts] == ["auth.test", "conversations.info"]
    assert not slack.room.messages


def _without(scope: str) -> Callable[[SlackStandIn], None]:
    def spoil(slack: SlackStandIn) -> None:
        slack.app.scopes = tuple(one for one in slack.app.scopes if one != scope)

    return spoil


def _room(**state: bool) -> Callable[[SlackStandIn], None]:
    def spoil(slack: SlackStandIn) -> None:
        for name, value in state.items():
            setattr(slack.room.channels[CHANNEL], name, value)

    return spoil


def _token_is(state: str) -> Callable[[SlackStandIn], None]:
    def spoil(slack: SlackStandIn) -> None:
        slack.app.token_state = state

    return spoil


def _fault(kind: str, method: str = "auth.test", value: str = "") -> Callable[[SlackStandIn], None]:
    return lambda slack: slack.faults.queue(Fault(method, kind, value=value))


CASES = {
    "a revoked token": (_token_is("token_revoked"), "token", FAIL),
    "a disabled account": (_token_is("account_inactive"), "token", FAIL),
    "no scope to post": (_without("chat:write"), "scope chat:write", FAIL),
    "no scope to look up": (_without("channels:history"), "scope channels:history or groups:history", FAIL),
    "no scope to attach": (_without("files:write"), "scope files:write", FAIL),
    "an archived channel": (_room(archived=True), f"channel {CHANNEL}", FAIL),
    "not a member": (_room(member=False), f"channel {CHANNEL}", FAIL),
    "nobody may ask about the channel": (_without("channels:read"), f"channel {CHANNEL}", UNKNOWN),
    "a connection that breaks": (_fault("reset"), "token", UNKNOWN),
    "a page of HTML": (_fault("status", value="200"), "token", UNKNOWN),
    "internal_error": (_fault("error", value="internal_error"), "token", UNKNOWN),
    "an answer with nothing in it": (
        _fault("body", "conversations.info", '{"ok": true}'),
        f"channel {CHANNEL}",
        UNKNOWN,
    ),
}


@pytest.mark.parametrize(("spoil", "about", "verdict"), CASES.values(), ids=CASES)
async def test_what_is_wrong_is_found(
    slack: SlackStandIn, spoil: Callable[[SlackStandIn], None], about: str, verdict: Verdict
) -> None:
    spoil(slack)
    found = await findings(slack)
    assert found[about].verdict is verdict
    assert not slack.room.messages


async def test_a_token_that_is_not_taken_leaves_the_channel_unknown(slack: SlackStandIn) -> None:
    found = await findings(slack, token="xoxb-other")
    assert found["token"].verdict is FAIL
    assert found[f"channel {CHANNEL}"].verdict is UNKNOWN


async def test_without_the_scope_to_ask_a_read_shows_that_the_bot_is_not_in_the_channel(slack: SlackStandIn) -> None:
    _without("channels:read")(slack)
    _room(member=False)(slack)
    found = await findings(slack)
    assert (found[f"channel {CHANNEL}"].verdict, found[f"channel {CHANNEL}"].found) == (FAIL, "not_in_channel")


@pytest.mark.parametrize("channel", ["C0NOWHERE", "#war-room", "war-room"])
async def test_a_channel_that_is_not_there_by_that_id_is_found(slack: SlackStandIn, channel: str) -> None:
    found = (await findings(slack, channel))[f"channel {channel}"]
    assert (found.verdict, found.found) == (FAIL, "channel_not_found")
    assert "at the bottom of View channel details" in found.repair


async def test_an_address_that_is_not_the_one_of_slacks_api_is_named(slack: SlackStandIn) -> None:
    _fault("error", value="unknown_method")(slack)
    token = (await findings(slack))["token"]
    assert (token.verdict, token.found) == (FAIL, "unknown_method")
    assert token.repair == "that is not the address of Slack's API: check SLACK_API_URL"


@pytest.mark.parametrize(("off_s", "verdict"), [(0, PASS), (29, PASS), (31, FAIL), (-31, FAIL)])
def test_the_clocks_may_be_thirty_seconds_apart(off_s: int, verdict: Verdict) -> None:
    now = RealClock().now().replace(microsecond=0)
    date = (now + timedelta(seconds=off_s)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert _clocks(replace(_Answer({}), date=date), now).verdict is verdict


@pytest.mark.parametrize(
    ("url", "verdict"),
    [
        ("https://hooks.slack.com/services/T0A/B0A/abc123", UNKNOWN),
        ("https://hooks.slack.com/services/T0A/abc123", FAIL),
        ("http://hooks.slack.com/services/T0A/B0A/abc123", FAIL),
        ("https://hooks.slack.com.example.org/services/T0A/B0A/abc123", FAIL),
    ],
)
def test_the_form_of_a_webhook_is_judged_and_never_called_working(url: str, verdict: Verdict) -> None:
    found = hook_finding(url)
    assert found.verdict is verdict
    assert "abc123" not in str(found)
