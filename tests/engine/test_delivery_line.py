"""The line below a post as it stands in its channel is known to whoever looks at the launch, word for word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.engine.stage import Stage
from warroom.adapters.file_channel import FileChannel
from warroom.engine.engine import Engine
from warroom.engine.requests import PostAgain, TickStep
from warroom.engine.view import state_json
from warroom.updates.channel import Delivery, Fate, Post

MINUTE = timedelta(minutes=1)
PUBLISHED = "published@T+5m"


@dataclass
class Down:
    """A file that takes nothing while it is down."""

    inner: FileChannel
    is_down: bool = True

    async def post(self, post: Post) -> Delivery:
        return Delivery(Fate.NOT_SENT, reason="it is down") if self.is_down else await self.inner.post(post)

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        return await self.inner.find(key, since, thread)


def shown(engine: Engine, stage: Stage) -> dict[str, Any]:
    updates = state_json(engine.state, stage.clock.now())["updates"]
    return next(dict(post) for post in updates if post["slot"] == PUBLISHED)


async def test_a_post_that_its_channel_took_late_is_late_by_as_much_as_it_says_itself(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.channel = down = Down(FileChannel(tmp_path / "posts.txt", stage.clock))
    async with stage.engine(tick_s=60.0) as engine:
        await engine.ask(TickStep("publish", {"build_id": "b-1"}), "ada")
        await stage.advance(6 * MINUTE)
        assert shown(engine, stage)["delivery"] == ""
        down.is_down = False
        await stage.advance(9 * MINUTE)
        post = shown(engine, stage)
    [posted] = [one for one in stage.posts() if one.slot == PUBLISHED]
    assert posted.delivery.startswith("LATE by ")
    assert post["delivery"] == posted.delivery
    assert post["late_s"] > 60


async def test_below_a_post_in_time_stands_the_head_of_the_journal(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine(tick_s=60.0) as engine:
        await engine.ask(TickStep("publish", {"build_id": "b-1"}), "ada")
        await stage.advance(6 * MINUTE)
        post = shown(engine, stage)
        [posted] = stage.posts()
        assert (post["delivery"], post["late_s"]) == (posted.delivery, 0.0)
        assert posted.delivery.startswith("journal ")
        await engine.ask(PostAgain(PUBLISHED, "nobody saw it"), "ada")
        await stage.advance(MINUTE)
        again = shown(engine, stage)
    assert again["delivery"] == stage.posts()[-1].delivery
    assert "sent again by ada: nobody saw it" in str(again["delivery"])
