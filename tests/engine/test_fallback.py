"""A channel that does not take posts, people who have them sent again, and what only people can tell: on the virtual
clock, across restarts. What counts is what each channel has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.engine.stage import Stage
from warroom.adapters.file_channel import FileChannel
from warroom.clock import settle
from warroom.engine.engine import Engine
from warroom.engine.requests import PostAgain, PostNow, TaskDone, TaskSkipped
from warroom.engine.view import state_json
from warroom.errors import ExitCode, UsageError
from warroom.events import LaunchInfo
from warroom.journal.audit import audit
from warroom.launch.ending import ending
from warroom.launch.state import Stage as Standing
from warroom.playbook.course import ByHand, Channel, Course, Update
from warroom.playbook.template import parse_template
from warroom.updates.channel import CannotTell, Delivery, Fate, Post

_MINUTE = timedelta(minutes=1)
REVOKED = Delivery(Fate.REFUSED, reason="token_revoked: the token was revoked")
DOWN = Delivery(Fate.NOT_SENT, reason="Slack could not be reached")
LOST = Delivery(Fate.UNKNOWN, reason="Slack answered 503")


def _update(update_id: str, channel: str, minutes: int) -> Update:
    return Update(update_id, update_id, channel, parse_template("{{ post.time }}"), minutes * _MINUTE)


PLAN = Course(
    LaunchInfo("auto_com_center", "auto_com_center"),
    channels={
        "room": Channel("room", "slack", settle=timedelta(seconds=60), fallback="file"),
        "file": Channel("file", "file", "posts.txt"),
        "mail": Channel("mail", "manual", by_hand=ByHand("email", "all", ahead=5 * _MINUTE)),
    },
    updates={one.id: one for one in (_update("first", "room", 5), _update("second", "room", 30))},
)
TASK = Course(PLAN.launch, channels=PLAN.channels, updates={"mailed": _update("mailed", "mail", 10)})


@dataclass
class Room:
    """A channel that answers as told, or else takes what comes; `has` is what arrived, `sees` whether it can be
    looked through."""

    says: Callable[[Post], Delivery | None] = lambda _: None
    has: list[Post] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    sees: bool = True

    async def post(self, post: Post) -> Delivery:
        self.tried.append(post.key)
        if answer := self.says(post):
            return answer
        self.has.append(post)
        return Delivery(Fate.CONFIRMED, ref=f"C1/{len(self.has)}")

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        if not self.sees:
            raise CannotTell("Slack answered 503")
        return next((f"C1/{number}" for number, post in enumerate(self.has, 1) if post.key == key), None)


@dataclass
class Dying:
    """A channel at whose first post the process dies: before the bytes are written, or after."""

    inner: FileChannel
    stage: Stage
    after_bytes: bool

    async def post(self, post: Post) -> Delivery:
        if self.after_bytes:
            await self.inner.post(post)
        self.stage.direct.broken = "the process is gone"
        await asyncio.get_running_loop().create_future()
        raise AssertionError("nobody comes back from there")

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        return await self.inner.find(key, since, thread)


def staged(folder: Path, room: Room, course: Course = PLAN) -> Stage:
    stage = Stage(folder, course=course)
    stage.others = {"room": room}
    return stage


def notices(stage: Stage) -> list[tuple[str, str]]:
    """The posts in the fallback's file: the slot of each and its first line."""
    return [(post.slot, post.text.partition("\n")[0]) for post in stage.posts()]


async def until_closed(stage: Stage, engine: Engine) -> None:
    for _ in range(60):
        if engine.state.closed:
            return
        await stage.advance(_MINUTE)
    raise AssertionError("the launch never ends")


def code_of(engine: Engine) -> ExitCode:
    end = ending(engine.state)
    assert end is not None
    return end.code


FIRST, SECOND = "first@T+5m/room/file", "second@T+30m/room/file"
SAYS = "⚠️ Channel room FAILED: it refused this post (token_revoked: the token was revoked)"


async def test_what_is_refused_for_good_is_told_by_the_fallback_once_and_stays_a_failure(tmp_path: Path) -> None:
    stage = staged(tmp_path, room := Room(lambda _: REVOKED))
    async with stage.engine(tick_s=1.0) as engine:
        await stage.advance(6 * _MINUTE)
        [told] = [
            one for one in state_json(engine.state, stage.clock.now())["updates"] if one["slot"] == "first@T+5m"
        ]
        assert (told["standing"], told["channel"]) == ("failed", "room")
        assert told["sent_at"] is None
        assert told["failed_at"].startswith(told["due"][:17])
        assert "get a new token" in told["do"]
        assert f"warroom post {engine.state.launch} first@T+5m --again --reason TEXT" in told["do"]
        await until_closed(stage, engine)
        assert code_of(engine) is ExitCode.UPDATE_UNDELIVERED
    assert notices(stage) == [(FIRST, SAYS), (SECOND, SAYS)]
    assert (room.has, len(room.tried)) == ([], 2)
    assert audit(tmp_path).problems == ()


@dataclass
class Threads(Room):
    """A room that takes every message, and the rest of a long text as told."""

    rest: Delivery = DOWN
    went_on: int = 0

    async def attach(self, ref: str, path: Path) -> Delivery:
        raise AssertionError("there is no file")

    async def go_on(self, ref: str, post: Post, *, again: bool) -> Delivery:
        self.went_on += 1
        return self.rest


LONG = replace(
    PLAN,
    channels={**PLAN.channels, "room": replace(PLAN.channels["room"], threads=True)},
    updates={"first": replace(PLAN.updates["first"], template=parse_template("a long line\n" * 950))},
)
NO_REPLIES = Delivery(Fate.REFUSED, reason="cannot_reply_to_message: the thread takes no replies")


@pytest.mark.parametrize(
    ("rest", "after", "why"),
    [
        pytest.param(NO_REPLIES, _MINUTE, NO_REPLIES.reason, id="refused for good"),
        pytest.param(DOWN, 11 * _MINUTE, DOWN.reason, id="not taken for long"),
    ],
)
async def test_a_text_whose_rest_does_not_arrive_is_on_the_fallback_as_a_whole(
    rest: Delivery, after: timedelta, why: str, tmp_path: Path
) -> None:
    stage = staged(tmp_path, room := Threads(rest=rest), LONG)
    async with stage.engine():
        await stage.advance(5 * _MINUTE + after)
        [told] = stage.posts()
    assert told.text.startswith(f"⚠️ Channel room has only the beginning of this post ({why})\na long line\n")
    assert told.text.count("a long line") == 950
    room.rest = Delivery(Fate.CONFIRMED, ref="C1/1")
    async with stage.engine() as engine:
        await until_closed(stage, engine)
        assert code_of(engine) is (ExitCode.GREEN if rest is DOWN else ExitCode.UPDATE_UNDELIVERED)
        failed = "1 update FAILED" in str(engine.state.closed)
        assert failed is (rest is NO_REPLIES)
    assert len(stage.posts()) == 1


@pytest.mark.parametrize("after_bytes", [False, True], ids=["before the bytes", "after the bytes"])
async def test_a_kill_while_the_fallback_posts_neither_loses_nor_doubles_it(
    after_bytes: bool, tmp_path: Path
) -> None:
    stage = staged(tmp_path, Room(lambda _: REVOKED))
    inner = FileChannel(tmp_path / "posts.txt", stage.clock)
    stage.channel = Dying(inner, stage, after_bytes)
    async with stage.engine(kill=True):
        await stage.advance(6 * _MINUTE)
    stage.channel = inner
    async with stage.engine() as engine:
        await until_closed(stage, engine)
    assert notices(stage) == [(FIRST, SAYS), (SECOND, SAYS)]


async def test_a_kill_between_the_refusal_and_the_fallback_loses_nothing(tmp_path: Path) -> None:
    stage = staged(tmp_path, Room())

    def refuse(_: Post) -> Delivery:
        # What comes next cannot be journaled any more.
        asyncio.get_running_loop().call_soon(setattr, stage.direct, "broken", "the process is gone")
        return REVOKED

    stage.others = {"room": Room(refuse)}
    async with stage.engine(kill=True):
        await stage.advance(6 * _MINUTE)
    assert notices(stage) == []
    stage.others = {"room": Room(lambda _: REVOKED)}
    async with stage.engine() as engine:
        await until_closed(stage, engine)
    assert notices(stage) == [(FIRST, SAYS), (SECOND, SAYS)]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(DOWN, "Slack could not be reached", id="it cannot be reached"),
        pytest.param(LOST, "Slack answered 503", id="nobody can tell, and it cannot be looked through"),
    ],
)
async def test_while_a_channel_is_down_its_posts_go_to_the_fallback_after_ten_minutes_and_to_it_when_it_is_back(
    answer: Delivery, why: str, tmp_path: Path
) -> None:
    stage = staged(tmp_path, room := Room(lambda _: answer, sees=False))
    async with stage.engine() as engine:
        await stage.advance(14 * _MINUTE)
        assert notices(stage) == []
        await stage.advance(2 * _MINUTE)
        assert notices(stage) == [(FIRST, f"⚠️ Channel room has not got this post so far ({why})")]
    async with stage.engine() as engine:
        await stage.advance(2 * _MINUTE)
        room.says, room.sees = (lambda _: None), True
        await until_closed(stage, engine)
        assert code_of(engine) is ExitCode.GREEN
    assert [post.key.rpartition(":")[2] for post in room.has] == ["first@T+5m", "second@T+30m"]
    assert "LATE" in room.has[0].delivery
    assert [slot for slot, _ in notices(stage)] == [FIRST]


async def test_a_person_has_what_failed_sent_again_and_it_is_a_failure_no_more(tmp_path: Path) -> None:
    stage = staged(tmp_path, room := Room(lambda _: REVOKED))
    async with stage.engine(tick_s=1.0) as engine:
        await stage.advance(6 * _MINUTE)
        room.says = lambda _: None
        await engine.ask(PostAgain("first@T+5m", "a new token"), "ada")
        await stage.advance(_MINUTE / 60)
        [sent] = room.has
        assert sent.delivery.startswith("LATE by 1m1s; sent again by ada: a new token; journal ")
        assert engine.state.records["first@T+5m"].stage is Standing.CONFIRMED
        await until_closed(stage, engine)
        assert code_of(engine) is ExitCode.GREEN
    assert [slot for slot, _ in notices(stage)] == [FIRST]


async def test_what_was_sent_is_sent_again_under_another_name_also_when_its_answer_is_lost(tmp_path: Path) -> None:
    stage = staged(tmp_path, room := Room())
    async with stage.engine(tick_s=1.0) as engine:
        await stage.advance(6 * _MINUTE)
        room.says = lambda _: LOST
        await engine.ask(PostAgain("first@T+5m", "nobody saw it"), "ada")
        await stage.advance(_MINUTE / 20)
        assert engine.state.records["first@T+5m"].stage is Standing.UNKNOWN
        room.says = lambda _: None
        await stage.advance(3 * _MINUTE)
    first, second = (post.key.rpartition("first@T+5m")[2] for post in room.has)
    assert (first, second) == ("", "~2")


async def test_a_look_up_that_was_under_way_does_not_undo_what_a_person_asked(tmp_path: Path) -> None:
    class Slow(Room):
        async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
            await asyncio.sleep(0)
            await gate.wait()
            return None

    gate = asyncio.Event()
    stage = staged(tmp_path, room := Slow(lambda _: LOST))
    async with stage.engine(tick_s=1.0) as engine:
        await stage.advance(5 * _MINUTE + _MINUTE / 30)
        room.says = lambda _: None
        await engine.ask(PostAgain("first@T+5m", "now"), "ada")
        gate.set()
        await settle()
        await stage.advance(_MINUTE / 12)
    assert [post.key.rpartition(":")[2] for post in room.has] == ["first@T+5m"]
    assert "sent again by ada: now" in room.has[0].delivery


async def test_a_task_stands_there_to_do_across_restarts_until_a_person_did_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path, course=TASK)
    async with stage.engine(kill=True) as engine:
        await stage.advance(4 * _MINUTE)
        assert "mailed@T+10m" not in engine.state.records
        await stage.advance(2 * _MINUTE)
        assert engine.state.records["mailed@T+10m"].text == "T+10m"
    async with stage.engine() as engine:
        await stage.advance(60 * _MINUTE)
        [post] = state_json(engine.state, stage.clock.now())["updates"]
        assert (post["standing"], post["late_s"]) == ("to do", 3360.0)
        assert post["task"] == {"medium": "email", "to": "all", "link": "", "subject": ""}
        assert post["do"].startswith("tell it by email to all, then: warroom post ")
        assert not engine.state.closed
        await engine.ask(TaskDone("T+10m", "https://mail.example.com/7"), "ada")
        await stage.advance(_MINUTE)
        [post] = state_json(engine.state, stage.clock.now())["updates"]
        done = ("done", "ada", "https://mail.example.com/7", 3360.0)
        assert (post["standing"], post["by"], post["ref"], post["late_s"]) == done
        assert engine.state.closed
    assert stage.posts() == []


async def test_a_task_can_be_done_early_and_one_that_is_skipped_lets_the_launch_end(tmp_path: Path) -> None:
    stage = Stage(tmp_path, course=TASK)
    async with stage.engine(tick_s=1.0) as engine:
        with pytest.raises(UsageError, match="has no text yet"):
            await engine.ask(TaskDone("T+10m"), "ada")
        await engine.ask(PostNow("T+10m"), "ada")
        await stage.advance(_MINUTE / 60)
        assert engine.state.records["mailed@T+10m"].text == "T+10m"
        await engine.ask(TaskSkipped("T+10m", "nobody is affected"), "ada")
        await stage.advance(11 * _MINUTE)
        assert engine.state.closed
        [post] = state_json(engine.state, stage.clock.now())["updates"]
        assert (post["standing"], post["by"], post["reason"]) == ("skipped", "ada", "nobody is affected")
