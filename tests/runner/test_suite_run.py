"""What a suite run comes to: what runs, in which order, and what the whole is called."""

import asyncio

import pytest

from tests.runner.stage import Stage, check, finds, outcomes
from warroom.clock import settle
from warroom.contract import Context, Findings, Sample
from warroom.errors import ExitCode
from warroom.events import CheckFinished, CheckStarted, Noted, RunFinished, RunStarted, SampleTaken
from warroom.verdict import Verdict


async def test_all_checks_run_even_when_one_fails() -> None:
    stage = Stage(check("first", finds(Verdict.FAIL)), check("second", finds(Verdict.PASS)))
    suite = await stage.run.run()
    assert outcomes(stage) == {"first": Verdict.FAIL, "second": Verdict.PASS}
    assert (suite.word, suite.exit_code) == ("RED", ExitCode.RED)
    assert stage.all(RunFinished)[0].reason == "First"


async def test_a_check_runs_after_those_it_needs_and_sees_what_they_found() -> None:
    async def later(context: Context) -> Findings:
        needed = context.needed["token"]
        assert (needed.verdict, needed.fact) == (Verdict.PASS, "the fact")
        return await finds(Verdict.PASS)(context)

    stage = Stage(check("events", later, needs=["token"]), check("token", finds(Verdict.PASS, fact="the fact")))
    assert (await stage.run.run()).exit_code is ExitCode.GREEN
    assert [event.check for event in stage.all(CheckStarted)] == ["token", "events"]


async def test_the_checks_that_decided_are_named_in_order_of_display_and_not_as_they_finished() -> None:
    async def late(context: Context) -> Findings:
        for _ in range(3):
            await asyncio.sleep(0)
        return await finds(Verdict.FAIL)(context)

    stage = Stage(check("first", late), check("second", finds(Verdict.FAIL)))
    _ = await stage.run.run()
    assert [event.outcome.id for event in stage.all(CheckFinished)] == ["second", "first"]
    assert stage.all(RunFinished)[0].reason == "First, Second"


async def test_a_stopped_check_is_inconclusive_and_the_finished_ones_stand() -> None:
    async def hang(_: Context) -> Findings:
        await asyncio.Event().wait()
        raise AssertionError

    stage = Stage(check("done", finds(Verdict.PASS)), check("hangs", hang), check("after", hang, needs=["hangs"]))
    run = asyncio.create_task(stage.run.run())
    await settle()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert outcomes(stage) == {"done": Verdict.PASS, "hangs": Verdict.INCONCLUSIVE, "after": Verdict.INCONCLUSIVE}
    end = stage.all(RunFinished)[0]
    assert (end.exit_code, end.verdict) == (ExitCode.INTERRUPTED, Verdict.INCONCLUSIVE)


@pytest.mark.parametrize(
    ("required", "code"), [(True, ExitCode.UNKNOWN), (False, ExitCode.GREEN)], ids=["required", "optional"]
)
async def test_a_check_that_is_skipped_is_listed_and_undecided_where_it_is_required(
    required: bool, code: ExitCode
) -> None:
    stage = Stage(
        check("kill_switch", finds(Verdict.FAIL), required=required),
        check("canary", finds(Verdict.PASS)),
        skipped=["kill_switch"],
    )
    suite = await stage.run.run()
    assert suite.exit_code is code
    assert outcomes(stage) == {"kill_switch": Verdict.SKIPPED, "canary": Verdict.PASS}
    assert [info.id for info in stage.all(RunStarted)[0].checks] == ["kill_switch", "canary"]
    assert stage.runs == [("canary", 1)]


async def test_lost_evidence_is_never_green() -> None:
    stage = Stage(check("canary", finds(Verdict.PASS)), problems=["no space left on the device"])
    suite = await stage.run.run()
    assert (suite.verdict, suite.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.UNKNOWN)
    assert stage.all(Noted)[0].text == "evidence is incomplete: no space left on the device"


async def test_samples_are_told_with_their_running_p95() -> None:
    async def sampling(context: Context) -> Findings:
        for index, latency_s in enumerate((0.04, None, 0.05)):
            context.on_progress(Sample(index, latency_s, 200, 0.0, 0.0), 3)
        return await finds(Verdict.PASS)(context)

    stage = Stage(check("p95", sampling, name="latency"))
    await stage.run.run()
    told = [(event.done, event.total, event.latency_ms, event.p95_ms) for event in stage.all(SampleTaken)]
    assert told == [(1, 3, 40.0, 40.0), (2, 3, None, None), (3, 3, 50.0, None)]


async def test_evidence_that_is_lost_at_the_very_end_takes_the_green_away() -> None:
    stage = Stage(check("canary", finds(Verdict.PASS)))
    assert (await stage.run.run()).exit_code is ExitCode.GREEN
    stage.run.evidence_lost("the log: no space left on the device")
    assert [event.exit_code for event in stage.all(RunFinished)] == [ExitCode.GREEN, ExitCode.UNKNOWN]
    assert stage.all(Noted)[0].text == "evidence is incomplete: the log: no space left on the device"


async def test_a_part_of_a_suite_never_passes_for_the_whole() -> None:
    stage = Stage(check("canary", finds(Verdict.PASS)), left_out=["kill_switch"])
    suite = await stage.run.run()
    assert (suite.word, suite.exit_code) == ("GREEN - partial, without 1 check", ExitCode.GREEN)


async def test_a_stopped_run_with_a_failure_is_red_in_word_and_verdict() -> None:
    async def hang(_: Context) -> Findings:
        await asyncio.Event().wait()
        raise AssertionError

    stage = Stage(check("failed", finds(Verdict.FAIL)), check("hangs", hang))
    run = asyncio.create_task(stage.run.run())
    await settle()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    end = stage.all(RunFinished)[0]
    assert (end.verdict, end.word, end.exit_code) == (Verdict.FAIL, "RED", ExitCode.INTERRUPTED)


async def test_a_selection_without_a_suite_is_partial_too() -> None:
    stage = Stage(
        check("canary", finds(Verdict.PASS)), check("p95", finds(Verdict.PASS)), suite=False, only=["canary"]
    )
    assert (await stage.run.run()).word == "GREEN - partial, without 1 check"
