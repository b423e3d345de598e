"""Another playbook for a launch that runs: what becomes of its posts, and when it may not take over."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.launch.acted import SECOND, Drive
from tests.launch.course import LAUNCH, SHA256, T0, after, course, opened
from tests.launch.in_slack import in_slack, posting
from tests.launch.test_overall import NOW, measured
from warroom.engine.drafts import sending
from warroom.errors import UsageError
from warroom.launch.acting import start
from warroom.launch.amending import Amendment, amend, slot_change
from warroom.launch.dead_man import stopped, switch_owed
from warroom.launch.exits import holding
from warroom.launch.ledger import Prepare, Send, decide
from warroom.launch.overall import overall
from warroom.launch.procedure_ledger import procedure_drafts, procedure_effects
from warroom.launch.procedures import StepStage
from warroom.launch.schedule import all_slots
from warroom.launch.signal_words import of_signal, signal_line
from warroom.launch.state import LaunchState
from warroom.launch.status_message import status_owed
from warroom.playbook.course import Course
from warroom.slo.conditions import parse_condition

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SLOT = "publish_confirmation@T+5m"


def changed() -> Course:
    """The course without its four-hourly posts, with one more hourly, and with another text for the first."""
    updates = {name: update for name, update in course().updates.items() if name != "four_hourly"}
    updates["hourly"] = replace(updates["hourly"], ends=7 * HOUR)
    updates["publish_confirmation"] = replace(
        updates["publish_confirmation"], template=updates["hourly"].template, suite="pulse"
    )
    return replace(course(), updates=updates)


def amendment(plan: Course, sha256: str = "1" * 64) -> Amendment:
    return Amendment("playbook-111111111111/mine.yaml", "/home/ada/mine.yaml", sha256, plan)


def amended(state: LaunchState, plan: Course) -> LaunchState:
    """The state of the engine that takes the launch up with `plan`."""
    return replace(after(accepted(state, plan), "owner.acquired", T0 + MINUTE, 2, pid=1, epoch=2), course=plan)


def accepted(state: LaunchState, plan: Course) -> LaunchState:
    """The state of the engine of before, which has to end."""
    (draft,) = amend(state, amendment(plan), T0, "ada")
    return after(state, draft.kind, T0 + MINUTE, **draft.body)


def written(state: LaunchState, slot: str = SLOT) -> LaunchState:
    return after(state, "update.due", T0 + 5 * MINUTE, slot=slot, key=f"wr:{LAUNCH}:{slot}", text="old", late_s=0.0)


def test_it_is_said_which_posts_are_no_longer_owed_and_which_are_new() -> None:
    change = slot_change(opened(), changed(), T0)
    assert change.vanished == tuple(f"four_hourly@T+{hour}h" for hour in range(8, 49, 4))
    assert change.added == ("hourly@T+7h",)


def test_what_was_sent_neither_vanishes_nor_is_owed_again() -> None:
    state = written(opened(), "four_hourly@T+8h")
    state = after(state, "update.confirmed", T0 + 8 * HOUR, slot="four_hourly@T+8h", attempt=1, ref="here")
    gone = slot_change(state, changed(), T0 + 9 * HOUR)
    assert gone.vanished[0] == "four_hourly@T+12h"
    there = replace(state, course=changed())
    back = slot_change(there, course(), T0 + 9 * HOUR)
    assert back.added[0] == "four_hourly@T+12h"
    assert back.vanished == ("hourly@T+7h",)


def test_what_was_written_and_not_sent_is_written_anew() -> None:
    state = written(opened())
    assert [type(one) for one in decide(state, T0 + 6 * MINUTE) if isinstance(one, Send)] == [Send]
    state = amended(state, course())
    assert not [one for one in decide(state, T0 + 6 * MINUTE) if isinstance(one, Send)]
    assert state.playbook_sha256 == "1" * 64
    assert (state.playbook_copy, state.playbook_path) == ("playbook-111111111111/mine.yaml", "/home/ada/mine.yaml")


def test_until_another_engine_has_it_nothing_is_begun_by_the_one_of_before() -> None:
    before, at = written(posting(in_slack())), T0 + 6 * MINUTE
    [send] = [one for one in decide(before, at) if isinstance(one, Send)]
    assert sending(send, before, at, "C0WARROOM")
    assert all((switch_owed(before, at), stopped(before, at, "ada"), status_owed(before, at, "", None)))
    state = accepted(before, changed())
    assert (decide(state, at), sending(send, state, at, "C0WARROOM")) == ((), [])
    assert (switch_owed(state, at), stopped(state, at, "ada"), status_owed(state, at, "", None)) == ((), None, None)
    taken_up = after(state, "owner.acquired", at, 2, pid=1, epoch=2)
    assert decide(taken_up, at)
    assert switch_owed(taken_up, at)


def test_until_another_engine_has_it_no_procedure_moves() -> None:
    drive = Drive()
    drive.take(start(drive.state, "stop", "ann", "", ""))
    for draft in start(drive.state, "incident", "ann", "", ""):
        drive.write(draft.kind, draft.actor, **draft.body)
    assert drive.acts() == ["stop-1.send"]
    assert procedure_drafts(drive.state, drive.now)
    state = accepted(drive.state, drive.state.course)
    assert list(procedure_effects(state, drive.now)) == []
    assert procedure_drafts(state, drive.now) == []


def test_what_was_sent_is_not_written_again() -> None:
    state = after(written(opened()), "update.confirmed", T0 + 5 * MINUTE, slot=SLOT, attempt=1, ref="here")
    state = amended(state, changed())
    assert not [one for one in decide(state, T0 + 6 * MINUTE) if isinstance(one, Prepare) and one.slot.id == SLOT]


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("update.sending", "amend again in a moment"),
        ("update.unknown", "amend again when its channel has said whether it arrived: warroom status tells"),
    ],
)
def test_while_nobody_knows_whether_a_post_left_nothing_is_amended(kind: str, hint: str) -> None:
    state = after(written(opened()), "update.sending", T0 + 5 * MINUTE, slot=SLOT, attempt=1)
    if kind != "update.sending":
        state = after(state, kind, T0 + 5 * MINUTE, slot=SLOT, reason="no answer")
    with pytest.raises(UsageError, match=re.escape(f"post {SLOT} is being sent or looked for")) as refused:
        amend(state, amendment(changed()), T0, "ada")
    assert refused.value.hint == hint


def test_the_same_playbook_and_that_of_another_launch_are_refused() -> None:
    with pytest.raises(UsageError, match="runs this playbook already"):
        amend(opened(), amendment(course(), SHA256), T0, "ada")
    other = replace(course(), launch=replace(course().launch, id="other"))
    with pytest.raises(UsageError, match="the playbook of other, not of auto_com_center"):
        amend(opened(), amendment(other), T0, "ada")
    with pytest.raises(UsageError, match="is closed"):
        amend(after(opened(), "launch.closed", T0, reason="over"), amendment(changed()), T0, "ada")


def test_a_procedure_holds_it_up_while_something_outside_may_be_changing_and_not_by_a_check_or_a_post() -> None:
    drive = Drive()
    drive.take(start(drive.state, "all", "ann", "", ""))
    drive.go(90 * SECOND)
    assert drive.stages("all-1")["look"] is StepStage.REQUESTED
    assert amend(drive.state, amendment(drive.state.course), drive.now, "ada")
    drive.take(start(drive.state, "stop", "ann", "", ""))
    drive.step("stop-1", "send", "step_requested", attempt=1)
    with pytest.raises(UsageError, match="a step of stop-1 is being done"):
        amend(drive.state, amendment(drive.state.course), drive.now, "ada")


def looser() -> Course:
    """The course with another limit on the 5xx errors, for the signal and for its trigger."""
    watched, limit = course().watched, parse_condition(">= 4%")
    signals = {**watched.signals, "errors_5xx": replace(watched.signals["errors_5xx"], page=limit)}
    triggers = {**watched.triggers, "pause_5xx": replace(watched.triggers["pause_5xx"], when=limit)}
    return replace(course(), watched=replace(watched, signals=signals, triggers=triggers))


def level_red(state: LaunchState, at: datetime, epoch: int = 1) -> LaunchState:
    body = {"signal": "errors_5xx", "level": "red", "value": 0.02, "reason": "2% is >= 1%"}
    return after(state, "signal.level", at, epoch, **body)


def test_a_level_is_not_told_with_limits_that_it_was_not_judged_by() -> None:
    before = level_red(measured(), NOW)
    assert signal_line(before, "errors_5xx", NOW).startswith("❌ RED 5xx errors: 2%")
    state = amended(before, looser())
    why = "not judged since the playbook was amended"
    assert signal_line(state, "errors_5xx", NOW).startswith(f"⚠️ UNKNOWN 5xx errors: no data ({why}; ")
    assert "5xx errors: no data" in overall(state, NOW).why
    [slot] = (one for one in all_slots(state, NOW) if one.id == SLOT)
    told = [of_signal(state, slot, "errors_5xx", name) for name in ("level", "value", "reason")]
    assert told == ["UNKNOWN", "no data", why]
    held = replace(state.course.phases[0], exit_signals=("errors_5xx",))
    assert f"signal errors_5xx is UNKNOWN: {why}" in holding(state, held, NOW)


def test_what_the_engine_of_before_still_finds_is_not_judged_by_the_new_limits_either() -> None:
    state = level_red(accepted(level_red(measured(), NOW), looser()), NOW + SECOND)
    assert state.signals["errors_5xx"].is_former
    state = amended(measured(), looser())
    assert not level_red(state, NOW + SECOND, 2).signals["errors_5xx"].is_former


def test_signals_and_triggers_that_the_new_playbook_has_unchanged_go_on() -> None:
    before = measured()
    state = amended(before, looser())
    assert signal_line(state, "p95", NOW) == signal_line(before, "p95", NOW)
    assert before.looks.keys() - state.looks.keys() == {"pause_5xx"}
