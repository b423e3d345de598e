"""Procedures decided: started once for each activation, step by step, waiting for whom they wait."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.launch.acted import COURSE, MINUTE, SECOND, Drive
from warroom.errors import UsageError
from warroom.launch import acting, procedure_starts
from warroom.launch.happenings import Happening
from warroom.launch.ledger import Prepare, RunSuite, decide
from warroom.launch.procedure_words import standing_of, steps_said
from warroom.launch.procedures import StepStage, is_over_budget, plan_of, spent
from warroom.launch.schedule import all_slots
from warroom.launch.signals import TriggerKnown
from warroom.slo.trigger import TriggerState
from warroom.updates.render import post_text

VERIFIED, NOOP, FAILED, SKIPPED = StepStage.VERIFIED, StepStage.NOOP, StepStage.FAILED, StepStage.SKIPPED


def started(name: str, by: str = "ann", reason: str = "", typed: str = "") -> Drive:
    drive = Drive()
    drive.take(acting.start(drive.state, name, by, reason, typed))
    return drive


def said(drive: Drive, run: str) -> list[str]:
    plan = plan_of(drive.state.course, drive.run(run))
    assert plan is not None
    return list(steps_said(plan, drive.run(run)))


# --- triggers


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


# --- steps


def test_steps_are_done_in_their_order_and_each_says_what_it_came_to() -> None:
    drive = started("stop", reason="5xx at 3 %")
    assert drive.acts() == ["stop-1.send"]
    drive.step("stop-1", "send", "step_noop", reason="SEND is true already: nothing was changed")
    assert drive.acts() == ["stop-1.pause"]
    drive.step("stop-1", "pause", "step_requested", attempt=1)
    drive.go(3 * SECOND)
    drive.step("stop-1", "pause", "step_sent", reason="it answers 202")
    drive.step("stop-1", "pause", "step_verified", reason='$.consumers is "paused"')
    assert drive.stages("stop-1") == {"send": NOOP, "pause": VERIFIED}
    assert (drive.run("stop-1").outcome, drive.effects()) == ("done", [])
    assert said(drive, "stop-1") == [
        "1. SEND=true: NO-OP (no mitigation) 02:00:00Z: SEND is true already: nothing was changed (engine)",
        '2. pause the consumers: VERIFIED 02:00:03Z in 3s: $.consumers is "paused" (engine)',
    ]


def test_what_changes_nothing_is_a_no_op_as_a_whole() -> None:
    drive = started("stop")
    for step in ("send", "pause"):
        drive.step("stop-1", step, "step_noop", reason="so already")
    assert drive.run("stop-1").outcome == "no-op"
    assert standing_of(drive.state, drive.run("stop-1")) == "NO-OP: everything was so already, nothing was changed"


def test_a_step_that_fails_is_said_and_the_next_one_is_done() -> None:
    drive = started("stop")
    drive.step("stop-1", "send", "step_failed", reason="it answers 200, yet SEND is false")
    assert drive.acts() == ["stop-1.pause"]
    drive.step("stop-1", "pause", "step_verified", reason="paused")
    assert standing_of(drive.state, drive.run("stop-1")) == "FAILED: 1 step send"


def test_a_probe_shows_the_behaviour_and_decides() -> None:
    for verdict, outcome in (("pass", "done"), ("fail", "failed"), ("error", "failed")):
        drive = started("probed")
        drive.step("probed-1", "send", "step_probing", reason="SEND is true")
        (run,) = drive.effects()
        assert run == RunSuite("", "procedure:probed-1.send", ("canary",))
        suite_of(drive, run.cause, verdict)
        assert drive.run("probed-1").outcome == outcome
        assert drive.run("probed-1").steps["send"].reason.startswith("SEND is true; check canary: WORD")


def suite_of(drive: Drive, cause: str, verdict: str) -> None:
    drive.write("suite.started", suite="", cause=cause, only=["canary"])
    assert not [one for one in drive.effects() if isinstance(one, RunSuite)]
    outcome = {
        "id": "canary",
        "title": "Canary",
        "verdict": verdict,
        "word": "WORD",
        "reason": "why",
        "required": True,
    }
    body = {"suite": "", "cause": cause, "verdict": verdict, "word": "WORD", "reason": "", "evidence_log": ""}
    drive.write("suite.finished", **body, outcomes=[{**outcome, "results": [], "hints": []}])
    drive.go()


def test_a_wait_a_check_a_post_and_a_person_in_turn() -> None:
    drive = started("all")
    assert drive.stages("all-1") == {"rest": StepStage.WAITING}
    drive.go(89 * SECOND)
    assert drive.effects() == []
    drive.go(SECOND)
    suite_of(drive, "procedure:all-1.look", "pass")
    slot = next(one for one in all_slots(drive.state, drive.now) if one.update == "paused")
    assert slot.id == "paused@all-1.tell"
    (prepare,) = [one for one in decide(drive.state, drive.now) if isinstance(one, Prepare) and one.slot == slot]
    assert post_text(drive.state, prepare) == "All has begun"
    drive.write("update.due", slot=slot.id, key=prepare.key, text="All has begun", late_s=0.0)
    drive.write("update.sending", slot=slot.id, attempt=1)
    assert drive.stages("all-1")["tell"] is StepStage.REQUESTED
    drive.write("update.confirmed", slot=slot.id, ref="here")
    drive.go()
    assert drive.stages("all-1")["dig"] is StepStage.TO_DO
    drive.go(10 * SECOND)
    drive.take(acting.tick(drive.state, "all-1", "dig", "bob", "a bad query"))
    run = drive.run("all-1")
    assert [step.stage for step in run.steps.values()] == [StepStage.DONE, VERIFIED, VERIFIED, StepStage.DONE]
    assert (run.steps["dig"].by, run.steps["dig"].reason) == ("bob", "a bad query")
    plan = COURSE.procedures["all"]
    assert (spent(plan, run, drive.now), is_over_budget(plan, run, drive.now)) == (10 * SECOND, False)


def test_a_post_that_failed_for_good_fails_its_step() -> None:
    drive = started("all")
    drive.go(90 * SECOND)
    suite_of(drive, "procedure:all-1.look", "pass")
    slot = "paused@all-1.tell"
    drive.write("update.due", slot=slot, key="k", text="t", late_s=0.0)
    drive.write("update.dead", slot=slot, reason="channel_not_found")
    drive.go()
    assert drive.run("all-1").steps["tell"].reason == f"post {slot} FAILED: channel_not_found"


def test_a_step_by_hand_is_read_back_when_a_person_says_that_it_is_done() -> None:
    drive = started("by_hand")
    assert drive.acts() == ["by_hand-1.pause"], "it is looked at first: it may be so already"
    drive.step("by_hand-1", "pause", "waiting", **{"for": "to do"})
    assert drive.acts() == []
    assert said(drive, "by_hand-1") == [
        "1. pause the consumers: WAITS for a person to do it, by hand: KEY is not set"
    ]
    drive.go(5 * MINUTE)
    assert drive.kinds()[-1] == "escalated"
    drive.take(acting.tick(drive.state, "by_hand-1", "", "bob", ""))
    (act,) = drive.effects()
    assert (drive.stages("by_hand-1")["pause"], act.begins) == (StepStage.TICKED, False)  # type: ignore[union-attr]
    drive.step("by_hand-1", "pause", "step_verified", reason="paused")
    assert drive.run("by_hand-1").steps["pause"].by == "bob"


# --- people


def test_a_step_that_is_to_be_confirmed_waits_and_escalates_once() -> None:
    drive = started("revert")
    assert drive.acts() == []
    drive.go(5 * MINUTE)
    drive.go(5 * MINUTE)
    assert drive.kinds() == ["started", "begun", "waiting", "escalated"]
    assert drive.happened() == ["procedure.waiting revert-1.revert", "procedure.escalated revert-1.revert.escalated"]
    drive.take(acting.confirm(drive.state, "revert-1", "revert", "ann"))
    assert drive.acts() == ["revert-1.revert"]


def test_two_people_are_two_people() -> None:
    drive = started("two", by="ann")
    with pytest.raises(UsageError, match="ann has agreed already"):
        acting.confirm(drive.state, "two-1", "revert", "ann")
    drive.take(acting.confirm(drive.state, "two-1", "revert", "bob"))
    assert drive.acts() == ["two-1.revert"]
    drive = Drive()
    drive.take((procedure_starts.started(drive.state, "two", cause="back#9"),))
    drive.take(acting.confirm(drive.state, "two-1", "", "ann"))
    assert drive.acts() == []
    drive.take(acting.confirm(drive.state, "two-1", "", "bob"))
    assert drive.acts() == ["two-1.revert"]


def test_a_dangerous_procedure_wants_its_name_typed_and_a_second_person() -> None:
    with pytest.raises(UsageError, match="grave is dangerous: its name has to be typed"):
        started("grave")
    drive = started("grave", typed="grave")
    assert drive.acts() == []
    with pytest.raises(UsageError, match="ann has agreed already"):
        acting.confirm(drive.state, "grave-1", "", "ann")
    for typed in ("", "Grave"):
        with pytest.raises(UsageError, match="grave is dangerous: its name has to be typed"):
            acting.confirm(drive.state, "grave", "", "bob", typed)
    drive.take(acting.confirm(drive.state, "grave", "", "bob", "grave"))
    assert drive.acts() == ["grave-1.pause"]


def test_a_lever_is_set_by_a_run_of_its_own() -> None:
    drive = Drive()
    drive.take(acting.set_lever(drive.state, "SEND", "false", "ann", "the 48 hours are over", ""))
    (act,) = drive.effects()
    assert (act.run, act.step.lever, act.step.value) == ("set-SEND-1", "SEND", "false")  # type: ignore[union-attr]
    with pytest.raises(UsageError, match="SEND cannot be 'off'"):
        acting.set_lever(drive.state, "SEND", "off", "ann", "", "")
    with pytest.raises(UsageError, match="set-SEND-1 is under way"):
        acting.set_lever(drive.state, "SEND", "true", "bob", "", "")
    with pytest.raises(UsageError, match="RATE is dangerous"):
        acting.set_lever(drive.state, "RATE", "20", "ann", "", "SEND")
    drive.take(acting.set_lever(drive.state, "RATE", "20", "ann", "", "RATE"))
    assert drive.acts() == ["set-SEND-1.set"], "RATE waits for a second person"
    with pytest.raises(UsageError, match="RATE is dangerous: its name has to be typed"):
        acting.confirm(drive.state, "set-RATE-1", "", "bob")
    drive.take(acting.confirm(drive.state, "set-RATE-1", "", "bob", "RATE"))
    assert drive.acts() == ["set-SEND-1.set", "set-RATE-1.set"]


def test_the_kill_switch_sets_every_switch_to_what_stops() -> None:
    drive = Drive()
    drive.take(acting.kill_switch(drive.state, "ann", "external sends"))
    (act,) = drive.effects()
    assert (act.step.lever, act.step.value) == ("SEND", "true")  # type: ignore[union-attr]
    with pytest.raises(UsageError, match="kill-switch-1 is under way"):
        acting.kill_switch(drive.state, "bob", "")
    with pytest.raises(UsageError, match="the playbook has no kill switch"):
        acting.kill_switch(Drive(replace(COURSE, levers={})).state, "ann", "")


def test_skipping_needs_a_reason_and_never_touches_what_is_being_done() -> None:
    drive = started("revert")
    with pytest.raises(UsageError, match="a reason is needed"):
        acting.skip(drive.state, "revert-1", "revert", "ann", " ")
    with pytest.raises(UsageError, match="does not stand at step 'note'"):
        acting.skip(drive.state, "revert-1", "note", "ann", "because")
    drive.take(acting.skip(drive.state, "revert-1", "revert", "ann", "the cause is known"))
    assert drive.stages("revert-1") == {"revert": StepStage.SKIPPED}
    assert (drive.run("revert-1").outcome, drive.effects()) == ("done", [])
    drive = started("stop")
    drive.step("stop-1", "send", "step_requested", attempt=1)
    with pytest.raises(UsageError, match="a step of stop-1 is being done"):
        acting.skip(drive.state, "stop-1", "", "ann", "stop it")
    drive.step("stop-1", "send", "step_verified")
    drive.take(acting.skip(drive.state, "stop-1", "", "ann", "enough"))
    assert (drive.run("stop-1").outcome, drive.run("stop-1").finished_by, drive.effects()) == ("stopped", "ann", [])
    with pytest.raises(UsageError, match="stop-1 is over: stopped"):
        acting.confirm(drive.state, "stop-1", "", "ann")


def test_only_what_waits_can_be_confirmed_or_ticked() -> None:
    drive = started("stop")
    with pytest.raises(UsageError, match="stop-1 does not wait to be confirmed"):
        acting.confirm(drive.state, "stop-1", "", "ann")
    with pytest.raises(UsageError, match="step 'send' of stop-1 does not wait to be done by a person"):
        acting.tick(drive.state, "stop-1", "send", "ann", "")
    with pytest.raises(UsageError, match="no procedure 'stop-2' is under way"):
        acting.tick(drive.state, "stop-2", "send", "ann", "")
    with pytest.raises(UsageError, match="there is no procedure 'stopp'"):
        acting.start(drive.state, "stopp", "ann", "", "")
    with pytest.raises(UsageError, match="stop-1 is under way"):
        acting.start(drive.state, "stop", "ann", "", "")


# --- incidents


def test_an_incident_is_opened_when_the_procedure_begins_and_its_note_is_the_last_step() -> None:
    drive = started("incident", reason="5xx at 3 %")
    assert drive.state.incidents["inc-1"].text == "Incident (ann: 5xx at 3 %)"
    assert drive.run("incident-1").incident == "inc-1"
    drive.step("incident-1", "pause", "step_verified", reason="paused")
    assert drive.stages("incident-1")["note"] is StepStage.TO_DO
    with pytest.raises(UsageError, match="is done when the note on inc-1 was posted") as refused:
        acting.tick(drive.state, "incident-1", "note", "ann", "")
    assert "warroom incident LAUNCH note inc-1" in refused.value.hint
    drive.go(20 * MINUTE)
    assert drive.run("incident-1").is_open
    drive.write("incident.noted", id="inc-1", text="a bad query", by="bob")
    drive.go()
    assert drive.run("incident-1").is_open, "it was written and not posted yet"
    drive.write("update.due", slot="note@inc-1", key="k", text="t", late_s=0.0)
    drive.write("update.confirmed", slot="note@inc-1", ref="here")
    drive.go()
    note = drive.run("incident-1").steps["note"]
    assert (note.stage, note.by, note.reason) == (VERIFIED, "bob", "posted as note@inc-1")
    assert drive.run("incident-1").outcome == "done"


def test_two_procedures_at_once_open_two_incidents() -> None:
    drive = Drive()
    happened = [procedure_starts.started(drive.state, "incident", cause=f"back#{number}") for number in (1, 2)]
    drive.write(happened[0].kind, **happened[0].body)
    second = {**happened[1].body, "run": "incident-2"}
    drive.write(happened[1].kind, **second)
    drive.go()
    assert list(drive.state.incidents) == ["inc-1", "inc-2"]
    assert [run.incident for run in drive.state.procedures.values()] == ["inc-1", "inc-2"]


# --- around them


def test_a_launch_does_not_end_while_a_procedure_is_under_way() -> None:
    drive = started("revert")
    drive.write("t0.set", at=drive.now.isoformat(), by="ann", reason="")
    drive.now += 180 * MINUTE
    for slot in [one.id for one in all_slots(drive.state, drive.now)]:
        drive.write("update.due", slot=slot, key="k", text="t", late_s=0.0)
        drive.write("update.confirmed", slot=slot, ref="here")
    assert not decide(drive.state, drive.now)
    drive.take(acting.skip(drive.state, "revert-1", "", "ann", "enough"))
    drive.write("update.due", slot="news@revert-1", key="k", text="t", late_s=0.0)
    drive.write("update.confirmed", slot="news@revert-1", ref="here")
    assert [type(one).__name__ for one in decide(drive.state, drive.now)] == ["Close"]


def test_another_playbook_without_the_procedure_stops_it_and_says_so() -> None:
    drive = started("stop")
    drive.state = replace(drive.state, course=replace(COURSE, procedures={}))
    drive.go()
    run = drive.run("stop-1")
    assert (run.outcome, run.finished_for) == ("stopped", "the playbook has no such procedure any more")


def test_a_clock_that_is_set_changes_no_delay() -> None:
    drive = Drive()
    drive.fired("soon")
    drive.now += 50 * SECOND
    drive.write("clock.step", by_s=50.0)
    drive.go(MINUTE - SECOND)
    assert drive.acts() == []
    drive.go(SECOND)
    assert drive.acts() == ["stop-1.send"]


def test_a_clock_that_is_set_changes_no_countdown() -> None:
    drive = started("revert")
    drive.go(4 * MINUTE)
    drive.now += 50 * SECOND
    drive.write("clock.step", by_s=50.0)
    drive.go()
    assert "escalated" not in drive.kinds()
    drive.go(MINUTE)
    assert drive.kinds()[-1] == "escalated"


def test_a_scrubbed_t0_leaves_procedures_as_they_are() -> None:
    drive = started("revert")
    drive.write("t0.set", at=drive.now.isoformat(), by="ann", reason="")
    drive.write("t0.scrubbed", by="ann", reason="too early")
    assert drive.run("revert-1").is_open
    assert drive.happened() == ["procedure.waiting revert-1.revert"]
