"""The status message: posted once, edited when it says something else, made anew once, and never in a post's way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.launch.course import LAUNCH, T0, after
from tests.launch.in_slack import HOUR, MINUTE, ROOM, SECOND, SETTLE, in_slack, journaled, posting
from warroom.engine import status_drafts as drafts
from warroom.launch.liveness import MessageStage
from warroom.launch.state import LaunchState
from warroom.launch.status_message import (
    BEAT,
    EditStatus,
    FindStatus,
    PostStatus,
    StatusDecision,
    is_quiet,
    status_owed,
)
from warroom.playbook.course import Channel
from warroom.updates.channel import Delivery, Fate

REF = "C1/17.000001"
OK = Delivery(Fate.CONFIRMED, ref=REF)
LOST = Delivery(Fate.UNKNOWN, reason="the connection broke")
NOT = Delivery(Fate.NOT_SENT, reason="Slack asks to wait", wait_s=30)
LOCKED = Delivery(Fate.REFUSED, reason="edit_window_closed: no edits so late", closed=True)
FIRST = PostStatus(1, f"wr:{LAUNCH}:live-1", "war_room", 1)
SLOT = "publish_confirmation@T+5m"


def owed(state: LaunchState, at: datetime = T0, digest: str = "new", shown_at: datetime | None = None) -> object:
    return status_owed(state, at, digest, shown_at)


def post(state: LaunchState, delivery: Delivery, at: datetime = T0, epoch: int = 1) -> LaunchState:
    """The launch once its engine has tried to post the message that is owed now."""
    found = status_owed(state, at, "new", None)
    assert isinstance(found, PostStatus)
    state = journaled(state, at, *drafts.posting(found, state, at, ""), epoch=epoch)
    return journaled(state, at, drafts.posted(found, delivery, "new", at, 5.0), epoch=epoch)


def edit(state: LaunchState, delivery: Delivery, digest: str = "newer", at: datetime = T0) -> LaunchState:
    found = status_owed(state, at, digest, None)
    assert isinstance(found, EditStatus)
    return journaled(state, at, *drafts.edited(found, delivery, digest, state.status_message))


def posted() -> LaunchState:
    return post(in_slack(), OK)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (in_slack(), FIRST),
        (in_slack(None), None),
        (after(in_slack(), "launch.closed", T0, reason="enough"), None),
        (in_slack(T0, replace(ROOM, live=False)), None),
        (in_slack(T0, Channel("hook", "slack_webhook")), None),
        (in_slack(T0, Channel("hook", "slack_webhook"), replace(ROOM, id="two")), replace(FIRST, channel="two")),
    ],
    ids=[
        "it is posted when T0 is set",
        "not before",
        "nor in a launch that is closed",
        "nor where the playbook says `live: false`",
        "nor through a webhook",
        "but in the first channel that may have it",
    ],
)
def test_where_there_is_one(state: LaunchState, expected: StatusDecision | None) -> None:
    assert owed(state) == expected


def test_it_is_posted_once_and_then_edited() -> None:
    state = posted()
    message = state.status_message
    assert message is not None
    assert (message.stage, message.ref, message.digest) == (MessageStage.POSTED, REF, "new")
    assert owed(state, shown_at=T0) is None
    assert owed(state, digest="newer", shown_at=T0) == EditStatus(message, is_new=True)


@pytest.mark.parametrize(
    ("age", "is_edited"),
    [(BEAT - SECOND, False), (BEAT, True), (-HOUR, True), (None, True)],
    ids=["not a minute old", "a minute old", "the clock was set back", "another engine runs"],
)
def test_with_nothing_new_it_is_edited_to_say_that_the_engine_is_alive(
    age: timedelta | None, is_edited: bool
) -> None:
    shown_at = None if age is None else T0 + HOUR - age
    found = owed(posted(), T0 + HOUR, shown_at=shown_at)
    assert found == (EditStatus(posted().status_message, is_new=False) if is_edited else None)  # type: ignore[arg-type]


def test_a_closed_launch_is_said_once_and_then_nothing_more() -> None:
    closed = after(posted(), "launch.closed", T0 + HOUR, reason="enough")
    assert isinstance(owed(closed, T0 + HOUR, "closed"), EditStatus)
    assert owed(edit(closed, OK, "closed"), T0 + 2 * HOUR, "closed") is None


def test_one_that_was_not_taken_is_tried_again_after_as_long_as_slack_asks_for() -> None:
    state = post(in_slack(), NOT)
    assert owed(state, T0 + 29 * SECOND) is None
    assert owed(state, T0 + 30 * SECOND) == replace(FIRST, attempt=2)


def test_one_of_which_nobody_knows_is_posted_again_only_after_two_looks() -> None:
    state = post(in_slack(), LOST)
    first = owed(state, T0)
    assert isinstance(first, FindStatus)
    assert not first.is_last
    state = journaled(state, T0, drafts.found(first, None))
    assert owed(state, T0 + SETTLE - SECOND) is None
    last = owed(state, T0 + SETTLE)
    assert isinstance(last, FindStatus)
    assert last.is_last
    assert last.message.tried_at == T0
    assert owed(journaled(state, T0 + SETTLE, drafts.found(last, None)), T0 + SETTLE) == replace(FIRST, attempt=2)
    there = journaled(state, T0 + SETTLE, drafts.found(last, REF))
    assert isinstance(owed(there, T0 + SETTLE, shown_at=T0), EditStatus), "it may say something old"


def test_an_engine_that_died_over_it_is_no_reason_for_a_second_one() -> None:
    state = journaled(in_slack(), T0, *drafts.posting(FIRST, in_slack(), T0, ""))
    assert owed(state) is None, "it is under way"
    assert isinstance(owed(after(state, "owner.acquired", T0, 2, epoch=2, pid=1)), FindStatus)


def test_a_message_that_takes_no_edits_is_made_anew_once() -> None:
    state = edit(posted(), LOCKED)
    assert owed(state) == PostStatus(2, f"wr:{LAUNCH}:live-2", "war_room", 1)
    state = post(state, OK, T0 + MINUTE)
    state = edit(state, LOCKED, at=T0 + HOUR)
    assert owed(state, T0 + HOUR) is None
    assert state.status_message is not None
    assert state.status_message.reason == LOCKED.reason


def test_an_edit_that_fails_is_on_record_once_and_again_when_it_works() -> None:
    state = posted()
    [found] = [owed(state, digest="newer")]
    assert isinstance(found, EditStatus)
    [said] = drafts.edited(found, LOST, "newer", state.status_message)
    assert said.kind == "live.failing"
    state = journaled(state, T0 + MINUTE, said)
    assert drafts.edited(found, LOST, "newer", state.status_message) == [], "nothing is new"
    assert state.status_message is not None
    assert (state.status_message.failing_since, state.status_message.reason) == (T0 + MINUTE, LOST.reason)
    beat = EditStatus(state.status_message, is_new=False)
    [again] = drafts.edited(beat, OK, "new", state.status_message)
    assert again.body["again"]
    state = journaled(state, T0 + HOUR, again)
    assert drafts.edited(beat, OK, "new", state.status_message) == [], "a sign of life is no news"
    assert state.status_message is not None
    assert state.status_message.failing_since is None


def test_where_the_playbook_takes_its_channel_away_it_is_left_as_it_is() -> None:
    for channels in ({}, {"war_room": replace(ROOM, live=False)}, {"war_room": Channel("war_room", "file")}):
        state = posted()
        assert owed(replace(state, course=replace(state.course, channels=channels))) is None


def written(state: LaunchState, at: datetime) -> LaunchState:
    return after(state, "update.due", at, slot=SLOT, key="k", text="t", late_s=0.0)


def tried(state: LaunchState, at: datetime, epoch: int = 1) -> LaunchState:
    return after(written(state, at), "update.sending", at, epoch, slot=SLOT, key="k", attempt=1)


DUE = T0 + 5 * MINUTE
LAUNCHED = posting(in_slack())
SENT = after(tried(LAUNCHED, DUE), "update.confirmed", DUE, slot=SLOT, ref=REF)
QUIET = [
    ("long before the next post is due", LAUNCHED, DUE - 2 * SECOND, True),
    ("in the last moment before it", LAUNCHED, DUE - SECOND, False),
    ("a post was written just now", written(LAUNCHED, DUE), DUE, False),
    ("a post is being sent", tried(LAUNCHED, DUE), DUE + 20 * SECOND, False),
    ("a post was being sent when its engine died", replace(tried(LAUNCHED, DUE), epoch=2), DUE + MINUTE, True),
    ("a post left a moment ago", SENT, DUE + SECOND, False),
    ("a post left some seconds ago", SENT, DUE + 2 * SECOND, True),
    (
        "Slack asked a post to wait",
        after(
            tried(LAUNCHED, DUE),
            "update.due",
            DUE,
            slot=SLOT,
            reason="wait",
            not_before=(DUE + HOUR).isoformat(),
        ),
        DUE + MINUTE,
        False,
    ),
    ("a post that was written is held", written(LAUNCHED, DUE), DUE + MINUTE, True),
    (
        "nobody knows whether a post arrived",
        after(tried(LAUNCHED, DUE), "update.unknown", DUE, slot=SLOT, reason="no answer"),
        DUE + MINUTE,
        True,
    ),
]


@pytest.mark.parametrize(("state", "at", "is_free"), [row[1:] for row in QUIET], ids=[row[0] for row in QUIET])
def test_posts_come_first(state: LaunchState, at: datetime, is_free: bool) -> None:
    assert is_quiet(state, at, "war_room") == is_free
    assert is_quiet(state, at, "another"), "another channel has its own room"
