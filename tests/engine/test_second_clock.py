"""A wall clock that was set forward: posts wait until another clock, or a person, speaks for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.stage import COURSE, T0, Stage
from tests.engine.test_engine import published
from warroom.adapters.http import HttpAdapter
from warroom.clock import VirtualClock
from warroom.contract import Request
from warroom.engine.engine import Engine
from warroom.engine.requests import AgreeWithClock
from warroom.engine.second_clock import SecondClock
from warroom.errors import UsageError
from warroom.launch.state import begin
from warroom.playbook.loaded import Target
from warroom.simulator import SimulatorProcess

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


async def set_forward(stage: Stage, engine: Engine, by: timedelta) -> None:
    await published(engine)
    await stage.advance(_MINUTE)
    stage.clock.step_wall(by)
    await stage.advance(_MINUTE)


@pytest.mark.parametrize(
    ("apart_s", "sent"),
    [
        pytest.param(0.4, ["T+5m"], id="it agrees"),
        pytest.param(-5.0, ["T+5m"], id="it agrees, five seconds behind"),
        pytest.param(5.1, [], id="more than five seconds ahead"),
        pytest.param(-600.0, [], id="it says what the clock said before"),
    ],
)
async def test_posts_wait_for_a_second_clock_that_agrees(apart_s: float, sent: list[str], tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await set_forward(stage, engine, 10 * _MINUTE)
        assert stage.posts() == []
        stage.second.heard("target app", stage.clock.now() + timedelta(seconds=apart_s))
        await stage.advance(_MINUTE)
        agreed = [entry.body for entry in stage.told if entry.kind == "clock.agreed"]
        assert agreed == ([{"source": "the Date of target app", "apart_s": apart_s}] if sent else [])
        assert [post.time for post in stage.posts()][:1] == sent


async def test_what_was_heard_before_the_clock_was_set_says_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        stage.second.heard("target app", stage.clock.now())
        await set_forward(stage, engine, 10 * _MINUTE)
        await stage.advance(_MINUTE)
        assert stage.posts() == []


async def test_a_person_can_speak_for_the_clock(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        with pytest.raises(UsageError, match="nobody set it forward"):
            await engine.ask(AgreeWithClock(), "ada")
        await set_forward(stage, engine, 10 * _MINUTE)
        (entry,) = await engine.ask(AgreeWithClock(), "ada")
        assert (entry.kind, entry.actor) == ("clock.agreed", "ada")
        await stage.advance(_MINUTE)
        assert stage.posts()[0].time == "T+5m"


async def test_a_small_step_and_a_step_back_need_nobody(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await set_forward(stage, engine, timedelta(seconds=60))
        stage.clock.step_wall(-_HOUR)
        stage.second.heard("target app", stage.clock.now())
        await stage.advance(_MINUTE)
        assert not [entry for entry in stage.told if entry.kind == "clock.agreed"]


async def test_the_date_of_every_answer_is_heard() -> None:
    heard = []
    with SimulatorProcess("steady") as simulator:
        url = simulator.inputs["AUTO_COM_CENTER_URL"]
        port = HttpAdapter({"app": Target("app", url)}, VirtualClock(T0), heard=lambda *said: heard.append(said))
        answer = await port.recording(lambda _: "").send(Request("app", "/canary"))
        await port.aclose()
    ((target, said),) = heard
    assert target == "app"
    assert said.strftime("%a, %d %b %Y %H:%M:%S GMT") == answer.header_values("date")[0]


def test_a_second_clock_that_never_heard_anything_agrees_with_nothing() -> None:
    doubted = replace(begin(COURSE), clock_set_s=61.0)
    assert SecondClock(VirtualClock(T0)).agreed(doubted) == ()
