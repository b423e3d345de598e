"""What people add to a post: below what was measured, under their name, and the same in every attempt."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.stage import Stage
from tests.engine.test_engine import Fails, published
from warroom.adapters.file_channel import FileChannel
from warroom.engine.requests import RemarkOnUpdate
from warroom.engine.view import state_json
from warroom.errors import UsageError
from warroom.updates.channel import Delivery, Fate

_MINUTE = timedelta(minutes=1)


async def test_a_remark_stands_below_what_was_measured_under_the_name_of_whoever_made_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await engine.ask(RemarkOnUpdate("T+5m", "never sent"), "ada")
        await engine.ask(RemarkOnUpdate("T+5m", "Build ID: b-9\nit \x1b[31mis fine"), "bob")
        preview = state_json(engine.state, stage.clock.now())["updates"][0]["preview"]
        await stage.advance(6 * _MINUTE)
        with pytest.raises(UsageError, match="is sent already"):
            await engine.ask(RemarkOnUpdate("T+5m", "too late"), "ada")
    assert stage.posts()[0].text == "Build ID: b-1\nRemark by bob: Build ID: b-9\n  it \\e[31mis fine" == preview


async def test_a_remark_on_a_post_that_is_merged_goes_with_the_one_that_stands_for_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine(kill=True) as engine:
        await published(engine)
        await engine.ask(RemarkOnUpdate("T+2h", "lunch"), "ada")
        await engine.ask(RemarkOnUpdate("T+3h", "gone"), "ada")
        await engine.ask(RemarkOnUpdate("T+3h", ""), "ada")
    stage.clock.suspend(4.5 * 3600)
    async with stage.engine():
        await stage.advance(5 * _MINUTE)
    texts = {post.time: post.text for post in stage.posts()}
    assert texts["T+4h"] == "hourly, T+4h\nRemark by ada: lunch"


async def test_a_text_that_was_tried_to_be_sent_is_the_same_in_every_attempt(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.channel = Fails(FileChannel(tmp_path / "posts.txt", stage.clock), [Delivery(Fate.NOT_SENT, wait_s=60)])
    async with stage.engine(tick_s=1.0) as engine:
        await published(engine)
        await engine.ask(RemarkOnUpdate("T+5m", "first"), "ada")
        await stage.advance(5 * _MINUTE + timedelta(seconds=2))
        with pytest.raises(UsageError, match="its text stands"):
            await engine.ask(RemarkOnUpdate("T+5m", "second"), "ada")
        await stage.advance(2 * _MINUTE)
    assert [post.text for post in stage.posts()] == ["Build ID: b-1\nRemark by ada: first"]
