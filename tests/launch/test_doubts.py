"""A post of which nobody knows whether it arrived: when it is looked for, and when it is sent again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from tests.launch.course import T0, after
from tests.launch.test_ledger import CONFIRMATION, HOUR, MINUTE, built
from warroom.engine.drafts import to_write
from warroom.launch.ledger import GiveUp, LookUp, Send, decide
from warroom.launch.standing import owed
from warroom.launch.state import LaunchState, Stage

SETTLE = timedelta(seconds=60)
SECOND = timedelta(seconds=1)
SENT_AT = T0 + 5 * MINUTE


def doubtful(settle: timedelta = SETTLE, on_unknown: str = "") -> LaunchState:
    """A launch whose first post was sent at T+5m and got no answer, in a channel of that kind with no fallback."""
    state = built()
    channels = {
        name: replace(channel, settle=settle, on_unknown=on_unknown, fallback="")
        for name, channel in state.course.channels.items()
    }
    state = replace(state, course=replace(state.course, channels=channels))
    state = after(state, "update.due", SENT_AT, slot=CONFIRMATION, key="k", text="t", late_s=0.0)
    state = after(state, "update.sending", SENT_AT, slot=CONFIRMATION, key="k", attempt=1)
    return after(state, "update.unknown", SENT_AT, slot=CONFIRMATION, reason="no answer")


def doubts(state: LaunchState, at: timedelta) -> list[LookUp | GiveUp]:
    """What is decided on it, that long after it was sent."""
    return [each for each in decide(state, SENT_AT + at) if isinstance(each, LookUp | GiveUp)]


def test_it_is_looked_for_at_once_and_again_after_the_settle_time_and_only_then_sent_again() -> None:
    state = doubtful()
    [first] = doubts(state, SECOND)
    assert (type(first), getattr(first, "is_last", None)) == (LookUp, False)
    state = after(state, "update.absent", SENT_AT + SECOND, slot=CONFIRMATION, reason="not yet")
    assert doubts(state, SECOND + SETTLE - SECOND) == []
    assert not any(isinstance(each, Send) for each in decide(state, SENT_AT + SETTLE))
    [last] = doubts(state, SECOND + SETTLE)
    assert isinstance(last, LookUp)
    assert last.is_last
    assert last.record.tried_at == SENT_AT


def test_meanwhile_it_is_shown_as_what_it_is() -> None:
    state = after(doubtful(), "update.absent", SENT_AT + SECOND, slot=CONFIRMATION, reason="not so far")
    [post] = [one for one in owed(state, SENT_AT + MINUTE) if one.slot.id == CONFIRMATION]
    assert (post.standing, post.reason) == ("checking whether it arrived", "not so far")


def test_a_new_attempt_is_looked_for_from_the_beginning_and_back_to_the_first() -> None:
    state = after(doubtful(), "update.absent", SENT_AT + SECOND, slot=CONFIRMATION, reason="not yet")
    state = after(state, "update.due", SENT_AT + HOUR, slot=CONFIRMATION, reason="it had not arrived")
    state = after(state, "update.sending", SENT_AT + HOUR, slot=CONFIRMATION, key="k", attempt=2)
    state = after(state, "update.unknown", SENT_AT + HOUR, slot=CONFIRMATION, reason="no answer")
    [look] = doubts(state, HOUR)
    assert isinstance(look, LookUp)
    assert not look.is_last
    assert look.record.tried_at == SENT_AT


def test_where_what_was_written_can_be_seen_at_once_one_look_is_enough() -> None:
    [look] = doubts(doubtful(settle=timedelta()), SECOND)
    assert isinstance(look, LookUp)
    assert look.is_last


@pytest.mark.parametrize(("on_unknown", "hold"), [("resend", False), ("hold", True)])
def test_where_nothing_can_be_looked_up_it_is_given_up(on_unknown: str, hold: bool) -> None:
    [given_up] = doubts(doubtful(on_unknown=on_unknown), SECOND)
    assert isinstance(given_up, GiveUp)
    assert given_up.hold is hold


def test_one_that_may_be_there_twice_says_so() -> None:
    state = after(doubtful(on_unknown="resend"), "update.due", SENT_AT, slot=CONFIRMATION, again=True, reason="hm")
    record = state.records[CONFIRMATION]
    assert (record.stage, record.again) == (Stage.DUE, True)


@pytest.mark.parametrize("by_s", [3_600.0, -7_200.0], ids=["forward", "back"])
def test_when_the_clock_is_set_an_attempt_is_as_long_ago_as_it_was(by_s: float) -> None:
    state = after(doubtful(), "update.absent", SENT_AT + SECOND, slot=CONFIRMATION, reason="not yet")
    state = after(state, "clock.step", SENT_AT + 2 * SECOND, by_s=by_s)
    record = state.records[CONFIRMATION]
    by = timedelta(seconds=by_s)
    assert (record.tried_at, record.absent_at) == (SENT_AT + by, SENT_AT + SECOND + by)


def test_that_a_first_copy_may_be_there_is_still_known_when_the_text_is_written_anew() -> None:
    state = after(doubtful(), "update.due", SENT_AT + HOUR, slot=CONFIRMATION, reason="nobody can tell", again=True)
    state = after(state, "t0.set", SENT_AT + HOUR, at=(T0 + HOUR).isoformat(), by="ann", reason="slipped")
    due = {"slot": CONFIRMATION, "key": "k", "text": "new", "late_s": 0.0}
    state = after(state, "update.due", SENT_AT + HOUR, **due)
    assert (state.records[CONFIRMATION].text, state.records[CONFIRMATION].again) == ("new", True)


def test_one_whose_answers_are_always_lost_is_sent_again_less_and_less_often() -> None:
    state, sent = doubtful(on_unknown="resend"), [SENT_AT]
    while (at := sent[-1]) < SENT_AT + HOUR:
        for draft in to_write(state, decide(state, at), at):
            state = after(state, draft.kind, at, **draft.body)
        while not (send := [one for one in decide(state, at) if isinstance(one, Send)]):
            at += SECOND
        sent.append(at)
        state = after(state, "update.sending", at, slot=CONFIRMATION, key="k", attempt=send[0].attempt)
        state = after(state, "update.unknown", at, slot=CONFIRMATION, reason="no answer")
    gaps = [int((later - earlier).total_seconds()) for earlier, later in pairwise(sent)]
    assert gaps[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert set(gaps[8:]) == {60}
