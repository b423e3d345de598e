"""What a suite run does with checks that pass, fail, break, hang, wait for others, or are stopped."""

import asyncio

import pytest

from tests.runner.stage import START, Stage, check, finds
from warroom.clock import settle
from warroom.contract import Context, Findings, Sample
from warroom.errors import CannotMeasure, ExitCode
from warroom.events import (
    CheckFinished,
    CheckStarted,
    CheckWaiting,
    GateRead,
    Noted,
    RunFinished,
    RunStarted,
    SampleTaken,
)
from warroom.playbook.loaded import HintRule, Tolerance
from warroom.verdict import Result, Verdict


def outcomes(stage: Stage) -> dict[str, Verdict]:
    return {event.outcome.id: event.outcome.verdict for event in stage.all(CheckFinished)}


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


EXCEPTIONS = [
    ArithmeticError,
    AssertionError,
    AttributeError,
    BrokenPipeError,
    BufferError,
    ConnectionResetError,
    EOFError,
    ImportError,
    IndexError,
    KeyError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    OverflowError,
    RecursionError,
    RuntimeError,
    StopAsyncIteration,
    SystemExit,
    TypeError,
    UnicodeError,
    ValueError,
]


@pytest.mark.parametrize("exception", EXCEPTIONS, ids=lambda exception: exception.__name__)
async def test_a_defect_in_a_check_stays_in_that_check(exception: type[BaseException]) -> None:
    async def broken(_: Context) -> Findings:
        raise exception("hunter22 \x1b[2J")

    stage = Stage(check("broken", broken), check("other", finds(Verdict.PASS)))
    stage.redactor.add("SECRET", "hunter22")
    suite = await stage.run.run()
    assert outcomes(stage) == {"broken": Verdict.ERROR, "other": Verdict.PASS}
    assert suite.exit_code is ExitCode.UNKNOWN
    outcome = next(event.outcome for event in stage.all(CheckFinished) if event.outcome.id == "broken")
    assert exception.__name__ in outcome.reason
    assert "hunter22" not in repr(outcome)
    assert "\x1b" not in outcome.reason
    assert "Traceback" in stage.kept["broken/defect"]
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


async def test_a_check_that_cancels_itself_is_a_defect_of_that_check() -> None:
    async def cancels(_: Context) -> Findings:
        raise asyncio.CancelledError

    stage = Stage(check("broken", cancels), check("other", finds(Verdict.PASS)), until=(60.0, 60.0))
    assert (await stage.run.run()).exit_code is ExitCode.UNKNOWN
    assert outcomes(stage) == {"broken": Verdict.ERROR, "other": Verdict.PASS}


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


async def test_a_rerun_keeps_the_rest_and_counts_its_runs() -> None:
    verdicts = iter([Verdict.FAIL, Verdict.PASS])

    async def second_time_lucky(context: Context) -> Findings:
        return await finds(next(verdicts))(context)

    stage = Stage(check("canary", second_time_lucky), check("other", finds(Verdict.PASS)))
    assert (await stage.run.run()).exit_code is ExitCode.RED
    assert (await stage.run.rerun(["canary", "nonsense"])).exit_code is ExitCode.GREEN
    assert stage.runs == [("canary", 1), ("other", 1), ("canary", 2)]


TOLERATED = [("red", Verdict.BLOCKED, ExitCode.GREEN), ("green", Verdict.FAIL, ExitCode.RED)]


@pytest.mark.parametrize(("state", "verdict", "code"), TOLERATED, ids=["gate red", "gate green"])
async def test_a_declared_symptom_is_tolerated_only_while_the_gate_is_red(
    state: str, verdict: Verdict, code: ExitCode
) -> None:
    tolerance = Tolerance("gate1", {"status": ("401", "403")}, Verdict.BLOCKED)
    m2m = check("m2m", finds(Verdict.FAIL, "401 invalid_client", status="401"), tolerate=tolerance)
    stage = Stage(m2m, check("canary", finds(Verdict.PASS)), gates={"gate1": state})
    assert (await stage.run.run()).exit_code is code
    outcome = next(event.outcome for event in stage.all(CheckFinished) if event.outcome.id == "m2m")
    assert outcome.verdict is verdict
    assert outcome.results[0].verdict is verdict
    assert outcome.word == ("BLOCKED - pending Gate1" if state == "red" else "RED")
    assert [event.gate.state for event in stage.all(GateRead)] == [state]


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


async def test_no_secret_leaves_the_runner_in_an_outcome() -> None:
    async def tells(context: Context) -> Findings:
        context.add_secret("ACCESS_TOKEN", "eyJhbGciOi.x.y")
        line = Result(Verdict.FAIL, "token eyJhbGciOi.x.y", actual="eyJhbGciOi.x.y", reason="eyJhbGciOi.x.y refused")
        return Findings((line,), reproduce="curl -H 'Bearer eyJhbGciOi.x.y'", symptom={"body": "eyJhbGciOi.x.y"})

    stage = Stage(check("m2m", tells))
    await stage.run.run()
    assert "eyJhbGciOi" not in repr(stage.events)
    assert "[ACCESS_TOKEN]" in repr(stage.events)


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


@pytest.mark.parametrize(("status", "tries"), [("503", 2), ("502", 2), ("500", 1), ("404", 1)])
async def test_a_gateway_with_nothing_behind_it_is_not_ready(status: str, tries: int) -> None:
    stage = Stage(check("canary", finds(Verdict.FAIL, f"status is {status}", status=status)), until=(60.0, 60.0))
    run = asyncio.create_task(stage.run.run())
    await settle()
    await stage.clock.advance(120)
    assert (await run).exit_code is ExitCode.RED
    assert len(stage.runs) == tries


async def test_every_run_asks_the_gates_anew() -> None:
    stage = Stage(check("canary", finds(Verdict.PASS)), gates={"gate1": "red"})
    await stage.run.run()
    stage.gates.states = {"gate1": "green"}
    await stage.run.rerun(["canary"])
    assert stage.gates.asked_anew == 2
    assert [event.gate.state for event in stage.all(GateRead)] == ["red", "green"]


async def test_a_symptom_that_only_an_unknown_gate_keeps_from_being_tolerated_says_so() -> None:
    tolerance = Tolerance("gate1", {"status": ("401",)}, Verdict.BLOCKED)
    stage = Stage(check("m2m", finds(Verdict.FAIL, "401 invalid_client", status="401"), tolerate=tolerance))
    assert (await stage.run.run()).exit_code is ExitCode.RED
    reason = stage.all(CheckFinished)[0].outcome.reason
    assert reason.startswith("401 invalid_client; not tolerated, the state of Gate1 is unknown")
    assert "--gate gate1=red" in reason


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
