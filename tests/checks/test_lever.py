import json
from pathlib import Path
from typing import Any

import pytest

from tests.checks import shipped
from tests.checks.desk import desk, lever
from tests.checks.server import Server, closed_port, reply
from warroom.adapters.levers import Levers
from warroom.checks.lever import KIND
from warroom.contract import LeverState, Request
from warroom.events import CheckOutcome
from warroom.playbook.loaded import Lever
from warroom.runner.check_run import run_check
from warroom.simulator.simulator import Simulator
from warroom.verdict import Verdict

LEVERS = {"DISABLE_SEND": lever("DISABLE_SEND", kill_switch=True), "PROMO_SENDS": lever("PROMO_SENDS", "false")}


async def judged(folder: Path, body: Any, levers: dict[str, Lever] = LEVERS, **written: Any) -> CheckOutcome:
    async with Server(lambda _: reply(body)) as server, desk(folder, {"app": server.url}, levers=levers) as here:
        return await here.run(KIND, {"levers": list(levers), **written})


@pytest.mark.parametrize(
    ("value", "verdict", "actual"),
    [
        pytest.param("true", Verdict.PASS, "true", id="the text"),
        pytest.param(True, Verdict.PASS, "true", id="the JSON value of the same spelling"),
        pytest.param("false", Verdict.FAIL, "false", id="another text"),
        pytest.param(False, Verdict.FAIL, "false", id="another value"),
        pytest.param("True", Verdict.FAIL, "True", id="another spelling"),
        pytest.param(" true", Verdict.FAIL, "true", id="a space before it"),
        pytest.param("", Verdict.FAIL, "(empty)", id="nothing between the quotes"),
        pytest.param(None, Verdict.FAIL, "null", id="null"),
        pytest.param(1, Verdict.FAIL, "1", id="a number"),
        pytest.param(["true"], Verdict.FAIL, '["true"]', id="a list"),
    ],
)
async def test_a_lever_is_compared_letter_by_letter(
    tmp_path: Path, value: Any, verdict: Verdict, actual: str
) -> None:
    outcome = await judged(tmp_path, {"levers": {"DISABLE_SEND": value, "PROMO_SENDS": "false"}})
    assert (outcome.verdict, outcome.results[0].verdict, outcome.results[0].actual) == (verdict, verdict, actual)


async def test_a_lever_that_is_not_named_is_unknown(tmp_path: Path) -> None:
    outcome = await judged(tmp_path, {"levers": {"PROMO_SENDS": "false"}})
    assert [line.verdict for line in outcome.results] == [Verdict.ERROR, Verdict.PASS]
    assert outcome.reason == "the state does not name the kill switch DISABLE_SEND: it may be anything"
    assert dict(outcome.symptom)["kill_switch"] == "unknown"


async def test_a_kill_switch_that_deviates_is_named_loudest(tmp_path: Path) -> None:
    outcome = await judged(tmp_path, {"levers": {"DISABLE_SEND": "false", "PROMO_SENDS": "true"}})
    assert outcome.reason == ("KILL SWITCH DISABLE_SEND is false, expected true; PROMO_SENDS is true, expected false")
    assert dict(outcome.symptom) == {"DISABLE_SEND": "false", "PROMO_SENDS": "true", "kill_switch": "deviates"}
    assert outcome.measurement.value == "0/2"


@pytest.mark.parametrize(
    ("raw", "symptom"),
    [
        pytest.param(reply(b"down", 404), "unreadable", id="an error page"),
        pytest.param(reply(b"down", 503), "gateway", id="a gateway with nothing behind it"),
        pytest.param(reply(b"<html>"), "unreadable", id="not JSON"),
        pytest.param(
            reply({"levers": {"DISABLE_SEND": "true", "PROMO_SENDS": "false"}}, 500),
            "unreadable",
            id="the right levers under status 500",
        ),
        pytest.param(reply(b"", 302, [("location", "/login")]), "unreadable", id="a redirect"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "reset", id="an answer that is cut off"),
    ],
)
async def test_a_state_that_cannot_be_read_is_unknown(tmp_path: Path, raw: bytes, symptom: str) -> None:
    async with Server(lambda _: raw) as server, desk(tmp_path, {"app": server.url}, levers=LEVERS) as here:
        outcome = await here.run(KIND, {"levers": list(LEVERS)})
    assert (outcome.verdict, outcome.symptom) == (Verdict.ERROR, (("symptom", symptom),))
    assert outcome.reason


async def test_levers_in_one_answer_share_the_request_and_its_assertions(tmp_path: Path) -> None:
    body = {"mode": "dry-run", "levers": {"DISABLE_SEND": "true", "PROMO_SENDS": "false"}}
    written = {"levers": list(LEVERS), "expect": [{"json": "$.mode", "is": '== "dry-run"', "say": "Dry-run mode"}]}
    async with Server(lambda _: reply(body)) as server, desk(tmp_path, {"app": server.url}, levers=LEVERS) as here:
        findings = await here.find(KIND, written)
        assert [request.path for request in server.received] == ["/state"]
    assert [line.say for line in findings.results] == ["DISABLE_SEND=true", "PROMO_SENDS=false", "Dry-run mode"]
    assert isinstance(findings.fact, LeverState)
    assert findings.fact.of("DISABLE_SEND").as_expected


async def test_assertions_need_one_answer(tmp_path: Path) -> None:
    levers = {"A": lever("A"), "B": lever("B", target="other")}
    async with (
        Server(lambda _: reply({"levers": {"A": "true", "B": "true"}})) as server,
        desk(tmp_path, {"app": server.url, "other": server.url}, levers=levers) as here,
    ):
        outcome = await here.run(KIND, {"levers": ["A", "B"], "expect": [{"status": 200}]})
    assert outcome.verdict is Verdict.ERROR
    assert outcome.reason == "the levers were read from 2 answers, and `expect` is about one"


async def test_a_lever_can_stand_elsewhere_in_the_answer(tmp_path: Path) -> None:
    outcome = await judged(tmp_path, {"flags": [{"on": True}]}, {"A": lever("A", json="$.flags[0].on")})
    assert outcome.verdict is Verdict.PASS


async def test_a_path_with_several_values_is_unknown(tmp_path: Path) -> None:
    outcome = await judged(tmp_path, {"flags": [1, 2]}, {"A": lever("A", json="$.flags[*]")})
    assert outcome.verdict is Verdict.ERROR
    assert "gives 2 values where one is expected" in outcome.reason


async def test_an_unreachable_state_is_unknown_with_a_sentence(tmp_path: Path) -> None:
    async with desk(tmp_path, {"app": closed_port()}, levers=LEVERS) as here:
        outcome = await here.run(KIND, {"levers": list(LEVERS)})
    assert (outcome.verdict, dict(outcome.symptom)) == (Verdict.ERROR, {"symptom": "refused"})


async def shipped_check(folder: Path, name: str = "", value: str = "") -> CheckOutcome:
    """The shipped kill_switch check, with its hints, against a simulator in which the lever `name` has a `value`."""
    async with Simulator("steady") as sim, desk(folder, {"app": sim.inputs["AUTO_COM_CENTER_URL"]}) as here:
        if name:
            key = ("X-Internal-Key", sim.inputs["INTERNAL_KEY"])
            body = json.dumps({"value": value}).encode()
            put = Request("app", f"/ops/levers/{name}", method="PUT", headers=(key,), body=body)
            assert (await here.context.http.send(put)).status == 200
        playbook = shipped.playbook(sim.inputs)
        levers = Levers(playbook.levers, here.http, here.context.commands, here.context.clock)
        context = here.with_ports(levers=levers).context
        spec = playbook.checks["kill_switch"]
        judged = await run_check(spec, context, playbook.hints, mode="dry-run", attempt=1)
    return judged.outcome


@pytest.mark.covers("S3-T04")
async def test_all_four_flags_are_judged(tmp_path: Path) -> None:
    outcome = await shipped_check(tmp_path)
    assert outcome.word == "GREEN (dry-run)"
    assert [line.say for line in outcome.results] == [
        "DISABLE_SEND=true",
        "PROMO_SENDS=false",
        "RETRIES_ENABLED=true",
        "RATE_LIMIT_ENABLED=true",
        "Dry-run mode ENABLED",
        "No external sends will occur",
        "External sends so far: 0",
    ]
    assert outcome.hints == ()


@pytest.mark.covers("S3-T04")
@pytest.mark.parametrize("flag", ["PROMO_SENDS", "RETRIES_ENABLED", "RATE_LIMIT_ENABLED"])
async def test_a_deviation_is_red_and_names_the_flag(tmp_path: Path, flag: str) -> None:
    actual, wanted = ("true", "false") if flag == "PROMO_SENDS" else ("false", "true")
    outcome = await shipped_check(tmp_path, flag, actual)
    assert outcome.word == "RED"
    assert outcome.reason.startswith(f"{flag} is {actual}, expected {wanted}")
    assert [line.say for line in outcome.results if line.verdict is Verdict.FAIL] == [f"{flag}={actual}"]
    assert not any(hint.severity == "critical" for hint in outcome.hints)


@pytest.mark.covers("S3-T04")
async def test_a_kill_switch_that_is_off_asks_for_an_immediate_rollback(tmp_path: Path) -> None:
    outcome = await shipped_check(tmp_path, "DISABLE_SEND", "false")
    assert outcome.word == "RED"
    assert outcome.reason.startswith("KILL SWITCH DISABLE_SEND is false")
    assert [line.say for line in outcome.results if line.verdict is Verdict.FAIL][:1] == ["DISABLE_SEND=false"]
    assert [hint.severity for hint in outcome.hints] == ["critical"]
    assert "IMMEDIATE ROLLBACK" in outcome.hints[0].fix
