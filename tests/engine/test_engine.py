"""The engine on a virtual clock: what is in the file after 48 hours is what was owed, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.engine.stage import T0, TIMES, Stage
from warroom.adapters.file_channel import FileChannel
from warroom.engine.engine import Engine
from warroom.engine.requests import (
    AddNote,
    CloseLaunch,
    HoldUpdate,
    PostNow,
    ReleaseUpdate,
    RemarkOnUpdate,
    Request,
    ScrubT0,
    SetT0,
    TickStep,
)
from warroom.errors import UsageError, WarroomError
from warroom.journal.audit import audit
from warroom.launch.state import Stage as Standing
from warroom.updates.channel import Delivery, Fate, Post

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
PUBLISHED = TickStep("publish", {"build_id": "b-1"})


async def published(engine: Engine) -> None:
    await engine.ask(PUBLISHED, "ada")


def _offset(time: str) -> timedelta:
    number, unit = int(time[2:-1]), time[-1]
    return number * (_HOUR if unit == "h" else _MINUTE)


async def test_48_hours_give_the_19_posts_each_within_its_tick(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(48 * _HOUR + _MINUTE)
        assert engine.state.closed
    posts = stage.posts()
    assert [post.time for post in posts] == list(TIMES)
    lateness = [post.at - (T0 + _offset(post.time)) for post in posts]
    assert all(timedelta() <= late <= timedelta(seconds=15) for late in lateness)
    assert not any("LATE" in post.delivery for post in posts)
    assert audit(tmp_path).problems == ()
    assert stage.trouble == []


async def test_every_post_names_a_head_that_the_audit_finds_in_the_journal(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(3 * _HOUR + _MINUTE)
    heads = [post.delivery.removeprefix("journal ") for post in stage.posts()]
    report = audit(tmp_path, heads)
    assert (report.heads_checked, report.problems) == (5, ())


async def test_it_ticks_every_second(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine(tick_s=1.0):
        before = stage.watched.ticks
        await stage.advance(_MINUTE)
        assert stage.watched.ticks - before == 60


async def test_a_post_leaves_at_its_time_and_not_at_the_tick_after_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path, t0=T0 + timedelta(seconds=7.3))
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(2 * _HOUR + _MINUTE)
    lateness = [
        (post.at - (T0 + timedelta(seconds=7.3) + _offset(post.time))).total_seconds() for post in stage.posts()
    ]
    assert len(lateness) == 4
    assert all(0 <= late_s <= 0.01 for late_s in lateness)


async def test_a_restart_every_five_hours_changes_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    for number in range(10):
        async with stage.engine(kill=number % 2 == 0) as engine:
            if number == 0:
                await published(engine)
            await stage.advance(5 * _HOUR)
    assert [post.time for post in stage.posts()] == list(TIMES)
    assert audit(tmp_path).problems == ()


async def test_what_fell_due_while_no_engine_ran_is_posted_late_and_merged(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine(kill=True) as engine:
        await published(engine)
        await stage.advance(2 * _MINUTE)
    stage.clock.suspend(4.5 * 3600)
    async with stage.engine():
        await stage.advance(5 * _MINUTE)
    posts = {post.time: post.delivery for post in stage.posts()}
    assert list(posts) == ["T+5m", "T+4h", "T+15m"]
    assert all("LATE by" in delivery for delivery in posts.values())
    assert "stands for T+1h, T+2h, T+3h too" in posts["T+4h"]


async def test_the_suite_runs_at_its_time_and_its_results_are_in_the_post(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(16 * _MINUTE)
        assert engine.state.gates["gate1"].state == "red"
    assert stage.suites.runs == [T0 + 5 * _MINUTE]
    assert stage.posts()[-1].text == "Canary: ✅ GREEN"


async def test_a_suite_that_was_cut_off_by_a_kill_is_run_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine(kill=True) as engine:
        await published(engine)
        await stage.advance(6 * _MINUTE)
    async with stage.engine():
        await stage.advance(10 * _MINUTE)
    assert len(stage.suites.runs) == 2
    assert stage.posts()[-1].text == "Canary: ✅ GREEN"


async def test_a_suite_that_breaks_is_told_as_unknown_and_the_launch_goes_on(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.suites.defect = ZeroDivisionError()
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(_HOUR + _MINUTE)
        assert engine.state.runs["phase:verification"].reason == "it broke off: ZeroDivisionError"
    assert [post.time for post in stage.posts()] == ["T+5m", "T+15m", "T+1h"]
    assert "UNKNOWN" in stage.posts()[1].text


async def test_a_suite_that_cannot_begin_is_tried_again_and_said_once(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.suites.refuse = "evidence cannot be kept"
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(20 * _MINUTE)
        assert [text for text in stage.trouble if "evidence" in text] == [
            "suite verify for phase:verification: evidence cannot be kept"
        ]
        assert engine.state.holds["evidence@T+15m"].by == "engine"
        stage.suites.refuse = ""
        await stage.advance(3 * _MINUTE)
    last = stage.posts()[-1]
    assert (last.time, last.text) == ("T+15m", "Canary: ✅ GREEN")
    assert "LATE by 7m" in last.delivery


async def test_what_needs_a_value_is_held_and_sent_late_when_it_is_there(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(9 * _MINUTE)
        assert stage.posts() == []
        assert "build_id" in engine.state.holds["published@T+5m"].reason
        await published(engine)
        await stage.advance(_MINUTE / 2)
    (post,) = stage.posts()
    assert post.text == "Build ID: b-1"
    assert "LATE by 4m" in post.delivery


@dataclass
class Dying:
    """A channel at whose n-th post the process dies: before the bytes are written, or after."""

    inner: FileChannel
    stage: Stage
    at: int
    after_bytes: bool
    posts: int = 0

    async def post(self, post: Post) -> Delivery:
        self.posts += 1
        if self.posts != self.at:
            return await self.inner.post(post)
        if self.after_bytes:
            await self.inner.post(post)
        self.stage.direct.broken = "the process is gone"
        await asyncio.get_running_loop().create_future()
        raise AssertionError("nobody comes back from there")

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        return await self.inner.find(key, since, thread)


@pytest.mark.parametrize("after_bytes", [False, True], ids=["before the bytes", "after the bytes"])
@pytest.mark.parametrize("number", [1, 2, 3, 9, 19])
async def test_a_kill_while_a_post_is_sent_neither_loses_nor_doubles_it(
    number: int, after_bytes: bool, tmp_path: Path
) -> None:
    stage = Stage(tmp_path)
    inner = FileChannel(tmp_path / "posts.txt", stage.clock)
    stage.channel = Dying(inner, stage, number, after_bytes)
    async with stage.engine(kill=True) as engine:
        await published(engine)
        due = T0 + _offset(TIMES[number - 1])
        await stage.advance(due - stage.clock.now() + _MINUTE / 2)
    stage.channel = inner
    async with stage.engine():
        await stage.advance(T0 + 48 * _HOUR + _MINUTE - stage.clock.now())
    assert Counter(post.time for post in stage.posts()) == Counter(TIMES)
    assert audit(tmp_path).problems == ()


async def test_an_intent_that_cannot_be_journaled_sends_nothing_and_goes_on_by_itself(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        stage.direct.broken = "the disk is full"
        await stage.advance(10 * _MINUTE)
        assert stage.posts() == []
        assert stage.trouble == ["the journal cannot be written: the disk is full"]
        with pytest.raises(WarroomError, match="disk is full"):
            await engine.ask(AddNote("lost?"), "ada")
        stage.direct.broken = ""
        await stage.advance(_MINUTE)
        assert stage.trouble[-1] == "the journal can be written again"
    assert [post.time for post in stage.posts()] == ["T+5m"]


@dataclass
class Fails:
    """A channel that does not take posts for a while, or never."""

    inner: FileChannel
    answers: list[Delivery]

    async def post(self, post: Post) -> Delivery:
        return self.answers.pop(0) if self.answers else await self.inner.post(post)

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        return await self.inner.find(key, since, thread)


@pytest.mark.parametrize(
    ("answers", "times", "attempts"),
    [
        pytest.param([Delivery(Fate.NOT_SENT, reason="full")] * 3, ["T+5m"], 4, id="not sent is tried again"),
        pytest.param([Delivery(Fate.UNKNOWN, reason="hm")], ["T+5m"], 2, id="unknown is looked up, then sent again"),
        pytest.param([Delivery(Fate.REFUSED, reason="no")], [], 1, id="refused for good is not tried again"),
    ],
)
async def test_what_a_channel_answers_decides_what_comes_next(
    answers: Sequence[Delivery], times: list[str], attempts: int, tmp_path: Path
) -> None:
    stage = Stage(tmp_path)
    stage.channel = Fails(FileChannel(tmp_path / "posts.txt", stage.clock), list(answers))
    async with stage.engine(tick_s=1.0) as engine:
        await published(engine)
        await stage.advance(6 * _MINUTE)
        record = engine.state.records["published@T+5m"]
        assert record.attempt == attempts
        assert record.stage is (Standing.CONFIRMED if times else Standing.DEAD)
    assert [post.time for post in stage.posts()] == times


async def test_a_post_held_by_a_person_stays_until_it_is_released(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await engine.ask(HoldUpdate("T+5m", "wording"), "ada")
        await stage.advance(10 * _MINUTE)
        assert stage.posts() == []
        await engine.ask(ReleaseUpdate("T+5m"), "ada")
        await stage.advance(_MINUTE)
    assert [post.time for post in stage.posts()] == ["T+5m"]


async def test_a_person_can_post_early(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await engine.ask(PostNow("T+5m"), "ada")
        await stage.advance(_MINUTE)
        assert [(post.time, "LATE" in post.delivery) for post in stage.posts()] == [("T+5m", False)]
        await stage.advance(10 * _MINUTE)
    assert [post.time for post in stage.posts()] == ["T+5m"]


async def test_nothing_is_owed_before_t0_and_all_of_it_after(tmp_path: Path) -> None:
    stage = Stage(tmp_path, t0=None)
    async with stage.engine() as engine:
        await stage.advance(5 * _HOUR)
        assert stage.posts() == []
        await published(engine)
        assert engine.state.t0 == stage.clock.now()
        await stage.advance(6 * _MINUTE)
        assert [post.time for post in stage.posts()] == ["T+5m"]


@pytest.mark.parametrize(
    ("requests", "says"),
    [
        pytest.param([SetT0()], "reason", id="T0 is moved without a reason"),
        pytest.param([SetT0(datetime.max.replace(tzinfo=UTC), "x")], "cannot be 9999", id="T0 is at the end of time"),
        pytest.param([SetT0(datetime.min.replace(tzinfo=UTC), "x")], "cannot be 1-01", id="T0 is at its beginning"),
        pytest.param([ScrubT0(" ")], "reason", id="T0 is scrubbed without a reason"),
        pytest.param([ScrubT0("rain"), ScrubT0("rain")], "nothing to scrub", id="no T0 is scrubbed"),
        pytest.param([ScrubT0("rain"), PostNow("T+5m")], "before T0 is set", id="a post while there is no T0"),
        pytest.param([HoldUpdate("T+5m", "")], "reason", id="a hold without a reason"),
        pytest.param([ReleaseUpdate("T+5m")], "not held", id="a release of what is not held"),
        pytest.param([RemarkOnUpdate("T+5m", " ")], "no remark", id="no remark is taken away"),
        pytest.param(
            [RemarkOnUpdate("T+7m", "x")], "names no update", id="a remark on an update that does not exist"
        ),
        pytest.param([HoldUpdate("T+7m", "x")], "names no update", id="an update that does not exist"),
        pytest.param([TickStep("publsh")], "no step", id="a step that does not exist"),
        pytest.param([TickStep("publish")], "build_id is missing", id="a step without what it asks for"),
        pytest.param([AddNote(" ")], "needs a text", id="an empty note"),
        pytest.param([CloseLaunch("")], "reason", id="a close without a reason"),
        pytest.param([CloseLaunch("done"), AddNote("more")], "is closed", id="anything after the close"),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused_and_not_journaled(
    requests: list[Request], says: str, tmp_path: Path
) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        *allowed, refused = requests
        for request in allowed:
            await engine.ask(request, "ada")
        before = engine.state.seq
        with pytest.raises(UsageError, match=says):
            await engine.ask(refused, "ada")
        assert engine.state.seq == before


async def test_readers_get_every_entry_once_and_end_with_the_engine(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    seen: list[int] = []

    async def read(engine: Engine) -> None:
        seen.extend([entry.seq async for entry in engine.events(after=1)])

    async with stage.engine() as engine:
        reader = asyncio.create_task(read(engine))
        await published(engine)
        await stage.advance(2 * _HOUR)
    await asyncio.wait_for(reader, 5)
    assert seen == list(range(2, engine.state.seq + 1))
