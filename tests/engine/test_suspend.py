"""A machine that was suspended: what fell due meanwhile leaves within ten seconds of the engine being awake."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.slack_stage import HOUR, IN_SLACK, MINUTE, SECOND, SlackStage
from tests.engine.stage import COURSE, T0, Stage
from tests.engine.test_engine import Fails, published
from warroom.adapters.file_channel import FileChannel
from warroom.engine.engine import Engine, Pace
from warroom.launch.schedule import all_slots
from warroom.launch.standing import is_resolved
from warroom.simulator.slack_faults import Fault
from warroom.updates.channel import Delivery, Fate

WITHIN_S = 10.0
STEP_S = 0.5
# A post that a suite has to come before takes as long as that.
UPDATES = {name: one for name, one in COURSE.updates.items() if not one.suite}
IN_A_FILE = replace(COURSE, updates=UPDATES)
SLEEPS = [
    pytest.param(4 * MINUTE, 10 * MINUTE, 1, id="over one post"),
    pytest.param(5 * MINUTE - SECOND, 2 * SECOND, 1, id="for two seconds, over one post"),
    pytest.param(30 * MINUTE, 8 * HOUR, 7, id="over a night of recurring posts"),
    pytest.param(30 * MINUTE, 60 * HOUR, 17, id="over the whole launch"),
]


def unresolved(stage: Stage, engine: Engine) -> set[str]:
    """The slots that are due by now and neither sent nor named."""
    due = [slot for slot in all_slots(engine.state, stage.clock.now()) if slot.due(T0) <= stage.clock.now()]
    return {slot.id for slot in due if not is_resolved(engine.state, slot)}


async def awake_s(stage: Stage, engine: Engine) -> float:
    """For how many seconds the engine is awake until nothing that is due is left to send."""
    began = stage.clock.monotonic()
    while unresolved(stage, engine) and stage.clock.monotonic() - began < 6 * WITHIN_S:
        await stage.clock.advance(STEP_S)
    return stage.clock.monotonic() - began


@pytest.mark.parametrize(("at", "lasts", "missed"), SLEEPS)
async def test_what_fell_due_in_a_suspend_leaves_within_ten_seconds_of_waking(
    at: timedelta, lasts: timedelta, missed: int, tmp_path: Path
) -> None:
    stage = Stage(tmp_path, course=IN_A_FILE)
    async with stage.engine(tick_s=Pace().tick_s) as engine:
        await published(engine)
        await stage.advance(at)
        stage.clock.suspend(lasts.total_seconds())
        assert len(unresolved(stage, engine)) == missed
        assert await awake_s(stage, engine) <= WITHIN_S


@pytest.mark.parametrize(("at", "lasts", "missed"), SLEEPS[:-1])
async def test_it_does_so_in_slack_beside_the_status_message(
    at: timedelta, lasts: timedelta, missed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates = {name: one for name, one in UPDATES.items() if name in IN_SLACK.updates}
    stage = SlackStage(tmp_path, monkeypatch, replace(IN_SLACK, updates=updates))
    async with stage.living(pace=Pace()) as engine:
        await published(engine)
        await stage.passes(at, 1.0)
        stage.clock.suspend(lasts.total_seconds())
        assert len(unresolved(stage, engine)) == min(missed, 6)
        assert await awake_s(stage, engine) <= WITHIN_S


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Delivery(Fate.NOT_SENT, reason="down"), id="it had not been taken"),
        pytest.param(Delivery(Fate.NOT_SENT, reason="busy", wait_s=300.0), id="it was to wait for five minutes"),
        pytest.param(Delivery(Fate.UNKNOWN, reason="no answer"), id="its fate was not known"),
    ],
)
async def test_a_post_that_was_tried_before_a_suspend_leaves_within_ten_seconds_of_waking(
    answer: Delivery, tmp_path: Path
) -> None:
    stage = Stage(tmp_path, course=IN_A_FILE)
    stage.channel = Fails(FileChannel(tmp_path / "posts.txt", stage.clock), [answer] * 3)
    async with stage.engine(tick_s=Pace().tick_s) as engine:
        await published(engine)
        await stage.advance(5 * MINUTE + SECOND)
        assert isinstance(stage.channel, Fails)
        stage.channel.answers.clear()
        stage.clock.suspend(600)
        assert unresolved(stage, engine) == {"published@T+5m"}
        assert await awake_s(stage, engine) <= WITHIN_S


async def test_a_slack_that_asks_to_wait_right_after_a_suspend_makes_nothing_later_than_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = SlackStage(tmp_path, monkeypatch, replace(IN_SLACK, updates={"published": UPDATES["published"]}))
    async with stage.living(pace=Pace()) as engine:
        await published(engine)
        await stage.passes(4 * MINUTE, 1.0)
        stage.clock.suspend(600)
        stage.slack.faults.queue(Fault("chat.*", "limited", value="1", times=2))
        assert await awake_s(stage, engine) <= WITHIN_S
    assert len(stage.messages("published@T+5m")) == 1
