"""What is owed when people interfere: T0 that moves, posts asked for early, posts held."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.launch.course import BUILD, T0, after, opened
from tests.launch.voyage import Voyage, suite_body
from warroom.launch.ledger import HoldBack, LookUp, Prepare, RunSuite, Send, decide
from warroom.launch.standing import Standing, open_questions, owed
from warroom.launch.state import LaunchState, Stage

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CONFIRMATION, EVIDENCE, FIRST = "publish_confirmation@T+5m", "evidence_bundle@T+15m", "hourly@T+1h"


def built(t0: datetime = T0) -> LaunchState:
    return after(opened(t0), "step.ticked", T0, step="confirm", by="ann", values=BUILD)


def written(state: LaunchState, slot: str, at: datetime, *merged: str) -> LaunchState:
    return after(state, "update.due", at, slot=slot, key=f"k:{slot}", text="text", late_s=0.0, merged=list(merged))


def prepared(state: LaunchState, at: datetime) -> list[str]:
    return [each.slot.id for each in decide(state, at) if isinstance(each, Prepare)]


def sent(state: LaunchState, at: datetime) -> list[str]:
    return [each.record.slot for each in decide(state, at) if isinstance(each, Send)]


def measured(state: LaunchState, slot: str, at: datetime) -> LaunchState:
    state = after(state, "suite.started", at, suite="pulse", cause=slot)
    return after(state, "suite.finished", at, **suite_body("pulse", slot, at))


def test_without_t0_nothing_is_owed() -> None:
    assert decide(opened(None), T0 + 100 * HOUR) == ()


def test_a_closed_launch_owes_nothing() -> None:
    assert decide(after(built(), "launch.closed", T0, reason="enough"), T0 + 5 * MINUTE) == ()


def test_a_post_is_due_at_its_very_second_and_not_before() -> None:
    assert prepared(built(), T0 + 5 * MINUTE - timedelta(microseconds=1)) == []
    assert prepared(built(), T0 + 5 * MINUTE) == [CONFIRMATION]


@pytest.mark.parametrize(("seconds", "late_s"), [(0, 0.0), (60, 0.0), (60.001, 60.001), (3600, 3600.0)])
def test_a_post_is_late_when_it_leaves_more_than_a_minute_after_its_time(seconds: float, late_s: float) -> None:
    [decision] = [e for e in decide(built(), T0 + 5 * MINUTE + timedelta(seconds=seconds)) if isinstance(e, Prepare)]
    assert decision.late_s == pytest.approx(late_s)


def test_when_t0_slips_what_is_unsent_is_due_later_and_what_was_sent_stays_sent() -> None:
    state = written(built(), CONFIRMATION, T0 + 5 * MINUTE)
    state = after(state, "update.sending", T0 + 5 * MINUTE, slot=CONFIRMATION, attempt=1)
    state = after(state, "update.confirmed", T0 + 5 * MINUTE, slot=CONFIRMATION, ref="here")
    state = measured(state, FIRST, T0 + 59 * MINUTE)
    slipped = after(state, "t0.set", T0 + HOUR, at=(T0 + 10 * MINUTE).isoformat(), by="ann", reason="redeploy")
    standings = {each.slot.id: (each.standing, each.due) for each in owed(slipped, T0 + HOUR)}
    assert standings[CONFIRMATION][0] is Standing.SENT
    assert standings[FIRST] == (Standing.SCHEDULED, T0 + 70 * MINUTE)
    assert FIRST in prepared(state, T0 + HOUR)
    assert FIRST not in prepared(slipped, T0 + HOUR)
    # What was measured for the old time is not told at the new one.
    assert RunSuite("pulse", FIRST) in decide(slipped, T0 + 69 * MINUTE)
    assert FIRST not in prepared(slipped, T0 + 70 * MINUTE)


def test_a_text_that_was_written_before_t0_slipped_is_written_anew() -> None:
    state = written(built(), CONFIRMATION, T0 + 5 * MINUTE)
    slipped = after(state, "t0.set", T0 + 6 * MINUTE, at=(T0 + HOUR).isoformat(), by="ann", reason="redeploy")
    assert sent(state, T0 + 6 * MINUTE) == [CONFIRMATION]
    assert sent(slipped, T0 + 6 * MINUTE) == []
    assert prepared(slipped, T0 + 65 * MINUTE) == [CONFIRMATION]


def test_what_a_text_stood_for_is_owed_again_when_that_text_is_void() -> None:
    state = written(built(), "hourly@T+2h", T0 + 2 * HOUR, FIRST)
    assert state.records[FIRST].into == "hourly@T+2h"
    slipped = after(state, "t0.set", T0 + 2 * HOUR, at=(T0 + HOUR).isoformat(), by="ann", reason="redeploy")
    assert {each.slot.id: each.standing for each in owed(slipped, T0 + 2 * HOUR)}[FIRST] is Standing.DUE


def test_after_a_scrub_the_next_t0_owes_everything_again_and_steps_are_done_again() -> None:
    state = written(built(), CONFIRMATION, T0 + 5 * MINUTE)
    state = after(state, "update.sending", T0 + 5 * MINUTE, slot=CONFIRMATION, attempt=1)
    state = after(state, "update.confirmed", T0 + 5 * MINUTE, slot=CONFIRMATION, ref="here")
    state = after(state, "t0.scrubbed", T0 + 6 * MINUTE, by="ann", reason="rolled back")
    assert decide(state, T0 + HOUR) == ()
    state = after(state, "t0.set", T0 + HOUR, at=(T0 + HOUR).isoformat(), by="ann", reason="again")
    assert len(owed(state, T0 + HOUR)) == 19
    assert state.ticks == {}
    held = [each.slot.id for each in decide(state, T0 + 65 * MINUTE) if isinstance(each, HoldBack)]
    assert held == [f"{CONFIRMATION}#2"]


def test_what_people_hold_they_hold_after_a_scrub_too() -> None:
    state = after(built(), "update.held", T0, slot=CONFIRMATION, reason="no value", by="engine")
    for slot in (FIRST, f"{EVIDENCE}/spare", "gate_flip@gate1#2"):
        state = after(state, "update.held", T0, slot=slot, reason="wait", by="ann")
    for attempt in (2, 3):
        state = after(state, "t0.scrubbed", T0 + MINUTE, by="ann", reason="rain")
        assert set(state.holds) == {f"{FIRST}#{attempt}", f"{EVIDENCE}#{attempt}/spare", "gate_flip@gate1#2"}
        assert {(hold.reason, hold.by) for hold in state.holds.values()} == {("wait", "ann")}
        assert all(hold.slot == name for name, hold in state.holds.items())
    state = after(state, "t0.set", T0, at=T0.isoformat(), by="ann", reason="again")
    held = [post.slot.id for post in owed(state, T0) if post.standing is Standing.HELD]
    assert held == [f"{FIRST}#3"]


def test_after_a_scrub_nobody_sends_again_what_may_have_arrived() -> None:
    state = built()
    for slot in ("incident_opened@inc-1", CONFIRMATION):
        state = after(state, "update.held", T0, slot=slot, reason="it may have arrived", by="channel")
    state = after(state, "t0.scrubbed", T0 + MINUTE, by="ann", reason="rain")
    assert set(state.holds) == {"incident_opened@inc-1"}


def test_a_post_that_a_person_wants_early_is_sent_early_and_once() -> None:
    state = after(built(), "update.requested", T0 + MINUTE, slot=CONFIRMATION, by="ann")
    assert prepared(state, T0 + MINUTE) == [CONFIRMATION]
    state = written(state, CONFIRMATION, T0 + MINUTE)
    assert sent(state, T0 + MINUTE) == [CONFIRMATION]
    state = after(state, "update.sending", T0 + MINUTE, slot=CONFIRMATION, attempt=1)
    state = after(state, "update.due", T0 + MINUTE, slot=CONFIRMATION, reason="refused")
    assert sent(state, T0 + MINUTE) == [CONFIRMATION]
    state = after(state, "update.sending", T0 + MINUTE, slot=CONFIRMATION, attempt=2)
    state = after(state, "update.confirmed", T0 + MINUTE, slot=CONFIRMATION, ref="here")
    assert prepared(state, T0 + 5 * MINUTE) == []


def test_an_early_post_that_tells_a_suite_has_it_run_now() -> None:
    state = after(built(), "update.requested", T0 + 20 * MINUTE, slot=FIRST, by="ann")
    assert RunSuite("pulse", FIRST) in decide(state, T0 + 20 * MINUTE)
    state = measured(state, FIRST, T0 + 21 * MINUTE)
    assert RunSuite("pulse", FIRST) not in decide(state, T0 + 21 * MINUTE)
    assert FIRST in prepared(state, T0 + 21 * MINUTE)


def test_what_a_person_holds_waits_for_them_and_does_not_hold_the_next() -> None:
    state = after(built(), "update.held", T0, slot=FIRST, reason="wait for the CEO", by="ann")
    state = measured(state, "hourly@T+2h", T0 + 119 * MINUTE)
    decisions = [each for each in decide(state, T0 + 2 * HOUR) if isinstance(each, Prepare)]
    assert ("hourly@T+2h", ()) in [(each.slot.id, each.merged) for each in decisions]
    assert FIRST not in [each.slot.id for each in decisions]
    released = after(state, "update.released", T0 + 2 * HOUR, slot=FIRST, by="ann")
    [late] = [
        e
        for e in decide(released, T0 + 2 * HOUR)
        if isinstance(e, Prepare) and e.slot.recurring and not e.slot.instead_of
    ]
    assert (late.slot.id, [slot.id for slot in late.merged]) == ("hourly@T+2h", [FIRST])


def test_a_written_post_can_still_be_held() -> None:
    state = written(built(), CONFIRMATION, T0 + 5 * MINUTE)
    state = after(state, "update.held", T0 + 5 * MINUTE, slot=CONFIRMATION, reason="typing error", by="ann")
    assert sent(state, T0 + 6 * MINUTE) == []


def test_a_hold_for_want_of_a_value_is_said_once() -> None:
    [hold] = [each for each in decide(opened(), T0 + 5 * MINUTE) if isinstance(each, HoldBack)]
    state = after(opened(), "update.held", T0, slot=hold.slot.id, reason=hold.reason, by="engine")
    assert [each for each in decide(state, T0 + 6 * MINUTE) if isinstance(each, HoldBack)] == []


def test_a_refused_attempt_leaves_again_when_it_may() -> None:
    state = written(built(), CONFIRMATION, T0 + 5 * MINUTE)
    state = after(state, "update.sending", T0 + 5 * MINUTE, slot=CONFIRMATION, attempt=1)
    again = T0 + 6 * MINUTE
    state = after(state, "update.due", T0 + 5 * MINUTE, slot=CONFIRMATION, not_before=again.isoformat())
    assert sent(state, again - timedelta(microseconds=1)) == []
    [send] = [each for each in decide(state, again) if isinstance(each, Send)]
    assert (send.attempt, send.record.text) == (2, "text")


def test_a_frozen_post_waits_again_when_the_clock_is_set_back_before_its_time() -> None:
    state = written(built(), CONFIRMATION, T0 + 5 * MINUTE)
    assert sent(state, T0 + 4 * MINUTE) == []


def test_an_attempt_of_another_engine_is_looked_up_and_one_of_this_engine_is_left_alone() -> None:
    state = written(built(), CONFIRMATION, T0 + 5 * MINUTE)
    state = after(state, "update.sending", T0 + 5 * MINUTE, slot=CONFIRMATION, attempt=1)
    assert [each for each in decide(state, T0 + 6 * MINUTE) if isinstance(each, LookUp)] == []
    state = after(state, "owner.acquired", T0 + 6 * MINUTE, 2, pid=1, epoch=2)
    assert [e.record.slot for e in decide(state, T0 + 6 * MINUTE) if isinstance(e, LookUp)] == [CONFIRMATION]


def test_a_recurring_post_whose_fate_is_unknown_is_not_named_in_the_next() -> None:
    state = written(measured(built(), FIRST, T0 + HOUR), FIRST, T0 + HOUR)
    state = after(state, "update.sending", T0 + HOUR, slot=FIRST, attempt=1)
    state = after(state, "update.unknown", T0 + HOUR, slot=FIRST, reason="no answer")
    state = measured(state, "hourly@T+2h", T0 + 2 * HOUR)
    [prepare] = [
        e
        for e in decide(state, T0 + 2 * HOUR)
        if isinstance(e, Prepare) and e.slot.recurring and not e.slot.instead_of
    ]
    assert prepare.merged == ()


def test_a_post_that_failed_for_good_is_over_and_the_end_says_so() -> None:
    voyage = Voyage()
    while voyage.true < T0 + 5 * MINUTE:
        voyage.go(MINUTE)
    voyage.works = "no"
    voyage.tick()
    voyage.write("update.dead", slot=CONFIRMATION, reason="channel_not_found")
    voyage.sail_home()
    assert voyage.state.records[CONFIRMATION].stage is Stage.DEAD
    assert voyage.state.closed
    assert voyage.state.closed.reason == "every update is resolved, 1 update FAILED"


def test_a_suite_that_died_with_its_engine_is_run_again_and_one_under_way_is_not() -> None:
    state = after(built(), "suite.started", T0 + 5 * MINUTE, suite="verify", cause="phase:verify")
    assert RunSuite("verify", "phase:verify") not in decide(state, T0 + 6 * MINUTE)
    state = after(state, "owner.acquired", T0 + 6 * MINUTE, 2, pid=1, epoch=2)
    assert RunSuite("verify", "phase:verify") in decide(state, T0 + 6 * MINUTE)


def test_what_a_post_needs_from_people_is_asked_for_before_it_is_due() -> None:
    asked = [(each.step.id, each.ask.name, each.slot.id, each.due) for each in open_questions(opened())]
    assert asked == [
        ("confirm", "build_id", CONFIRMATION, T0 + 5 * MINUTE),
        ("confirm", "deployed_at", CONFIRMATION, T0 + 5 * MINUTE),
    ]
    assert open_questions(built()) == ()
