"""The engine on a virtual clock: what is in the file after 48 hours is what was owed, whatever happens in between."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.engine.stage import T0, TIMES, Stage
from warroom.engine.requests import TickStep
from warroom.journal.audit import audit

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


async def test_48_hours_give_the_19_posts_each_within_its_tick(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await engine.ask(TickStep("publish", {"build_id": "b-1"}), "ada")
        await stage.advance(48 * _HOUR + _MINUTE)
        assert engine.state.closed
    posts = stage.posts()
    assert [post.time for post in posts] == list(TIMES)
    lateness = [post.at - (T0 + _offset(post.time)) for post in posts]
    assert all(timedelta() <= late <= timedelta(seconds=15) for late in lateness)
    assert not any("LATE" in post.delivery for post in posts)
    assert audit(tmp_path).problems == ()
    assert stage.trouble == []


def _offset(time: str) -> timedelta:
    number, unit = int(time[2:-1]), time[-1]
    return number * (_HOUR if unit == "h" else _MINUTE)
