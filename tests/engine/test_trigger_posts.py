"""What the war room is told of a trigger: once in an activation, soon, with its runbook; and once that it is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.auto_com_center import MINUTE, SECOND, Launch, stage_of
from warroom.slo.trigger import Stage


@pytest.mark.covers("S3-W05")
async def test_an_activation_is_told_once_with_its_runbook_and_once_when_it_is_over(tmp_path: Path) -> None:
    launch = Launch(tmp_path, watch_s=15.0)
    async with launch.engine():
        await launch.advance(6 * MINUTE)
        launch.service.behave(errors_5xx=0.05)
        await launch.advance(4 * MINUTE)
    launch.set_up()
    async with launch.engine() as engine:
        await launch.advance(10 * MINUTE)
        assert stage_of(engine, "pause_5xx") is Stage.FIRING
        assert [slot for slot in launch.room.slots("trigger_") if "pause_5xx" in slot] == [
            "trigger_fired@pause_5xx#1"
        ]
        launch.service.behave()
        await launch.advance(8 * MINUTE)
        assert stage_of(engine, "pause_5xx") is Stage.LATCHED
    assert [slot for slot in launch.room.slots("trigger_") if "pause_5xx" in slot] == [
        "trigger_fired@pause_5xx#1",
        "trigger_resolved@pause_5xx#1",
    ]
    (fired,) = launch.journaled("trigger.fired", trigger="pause_5xx")
    # By the next look: far within the two minutes that a post has.
    assert launch.room.at("trigger_fired@pause_5xx#1") - fired.at <= 15 * SECOND
    assert "Runbook: https://runbooks.test/auto_com_center" in launch.room.text("trigger_fired@pause_5xx#1")
    assert "RECOVERED" in launch.room.text("trigger_resolved@pause_5xx#1")
