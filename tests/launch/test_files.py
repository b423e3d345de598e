"""What belongs to a post beside its message, the rest of a long text and the evidence file: attached once the post is
there, tried again, given up, and never in its way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.launch.course import T0, after, course, entry
from tests.launch.test_ledger import MINUTE, built
from warroom.engine.drafts import attached, attaching, sending
from warroom.errors import ExitCode, UsageError
from warroom.launch.asking import post_again
from warroom.launch.ending import ending
from warroom.launch.files import GIVE_UP_AFTER, Attach, file_named, files_are_settled, files_owed
from warroom.launch.ledger import Send, decide
from warroom.launch.schedule import slots
from warroom.launch.standing import Standing, owed
from warroom.launch.state import LaunchState
from warroom.playbook.course import Channel
from warroom.report.launch_lines import log_line
from warroom.updates.advice import advice
from warroom.updates.channel import Delivery, Fate

SLOT = "evidence_bundle@T+15m"
SETTLE = timedelta(seconds=60)
LATER = T0 + 16 * MINUTE


def posted(*, threads: bool = True, goes_on: bool = False) -> LaunchState:
    """A launch whose evidence bundle is in the channel; `goes_on`: it is longer than a message."""
    state = built()
    channels = {name: Channel(name, "slack", settle=SETTLE, threads=threads) for name in state.course.channels}
    state = replace(state, course=replace(state.course, channels=channels))
    state = after(state, "update.due", T0, slot=SLOT, key="k", text="t", late_s=0.0, file="/evidence/x.log")
    assert list(files_owed(state, LATER)) == [], "not before the post is there"
    state = after(state, "update.sending", T0, slot=SLOT, key="k", attempt=1, goes_on=goes_on)
    return after(state, "update.confirmed", T0, slot=SLOT, ref="C1/1.000001")


def attempt(state: LaunchState, at: datetime) -> tuple[Attach, LaunchState]:
    """The one attempt that is to be made now, and the launch once that is journaled."""
    [attach] = files_owed(state, at)
    [draft] = attaching(attach, state, at)
    return attach, after(state, draft.kind, at, **draft.body)


def ended(state: LaunchState, attach: Attach, at: datetime, delivery: Delivery) -> LaunchState:
    draft = attached(attach, delivery, state, at)
    return after(state, draft.kind, at, **draft.body)


def test_of_the_third_documents_posts_the_bundle_names_its_file_where_the_channel_takes_files() -> None:
    plan = course()
    named = {slot.update for slot in slots(plan) if "evidence_log" in str(plan.updates[slot.update].template)}
    assert named == {"evidence_bundle"}
    state = posted()
    [slot] = [slot for slot in slots(plan) if slot.id == SLOT]
    begun: dict[str, Any] = {"suite": "verify", "cause": "phase:verify"}
    state = after(state, "suite.started", T0 + 5 * MINUTE, **begun)
    found = {"verdict": "pass", "word": "GREEN", "reason": "", "evidence_log": "/evidence/x.log", "outcomes": []}
    state = after(state, "suite.finished", T0 + 6 * MINUTE, **begun, **found)
    assert file_named(state, slot) == "/evidence/x.log"
    without = {name: replace(channel, threads=False) for name, channel in state.course.channels.items()}
    assert file_named(replace(state, course=replace(state.course, channels=without)), slot) == ""


def test_it_is_attached_once() -> None:
    attach, state = attempt(posted(), LATER)
    assert (attach.attempt, attach.record.ref) == (1, "C1/1.000001")
    assert list(files_owed(state, LATER)) == []
    assert not files_are_settled(state)
    state = ended(state, attach, LATER, Delivery(Fate.CONFIRMED, ref="C1/F1"))
    assert list(files_owed(state, LATER + GIVE_UP_AFTER)) == []
    assert files_are_settled(state)


@pytest.mark.parametrize(
    ("delivery", "after_s"),
    [
        pytest.param(Delivery(Fate.NOT_SENT, reason="no"), 1, id="not sent: soon"),
        pytest.param(Delivery(Fate.NOT_SENT, reason="no", wait_s=9), 9, id="asked to wait: as long"),
        pytest.param(Delivery(Fate.UNKNOWN, reason="hm"), 60, id="perhaps there: after the settle time"),
    ],
)
def test_it_is_tried_again(delivery: Delivery, after_s: int) -> None:
    attach, state = attempt(posted(), LATER)
    state = ended(state, attach, LATER, delivery)
    assert list(files_owed(state, LATER + timedelta(seconds=after_s - 1))) == []
    [again] = files_owed(state, LATER + timedelta(seconds=after_s))
    assert again.attempt == 2


def test_one_whose_engine_died_is_tried_again_after_the_settle_time() -> None:
    _, state = attempt(posted(), LATER)
    state = after(state, "owner.acquired", LATER, 2, pid=1, epoch=2)
    assert list(files_owed(state, LATER + SETTLE - timedelta(seconds=1))) == []
    assert [one.attempt for one in files_owed(state, LATER + SETTLE)] == [2]


@pytest.mark.parametrize("fate", [Fate.REFUSED, Fate.NOT_SENT, Fate.UNKNOWN])
def test_what_is_refused_is_given_up_at_once_and_everything_else_after_an_hour_and_is_said(fate: Fate) -> None:
    attach, state = attempt(posted(), LATER)
    end = LATER if fate is Fate.REFUSED else LATER + GIVE_UP_AFTER
    draft = attached(attach, Delivery(fate, reason="missing_scope: files:write"), state, end)
    assert draft.kind == "file.failed"
    line = log_line(entry(state, draft.kind, draft.body, end))
    assert line is not None
    assert line.text == (
        f"evidence file of post {SLOT} NOT attached: missing_scope: files:write; it is /evidence/x.log"
    )
    state = after(state, draft.kind, end, **draft.body)
    assert files_are_settled(state)
    [post] = [one for one in owed(state, end) if one.slot.id == SLOT]
    assert (post.standing.value, post.reason) == (
        "sent",
        "its evidence file is not attached: missing_scope: files:write",
    )


@pytest.mark.parametrize("kind", ["file.attached", "file.due", "file.failed"])
def test_what_became_of_a_part_of_an_earlier_copy_changes_nothing(kind: str) -> None:
    attach, state = attempt(posted(), LATER)
    resent = after(state, "update.resent", LATER, slot=SLOT, key="k~2", by="ann", reason="lost", was="sent")
    body = {"slot": SLOT, "file": "/evidence/x.log", "attempt": attach.attempt, "reason": "hm"}
    assert after(resent, kind, LATER, **body).files == {}
    began = after(resent, "file.sending", LATER, slot=SLOT, file="/evidence/x.log", attempt=2)
    assert after(began, kind, LATER, **body).files == began.files


def test_a_post_is_not_sent_again_while_something_is_attached_to_it() -> None:
    _, state = attempt(posted(), LATER)
    with pytest.raises(UsageError, match="is being put into its thread"):
        post_again(SLOT, "lost", state, LATER, "ann")
    # Its engine died: nothing is under way.
    died = after(state, "owner.acquired", LATER, 2, pid=1, epoch=2)
    assert [draft.kind for draft in post_again(SLOT, "lost", died, LATER, "ann")] == ["update.resent"]


def test_a_clock_that_is_set_changes_no_wait() -> None:
    attach, state = attempt(posted(), LATER)
    state = ended(state, attach, LATER, Delivery(Fate.UNKNOWN, reason="hm"))
    state = after(state, "clock.step", LATER, by_s=-7_200.0)
    back = LATER - timedelta(hours=2)
    assert list(files_owed(state, back + SETTLE - timedelta(seconds=1))) == []
    assert len(list(files_owed(state, back + SETTLE))) == 1


def test_the_rest_of_a_long_text_comes_first_and_then_the_file() -> None:
    attach, state = attempt(posted(goes_on=True), LATER)
    assert attach.part == "rest"
    assert not files_are_settled(state)
    state = ended(state, attach, LATER, Delivery(Fate.CONFIRMED, ref="C1/1.2"))
    attach, state = attempt(state, LATER)
    assert (attach.part, attach.attempt) == ("file", 1)
    state = ended(state, attach, LATER, Delivery(Fate.CONFIRMED, ref="C1/F1"))
    assert files_are_settled(state)


def test_the_rest_of_a_text_is_tried_as_long_as_it_takes_and_meanwhile_it_is_said() -> None:
    attach, state = attempt(posted(goes_on=True), LATER)
    long_after = LATER + 10 * GIVE_UP_AFTER
    state = ended(state, attach, long_after, Delivery(Fate.NOT_SENT, reason="Slack could not be reached"))
    assert [one.attempt for one in files_owed(state, long_after + MINUTE)] == [2]
    [post] = [one for one in owed(state, long_after) if one.slot.id == SLOT]
    assert post.reason == "the rest of its text is not in the thread: Slack could not be reached; tried again"


def test_the_rest_that_is_refused_is_said_and_the_file_is_attached_all_the_same() -> None:
    attach, state = attempt(posted(goes_on=True), LATER)
    state = ended(state, attach, LATER, Delivery(Fate.REFUSED, reason="is_archived: the channel is archived"))
    assert [one.part for one in files_owed(state, LATER)] == ["file"]
    [post] = [one for one in owed(state, LATER) if one.slot.id == SLOT]
    assert post.standing is Standing.FAILED
    assert post.reason == "the rest of its text is not in the thread: is_archived: the channel is archived"
    again = f"warroom post {state.launch} {SLOT} --again --reason TEXT"
    assert advice(state, post) == f"unarchive the channel, or name another one, then: {again}"
    came_to = ending(after(state, "launch.closed", LATER, 1, reason="enough"))
    assert came_to is not None
    assert came_to.code is ExitCode.UPDATE_UNDELIVERED
    assert f"1 update without the rest of the text: {SLOT}" in came_to.reasons


def test_a_post_whose_rest_was_refused_is_failed_no_more_once_it_is_sent_again() -> None:
    attach, state = attempt(posted(goes_on=True), LATER)
    state = ended(state, attach, LATER, Delivery(Fate.REFUSED, reason="is_archived: the channel is archived"))
    [draft] = post_again(SLOT, "unarchived", state, LATER, "ann")
    assert draft.body["was"] == "failed"
    state = after(state, draft.kind, LATER, **draft.body)
    state = after(state, "update.sending", LATER, slot=SLOT, key="k~2", attempt=2, goes_on=True)
    state = after(state, "update.confirmed", LATER, slot=SLOT, ref="C1/2.000001")
    assert [one.part for one in files_owed(state, LATER)] == ["rest"]
    [post] = [one for one in owed(state, LATER) if one.slot.id == SLOT]
    assert post.standing is Standing.SENT


FALLS_BACK = [
    pytest.param(Fate.REFUSED, timedelta(), True, id="refused for good: at once"),
    pytest.param(Fate.NOT_SENT, 9 * MINUTE, False, id="not taken for nine minutes: not yet"),
    pytest.param(Fate.NOT_SENT, 10 * MINUTE, True, id="not taken for ten minutes"),
    pytest.param(Fate.UNKNOWN, 10 * MINUTE, True, id="not known for ten minutes"),
    pytest.param(Fate.CONFIRMED, 10 * MINUTE, False, id="there: never"),
]


@pytest.mark.parametrize(("fate", "later", "falls_back"), FALLS_BACK)
def test_a_post_without_the_rest_of_its_text_is_owed_to_the_fallback_as_one_that_did_not_arrive(
    fate: Fate, later: timedelta, falls_back: bool
) -> None:
    state = posted(goes_on=True)
    channels = {name: replace(channel, fallback="by_file") for name, channel in state.course.channels.items()}
    state = replace(state, course=replace(state.course, channels={**channels, "by_file": Channel("by_file", "file")}))
    attach, state = attempt(state, LATER)
    state = ended(state, attach, LATER, Delivery(fate, ref="C1/1.2", reason="no"))
    owed_there = [one.slot.instead_of for one in owed(state, LATER + later) if one.slot.channel == "by_file"]
    assert (SLOT in owed_there) is falls_back
    known = state.files[SLOT, "rest"]
    assert (known.stage in ("sending", "due")) is (fate in (Fate.NOT_SENT, Fate.UNKNOWN)), "it goes on being tried"


@pytest.mark.parametrize(
    ("length", "threads", "goes_on"), [(9_600, True, None), (9_601, True, True), (9_601, False, None)]
)
def test_that_a_text_goes_on_is_on_record_before_it_is_sent(length: int, threads: bool, goes_on: bool | None) -> None:
    state = posted(threads=threads)
    slot = "publish_confirmation@T+5m"
    state = after(state, "update.due", T0, slot=slot, key="k", text="x" * length, late_s=0.0)
    at = T0 + 5 * MINUTE
    [send] = [one for one in decide(state, at) if isinstance(one, Send)]
    [draft] = sending(send, state, at, "C1")
    assert draft.body.get("goes_on") is goes_on
