"""Levers and procedures over the API: what is asked is journaled under the name of who asks and done, or refused in
words and then nothing is journaled at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.acted import Acting, acting
from warroom.client.http import EngineClient
from warroom.clock import settle
from warroom.errors import UsageError, WarroomError
from warroom.launch.procedures import StepStage

Json = dict[str, Any]


@pytest.fixture
async def launch(tmp_path: Path) -> AsyncIterator[Acting]:
    async with acting(tmp_path / "launch") as found:
        yield found


def body(request: str, **more: str) -> Json:
    return {"request": request, **more}


ASKED = [
    pytest.param(
        body("procedure", procedure="stop", reason="5xx"), "procedure.started", "stop-1", id="a procedure is started"
    ),
    pytest.param(
        body("procedure", procedure="grave", typed="grave"),
        *("procedure.started", "grave-1"),
        id="a dangerous one, with its name typed",
    ),
    pytest.param(body("lever", lever="SEND", value="false"), "procedure.started", "set-SEND-1", id="a lever is set"),
    pytest.param(
        body("lever", lever="RATE", value="20", typed="RATE"),
        *("procedure.started", "set-RATE-1"),
        id="a dangerous one, too",
    ),
    pytest.param(
        body("kill_switch", reason="now"), "procedure.started", "kill-switch-1", id="the kill switch is pulled"
    ),
]


@pytest.mark.parametrize(("asked", "kind", "run"), ASKED)
async def test_what_is_asked_is_journaled_under_the_name_of_who_asks(
    asked: Json, kind: str, run: str, launch: Acting
) -> None:
    answer = await launch.ask("POST", "/requests", asked)
    (entry,) = answer["entries"]
    assert (entry["kind"], entry["body"]["run"], entry["actor"], entry["body"]["by"]) == (kind, run, "ann", "ann")
    assert answer["said"][0].startswith(f"{run} started")


async def test_a_person_confirms_another_skips_and_a_third_has_done_it_by_hand(launch: Acting) -> None:
    for procedure in ("two", "revert", "by_hand"):
        await launch.ask("POST", "/requests", body("procedure", procedure=procedure))
    await launch.until("two-1", "revert", StepStage.CONFIRM)
    launch.asking = "bob"
    confirmed = await launch.ask("POST", "/requests", body("confirm", run="two-1", step="revert"))
    assert confirmed["entries"][0]["body"]["done"] is True, "who has started it is the other one of the two"
    await launch.until("two-1", "revert", StepStage.VERIFIED)
    await launch.until("revert-1", "revert", StepStage.CONFIRM)
    launch.asking = "eve"
    await launch.ask("POST", "/requests", body("skip", run="revert-1", step="revert", reason="not needed"))
    await launch.until("by_hand-1", "pause", StepStage.TO_DO)
    await launch.ask("POST", "/requests", body("done", run="by_hand-1", reason="in the cloud's own console"))
    launch.service.done["pause"] = 0.0
    await launch.until("by_hand-1", "pause", StepStage.VERIFIED)
    steps = launch.engine.state.procedures
    assert steps["two-1"].steps["revert"].people == ("bob",)
    assert steps["revert-1"].steps["revert"].by == "eve"
    assert "procedure.step_ticked eve" in launch.journaled()
    assert [step for step, _ in launch.service.log] == ["revert"], "nothing was sent for the two others"


async def test_what_begins_by_itself_is_aborted_before_it_does_anything(launch: Acting) -> None:
    await launch.ask("POST", "/requests", body("declare", trigger="soon", reason="5xx at 3 %"))
    await launch.stage.clock.advance(10.0)
    await settle()
    (run,) = [one for one in (await launch.ask("GET", "/state"))["procedures"] if one["run"]]
    assert (run["stage"], run["waits_for"]["what"], run["waits_for"]["until"] is not None) == (
        "delayed",
        "delay",
        True,
    )
    await launch.ask("POST", "/requests", body("skip", run="stop-1", reason="a known peak"))
    await launch.stage.clock.advance(120.0)
    await settle()
    assert launch.journaled() == [
        "procedure.started engine",
        "procedure.waiting engine",
        "procedure.finished ann",
    ]
    assert launch.service.log == []


async def test_who_has_agreed_is_not_the_second_person_as_well(launch: Acting) -> None:
    await launch.ask("POST", "/requests", body("procedure", procedure="grave", typed="grave"))
    with pytest.raises(UsageError, match="ann has agreed already"):
        await launch.ask("POST", "/requests", body("confirm", run="grave-1"))
    launch.asking = "bob"
    with pytest.raises(UsageError, match="grave is dangerous: its name has to be typed"):
        await launch.ask("POST", "/requests", body("confirm", run="grave-1"))
    await launch.ask("POST", "/requests", body("confirm", run="grave-1", typed="grave"))
    await launch.until("grave-1", "pause", StepStage.VERIFIED)
    assert launch.engine.state.procedures["grave-1"].people == ("ann", "bob")


REFUSED = [
    pytest.param(
        body("procedure", procedure="stopp"),
        *("there is no procedure 'stopp'", "did you mean 'stop'"),
        id="a procedure that is not there, with the nearest name",
    ),
    pytest.param(
        body("procedure", procedure="\x1b[2Jx"),
        "there is no procedure '\\e[2Jx'",
        "there is stop",
        id="hostile text",
    ),
    pytest.param(
        body("procedure", procedure="grave"),
        *("grave is dangerous: its name has to be typed", "--typed grave"),
        id="a dangerous one without its name",
    ),
    pytest.param(
        body("procedure", procedure="grave", typed="Grave"),
        *("grave is dangerous", "--typed grave"),
        id="or with another one",
    ),
    pytest.param(
        body("lever", lever="SND", value="true"), "there is no lever 'SND'", "did you mean 'SEND'", id="lever"
    ),
    pytest.param(
        body("lever", lever="SEND", value="off"),
        *("SEND cannot be 'off'", "it may be true, false"),
        id="a value that the lever cannot have",
    ),
    pytest.param(
        body("confirm", run="stop-1"), "no procedure 'stop-1' is under way", "there is none", id="confirm nothing"
    ),
    pytest.param(body("done", run="stop-1"), "no procedure 'stop-1' is under way", "there is none", id="do nothing"),
    pytest.param(
        body("skip", run="stop-1", reason="x"),
        "no procedure 'stop-1' is under way",
        "there is none",
        id="skip nothing",
    ),
    pytest.param(body("procedure"), "procedure: Field required", "", id="what is to be started is missing"),
    pytest.param(body("skip", run="stop-1"), "reason: Field required", "", id="why it is skipped is missing"),
    pytest.param(
        body("kill_switch", by="root"), "by: Extra inputs are not permitted", "", id="nobody says who they are"
    ),
    pytest.param(body("kill-switch"), "the request is not one", "", id="a request that is none"),
    pytest.param(
        {"request": "lever", "lever": "SEND", "value": True},
        "value: Input should be a valid string",
        "",
        id="no text",
    ),
    pytest.param(
        body("procedure", procedure="stop", reason="x" * 4_001), "reason: String should have at most", "", id="a book"
    ),
]


@pytest.mark.parametrize(("asked", "says", "hint"), REFUSED)
async def test_what_makes_no_sense_is_refused_in_words_and_nothing_is_journaled(
    asked: Json, says: str, hint: str, launch: Acting
) -> None:
    before = launch.engine.state.seq
    with pytest.raises(UsageError) as refused:
        await launch.ask("POST", "/requests", asked)
    assert says in refused.value.message
    assert hint in refused.value.hint
    assert launch.engine.state.seq == before
    assert launch.service.log == []


async def test_what_is_under_way_is_not_started_again_and_what_is_over_not_confirmed(launch: Acting) -> None:
    await launch.ask("POST", "/requests", body("kill_switch"))
    with pytest.raises(UsageError, match="kill-switch-1 is under way"):
        await launch.ask("POST", "/requests", body("kill_switch"))
    await launch.until("kill-switch-1", "stop-1", StepStage.VERIFIED)
    await launch.stage.clock.advance(2.0)
    with pytest.raises(UsageError, match="kill-switch-1 is over: done"):
        await launch.ask("POST", "/requests", body("confirm", run="kill-switch-1"))
    again = await launch.ask("POST", "/requests", body("kill_switch"))
    assert again["entries"][0]["body"]["run"] == "kill-switch-2"
    await launch.until("kill-switch-2", "stop-1", StepStage.NOOP)
    assert len(launch.service.log) == 1


SIX = [
    body("procedure", procedure="stop"),
    body("lever", lever="SEND", value="false"),
    body("kill_switch"),
    body("confirm", run="revert-1"),
    body("done", run="by_hand-1"),
    body("skip", run="revert-1", step="revert", reason="x"),
]


@pytest.mark.parametrize("asked", SIX, ids=lambda asked: asked["request"])
async def test_a_console_that_may_only_read_asks_for_nothing(asked: Json, launch: Acting) -> None:
    client = EngineClient(launch.folder, launch.stage.clock, read_only=True)
    before = launch.engine.state.seq
    with pytest.raises(UsageError, match="this console is read-only: nothing was asked"):
        await client.ask(asked)
    await client.aclose()
    assert (launch.engine.state.seq, launch.service.log) == (before, [])


@pytest.mark.parametrize("asked", SIX, ids=lambda asked: asked["request"])
async def test_a_closed_launch_acts_no_more(asked: Json, launch: Acting) -> None:
    await launch.ask("POST", "/requests", body("close", reason="over"))
    with pytest.raises(UsageError, match="closed"):
        await launch.ask("POST", "/requests", asked)
    assert launch.service.log == []


async def test_while_the_journal_cannot_be_written_nothing_is_done(launch: Acting) -> None:
    launch.stage.direct.broken = "the disk is full"
    with pytest.raises(WarroomError, match="the disk is full"):
        await launch.ask("POST", "/requests", body("kill_switch"))
    await launch.stage.clock.advance(30.0)
    assert launch.service.log == []
    launch.stage.direct.broken = ""
    await launch.ask("POST", "/requests", body("kill_switch"))
    await launch.until("kill-switch-1", "stop-1", StepStage.VERIFIED)
    assert len(launch.service.log) == 1
