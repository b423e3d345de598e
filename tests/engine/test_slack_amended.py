"""A launch that goes on with a playbook without its Slack channel: what was scheduled there is deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.engine.slack_stage import IN_SLACK, MINUTE, SECOND, SlackStage
from warroom.adapters.file_channel import FileChannel
from warroom.engine.engine import Engine
from warroom.engine.requests import AmendPlaybook
from warroom.launch.amending import Amendment
from warroom.launch.status_standing import Kept, message_standing, switch_standing
from warroom.playbook.course import Channel, Course
from warroom.simulator.slack_faults import Fault
from warroom.updates.channel import Channel as Port

COPY = "playbook/other.yaml"
SILENT = "ENGINE SILENT"


def without_slack(name: str) -> Course:
    updates = {key: replace(one, channel=name) for key, one in IN_SLACK.updates.items()}
    return replace(IN_SLACK, channels={name: Channel(name, "file", "posts.txt")}, updates=updates)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SlackStage:
    return SlackStage(tmp_path, monkeypatch)


async def amend(engine: Engine, course: Course) -> None:
    async def reload(copy: str, path: str) -> Amendment:
        return Amendment(copy, path, "1" * 64, course)

    engine._ports = replace(engine._ports, reload=reload)
    await engine.amend(AmendPlaybook(COPY, "other.yaml"), "ada")


async def amended(stage: SlackStage, name: str, *faults: Fault) -> None:
    """The launch, whose engine was killed right after it had been amended to a file."""
    async with stage.living() as engine:
        await stage.passes(9 * MINUTE)
        for fault in faults:
            stage.slack.faults.queue(fault)
        await stage.passes(3 * MINUTE if faults else timedelta())
        await amend(engine, without_slack(name))
    stage._course = without_slack(name)
    stage.channel, stage.others = FileChannel(stage.folder / "posts.txt", stage.clock), {}
    stage.others = {name: stage.channel}


def has_access(stage: SlackStage) -> list[tuple[str, str, str]]:
    """What the next engine asked for of the playbook of before, to whose Slack there is still access."""
    slack, asked = stage.channel, list[tuple[str, str, str]]()

    async def former(copy: str, path: str, channel: str) -> Port | None:
        asked.append((copy, path, channel))
        return slack

    stage.former = former
    return asked


WAYS = [
    pytest.param("file", [], id="its channel is a file since"),
    pytest.param("elsewhere", [], id="its channel is gone"),
    pytest.param("file", [Fault("chat.*", "status", False, "503", 12)], id="Slack was away meanwhile"),
    pytest.param("file", [Fault("chat.scheduleMessage", "close", True)], id="nobody knew whether it was scheduled"),
]


@pytest.mark.parametrize(("name", "faults"), WAYS)
async def test_what_was_scheduled_is_deleted_and_nobody_hears_that_the_engine_is_silent(
    stage: SlackStage, name: str, faults: Sequence[Fault]
) -> None:
    asked = has_access(stage)
    await amended(stage, name, *faults)
    assert stage.pending()
    async with stage.living() as engine:
        await stage.passes(8 * MINUTE)
        assert stage.pending() == []
        await stage.passes(20 * MINUTE)
        assert dict(engine.state.dead_man.alarms) == {}
    assert stage.messages(SILENT) == []
    assert {one[2] for one in asked} == {"file"}
    assert {one[0] for one in asked} != {COPY}


async def test_without_access_status_says_until_when_it_stands_and_nothing_is_tried(stage: SlackStage) -> None:
    await amended(stage, "file")
    async with stage.living() as engine:
        before = len(engine.state.dead_man.alarms)
        calls = len(stage.slack.attempts)
        await stage.passes(3 * MINUTE)
        now = stage.clock.now()
        standing, message = switch_standing(engine.state, now), message_standing(engine.state, None)
        seq = engine.state.seq
        await stage.passes(3 * MINUTE)
        assert (len(stage.slack.attempts), before) == (calls, 1)
        assert not [one for one in stage.told if one.seq > seq and one.kind.startswith("deadman.")]
        [alarm] = engine.state.dead_man.alarms.values()
        assert (standing.word, standing.until) == (Kept.LEFT, alarm.fires_at)
        assert "no channel of Slack" in standing.reason
        assert "file (C0WARROOM) is posted then unless it is deleted before" in standing.reason
        assert message.word is Kept.NOT_AVAILABLE
        assert "what it says there is edited no more" in message.reason
        assert [one for one in stage.trouble if "or gives no access: it is posted at " in one]
        await stage.passes(20 * MINUTE)
        assert switch_standing(engine.state, stage.clock.now()).word is Kept.NOT_AVAILABLE


async def test_what_cannot_be_deleted_any_more_does_not_hinder_what_can(
    stage: SlackStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack = stage.channel
    await amended(stage, "elsewhere")
    course = replace(
        without_slack("elsewhere"),
        channels={**without_slack("elsewhere").channels, "new": replace(IN_SLACK.channels["file"], id="new")},
    )
    stage._course, stage.others = course, {**stage.others, "new": slack}
    async with stage.living() as engine:
        await stage.passes(7 * MINUTE)
        assert sorted(one.channel for one in engine.state.dead_man.alarms.values()) == ["file", "new"]


@pytest.mark.parametrize("name", ["file", "elsewhere"])
async def test_an_engine_that_is_stopped_while_another_playbook_comes_leaves_nothing_behind(
    stage: SlackStage, name: str
) -> None:
    has_access(stage)
    async with stage.living() as engine:
        await stage.passes(9 * MINUTE)
        stage.slack.faults.queue(Fault("chat.scheduleMessage", "status", False, "503", 1))
        engine.stop("ada")
        while not [one for one in stage.slack.attempts if one.fault]:
            await stage.clock.advance(0.1)
        await amend(engine, without_slack(name))
        while not engine._book._closed:
            await stage.clock.advance(0.1)
    stage._course = without_slack(name)
    stage.channel = FileChannel(stage.folder / "posts.txt", stage.clock)
    stage.others = {name: stage.channel}
    async with stage.living() as engine:
        await stage.passes(30 * MINUTE)
        assert dict(engine.state.dead_man.alarms) == {}
    assert stage.pending() == []
    assert stage.messages("⚠️ ENGINE") == []


async def test_an_amendment_waits_for_no_slack_that_is_silent(
    stage: SlackStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(*_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()

    async with stage.living() as engine:
        await stage.passes(9 * MINUTE)
        for name in ("edit", "schedule", "unschedule", "scheduled", "find"):
            monkeypatch.setattr(stage.channel, name, hangs)
        await stage.passes(3 * MINUTE)
        await amend(engine, without_slack("elsewhere"))
        began = stage.clock.now()
        while not engine._book._closed:
            await stage.clock.advance(0.1)
            assert stage.clock.now() - began < 2 * SECOND
