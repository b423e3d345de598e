"""A launch in Slack alone whose wall clock is set forward: Slack says whether that was right."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.slack_stage import IN_SLACK, MINUTE, SlackStage
from tests.engine.stage import T0
from tests.engine.test_engine import published
from warroom.engine.engine import Pace
from warroom.simulator.slack_faults import Fault

BY = timedelta(minutes=2)
QUIET = replace(IN_SLACK, channels={"file": replace(IN_SLACK.channels["file"], live=False)})
TICKING = Pace(tick_s=1.0)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SlackStage:
    return SlackStage(tmp_path, monkeypatch, QUIET)


def left_after_s(stage: SlackStage) -> float:
    """When the first post arrived, in seconds after T0, by the clock of Slack."""
    [post] = stage.messages("published")
    return float(post.ts) - T0.timestamp()


async def test_a_clock_that_was_set_right_is_believed_as_soon_as_slack_agrees(stage: SlackStage) -> None:
    async with stage.living(pace=TICKING) as engine:
        await published(engine)
        await stage.passes(MINUTE)
        stage.clock.step_wall(BY)
        await stage.passes(4 * MINUTE, 1.0)
    [agreed] = [entry.body for entry in stage.told if entry.kind == "clock.agreed"]
    assert agreed["source"] == "the Date of Slack"
    assert 300.0 <= left_after_s(stage) <= 302.0


async def test_a_clock_that_was_set_wrong_makes_no_post_early(stage: SlackStage) -> None:
    async with stage.living(pace=TICKING) as engine:
        await published(engine)
        await stage.passes(MINUTE)
        stage.clock.step_wall(BY)
        stage.slack.room.ahead_s = -BY.total_seconds()
        await stage.passes(5 * MINUTE, 1.0)
    assert not [entry for entry in stage.told if entry.kind == "clock.agreed"]
    assert 300.0 <= left_after_s(stage) <= 302.0
    assert 20 <= len(stage.calls("auth.test")) <= 31, "each ten seconds, as long as nobody agrees"


async def test_a_slack_that_gives_no_answer_is_asked_again(stage: SlackStage) -> None:
    async with stage.living(pace=TICKING) as engine:
        await published(engine)
        stage.slack.faults.queue(Fault("auth.test", "reset", times=3))
        stage.clock.step_wall(BY)
        await stage.passes(MINUTE, 1.0)
        assert engine.state.clock_set_s == 0.0
