"""The status message and the dead-man switch of engines that live, are stopped and are killed, as the strict Slack
has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.engine.slack_stage import HOUR, IN_SLACK, MINUTE, SECOND, SlackStage, body_of, foot_of, key_of
from tests.engine.stage import LAUNCH, T0
from warroom.engine.complaints import JOURNAL
from warroom.engine.engine import Pace
from warroom.engine.requests import CloseLaunch, OpenIncident, StopEngine, TickStep
from warroom.engine.status import StatusPace
from warroom.launch import status_message
from warroom.launch.state import Stage
from warroom.launch.status_standing import Kept, message_standing, switch_standing
from warroom.simulator.slack_faults import Fault

SILENT = 15 * MINUTE
DELETED = "message_not_found: somebody deleted it, or the token is of another workspace since"
ALARM = f"wr:{LAUNCH}:deadman-"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackStage]:
    made = SlackStage(tmp_path, monkeypatch)
    yield made
    assert not any("defect" in said for said in made.trouble)


async def one_is_pending(stage: SlackStage) -> None:
    """Waits until the last alarm is deleted, for a minute."""
    for _ in range(5):
        if len(stage.pending()) > 1:
            await stage.clock.advance(15.0)
    assert len(stage.pending()) == 1


async def test_one_message_is_edited_and_one_alarm_is_kept_ahead(stage: SlackStage) -> None:
    async with stage.living() as engine:
        for _ in range(8):
            await stage.passes(5 * MINUTE)
            assert len(stage.messages(":live-")) == 1
            assert 1 <= len(stage.pending()) <= 2, "one, and the last one for a moment"
        [message] = stage.messages(":live-")
        assert "verify: ✔ GREEN (dry-run)" in body_of(message)
        assert "next T+5m published, 2025-11-01 02:05 UTC, HELD" in body_of(message)
        assert foot_of(message).startswith("engine alive as of 2025-11-01 02:39:")
        state, now = engine.state, stage.clock.now()
        assert message_standing(state, engine.status_shown_at).word is Kept.CURRENT
        assert switch_standing(state, now).until is not None
        assert (switch_standing(state, now).until or now) - now > 10 * MINUTE
    edits = [datetime.fromisoformat(one.at) for one in stage.calls("chat.update")]
    gaps = [later - sooner for sooner, later in pairwise(edits)]
    assert min(gaps) >= 10 * SECOND
    assert max(gaps) <= 105 * SECOND, "each minute, as soon as the loop comes round and nothing else is done"
    assert stage.messages(ALARM) == [], "none comes while the engine lives"


async def test_however_often_it_changes_it_is_edited_every_ten_seconds_at_most(stage: SlackStage) -> None:
    async with stage.living(pace=Pace(tick_s=2.0)) as engine:
        for number in range(20):
            await engine.ask(OpenIncident(f"trouble {number}"), "ann")
            await stage.passes(3 * SECOND, 3.0)
        await stage.passes(12 * SECOND, 3.0)
    edits = [datetime.fromisoformat(one.at) for one in stage.calls("chat.update")]
    assert 5 <= len(edits) <= 7
    assert min(later - sooner for sooner, later in pairwise(edits)) >= 10 * SECOND
    assert "and 12 more" in body_of(stage.messages(":live-")[0]), "the last one tells all of it"


async def test_while_the_journal_cannot_be_written_nobody_is_told_that_the_engine_is_alive(stage: SlackStage) -> None:
    async with stage.living() as engine:
        await stage.passes(MINUTE)
        engine._complaints.failed(JOURNAL, "the disk is full")
        await stage.passes(3 * MINUTE)
    assert stage.calls("chat.update") == []


async def test_signs_of_life_and_unchanged_states_are_not_journaled(stage: SlackStage) -> None:
    async with stage.living():
        await stage.passes(20 * MINUTE)
    edits = [one for one in stage.told if one.kind == "live.edited"]
    assert len(edits) < 6
    assert [one.kind for one in stage.told if one.kind == "live.editing"] == ["live.editing"] * len(edits)
    assert len(stage.calls("chat.update")) > 15


async def test_a_killed_engine_is_told_of_by_slack_itself_and_the_next_one_answers(stage: SlackStage) -> None:
    async with stage.living():
        await stage.passes(20 * MINUTE)
        await one_is_pending(stage)
    died = stage.clock.now()
    await stage.passes(30 * MINUTE)
    [alarm] = stage.messages(ALARM)
    assert alarm.text.startswith("⚠️ ENGINE SILENT since 2025-11-01 02:20")
    assert 10 * MINUTE < datetime.fromtimestamp(float(alarm.ts), died.tzinfo) - died <= SILENT
    async with stage.living():
        await stage.passes(2 * MINUTE)
        [alarm] = stage.messages(ALARM)
        assert body_of(alarm).startswith("✔ ENGINE BACK: auto_com_center\nIt runs, 2025-11-01 02:50:")
        assert len(stage.messages(":live-")) == 1
        await one_is_pending(stage)
        await stage.passes(30 * MINUTE)
    assert len(stage.messages(ALARM)) == 1


async def test_a_restarted_engine_removes_what_the_last_one_left(stage: SlackStage) -> None:
    async with stage.living():
        await stage.passes(MINUTE)
    [left] = stage.pending()
    await stage.passes(3 * MINUTE)
    async with stage.living():
        await stage.passes(MINUTE)
        [pending] = stage.pending()
        assert pending != left
        await stage.passes(30 * MINUTE)
        assert stage.messages(ALARM) == []
        assert len(stage.messages(":live-")) == 1


async def test_one_that_can_no_longer_be_deleted_for_sure_is_answered_when_it_comes(stage: SlackStage) -> None:
    async with stage.living():
        await stage.passes(MINUTE)
    await stage.passes(11 * MINUTE)
    async with stage.living():
        await stage.passes(10 * MINUTE)
    [alarm] = stage.messages(ALARM)
    assert body_of(alarm).startswith("✔ ENGINE BACK")


@pytest.mark.parametrize("asked", [True, False], ids=["somebody asked for it", "a signal"])
async def test_a_stopped_engine_leaves_word_of_who_stopped_it(stage: SlackStage, asked: bool) -> None:
    async with stage.living(stopped_by="SIGTERM") as engine:
        await stage.passes(3 * MINUTE)
        if asked:
            await engine.ask(StopEngine(), "ada")
    who = "ada" if asked else "SIGTERM"
    [message] = stage.messages(":live-")
    assert body_of(message).startswith(
        f"■ ENGINE STOPPED: auto_com_center · dry-run\n{who} stopped it 2025-11-01 02:03"
    )
    assert "alive" not in foot_of(message)
    assert len(stage.pending()) == 1, "the one that says so, and no other"
    await stage.passes(SILENT)
    [alarm] = stage.messages(ALARM)
    assert f"{who} stopped its engine 2025-11-01 02:03" in alarm.text
    async with stage.living():
        await stage.passes(2 * MINUTE)
    assert f"It had been stopped by {who} since" in body_of(stage.messages(ALARM)[0])
    assert body_of(stage.messages(":live-")[0]).startswith("STATUS: ")


async def test_an_engine_that_is_started_again_in_time_takes_the_word_back(stage: SlackStage) -> None:
    async with stage.living(stopped_by="ada"):
        await stage.passes(MINUTE)
    await stage.passes(3 * MINUTE)
    async with stage.living():
        await stage.passes(30 * MINUTE)
    assert stage.messages(ALARM) == []


async def test_with_the_launch_the_alarm_is_deleted_and_the_message_says_that_it_is_closed(stage: SlackStage) -> None:
    async with stage.living(stopped_by="nobody") as engine:
        await stage.passes(3 * MINUTE)
        await engine.ask(CloseLaunch("enough"), "ada")
        await stage.passes(MINUTE)
    [message] = stage.messages(":live-")
    assert body_of(message).split("\n")[:2] == [
        "■ CLOSED: auto_com_center · dry-run",
        "Closed 2025-11-01 02:03 UTC: enough",
    ]
    assert stage.pending() == []
    assert message_standing(engine.state, None).word is Kept.ENDED
    assert switch_standing(engine.state, stage.clock.now()).word is Kept.ENDED


async def test_an_alarm_that_cannot_be_deleted_at_the_end_is_said(stage: SlackStage) -> None:
    async with stage.living(stopped_by="nobody") as engine:
        await stage.passes(3 * MINUTE)
        stage.slack.faults.queue(Fault("chat.deleteScheduledMessage", "status", value="503", times=9))
        await engine.ask(CloseLaunch("enough"), "ada")
        await stage.passes(MINUTE)
    assert len(stage.pending()) == 1
    assert switch_standing(engine.state, stage.clock.now()).word is Kept.LEFT
    assert any("dead-man switch, deleting the last: Slack answered 503" in said for said in stage.trouble)


async def test_before_t0_nothing_stands_in_the_channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = SlackStage(tmp_path, monkeypatch, t0=None)
    async with stage.living(stopped_by="ada") as engine:
        await stage.passes(3 * MINUTE)
        assert switch_standing(engine.state, stage.clock.now()).word is Kept.WAITS
    assert stage.slack.attempts == []


LOST = [
    Fault("chat.postMessage", "reset", applied=True),
    Fault("chat.postMessage", "silent", applied=True),
    Fault("chat.postMessage", "status", True, "503"),
    Fault("chat.postMessage", "reset"),
    Fault("chat.postMessage", "limited", False, "7"),
]


@pytest.mark.parametrize("is_killed", [False, True], ids=["the engine lives", "the engine is killed"])
@pytest.mark.parametrize("fault", LOST, ids=[f"{one.kind} {'after' * one.applied}" for one in LOST])
async def test_whatever_becomes_of_its_answer_the_message_is_there_once(
    stage: SlackStage, fault: Fault, is_killed: bool
) -> None:
    stage.slack.faults.queue(fault)
    async with stage.living():
        await stage.passes(10 * SECOND if is_killed else 4 * MINUTE)
    async with stage.living():
        await stage.passes(4 * MINUTE)
    assert [key_of(one) for one in stage.messages(":live-")] == [f"wr:{LAUNCH}:live-1"]


@pytest.mark.parametrize("kind", ["reset", "silent", "status", "error"])
async def test_of_an_alarm_whose_answer_was_lost_there_is_one_in_the_end(stage: SlackStage, kind: str) -> None:
    value = {"status": "503", "error": "internal_error"}.get(kind, "")
    stage.slack.faults.queue(Fault("chat.scheduleMessage", kind, applied=True, value=value, times=2))
    async with stage.living():
        await stage.passes(6 * MINUTE)
        await one_is_pending(stage)
        await stage.passes(30 * MINUTE)
    assert stage.messages(ALARM) == []


async def test_somebody_who_deletes_the_message_gets_one_more_and_then_none(stage: SlackStage) -> None:
    async with stage.living() as engine:
        for number in (1, 2):
            await stage.passes(2 * MINUTE)
            [message] = stage.messages(":live-")
            assert key_of(message) == f"wr:{LAUNCH}:live-{number}"
            stage.slack.room.change(message, deleted=True)
        await stage.passes(4 * MINUTE)
        found = message_standing(engine.state, None)
    assert (found.word, found.reason) == (Kept.GIVEN_UP, DELETED)
    assert stage.messages(":live-") == []
    assert stage.trouble == [f"status message, edited: {DELETED}"] * 2


async def test_in_a_workspace_that_allows_no_edits_there_are_two_messages_at_most(stage: SlackStage) -> None:
    stage.slack.methods.edit_window_s = 0.0
    async with stage.living():
        await stage.passes(20 * MINUTE)
    assert len(stage.messages(":live-")) == 2


async def test_edits_that_fail_are_said_once_and_fail_no_post(stage: SlackStage) -> None:
    async with stage.living() as engine:
        await stage.passes(2 * MINUTE)
        stage.slack.faults.queue(Fault("chat.update", "error", value="token_revoked", times=99))
        await stage.passes(18 * MINUTE)
        failing = message_standing(engine.state, None)
        assert (failing.word, failing.reason) == (Kept.FAILING, "token_revoked: the token was revoked")
        assert failing.since is not None
        tried = len([one for one in stage.slack.attempts if one.method == "chat.update"])
        assert [one.kind for one in stage.told].count("live.failing") == 1
        stage.slack.faults.clear()
        await stage.passes(6 * MINUTE)
        assert message_standing(engine.state, None).word is Kept.CURRENT
        assert not any(record.stage is Stage.DEAD for record in engine.state.records.values())
    assert tried < 12, "less and less often"
    assert stage.trouble == ["status message, edited: token_revoked: the token was revoked"]
    assert [key_of(one) for one in stage.messages("evidence")] == [f"wr:{LAUNCH}:evidence@T+15m"]


async def test_an_engine_that_is_cut_off_from_slack_is_told_of_and_answers_when_it_is_back(stage: SlackStage) -> None:
    async with stage.living():
        await stage.passes(3 * MINUTE)
        stage.slack.faults.queue(Fault("*", "reset", times=10_000))
        await stage.passes(20 * MINUTE)
        assert len(stage.messages(ALARM)) == 1
        stage.slack.faults.clear()
        await stage.passes(12 * MINUTE)
        assert body_of(stage.messages(ALARM)[0]).startswith("✔ ENGINE BACK")
        assert len(stage.messages(ALARM)) == len(stage.pending()) == 1


@pytest.mark.parametrize(("kind", "value"), [("reset", ""), ("status", "503"), ("limited", "30")])
async def test_an_outage_that_is_over_in_time_brings_no_alarm(stage: SlackStage, kind: str, value: str) -> None:
    async with stage.living(pace=Pace(tick_s=5.0)):
        await stage.passes(3 * MINUTE)
        armed = len(stage.calls("chat.scheduleMessage"))
        while len(stage.calls("chat.scheduleMessage")) == armed:
            await stage.clock.advance(5.0)
        await stage.passes(110 * SECOND, 5.0)
        stage.slack.faults.queue(Fault("*", kind, value=value, times=10_000))
        await stage.passes(330 * SECOND, 5.0)
        stage.slack.faults.clear()
        await stage.passes(17 * MINUTE)
    assert stage.messages(ALARM) == []


async def test_an_engine_that_cannot_write_its_journal_says_nothing_more_and_is_told_of(stage: SlackStage) -> None:
    async with stage.living():
        await stage.passes(3 * MINUTE)
        stage.direct.broken = "the disk is full"
        await stage.passes(MINUTE)
        edits = len(stage.calls("chat.update"))
        await stage.passes(20 * MINUTE)
        assert len(stage.calls("chat.update")) <= edits + 4
        assert len(stage.messages(ALARM)) == 1
        stage.direct.broken = ""
        await stage.passes(12 * MINUTE)
    assert body_of(stage.messages(ALARM)[0]).startswith("✔ ENGINE BACK")


async def test_posts_that_leave_no_room_between_them_bring_no_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    often = replace(IN_SLACK.updates["hourly"], every=3 * SECOND, starts=3 * SECOND, ends=HOUR)
    often = replace(often, suite="", before=None)
    stage = SlackStage(tmp_path, monkeypatch, replace(IN_SLACK, updates={"hourly": often}, phases=()))
    async with stage.living(pace=Pace(tick_s=1.0)) as engine:
        await stage.passes(5 * MINUTE, 1.0)
        alarms = engine.state.dead_man.alarms.values()
        assert min(one.fires_at for one in alarms) - stage.clock.now() > SILENT - 5 * MINUTE
        assert len(stage.pending()) == 1
    late = [one for one in stage.told if one.kind == "update.sending" and one.body.get("late_s")]
    assert (late, len(stage.messages(":hourly@"))) == ([], 100)


@pytest.mark.parametrize("by", [2 * HOUR, -2 * HOUR], ids=["forward", "back"])
async def test_a_clock_that_is_set_brings_no_alarm(stage: SlackStage, by: timedelta) -> None:
    async with stage.living():
        await stage.passes(3 * MINUTE)
        stage.clock.step_wall(by)
        # Slack keeps the right time.
        stage.slack.room.ahead_s = -by.total_seconds()
        await stage.passes(40 * MINUTE + 30 * SECOND)
        assert stage.messages(ALARM) == []
        assert len(stage.messages(":live-")) == 1
        assert len(stage.pending()) <= 2, "one, and the last one for a moment"


async def test_edits_amid_faults_leave_one_message_and_every_post_in_time(
    stage: SlackStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_message, "BEAT", timedelta())
    tried = await edits_amid_faults(stage, lives=3, span=6 * MINUTE)
    assert tried >= 240
    assert [key_of(one) for one in stage.messages(":live-")] == [f"wr:{LAUNCH}:live-1"]
    posts = {key_of(one).rpartition(":")[2]: float(one.ts) for one in stage.messages("@")}
    assert set(posts) == {"published@T+5m", "evidence@T+15m"}
    assert 0 <= posts["published@T+5m"] - (T0 + 5 * MINUTE).timestamp() <= 5
    assert 0 <= posts["evidence@T+15m"] - (T0 + 15 * MINUTE).timestamp() <= 5
    assert stage.messages(ALARM) == []


async def edits_amid_faults(stage: SlackStage, *, lives: int, span: timedelta) -> int:
    """How many edits engines have tried that live for `span` each, one after the other: as many as they can, while
    every third one goes wrong."""
    pace = Pace(tick_s=3.0, status=StatusPace(edit_s=0.0, failed_s=1.0, longest_rest_s=2.0))
    kinds = [("limited", "1"), ("status", "503"), ("reset", ""), ("error", "internal_error"), ("silent", "")]
    for life in range(lives):
        async with stage.living(pace=pace) as engine:
            if life == 0:
                await engine.ask(TickStep("publish", {"build_id": "b-1"}), "ann")
            for number in range(int(span.total_seconds() / 12)):
                kind, value = kinds[number % len(kinds)]
                applied = number % 2 == 0 and kind != "limited"
                stage.slack.faults.queue(Fault("chat.update", kind, applied, value))
                await stage.passes(12 * SECOND, 3.0)
    return len([one for one in stage.slack.attempts if one.method == "chat.update"])
