"""Procedures decided: started once for each activation, step by step, waiting for whom they wait."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from tests.launch.acted import COURSE, MINUTE, SECOND, Drive, started
from warroom.errors import UsageError
from warroom.launch import acting, procedure_starts
from warroom.launch.exits import DECIDE_WITHIN
from warroom.launch.ledger import KeepOpen, Prepare, RunSuite, decide
from warroom.launch.procedure_words import standing_of, steps_said
from warroom.launch.procedures import Before, StepStage, is_over_budget, plan_of, spent
from warroom.launch.schedule import all_slots
from warroom.updates.render import post_text

VERIFIED, NOOP, FAILED, SKIPPED = StepStage.VERIFIED, StepStage.NOOP, StepStage.FAILED, StepStage.SKIPPED


def said(drive: Drive, run: str) -> list[str]:
    plan = plan_of(drive.state.course, drive.run(run))
    assert plan is not None
    return list(steps_said(plan, drive.run(run)))


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


def test_what_was_read_before_an_action_was_sent_is_known_until_its_end() -> None:
    drive = started("stop")
    was = Before("r118", "00:11")
    drive.step("stop-1", "send", "step_requested", attempt=1, before=asdict(was))
    drive.step("stop-1", "send", "step_unknown", reason="no answer")
    assert drive.run("stop-1").steps["send"].before == was


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


@pytest.mark.parametrize(("takes_s", "is_over"), [(60, False), (61, True)])
def test_the_journal_has_how_much_of_its_budget_a_run_took_waits_left_out(takes_s: int, is_over: bool) -> None:
    drive = started("all")
    drive.go(90 * SECOND)
    drive.take(acting.skip(drive.state, "all-1", "look", "bob", "seen"))
    drive.take(acting.skip(drive.state, "all-1", "tell", "bob", "said"))
    drive.go(takes_s * SECOND)
    drive.take(acting.tick(drive.state, "all-1", "dig", "bob", "a bad query"))
    (finished,) = [one for one in drive.entries if one.kind == "procedure.finished"]
    told = {name: finished.body[name] for name in ("spent_s", "budget_s", "over_budget")}
    assert told == {"spent_s": float(takes_s), "budget_s": 60.0, "over_budget": is_over}


def test_a_post_that_does_not_arrive_in_its_time_keeps_nothing_from_being_done_and_is_still_owed() -> None:
    drive = started("all")
    drive.go(90 * SECOND)
    suite_of(drive, "procedure:all-1.look", "pass")
    drive.go(30 * SECOND - timedelta(milliseconds=1))
    assert drive.stages("all-1")["tell"] is StepStage.REQUESTED
    drive.go(timedelta(milliseconds=1))
    stages = [drive.stages("all-1")[step] for step in ("rest", "look", "tell", "dig")]
    assert stages == [StepStage.DONE, VERIFIED, FAILED, StepStage.TO_DO]
    assert (
        drive.run("all-1").steps["tell"].reason == "post paused@all-1.tell was not sent within 30s; it is still owed"
    )
    assert any(
        one.slot.id == "paused@all-1.tell" for one in decide(drive.state, drive.now) if isinstance(one, Prepare)
    )


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


@pytest.mark.parametrize(("first", "again"), [("ann", "ann (token)"), ("ann (token)", "ann")])
def test_whoever_has_a_token_besides_is_no_second_person(first: str, again: str) -> None:
    for drive, step in ((started("two", by=first), "revert"), (started("grave", by=first, typed="grave"), "")):
        (run,) = drive.state.procedures
        with pytest.raises(UsageError, match="ann has agreed already"):
            acting.confirm(drive.state, run, step, again, "grave")
        drive.take(acting.confirm(drive.state, run, step, "bob (token)", "grave"))
        assert len(drive.acts()) == 1


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


def test_a_check_and_a_post_that_take_their_time_hold_up_nobody() -> None:
    drive = started("all")
    drive.go(90 * SECOND)
    assert drive.stages("all-1")["look"] is StepStage.REQUESTED
    drive.take(acting.skip(drive.state, "all-1", "look", "bob", "the check hangs"))
    assert drive.stages("all-1")["tell"] is StepStage.REQUESTED
    aborted = Drive()
    aborted.state, aborted.now = drive.state, drive.now
    aborted.take(acting.skip(drive.state, "all-1", "", "bob", "Slack is down"))
    assert aborted.run("all-1").outcome == "stopped"
    drive.take(acting.skip(drive.state, "all-1", "tell", "bob", "Slack is down"))
    assert drive.stages("all-1")["dig"] is StepStage.TO_DO


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


def test_a_note_that_was_skipped_as_the_incident_was_over_ends_the_procedure() -> None:
    drive = started("incident", reason="5xx at 3 %")
    drive.step("incident-1", "pause", "step_verified", reason="paused")
    drive.write("incident.resolved", id="inc-1", reason="it was no incident", by="bob")
    drive.write("update.skipped", slot="note@inc-1", reason="inc-1 was resolved before anyone wrote a note", by="bob")
    drive.go()
    note = drive.run("incident-1").steps["note"]
    assert (note.stage, note.by, note.reason) == (VERIFIED, "bob", "inc-1 was resolved before anyone wrote a note")
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


def test_a_launch_waits_an_hour_for_whom_a_procedure_waits_and_then_ends() -> None:
    drive = started("revert")
    drive.write("t0.set", at=drive.now.isoformat(), by="ann", reason="")
    drive.now += 180 * MINUTE
    for slot in [one.id for one in all_slots(drive.state, drive.now)]:
        drive.write("update.due", slot=slot, key="k", text="t", late_s=0.0)
        drive.write("update.confirmed", slot=slot, ref="here")
    held = ("procedure revert-1: it waits for a person",)
    until = drive.now + DECIDE_WITHIN
    assert decide(drive.state, drive.now) == (KeepOpen(held, until),)
    assert [type(one).__name__ for one in decide(drive.state, until)] == ["Close"]
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
