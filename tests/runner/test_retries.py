"""What is tried again by itself, what a person runs again, and what either keeps."""

import asyncio

import pytest

from tests.runner.stage import START, Stage, check, finds
from warroom.clock import settle
from warroom.contract import Context, Findings
from warroom.errors import CannotMeasure, ExitCode
from warroom.events import CheckFinished, CheckWaiting
from warroom.verdict import Verdict


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
    assert stage.all(CheckFinished)[-1].outcome.attempts == 2


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


@pytest.mark.parametrize(("status", "tries"), [("503", 2), ("502", 2), ("500", 1), ("404", 1)])
async def test_a_gateway_with_nothing_behind_it_is_not_ready(status: str, tries: int) -> None:
    stage = Stage(check("canary", finds(Verdict.FAIL, f"status is {status}", status=status)), until=(60.0, 60.0))
    run = asyncio.create_task(stage.run.run())
    await settle()
    await stage.clock.advance(120)
    assert (await run).exit_code is ExitCode.RED
    assert len(stage.runs) == tries


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
