"""The hints of the shipped playbook beside the auth checks."""

from pathlib import Path

import pytest

from tests.checks.auth import JWKS_TOLERANCE, M2M_TOLERANCE, Gates, simulated
from tests.checks.shipped import playbook
from warroom.launch.hints import matching

KEY_SET = 'Document as "pending Gate 1", run again when Gate 1 turns GREEN'
TOKEN = 'Document as "expected block", run again when Gate 1 is GREEN'


async def fixes(folder: Path, scenario: str, check: str, gate: str) -> list[str]:
    """What the hints of the shipped playbook advise beside the check; `gate` empty: as the scenario has it."""
    async with simulated(folder, scenario) as (run, sim):
        if gate:
            run.desk = run.desk.with_ports(gates=Gates(gate))
        outcome = await run.jwks()
        if check == "m2m":
            outcome = await run.m2m()
        hints = matching(playbook(sim.inputs).hints, check, outcome.verdict, dict(outcome.symptom))
        return [hint.fix for hint in hints]


@pytest.mark.parametrize(
    ("scenario", "gate", "expected"),
    [
        pytest.param("auth-outage", "", [KEY_SET], id="308 while the gate is red"),
        pytest.param("auth-outage-404", "", [KEY_SET], id="404 while the gate is red"),
        pytest.param("auth-outage-500", "", [KEY_SET], id="500 while the gate is red"),
        pytest.param("auth-outage-404", "unknown", [KEY_SET], id="404 while nobody knows the gate"),
        pytest.param("auth-outage-green", "", [], id="308 although the gate is green: none"),
        pytest.param("auth-outage-404-green", "", [], id="404 although the gate is green: none"),
        pytest.param("auth-outage-500-green", "", [], id="500 although the gate is green: none"),
        pytest.param("steady", "", [], id="200: none"),
        pytest.param("gate-red", "", [], id="200 while the gate is red: none"),
    ],
)
@pytest.mark.covers("S3-H02")
async def test_key_set(tmp_path: Path, scenario: str, gate: str, expected: list[str]) -> None:
    assert await fixes(tmp_path, scenario, "jwks", gate) == expected


@pytest.mark.parametrize(
    ("scenario", "gate", "expected"),
    [
        pytest.param("auth-outage", "", [TOKEN], id="401 while the gate is red"),
        pytest.param("auth-outage-500", "", [TOKEN], id="403 while the gate is red"),
        pytest.param("auth-outage", "unknown", [TOKEN], id="401 while nobody knows the gate"),
        pytest.param("auth-outage-green", "", [], id="401 although the gate is green: none"),
        pytest.param("auth-outage-500-green", "", [], id="403 although the gate is green: none"),
        pytest.param("steady", "", [], id="200: none"),
        pytest.param("gate-red", "", [], id="200 while the gate is red: none"),
    ],
)
@pytest.mark.covers("S3-H03")
async def test_token(tmp_path: Path, scenario: str, gate: str, expected: list[str]) -> None:
    assert await fixes(tmp_path, scenario, "m2m", gate) == expected


async def test_the_shipped_playbook_declares_what_these_tests_assume(tmp_path: Path) -> None:
    async with simulated(tmp_path, "steady") as (_, sim):
        checks = playbook(sim.inputs).checks
        assert (checks["jwks"].tolerate, checks["m2m"].tolerate) == (JWKS_TOLERANCE, M2M_TOLERANCE)
        assert checks["events"].params.model_dump(include={"types", "gate", "token"}) == {
            "types": ("deadline_approaching", "new_match_found"),
            "gate": "gate1",
            "token": "m2m",
        }
