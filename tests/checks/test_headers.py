from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.checks import shipped
from tests.checks.desk import desk
from tests.checks.server import Server, reply
from warroom.checks.headers import KIND, HeadersParameters
from warroom.contract import Needed, Request, Response
from warroom.events import CheckOutcome
from warroom.runner.check_run import run_check
from warroom.simulator.simulator import Simulator
from warroom.verdict import Verdict

GOOD = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "content-security-policy": "default-src 'self'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "geolocation=()",
}
SIX = list(GOOD)


async def judged(folder: Path, sent: list[tuple[str, str]], body: Any = b"", **written: Any) -> CheckOutcome:
    """The outcome for an answer with those headers."""
    written.setdefault("headers", SIX)
    async with Server(lambda _: reply(body, headers=sent)) as server, desk(folder, {"app": server.url}) as here:
        return await here.run(KIND, {"target": "app", **written})


def without(name: str) -> list[tuple[str, str]]:
    return [(key, value) for key, value in GOOD.items() if key != name]


async def test_six_of_six_are_green(tmp_path: Path) -> None:
    outcome = await judged(tmp_path, list(GOOD.items()), say="security_headers: {count}/{total} present")
    assert outcome.verdict is Verdict.PASS
    assert outcome.results[0].say == "security_headers: 6/6 present"
    assert outcome.measurement.value == 6
    assert len(outcome.results) == 7


@pytest.mark.parametrize("name", SIX)
async def test_a_missing_one_is_named(tmp_path: Path, name: str) -> None:
    outcome = await judged(tmp_path, without(name))
    assert outcome.verdict is Verdict.FAIL
    assert outcome.results[0].say == "5/6 headers as expected"
    assert outcome.reason == f"{name} is missing"
    assert dict(outcome.symptom)["missing"] == name


@pytest.mark.parametrize("name", SIX)
async def test_a_double_one_fails_even_when_both_are_alike(tmp_path: Path, name: str) -> None:
    outcome = await judged(tmp_path, [*GOOD.items(), (name.upper(), GOOD[name])])
    assert outcome.verdict is Verdict.FAIL
    assert outcome.reason.startswith(f"{name} was sent 2 times")


@pytest.mark.parametrize("name", SIX)
async def test_an_empty_one_fails(tmp_path: Path, name: str) -> None:
    outcome = await judged(tmp_path, [*without(name), (name, "")])
    assert f"{name} does not protect: it is empty" in outcome.reason


async def test_a_policy_that_only_reports_is_none(tmp_path: Path) -> None:
    name = "content-security-policy"
    outcome = await judged(tmp_path, [*without(name), (f"{name}-report-only", GOOD[name])])
    assert outcome.reason == f"{name} is missing: {name}-report-only reports and protects nothing"


async def test_a_policy_that_reports_beside_one_that_protects_is_fine(tmp_path: Path) -> None:
    outcome = await judged(tmp_path, [*GOOD.items(), ("content-security-policy-report-only", "default-src 'none'")])
    assert outcome.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        pytest.param('== "DENY"', Verdict.PASS, id="the value that the playbook wants"),
        pytest.param('== "SAMEORIGIN"', Verdict.FAIL, id="another value, though it would protect"),
        pytest.param("absent", Verdict.FAIL, id="one that must not be sent is"),
        pytest.param(None, Verdict.PASS, id="the header's own rule"),
    ],
)
async def test_a_condition_takes_the_place_of_the_rule(
    tmp_path: Path, condition: str | None, verdict: Verdict
) -> None:
    outcome = await judged(tmp_path, [("X-Frame-Options", "DENY")], headers={"x-frame-options": condition})
    assert outcome.verdict is verdict


async def test_a_header_that_must_not_be_sent_is_not(tmp_path: Path) -> None:
    outcome = await judged(tmp_path, [], headers={"server": "absent"})
    assert outcome.verdict is Verdict.PASS


async def test_headers_of_an_error_page_are_not_green(tmp_path: Path) -> None:
    raw = reply(b"", 503, list(GOOD.items()))
    async with Server(lambda _: raw) as server, desk(tmp_path, {"app": server.url}) as here:
        outcome = await here.run(KIND, {"target": "app", "headers": SIX})
    assert (outcome.verdict, outcome.reason) == (Verdict.FAIL, "status is 503, expected 2xx")


async def test_headers_of_another_checks_error_page_are_not_green(tmp_path: Path) -> None:
    raw = reply(b"", 503, list(GOOD.items()))
    async with Server(lambda _: raw) as server, desk(tmp_path, {"app": server.url}) as here:
        page = await here.context.http.send(Request("app"))
        canary = Needed(Verdict.FAIL, "status is 503", page)
        outcome = await here.with_ports(needed={"canary": canary}).run(KIND, {"response": "canary", "headers": SIX})
    assert (outcome.verdict, outcome.reason) == (Verdict.FAIL, "status is 503, expected 2xx")
    assert dict(outcome.symptom)["status"] == "503"


LISTED = {"present": "$.present", "missing": "$.missing"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param({"present": SIX, "missing": []}, "", id="the list is right"),
        pytest.param({"present": [name.upper() for name in SIX], "missing": []}, "", id="in capital letters too"),
        pytest.param(
            {"present": [*SIX, "expect-ct"], "missing": []},
            "it claims expect-ct, which it does not send",
            id="too many",
        ),
        pytest.param(
            {"present": SIX[1:], "missing": []}, f"it sends {SIX[0]}, which it does not list", id="one not listed"
        ),
        pytest.param(
            {"present": SIX, "missing": [SIX[0]]}, f"it lists {SIX[0]} as missing, which it sends", id="both lists"
        ),
        pytest.param(
            {"present": SIX, "missing": ["expect-ct"]}, "it lists expect-ct as missing", id="one missed by the app"
        ),
        pytest.param({"present": "all", "missing": []}, "$.present is not a list of names: all", id="not a list"),
        pytest.param({"present": [1], "missing": []}, "$.present is not a list of names: [1]", id="not names"),
        pytest.param({"missing": []}, "$.present is not a list of names: (missing)", id="no list"),
        pytest.param(b"<html>", "the answer is not JSON", id="no JSON"),
    ],
)
async def test_the_answers_own_list_is_compared(tmp_path: Path, body: Any, reason: str) -> None:
    outcome = await judged(tmp_path, list(GOOD.items()), body, listed=LISTED)
    assert outcome.verdict is (Verdict.FAIL if reason else Verdict.PASS)
    assert reason in outcome.reason
    assert outcome.results[0].say == "6/6 headers as expected"


async def test_a_claim_about_a_header_that_is_not_sent_is_named(tmp_path: Path) -> None:
    outcome = await judged(tmp_path, without(SIX[0]), {"present": SIX, "missing": []}, listed=LISTED)
    assert outcome.reason == f"{SIX[0]} is missing; it claims {SIX[0]}, which it does not send"


async def shipped_check(scenario: str, folder: Path) -> tuple[CheckOutcome, int]:
    """The shipped check against a simulator, on the answer of the shipped canary, and how many requests were made."""
    async with Simulator(scenario) as sim, desk(folder, {"app": sim.inputs["AUTO_COM_CENTER_URL"]}) as here:
        canary, spec = shipped.check("canary", sim.inputs), shipped.check("security_headers", sim.inputs)
        first = await run_check(canary, here.context, (), mode="", attempt=1)
        needed = {"canary": Needed(first.outcome.verdict, "", first.fact)}
        found = await run_check(spec, here.with_ports(needed=needed).context, (), mode="", attempt=1)
        return found.outcome, len(sim.requests)


async def test_the_headers_of_the_canary_are_six_of_six_without_a_request(tmp_path: Path) -> None:
    outcome, requests = await shipped_check("steady", tmp_path)
    assert (outcome.word, outcome.results[0].say, requests) == ("GREEN", "security_headers: 6/6 present", 1)
    assert [line.verdict for line in outcome.results[-1:]] == [Verdict.PASS]


async def test_to_reproduce_it_the_request_of_the_other_check_is_repeated_as_it_was(tmp_path: Path) -> None:
    raw = reply(b"", headers=list(GOOD.items()))
    async with Server(lambda _: raw) as server, desk(tmp_path, {"app": server.url}) as here:
        request = Request("app", "/x", method="POST", headers=(("X-Tenant", "a"),), body=b"{}", timeout_s=3)
        answer = Needed(Verdict.PASS, "", await here.context.http.send(request))
        outcome = await here.with_ports(needed={"other": answer}).run(KIND, {"response": "other", "headers": SIX})
        assert outcome.reproduce == here.context.http.curl_of(request)
    assert "-H 'X-Tenant: a'" in outcome.reproduce
    assert "--data-binary '{}'" in outcome.reproduce


async def test_five_of_six_is_red_and_names_the_missing_one(tmp_path: Path) -> None:
    outcome, _ = await shipped_check("header-missing", tmp_path)
    assert (outcome.word, outcome.results[0].say) == ("RED", "security_headers: 5/6 present")
    assert "permissions-policy is missing" in outcome.reason
    assert "it lists permissions-policy as missing" in outcome.reason


async def test_weak_values_are_named_one_by_one(tmp_path: Path) -> None:
    outcome, _ = await shipped_check("header-weak", tmp_path)
    assert outcome.results[0].say == "security_headers: 3/6 present"
    for reason in ("max-age=0 switches it off", "report-only reports and protects nothing", "'ALLOWALL'"):
        assert reason in outcome.reason


async def test_without_the_other_checks_answer_nothing_is_judged(tmp_path: Path) -> None:
    needed = {"canary": Needed(Verdict.ERROR, "connection refused", None)}
    async with desk(tmp_path, {}, needed=needed) as here:
        outcome = await here.run(KIND, {"response": "canary", "headers": SIX})
    assert (outcome.verdict, dict(outcome.symptom)) == (Verdict.ERROR, {"symptom": "needs"})
    assert "connection refused" in outcome.reason


def test_it_needs_the_answer_that_it_judges() -> None:
    params = HeadersParameters.model_validate({"response": "canary", "headers": SIX})
    assert dict(KIND.needs(params)) == {"canary": Response}
    assert KIND.targets(params) == ()


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param({"headers": SIX}, "either the check", id="neither an answer nor a target"),
        pytest.param({"headers": SIX, "response": "a", "target": "b"}, "either the check", id="both"),
        pytest.param({"headers": SIX, "response": "a", "path": "/b"}, "`path` goes with", id="a path for nothing"),
        pytest.param({"headers": [], "target": "b"}, "a list of names", id="no header"),
        pytest.param({"headers": "a", "target": "b"}, "a list of names", id="one name"),
        pytest.param({"headers": ["a b"], "target": "b"}, "cannot be the name", id="not a name"),
        pytest.param({"headers": ["a", "A"], "target": "b"}, "'a' is named twice", id="the same in capitals"),
        pytest.param({"headers": {"a": "DENY"}, "target": "b"}, "not a condition", id="a value for a condition"),
        pytest.param({"headers": {"a": 1}, "target": "b"}, "are text", id="a number for a condition"),
        pytest.param(
            {"headers": ["a"], "target": "b", "say": "{n}"}, "{n} is not known", id="an unknown name in say"
        ),
    ],
)
def test_a_mistake_is_named_when_the_playbook_is_loaded(written: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        HeadersParameters.model_validate(written)
