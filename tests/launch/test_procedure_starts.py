"""How procedures are started: by triggers, with a delay, by a person, the gravest first; once for each activation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.launch.acted import COURSE, MINUTE, SECOND, Drive
from warroom.errors import UsageError
from warroom.launch import acting
from warroom.launch.happenings import Happening
from warroom.launch.procedure_words import standing_of
from warroom.launch.procedures import StepStage, spent
from warroom.launch.signals import TriggerKnown
from warroom.slo.trigger import TriggerState

VERIFIED, NOOP, FAILED, SKIPPED = StepStage.VERIFIED, StepStage.NOOP, StepStage.FAILED, StepStage.SKIPPED


def test_a_trigger_starts_its_procedure_at_once_and_once() -> None:
    drive = Drive()
    drive.fired("at_once")
    assert drive.acts() == ["stop-1.send"]
    assert drive.run("stop-1").cause == "at_once#1"
    drive.epoch = 2
    drive.go(MINUTE)
    assert list(drive.state.procedures) == ["stop-1"]
    drive.fired("at_once", 2)
    assert [run.cause for run in drive.state.procedures.values()] == ["at_once#1", "at_once#2"]


def test_a_trigger_that_is_to_be_confirmed_waits_for_a_person() -> None:
    drive = Drive()
    drive.fired("asked")
    assert (drive.acts(), standing_of(drive.state, drive.run("stop-1"))) == (
        [],
        "waits for a person to confirm that it starts",
    )
    assert drive.happened() == ["procedure.waiting stop-1.start"]
    drive.take(acting.confirm(drive.state, "stop-1", "", "ann"))
    assert drive.acts() == ["stop-1.send"]


def test_at_the_end_of_the_countdown_it_escalates_and_does_not_act() -> None:
    drive = Drive()
    drive.fired("asked")
    drive.go(5 * MINUTE - SECOND)
    assert "escalated" not in drive.kinds()
    drive.go(SECOND)
    drive.go(60 * MINUTE)
    assert drive.kinds().count("escalated") == 1
    assert drive.acts() == []
    assert "procedure.escalated stop-1.start.escalated" in drive.happened()
    drive.take(acting.confirm(drive.state, "stop-1", "", "ann"))
    assert drive.acts() == ["stop-1.send"]


def test_what_is_delayed_says_when_it_begins_and_then_begins_once() -> None:
    drive = Drive()
    drive.fired("soon")
    assert standing_of(drive.state, drive.run("stop-1")) == "BEGINS at 02:01:00Z unless a person aborts it"
    assert drive.happened() == ["procedure.waiting stop-1.start"]
    drive.go(MINUTE - SECOND)
    drive.epoch = 2
    drive.go()
    assert (drive.acts(), drive.run("stop-1").begun_at) == ([], None)
    drive.go(SECOND)
    assert spent(COURSE.procedures["stop"], drive.run("stop-1"), drive.now + SECOND) == SECOND, "from its begin"
    drive.go(60 * MINUTE)
    assert drive.acts() == ["stop-1.send"]
    assert drive.kinds() == ["started", "waiting", "begun"]


def test_a_person_aborts_what_is_delayed_with_a_reason_or_lets_it_begin() -> None:
    drive = Drive()
    drive.fired("soon")
    with pytest.raises(UsageError, match="to abort stop-1 a reason is needed"):
        acting.skip(drive.state, "stop-1", "", "ann", "")
    drive.take(acting.skip(drive.state, "stop-1", "", "ann", "a known peak"))
    drive.go(60 * MINUTE)
    run = drive.run("stop-1")
    assert (run.outcome, run.finished_by, run.finished_for, drive.acts()) == ("stopped", "ann", "a known peak", [])
    assert (drive.entries[-1].kind, drive.entries[-1].actor) == ("procedure.finished", "ann")
    assert standing_of(drive.state, run) == "STOPPED by ann: a known peak"
    drive.fired("soon", 2)
    drive.take(acting.confirm(drive.state, "stop-2", "", "bob"))
    assert drive.acts() == ["stop-2.send"]


def test_what_is_delayed_and_whose_trigger_is_over_is_not_done() -> None:
    drive = Drive()
    drive.fired("soon")
    over = Happening("trigger.resolved", "soon", "soon#1", drive.now)
    drive.state = replace(drive.state, happenings=(*drive.state.happenings, over))
    drive.go(MINUTE)
    run = drive.run("stop-1")
    assert (run.outcome, run.finished_for) == ("stopped", "soon#1 is over, and so nothing was done")


def test_a_delay_takes_the_place_of_no_person() -> None:
    drive = Drive()
    drive.fired("soon_grave")
    drive.go(MINUTE)
    assert drive.acts() == []
    assert standing_of(drive.state, drive.run("grave-1")) == "waits for a person to confirm that it starts"


def test_in_the_shadow_it_is_said_what_would_have_been_done() -> None:
    drive = Drive()
    drive.fired("told")
    run = drive.run("stop-1")
    assert (run.outcome, run.is_open, drive.effects()) == ("shadow", False, [])
    assert run.finished_for == "it would have done: 1. SEND=true; 2. pause the consumers"


def test_of_several_triggers_the_gravest_starts_first_and_all_start() -> None:
    drive = Drive()
    fired = [Happening("trigger.fired", name, f"{name}#1", drive.now) for name in ("at_once", "back", "mute")]
    drive.state = replace(drive.state, happenings=tuple(fired))
    drive.go()
    assert [run.cause for run in drive.state.procedures.values()] == ["back#1", "at_once#1"]


def test_what_a_rollback_sets_no_pause_sets_to_something_else() -> None:
    drive = Drive()
    fired = [Happening("trigger.fired", name, f"{name}#1", drive.now) for name in ("slow", "halt")]
    drive.state = replace(drive.state, happenings=tuple(fired))
    drive.go()
    assert drive.acts() == ["halt-1.rate", "slow_down-1.pause"]
    step = drive.run("slow_down-1").steps["rate"]
    assert (step.stage, step.reason) == (SKIPPED, "halt#1 goes before slow#1: it sets RATE to 0")
    drive.step("halt-1", "rate", "step_verified", reason="RATE is 0")
    drive.fired("slow", 2)
    assert drive.stages("slow_down-2") == {"rate": SKIPPED}


@pytest.mark.parametrize("over", [True, False], ids=["the rollback is over", "the rollback was skipped by a person"])
def test_what_no_rollback_holds_a_pause_sets(over: bool) -> None:
    drive = Drive()
    drive.fired("halt")
    drive.step("halt-1", "rate", "step_verified" if over else "step_skipped", reason="so")
    if over:
        drive.state = replace(drive.state, triggers={"halt": TriggerKnown("halt", TriggerState(number=1))})
    drive.fired("slow")
    assert drive.acts() == ["slow_down-1.rate"]


def test_a_rollback_that_nobody_has_confirmed_holds_nothing_back() -> None:
    drive = Drive()
    drive.fired("halt_asked")
    drive.fired("slow")
    assert drive.acts() == ["slow_down-1.rate"]


def test_a_pause_that_came_first_is_overruled_by_a_rollback_that_follows() -> None:
    drive = Drive()
    drive.fired("slow")
    drive.step("slow_down-1", "rate", "step_verified", reason="RATE is 5")
    drive.fired("halt")
    assert drive.acts() == ["slow_down-1.pause", "halt-1.rate"]


def test_what_a_resolved_trigger_would_have_started_is_not_started() -> None:
    drive = Drive()
    both = tuple(Happening(f"trigger.{on}", "at_once", "at_once#1", drive.now) for on in ("fired", "resolved"))
    drive.state = replace(drive.state, happenings=both)
    drive.go()
    assert not drive.state.procedures
