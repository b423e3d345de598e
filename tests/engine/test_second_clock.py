"""A wall clock that was set forward: posts wait until another clock, or a person, speaks for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.engine.stage import COURSE, T0, Stage
from tests.engine.test_engine import published
from warroom.adapters.http import HttpAdapter
from warroom.adapters.own_machine import is_elsewhere
from warroom.clock import VirtualClock
from warroom.contract import Request, Response
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


async def heard_of_one_answer() -> tuple[list[tuple[str, datetime]], Response]:
    """What an adapter hears of the clock of a server on this machine."""
    heard: list[tuple[str, datetime]] = []
    with SimulatorProcess("steady") as simulator:
        url = simulator.inputs["AUTO_COM_CENTER_URL"]
        port = HttpAdapter({"app": Target("app", url)}, VirtualClock(T0), heard=lambda *said: heard.append(said))
        answer = await port.recording(lambda _: "").send(Request("app", "/canary"))
        await port.aclose()
    return heard, answer


async def test_the_date_of_every_answer_of_another_machine_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warroom.adapters.http.is_elsewhere", lambda ours, theirs: bool(ours and theirs))
    heard, answer = await heard_of_one_answer()
    ((target, said),) = heard
    assert target == "app"
    assert said.strftime("%a, %d %b %Y %H:%M:%S GMT") == answer.header_values("date")[0]


async def test_a_server_on_this_machine_has_the_same_clock_and_is_not_heard() -> None:
    heard, answer = await heard_of_one_answer()
    assert answer.header_values("date")
    assert heard == []


@pytest.mark.parametrize(
    ("ours", "theirs", "elsewhere"),
    [
        pytest.param(("10.0.0.5", 50_000), ("10.0.0.9", 443), True, id="another machine"),
        pytest.param(("fe80::5%eth0", 50_000, 0, 2), ("fe80::9%eth0", 443, 0, 2), True, id="another machine, IPv6"),
        pytest.param(("10.0.0.5", 50_000), ("10.0.0.5", 9090), False, id="this one, by its own address"),
        pytest.param(("127.0.0.1", 50_000), ("127.0.0.1", 9090), False, id="this one"),
        pytest.param(("127.0.0.1", 50_000), ("127.0.0.2", 9090), False, id="this one, by another name"),
        pytest.param(("::1", 50_000, 0, 0), ("::1", 9090, 0, 0), False, id="this one, IPv6"),
        pytest.param(None, None, False, id="a connection that is gone"),
        pytest.param(("10.0.0.5", 50_000), "/run/app.sock", False, id="what is no address of the network"),
    ],
)
def test_who_is_on_another_machine(ours: object, theirs: object, elsewhere: bool) -> None:
    assert is_elsewhere(ours, theirs) == elsewhere


def test_a_second_clock_that_never_heard_anything_agrees_with_nothing() -> None:
    doubted = replace(begin(COURSE), clock_set_s=61.0)
    assert SecondClock(VirtualClock(T0)).agreed(doubted) == ()
