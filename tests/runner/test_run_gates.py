"""What the gates of a launch excuse in a run."""

import pytest

from tests.runner.stage import Stage, check, finds
from warroom.errors import ExitCode
from warroom.events import CheckFinished, GateRead
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
