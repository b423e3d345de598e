"""The dead-man switch: when a message is scheduled, replaced, deleted, looked for and answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.launch.course import T0, after
from tests.launch.in_slack import (
    HOUR,
    MINUTE,
    ROOM,
    SECOND,
    SETTLE,
    SILENT,
    in_slack,
    journaled,
    kinds,
    overdue,
    posting,
)
from warroom.engine import status_drafts as drafts
from warroom.launch.dead_man import (
    Answer,
    Arm,
    Disarm,
    LookFor,
    Sweep,
    is_pressing,
    renewed_every,
    rests_at_most,
    stopped,
    switch_owed,
)
from warroom.launch.liveness import AlarmStage
from warroom.launch.state import LaunchState
from warroom.playbook.course import Channel
from warroom.updates.channel import Delivery, Fate

EVERY = renewed_every(ROOM)
OK = Delivery(Fate.CONFIRMED)
LOST = Delivery(Fate.UNKNOWN, reason="the connection broke")
NOT = Delivery(Fate.NOT_SENT, reason="Slack asks to wait")


def arm(state: LaunchState, at: datetime, delivery: Delivery | None = None, epoch: int = 1) -> LaunchState:
    """The launch once its engine has tried to schedule what is owed now."""
    [found] = [one for one in switch_owed(state, at) if isinstance(one, Arm)]
    state = journaled(state, at, drafts.arming(found), epoch=epoch)
    done = delivery or Delivery(Fate.CONFIRMED, ref=f"Q{found.number}")
    return journaled(state, at, drafts.armed(found, done), epoch=epoch)


def disarm(state: LaunchState, at: datetime, delivery: Delivery = OK) -> LaunchState:
    """The launch once its engine has tried to delete what is to go now."""
    [found] = [one for one in switch_owed(state, at) if isinstance(one, Disarm)]
    state = journaled(state, at, drafts.disarming(found.alarm))
    return journaled(state, at, drafts.disarmed(found.alarm, delivery, at))


def restarted(state: LaunchState, at: datetime) -> LaunchState:
    """Another engine owns the launch."""
    return after(state, "owner.acquired", at, state.epoch + 1, epoch=state.epoch + 1, pid=1)


def armed(at: datetime = T0) -> LaunchState:
    return arm(in_slack(), at)


@pytest.mark.parametrize(
    ("state", "owed"),
    [
        (in_slack(), ["Arm"]),
        (in_slack(None), []),
        (after(in_slack(), "launch.closed", T0, reason="enough"), []),
        (in_slack(T0, replace(ROOM, live=False)), []),
        (in_slack(T0, Channel("hook", "slack_webhook")), []),
        (in_slack(T0, Channel("file", "file")), []),
        (in_slack(T0, Channel("file", "file"), replace(ROOM, live=False), replace(ROOM, id="two")), ["Arm"]),
    ],
    ids=[
        "from T0 on one is scheduled",
        "before T0 there is none",
        "a closed launch has none",
        "a channel that says `live: false` has none",
        "nor has a webhook",
        "nor has a file",
        "the first channel that may have it has it",
    ],
)
def test_where_there_is_one(state: LaunchState, owed: list[str]) -> None:
    assert kinds(switch_owed(state, T0)) == owed


@pytest.mark.parametrize(
    ("silent_after", "every"),
    [(10 * MINUTE, 2 * MINUTE), (15 * MINUTE, 2 * MINUTE), (24 * HOUR, 2 * MINUTE)],
)
def test_it_is_replaced_so_early_that_the_last_can_be_deleted_for_sure(
    silent_after: timedelta, every: timedelta
) -> None:
    assert renewed_every(replace(ROOM, silent_after=silent_after)) == every
    assert silent_after - 2 * every > 5 * MINUTE, "also when as long again nothing works"


def test_the_next_is_scheduled_before_the_last_is_deleted() -> None:
    state = armed()
    assert switch_owed(state, T0 + EVERY - SECOND) == ()
    state = arm(state, T0 + EVERY)
    [left] = switch_owed(state, T0 + EVERY)
    assert isinstance(left, Disarm)
    assert (left.alarm.number, left.alarm.id) == (1, "Q1")
    state = disarm(state, T0 + EVERY)
    assert [(one.number, one.fires_at) for one in state.dead_man.alarms.values()] == [(2, T0 + EVERY + SILENT)]
    assert switch_owed(state, T0 + EVERY + MINUTE) == ()


def test_where_the_next_cannot_be_scheduled_the_last_stays() -> None:
    state = arm(armed(), T0 + EVERY, NOT)
    assert kinds(switch_owed(state, T0 + EVERY + MINUTE)) == ["Arm"]
    assert (state.dead_man.reason, state.dead_man.failing_since) == (NOT.reason, T0 + EVERY)
    state = arm(state, T0 + EVERY + MINUTE, NOT)
    assert state.dead_man.failing_since == T0 + EVERY, "since the first failure"
    state = arm(state, T0 + EVERY + 2 * MINUTE)
    assert (state.dead_man.reason, state.dead_man.failing_since) == ("", None)
    assert kinds(switch_owed(state, T0 + EVERY + 2 * MINUTE)) == ["Disarm"]


NEVER = timedelta.max


@pytest.mark.parametrize(
    ("left", "rest"),
    [
        (12 * MINUTE, MINUTE),
        (6 * MINUTE, 30 * SECOND),
        (5 * MINUTE + 10 * SECOND, 10 * SECOND),
        (4 * MINUTE, MINUTE),
        (2 * MINUTE, 30 * SECOND),
        (30 * SECOND, NEVER),
    ],
    ids=[
        "with time left it is a minute",
        "half of the time in which it can be deleted for sure",
        "not less than ten seconds",
        "then of the time in which it can be deleted at all",
        "which is until a minute before",
        "after that there is nothing to hurry for",
    ],
)
def test_what_failed_rests_no_longer_than_the_alarm_allows(left: timedelta, rest: timedelta) -> None:
    state = armed()
    [replaced] = switch_owed(state, T0 + EVERY)
    now = T0 + SILENT - left
    assert rests_at_most(state, replaced, now) == rest
    assert rests_at_most(state, Disarm(state.dead_man.alarms[1]), now) == rest
    assert rests_at_most(state, Sweep(ROOM.id, "", (state.dead_man.alarms[1],)), now) == rest
    assert rests_at_most(state, LookFor(state.dead_man.alarms[1]), now) == NEVER
    assert rests_at_most(in_slack(), replaced, now) == NEVER, "where none is pending"


def test_what_says_nothing_in_the_channel_waits_for_no_quiet_and_what_does_for_a_bounded_time() -> None:
    state = armed()
    alarm = state.dead_man.alarms[1]
    for silent in (Disarm(alarm), Sweep(ROOM.id, "", (alarm,)), LookFor(alarm)):
        assert is_pressing(state, silent, T0)
    for decision, before, since in (
        (Arm(2, "k", ROOM.id, T0, T0), state, T0 + 2 * EVERY),
        (Arm(1, "k", ROOM.id, T0, T0), in_slack(), T0 + 2 * EVERY),
        (Answer(alarm), state, alarm.fires_at + 2 * MINUTE),
    ):
        assert not is_pressing(before, decision, since - SECOND)
        assert is_pressing(before, decision, since)


def test_one_that_may_be_scheduled_is_looked_for_in_the_list_and_deleted_when_it_is_not_the_last() -> None:
    at = T0 + EVERY
    state = arm(armed(), at, LOST)
    assert kinds(switch_owed(state, at)) == ["Sweep", "Arm"], "where it cannot be asked, another is scheduled"
    state = arm(state, at + SECOND)
    assert kinds(switch_owed(state, at + SECOND)) == ["Sweep", "Disarm"], "a look for the second, and the first"
    state = disarm(state, at + SECOND)
    [sweep] = switch_owed(state, at + SECOND)
    assert isinstance(sweep, Sweep)
    assert [one.number for one in sweep.alarms] == [2]
    state = journaled(state, at, drafts.listed(sweep.alarms[0], "Q2"))
    [found] = switch_owed(state, at + SECOND)
    assert isinstance(found, Disarm)
    assert (found.alarm.number, found.alarm.id) == (2, "Q2")


def test_one_that_is_found_in_the_list_and_is_the_last_stays() -> None:
    state = arm(in_slack(), T0, LOST)
    [sweep, again] = switch_owed(state, T0)
    assert isinstance(again, Arm)
    assert isinstance(sweep, Sweep)
    state = journaled(state, T0 + SECOND, drafts.listed(sweep.alarms[0], "Q1"))
    assert switch_owed(state, T0 + SECOND) == ()
    assert state.dead_man.failing_since is None


@pytest.mark.parametrize(
    ("places", "copy"),
    [(("C0WARROOM", "C0BACKUP"), ""), (("C0WARROOM", "C0WARROOM"), "playbook-2/other.yaml")],
    ids=["in two channels", "with the access of two playbooks"],
)
def test_those_that_no_one_list_can_have_are_looked_for_in_two(places: tuple[str, str], copy: str) -> None:
    state = in_slack()
    for number, place in enumerate(places, 1):
        [found] = [one for one in switch_owed(state, T0) if isinstance(one, Arm)]
        state = journaled(state, T0, drafts.arming(found, place), drafts.armed(found, LOST))
        state = replace(state, playbook_copy=copy)
        assert found.number == number
    sweeps = [one for one in switch_owed(state, T0) if isinstance(one, Sweep)]
    assert [(one.place, [alarm.number for alarm in one.alarms]) for one in sweeps] == [
        (places[0], [1]),
        (places[1], [2]),
    ]


def test_one_whose_channel_the_playbook_has_no_more_is_looked_for_a_minute_after_its_time() -> None:
    state = in_slack(T0, replace(ROOM, settle=SECOND))
    state = restarted(arm(state, T0), T0 + MINUTE)
    state = replace(state, course=replace(state.course, channels={}))
    assert switch_owed(state, T0 + SILENT + MINUTE - SECOND) == ()
    assert kinds(switch_owed(state, T0 + SILENT + MINUTE)) == ["LookFor"]


def test_one_that_two_lists_do_not_have_is_looked_for_in_the_channel_when_its_time_is_past() -> None:
    state = arm(in_slack(), T0, LOST)
    for at in (T0, T0 + SETTLE):
        [sweep] = [one for one in switch_owed(state, at) if isinstance(one, Sweep)]
        state = journaled(state, at, drafts.listed(sweep.alarms[0], None))
        assert "Sweep" not in kinds(switch_owed(state, at + SETTLE - SECOND))
    state = arm(state, T0 + 2 * SETTLE)
    assert state.dead_man.alarms[1].stage is AlarmStage.LEAVING
    assert kinds(switch_owed(state, T0 + SILENT + SETTLE)) == ["Arm", "LookFor"]


@pytest.mark.parametrize(
    ("left", "delivery", "stage"),
    [
        (5 * MINUTE + SECOND, OK, None),
        (5 * MINUTE, OK, AlarmStage.LEAVING),
        (30 * SECOND, OK, AlarmStage.LEAVING),
        (10 * MINUTE, LOST, AlarmStage.DISARMING),
        (10 * MINUTE, NOT, AlarmStage.DISARMING),
    ],
    ids=[
        "deleted more than five minutes before its time, it is gone",
        "five minutes before Slack may post it all the same",
        "also where Slack says that it has it no longer",
        "an answer that was lost deletes nothing for sure",
        "nor does one that asks to wait",
    ],
)
def test_what_a_deletion_comes_to(left: timedelta, delivery: Delivery, stage: AlarmStage | None) -> None:
    state = restarted(armed(), T0)
    at = T0 + SILENT - left
    state = disarm(arm(state, at, epoch=2), at, delivery)
    assert (state.dead_man.alarms[1].stage if 1 in state.dead_man.alarms else None) == stage
    assert ("Disarm" in kinds(switch_owed(state, at + SECOND))) == (stage is AlarmStage.DISARMING)


def test_another_engine_replaces_what_it_finds_and_keeps_it_until_then() -> None:
    state = restarted(armed(), T0 + MINUTE)
    assert kinds(switch_owed(state, T0 + MINUTE)) == ["Arm"]
    state = arm(state, T0 + MINUTE, epoch=2)
    assert kinds(switch_owed(state, T0 + MINUTE)) == ["Disarm"]


def test_an_engine_that_died_over_a_call_leaves_one_that_is_looked_for() -> None:
    [found] = switch_owed(in_slack(), T0)
    assert isinstance(found, Arm)
    state = restarted(journaled(in_slack(), T0, drafts.arming(found)), T0 + SECOND)
    assert kinds(switch_owed(state, T0 + SECOND)) == ["Sweep", "Arm"]


def test_one_that_was_posted_is_answered_once() -> None:
    state = restarted(armed(), T0 + HOUR)
    [first, look] = switch_owed(state, T0 + HOUR)
    assert isinstance(first, Arm)
    assert isinstance(look, LookFor)
    state = journaled(state, T0 + HOUR, drafts.looked_for(look.alarm, "C1/9.1"))
    assert state.dead_man.fired_at == T0 + SILENT
    [_, answer] = switch_owed(state, T0 + HOUR)
    assert isinstance(answer, Answer)
    assert drafts.answered(answer.alarm, LOST) == [], "it is tried again"
    state = journaled(state, T0 + HOUR, drafts.answering(answer.alarm), *drafts.answered(answer.alarm, OK))
    assert kinds(switch_owed(state, T0 + HOUR)) == ["Arm"]


def test_one_that_was_not_posted_or_takes_no_answer_is_done_with() -> None:
    state = restarted(armed(), T0 + HOUR)
    [_, look] = switch_owed(state, T0 + HOUR)
    assert isinstance(look, LookFor)
    gone = journaled(state, T0 + HOUR, drafts.looked_for(look.alarm, None))
    assert (gone.dead_man.alarms, gone.dead_man.fired_at) == ({}, None)
    fired = journaled(state, T0 + HOUR, drafts.looked_for(look.alarm, "C1/9.1"))
    deleted = Delivery(Fate.REFUSED, reason="message_not_found", closed=True)
    fired = journaled(fired, T0 + HOUR, *drafts.answered(fired.dead_man.alarms[1], deleted))
    assert fired.dead_man.alarms == {}


@pytest.mark.parametrize(
    ("age", "owed"),
    [(5 * MINUTE - SECOND, ["Arm"]), (5 * MINUTE, [])],
    ids=["a post that is late for less than five minutes", "one that is overdue: the engine is not well"],
)
def test_an_engine_that_cannot_post_lets_it_come(age: timedelta, owed: list[str]) -> None:
    at = T0 + 5 * MINUTE
    assert kinds(switch_owed(overdue(posting(in_slack()), at), at + age)) == owed


def test_what_another_channel_does_not_take_makes_no_engine_unwell() -> None:
    hook = Channel("hook", "webhook", on_unknown="resend")
    state = posting(in_slack(T0, hook, ROOM))
    late = T0 + 2 * HOUR
    state = arm(overdue(state, T0 + 5 * MINUTE), late)
    assert switch_owed(state, late) == ()
    assert kinds(switch_owed(state, late + EVERY)) == ["Arm"]


def test_one_that_was_posted_is_answered_only_by_an_engine_that_is_well() -> None:
    at = T0 + 5 * MINUTE
    state = overdue(posting(armed(T0)), at)
    [look] = switch_owed(state, T0 + SILENT + SETTLE)
    assert isinstance(look, LookFor)
    state = journaled(state, T0 + SILENT + SETTLE, drafts.looked_for(look.alarm, "C1/9.1"))
    assert switch_owed(state, T0 + HOUR) == (), "the post is still unsent"
    state = after(state, "update.sending", T0 + HOUR, slot="publish_confirmation@T+5m", key="k", attempt=2)
    state = after(state, "update.confirmed", T0 + HOUR, slot="publish_confirmation@T+5m", ref="C1/1")
    state = after(state, "update.held", T0, slot="evidence_bundle@T+15m", reason="not known", by="engine")
    assert kinds(switch_owed(state, T0 + HOUR)) == ["Arm", "Answer"]


def test_a_post_that_is_held_makes_no_engine_unwell() -> None:
    late = T0 + 30 * MINUTE
    state = after(posting(in_slack()), "update.held", T0, slot="publish_confirmation@T+5m", reason="wait", by="ann")
    state = after(state, "update.held", T0, slot="evidence_bundle@T+15m", reason="not known", by="engine")
    assert kinds(switch_owed(state, late)) == ["Arm"]


def test_with_the_launch_and_when_t0_is_scrubbed_every_message_is_deleted() -> None:
    state = arm(armed(), T0 + EVERY)
    for kind, body in (("launch.closed", {"reason": "enough"}), ("t0.scrubbed", {"reason": "no go"})):
        ended = after(state, kind, T0 + EVERY, **body)
        assert kinds(switch_owed(ended, T0 + EVERY)) == ["Disarm", "Disarm"]


def test_an_engine_that_is_stopped_leaves_one_that_says_by_whom_and_the_next_engine_replaces_it() -> None:
    at = T0 + MINUTE
    state, last = armed(), stopped(armed(), at, "ada")
    assert last is not None
    assert (last.by, last.since, last.fires_at) == ("ada", at, at + SILENT)
    state = journaled(state, at, drafts.arming(last), drafts.armed(last, Delivery(Fate.CONFIRMED, ref="Q2")))
    assert [one.alarm.number for one in switch_owed(state, at) if isinstance(one, Disarm)] == [1]
    state = arm(restarted(disarm(state, at), at), at + MINUTE, epoch=2)
    assert [one.alarm.number for one in switch_owed(state, at + MINUTE) if isinstance(one, Disarm)] == [2]
    assert stopped(in_slack(None), at, "ada") is None
    assert stopped(after(state, "launch.closed", at, reason="enough"), at, "ada") is None


@pytest.mark.parametrize("by_s", [3_600, -3_600], ids=["forward", "back"])
def test_a_clock_that_is_set_changes_nothing_for_what_is_scheduled(by_s: int) -> None:
    moved = timedelta(seconds=by_s)
    state = after(armed(), "clock.step", T0 + MINUTE + moved, by_s=by_s)
    assert switch_owed(state, T0 + MINUTE + moved) == ()
    assert kinds(switch_owed(state, T0 + EVERY + moved)) == ["Arm"]


def test_where_the_playbook_names_another_channel_the_message_moves_there() -> None:
    state = armed()
    two = replace(ROOM, id="two")
    amended = replace(state.course, channels={"war_room": replace(ROOM, live=False), "two": two})
    state = replace(state, course=amended)
    assert kinds(switch_owed(state, T0 + MINUTE)) == ["Arm", "Disarm"]
    gone = replace(state, course=replace(amended, channels={"two": two}))
    assert kinds(switch_owed(gone, T0 + MINUTE)) == ["Arm", "Disarm"], "whoever has access to it still deletes it"
    assert kinds(switch_owed(gone, T0 + SILENT + SETTLE)) == ["Arm", "LookFor"]
