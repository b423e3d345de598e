"""What people ask of posts: once more, with a reason; and the tasks that are theirs alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.launch.course import LAUNCH, T0, after, opened
from tests.launch.test_ledger import MINUTE, prepared, sent
from warroom.cli.looking import status_lines
from warroom.engine.drafts import post_of, sending
from warroom.engine.view import state_json
from warroom.errors import UsageError
from warroom.launch import asking
from warroom.launch.entries import CHANNEL, Draft
from warroom.launch.ledger import Close, HoldBack, RunSuite, Send, decide
from warroom.launch.phases import phases
from warroom.launch.standing import Standing, arrived, is_resolved, owed
from warroom.launch.state import LaunchState, Stage
from warroom.playbook.course import ByHand, Channel, Course, Phase, Update
from warroom.playbook.template import parse_template

TEXT = parse_template("text")
AT = T0 + 5 * MINUTE
POST, TASK = "told@T+5m", "mailed@T+30m"
PLAN = Course(
    channels={
        "room": Channel("room", "slack", threads=True),
        "mail": Channel("mail", "manual", by_hand=ByHand("email", "stakeholders", ahead=15 * MINUTE)),
    },
    updates={
        "told": Update("told", "Told", "room", TEXT, starts=5 * MINUTE),
        "mailed": Update("mailed", "Mailed", "mail", TEXT, starts=30 * MINUTE, subject="Launch - Tomorrow"),
    },
)


def written(slot: str = POST, at: datetime = AT, state: LaunchState | None = None) -> LaunchState:
    body = {"slot": slot, "key": f"wr:{LAUNCH}:{slot}", "text": "all is well", "late_s": 0.0, "channel": "room"}
    return after(state or opened(plan=PLAN), "update.due", at, **body)


def to(state: LaunchState, kind: str, **body: Any) -> LaunchState:
    return after(state, f"update.{kind}", AT, slot=POST, **body)


def tried(kind: str, **body: Any) -> LaunchState:
    return to(to(written(), "sending", attempt=1), kind, **body)


def journaled(state: LaunchState, drafts: tuple[Draft, ...], at: datetime = AT) -> LaunchState:
    for draft in drafts:
        state = after(state, draft.kind, at, **draft.body)
    return state


def again(state: LaunchState, slot: str = POST) -> LaunchState:
    return journaled(state, asking.post_again(slot, "nobody saw it", state, AT, "ada"))


FAILED = tried("dead", reason="token_revoked")
SENT = tried("confirmed", ref="C1/1")
DOUBTED = tried("unknown", reason="503")
NOT_SENT = tried("due", reason="Slack asks to wait", not_before=(AT + 60 * MINUTE).isoformat())


@pytest.mark.parametrize(
    ("state", "was", "number"),
    [
        pytest.param(FAILED, "failed", 1, id="one that failed, under its name: it cannot be there"),
        pytest.param(
            DOUBTED, "checking whether it arrived", 1, id="one in doubt, under its name: it is once or twice"
        ),
        pytest.param(NOT_SENT, "due", 1, id="one that waits for its next attempt does not wait any longer"),
        pytest.param(
            to(to(NOT_SENT, "due", again=True, reason="?"), "held", reason="look", by=CHANNEL),
            "due",
            1,
            id="one held",
        ),
        pytest.param(
            SENT, "sent", 2, id="one that was sent, under another name: no look-up may take the first for it"
        ),
    ],
)
def test_a_post_is_sent_once_more_whatever_became_of_it(state: LaunchState, was: str, number: int) -> None:
    [draft] = asking.post_again(POST, "nobody saw it", state, AT, "ada")
    key = f"wr:{LAUNCH}:{POST}" + ("~2" if number == 2 else "")
    assert draft.body == {"slot": POST, "key": key, "was": was, "by": "ada", "reason": "nobody saw it"}
    state = journaled(state, (draft,))
    assert sent(state, AT) == [POST]
    record = state.records[POST]
    assert (record.key, record.text, record.resent) == (key, "all is well", "ada: nobody saw it")


@pytest.mark.parametrize(
    ("state", "why"),
    [
        pytest.param(written(), "was not sent yet", id="one that is there to be sent for the first time"),
        pytest.param(opened(plan=PLAN), "was not sent yet", id="one that is not written"),
        pytest.param(to(written(), "sending", attempt=1), "is being sent", id="one that is being sent"),
        pytest.param(opened(None, PLAN), "no update is owed before T0 is set", id="any, before T0"),
    ],
)
def test_it_is_refused_for(state: LaunchState, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        asking.post_again(POST, "because", state, AT, "ada")


def test_it_needs_a_reason() -> None:
    with pytest.raises(UsageError, match="to send told@T\\+5m again a reason is needed"):
        asking.post_again(POST, " ", FAILED, AT, "ada")


def test_each_copy_that_arrived_counts_and_a_second_failure_is_a_failure_again() -> None:
    state = again(SENT)
    assert not is_resolved(state, asking.named_slot(POST, state, AT))
    state = to(to(state, "sending", attempt=2), "confirmed", ref="C1/2")
    third = again(state)
    assert third.records[POST].key.endswith("~3")
    failed = to(to(third, "sending", attempt=3), "dead", reason="is_archived")
    assert failed.records[POST].stage is Stage.DEAD
    # What arrived before stays where it is, for those that reply to it.
    assert failed.records[POST].ref == "C1/2"


def test_what_arrived_in_time_is_in_time_however_late_it_is_sent_again() -> None:
    watch = Phase("go", "Go", timedelta(), 6 * MINUTE, update="told")
    state = replace(SENT, course=replace(PLAN, phases=(watch,)))
    late = AT + 41 * MINUTE

    def standing(state: LaunchState) -> tuple[object, ...]:
        [phase], [post] = phases(state, late), [one for one in owed(state, late) if one.slot.id == POST]
        assert post.record is not None
        return phase.lifecycle, phase.late, post.late_s, post.record.first_at, bool(arrived(state, post.slot))

    before = standing(state)
    assert before == ("done", False, 0.0, AT, True)
    state = journaled(state, asking.post_again(POST, "nobody saw it", state, late, "ada"), late)
    assert standing(state) == before
    [send] = (one for one in decide(state, late) if isinstance(one, Send))
    state = journaled(state, tuple(sending(send, state, late, "C1")), late)
    assert standing(state) == before
    assert "LATE" not in post_of(send, state, late).delivery
    there = after(state, "update.confirmed", late, slot=POST, attempt=2, ref="C1/2")
    assert standing(there) == before
    failed = after(state, "update.dead", late, slot=POST, attempt=2, reason="is_archived")
    assert standing(failed) == before
    for one, said in (
        (there, "sent (room) 2025-11-01T02:05:00.000Z, again 2025-11-01T02:46:00.000Z"),
        (failed, "failed (room) 2025-11-01T02:46:00.000Z, first copy 2025-11-01T02:05:00.000Z"),
    ):
        found = status_lines({**state_json(one, late), "engine": None})
        [told] = (" ".join(line.split()) for line in found if line.startswith(f"post    {POST}"))
        assert told.startswith(f"post {POST} {said}")


def test_one_that_had_failed_is_late_when_it_is_sent_again_late() -> None:
    late = AT + 41 * MINUTE
    state = again(FAILED)
    [send] = (one for one in decide(state, late) if isinstance(one, Send))
    state = journaled(state, tuple(sending(send, state, late, "C1")), late)
    assert state.records[POST].late_s == 41 * 60
    assert post_of(send, state, late).delivery.startswith("LATE by 41m; ")


def test_what_belongs_to_a_post_goes_out_again_with_it() -> None:
    def completed(state: LaunchState) -> LaunchState:
        state = after(state, "file.sending", AT, slot=POST, file="e.log", attempt=1)
        return after(state, "file.attached", AT, slot=POST, file="e.log", attempt=1)

    assert again(completed(SENT)).files == {}
    assert again(completed(FAILED)).files != {}


def test_one_that_is_sent_again_is_not_written_anew_although_t0_has_moved_since() -> None:
    moved = after(SENT, "t0.set", AT, at=(T0 - MINUTE).isoformat(), by="ann", reason="slip")
    assert sent(again(moved), AT) == [POST]
    assert prepared(again(moved), AT) == []


# --- tasks


def task_at(state: LaunchState, after_t0: timedelta) -> Any:
    found = owed(state, T0 + after_t0)
    return next(post for post in found if post.slot.update == "mailed")


def test_the_text_of_a_task_is_ready_ahead_of_its_time_and_it_is_owed_until_a_person_did_it() -> None:
    state = opened(plan=PLAN)
    assert TASK not in prepared(state, T0 + 15 * MINUTE - timedelta(seconds=1))
    assert TASK in prepared(state, T0 + 15 * MINUTE)
    state = written(TASK, T0 + 15 * MINUTE, state)
    assert sent(state, T0 + 60 * MINUTE) == []
    post = task_at(state, 40 * MINUTE)
    assert (post.standing, post.late_s, post.due) == (Standing.TO_DO, 600.0, T0 + 30 * MINUTE)
    assert not any(isinstance(each, Close) for each in decide(state, T0 + 600 * MINUTE))


def ready() -> LaunchState:
    return written(TASK, T0 + 15 * MINUTE)


@pytest.mark.parametrize(("minutes", "late_s"), [(20, 0.0), (31, 0.0), (40, 600.0)])
def test_that_it_is_done_is_kept_with_who_and_when_and_how_late(minutes: int, late_s: float) -> None:
    at, link = T0 + minutes * MINUTE, "https://mail.example.com/1"
    state = journaled(ready(), asking.done("T+30m", link, ready(), at, "ada"), at)
    record = state.records[TASK]
    assert (record.stage, record.by, record.at, record.ref) == (Stage.CONFIRMED, "ada", at, link)
    assert record.late_s == late_s
    assert task_at(state, minutes * MINUTE).standing is Standing.DONE
    assert arrived(state, asking.named_slot(TASK, state, at))


def test_one_that_is_skipped_is_settled_and_has_not_arrived() -> None:
    state = journaled(ready(), asking.skip(TASK, "no client was hit", ready(), AT, "ada"))
    slot = asking.named_slot(TASK, state, AT)
    assert (is_resolved(state, slot), arrived(state, slot)) == (True, None)
    assert task_at(state, 40 * MINUTE).standing is Standing.SKIPPED


def test_one_that_is_skipped_before_it_was_written_is_never_written_unless_somebody_wants_it_after_all() -> None:
    state = opened(plan=PLAN)
    state = journaled(state, asking.skip(TASK, "no", state, AT, "ada"))
    assert TASK not in prepared(state, T0 + 30 * MINUTE)
    state = journaled(state, asking.post_again(TASK, "yes", state, AT, "ada"))
    assert TASK in prepared(state, T0 + 30 * MINUTE)


def test_one_that_was_done_can_be_there_to_do_again() -> None:
    state = journaled(ready(), asking.done(TASK, "", ready(), AT, "ada"))
    assert task_at(again(state, TASK), 40 * MINUTE).standing is Standing.TO_DO


def test_a_person_who_wants_to_do_it_early_has_its_text_written_first() -> None:
    state = opened(plan=PLAN)
    with pytest.raises(UsageError, match="has no text yet"):
        asking.done(TASK, "", state, AT, "ada")
    state = journaled(state, asking.post_now(TASK, state, AT, "ada"))
    assert TASK in prepared(state, AT)


REFUSALS = [
    pytest.param(asking.hold, (TASK, "wait"), "is a task for a person", id="holding a task"),
    pytest.param(asking.post_now, (TASK,), "is there to do", id="posting a task that is written"),
    pytest.param(asking.done, (POST, ""), "is posted to room by Warroom", id="doing what Warroom does"),
    pytest.param(asking.skip, (POST, "no"), "is posted to room by Warroom", id="skipping what Warroom does"),
    pytest.param(asking.skip, (TASK, ""), "a reason is needed", id="skipping without a reason"),
    pytest.param(asking.done, (TASK, "javascript:alert(1)"), "is not a link", id="a link that is none"),
    pytest.param(asking.done, ("mailed@T+31m", ""), "names no update", id="one that is not there"),
]


@pytest.mark.parametrize(("ask", "given", "why"), REFUSALS)
def test_what_makes_no_sense_is_refused(ask: Any, given: tuple[str, ...], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        ask(*given, ready(), AT, "ada")


def test_tasks_that_stand_there_to_do_are_not_merged_by_the_next_one() -> None:
    mailed = replace(PLAN.updates["mailed"], every=30 * MINUTE, ends=60 * MINUTE)
    plan = replace(PLAN, updates={"mailed": mailed})
    state = written(TASK, AT, opened(plan=plan))
    assert prepared(state, T0 + 60 * MINUTE) == ["mailed@T+1h"]
    state = written("mailed@T+1h", AT, state)
    assert [state.records[name].stage for name in (TASK, "mailed@T+1h")] == [Stage.DUE, Stage.DUE]


def test_a_task_that_tells_a_run_of_its_own_waits_for_that_run_and_is_held_only_when_its_time_has_come() -> None:
    mailed = replace(PLAN.updates["mailed"], suite="pulse", before=MINUTE)
    state = opened(plan=replace(PLAN, updates={"mailed": mailed}))
    assert decide(state, T0 + 20 * MINUTE) == ()
    assert decide(state, T0 + 29 * MINUTE) == (RunSuite("pulse", TASK),)
    assert [type(each) for each in decide(state, T0 + 30 * MINUTE)] == [RunSuite, HoldBack]
