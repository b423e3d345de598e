"""Triggers that look at a lever, on a virtual clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.engine.feeding import MINUTE, WATCHED, Feed
from warroom.engine.engine import Engine
from warroom.engine.ports import NoActions
from warroom.engine.view import state_json
from warroom.launch.levers import LeverReading
from warroom.playbook.procedures import LeverPlan
from warroom.playbook.signals import TriggerPlan
from warroom.slo.trigger import Stage

SECOND = timedelta(seconds=1)


def stage_of(engine: Engine) -> Stage:
    known = engine.state.triggers.get("switch_off")
    return known.state.stage if known else Stage.IDLE


class Lever(NoActions):
    """One lever, which is as it `says`; empty: it cannot be read."""

    def __init__(self) -> None:
        self.says = "true"

    async def levers(self, names: Sequence[str], timeout_s: float) -> Sequence[LeverReading]:
        return [LeverReading(name, self.says or None, "" if self.says else "refused") for name in names]


def with_lever(folder: Path) -> tuple[Feed, Lever]:
    plan = TriggerPlan("switch_off", "Sends are on", "rollback", "auto", lever="DISABLE_SEND")
    stage, lever = Feed(folder, replace(WATCHED, triggers={"switch_off": plan})), Lever()
    stage.actions = lever
    stage._course = replace(stage._course, levers={"DISABLE_SEND": LeverPlan("DISABLE_SEND", "true")})
    return stage, lever


async def test_a_lever_that_is_not_as_it_should_be_fires_at_once_and_stays_until_a_person_resumes(
    tmp_path: Path,
) -> None:
    stage, lever = with_lever(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        assert stage_of(engine) is Stage.IDLE
        lever.says = "false"
        await stage.advance(MINUTE / 3)
        assert stage_of(engine) is Stage.FIRING
        assert engine.state.triggers["switch_off"].reason == "DISABLE_SEND is false, it should be true"
        lever.says = ""
        await stage.advance(90 * SECOND)
        assert engine.state.triggers["switch_off"].state.blind
        lever.says = "true"
        await stage.advance(MINUTE)
        assert stage_of(engine) is Stage.LATCHED
        assert engine.state.triggers["switch_off"].reason == "DISABLE_SEND is true, as it should be"
    assert stage.told_posts() == ["fired@switch_off#1", "blind@switch_off.blind-1", "over@switch_off#1"]


async def test_one_whose_lever_is_right_again_says_what_was_and_what_is(tmp_path: Path) -> None:
    stage, lever = with_lever(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        lever.says = "false"
        await stage.advance(MINUTE)
        lever.says = "true"
        await stage.advance(MINUTE)
        [shown] = state_json(engine.state, stage.clock.now(), live=engine.signals.live())["triggers"]
    assert shown["stage"] == "latched"
    assert shown["reason"] == (
        "a person has to resume it; DISABLE_SEND is true now; it was so: DISABLE_SEND is false, it should be true"
    )


async def test_a_lever_that_nobody_could_read_is_blind_and_does_not_fire(tmp_path: Path) -> None:
    stage, lever = with_lever(tmp_path)
    lever.says = ""
    async with stage.engine() as engine:
        await stage.advance(10 * MINUTE)
        known = engine.state.triggers["switch_off"]
        assert (known.state.stage, known.state.shown) == (Stage.IDLE, "blind")
        assert known.reason == "no data for longer than 15s: refused"
