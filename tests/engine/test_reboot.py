"""The machine of a launch goes down and starts again: its boot clock begins anew, which is no clock that was set."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.stage import T0, Stage
from tests.engine.test_engine import Dying, published
from warroom.adapters.file_channel import FileChannel
from warroom.journal.audit import audit

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def booted(folder: Path, after: timedelta) -> Stage:
    """The launch on a machine that was started again so long after T0."""
    stage = Stage(folder)
    stage.clock.step_wall(after)
    stage.clock.boot_id = lambda: "another boot"  # type: ignore[method-assign]
    return stage


@pytest.mark.parametrize("off", [2 * MINUTE, 2 * HOUR, 30 * HOUR], ids=["minutes", "hours", "more than a day"])
@pytest.mark.parametrize("after_bytes", [False, True], ids=["before the bytes", "after the bytes"])
async def test_after_a_reboot_the_launch_goes_on_and_each_post_comes_once(
    off: timedelta, after_bytes: bool, tmp_path: Path
) -> None:
    stage = Stage(tmp_path)
    # The boot clock has counted for days by now, and is near nothing after the reboot.
    stage.clock.suspend(5 * 86_400)
    stage.clock.step_wall(timedelta(days=-5))
    stage.channel = Dying(FileChannel(tmp_path / "posts.txt", stage.clock), stage, 2, after_bytes)
    async with stage.engine(kill=True) as engine:
        await published(engine)
        await stage.advance(16 * MINUTE)
    again = booted(tmp_path, 16 * MINUTE + off)
    async with again.engine() as engine:
        await again.advance(HOUR)
        assert engine.state.clock_set_s == 0.0
    posts = again.posts()
    told = [post.time for post in posts]
    told += [time for post in posts for time in _stands_for(post.delivery)]
    assert sorted(told) == sorted(["T+5m", "T+15m", *_due(16 * MINUTE + off + HOUR)])
    assert all(post.at >= T0 + _span(post.time) for post in posts)
    assert audit(tmp_path).problems == ()


def _span(time: str) -> timedelta:
    return int(time[2:-1]) * (HOUR if time.endswith("h") else MINUTE)


def _due(at: timedelta) -> list[str]:
    hours = [*range(1, 7), *range(8, 49, 4)]
    return [f"T+{hour}h" for hour in hours if hour * HOUR <= at]


def _stands_for(delivery: str) -> list[str]:
    _, found, rest = delivery.partition("stands for ")
    return rest.partition(" too")[0].split(", ") if found else []
