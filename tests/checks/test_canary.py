from pathlib import Path
from typing import Any

import pytest

from tests.checks import shipped
from tests.checks.desk import desk
from tests.checks.server import Server, reply
from warroom.checks.canary import KIND
from warroom.events import CheckOutcome
from warroom.runner.check_run import run_check
from warroom.simulator.simulator import Simulator
from warroom.verdict import Result, Verdict


async def canary_of(scenario: str, folder: Path) -> CheckOutcome:
    """The outcome of the shipped canary check against a simulator."""
    async with Simulator(scenario) as sim, desk(folder, {"app": sim.inputs["AUTO_COM_CENTER_URL"]}) as here:
        spec = shipped.check("canary", sim.inputs)
        judged = await run_check(spec, here.context, (), mode="", attempt=1)
    return judged.outcome


def failed(outcome: CheckOutcome) -> list[Result]:
    return [line for line in outcome.results if line.verdict is Verdict.FAIL]


async def test_the_canary_of_the_document_is_green(tmp_path: Path) -> None:
    outcome = await canary_of("steady", tmp_path)
    assert outcome.verdict is Verdict.PASS
    assert [line.say for line in outcome.results] == [
        "8 fields present",
        'version="v2.7"',
        "dependencies_ok=true",
        'app="auto_com_center"',
        'status="ok"',
    ]


@pytest.mark.covers("S3-C01")
async def test_another_version_is_red_with_expected_beside_actual(tmp_path: Path) -> None:
    outcome = await canary_of("canary-version", tmp_path)
    (line,) = failed(outcome)
    assert (outcome.word, line.expected, line.actual) == ("RED", '== "v2.7"', "v2.6")


@pytest.mark.covers("S3-C01")
async def test_a_page_instead_of_json_is_red_and_no_crash(tmp_path: Path) -> None:
    outcome = await canary_of("canary-html", tmp_path)
    assert outcome.word == "RED"
    assert outcome.reason == 'the answer is not JSON: HTML page "auto_com_center"'
    assert not any("Traceback" in line.reason for line in outcome.results)


@pytest.mark.covers("S3-C02")
async def test_a_missing_field_is_named_and_counted(tmp_path: Path) -> None:
    outcome = await canary_of("canary-missing-field", tmp_path)
    (line,) = failed(outcome)
    assert (outcome.word, line.say, line.reason) == ("RED", "7 fields present", "missing: p95_ms")
    assert line.expected == (
        "8 fields: app, version, status, p95_ms, security_headers, security_headers.present, "
        "security_headers.missing, dependencies_ok"
    )


async def test_a_field_too_many_is_named(tmp_path: Path) -> None:
    (line,) = failed(await canary_of("canary-extra-field", tmp_path))
    assert line.reason == "not expected: build"


@pytest.mark.covers("S3-C03")
@pytest.mark.parametrize(
    ("scenario", "field", "actual"),
    [
        pytest.param("canary-dependencies", "$.dependencies_ok", "false", id="dependencies_ok is false"),
        pytest.param("canary-status", "$.status", "degraded", id="status is degraded"),
        pytest.param("canary-app", "$.app", "auto_page_maker", id="another app answers"),
    ],
)
async def test_a_wrong_field_is_red_and_named(tmp_path: Path, scenario: str, field: str, actual: str) -> None:
    outcome = await canary_of(scenario, tmp_path)
    (line,) = failed(outcome)
    assert (outcome.word, line.actual) == ("RED", actual)
    assert outcome.reason.startswith(f"{field} is {actual}, expected")


async def test_true_as_text_is_not_true(tmp_path: Path) -> None:
    types, line = failed(await canary_of("canary-types", tmp_path))
    assert types.reason == "p95_ms is a text, expected a number"
    assert (line.expected, line.actual) == ("== true", 'the text "true"')


async def test_a_field_of_another_type_is_red_and_named(tmp_path: Path) -> None:
    outcome = await canary_of("canary-p95", tmp_path)
    (line,) = failed(outcome)
    assert (outcome.word, line.actual) == ("RED", "7 of 8; p95_ms is a text, expected a number")


@pytest.mark.parametrize(
    ("body", "status", "expect", "reason"),
    [
        pytest.param({}, 200, [], "", id="an empty object is an object"),
        pytest.param([], 200, [], "not a JSON object but a list", id="a list"),
        pytest.param("ok", 200, [], "not a JSON object but a text: ok", id="a text"),
        pytest.param(None, 200, [], "not a JSON object but a null", id="null"),
        pytest.param(b"OK", 200, [], "not JSON", id="a plain word"),
        pytest.param({}, 201, [], "status is 201, expected 200", id="another success than 200"),
        pytest.param({}, 503, [{"status": 503}], "", id="the status that the playbook wants"),
    ],
)
async def test_a_canary_answers_200_with_an_object(
    tmp_path: Path, body: Any, status: int, expect: list[Any], reason: str
) -> None:
    async with Server(lambda _: reply(body, status)) as server, desk(tmp_path, {"app": server.url}) as here:
        outcome = await here.run(KIND, {"target": "app", "expect": expect})
        assert server.received[0].path == "/canary"
    assert outcome.verdict is (Verdict.FAIL if reason else Verdict.PASS)
    assert reason in outcome.reason
