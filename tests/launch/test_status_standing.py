"""How the status message and the dead-man switch stand: what is not there is never silently absent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from tests.launch.course import T0, after
from tests.launch.in_slack import HOUR, MINUTE, ROOM, SILENT, in_slack, overdue, posting
from tests.launch.test_dead_man import LOST as LOST_ALARM
from tests.launch.test_dead_man import NOT as NO_ALARM
from tests.launch.test_dead_man import arm, armed, restarted
from tests.launch.test_status_message import LOCKED, LOST, NOT, OK, edit, post, posted
from warroom.launch.state import LaunchState
from warroom.launch.status_standing import Kept, message_standing, switch_standing
from warroom.playbook.course import Channel

HOOK = Channel("hook", "slack_webhook")


def closed(state: LaunchState) -> LaunchState:
    return after(state, "launch.closed", T0 + MINUTE, reason="enough")


NONE = [
    ("a webhook", in_slack(T0, HOOK), Kept.NOT_AVAILABLE, "a webhook can neither edit"),
    ("a file", in_slack(T0, Channel("file", "file")), Kept.NOT_AVAILABLE, "no channel of Slack with a bot token"),
    ("`live: false`", in_slack(T0, replace(ROOM, live=False)), Kept.NOT_AVAILABLE, "`live: false`"),
    ("T0 is not set", in_slack(None), Kept.WAITS, ""),
]


@pytest.mark.parametrize(("state", "word", "reason"), [row[1:] for row in NONE], ids=[row[0] for row in NONE])
def test_where_there_is_none_it_says_why(state: LaunchState, word: Kept, reason: str) -> None:
    for found in (message_standing(state, None), switch_standing(state, T0)):
        assert found.word is word
        assert reason in found.reason


MESSAGE = [
    ("not tried yet", in_slack(), Kept.NOT_POSTED, ""),
    ("it was not taken", post(in_slack(), NOT), Kept.NOT_POSTED, NOT.reason),
    ("its answer was lost", post(in_slack(), LOST), Kept.CHECKING, LOST.reason),
    ("it is there", posted(), Kept.CURRENT, ""),
    ("edits fail", edit(posted(), LOST), Kept.FAILING, LOST.reason),
    ("it was deleted", edit(posted(), LOCKED), Kept.NOT_POSTED, LOCKED.reason),
    ("it was deleted twice", edit(post(edit(posted(), LOCKED), OK), LOCKED), Kept.GIVEN_UP, LOCKED.reason),
    ("the launch is closed", closed(posted()), Kept.ENDED, ""),
    ("the launch was closed before it began", closed(in_slack()), Kept.ENDED, ""),
]


@pytest.mark.parametrize(("state", "word", "reason"), [row[1:] for row in MESSAGE], ids=[row[0] for row in MESSAGE])
def test_of_the_message(state: LaunchState, word: Kept, reason: str) -> None:
    found = message_standing(state, None)
    assert (found.word, found.reason) == (word, reason)


def test_of_the_message_it_says_since_when_it_fails_and_when_it_was_edited_last() -> None:
    failing = message_standing(edit(posted(), LOST, at=T0 + HOUR), T0 + MINUTE)
    assert (failing.since, failing.at) == (T0 + HOUR, T0 + MINUTE)
    assert message_standing(posted(), None).at == T0, "what an engine before knew"


FAILED = arm(armed(), T0 + 5 * MINUTE, NO_ALARM)
LATE = overdue(posting(armed()), T0 + 5 * MINUTE)
SWITCH = [
    ("it is scheduled", armed(), T0 + MINUTE, Kept.ARMED, "", T0 + SILENT),
    ("nothing could be scheduled", arm(in_slack(), T0, NO_ALARM), T0, Kept.NOT_ARMED, NO_ALARM.reason, None),
    ("it may be scheduled", arm(in_slack(), T0, LOST_ALARM), T0, Kept.NOT_ARMED, LOST_ALARM.reason, None),
    ("it was posted", armed(), T0 + HOUR, Kept.NOT_ARMED, "", None),
    ("the next could not be scheduled", FAILED, T0 + 6 * MINUTE, Kept.ARMED, "it is not renewed: ", T0 + SILENT),
    ("a post is overdue", LATE, T0 + 11 * MINUTE, Kept.ARMED, "it is not renewed: publish_", T0 + SILENT),
    ("the launch is closed", closed(in_slack()), T0, Kept.ENDED, "", None),
    ("the launch is closed and one is left", closed(armed()), T0, Kept.LEFT, "it could not be deleted", T0 + SILENT),
]


@pytest.mark.parametrize(
    ("state", "now", "word", "reason", "until"), [row[1:] for row in SWITCH], ids=[row[0] for row in SWITCH]
)
def test_of_the_switch(state: LaunchState, now: datetime, word: Kept, reason: str, until: datetime | None) -> None:
    found = switch_standing(state, now)
    assert (found.word, found.until) == (word, until)
    assert found.reason.startswith(reason)
    assert bool(found.reason) == bool(reason)


def test_after_a_kill_it_stays_armed_until_its_time_whoever_looks() -> None:
    without_inputs = replace(
        armed(), course=replace(armed().course, channels={"war_room": Channel("war_room", "file")})
    )
    assert switch_standing(without_inputs, T0 + MINUTE).until == T0 + SILENT


def test_a_stopped_engine_is_named() -> None:
    state = after(
        armed(), "deadman.arming", T0, number=2, key="k", channel="war_room", by="ada",
        since=T0.isoformat(), fires_at=(T0 + SILENT).isoformat(),
    )  # fmt: skip
    state = after(state, "deadman.armed", T0, number=2, id="Q2")
    assert switch_standing(state, T0).reason == "ada stopped the engine"
    assert switch_standing(arm(restarted(state, T0), T0, epoch=2), T0).reason == ""
