"""Kind `compare`: production beside the development baseline, field by field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.checks import shipped
from tests.checks.desk import desk
from tests.checks.server import Server, reply
from warroom.checks.compare import KIND, CompareParameters
from warroom.contract import Needed, Request
from warroom.events import CheckOutcome
from warroom.runner.check_run import run_check
from warroom.simulator.simulator import Simulator
from warroom.verdict import Verdict

BASELINE: dict[str, Any] = {
    "version": "v2.7",
    "replicas": 3,
    "headers": {"present": ["hsts", "csp"], "missing": []},
    "ready": True,
}


async def compared(folder: Path, body: Any, status: int = 200, **written: Any) -> CheckOutcome:
    written = {"target": "app", "baseline": BASELINE, "of": "development"} | written
    async with Server(lambda _: reply(body, status)) as server, desk(folder, {"app": server.url}) as here:
        return await here.run(KIND, written)


def changed(**fields: Any) -> dict[str, Any]:
    return BASELINE | fields


MATCHES = [
    ("the same", BASELINE),
    (
        "more fields, and more entries of a list",
        changed(build="b7", headers={"present": ["hsts", "csp", "coop"], "missing": []}),
    ),
    ("another order", changed(headers={"present": ["csp", "hsts"], "missing": []})),
    ("a number of another spelling", changed(replicas=3.0)),
]


@pytest.mark.parametrize("body", [row[1] for row in MATCHES], ids=[row[0] for row in MATCHES])
async def test_what_matches_or_exceeds_is_green(body: Any, tmp_path: Path) -> None:
    outcome = await compared(tmp_path, body)
    assert (outcome.verdict, outcome.reason) == (Verdict.PASS, "")
    assert outcome.results[0].say == "5/5 fields match or exceed"


BEHIND = [
    ("another version", changed(version="v2.6"), "version is v2.6; development has v2.7"),
    ("another number", changed(replicas=2), "replicas is 2; development has 3"),
    ("a truth value in text", changed(ready="true"), "ready is true; development has true"),
    (
        "a field that is not there",
        {k: v for k, v in BASELINE.items() if k != "ready"},
        "ready is missing; development has true",
    ),
    (
        "an entry that is not there",
        changed(headers={"present": ["csp"], "missing": []}),
        'headers.present lacks hsts; development has ["hsts", "csp"]',
    ),
    (
        "an entry where there was none",
        changed(headers={"present": ["hsts", "csp"], "missing": ["coop"]}),
        "headers.missing holds coop; development has []",
    ),
    (
        "no list",
        changed(headers={"present": "hsts", "missing": []}),
        'headers.present is no list but hsts; development has ["hsts", "csp"]',
    ),
    (
        "no object",
        changed(headers=7),
        'headers.present is missing; development has ["hsts", "csp"]; headers.missing is missing; development has []',
    ),
    ("no JSON", b"<html>", "the answer is not JSON: HTML page"),
]


@pytest.mark.parametrize(("body", "reason"), [row[1:] for row in BEHIND], ids=[row[0] for row in BEHIND])
async def test_what_falls_behind_is_named(body: Any, reason: str, tmp_path: Path) -> None:
    outcome = await compared(tmp_path, body)
    assert (outcome.verdict, outcome.reason) == (Verdict.FAIL, reason)


async def test_an_error_page_is_not_green_whatever_it_holds(tmp_path: Path) -> None:
    outcome = await compared(tmp_path, BASELINE, 503)
    assert (outcome.verdict, outcome.reason) == (Verdict.FAIL, "status is 503, expected 2xx")


@pytest.mark.parametrize(
    ("value", "verdict", "say"),
    [
        (0, Verdict.PASS, "p95_ms: 0, <= 120ms counts (development: 0)"),
        (120, Verdict.PASS, "p95_ms: 120, <= 120ms counts (development: 0)"),
        (121, Verdict.FAIL, "p95_ms: 121, <= 120ms counts (development: 0)"),
    ],
)
async def test_a_field_is_held_against_its_condition_instead(
    value: int, verdict: Verdict, say: str, tmp_path: Path
) -> None:
    outcome = await compared(tmp_path, {"p95_ms": value}, baseline={"p95_ms": 0}, instead={"p95_ms": "<= 120ms"})
    assert outcome.verdict is verdict
    assert outcome.results[1].say.startswith(say)


WRONG = [
    (
        "a baseline of 0",
        {"baseline": {"p95_ms": 0}},
        "'p95_ms' is 0 in the baseline, with which nothing can be compared",
    ),
    ("nested, too", {"baseline": {"a": {"b": 0.0}}}, "'a.b' is 0 in the baseline"),
    (
        "a condition on nothing",
        {"instead": {"nope": "<= 1"}},
        "`instead` names 'nope', which the baseline does not have",
    ),
    ("a name with a dot", {"baseline": {"a": {"b.c": 1}}}, "'b.c' has a dot"),
    ("a baseline of nothing", {"baseline": {}}, "at least 1 item"),
    ("nobody's answer", {"target": ""}, "name either the check whose answer is judged"),
    ("two answers", {"response": "canary"}, "name either the check whose answer is judged"),
]


@pytest.mark.parametrize(("written", "said"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_compares_with_nothing_is_refused_on_loading(written: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        CompareParameters.model_validate({"target": "app", "baseline": BASELINE} | written)


@pytest.mark.covers("S3-B01")
@pytest.mark.parametrize(
    ("scenario", "behind"),
    [
        ("steady", ""),
        ("slow", "p95_ms is 1"),
        ("canary-missing-field", "p95_ms is (missing), expected <= 120ms"),
        ("canary-version", "version is v2.6; development has v2.7"),
        ("header-missing", "security_headers.present lacks permissions-policy"),
        ("canary-dependencies", "dependencies_ok is false; development has true"),
    ],
)
async def test_production_is_held_against_the_development_baseline_of_the_document(
    scenario: str, behind: str, tmp_path: Path
) -> None:
    async with Simulator(scenario) as sim, desk(tmp_path, {"app": sim.inputs["AUTO_COM_CENTER_URL"]}) as here:
        answer = await here.context.http.send(Request("app", "/canary"))
        needed = here.with_ports(needed={"canary": Needed(Verdict.PASS, "", answer)}).context
        outcome = (await run_check(shipped.check("development", sim.inputs), needed, (), mode="", attempt=1)).outcome
    says = [line.say for line in outcome.results]
    assert any(say.startswith("p95_ms: ") and "<= 120ms counts (development: 0)" in say for say in says)
    assert len(says) == 8
    assert behind in outcome.reason
    assert (outcome.verdict is Verdict.PASS) is (not behind)
