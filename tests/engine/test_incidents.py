"""Incidents on a virtual clock: told at once, noted within ten minutes, updated every 15 minutes, resolved."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.engine.stage import COURSE, T0, Posted, Stage
from tests.engine.test_engine import PUBLISHED, Dying, published
from warroom.adapters.file_channel import FileChannel
from warroom.engine.engine import Engine
from warroom.engine.requests import (
    CloseLaunch,
    HoldUpdate,
    NoteIncident,
    OpenIncident,
    PostNow,
    ReleaseUpdate,
    Request,
    ResolveIncident,
    ScrubT0,
)
from warroom.engine.view import state_json
from warroom.errors import UsageError
from warroom.journal.audit import audit
from warroom.playbook.course import Update
from warroom.playbook.template import parse_template
from warroom.updates.channel import Delivery, Post

_MINUTE, _HOUR, _SOON = timedelta(minutes=1), timedelta(hours=1), timedelta(minutes=2)
OPENED, NOTED, RESOLVED = "opened@inc-1", "noted@inc-1", "resolved@inc-1"


def _update(update_id: str, text: str, **more: Any) -> Update:
    return Update(update_id, update_id, "file", parse_template(text), **more)


TROUBLED = replace(
    COURSE,
    updates={
        **COURSE.updates,
        "opened": _update("opened", "{{ incident.id }}: {{ incident.text }}", on=("incident.opened",), within=_SOON),
        "noted": _update("noted", "{{ incident.note }}", on=("incident.opened",), within=10 * _MINUTE),
        "loop": _update("loop", "{{ incidents.open }}", during="incident.open", every=15 * _MINUTE),
        "resolved": _update("resolved", "{{ incident.reason }}", on=("incident.resolved",), within=2 * _MINUTE),
    },
)


def troubled(folder: Path) -> Stage:
    return Stage(folder, course=TROUBLED)


def about_incidents(stage: Stage) -> list[Posted]:
    return [post for post in stage.posts() if "@inc-" in post.slot]


def told(stage: Stage) -> list[str]:
    """The posts about incidents, in the order of the file, without the launch."""
    return [post.slot.rpartition(":")[2] for post in about_incidents(stage)]


async def test_an_incident_is_told_at_once_then_every_15_minutes_and_when_it_is_over(tmp_path: Path) -> None:
    stage = troubled(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(30 * _MINUTE)
        await engine.ask(OpenIncident("the queue grows"), "ada")
        await stage.advance(_MINUTE / 4)
        assert told(stage) == [OPENED]
        await stage.advance(3 * _MINUTE)
        await engine.ask(NoteIncident("inc-1", "consumers are stuck"), "bob")
        await stage.advance(33 * _MINUTE)
        await engine.ask(ResolveIncident("inc-1", "consumers restarted"), "bob")
        await stage.advance(_HOUR)
        [incident] = engine.state.incidents.values()
        assert (incident.by, incident.resolved_by, incident.notes[0].by) == ("ada", "bob", "bob")
    assert told(stage) == [OPENED, NOTED, "loop@inc-1+15m", "loop@inc-1+30m", RESOLVED]
    texts = [post.text for post in about_incidents(stage)]
    assert texts[0] == "inc-1: the queue grows"
    assert texts[1] == "consumers are stuck"
    assert texts[2] == "inc-1 since 2025-11-01T02:30:00Z: the queue grows - consumers are stuck"
    assert texts[-1] == "consumers restarted"
    assert not any("LATE" in post.delivery for post in stage.posts())
    assert [post.at - T0 for post in about_incidents(stage)][2] == 45 * _MINUTE
    assert audit(tmp_path).problems == ()


async def test_the_note_is_overdue_after_ten_minutes_to_the_second(tmp_path: Path) -> None:
    stage = troubled(tmp_path)

    def note(engine: Engine) -> tuple[str, float]:
        posts = state_json(engine.state, stage.clock.now())["updates"]
        return next((post["standing"], post["late_s"]) for post in posts if post["slot"] == NOTED)

    async with stage.engine(tick_s=1.0) as engine:
        await published(engine)
        await stage.advance(30 * _MINUTE)
        await engine.ask(OpenIncident("the queue grows"), "ada")
        await stage.advance(10 * _MINUTE - timedelta(seconds=1))
        [incident] = state_json(engine.state, stage.clock.now())["incidents"]
        assert incident["draft"] == "[incident.note]"
        assert incident["note_due"] == "2025-11-01T02:40:00.000Z"
        assert note(engine) == ("due", 0.0)
        await stage.advance(timedelta(seconds=1))
        assert note(engine)[1] == 0.0
        await stage.advance(timedelta(seconds=1))
        assert note(engine) == ("held", 1.0)
        await engine.ask(NoteIncident("inc-1", "consumers are stuck"), "bob")
        await stage.advance(2 * _MINUTE)
        assert note(engine)[0] == "sent"
    assert next(post.text for post in stage.posts() if post.slot.endswith(NOTED)) == "consumers are stuck"


async def test_the_note_on_an_incident_that_is_over_before_anyone_wrote_it_is_skipped(tmp_path: Path) -> None:
    stage = troubled(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await engine.ask(OpenIncident("the queue grows"), "ada")
        await stage.advance(2 * _MINUTE)
        await engine.ask(ResolveIncident("inc-1", "a false alarm"), "bob")
        await stage.advance(20 * _MINUTE)
        posts = state_json(engine.state, stage.clock.now())["updates"]
        note = next(post for post in posts if post["slot"] == NOTED)
        assert (note["standing"], note["reason"]) == ("skipped", "inc-1 was resolved before anyone wrote a note")
    assert told(stage) == [OPENED, RESOLVED]
    assert about_incidents(stage)[-1].text == "a false alarm"


async def test_where_no_post_tells_that_an_incident_is_over_the_note_tells_its_reason(tmp_path: Path) -> None:
    posts = {name: update for name, update in TROUBLED.updates.items() if name != "resolved"}
    stage = Stage(tmp_path, course=replace(TROUBLED, updates=posts))
    async with stage.engine() as engine:
        await published(engine)
        await engine.ask(OpenIncident("the queue grows"), "ada")
        await engine.ask(ResolveIncident("inc-1", "a false alarm"), "ada")
        await stage.advance(2 * _MINUTE)
    assert sorted(told(stage)) == [NOTED, OPENED]
    assert about_incidents(stage)[-1].text == "a false alarm"


async def test_of_two_incidents_that_overlap_there_is_one_loop_as_long_as_one_is_open(tmp_path: Path) -> None:
    stage = troubled(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await engine.ask(OpenIncident("the queue grows"), "ada")
        await stage.advance(20 * _MINUTE)
        await engine.ask(OpenIncident("the SMS gateway is down"), "ada")
        await engine.ask(ResolveIncident("inc-1", "it shrinks"), "ada")
        await stage.advance(20 * _MINUTE)
        await engine.ask(ResolveIncident("inc-2", "it is back"), "ada")
        await stage.advance(_HOUR)
        await engine.ask(OpenIncident("again"), "ada")
        await stage.advance(20 * _MINUTE)
    loops = [slot for slot in told(stage) if slot.startswith("loop")]
    assert loops == ["loop@inc-1+15m", "loop@inc-1+30m", "loop@inc-3+15m"]


async def test_the_loop_replaces_no_regular_update_and_is_replaced_by_none(tmp_path: Path) -> None:
    stage = troubled(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(45 * _MINUTE)
        await engine.ask(OpenIncident("the queue grows"), "ada")
        await stage.advance(20 * _MINUTE)
    times = {post.slot.rpartition(":")[2]: post.at - T0 for post in stage.posts()}
    assert times["hourly@T+1h"] == times["loop@inc-1+15m"] == _HOUR


async def test_after_an_outage_the_loop_is_merged_and_what_is_owed_once_is_not(tmp_path: Path) -> None:
    stage = troubled(tmp_path)
    async with stage.engine(kill=True) as engine:
        await published(engine)
        await stage.advance(40 * _MINUTE)
        await engine.ask(OpenIncident("the queue grows"), "ada")
    stage.clock.suspend(4 * 3600)
    async with stage.engine() as engine:
        await engine.ask(NoteIncident("inc-1", "the machine was off too"), "ada")
        await engine.ask(ResolveIncident("inc-1", "it shrinks"), "ada")
        await stage.advance(2 * _MINUTE)
    posts = {post.slot.rpartition(":")[2]: post.delivery for post in stage.posts()}
    assert "stands for" not in posts[OPENED] + posts[NOTED] + posts[RESOLVED]
    assert "LATE by 3h58m" in posts[OPENED]
    assert "stands for inc-1+15m, inc-1+30m, " in posts["loop@inc-1+4h"]
    assert "stands for T+1h, T+2h, T+3h too" in posts["hourly@T+4h"]
    assert "inc-1" not in posts["hourly@T+4h"]


@pytest.mark.parametrize("after_bytes", [False, True], ids=["before the bytes", "after the bytes"])
@pytest.mark.parametrize("number", [2, 3, 4, 5, 6])
async def test_a_kill_while_a_post_is_sent_neither_loses_nor_doubles_it(
    number: int, after_bytes: bool, tmp_path: Path
) -> None:
    stage = troubled(tmp_path)
    inner = FileChannel(tmp_path / "posts.txt", stage.clock)
    stage.channel = Dying(inner, stage, number, after_bytes)

    async def script(engine: Engine) -> AsyncIterator[Request]:
        yield PUBLISHED
        await stage.advance(6 * _MINUTE)
        yield OpenIncident("the queue grows")
        await stage.advance(2 * _MINUTE)
        yield NoteIncident("inc-1", "consumers are stuck")
        await stage.advance(15 * _MINUTE)
        yield ResolveIncident("inc-1", "restarted")
        await stage.advance(10 * _MINUTE)

    asked = 0
    async with stage.engine(kill=True) as engine:
        async for request in script(engine):
            if stage.direct.broken:
                break
            await engine.ask(request, "ada")
            asked += 1
    stage.channel = inner
    rest = (
        OpenIncident("the queue grows"),
        NoteIncident("inc-1", "consumers are stuck"),
        ResolveIncident("inc-1", "restarted"),
    )
    async with stage.engine() as engine:
        for request in rest[asked - 1 :]:
            await engine.ask(request, "ada")
        await stage.advance(T0 + 40 * _MINUTE - stage.clock.now())
    counted = Counter(post.slot.rpartition(":")[2] for post in stage.posts())
    assert set(counted.values()) == {1}
    assert {OPENED, NOTED, RESOLVED} <= set(counted)
    assert audit(tmp_path).problems == ()


class Hangs:
    """A channel in which one post never comes back."""

    def __init__(self, inner: FileChannel, slot: str) -> None:
        self._inner = inner
        self._slot = slot

    async def post(self, post: Post) -> Delivery:
        if post.key.endswith(self._slot):
            await asyncio.get_running_loop().create_future()
        return await self._inner.post(post)

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        return await self._inner.find(key, since, thread)


async def test_an_incident_waits_for_no_other_post(tmp_path: Path) -> None:
    stage = troubled(tmp_path)
    stage.channel = Hangs(FileChannel(tmp_path / "posts.txt", stage.clock), "published@T+5m")
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(6 * _MINUTE)
        await engine.ask(OpenIncident("the channel hangs"), "ada")
        await stage.advance(_MINUTE / 4)
        assert told(stage) == [OPENED]


async def test_before_t0_an_incident_is_told_and_after_a_scrub_too(tmp_path: Path) -> None:
    stage = troubled(tmp_path)
    stage._t0 = None
    async with stage.engine() as engine:
        await engine.ask(OpenIncident("the deployment fails"), "ada")
        await stage.advance(20 * _MINUTE)
        assert told(stage) == [OPENED, "loop@inc-1+15m"]
        await published(engine)
        await stage.advance(_MINUTE)
        await engine.ask(ScrubT0("it fails again"), "ada")
        await stage.advance(15 * _MINUTE)
        await engine.ask(ResolveIncident("inc-1", "another build"), "ada")
        await stage.advance(_HOUR)
        assert engine.state.closed is None
    assert told(stage) == [OPENED, "loop@inc-1+15m", "loop@inc-1+30m", RESOLVED]


async def test_a_launch_does_not_end_while_an_incident_is_open(tmp_path: Path) -> None:
    stage = troubled(tmp_path)
    async with stage.engine(tick_s=60.0) as engine:
        await published(engine)
        await stage.advance(47 * _HOUR + 50 * _MINUTE)
        await engine.ask(OpenIncident("at the very end"), "ada")
        await stage.advance(2 * _HOUR)
        assert engine.state.closed is None
        await engine.ask(ResolveIncident("inc-1", "over"), "ada")
        await stage.advance(_MINUTE)
        assert engine.state.closed
    assert [slot for slot in told(stage) if slot.startswith("loop")][-1] == "loop@inc-1+2h"
    assert stage.posts()[-1].time == "inc-1"


async def test_a_clock_that_was_set_ahead_holds_no_incident_back(tmp_path: Path) -> None:
    stage = troubled(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        stage.clock.step_wall(2 * _HOUR)
        await stage.advance(_MINUTE)
        await engine.ask(OpenIncident("the queue grows"), "ada")
        await stage.advance(16 * _MINUTE)
        assert engine.state.clock_set_s == 7200.0
    assert told(stage) == [OPENED, "loop@inc-1+15m"]
    assert not any("LATE" in post.delivery for post in about_incidents(stage))


async def test_a_clock_that_was_set_back_repeats_nothing_and_holds_no_incident_back(tmp_path: Path) -> None:
    stage = troubled(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(30 * _MINUTE)
        await engine.ask(OpenIncident("the queue grows"), "ada")
        stage.clock.step_wall(-2 * _HOUR)
        await stage.advance(_MINUTE)
        await engine.ask(NoteIncident("inc-1", "the clock too"), "ada")
        await stage.advance(_MINUTE)
    assert told(stage) == [OPENED, NOTED]


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([-2 * _HOUR], id="back"),
        pytest.param([-2 * _HOUR, 2 * _HOUR], id="back and forth"),
        pytest.param([2 * _HOUR], id="forward, which nobody believes"),
        pytest.param([timedelta(seconds=50)], id="forward a little"),
    ],
)
async def test_the_loop_goes_on_every_15_minutes_whatever_becomes_of_the_clock(
    steps: list[timedelta], tmp_path: Path
) -> None:
    stage = troubled(tmp_path)
    async with stage.engine(tick_s=1.0) as engine:
        await published(engine)
        await stage.advance(30 * _MINUTE)
        await engine.ask(OpenIncident("the queue grows"), "ada")
        began = stage.clock.monotonic()
        await stage.advance(16 * _MINUTE)
        for by in steps:
            stage.clock.step_wall(by)
            await stage.advance(_MINUTE)
        left: dict[str, float] = {}
        while (passed := stage.clock.monotonic() - began) < 50 * 60:
            left |= {slot: passed for slot in told(stage) if slot.startswith("loop") and slot not in left}
            await stage.advance(timedelta(seconds=5))
    assert list(left) == ["loop@inc-1+15m", "loop@inc-1+30m", "loop@inc-1+45m"]
    assert 0 <= left["loop@inc-1+30m"] - 1800 <= 10
    assert 0 <= left["loop@inc-1+45m"] - 2700 <= 10


async def test_a_person_can_hold_release_and_hurry_what_is_owed_for_an_incident(tmp_path: Path) -> None:
    stage = troubled(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await engine.ask(OpenIncident("the queue grows"), "ada")
        await engine.ask(PostNow("loop@inc-1+15m"), "ada")
        await stage.advance(16 * _MINUTE)
        await engine.ask(HoldUpdate("loop@inc-1+30m", "wording"), "ada")
        await stage.advance(15 * _MINUTE)
        assert told(stage) == [OPENED, "loop@inc-1+15m"]
        await engine.ask(ReleaseUpdate("loop@inc-1+30m"), "ada")
        await stage.advance(_MINUTE)
    assert told(stage) == [OPENED, "loop@inc-1+15m", "loop@inc-1+30m"]


@pytest.mark.parametrize(
    ("requests", "says"),
    [
        pytest.param([OpenIncident(" ")], "needs a text", id="an incident without a text"),
        pytest.param([NoteIncident("inc-1", "x")], "no incident 'inc-1'", id="a note on none"),
        pytest.param([OpenIncident("x"), NoteIncident("inc-1", "")], "needs a text", id="an empty note"),
        pytest.param([OpenIncident("x"), ResolveIncident("inc-1", "")], "a reason is needed", id="no reason"),
        pytest.param([OpenIncident("x"), ResolveIncident("inc1", "y")], "no incident 'inc1'", id="a slip of the pen"),
        pytest.param(
            [OpenIncident("x"), ResolveIncident("inc-1", "y"), ResolveIncident("inc-1", "y")],
            "was resolved",
            id="twice",
        ),
        pytest.param(
            [OpenIncident("x"), ResolveIncident("inc-1", "y"), NoteIncident("inc-1", "z")],
            "was resolved",
            id="late note",
        ),
        pytest.param([CloseLaunch("done"), OpenIncident("x")], "is closed", id="after the close"),
    ],
)
async def test_what_makes_no_sense_about_an_incident_is_refused(
    requests: list[Request], says: str, tmp_path: Path
) -> None:
    stage = troubled(tmp_path)
    async with stage.engine() as engine:
        *allowed, refused = requests
        for request in allowed:
            await engine.ask(request, "ada")
        with pytest.raises(UsageError, match=says):
            await engine.ask(refused, "ada")
        assert [entry.actor for entry in stage.told].count("ada") == len(allowed)
