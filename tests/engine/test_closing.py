"""What a launch that a person closes leaves undone is said, and stands in its journal."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.engine.acted import LAGS, Acted
from tests.engine.stage import Stage
from tests.engine.test_engine import Fails, published
from warroom.adapters.file_channel import FileChannel
from warroom.clock import settle
from warroom.engine.requests import CloseLaunch, OpenIncident, ResolveIncident, SetLever
from warroom.errors import UsageError
from warroom.launch.entries import Entry
from warroom.launch.procedures import StepStage
from warroom.launch.state import Stage as Standing
from warroom.report.launch_lines import log_line
from warroom.updates.channel import CannotTell, Delivery, Fate, Post

_MINUTE = timedelta(minutes=1)


def closed(stage: Stage) -> Entry:
    return next(entry for entry in stage.told if entry.kind == "launch.closed")


async def test_closing_says_how_many_owed_updates_stay_unsent_and_names_the_first(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(20 * _MINUTE)
        await engine.ask(CloseLaunch("enough"), "ada")
    sent = len(stage.posts())
    assert sent
    first = ["hourly@T+1h", "hourly@T+2h", "hourly@T+3h"]
    assert (closed(stage).body["unsent"], closed(stage).body["first"]) == (19 - sent, first)
    line = log_line(closed(stage))
    assert line is not None
    assert line.text == f"launch closed: enough; {19 - sent} owed updates will never be sent: {', '.join(first)}, …"


async def test_before_t0_no_update_is_owed_so_none_stays_unsent(tmp_path: Path) -> None:
    stage = Stage(tmp_path, t0=None)
    async with stage.engine() as engine:
        await engine.ask(CloseLaunch("called off"), "ada")
    assert closed(stage).body["unsent"] == 0
    line = log_line(closed(stage))
    assert line is not None
    assert line.text == "launch closed: called off"


async def test_closing_names_the_incidents_that_nobody_resolved(tmp_path: Path) -> None:
    stage = Stage(tmp_path, t0=None)
    async with stage.engine() as engine:
        for text in ("logins fail", "the queue grows"):
            await engine.ask(OpenIncident(text), "ada")
        await engine.ask(ResolveIncident("inc-1", "it was the cache"), "ada")
        await engine.ask(CloseLaunch("called off"), "ada")
    line = log_line(closed(stage))
    assert line is not None
    assert line.text.startswith("launch closed: called off; never resolved: inc-2")


async def test_a_post_under_way_is_not_called_unsent(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.channel = slow = Slow(FileChannel(tmp_path / "posts.txt", stage.clock))
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(6 * _MINUTE)
        await engine.ask(CloseLaunch("enough"), "ada")
        await settle()
        slow.may.set()
    body, line = closed(stage).body, log_line(closed(stage))
    assert (body["under_way"], body["unclear"], body["unsent"], body["due"]) == (["published@T+5m"], [], 18, 0)
    assert line is not None
    assert line.text.startswith(
        "launch closed: enough; under way: published@T+5m; 18 owed updates will never be sent: "
    )


class Unseen(Fails):
    """A channel that cannot be looked through now."""

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        raise CannotTell("it is down")


async def test_a_post_in_doubt_is_not_called_unsent_either(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    doubt = Delivery(Fate.UNKNOWN, reason="no answer")
    stage.channel = Unseen(FileChannel(tmp_path / "posts.txt", stage.clock), [doubt])
    async with stage.engine(tick_s=1.0) as engine:
        await published(engine)
        await stage.advance(5 * _MINUTE + timedelta(seconds=2))
        await engine.ask(CloseLaunch("enough"), "ada")
    line = log_line(closed(stage))
    assert (closed(stage).body["unclear"], closed(stage).body["unsent"]) == (["published@T+5m"], 18)
    assert line is not None
    assert "; not known whether it arrived: published@T+5m; 18 owed " in line.text


class Slow:
    """A channel that takes a post once it may."""

    def __init__(self, inner: FileChannel) -> None:
        self._inner = inner
        self.may = asyncio.Event()

    async def post(self, post: Post) -> Delivery:
        await self.may.wait()
        return await self._inner.post(post)

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        return await self._inner.find(key, since, thread)


@pytest.mark.parametrize(
    ("answers", "stage_then", "reason"),
    [
        pytest.param(True, Standing.CONFIRMED, "", id="it is finished where the channel answers"),
        pytest.param(False, Standing.UNKNOWN, "closed while it was being sent", id="else it is said to be unknown"),
    ],
)
async def test_a_post_under_way_when_the_launch_is_closed_does_not_stay_half_sent(
    answers: bool, stage_then: Standing, reason: str, tmp_path: Path
) -> None:
    stage = Stage(tmp_path)
    stage.channel = slow = Slow(FileChannel(tmp_path / "posts.txt", stage.clock))
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(6 * _MINUTE)
        record = next(one for one in engine.state.records.values())
        assert record.stage is Standing.SENDING
        await engine.ask(CloseLaunch("enough"), "ada")
        await settle()
        if answers:
            slow.may.set()
    after = engine.state.records[record.slot]
    assert after.stage is stage_then
    assert reason in after.reason
    assert len(stage.posts()) == answers


async def test_a_launch_is_not_closed_over_an_action_of_which_nobody_knows_what_came() -> None:
    acted = Acted(LAGS)
    async with acted.engine() as engine:
        await engine.ask(SetLever("SEND", "false"), "ann")
        await acted.advance(4)
        with pytest.raises(UsageError, match="a step of set-SEND-1 is being done"):
            await engine.ask(CloseLaunch("done"), "ann")
        await acted.advance(20)
        assert engine.state.procedures["set-SEND-1"].steps["set"].stage is StepStage.VERIFIED
        await engine.ask(CloseLaunch("done"), "ann")
        assert engine.state.closed
