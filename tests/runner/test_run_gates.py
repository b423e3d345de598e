"""What the gates of a launch excuse in a run."""

import asyncio
from dataclasses import replace

import pytest

from tests.runner.stage import Gates, Scripted, Stage, check, finds, outcomes
from warroom.clock import settle
from warroom.contract import Context, Findings, Kind
from warroom.errors import CannotMeasure, ExitCode
from warroom.events import CheckFinished, GateInfo, GateRead, Noted
from warroom.playbook.loaded import Tolerance
from warroom.verdict import Verdict

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


async def test_a_pass_says_nothing_of_an_unknown_gate() -> None:
    tolerance = Tolerance("gate1", {"status": ("308",)}, Verdict.DEGRADED)
    stage = Stage(check("jwks", finds(Verdict.PASS, "1 key", status="200"), tolerate=tolerance))
    assert (await stage.run.run()).exit_code is ExitCode.GREEN
    assert "tolerated" not in stage.all(CheckFinished)[0].outcome.reason


JWKS_TOLERANCE = Tolerance("gate1", {"status": ("308",)}, Verdict.DEGRADED)


@pytest.mark.parametrize(
    ("found", "before"), [(Verdict.FAIL, Verdict.DEGRADED), (Verdict.PASS, Verdict.WARN)], ids=["excused", "doubted"]
)
@pytest.mark.parametrize("state", ["green", "unknown"])
async def test_what_a_gate_excused_runs_again_when_the_gate_changes_during_the_wait(
    state: str, found: Verdict, before: Verdict
) -> None:
    async def starting(context: Context) -> Findings:
        if stage.gates.states["gate1"] == "red":
            raise CannotMeasure("connection refused", symptom="refused")
        return await finds(Verdict.PASS)(context)

    stage = Stage(
        check("canary", starting),
        check("jwks", finds(found, "status is 308", status="308"), tolerate=JWKS_TOLERANCE),
        check("plain", finds(Verdict.PASS)),
        gates={"gate1": "red"},
        until=(180.0, 150.0),
    )
    run = asyncio.create_task(stage.run.run())
    await settle()
    assert outcomes(stage)["jwks"] is before
    stage.gates.states = {"gate1": state}
    await stage.clock.advance(150)
    assert (await run).exit_code is (ExitCode.RED if found is Verdict.FAIL else ExitCode.GREEN)
    assert outcomes(stage)["jwks"] is found
    assert stage.runs == [("canary", 1), ("jwks", 1), ("plain", 1), ("canary", 2), ("jwks", 2)]
    assert [event.gate.state for event in stage.all(GateRead)] == ["red", state]
    (note,) = stage.all(Noted)
    assert note.text.startswith(f"Jwks: was {'DEGRADED - pending Gate1' if found is Verdict.FAIL else 'YELLOW'} (")
    assert note.text.endswith(f"runs again, for Gate1 is {state} now")


async def test_what_a_gate_excused_runs_again_with_a_rerun_of_other_checks() -> None:
    jwks = check("jwks", finds(Verdict.FAIL, "status is 308", status="308"), tolerate=JWKS_TOLERANCE)
    stage = Stage(check("canary", finds(Verdict.PASS)), jwks, gates={"gate1": "red"})
    assert (await stage.run.run()).exit_code is ExitCode.GREEN
    stage.gates.states = {"gate1": "green"}
    assert (await stage.run.rerun(["canary"])).exit_code is ExitCode.RED
    assert stage.runs[2:] == [("canary", 2), ("jwks", 2)]


async def test_what_failed_is_not_run_again_when_a_gate_turns_red() -> None:
    jwks = check("jwks", finds(Verdict.FAIL, "status is 308", status="308"), tolerate=JWKS_TOLERANCE)
    stage = Stage(check("canary", finds(Verdict.PASS)), jwks, gates={"gate1": "green"})
    await stage.run.run()
    stage.gates.states = {"gate1": "red"}
    assert (await stage.run.rerun(["canary"])).exit_code is ExitCode.RED
    assert stage.runs[2:] == [("canary", 2)]


@pytest.mark.parametrize(("verdict", "runs"), [(Verdict.PASS, 2), (Verdict.FAIL, 1)], ids=["passed", "failed"])
async def test_a_kind_that_goes_by_a_gate_runs_again_unless_it_failed(verdict: Verdict, runs: int) -> None:
    spec = check("events", finds(verdict))
    goes_by: Kind[Scripted] = replace(spec.kind, gates=lambda _: ("gate1",))
    stage = Stage(check("canary", finds(Verdict.PASS)), replace(spec, kind=goes_by), gates={"gate1": "red"})
    await stage.run.run()
    stage.gates.states = {"gate1": "green"}
    await stage.run.rerun(["canary"])
    assert stage.runs.count(("events", 2)) == runs - 1


class Restless(Gates):
    """A gate that is red whenever a check asks, and green whenever its state is reported."""

    async def info(self, gate: str) -> GateInfo:
        return GateInfo(gate, self.title(gate), "green", "the test")


async def test_a_gate_that_does_not_stay_in_one_state_excuses_nothing() -> None:
    jwks = check("jwks", finds(Verdict.FAIL, "status is 308", status="308"), tolerate=JWKS_TOLERANCE)
    stage = Stage(jwks, gates={"gate1": "red"}, board=Restless({"gate1": "red"}))
    assert (await stage.run.run()).exit_code is ExitCode.UNKNOWN
    assert stage.all(CheckFinished)[-1].outcome.reason == "Gate1 changed again and again while it ran"
    assert len(stage.runs) == 4
