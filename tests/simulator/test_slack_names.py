"""The strict Slack: which of its methods take the name of a channel, and which want its id."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.simulator.test_slack_status import ROOM, Desk

NAMES: Final = ("#war-room", "war-room")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("name", NAMES)
def test_a_post_takes_a_name_and_its_answer_gives_the_id(desk: Desk, name: str) -> None:
    posted = desk.call("chat.postMessage", channel=name, text="said")
    assert posted["channel"] == ROOM
    assert desk.slack.room.find(ROOM, posted["ts"])


@pytest.mark.parametrize("name", NAMES)
def test_scheduling_takes_a_name_and_its_answer_gives_the_id(desk: Desk, name: str) -> None:
    scheduled = desk.call("chat.scheduleMessage", channel=name, text="said", post_at=desk.in_s(600))
    assert scheduled["channel"] == ROOM


ASKED: Final[dict[str, dict[str, Any]]] = {
    "conversations.info": {},
    "conversations.history": {},
    "conversations.replies": {"ts": "TS"},
    "chat.update": {"ts": "TS", "text": "edited"},
    "chat.delete": {"ts": "TS"},
    "chat.deleteScheduledMessage": {"scheduled_message_id": "ID"},
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", ASKED)
def test_every_other_method_wants_the_id(desk: Desk, method: str, name: str) -> None:
    known = {"TS": desk.call("chat.postMessage", text="said")["ts"], "ID": desk.schedule(600)}
    args = {key: known.get(value, value) for key, value in ASKED[method].items()}
    assert desk.refused(method, **{**args, "channel": name}) == "channel_not_found"
    desk.call(method, **args)


@pytest.mark.parametrize("name", NAMES)
def test_the_list_of_what_is_scheduled_wants_the_id(desk: Desk, name: str) -> None:
    assert desk.refused("chat.scheduledMessages.list", channel=name) == "invalid_channel"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_shown_in_a_channel_by_its_id(desk: Desk, name: str) -> None:
    told = desk.call("files.getUploadURLExternal", filename="log.txt", length=1)
    desk.slack.room.uploads[told["file_id"]]["content"] = "x"
    files = [{"id": told["file_id"]}]
    assert desk.refused("files.completeUploadExternal", files=files, channel_id=name) == "channel_not_found"
    desk.call("files.completeUploadExternal", files=files, channel_id=ROOM)
