"""What was sent before another playbook took over is still shown."""

from __future__ import annotations

from tests.launch.course import T0, after, course, opened
from tests.launch.test_amending import HOUR, MINUTE, SLOT, amended, changed, written
from warroom.engine.view import state_json
from warroom.launch.state import LaunchState

GONE = "four_hourly@T+8h"


def sent(state: LaunchState, slot: str) -> LaunchState:
    state = after(written(state, slot), "update.sending", T0 + 8 * HOUR, slot=slot, attempt=1)
    return after(state, "update.confirmed", T0 + 8 * HOUR, slot=slot, attempt=1, ref="here")


def test_a_post_that_was_sent_for_a_slot_that_vanished_stays_visible_and_says_so() -> None:
    state = amended(sent(sent(opened(), SLOT), GONE), changed())
    updates = {post["slot"]: post for post in state_json(state, T0 + 9 * HOUR)["updates"]}
    assert updates[GONE]["standing"] == "sent"
    assert updates[GONE]["reason"] == "no longer in the playbook"
    assert (updates[GONE]["text"], updates[GONE]["ref"]) == ("old", "here")
    assert updates[GONE].keys() == updates[SLOT].keys()
    assert updates[SLOT]["reason"] == ""
    assert "four_hourly@T+12h" not in updates


def test_what_was_written_and_never_sent_is_not_shown_when_its_slot_vanished() -> None:
    state = amended(written(opened(), GONE), changed())
    assert GONE not in {post["slot"] for post in state_json(state, T0 + 9 * HOUR)["updates"]}


def test_the_posts_of_an_attempt_that_was_scrubbed_are_still_in_the_playbook() -> None:
    state = after(sent(opened(), SLOT), "t0.scrubbed", T0 + 9 * HOUR, by="ada", reason="rain")
    assert not [post for post in state_json(state, T0 + 9 * HOUR + MINUTE)["updates"] if post["reason"]]
    assert state.course == course()
