"""What is tried again by itself, what a person runs again, and what either keeps."""

import asyncio
from dataclasses import replace

import pytest

from tests.checks import shipped
from tests.playbook.test_shipped import ENVIRON
from tests.runner.stage import START, Script, Stage, check, finds
from warroom.clock import settle
from warroom.contract import Context, Findings
from warroom.errors import CannotMeasure, ExitCode
from warroom.events import CheckFinished, CheckWaiting
from warroom.verdict import Measurement, Result, Verdict


async def test_not_ready_is_tried_again_after_the_declared_wait_and_its_dependents_with_it() -> None:
    tries = 0

    async def starting(context: Context) -> Findings:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise CannotMeasure("connection refused", symptom="refused")
        return await finds(Verdict.PASS, fact="answer")(context)

    async def judges(context: Context) -> Findings:
        context.fact("canary", str)
        return await finds(Verdict.PASS)(context)

    stage = Stage(
        check("canary", starting),
        check("headers", judges, needs=["canary"]),
        check("other", finds(Verdict.PASS)),
        until=(180.0, 150.0),
    )
    run = asyncio.create_task(stage.run.run())
    await settle()
    assert [(event.check, event.seconds) for event in stage.all(CheckWaiting)] == [("canary", 150.0)]
    await stage.clock.advance(149)
    assert tries == 1
    await stage.clock.advance(1)
    assert (await run).exit_code is ExitCode.GREEN
    assert sorted(stage.runs[:3]) == [("canary", 1), ("headers", 1), ("other", 1)]
    assert stage.runs[3:] == [("canary", 2), ("headers", 2)]
    canary = next(event.outcome for event in stage.all(CheckFinished)[3:] if event.outcome.id == "canary")
    assert (canary.attempts, canary.reason) == (2, "")


async def test_a_failure_is_not_tried_again() -> None:
    stage = Stage(check("canary", finds(Verdict.FAIL)), until=(180.0, 1.0))
    assert (await stage.run.run()).exit_code is ExitCode.RED
    assert stage.clock.now() == START


async def test_trying_again_ends_at_the_time_limit() -> None:
    async def refused(_: Context) -> Findings:
        raise CannotMeasure("connection refused", symptom="refused")

    stage = Stage(check("canary", refused), until=(180.0, 60.0))
    run = asyncio.create_task(stage.run.run())
    await settle()
    await stage.clock.advance(600)
    assert (await run).exit_code is ExitCode.UNKNOWN
    assert len(stage.runs) == 4


def answers(status: str, *others: Result, **symptom: str) -> Script:
    """A script whose service answers with `status`, which is not the one expected, beside other lines."""

    async def script(_: Context) -> Findings:
        line = Result(Verdict.FAIL, f"status {status}", "200", status, f"status is {status}, expected 200")
        return Findings((line, *others), symptom={"status": status, **symptom})

    return script


HELD = Result(Verdict.PASS, "a line that holds", measurement=Measurement(value=1))
SLOW = Result(Verdict.FAIL, "P95: 300ms", "<= 120ms", "300")
ACCEPTED = Result(Verdict.FAIL, "BYPASS: no token: accepted (202)", "401 or 403", "202")
UNSURE = Result(Verdict.INCONCLUSIVE, "no token: 503", "401 or 403", "503")
ANSWERS = {
    "only the gateway's 503": (answers("503"), 2),
    "only the gateway's 502, beside a line that holds": (answers("502", HELD), 2),
    "a 500": (answers("500"), 1),
    "a 404": (answers("404"), 1),
    "a 503 and a limit that is broken": (answers("503", SLOW), 1),
    "a 503 and an event without a token that was accepted": (answers("503", ACCEPTED, bypass="true"), 1),
    "a 503 and a line that is not required": (answers("503", replace(SLOW, required=False)), 1),
    "a 503 and a line that decides nothing": (answers("503", UNSURE), 1),
    "samples that a gateway alone answered": (finds(Verdict.FAIL, "P95 is over", status="503", symptom="gateway"), 2),
    "samples over the limit, one of them a 503": (finds(Verdict.FAIL, "P95 is 300", status="503"), 1),
}


@pytest.mark.parametrize(("script", "tries"), ANSWERS.values(), ids=ANSWERS)
async def test_only_a_gateway_with_nothing_behind_it_is_tried_again(script: Script, tries: int) -> None:
    stage = Stage(check("canary", script), until=(60.0, 60.0))
    run = asyncio.create_task(stage.run.run())
    await settle()
    await stage.clock.advance(120)
    assert (await run).exit_code is ExitCode.RED
    assert len(stage.runs) == tries


async def test_what_failed_beside_what_could_not_be_measured_is_not_tried_again() -> None:
    async def script(_: Context) -> Findings:
        unmeasured = Result(Verdict.ERROR, "an event: no answer", reason="connection refused")
        return Findings((unmeasured, replace(ACCEPTED, required=False)), symptom={"symptom": "refused"})

    stage = Stage(check("events", script), until=(60.0, 60.0))
    run = asyncio.create_task(stage.run.run())
    await settle()
    await stage.clock.advance(120)
    assert (await run).exit_code is ExitCode.UNKNOWN
    assert len(stage.runs) == 1


async def test_every_run_that_a_person_asks_for_has_an_id_of_its_own_and_its_retries_share_it() -> None:
    seen: list[str] = []

    async def starting(context: Context) -> Findings:
        seen.append(context.run_id)
        if len(seen) == 1:
            raise CannotMeasure("connection refused", symptom="refused")
        return await finds(Verdict.PASS)(context)

    stage = Stage(check("canary", starting), until=(60.0, 60.0))
    run = asyncio.create_task(stage.run.run())
    await settle()
    await stage.clock.advance(60)
    await run
    await stage.run.rerun(["canary"])
    await Stage(check("canary", starting)).run.run()
    assert seen[0] == seen[1]
    assert len(set(seen[1:])) == 3


async def test_what_a_rerun_needs_runs_again_before_it() -> None:
    stage = Stage(
        check("token", finds(Verdict.PASS)),
        check("events", finds(Verdict.PASS), needs=["token"]),
        check("p95", finds(Verdict.PASS)),
    )
    await stage.run.run()
    stage.runs.clear()
    await stage.run.rerun(["events"])
    assert stage.runs == [("token", 2), ("events", 2)]


async def test_a_rerun_keeps_the_rest_and_counts_its_runs() -> None:
    verdicts = iter([Verdict.FAIL, Verdict.PASS])

    async def second_time_lucky(context: Context) -> Findings:
        return await finds(next(verdicts))(context)

    stage = Stage(check("canary", second_time_lucky), check("other", finds(Verdict.PASS)))
    assert (await stage.run.run()).exit_code is ExitCode.RED
    assert (await stage.run.rerun(["canary", "nonsense"])).exit_code is ExitCode.GREEN
    assert stage.runs == [("canary", 1), ("other", 1), ("canary", 2)]


@pytest.mark.covers("S3-M02")
async def test_the_shipped_playbook_tries_what_does_not_answer_again_after_2_to_3_minutes() -> None:
    tries: list[float] = []
    until = shipped.playbook(ENVIRON).suites["verify"].until
    assert until is not None

    async def starting(context: Context) -> Findings:
        tries.append((stage.clock.now() - START).total_seconds())
        if len(tries) == 1:
            raise CannotMeasure("no answer within 10 s", symptom="timeout")
        return await finds(Verdict.PASS)(context)

    stage = Stage(check("canary", starting), until=(until.timeout_s, until.every_s))
    run = asyncio.create_task(stage.run.run())
    await settle()
    await stage.clock.advance(119)
    assert tries == [0.0]
    await stage.clock.advance(61)
    assert (await run).exit_code is ExitCode.GREEN
    assert len(tries) == 2
    assert 120 <= tries[1] <= 180
