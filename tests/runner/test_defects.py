"""What a check that breaks, hangs or cannot measure does to itself, and not to the others."""

import asyncio
from collections.abc import Callable

import pytest

from tests.exceptions import KINDS
from tests.runner.stage import Stage, check, finds, outcomes
from warroom.clock import settle
from warroom.contract import Context, Findings
from warroom.errors import CannotMeasure, ExitCode
from warroom.events import CheckFinished
from warroom.playbook.loaded import HintRule
from warroom.verdict import Result, Verdict


@pytest.mark.parametrize("make", KINDS.values(), ids=[f"{name} in a check" for name in KINDS])
async def test_a_defect_in_a_check_stays_in_that_check(make: Callable[[], BaseException]) -> None:
    async def broken(_: Context) -> Findings:
        raise make()

    stage = Stage(check("broken", broken), check("other", finds(Verdict.PASS)))
    stage.redactor.add("SECRET", "hunter22")
    suite = await stage.run.run()
    assert outcomes(stage) == {"broken": Verdict.ERROR, "other": Verdict.PASS}
    assert suite.exit_code is ExitCode.UNKNOWN
    outcome = next(event.outcome for event in stage.all(CheckFinished) if event.outcome.id == "broken")
    assert outcome.reason
    assert "hunter22" not in repr(outcome)
    assert "\x1b" not in outcome.reason
    assert stage.kept.get("broken/defect") or outcome.reason == "gave up waiting"
    assert "Traceback" not in repr(outcome)


async def test_what_cannot_be_measured_is_said_in_the_words_of_the_fault() -> None:
    async def refused(_: Context) -> Findings:
        raise CannotMeasure("nothing listens on 127.0.0.1:9", symptom="refused", hint="is it started?")

    hint = HintRule("no answer", "not up yet", "wait", match={"symptom": ("refused",)})
    stage = Stage(check("canary", refused), hints=[hint])
    assert (await stage.run.run()).word == "UNKNOWN"
    outcome = stage.all(CheckFinished)[0].outcome
    assert outcome.reason == "nothing listens on 127.0.0.1:9; is it started?"
    assert [hint.fix for hint in outcome.hints] == ["wait"]


async def test_a_check_that_hangs_ends_at_its_deadline() -> None:
    async def hang(_: Context) -> Findings:
        await asyncio.Event().wait()
        raise AssertionError

    stage = Stage(check("slow", hang, timeout_s=0.02), check("other", finds(Verdict.PASS)))
    await stage.run.run()
    assert outcomes(stage) == {"other": Verdict.PASS, "slow": Verdict.ERROR}
    outcome = stage.all(CheckFinished)[1].outcome
    assert outcome.reason == "did not finish within 0.02 s"
    assert dict(outcome.symptom) == {"symptom": "timeout"}


async def test_a_check_that_asks_a_person_has_no_deadline() -> None:
    answered = asyncio.Event()

    async def ask(context: Context) -> Findings:
        await answered.wait()
        return await finds(Verdict.PASS)(context)

    stage = Stage(check("build", ask, timeout_s=0.0, asks=["build_id"]))
    run = asyncio.create_task(stage.run.run())
    await settle()
    assert not run.done()
    answered.set()
    assert (await run).exit_code is ExitCode.GREEN


async def test_a_check_that_cancels_itself_is_a_defect_of_that_check() -> None:
    async def cancels(_: Context) -> Findings:
        raise asyncio.CancelledError

    stage = Stage(check("broken", cancels), check("other", finds(Verdict.PASS)), until=(60.0, 60.0))
    assert (await stage.run.run()).exit_code is ExitCode.UNKNOWN
    assert outcomes(stage) == {"broken": Verdict.ERROR, "other": Verdict.PASS}


async def test_no_secret_leaves_the_runner_in_an_outcome() -> None:
    async def tells(context: Context) -> Findings:
        context.add_secret("ACCESS_TOKEN", "eyJhbGciOi.x.y")
        line = Result(Verdict.FAIL, "token eyJhbGciOi.x.y", actual="eyJhbGciOi.x.y", reason="eyJhbGciOi.x.y refused")
        return Findings((line,), reproduce="curl -H 'Bearer eyJhbGciOi.x.y'", symptom={"body": "eyJhbGciOi.x.y"})

    stage = Stage(check("m2m", tells))
    await stage.run.run()
    assert "eyJhbGciOi" not in repr(stage.events)
    assert "[ACCESS_TOKEN]" in repr(stage.events)


async def test_what_could_not_be_measured_names_its_evidence_and_how_to_repeat_it() -> None:
    async def refused(context: Context) -> Findings:
        context.evidence.save_text("request", "GET /canary")
        fault = CannotMeasure("connection refused", symptom="refused")
        fault.reproduce = "curl http://127.0.0.1:9/canary"
        raise fault

    stage = Stage(check("canary", refused))
    await stage.run.run()
    outcome = stage.all(CheckFinished)[0].outcome
    assert (outcome.evidence, outcome.reproduce) == (("canary/request",), "curl http://127.0.0.1:9/canary")
