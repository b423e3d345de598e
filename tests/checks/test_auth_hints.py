"""The hints of the shipped playbook beside the auth checks."""

from pathlib import Path

import pytest

from tests.checks.auth import JWKS_TOLERANCE, M2M_TOLERANCE, simulated
from tests.checks.shipped import playbook
from warroom.launch.hints import matching


@pytest.mark.parametrize(
    ("scenario", "fix"),
    [
        pytest.param(
            "auth-outage-404", 'Document as "pending Gate 1", run again when Gate 1 turns GREEN', id="404, red"
        ),
        pytest.param(
            "auth-outage-404-green",
            'Document as "pending Gate 1", run again when Gate 1 turns GREEN',
            id="404, green",
        ),
        pytest.param("steady", None, id="200: none"),
    ],
)
@pytest.mark.covers("S3-H02")
async def test_key_set(tmp_path: Path, scenario: str, fix: str | None) -> None:
    async with simulated(tmp_path, scenario) as (run, sim):
        outcome = await run.jwks()
        hints = matching(playbook(sim.inputs).hints, "jwks", outcome.verdict, dict(outcome.symptom))
        assert [hint.fix for hint in hints] == ([fix] if fix else [])


@pytest.mark.parametrize(
    ("scenario", "fix"),
    [
        pytest.param("auth-outage", 'Document as "expected block", run again when Gate 1 is GREEN', id="401, red"),
        pytest.param(
            "auth-outage-green", 'Document as "expected block", run again when Gate 1 is GREEN', id="401, green"
        ),
        pytest.param("steady", None, id="200: none"),
    ],
)
@pytest.mark.covers("S3-H03")
async def test_token(tmp_path: Path, scenario: str, fix: str | None) -> None:
    async with simulated(tmp_path, scenario) as (run, sim):
        await run.jwks()
        outcome = await run.m2m()
        hints = matching(playbook(sim.inputs).hints, "m2m", outcome.verdict, dict(outcome.symptom))
        assert [hint.fix for hint in hints] == ([fix] if fix else [])


async def test_the_shipped_playbook_declares_what_these_tests_assume(tmp_path: Path) -> None:
    async with simulated(tmp_path, "steady") as (_, sim):
        checks = playbook(sim.inputs).checks
        assert (checks["jwks"].tolerate, checks["m2m"].tolerate) == (JWKS_TOLERANCE, M2M_TOLERANCE)
        assert checks["events"].params.model_dump(include={"types", "gate", "token"}) == {
            "types": ("deadline_approaching", "new_match_found"),
            "gate": "gate1",
            "token": "m2m",
        }
