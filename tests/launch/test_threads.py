"""Which post opens the thread of its phase, which ones reply, and which stand in the channel itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.launch.course import T0, after, opened
from tests.launch.course import course as shipped
from warroom.launch.ledger import Send, decide
from warroom.launch.schedule import slots
from warroom.launch.state import LaunchState, Record, Stage
from warroom.launch.threads import PATIENCE, phase_of
from warroom.playbook.course import Channel, Course, Phase, Update
from warroom.playbook.template import parse_template

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
NOON = T0 + 10 * MINUTE
HEAD = "C1/1.000001"


def _update(update_id: str, minutes: int, channel: str = "chat") -> Update:
    return Update(update_id, update_id, channel, parse_template("text"), minutes * MINUTE)


COURSE = Course(
    phases=(Phase("early", "Early", timedelta(), 30 * MINUTE), Phase("later", "Later", 30 * MINUTE)),
    channels={"chat": Channel("chat", "slack", threads=True), "file": Channel("file", "file", "posts.txt")},
    updates={
        update.id: update
        for update in (
            *(_update("one", 1), _update("two", 2), _update("three", 3), _update("filed", 4, "file")),
            *(_update("fourth", 40), Update("told", "told", "chat", parse_template("x"), on=("incident.opened",))),
        )
    },
)
ONE, TWO, THREE, FILED = "one@T+1m", "two@T+2m", "three@T+3m", "filed@T+4m"


def test_every_post_of_the_third_document_belongs_to_one_phase() -> None:
    course = shipped()
    found = {slot.time: phase_of(course, slot) for slot in slots(course)}
    assert found.pop("T+5m") == "publish"
    assert found.pop("T+15m") == "evidence"
    assert set(found.values()) == {"watch"}


def written(*names: str, course: Course = COURSE) -> LaunchState:
    """A launch in which the texts of these posts are frozen."""
    state = opened(plan=course)
    for name in names:
        state = after(state, "update.due", NOON, slot=name, key=f"k:{name}", text="t", late_s=0.0)
    return state


def sent(state: LaunchState, slot: str, ref: str = "", **body: str) -> LaunchState:
    """The post left, and (with `ref`) is there."""
    state = after(state, "update.sending", NOON, slot=slot, key=f"k:{slot}", attempt=1, **body)
    return after(state, "update.confirmed", NOON, slot=slot, ref=ref, attempt=1) if ref else state


def sends(state: LaunchState, after_s: float = 0.0) -> dict[str, str]:
    """The posts that are to leave now, each with the thread that it goes into."""
    found = decide(state, NOON + timedelta(seconds=after_s))
    return {each.record.slot: each.thread for each in found if isinstance(each, Send)}


def test_of_a_phase_one_post_leaves_first_and_the_others_reply_to_it() -> None:
    state = written(ONE, TWO, THREE)
    assert sends(state) == {ONE: ""}
    state = sent(state, ONE)
    assert sends(state) == {}
    state = after(state, "update.confirmed", NOON, slot=ONE, ref=HEAD, attempt=1)
    assert sends(state) == {TWO: HEAD, THREE: HEAD}


def test_a_reply_opens_no_thread_of_its_own() -> None:
    state = sent(written(ONE, TWO, THREE), ONE, HEAD)
    state = sent(state, TWO, f"{HEAD}/2.000001", thread=HEAD)
    assert sends(state) == {THREE: HEAD}


def test_another_phase_has_another_thread() -> None:
    state = sent(written(ONE, "fourth@T+40m"), ONE, HEAD)
    assert sends(state, after_s=3_600) == {"fourth@T+40m": ""}


def test_a_channel_without_threads_and_an_event_wait_for_nothing_and_reply_to_nothing() -> None:
    state = after(written(ONE, FILED), "incident.opened", NOON, id="inc-1", text="down", by="ann")
    state = after(state, "update.due", NOON, slot="told@inc-1", key="k", text="t", late_s=0.0)
    assert sends(sent(state, ONE)) == {"told@inc-1": "", FILED: ""}
    assert sends(sent(state, ONE, HEAD)) == {"told@inc-1": "", FILED: ""}


def test_without_phases_every_post_stands_in_the_channel() -> None:
    state = written(ONE, TWO, course=replace(COURSE, phases=()))
    assert sends(state) == {ONE: "", TWO: ""}


def test_one_that_may_be_the_head_holds_the_others_for_half_a_minute_at_most() -> None:
    state = after(sent(written(ONE, TWO), ONE), "update.unknown", NOON, slot=ONE, reason="no answer")
    assert sends(state, PATIENCE.total_seconds() - 1) == {}
    assert sends(state, PATIENCE.total_seconds()) == {TWO: ""}


def test_one_that_was_being_sent_when_its_engine_died_holds_them_as_long() -> None:
    state = after(sent(written(ONE, TWO), ONE), "owner.acquired", NOON, 2, pid=1, epoch=2)
    assert sends(state, PATIENCE.total_seconds() - 1) == {}
    assert sends(state, PATIENCE.total_seconds()) == {TWO: ""}


def test_one_that_cannot_be_sent_lets_the_next_one_open_the_thread_and_replies_to_it() -> None:
    state = sent(written(ONE, TWO), ONE)
    again = (NOON + 2 * PATIENCE).isoformat()
    state = after(state, "update.due", NOON, slot=ONE, reason="no way", not_before=again)
    assert sends(state, PATIENCE.total_seconds() - 1) == {}
    assert sends(state, PATIENCE.total_seconds()) == {TWO: ""}
    assert sends(sent(state, TWO, HEAD), 2 * PATIENCE.total_seconds()) == {ONE: HEAD}


def test_a_reply_that_may_have_arrived_is_followed_by_one_in_the_same_thread() -> None:
    state = sent(sent(written(ONE, TWO, THREE), ONE, HEAD), TWO, thread=HEAD)
    state = after(state, "update.unknown", NOON, slot=TWO, reason="no answer")
    state = after(state, "update.due", NOON, slot=TWO, reason="it had not arrived")
    state = after(state, "update.sending", NOON, slot=THREE, attempt=1, thread=HEAD)
    state = after(state, "update.confirmed", NOON + SECOND, slot=THREE, ref="C1/9.000001", thread="")
    assert sends(state) == {TWO: HEAD}


def test_a_head_that_had_not_arrived_replies_to_the_one_that_did() -> None:
    state = after(sent(written(ONE, TWO), ONE), "update.unknown", NOON, slot=ONE, reason="no answer")
    state = after(sent(state, TWO, HEAD), "update.due", NOON, slot=ONE, reason="it had not arrived")
    assert sends(state) == {ONE: HEAD}


def test_one_whose_thread_takes_no_replies_goes_to_the_channel_and_opens_another() -> None:
    state = sent(written(ONE, TWO, THREE), ONE, HEAD)
    state = sent(state, TWO, thread=HEAD)
    state = after(state, "update.due", NOON, slot=TWO, reason="thread_not_found: gone", thread="")
    assert sends(state) == {TWO: "", THREE: HEAD}
    state = after(state, "update.sending", NOON, slot=TWO, attempt=2)
    state = after(state, "update.confirmed", NOON + SECOND, slot=TWO, ref="C1/5.000001")
    assert sends(state, 2) == {THREE: "C1/5.000001"}


def test_a_reply_that_slack_put_into_the_channel_is_the_new_head() -> None:
    state = sent(written(ONE, TWO, THREE), ONE, HEAD)
    state = after(state, "update.sending", NOON, slot=TWO, attempt=1, thread=HEAD)
    state = after(state, "update.confirmed", NOON + SECOND, slot=TWO, ref="C1/5.000001", thread="")
    assert sends(state, 2) == {THREE: "C1/5.000001"}


@pytest.mark.parametrize(
    ("thread", "place", "where"),
    [
        (HEAD, "C1", HEAD),
        ("", "C1", "C1"),
        (HEAD, "C2", "C2"),
        (HEAD, "C", "C"),
        (HEAD, "", HEAD),
        ("", "", ""),
    ],
    ids=[
        "in its thread",
        "in the channel itself",
        "where it went, which was not to the thread of the channel of before",
        "also where that is called nearly the same",
        "in the thread where the channel says of no place",
        "in the channel of now where nothing is known",
    ],
)
def test_one_in_doubt_is_looked_for(thread: str, place: str, where: str) -> None:
    assert Record(ONE, Stage.UNKNOWN, thread=thread, place=place).where == where
