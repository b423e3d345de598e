"""5,000 hostile values of people and services in posts to a strict Slack: by its log none of them acts."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from tests.adapters.slacks import address_of, slack_served
from tests.engine.slack_here import channel_here, slack_here
from tests.launch.course import T0, after, opened
from tests.launch.in_slack import MINUTE, in_slack
from tests.screens.hostile import STRINGS
from warroom.adapters.slack import SlackChannel
from warroom.clock import RealClock, VirtualClock
from warroom.engine.deciding import decide as asked
from warroom.engine.drafts import post_of, sending
from warroom.engine.requests import NoteIncident, OpenIncident, RemarkOnUpdate, Request, TickStep
from warroom.events import LaunchInfo
from warroom.launch.dead_man import Arm
from warroom.launch.ledger import Prepare, Send, decide
from warroom.launch.liveness import Alarm, AlarmStage
from warroom.launch.state import LaunchState
from warroom.playbook.course import Ask, Channel, Course, Step, Update
from warroom.playbook.template import parse_template
from warroom.simulator.slack_rules import live_parts
from warroom.text import clean
from warroom.updates.channel import Fate, Post
from warroom.updates.render import post_text
from warroom.updates.slack_message import only_message_of
from warroom.updates.status_text import alarm_text, answer_text, status_text

MARKUP: Final = (
    "<!channel>",
    "<!here|here>",
    "<!everyone>",
    "<!subteam^S012|team>",
    "<!date^1700000000^{date}^https://example.com|x>",
    "<@U0123456>",
    "<#C0123456|general>",
    "<https://example.com|click>",
    "<mailto:a@example.com|mail>",
    "&lt;!channel&gt;",
    "&amp;lt;!here&amp;gt;",
    "\\u003c!channel\\u003e",
    "@channel @here",
    "*bold* _italic_ ~struck~",
    "`code` ```block```",
    "\n> quoted\n```\n<!channel>\n",
    ":tada: :skin-tone-2:",
    "https://example.com/?a=<b>&c",
    '"}],"text":"<!channel>',
)
_PIECES: Final = (*MARKUP, *(text[:16] for text in STRINGS.values()))
_IN_ONE: Final = 25
SLOT: Final = "told@inc-1"
_TEXT: Final = """\
{{ incident.text }}
{{ incident.note }}
{{ steps.confirm.said }}
{{ badge(c) }} {{ note(c) }}
{{ lines(c) }}
{{ incidents.open }}"""
COURSE: Final = Course(
    steps={"confirm": Step("confirm", "Confirm", asks=(Ask("said", "Said"),))},
    channels={"chat": Channel("chat", "slack", threads=True)},
    updates={"told": Update("told", "Told", "chat", parse_template(_TEXT), on=("incident.opened",))},
)


def values(count: int) -> list[str]:
    """So many different values, each of one to four pieces; the same ones each time."""
    dice = random.Random(20251101)
    return ["PWN".join(dice.choices(_PIECES, k=dice.randint(1, 4))) + f" {number}" for number in range(count)]


def after_request(state: LaunchState, request: Request) -> LaunchState:
    """The launch after what a person asks for, by way of what the engine makes of it."""
    for draft in asked(request, state, T0, "ann"):
        state = after(state, draft.kind, T0, **draft.body)
    return state


def found(told: Sequence[str]) -> dict[str, Any]:
    """The body of `suite.finished`, with a hostile value wherever a check says something."""
    reason, urgent, *lines = told
    said = [{"say": one, "verdict": "fail", "reason": one, "required": True} for one in lines]
    outcome = {"id": "c", "title": "Check", "verdict": "fail", "word": "RED", "reason": reason, "required": True}
    hints = [{"symptom": urgent, "cause": urgent, "fix": urgent, "severity": "critical"}]
    body = {"suite": "all", "cause": "phase:x", "verdict": "fail", "word": "RED", "reason": reason}
    return {**body, "evidence_log": reason, "outcomes": [{**outcome, "results": said, "hints": hints}]}


def post_with(told: Sequence[str]) -> Post:
    """A post in which all of these stand."""
    text, first, second, said, remark, *measured = told
    state = after_request(opened(T0, COURSE), OpenIncident(text))
    state = after_request(state, NoteIncident("inc-1", f"{first}\n{second}"))
    state = after_request(state, TickStep("confirm", {"said": said}))
    state = after_request(state, RemarkOnUpdate(SLOT, remark))
    state = after(state, "suite.started", T0, suite="all", cause="phase:x")
    state = after(state, "suite.finished", T0, **found(measured))
    [prepare] = [one for one in decide(state, T0) if isinstance(one, Prepare)]
    body = {"slot": SLOT, "key": prepare.key, "text": post_text(state, prepare), "late_s": 0.0}
    state = after(state, "update.due", T0, **body)
    [send] = [one for one in decide(state, T0) if isinstance(one, Send)]
    [intent] = sending(send, state, T0, "C0WARROOM")
    state = after(state, intent.kind, T0, **intent.body)
    return post_of(send, state, T0)


def texts(blocks: Sequence[Any]) -> Iterator[Any]:
    for block in blocks:
        yield from (part for part in (block.get("text"), *block.get("elements", ())) if part)


async def test_5000_hostile_values_in_posts_mention_link_and_format_nothing() -> None:
    made = values(5_000)
    posts = [post_with(made[at : at + _IN_ONE]) for at in range(0, len(made), _IN_ONE)]
    async with slack_served() as slack:
        channel = SlackChannel(address_of(slack), "C0WARROOM", RealClock())
        for post in posts:
            await channel.post(post)
        channel.close()
    assert [one for one in slack.attempts if one.error or one.live] == []
    shown = "\n".join(str(part["text"]) for one in slack.room.messages for part in texts(one.blocks))
    kinds = {(part["type"], part["emoji"]) for one in slack.room.messages for part in texts(one.blocks)}
    assert kinds == {("plain_text", False)}
    acting = {char for char in shown if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char != "\n"}
    assert acting == set()
    assert len(slack.room.messages) == len(posts)
    # They are all there, as text.
    assert sum(f" {number}" in shown for number in range(5_000)) == 5_000
    assert shown.count("<!channel>") > 500
    assert [post.key for post in posts if live_parts(only_message_of(post))] == []


def kept_with(told: Sequence[str]) -> tuple[Post, Post, Post]:
    """A status message, and an alarm with its answer, in which these stand."""
    title, by, *more = told
    state = in_slack(T0)
    state = replace(state, course=replace(state.course, launch=LaunchInfo("a", title)))
    for number, (text, reason) in enumerate(zip(more[::2], more[1::2], strict=True)):
        state = after_request(state, OpenIncident(text))
        run = {"suite": f"s{number}", "cause": f"phase:{number}"}
        state = after(state, "suite.started", T0, **run)
        state = after(state, "suite.finished", T0, **{**found([reason, ""]), **run})
    who = clean(by, limit=200)
    arm = Arm(1, "wr:a:deadman-1", "war_room", T0, T0 + 15 * MINUTE, who)
    alarm = Alarm(1, arm.key, arm.channel, AlarmStage.FIRED, T0, arm.fires_at, T0, 1, who)
    texts = (status_text(state, T0, who), alarm_text(state, arm), answer_text(state, alarm, T0))
    return Post("wr:a:live-1", texts[0]), Post(arm.key, texts[1]), Post(arm.key, texts[2])


async def test_5000_hostile_values_in_the_status_message_and_the_alarm_mention_link_and_format_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = values(5_004)
    clock = VirtualClock(T0)
    slack = slack_here(clock, monkeypatch)
    slack.methods.pace.post_s = 0.0
    channel = channel_here(slack, clock)
    for at in range(0, len(made), 18):
        status, alarm, answer = kept_with(made[at : at + 18])
        for text in (status, answer):
            placed = await channel.post(text)
            edited = await channel.edit(placed.ref, text)
            assert (placed.fate, edited.fate) == (Fate.CONFIRMED, Fate.CONFIRMED)
        scheduled = await channel.schedule(alarm, 900.0)
        assert scheduled.fate is Fate.CONFIRMED
        # Slack takes thirty for the same five minutes.
        slack.room.ahead_s += 15
    slack.room.ahead_s += 901
    slack.to_json()
    assert [one for one in slack.attempts if one.error or one.live] == []
    assert [one.text for one in slack.room.messages if live_parts({"text": one.text})] == []
    shown = "\n".join(str(part["text"]) for one in slack.room.messages for part in texts(one.blocks))
    kinds = {(part["type"], part["emoji"]) for one in slack.room.messages for part in texts(one.blocks)}
    assert kinds == {("plain_text", False)}
    assert {char for char in shown if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char != "\n"} == set()
    assert len(slack.room.messages) == 3 * len(made) // 18
    assert shown.count("<!channel>") > 500
