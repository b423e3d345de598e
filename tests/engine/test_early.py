"""What is told of a post that left before its time, and of one that did not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.stage import T0, Stage
from tests.engine.test_engine import published
from warroom.engine.requests import PostNow, SetT0
from warroom.engine.view import state_json

_MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("slips", [False, True], ids=["T0 stands", "T0 slips afterwards"])
@pytest.mark.parametrize(
    ("asks_for_it", "early_s"), [(False, 0.0), (True, 60.0)], ids=["sent in time", "a person wanted it sooner"]
)
async def test_a_post_is_early_by_the_t0_of_when_it_was_sent(
    slips: bool, asks_for_it: bool, early_s: float, tmp_path: Path
) -> None:
    stage = Stage(tmp_path)
    async with stage.engine(tick_s=1.0) as engine:
        await published(engine)
        await stage.advance(4 * _MINUTE)
        if asks_for_it:
            await engine.ask(PostNow("T+5m"), "ada")
        await stage.advance(2 * _MINUTE)
        if slips:
            await engine.ask(SetT0(T0 + timedelta(seconds=90), "slipped"), "ada")
        [post] = [one for one in state_json(engine.state, stage.clock.now())["updates"] if one["sent_at"]]
    assert post["slot"] == "published@T+5m"
    assert post["early_s"] == pytest.approx(early_s, abs=2.0)
