from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.checks.desk import desk
from tests.checks.server import Received, Server, closed_port, reply
from warroom.checks.http import KIND, HttpParameters
from warroom.contract import Response
from warroom.verdict import Verdict


def serve(raw: bytes) -> Server:
    return Server(lambda _: raw)


def echo(request: Received) -> bytes:
    return reply({"method": request.method, "path": request.path, "body": request.body.decode()})


@pytest.mark.parametrize(
    ("status", "expect", "verdict", "said"),
    [
        pytest.param(200, [], Verdict.PASS, ["status 200"], id="200 where nothing is asserted"),
        pytest.param(204, [], Verdict.PASS, ["status 204"], id="any 2xx will do"),
        pytest.param(404, [], Verdict.FAIL, ["status 404"], id="404 where nothing is asserted"),
        pytest.param(404, [{"status": 404}], Verdict.PASS, ["status 404"], id="404 where it is asserted"),
        pytest.param(
            200, [{"status": [401, 403]}], Verdict.FAIL, ["status 200"], id="200 where a refusal is asserted"
        ),
        pytest.param(
            200, [{"json": "$.a", "is": "== 1"}], Verdict.PASS, ["$.a: 1"], id="a status that holds is not in the way"
        ),
        pytest.param(
            500,
            [{"json": "$.a", "is": "== 1"}],
            Verdict.FAIL,
            ["status 500", "$.a: 1"],
            id="a right body under a wrong status fails",
        ),
        pytest.param(
            200,
            [{"json": "$.a", "is": "== 2", "required": False}],
            Verdict.PASS,
            ["status 200", "$.a: 1"],
            id="optional lines alone do not decide",
        ),
    ],
)
async def test_status_and_assertions(
    tmp_path: Path, status: int, expect: list[Any], verdict: Verdict, said: list[str]
) -> None:
    raw = reply({"a": 1} if status != 204 else b"", status)
    async with serve(raw) as server, desk(tmp_path, {"app": server.url}) as here:
        outcome = await here.run(KIND, {"target": "app", "path": "/x", "expect": expect})
    assert outcome.verdict is verdict
    assert [line.say for line in outcome.results] == said
    assert outcome.symptom == (("status", str(status)),)


async def test_what_is_sent_is_what_the_playbook_says(tmp_path: Path) -> None:
    written = {"target": "app", "path": "/a?b=c", "method": "PUT", "headers": {"X-Trace": "1"}, "json": {"on": True}}
    async with Server(echo) as server, desk(tmp_path, {"app": server.url + "/base"}) as here:
        findings = await here.find(KIND, written)
    (request,) = server.received
    assert (request.method, request.path, request.body) == ("PUT", "/base/a?b=c", b'{"on": true}')
    assert (request.headers["x-trace"], request.headers["content-type"]) == ("1", "application/json")
    assert isinstance(findings.fact, Response)
    assert findings.fact.status == 200


async def test_a_body_is_sent_as_it_is(tmp_path: Path) -> None:
    written = {"target": "app", "method": "POST", "body": "a=1", "headers": {"content-type": "text/plain"}}
    async with Server(echo) as server, desk(tmp_path, {"app": server.url}) as here:
        await here.find(KIND, written)
    assert (server.received[0].body, server.received[0].headers["content-type"]) == (b"a=1", "text/plain")


async def test_the_answer_is_kept_and_can_be_had_again(tmp_path: Path) -> None:
    async with serve(reply({"a": 1})) as server, desk(tmp_path, {"app": server.url}) as here:
        outcome = await here.run(KIND, {"target": "app", "path": "/x"})
        kept = here.kept()
    assert outcome.evidence == ("check/answer.json",)
    assert '{\\"a\\": 1}' in kept
    assert outcome.reproduce.startswith("curl ")
    assert f"{server.url}/x" in outcome.reproduce


async def test_a_redirect_is_not_followed_and_says_where_it_leads(tmp_path: Path) -> None:
    raw = reply(b"", 308, [("Location", "https://elsewhere.example/jwks")])
    async with serve(raw) as server, desk(tmp_path, {"app": server.url}) as here:
        outcome = await here.run(KIND, {"target": "app"})
    assert (outcome.verdict, len(server.received)) == (Verdict.FAIL, 1)
    assert "redirects are not followed; this one leads to https://elsewhere.example/jwks" in outcome.reason


async def test_an_assertion_that_fails_is_not_tried_again(tmp_path: Path) -> None:
    async with serve(reply(b"", 503)) as server, desk(tmp_path, {"app": server.url}) as here:
        outcome = await here.run(KIND, {"target": "app", "attempts": 3})
    assert (outcome.verdict, len(server.received)) == (Verdict.FAIL, 1)


async def test_an_unreachable_service_is_unknown_with_a_sentence(tmp_path: Path) -> None:
    async with desk(tmp_path, {"app": closed_port()}) as here:
        outcome = await here.run(KIND, {"target": "app"})
    assert (outcome.verdict, outcome.symptom) == (Verdict.ERROR, (("symptom", "refused"),))
    assert "refused" in outcome.reason


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param({}, "Field required", id="no target"),
        pytest.param({"target": "app", "body": "a", "json": {}}, "not both", id="two bodies"),
        pytest.param({"target": "app", "method": "FETCH"}, "'GET'", id="an unknown method"),
        pytest.param({"target": "app", "method": "get"}, "'GET'", id="a method in small letters"),
        pytest.param(
            {"target": "app", "method": "POST", "attempts": 2}, "needs an Idempotency-Key", id="a POST sent twice"
        ),
        pytest.param({"target": "app", "attempts": 0}, "greater than or equal to 1", id="no attempt"),
        pytest.param({"target": "app", "headers": {"X Y": "1"}}, "cannot be the name", id="a name with a space"),
        pytest.param({"target": "app", "headers": {"X": "a\r\nY: b"}}, "line ends", id="a header smuggled in"),
        pytest.param({"target": "app", "request_timeout": "0s"}, "at least 10ms", id="no time"),
        pytest.param({"target": "app", "request_timeout": 10}, "such as 30s", id="a time without unit"),
    ],
)
def test_a_mistake_is_named_when_the_playbook_is_loaded(written: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        HttpParameters.model_validate(written)


def test_a_keyed_post_may_be_tried_again() -> None:
    written = {"target": "app", "method": "POST", "attempts": 2, "headers": {"idempotency-key": "k"}}
    assert HttpParameters.model_validate(written).request().attempts == 2
