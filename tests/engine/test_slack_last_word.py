"""The last word of an engine in Slack, when the launch is closed and when it is stopped, while calls fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.slack_stage import MINUTE, SlackStage, body_of, foot_of
from warroom.adapters.slack import SlackChannel
from warroom.engine.engine import Pace
from warroom.engine.requests import CloseLaunch
from warroom.simulator.slack_faults import Fault
from warroom.updates.channel import Delivery, Fate, Post


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SlackStage:
    return SlackStage(tmp_path, monkeypatch)


@pytest.mark.parametrize(("wait", "times"), [("1", 5), ("3", 3)], ids=["five times a second", "three times three"])
async def test_at_the_end_slack_may_ask_to_wait(stage: SlackStage, wait: str, times: int) -> None:
    async with stage.living(stopped_by="nobody") as engine:
        await stage.passes(3 * MINUTE)
        stage.slack.faults.queue(Fault("chat.update", "limited", value=wait, times=times))
        await engine.ask(CloseLaunch("enough"), "ada")
        await stage.passes(MINUTE)
    [message] = stage.messages(":live-")
    assert body_of(message).startswith("■ CLOSED: ")
    assert "alive" not in foot_of(message)
    assert stage.pending() == []


async def test_one_call_that_fails_at_the_end_takes_no_others_time(stage: SlackStage) -> None:
    async with stage.living(stopped_by="nobody") as engine:
        await stage.passes(3 * MINUTE)
        stage.slack.faults.queue(Fault("chat.deleteScheduledMessage", "limited", value="60", times=99))
        await engine.ask(CloseLaunch("enough"), "ada")
        await stage.passes(MINUTE)
    assert body_of(stage.messages(":live-")[0]).startswith("■ CLOSED: ")
    assert len(stage.pending()) == 1


@pytest.mark.parametrize("is_closed", [True, False], ids=["the launch is closed", "the engine is stopped"])
async def test_an_edit_that_takes_effect_after_the_last_one_is_put_right(
    stage: SlackStage, monkeypatch: pytest.MonkeyPatch, is_closed: bool
) -> None:
    assert isinstance(stage.channel, SlackChannel)
    edit, posts = stage.channel.edit, list[Post]()

    async def late(ref: str, post: Post) -> Delivery:
        posts.append(post)
        if len(posts) == 1:
            return Delivery(Fate.UNKNOWN, reason="no answer in time")
        [before] = stage.messages(":live-")
        done = await edit(ref, post)
        if len(posts) == 2:
            [after] = stage.messages(":live-")
            stage.slack.room.change(after, blocks=before.blocks)
        return done

    async with stage.living(stopped_by="ada", pace=Pace(tick_s=1.0)) as engine:
        await stage.passes(3 * MINUTE)
        monkeypatch.setattr(stage.channel, "edit", late)
        while not posts:
            await stage.clock.advance(1.0)
        if is_closed:
            await engine.ask(CloseLaunch("enough"), "ada")
    assert posts[0].text.startswith("STATUS: ")
    assert body_of(stage.messages(":live-")[0]).startswith("■ ")
