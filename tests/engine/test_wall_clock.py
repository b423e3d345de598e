"""The engine while its wall clock is set, and across a suspend."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.stage import Stage
from tests.engine.test_engine import Fails, published
from warroom.adapters.file_channel import FileChannel
from warroom.engine.requests import PostNow
from warroom.updates.channel import Delivery, Fate

_MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("by", [timedelta(hours=2), timedelta(hours=-2)], ids=["forward", "back"])
@pytest.mark.parametrize("early", [True, False], ids=["before the attempt", "after the attempt"])
async def test_a_clock_that_is_set_lengthens_no_pause_between_two_attempts(
    early: bool, by: timedelta, tmp_path: Path
) -> None:
    stage = Stage(tmp_path)
    answers = [Delivery(Fate.NOT_SENT, reason="full", wait_s=30.0), Delivery(Fate.UNKNOWN, reason="hm")]
    stage.channel = Fails(FileChannel(tmp_path / "posts.txt", stage.clock), answers)
    async with stage.engine(tick_s=1.0) as engine:
        await published(engine)
        await engine.ask(PostNow("T+5m"), "ada")
        for _ in range(2):
            if early:
                stage.clock.step_wall(by)
            await stage.advance(timedelta(seconds=2))
            if not early:
                stage.clock.step_wall(by)
            await stage.advance(timedelta(seconds=40))
    assert [post.time for post in stage.posts()] == ["T+5m"]


async def test_a_step_of_the_wall_clock_is_journaled_and_a_suspend_is_none(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine():
        stage.clock.suspend(600)
        await stage.advance(_MINUTE)
        stage.clock.step_wall(timedelta(seconds=30))
        await stage.advance(_MINUTE)
    async with stage.engine():
        await stage.advance(_MINUTE)
    assert [entry.body["by_s"] for entry in stage.told if entry.kind == "clock.step"] == [30.0]


async def test_a_step_between_two_engines_is_noticed(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine():
        pass
    stage.clock.step_wall(timedelta(hours=-2))
    async with stage.engine():
        await stage.advance(_MINUTE)
    assert [entry.body["by_s"] for entry in stage.told if entry.kind == "clock.step"] == [-7200.0]


_HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("steps", "leaves_after"),
    [
        pytest.param([(-_HOUR, 10)], 5 * _MINUTE + _HOUR, id="set back by an hour"),
        pytest.param([(-_HOUR, 10), (_HOUR, 10)], 5 * _MINUTE, id="set back, and right again ten seconds later"),
        pytest.param([(timedelta(seconds=50), 10)], 5 * _MINUTE - timedelta(seconds=50), id="set forward a little"),
        pytest.param([(timedelta(seconds=-50), 10)], 5 * _MINUTE + timedelta(seconds=50), id="set back a little"),
    ],
)
async def test_a_post_leaves_within_a_tick_however_the_wall_clock_is_set(
    steps: list[tuple[timedelta, float]], leaves_after: timedelta, tmp_path: Path
) -> None:
    """The scheduler has counted on the clock as it was, and may be late by as much; the ticks are not."""
    stage, tick = Stage(tmp_path), timedelta(seconds=15)
    async with stage.engine(tick_s=tick.total_seconds()) as engine:
        await published(engine)
        await stage.advance(4 * _MINUTE)
        for by, then_s in steps:
            stage.clock.step_wall(by)
            await stage.advance(timedelta(seconds=then_s))
        went_by = timedelta(seconds=stage.clock.monotonic())
        await stage.advance(leaves_after - went_by - timedelta(milliseconds=1))
        assert stage.posts() == []
        await stage.advance(tick + timedelta(milliseconds=1))
        assert [post.time for post in stage.posts()] == ["T+5m"]
