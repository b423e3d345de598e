"""An engine that begins again with another channel, or with none: a post in doubt is looked for where it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.engine.slack_here import Inline, channel_here
from tests.engine.slack_stage import IN_SLACK, MINUTE, SlackStage, body_of, foot_of, key_of
from tests.engine.test_slack_amended import amend
from warroom.adapters.file_channel import FileChannel
from warroom.engine.threaded import ThreadedChannel
from warroom.launch.liveness import AlarmStage
from warroom.launch.standing import owed
from warroom.launch.state import Stage
from warroom.launch.status_standing import Kept, message_standing
from warroom.playbook.course import Channel, Course
from warroom.playbook.template import parse_template
from warroom.simulator import slack_methods
from warroom.simulator.slack_faults import Fault
from warroom.simulator.slack_room import Message
from warroom.updates.channel import Delivery, Post

SLOT = "evidence@T+15m"
ROOM = replace(IN_SLACK.channels["file"], live=False)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SlackStage:
    return SlackStage(tmp_path, monkeypatch, replace(IN_SLACK, channels={"file": ROOM}))


async def dies_in_doubt(stage: SlackStage, *, arrived: bool) -> None:
    """The engine is killed while nobody knows whether the post has arrived in C0WARROOM."""
    async with stage.living() as engine:
        await stage.passes(14 * MINUTE)
        stage.slack.faults.queue(Fault("chat.postMessage", "close", arrived))
        stage.slack.faults.queue(Fault("conversations.*", "status", False, "503", 1_000))
        await stage.passes(2 * MINUTE)
        assert engine.state.records[SLOT].stage is Stage.UNKNOWN
    stage.slack.faults.clear()


def copies(stage: SlackStage) -> list[str]:
    return [one.channel for one in stage.messages("evidence")]


@pytest.mark.parametrize(
    ("arrived", "place"),
    [
        pytest.param(True, "C0WARROOM", id="found there, it is not sent again"),
        pytest.param(False, "C0BACKUP", id="not there either, it is sent to the channel of now"),
    ],
)
async def test_a_post_in_doubt_is_looked_for_where_it_went(stage: SlackStage, arrived: bool, place: str) -> None:
    await dies_in_doubt(stage, arrived=arrived)
    stage.channel = channel_here(stage.slack, stage.clock, room="C0BACKUP")
    async with stage.living() as engine:
        await stage.passes(4 * MINUTE)
        record = engine.state.records[SLOT]
    assert copies(stage) == [place]
    assert (record.stage, record.ref.partition("/")[0]) == (Stage.CONFIRMED, place)


def in_line(file: FileChannel) -> ThreadedChannel:
    """The channel without its thread."""
    channel = ThreadedChannel(file)
    channel.close()
    channel._thread = Inline()  # type: ignore[assignment]
    return channel


BLIND = [
    pytest.param("resend", Stage.CONFIRMED, ["C0WARROOM", "C0BACKUP"], id="sent again, which says so"),
    pytest.param("hold", Stage.DUE, ["C0WARROOM"], id="held for a person"),
]


@pytest.mark.parametrize(("when_blind", "came_to", "places"), BLIND)
async def test_where_the_app_no_longer_sees_the_channel_the_copy_is_never_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when_blind: str, came_to: Stage, places: Sequence[str]
) -> None:
    course = replace(IN_SLACK, channels={"file": replace(ROOM, when_blind=when_blind)})
    stage = SlackStage(tmp_path, monkeypatch, course)
    await dies_in_doubt(stage, arrived=True)
    stage.channel = channel_here(stage.slack, stage.clock, room="C0BACKUP")
    stage.slack.faults.queue(Fault("conversations.*", "error", False, "channel_not_found", 1_000))
    async with stage.living() as engine:
        await stage.passes(4 * MINUTE)
        record, hold = engine.state.records[SLOT], engine.state.holds.get(SLOT)
    assert (record.stage, copies(stage)) == (came_to, places)
    assert (hold is not None) == (when_blind == "hold")
    assert all("may have arrived" in foot_of(one) for one in stage.messages("evidence")[1:])


async def test_a_revoked_token_fails_it_and_says_that_nobody_can_tell(stage: SlackStage) -> None:
    await dies_in_doubt(stage, arrived=True)
    stage.channel = channel_here(stage.slack, stage.clock, room="C0BACKUP")
    stage.slack.faults.queue(Fault("*", "error", False, "token_revoked", 1_000))
    async with stage.living() as engine:
        await stage.passes(4 * MINUTE)
        record = engine.state.records[SLOT]
    assert (record.stage, copies(stage)) == (Stage.DEAD, ["C0WARROOM"])
    assert record.reason.endswith("it was sent to C0WARROOM; nobody can tell whether it arrived")


async def test_without_a_token_the_file_says_that_a_first_copy_may_be_in_slack(
    stage: SlackStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await dies_in_doubt(stage, arrived=True)
    file = tmp_path / "posts.txt"
    stage.channel = in_line(FileChannel(file, stage.clock))
    stage._course = replace(IN_SLACK, channels={"file": Channel("file", "file", "posts.txt")})
    async with stage.living():
        await stage.passes(4 * MINUTE)
    heads = [line for line in file.read_text().splitlines() if line.startswith("--- wr:") and SLOT in line]
    assert len(heads) == 1
    assert "a first copy may have arrived" in heads[0]


async def test_what_a_file_may_hold_is_not_looked_for_in_slack(stage: SlackStage, tmp_path: Path) -> None:
    class Lost(FileChannel):
        """A disk that fails after the bytes are there."""

        def append(self, post: Post) -> Delivery:
            super().append(post)
            raise OSError(5, "the disk")

        def place(self, key: str) -> str | None:
            raise OSError(5, "the disk")

    in_slack, course = stage.channel, stage._course
    stage.channel = in_line(Lost(tmp_path / "posts.txt", stage.clock))
    stage._course = replace(IN_SLACK, channels={"file": Channel("file", "file", "posts.txt")})
    async with stage.living() as engine:
        await stage.passes(16 * MINUTE)
        assert engine.state.records[SLOT].stage is Stage.UNKNOWN
    stage.channel, stage._course = in_slack, course
    async with stage.living():
        await stage.passes(4 * MINUTE)
    [copy] = stage.messages("evidence")
    assert "may have arrived" in foot_of(copy)


def told(stage: SlackStage) -> list[tuple[str, str]]:
    """The channel and the thread of each part of the long text, oldest first."""
    return [(one.channel, one.thread_ts) for one in stage.messages() if "a long line" in body_of(one)]


def long_text() -> Course:
    update = replace(
        IN_SLACK.updates["evidence"], template=parse_template("a long line\n" * 950), suite="", before=None
    )
    return replace(IN_SLACK, channels={"file": ROOM}, updates={"evidence": update})


REST = [
    pytest.param("", "attached", 2, "", id="into its thread"),
    pytest.param(
        "channel_not_found",
        "failed",
        1,
        "the rest of its text is not in the thread: "
        "channel_not_found: there is no such channel, or the app cannot see it",
        id="nowhere else where the app no longer sees it",
    ),
]


@pytest.mark.parametrize(("code", "stage_of_rest", "parts", "said"), REST)
async def test_the_rest_of_a_text_goes_where_its_post_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, stage_of_rest: str, parts: int, said: str
) -> None:
    stage = SlackStage(tmp_path, monkeypatch, long_text())
    async with stage.living():
        await stage.passes(14 * MINUTE)
        take = stage.slack.room.post

        def once(*args: Any, **more: Any) -> Message:
            stage.slack.faults.queue(Fault("chat.postMessage", "error", False, "service_unavailable", 1_000))
            return take(*args, **more)

        monkeypatch.setattr(stage.slack.room, "post", once)
        await stage.passes(2 * MINUTE)
    monkeypatch.setattr(stage.slack.room, "post", take)
    stage.slack.faults.clear()
    assert len(told(stage)) == 1
    stage.channel = channel_here(stage.slack, stage.clock, room="C0BACKUP")
    if code:
        stage.slack.faults.queue(Fault("*", "error", False, code, 1_000))
    async with stage.living() as engine:
        await stage.passes(4 * MINUTE)
        assert engine.state.files[SLOT, "rest"].stage == stage_of_rest
        [post] = [one for one in owed(engine.state, stage.clock.now()) if one.slot.id == SLOT]
    head, *rest = told(stage)
    assert head == ("C0WARROOM", "")
    assert [(channel, bool(thread)) for channel, thread in rest] == [("C0WARROOM", True)] * (parts - 1)
    assert post.reason == said


async def test_what_slack_may_have_scheduled_is_listed_and_deleted_where_it_was_to_be(stage: SlackStage) -> None:
    stage._course = IN_SLACK
    async with stage.living() as engine:
        stage.slack.faults.queue(Fault("chat.scheduleMessage", "close", True))
        stage.slack.faults.queue(Fault("chat.scheduledMessages.list", "status", False, "503", 1_000))
        await stage.passes(3 * MINUTE)
        assert AlarmStage.UNCLEAR in {one.stage for one in engine.state.dead_man.alarms.values()}
    stage.slack.faults.clear()
    stage.channel = channel_here(stage.slack, stage.clock, room="C0BACKUP")
    async with stage.living():
        await stage.passes(5 * MINUTE)
    assert {one["channel"] for one in stage.slack.to_json()["scheduled"]} == {"C0BACKUP"}


async def test_an_alarm_that_was_posted_in_the_channel_of_before_is_answered_there(stage: SlackStage) -> None:
    stage._course = IN_SLACK
    async with stage.living():
        await stage.passes(9 * MINUTE)
    await stage.passes(30 * MINUTE)
    [alarm] = stage.messages("ENGINE SILENT since")
    assert body_of(alarm).startswith("⚠️ ENGINE SILENT since")
    stage.channel = channel_here(stage.slack, stage.clock, room="C0BACKUP")
    async with stage.living() as engine:
        await stage.passes(5 * MINUTE)
        assert AlarmStage.FIRED not in {one.stage for one in engine.state.dead_man.alarms.values()}
    [answered] = [one for one in stage.messages() if one.ts == alarm.ts]
    assert (answered.channel, answered.edited) == ("C0WARROOM", True)
    assert "ENGINE SILENT" not in body_of(answered).splitlines()[0]


async def test_a_status_message_in_doubt_is_looked_for_where_it_went_and_made_anew_in_the_channel_of_now(
    stage: SlackStage,
) -> None:
    stage._course = IN_SLACK
    async with stage.living():
        stage.slack.faults.queue(Fault("chat.postMessage", "close", True))
        stage.slack.faults.queue(Fault("conversations.*", "status", False, "503", 1_000))
        await stage.passes(2 * MINUTE)
    stage.slack.faults.clear()
    stage.channel = channel_here(stage.slack, stage.clock, room="C0BACKUP")
    async with stage.living():
        await stage.passes(8 * MINUTE)
    made = [(one.channel, key_of(one).rpartition(":")[2]) for one in stage.messages(":live-")]
    assert made == [("C0WARROOM", "live-1"), ("C0BACKUP", "live-2")], "the first was found, and takes no more edits"


def made(stage: SlackStage) -> list[tuple[str, str]]:
    """The channel and the number of each status message, oldest first."""
    return [(one.channel, key_of(one).rpartition(":")[2]) for one in stage.messages(":live-")]


def goes_on_in(stage: SlackStage, room: str, name: str = "file") -> None:
    """From the next engine on the launch posts to that channel, which the playbook calls `name`."""
    updates = {key: replace(one, channel=name) for key, one in IN_SLACK.updates.items()}
    channels = {name: replace(IN_SLACK.channels["file"], id=name)}
    stage._course = replace(IN_SLACK, channels=channels, updates=updates)
    stage.channel = channel_here(stage.slack, stage.clock, room=room)
    stage.others = {name: stage.channel}


@pytest.mark.parametrize("name", ["file", "other"])
async def test_an_amendment_to_another_channel_takes_the_status_message_along_and_the_old_one_says_where_it_is(
    stage: SlackStage, name: str
) -> None:
    stage._course = IN_SLACK
    async with stage.living() as engine:
        await stage.passes(3 * MINUTE)
        goes_on_in(stage, "C0BACKUP", name)
        await amend(engine, stage._course)
    async with stage.living() as engine:
        await stage.passes(MINUTE)
        assert made(stage) == [("C0WARROOM", "live-1"), ("C0BACKUP", "live-2")]
        old, new = stage.messages(":live-")
        assert (
            body_of(old).splitlines()[-1]
            == "It goes on in the channel C0BACKUP; what stood here is not kept any more."
        )
        assert body_of(new).startswith("STATUS: ")
        edits = len(stage.calls("chat.update"))
        await stage.passes(3 * MINUTE)
        assert {one.channel for one in stage.calls("chat.update")[edits:]} == {"C0BACKUP"}
        assert message_standing(engine.state, None).word is Kept.CURRENT


async def test_it_goes_along_however_often_the_launch_moves_and_after_that_is_made_anew_once(
    stage: SlackStage,
) -> None:
    stage._course = IN_SLACK
    for room in ("C0WARROOM", "C0BACKUP", "C0WARROOM", "C0BACKUP"):
        goes_on_in(stage, room)
        async with stage.living():
            await stage.passes(2 * MINUTE)
    assert [channel for channel, _ in made(stage)] == ["C0WARROOM", "C0BACKUP"] * 2
    async with stage.living() as engine:
        for left in (4, 3):
            stage.slack.room.change(stage.messages(":live-")[-1], deleted=True)
            await stage.passes(3 * MINUTE)
            assert len(made(stage)) == left
        assert message_standing(engine.state, None).word is Kept.GIVEN_UP


async def test_an_old_channel_that_takes_no_edit_keeps_no_status_message_from_the_new_one(stage: SlackStage) -> None:
    stage._course = IN_SLACK
    async with stage.living():
        await stage.passes(3 * MINUTE)
    goes_on_in(stage, "C0BACKUP")
    stage.slack.faults.queue(Fault("chat.update", "status", False, "503", 1))
    async with stage.living():
        await stage.passes(MINUTE)
    assert made(stage) == [("C0WARROOM", "live-1"), ("C0BACKUP", "live-2")]
    [gone] = [one for one in stage.told if one.kind == "live.gone"]
    assert gone.body["reason"] == "it goes on in C0BACKUP; that could not be said there: Slack answered 503"


async def test_where_the_token_is_another_apps_since_the_copy_is_never_silent(
    stage: SlackStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage._course = IN_SLACK
    await dies_in_doubt(stage, arrived=True)
    monkeypatch.setattr(slack_methods, "BOT_ID", "B0OTHER")
    monkeypatch.setattr(slack_methods, "BOT_USER", "U0OTHER")
    stage.channel = channel_here(stage.slack, stage.clock)
    async with stage.living() as engine:
        await stage.passes(4 * MINUTE)
        assert engine.state.records[SLOT].again
    _, copy = stage.messages("evidence")
    assert "a first copy may have arrived" in foot_of(copy)
    [why] = {one.body["reason"] for one in stage.told if one.kind == "update.due" and one.body.get("again")}
    assert "sent by another app (T0WARROOM1/B0WARROOM1), and that of now (T0WARROOM1/B0OTHER) cannot tell" in why


async def test_the_rest_of_a_text_is_not_said_twice_by_another_app(
    stage: SlackStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage._course = replace(long_text(), channels={"file": IN_SLACK.channels["file"]})
    stage.slack.methods.pace.post_s = 0.0
    async with stage.living():
        await stage.passes(14 * MINUTE)
        take = stage.slack.room.post

        def cut_off_after(*args: Any, **more: Any) -> Message:
            stage.slack.faults.queue(Fault("chat.postMessage", "close", True, "", 1))
            stage.slack.faults.queue(Fault("conversations.*", "status", False, "503", 1_000))
            monkeypatch.setattr(stage.slack.room, "post", take)
            return take(*args, **more)

        monkeypatch.setattr(stage.slack.room, "post", cut_off_after)
        await stage.passes(2 * MINUTE)
    assert len(told(stage)) == 2
    stage.slack.faults.clear()
    monkeypatch.setattr(slack_methods, "BOT_ID", "B0OTHER")
    monkeypatch.setattr(slack_methods, "BOT_USER", "U0OTHER")
    stage.channel = channel_here(stage.slack, stage.clock)
    async with stage.living() as engine:
        await stage.passes(4 * MINUTE)
        [post] = [one for one in owed(engine.state, stage.clock.now()) if one.slot.id == SLOT]
    assert len(told(stage)) == 2
    assert "it was sent by another app" in post.reason
