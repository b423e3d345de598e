from pathlib import Path

import pytest

from tests.checks import shipped
from tests.checks.desk import desk
from warroom.events import CheckOutcome
from warroom.runner.check_run import run_check
from warroom.simulator.simulator import Simulator
from warroom.verdict import Verdict


async def providers(scenario: str, folder: Path) -> CheckOutcome:
    async with Simulator(scenario) as sim, desk(folder, {"app": sim.inputs["AUTO_COM_CENTER_URL"]}) as here:
        spec = shipped.check("providers", sim.inputs)
        judged = await run_check(spec, here.context, (), mode="dry-run", attempt=1)
    return judged.outcome


async def test_four_results_are_listed_singly(tmp_path: Path) -> None:
    outcome = await providers("steady", tmp_path)
    assert [line.say for line in outcome.results] == [
        "Email/SMTP: health check passing (dry-run)",
        "SMS gateway: health check passing (dry-run)",
        "Credentials verified",
        "Throttling active",
    ]
    assert outcome.word == "GREEN (dry-run)"


@pytest.mark.covers("S3-C08")
async def test_a_failing_gateway_is_red_while_the_others_stay_green(tmp_path: Path) -> None:
    outcome = await providers("provider-failing", tmp_path)
    assert outcome.word == "RED"
    assert [line.verdict for line in outcome.results] == [Verdict.PASS, Verdict.FAIL, Verdict.PASS, Verdict.PASS]
    assert outcome.results[1].say == "SMS gateway: health check failing (dry-run)"
