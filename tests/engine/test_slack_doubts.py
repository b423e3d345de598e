"""A post of which nobody knows whether it arrived, in a Slack that refuses look-ups for good."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.slack_stage import IN_SLACK, MINUTE, SlackStage, body_of, foot_of
from warroom.launch.standing import owed
from warroom.launch.state import Stage
from warroom.simulator.slack_faults import Fault
from warroom.updates.advice import advice

SLOT = "evidence@T+15m"
ROOM = replace(IN_SLACK.channels["file"], live=False)
NEVER = 100_000


async def in_doubt(stage: SlackStage, method: str, code: str, *, arrived: bool) -> tuple[Stage, str, str, list[str]]:
    """What becomes of a post whose answer is lost while `method` is refused: where it stands, why, what a person is
    told to do, and the kinds of its entries."""
    async with stage.living() as engine:
        await stage.passes(14 * MINUTE)
        stage.slack.faults.queue(Fault("chat.postMessage", "reset", arrived))
        stage.slack.faults.queue(Fault(method, "error", False, code, NEVER))
        await stage.passes(6 * MINUTE)
        record = engine.state.records[SLOT]
        [post] = [one for one in owed(engine.state, stage.clock.now()) if one.slot.id == SLOT]
        told = advice(engine.state, post)
        kinds = [entry.kind for entry in stage.direct.journal.entries() if entry.body.get("slot") == SLOT]
    return record.stage, record.reason, told, kinds


@pytest.mark.parametrize("code", ["missing_scope", "not_in_channel"])
@pytest.mark.parametrize("arrived", [True, False])
async def test_where_only_look_ups_are_refused_it_is_sent_again_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, arrived: bool
) -> None:
    stage = SlackStage(tmp_path, monkeypatch, replace(IN_SLACK, channels={"file": ROOM}))
    came_to, _, _, kinds = await in_doubt(stage, "conversations.*", code, arrived=arrived)
    assert came_to is Stage.CONFIRMED
    assert kinds[-5:] == ["update.sending", "update.unknown", "update.due", "update.sending", "update.confirmed"]
    copies = stage.messages("evidence")
    assert len(copies) == 1 + arrived
    assert "may have arrived" in f"{body_of(copies[-1])} {foot_of(copies[-1])}"


async def test_where_the_playbook_says_so_it_is_held_for_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = replace(ROOM, when_blind="hold")
    stage = SlackStage(tmp_path, monkeypatch, replace(IN_SLACK, channels={"file": room}))
    came_to, reason, told, kinds = await in_doubt(stage, "conversations.*", "missing_scope", arrived=True)
    assert (came_to, kinds[-1]) == (Stage.DUE, "update.held")
    assert reason.startswith("nobody can tell whether it arrived: missing_scope: ")
    assert told.startswith("look whether it is there")
    assert len(stage.messages("evidence")) == 1


@pytest.mark.parametrize("code", ["token_revoked", "account_inactive", "channel_not_found"])
async def test_where_nothing_can_be_posted_either_it_has_failed_and_a_person_is_told_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    stage = SlackStage(tmp_path, monkeypatch, replace(IN_SLACK, channels={"file": ROOM}))
    came_to, reason, told, kinds = await in_doubt(stage, "*", code, arrived=True)
    assert (came_to, kinds[-1]) == (Stage.DEAD, "update.dead")
    assert reason.startswith(f"{code}: ")
    assert reason.endswith("; nobody can tell whether it arrived")
    assert ", look whether it is there, then: warroom post" in told
    assert len(stage.messages("evidence")) == 1


async def test_a_look_up_that_may_succeed_later_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = SlackStage(tmp_path, monkeypatch, replace(IN_SLACK, channels={"file": ROOM}))
    came_to, _, _, _ = await in_doubt(stage, "conversations.*", "internal_error", arrived=True)
    assert came_to is Stage.UNKNOWN
