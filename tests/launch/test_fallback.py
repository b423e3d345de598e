"""What becomes of a post whose channel does not take it: owed once to the fallback, which says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tests.launch.course import T0, after, opened
from tests.launch.test_ledger import MINUTE, prepared, sent
from warroom.launch.entries import CHANNEL
from warroom.launch.ledger import Close, Decision, Prepare, Send, decide
from warroom.launch.schedule import all_slots, slots
from warroom.launch.standing import Standing, is_resolved, owed
from warroom.launch.state import LaunchState, Stage
from warroom.playbook.course import Channel, Course, Update
from warroom.playbook.template import parse_template
from warroom.updates.render import post_text

TEXT = parse_template("text")
AT = T0 + 5 * MINUTE
AFTER = 10 * MINUTE
FIRST, INSTEAD, LAST = "told@T+5m", "told@T+5m/room/second", "told@T+5m/room/second/file"
PLAN = Course(
    channels={
        one.id: one
        for one in (
            Channel("room", "slack", threads=True, fallback="second", fallback_after=AFTER),
            Channel("second", "slack", threads=True, fallback="file", fallback_after=AFTER),
            Channel("file", "file", "posts.txt"),
        )
    },
    updates={"told": Update("told", "Told", "room", TEXT, starts=5 * MINUTE)},
)


def written(plan: Course = PLAN, slot: str = FIRST, **more: object) -> LaunchState:
    """A launch whose post has its text."""
    body = {"slot": slot, "key": f"k:{slot}", "text": "all is well", "late_s": 0.0, "channel": "room"}
    return after(opened(plan=plan), "update.due", AT, **{**body, **more})


def tried(state: LaunchState, slot: str = FIRST, at: datetime = AT) -> LaunchState:
    known = state.records[slot].attempt
    return after(state, "update.sending", at, slot=slot, attempt=known + 1)


def refused(
    state: LaunchState, slot: str = FIRST, reason: str = "token_revoked: the token was revoked"
) -> LaunchState:
    return after(tried(state, slot), "update.dead", AT, slot=slot, reason=reason)


def not_taken(state: LaunchState, slot: str = FIRST) -> LaunchState:
    return after(tried(state, slot), "update.due", AT, slot=slot, reason="Slack could not be reached")


def ids(state: LaunchState, at: datetime = AT) -> list[str]:
    return [slot.id for slot in all_slots(state, at)]


def texts(state: LaunchState, at: datetime = AT) -> Iterable[str]:
    return [post_text(state, each) for each in decide(state, at) if isinstance(each, Prepare)]


def test_one_that_is_refused_for_good_is_owed_to_the_fallback_at_once_and_says_which_channel_failed_and_why() -> None:
    state = refused(written())
    assert ids(state) == [FIRST, INSTEAD]
    assert prepared(state, AT) == [INSTEAD]
    assert texts(state) == [
        "⚠️ Channel room FAILED: it refused this post (token_revoked: the token was revoked)\nall is well"
    ]


def test_one_in_place_of_another_leaves_at_once_stands_in_no_thread_and_is_named_for_what_it_is() -> None:
    state = refused(written())
    [_, instead] = all_slots(state, AT)
    assert (instead.channel, instead.instead_of, instead.time) == ("second", FIRST, "T+5m")
    assert instead.severity == "warning", "that a channel fails is no good news"
    state = after(state, "update.due", AT, slot=INSTEAD, key="k2", text="t", late_s=0.0, channel="second")
    assert sent(state, AT) == [INSTEAD]
    [_, post] = owed(state, AT)
    assert (post.title, post.standing) == ("Told, in place of room", Standing.DUE)


@pytest.mark.parametrize(
    ("state", "seconds", "is_owed"),
    [
        pytest.param(not_taken(written()), 599, False, id="not before its time"),
        pytest.param(not_taken(written()), 600, True, id="at its time, from the first attempt on"),
        pytest.param(not_taken(not_taken(written())), 600, True, id="however often it was tried"),
        pytest.param(tried(written()), 600, True, id="also while an attempt goes on and on"),
        pytest.param(
            after(tried(written()), "update.unknown", AT, slot=FIRST, reason="503"), 600, True, id="in doubt, too"
        ),
        pytest.param(written(), 6_000, False, id="one that was never tried is not the channel's fault"),
        pytest.param(
            after(not_taken(written()), "update.held", AT, slot=FIRST, reason="wait", by="ann"),
            6_000,
            False,
            id="nor one that a person holds",
        ),
        pytest.param(
            after(not_taken(written()), "update.held", AT, slot=FIRST, reason="look", by=CHANNEL),
            600,
            True,
            id="but one that is held because nobody can tell whether it arrived",
        ),
        pytest.param(
            after(tried(written()), "update.confirmed", AT, slot=FIRST, ref="C1/1"), 6_000, False, id="nor one sent"
        ),
        pytest.param(
            after(not_taken(written()), "t0.set", AT, at=(T0 + 90 * MINUTE).isoformat(), by="ann", reason="slip"),
            6_000,
            False,
            id="nor one whose text is written anew because T0 moved",
        ),
        pytest.param(
            after(not_taken(written()), "clock.step", AT, by_s=3_600.0),
            3_660,
            False,
            id="a clock set forward ages none",
        ),
    ],
)
def test_one_that_its_channel_does_not_take_is_owed_to_the_fallback_after_a_while(
    state: LaunchState, seconds: float, is_owed: bool
) -> None:
    assert (INSTEAD in ids(state, AT + timedelta(seconds=seconds))) is is_owed


def test_it_is_written_once_and_stays_although_the_channel_takes_the_first_one_after_all() -> None:
    state = not_taken(written())
    assert prepared(state, AT + AFTER) == [INSTEAD]
    state = after(state, "update.due", AT + AFTER, slot=INSTEAD, key="k2", text="t", late_s=600.0, channel="second")
    state = after(tried(state, FIRST, AT + AFTER), "update.confirmed", AT + AFTER, slot=FIRST, ref="C1/1")
    assert ids(state, AT + AFTER) == [FIRST, INSTEAD]
    assert prepared(state, AT + AFTER) == []
    assert not is_resolved(state, all_slots(state, AT + AFTER)[1])


def test_where_the_channel_takes_it_before_the_other_was_written_nothing_more_is_owed() -> None:
    state = after(not_taken(written()), "update.confirmed", AT + AFTER, slot=FIRST, ref="C1/1")
    assert ids(state, AT + AFTER) == [FIRST]


def test_a_fallback_that_fails_too_has_one_of_its_own_and_the_last_has_none() -> None:
    state = refused(written())
    state = after(state, "update.due", AT, slot=INSTEAD, key="k2", text="in place", late_s=0.0, channel="second")
    state = refused(state, INSTEAD, "is_archived: the channel is archived")
    assert ids(state) == [FIRST, INSTEAD, LAST]
    assert texts(state) == [
        "⚠️ Channel second FAILED: it refused this post (is_archived: the channel is archived)\nin place"
    ]
    state = after(state, "update.due", AT, slot=LAST, key="k3", text="t", late_s=0.0, channel="file")
    assert ids(refused(state, LAST)) == [FIRST, INSTEAD, LAST]


def test_the_launch_ends_when_the_fallback_is_settled_and_the_failure_stays_on_record() -> None:
    state = refused(written())
    assert not any(isinstance(each, Close) for each in decide(state, AT))
    state = after(state, "update.due", AT, slot=INSTEAD, key="k2", text="t", late_s=0.0, channel="second")
    state = after(tried(state, INSTEAD), "update.confirmed", AT, slot=INSTEAD, ref="C2/1")
    [close] = [each for each in decide(state, AT) if isinstance(each, Close)]
    assert close.reason == "every update is resolved, 1 update FAILED"
    assert state.records[FIRST].stage is Stage.DEAD


def test_each_copy_of_a_post_has_its_own_fallback() -> None:
    channels = {**PLAN.channels, "other": Channel("other", "slack", fallback="second")}
    told = replace(PLAN.updates["told"], copies=("other",))
    plan = replace(PLAN, channels=channels, updates={"told": told})
    state = refused(written(plan))
    copy = "told@T+5m/other"
    state = after(state, "update.due", AT, slot=copy, key="k2", text="t", late_s=0.0, channel="other")
    assert ids(refused(state, copy)) == [FIRST, copy, INSTEAD, "told@T+5m/other/second"]


def test_one_that_failed_on_a_channel_that_an_amended_playbook_replaced_is_not_laid_to_the_new_one() -> None:
    state = refused(written())
    channels = {**PLAN.channels, "new": Channel("new", "slack", fallback="file")}
    told = replace(PLAN.updates["told"], channel="new")
    amended = replace(state, course=replace(PLAN, channels=channels, updates={"told": told}))
    assert ids(amended) == [FIRST]


def test_recurring_posts_in_place_of_others_are_never_merged() -> None:
    told = replace(PLAN.updates["told"], starts=60 * MINUTE, every=60 * MINUTE, ends=120 * MINUTE)
    plan = replace(PLAN, updates={"told": told})
    state = opened(plan=plan)
    for slot in slots(plan):
        due = {"slot": slot.id, "key": slot.id, "text": "t", "late_s": 0.0, "channel": "room"}
        state = refused(after(state, "update.due", AT, **due), slot.id)
    found = [each for each in decide(state, T0 + 130 * MINUTE) if isinstance(each, Prepare)]
    assert [(each.slot.id, each.merged) for each in found] == [
        ("told@T+1h/room/second", ()),
        ("told@T+2h/room/second", ()),
    ]


def done(state: LaunchState, what: Decision, at: datetime) -> LaunchState:
    """After that is done, while `room` cannot be reached."""
    if isinstance(what, Prepare):
        told = {"key": what.key, "text": "t", "late_s": 0.0, "merged": [one.id for one in what.merged]}
        return after(state, "update.due", at, slot=what.slot.id, channel=what.slot.channel, **told)
    if not isinstance(what, Send):
        return state
    slot = what.record.slot
    state = tried(state, slot, at)
    if slot.endswith("/file"):
        return after(state, "update.confirmed", at, slot=slot, ref="line 1")
    again = (at + timedelta(seconds=20)).isoformat()
    return after(state, "update.due", at, slot=slot, reason="no network", not_before=again)


@pytest.mark.parametrize("every", [3, 5, 10, 15])
def test_what_recurs_faster_than_the_fallback_waits_reaches_it_all_the_same(every: int) -> None:
    updates = {
        "pulse": Update("pulse", "Pulse", "room", TEXT, starts=5 * MINUTE, every=every * MINUTE, ends=90 * MINUTE)
    }
    channels = {"room": replace(PLAN.channels["room"], fallback="file"), "file": PLAN.channels["file"]}
    state, at, in_place = opened(plan=Course(channels=channels, updates=updates)), T0, dict[str, datetime]()
    while at < T0 + 60 * MINUTE:
        for each in decide(state, at):
            state = done(state, each, at)
        in_place = {name: in_place.get(name, at) for name in state.records if name.endswith("/file")}
        at += timedelta(seconds=30)
    first = min(in_place.values(), default=at)
    assert T0 + 15 * MINUTE <= first <= T0 + 16 * MINUTE, "after fallback_after, not before"
    told_at = sorted({*in_place.values(), at})
    assert max(later - one for one, later in pairwise(told_at)) <= max(every, 10) * MINUTE + MINUTE
