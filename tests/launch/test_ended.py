"""What is told of a launch that is closed: nothing of it is still to come."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.launch.course import T0, after, opened
from tests.launch.test_exits import ran
from warroom.engine.view import state_json
from warroom.errors import ExitCode
from warroom.launch.ending import Ending, ending
from warroom.launch.phases import phases
from warroom.launch.standing import Standing, owed
from warroom.launch.state import LaunchState
from warroom.slo.trigger import Stage, TriggerState, memo_of
from warroom.verdict import Verdict

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FIRST, SECOND, THIRD = "publish_confirmation@T+5m", "evidence_bundle@T+15m", "hourly@T+1h"
DAYS_LATER = T0 + 100 * HOUR


def closed(state: LaunchState, at: datetime) -> LaunchState:
    return after(state, "launch.closed", at, 1, reason="enough")


def sent(state: LaunchState, slot: str, **last: Any) -> LaunchState:
    """The post of `slot` written and begun to be sent; then what `last` names."""
    body: dict[str, Any] = {"slot": slot, "key": "k"}
    state = after(state, "update.due", T0, 1, **body, text="text", late_s=0.0)
    state = after(state, "update.sending", T0, 1, **body, attempt=1)
    return after(state, f"update.{last.pop('kind')}", T0, 1, **body, **last) if last else state


def held(state: LaunchState, slot: str, by: str) -> LaunchState:
    return after(state, "update.held", T0, 1, slot=slot, reason="wording", by=by)


ARRIVED = sent(sent(opened(), FIRST, kind="confirmed", ref="here"), SECOND, kind="confirmed", ref="here")
MERGED = after(opened(), "update.due", T0, 1, slot="hourly@T+2h", key="k", text="text", late_s=0.0, merged=[THIRD])

LEFT = {
    "it was not due yet": (ARRIVED, THIRD, "not sent: the launch was closed before it was due"),
    "it was due": (closed(opened(), T0 + 6 * MINUTE), FIRST, "not sent: it was due when the launch was closed"),
    "it was held": (
        held(opened(), FIRST, "ada"),
        FIRST,
        "not sent: it was due when the launch was closed; held: wording (ada)",
    ),
    "it was tried and not taken": (
        sent(opened(), FIRST, kind="due", reason="connection refused"),
        FIRST,
        "not sent: it was due when the launch was closed; connection refused",
    ),
    "another that was not sent stands for it": (
        MERGED,
        THIRD,
        "not sent: the launch was closed before it was due",
    ),
    "T0 was never set": (opened(None), FIRST, "not sent: the launch was closed before T0 was set"),
    "its engine died over it": (
        sent(opened(), FIRST),
        FIRST,
        "not known whether it arrived: the launch was closed while it was being sent",
    ),
    "it was looked for": (
        sent(opened(), FIRST, kind="unknown", reason="no answer"),
        FIRST,
        "not known whether it arrived: no answer; nobody looks for it any more",
    ),
    "it was sent": (ARRIVED, FIRST, "sent: "),
    "it failed": (sent(opened(), FIRST, kind="dead", reason="is_archived"), FIRST, "failed: is_archived"),
}


@pytest.mark.parametrize(("state", "slot", "said"), LEFT.values(), ids=LEFT)
def test_a_post_of_a_closed_launch_is_never_still_to_come(state: LaunchState, slot: str, said: str) -> None:
    ended = state if state.closed else closed(state, T0 + 20 * MINUTE)
    (post,) = (one for one in owed(ended, DAYS_LATER) if one.slot.id == slot)
    assert f"{post.standing.value}: {post.reason}" == said


def test_nothing_of_a_closed_launch_depends_on_when_one_looks() -> None:
    state = after(ARRIVED, "incident.opened", T0 + 16 * MINUTE, 1, id="inc-1", text="5xx", by="ada")
    state = after(state, "lever.read", T0 + 19 * MINUTE, lever="DISABLE_SEND", value="true", reason="")
    ended = closed(state, T0 + 20 * MINUTE)
    at_once, later = (state_json(ended, at) for at in (T0 + 20 * MINUTE, DAYS_LATER))
    told = {**later, "now": at_once["now"], "mode_ended": False}
    assert told == at_once
    assert {post["in_s"] for post in later["updates"]} == {None}
    assert {post["standing"] for post in later["updates"]} == {"sent", "not sent"}
    assert (later["next"], later["questions"], later["modes"]) == (None, [], [])
    assert [one["note_due"] for one in later["incidents"]] == [None]


def test_phases_of_a_closed_launch_are_done_abandoned_or_never_begun() -> None:
    ended = closed(ran(opened(), "phase:verify", 5, Verdict.PASS, "GREEN"), T0 + 10 * MINUTE)
    found = {one.phase.id: (one.lifecycle, one.late) for one in phases(ended, DAYS_LATER)}
    assert found == {
        "publish": ("abandoned", True),
        "verify": ("done", False),
        "evidence": ("never begun", False),
        "watch": ("never begun", False),
    }


def test_a_suite_that_was_under_way_is_told_as_broken_off() -> None:
    state = after(opened(), "suite.started", T0 + 5 * MINUTE, 1, suite="verify", cause="phase:verify")
    (told,) = state_json(closed(state, T0 + 6 * MINUTE), DAYS_LATER)["suites"]
    assert (told["word"], told["verdict"], told["finished_at"]) == ("broken off", None, None)


GREEN = ran(ARRIVED, "phase:verify", 5, Verdict.PASS, "GREEN")
RED = ran(ARRIVED, "phase:verify", 5, Verdict.FAIL, "RED")
UNDELIVERED = ExitCode.UPDATE_UNDELIVERED


def fired(state: LaunchState, trigger: str, **more: str) -> LaunchState:
    """A trigger that fired once more, and is over; its posts are no part of this."""
    number = state.triggers[trigger].state.number + 1 if trigger in state.triggers else 1
    on, over = TriggerState(Stage.FIRING, number, T0, T0), TriggerState(number=number)
    body: dict[str, Any] = {"trigger": trigger, "severity": "pause", "mode": "auto", **more}
    state = after(state, "trigger.fired", T0 + 5 * MINUTE, 1, **body, state=memo_of(on))
    state = after(state, "trigger.resolved", T0 + 6 * MINUTE, 1, **body, state=memo_of(over), by="ada")
    return replace(state, happenings=())


def blind(state: LaunchState, trigger: str = "pause_jwt", **reading: object) -> LaunchState:
    """Its signal had no data any more."""
    signal = state.course.watched.triggers[trigger].signal
    body: dict[str, Any] = {"trigger": trigger, "severity": "pause", "mode": "auto", "reason": "refused"}
    state = after(state, "trigger.blind", T0 + 5 * MINUTE, 1, **body, state=memo_of(TriggerState(blind=True)))
    level = {"signal": signal, "level": "unknown", "reason": "refused", **reading}
    return replace(after(state, "signal.level", T0 + 19 * MINUTE, 1, **level), happenings=())


def gated(state: LaunchState) -> LaunchState:
    """Gate 1 is red."""
    return after(state, "gate.read", T0, 1, gate="gate1", state="red", source="gates.example.org")


ENDINGS = {
    "a trigger was blind, so nobody knows": (
        blind(GREEN),
        Ending(ExitCode.UNKNOWN, ("1 trigger blind when it was closed: pause_jwt",)),
    ),
    "a trigger was blind and a suite is RED": (
        blind(RED),
        Ending(ExitCode.RED, ("suite verify: RED", "1 trigger blind when it was closed: pause_jwt")),
    ),
    "a trigger was blind, and its source counted nothing while its gate is red": (
        blind(gated(GREEN), n=0.0),
        Ending(ExitCode.GREEN, ()),
    ),
    "a pause fired twice and is over": (
        fired(fired(GREEN, "pause_5xx"), "pause_5xx"),
        Ending(ExitCode.TRIGGER_FIRED, ("a pause or rollback fired: pause_5xx (2 times)",)),
    ),
    "a rollback fired, a post was due and a suite is RED": (
        fired(sent(RED, THIRD), "data_loss", severity="rollback", mode="confirm"),
        Ending(
            ExitCode.TRIGGER_FIRED,
            (
                "a pause or rollback fired: data_loss (1 time)",
                f"1 update not known to have arrived: {THIRD}",
                "suite verify: RED",
            ),
        ),
    ),
    "what fired only notifies": (fired(GREEN, "p95", severity="notify"), Ending(ExitCode.GREEN, ())),
    "it fired in shadow": (fired(GREEN, "pause_5xx", mode="shadow"), Ending(ExitCode.GREEN, ())),
    "what was due is sent, the rest was not due yet": (GREEN, Ending(ExitCode.GREEN, ())),
    "a suite is RED": (RED, Ending(ExitCode.RED, ("suite verify: RED",))),
    "a suite is UNKNOWN": (
        ran(ARRIVED, "phase:verify", 5, Verdict.ERROR, "UNKNOWN"),
        Ending(ExitCode.UNKNOWN, ("suite verify: UNKNOWN",)),
    ),
    "posts were due and a suite is RED": (
        ran(opened(), "phase:verify", 5, Verdict.FAIL, "RED"),
        Ending(UNDELIVERED, (f"2 updates due and not sent: {FIRST}, {SECOND}", "suite verify: RED")),
    ),
    "a post failed": (
        sent(sent(opened(), FIRST, kind="confirmed", ref="here"), SECOND, kind="dead", reason="x"),
        Ending(
            UNDELIVERED,
            (f"1 update FAILED: {SECOND}", f"1 update due and not sent: {SECOND}/war_room/undelivered"),
        ),
    ),
    "nobody knows whether a post arrived": (
        sent(ARRIVED, THIRD),
        Ending(UNDELIVERED, (f"1 update not known to have arrived: {THIRD}",)),
    ),
    "a person holds what was due": (
        held(held(opened(), FIRST, "ada"), SECOND, "ada"),
        Ending(ExitCode.GREEN, ()),
    ),
    "it was held because a value is missing": (
        held(held(opened(), FIRST, "engine"), SECOND, "ada"),
        Ending(UNDELIVERED, (f"1 update due and not sent: {FIRST}",)),
    ),
    "it was held because it may have arrived": (
        held(held(opened(), FIRST, "channel"), SECOND, "ada"),
        Ending(UNDELIVERED, (f"1 update due and not sent: {FIRST}",)),
    ),
    "T0 was never set": (opened(None), Ending(ExitCode.GREEN, ())),
}


@pytest.mark.parametrize(("state", "ends"), ENDINGS.values(), ids=ENDINGS)
def test_the_exit_code_of_a_closed_launch_counts_what_was_due_and_not_delivered(
    state: LaunchState, ends: Ending
) -> None:
    assert ending(state) is None
    assert ending(closed(state, T0 + 20 * MINUTE)) == ends


def test_many_posts_are_counted_and_the_first_three_named() -> None:
    ended = ending(closed(ARRIVED, T0 + 49 * HOUR))
    assert ended is not None
    names = "hourly@T+1h, hourly@T+2h, hourly@T+3h, …"
    assert ended.reasons == (f"17 updates due and not sent: {names}",)


def test_every_standing_of_a_closed_launch_is_one_from_which_nothing_follows() -> None:
    for one in owed(closed(sent(held(ARRIVED, THIRD, "ada"), "hourly@T+2h"), T0 + 90 * MINUTE), DAYS_LATER):
        assert one.standing in (Standing.SENT, Standing.NOT_SENT, Standing.NOT_KNOWN)
