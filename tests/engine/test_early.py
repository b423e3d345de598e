"""What is told of a post that left before its time, and of one that did not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.stage import T0, Stage
from tests.engine.test_delivery_line import Down
from tests.engine.test_engine import published
from tests.launch.course import after, course
from tests.launch.test_overall import NOW, measured
from warroom.adapters.file_channel import FileChannel
from warroom.engine.requests import PostNow, SetT0
from warroom.engine.view import state_json
from warroom.launch.ledger import Prepare, decide
from warroom.playbook.course import Update
from warroom.playbook.template import parse_template
from warroom.updates.render import post_text

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
    [posted] = stage.posts()
    assert posted.delivery == post["delivery"]
    assert posted.delivery.startswith("EARLY by 59s; journal " if asks_for_it else "journal ")
    assert post["early_s"] == pytest.approx(early_s, abs=2.0)


async def test_one_that_its_channel_took_in_time_says_nothing_of_having_been_wanted_earlier(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.channel = down = Down(FileChannel(tmp_path / "posts.txt", stage.clock))
    async with stage.engine(tick_s=1.0) as engine:
        await published(engine)
        await stage.advance(4 * _MINUTE)
        await engine.ask(PostNow("T+5m"), "ada")
        await stage.advance(_MINUTE)
        down.is_down = False
        await stage.advance(_MINUTE)
    [posted] = stage.posts()
    assert posted.delivery.startswith("journal ")


def test_what_it_tells_is_as_old_as_it_is_when_it_is_written() -> None:
    told = Update(
        "told",
        "Told",
        next(iter(course().channels)),
        parse_template("{{ signals(errors_5xx) }}"),
        starts=30 * _MINUTE,
    )
    state = measured()
    state = replace(state, course=replace(state.course, updates={"told": told}))
    for wanted, now in ((True, NOW), (False, T0 + 30 * _MINUTE + timedelta(seconds=50))):
        asked = after(state, "update.requested", NOW, slot="told@T+30m", by="ada") if wanted else state
        asked = after(
            asked, "signal.level", now - timedelta(seconds=43), signal="errors_5xx", level="green", value=0.0
        )
        [prepare] = (one for one in decide(asked, now) if isinstance(one, Prepare))
        assert post_text(asked, prepare).endswith("; 43s old)")
