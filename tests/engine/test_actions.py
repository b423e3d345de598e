"""Actions on the virtual clock: whatever the service does and wherever the process dies, the service's log shows each
effect once, and the journal says only what was read back."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from tests.engine.acted import (
    BROKEN,
    LAGS,
    LIES,
    LOST,
    LOST_UNDONE,
    OK,
    REFUSES,
    UNREACHED,
    Acted,
    Manner,
)
from warroom.engine.engine import Engine
from warroom.engine.requests import (
    ConfirmStep,
    DeclareTrigger,
    NoteIncident,
    PullKillSwitch,
    SetLever,
    SkipStep,
    StartProcedure,
)
from warroom.engine.view import state_json
from warroom.errors import UsageError
from warroom.launch.outcomes import Fate
from warroom.launch.procedures import StepStage

VERIFIED, FAILED, NOOP = StepStage.VERIFIED, StepStage.FAILED, StepStage.NOOP


def stages(engine: Engine, run: str) -> dict[str, StepStage]:
    return {step.id: step.stage for step in engine.state.procedures[run].steps.values()}


async def stopped(*manners: Manner) -> tuple[Acted, Engine]:
    """A launch in which somebody has started `stop`: a lever and a request, with those manners of the service."""
    acted = Acted(*manners)
    async with acted.engine() as engine:
        await engine.ask(StartProcedure("stop"), "ann")
        await acted.advance(60)
    return acted, engine


async def test_a_lever_is_set_and_read_back_and_then_the_next_step_is_done() -> None:
    acted, engine = await stopped()
    assert acted.sent() == ["send", "pause"]
    assert acted.kinds() == [
        *("started", "begun"),
        *("step_requested send", "step_sent send", "step_verified send"),
        *("step_requested pause", "step_sent pause", "step_verified pause"),
        "finished",
    ]
    assert engine.state.procedures["stop-1"].outcome == "done"


async def test_what_is_so_already_is_a_no_op_said_aloud_and_nothing_is_sent() -> None:
    acted = Acted()
    acted.service.done["send"] = 0.0
    async with acted.engine() as engine:
        await engine.ask(StartProcedure("stop"), "ann")
        await acted.advance(20)
        assert stages(engine, "stop-1") == {"send": NOOP, "pause": VERIFIED}
    assert acted.sent() == ["pause"]
    assert acted.reason("send") == "send is done already: nothing was changed"
    assert "1. SEND=true: NO-OP (no mitigation) 02:00:02Z: send is done already" in acted.room.posts[-1].text


OUTCOMES = [
    pytest.param((OK,), VERIFIED, 1, "send is done", id="200 and done: verified"),
    pytest.param((LAGS,), VERIFIED, 1, "send is done", id="200 and done 8 s later: read again until it shows"),
    pytest.param((LIES,), FAILED, 1, "it answers 200, yet send is not done", id="200 and unchanged: FAILED"),
    pytest.param(
        (LOST,), VERIFIED, 1, "send is done (no answer within 10 s)", id="answer lost, done: read back, not repeated"
    ),
    pytest.param((LOST_UNDONE,), VERIFIED, 2, "send is done", id="answer lost, undone, idempotent: sent again"),
    pytest.param((BROKEN, BROKEN, OK), VERIFIED, 3, "send is done", id="500 twice, then 200: verified"),
    pytest.param(
        (BROKEN,) * 99, FAILED, None, "it answers 500; send is not done", id="500 for ever: FAILED with the reason"
    ),
    pytest.param(
        (REFUSES,), FAILED, 1, "it answers 403: X-Internal-Key is wrong", id="403: FAILED at once, with its words"
    ),
    pytest.param((UNREACHED, UNREACHED, OK), VERIFIED, 1, "send is done", id="not reached twice: tried again"),
    pytest.param(
        (UNREACHED,) * 99,
        FAILED,
        0,
        "nothing was sent: connection refused: nothing listens",
        id="never reached: FAILED",
    ),
]


@pytest.mark.parametrize(("manners", "stage", "requests", "reason"), OUTCOMES)
async def test_every_manner_of_the_service_has_its_outcome(
    manners: tuple[Manner, ...], stage: StepStage, requests: int | None, reason: str
) -> None:
    acted = Acted(*manners)
    async with acted.engine() as engine:
        await engine.ask(SetLever("SEND", "false", "the test"), "ann")
        await acted.advance(45)
        assert stages(engine, "set-SEND-1") == {"set": stage}
        assert engine.state.procedures["set-SEND-1"].steps["set"].reason == reason.replace("send is", "set is")
    assert requests is None or len(acted.sent()) == requests


async def test_a_failed_step_takes_no_longer_than_its_time_and_the_next_one_follows() -> None:
    _, engine = await stopped(LIES)
    steps = engine.state.procedures["stop-1"].steps
    assert [step.stage for step in steps.values()] == [FAILED, VERIFIED]
    assert 30 <= (steps["send"].at - steps["send"].began_at).total_seconds() < 31
    assert engine.state.procedures["stop-1"].outcome == "failed"


async def test_what_can_never_be_read_back_has_failed_although_it_was_accepted() -> None:
    acted = Acted()
    acted.service.unreadable = "no answer within 10 s"
    async with acted.engine() as engine:
        await engine.ask(SetLever("SEND", "false"), "ann")
        await acted.advance(60)
        assert stages(engine, "set-SEND-1") == {"set": FAILED}
    assert acted.sent() == ["set"]
    assert acted.reason("set") == "it answers 200, yet it cannot be read back: no answer within 10 s"


async def test_what_may_not_be_done_twice_is_not_sent_again_when_its_answer_is_lost() -> None:
    acted = Acted(LOST_UNDONE)
    async with acted.engine() as engine:
        await engine.ask(StartProcedure("revert"), "ann")
        with pytest.raises(UsageError, match="revert-1 begins just now"):
            await engine.ask(ConfirmStep("revert"), "bob")
        await acted.advance(1)
        await engine.ask(ConfirmStep("revert"), "bob")
        await acted.advance(60)
        assert stages(engine, "revert-1") == {"revert": FAILED}
    assert acted.sent() == ["revert"]
    assert acted.reason("revert") == "no answer within 10 s; revert is not done"


async def test_a_command_is_a_step_like_another_and_is_not_run_twice() -> None:
    for manner, stage in ((OK, VERIFIED), (LOST, VERIFIED), (LOST_UNDONE, FAILED), (LIES, FAILED)):
        acted = Acted(manner)
        async with acted.engine() as engine:
            await engine.ask(StartProcedure("tidy"), "ann")
            await acted.advance(60)
            assert stages(engine, "tidy-1") == {"tidy": stage}
        assert acted.sent() == ["tidy"]


async def test_a_probe_follows_the_read_back() -> None:
    acted = Acted()
    async with acted.engine() as engine:
        await engine.ask(StartProcedure("probed"), "ann")
        await acted.advance(20)
        assert stages(engine, "probed-1") == {"send": VERIFIED}
    assert acted.suites.causes == ["procedure:probed-1.send"]
    assert acted.reason("send") == "send is done; check canary: GREEN"


async def test_a_defect_of_the_port_is_neither_done_nor_forgotten() -> None:
    acted = Acted()
    async with acted.engine() as engine:
        acted.process.send = lambda *_: 1 / 0  # type: ignore[assignment,method-assign]
        await engine.ask(SetLever("SEND", "false"), "ann")
        await acted.advance(60)
        assert stages(engine, "set-SEND-1") == {"set": FAILED}
    assert acted.reason("set") == "a defect of Warroom: ZeroDivisionError; set is not done"


async def test_nothing_is_sent_while_the_journal_cannot_be_written() -> None:
    acted = Acted()
    async with acted.engine() as engine:
        await engine.ask(SetLever("SEND", "false"), "ann")
        acted.journal.broken = True
        await acted.advance(60)
        assert acted.sent() == []
        acted.journal.broken = False
        await acted.advance(20)
        assert stages(engine, "set-SEND-1") == {"set": VERIFIED}
    assert acted.sent() == ["set"]


async def test_what_was_sent_while_the_journal_broke_is_journaled_when_it_can_be() -> None:
    acted = Acted(Manner(takes_s=5.0))
    async with acted.engine() as engine:
        await engine.ask(SetLever("SEND", "false"), "ann")
        await acted.advance(2)
        acted.journal.broken = True
        await acted.advance(60)
        acted.journal.broken = False
        await acted.advance(20)
        assert stages(engine, "set-SEND-1") == {"set": VERIFIED}
    assert acted.sent() == ["set"]


# --- the process dies


SCENARIOS = {
    "it is done at once": (OK,),
    "the answer is lost and it was done": (LOST,),
    "it shows late": (LAGS,),
    "the service is not reached at first": (UNREACHED, OK),
    "it is refused": (REFUSES,),
}


@pytest.mark.parametrize("manners", SCENARIOS.values(), ids=SCENARIOS)
@pytest.mark.parametrize("procedure", ["revert", "stop", "probed"])
async def test_a_kill_at_any_entry_of_the_journal_leaves_each_effect_done_at_most_once(
    manners: tuple[Manner, ...], procedure: str
) -> None:
    whole = Acted(*manners)
    await _ran(whole, procedure, (0, ""))
    assert whole.kinds()[-1] == "finished"
    for number in range(2, len(whole.entries) + 1):
        for when in ("before", "after"):
            acted = Acted(*manners)
            await _ran(acted, procedure, (number, when))
            told = (number, when, acted.kinds(), acted.service.seen)
            for step in set(acted.sent()):
                assert not _repeated_blindly(acted.service.seen, step), told
            assert acted.sent().count("revert") <= 1, told
            _says_the_truth(acted, number, when)


def _repeated_blindly(seen: list[str], step: str) -> bool:
    """Whether something was sent twice without a look in between that did not find it done."""
    about = [one for one in seen if one.endswith(f" {step}")]
    return any(pair == (f"sent {step}",) * 2 for pair in pairwise(about))


async def _ran(acted: Acted, procedure: str, dies_at: tuple[int, str]) -> None:
    """The procedure is asked for, its process dies, another one takes up what there is, to the end."""
    async with acted.engine(dies_at=dies_at) as engine:
        await _asked(acted, engine, procedure)
    if dies_at[0]:
        async with acted.engine() as engine:
            await _asked(acted, engine, procedure)
            assert not any(run.is_open for run in engine.state.procedures.values()), (dies_at, acted.kinds())


async def _asked(acted: Acted, engine: Engine, procedure: str) -> None:
    """What people ask for, in case it is not on record yet."""
    asked = []
    if f"{procedure}-1" not in engine.state.procedures:
        asked.append(asyncio.ensure_future(engine.ask(StartProcedure(procedure), "ann")))
        await acted.advance(1)
    run = engine.state.procedures.get(f"{procedure}-1")
    if run and procedure == "revert" and run.stage_of("revert") is StepStage.CONFIRM:
        asked.append(asyncio.ensure_future(engine.ask(ConfirmStep("revert"), "bob")))
    await acted.advance(90)
    for one in asked:
        one.cancel()


def _says_the_truth(acted: Acted, number: int, when: str) -> None:
    """What the journal says at the end is how it is outside."""
    for entry in acted.entries:
        if entry.kind == "procedure.step_verified":
            assert acted.service.holds(entry.body["step"]), (number, when, acted.kinds())
        if entry.kind == "procedure.step_noop":
            assert entry.body["step"] not in acted.sent(), (number, when, acted.kinds())


async def test_an_intent_without_an_outcome_is_read_back_before_anything_is_sent() -> None:
    acted = Acted()
    async with acted.engine() as engine:
        await engine.ask(StartProcedure("revert"), "ann")
        await acted.advance(1)
    # The engine takes the launch over, the step is confirmed, and then it is meant to be done.
    number = len(acted.entries) + 3
    async with acted.engine(dies_at=(number, "after")) as engine:
        await engine.ask(ConfirmStep("revert"), "bob")
        await acted.advance(5)
    assert acted.kinds()[-1] == "step_requested revert"
    assert acted.sent() == [], "the process died between the intent and the bytes"
    async with acted.engine() as engine:
        await acted.advance(60)
        assert stages(engine, "revert-1") == {"revert": FAILED}
    assert acted.sent() == [], "nobody can prove that it was not sent, and it may not be done twice"
    assert acted.reason("revert").startswith("nobody knows whether it was sent before the engine ended")


# --- around them


async def test_the_kill_switch_by_a_person_and_by_the_state_that_the_console_sees() -> None:
    acted = Acted()
    async with acted.engine() as engine:
        await engine.ask(PullKillSwitch("external sends"), "ann")
        await acted.advance(10)
        shown = state_json(engine.state, acted.clock.now())["procedures"]
        (run,) = [one for one in shown if one["run"]]
        assert (run["run"], run["stage"], run["outcome"]) == ("kill-switch-1", "finished", "done")
        assert (run["cause"], run["steps"][0]["stage"]) == ("ann: external sends", "verified")
    assert acted.sent() == ["stop-1"]


async def test_what_is_delayed_goes_on_after_a_restart_and_is_done_once() -> None:
    acted = Acted()
    async with acted.engine() as engine:
        await engine.ask(DeclareTrigger("soon", "5xx at 3 %"), "ann")
        await acted.advance(20)
        (run,) = [one for one in state_json(engine.state, acted.clock.now())["procedures"] if one["run"]]
        assert (run["stage"], run["waits_for"]["what"]) == ("delayed", "delay")
        assert run["waits_for"]["until"] == "2025-11-01T02:01:02.000Z", "a minute from its first tick"
    assert acted.sent() == []
    await acted.clock.advance(60)
    for _ in range(2):
        async with acted.engine() as engine:
            await acted.advance(30)
            assert engine.state.procedures["stop-1"].outcome == "done"
    assert acted.sent() == ["send", "pause"]


async def test_what_a_person_aborts_in_time_is_never_done() -> None:
    acted = Acted()
    async with acted.engine() as engine:
        await engine.ask(DeclareTrigger("soon", "5xx at 3 %"), "ann")
        await acted.advance(20)
        await engine.ask(SkipStep("stop-1", "", "a known peak"), "bob")
        await acted.advance(600)
    async with acted.engine() as engine:
        await acted.advance(600)
        run = engine.state.procedures["stop-1"]
        assert (run.outcome, run.finished_by, run.finished_for) == ("stopped", "bob", "a known peak")
    assert acted.sent() == []


async def test_the_note_of_the_incident_is_posted_and_that_ends_the_procedure() -> None:
    acted = Acted()
    async with acted.engine() as engine:
        await engine.ask(StartProcedure("incident", "5xx at 3 %"), "ann")
        await acted.advance(10)
        shown = next(one for one in state_json(engine.state, acted.clock.now())["procedures"] if one["run"])
        assert (shown["stage"], shown["waits_for"]["what"], shown["incident"]) == ("waiting", "note", "inc-1")
        assert shown["waits_for"]["until"] is not None, "the timer until the note is owed"
        await engine.ask(NoteIncident("inc-1", "a bad query"), "bob")
        await acted.advance(5)
        assert engine.state.procedures["incident-1"].outcome == "done"
    assert [post.text for post in acted.room.posts if "note@" in post.key] == [
        "Incident (ann: 5xx at 3 %): a bad query"
    ]


async def test_levers_are_read_all_the_time_and_only_what_changes_is_journaled() -> None:
    acted = Acted()
    async with acted.engine() as engine:
        await acted.advance(120)
        read = [entry.body for entry in acted.entries if entry.kind == "lever.read"]
        assert read == [{"lever": "SEND", "value": "true"}, {"lever": "RATE", "value": "10"}]
        acted.service.levers = {"SEND": "false"}
        await acted.advance(16)
        shown = {
            one["name"]: one
            for one in state_json(engine.state, acted.clock.now(), levers_read_at=engine.levers_read_at)["levers"]
        }
        assert (shown["SEND"]["actual"], shown["SEND"]["as_expected"]) == ("false", False)
        assert (shown["RATE"]["actual"], shown["RATE"]["as_expected"]) == ("10", True), (
            "once without an answer is nothing"
        )
        await acted.advance(60)
        shown = {
            one["name"]: one
            for one in state_json(engine.state, acted.clock.now(), levers_read_at=engine.levers_read_at)["levers"]
        }
        assert (shown["RATE"]["actual"], shown["RATE"]["as_expected"], shown["RATE"]["reason"]) == (
            None,
            None,
            "no answer",
        )


async def test_a_request_that_is_refused_says_so_and_changes_nothing() -> None:
    acted = Acted(Manner(Fate.REFUSED, "it answers 401", None))
    async with acted.engine() as engine:
        await engine.ask(StartProcedure("stop"), "ann")
        await acted.advance(20)
        assert stages(engine, "stop-1") == {"send": FAILED, "pause": VERIFIED}
