"""The kind `jwks` against real servers."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.checks.auth import JWKS_TOLERANCE, launch
from tests.checks.server import Received, Server, closed_port, reply
from tests.jose import mint
from warroom.checks import jwks
from warroom.events import CheckOutcome
from warroom.verdict import Verdict

RSA = mint.private_key("RSA 2048")
SET = {"keys": [mint.jwk(RSA, alg="RS256")]}
HTML = b"<!doctype html><html><title>Sign in</title></html>"


def inputs(server: str, **more: str) -> dict[str, str]:
    return {
        "AUTO_COM_CENTER_URL": server,
        "SCHOLAR_AUTH_JWKS_URL": f"{server}/keys",
        "M2M_TOKEN_URL": f"{server}/token",
        "GATE1_URL": f"{server}/gate",
        "M2M_CLIENT_ID": "client",
        "M2M_CLIENT_SECRET": "a secret of some length",
        "M2M_ISSUER": mint.ISSUER,
        "M2M_AUDIENCE": mint.AUDIENCE,
        **more,
    }


async def judged(
    folder: Path, answer: bytes | None, gate: str = "green", redacts: str = ""
) -> tuple[CheckOutcome, Server, str]:
    """The outcome, the server and the evidence, for a key set answered so while the gate is so. Afterwards the text
    `redacts` is known as a secret."""

    def serve(request: Received) -> bytes | None:
        if request.path == "/gate":
            return reply({"state": gate}) if gate != "unknown" else reply({}, 500)
        return answer

    async with Server(serve) as server, launch(folder, inputs(server.url)) as run:
        outcome = await run.jwks()
        assert not redacts or run.desk.redactor(redacts) == "[LEAKED_KEY]"
        return outcome, server, run.desk.kept()


MATRIX = [
    pytest.param(gate, status, expected, id=f"gate {gate}, JWKS {status}: {expected}")
    for gate, row in {
        "green": ["pass", "fail", "fail", "fail", "fail"],
        "red": ["warn", "degraded", "degraded", "degraded", "fail"],
        "unknown": ["pass", "fail", "fail", "fail", "fail"],
    }.items()
    for status, expected in zip((200, 308, 404, 500, 503), row, strict=True)
]


@pytest.mark.covers("S3-C06")
@pytest.mark.parametrize(("gate", "status", "expected"), MATRIX)
async def test_gate_and_answer(tmp_path: Path, gate: str, status: int, expected: str) -> None:
    answer = reply(SET, status, [("Location", "/elsewhere")] if status == 308 else [])
    outcome, server, _ = await judged(tmp_path, answer, gate)
    assert outcome.verdict == expected
    assert dict(outcome.symptom)["status"] == str(status)
    assert (
        outcome.word
        == {
            "pass": "GREEN (dry-run)",
            "warn": "YELLOW",
            "degraded": "DEGRADED - pending Gate 1",
            "fail": "RED",
        }[expected]
    )
    assert sorted(request.path for request in server.received) == ["/gate", "/keys"]


async def test_a_private_key_is_not_excused_by_a_gate_that_is_red(tmp_path: Path) -> None:
    outcome, _, _ = await judged(tmp_path, reply({"keys": [mint.leaked(RSA)]}), gate="red")
    assert outcome.verdict is Verdict.FAIL


async def test_a_private_key_is_the_first_line_and_its_value_is_nowhere(tmp_path: Path) -> None:
    key = mint.leaked(RSA)
    outcome, _, kept = await judged(tmp_path, reply({"keys": [key]}), redacts=key["d"])
    assert outcome.results[0].say.startswith("PRIVATE KEY PUBLISHED")
    assert outcome.reason.startswith("PRIVATE KEY PUBLISHED")
    for name in ("d", "p", "q"):
        assert key[name] not in kept + repr(outcome)
    assert key["n"] in kept


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(reply(HTML), 'answered 200, but the answer is not JSON: HTML page "Sign in"', id="HTML at 200"),
        pytest.param(reply(b""), "it is empty", id="nothing at 200"),
        pytest.param(reply(b'{"keys": [], "keys": []}'), '"keys" stands twice', id="two lists of keys"),
        pytest.param(reply(b'{"keys": [NaN]}'), "NaN is not a JSON number", id="NaN"),
        pytest.param(reply({"keys": []}), "the set is empty", id="no keys"),
        pytest.param(reply({"error": "x"}), "not a JWK set: no list 'keys'", id="another object"),
        pytest.param(reply([]), "not a JWK set: a list", id="a list"),
        pytest.param(reply({"keys": [mint.jwk(mint.private_key("RSA 1024"))]}), "RSA 1,024 bits", id="RSA 1024"),
        pytest.param(reply({"keys": [mint.jwk(RSA)] * 2}), "shares its kid", id="equal kids"),
        pytest.param(reply({"keys": [mint.jwk(RSA, use="enc")]}), "none can verify", id="use enc"),
        pytest.param(reply({"keys": [mint.jwk(RSA, alg="none")]}), "names the algorithm none", id="alg none"),
        pytest.param(
            reply({"keys": [{"kty": "oct", "k": mint.b64(b"0" * 32)}]}), "SYMMETRIC KEY PUBLISHED", id="an oct key"
        ),
        pytest.param(
            reply(SET, 308, [("Location", "https://auth.example/keys\x1b[31m")]),
            "answered 308, expected 200 (redirects are not followed; this one leads to https://auth.example/keys\\",
            id="308",
        ),
        pytest.param(reply(SET, 201), "answered 201, expected 200", id="another success"),
    ],
)
async def test_an_answer_that_is_no_good_key_set_fails(tmp_path: Path, answer: bytes, reason: str) -> None:
    outcome, server, _ = await judged(tmp_path, answer)
    assert outcome.verdict is Verdict.FAIL
    assert reason in outcome.reason
    assert outcome.reason.isprintable()
    assert [request.path for request in server.received].count("/keys") == 1


async def test_the_lines_of_a_good_set(tmp_path: Path) -> None:
    outcome, _, kept = await judged(tmp_path, reply(SET))
    assert [line.say for line in outcome.results] == [
        "Key set: status 200",
        "1 key to verify signatures with",
        'key "k1": RSA 2,048 bits, RS256',
    ]
    assert outcome.measurement.n == 1
    assert outcome.evidence == ("check/key_set.json",)
    assert '"kid": "k1"' in kept.replace('\\"', '"')
    assert re.match(r"curl -i .* http://127.0.0.1:\d+/keys$", outcome.reproduce)


@pytest.fixture
async def nowhere(tmp_path: Path) -> AsyncIterator[CheckOutcome]:
    async with launch(tmp_path, inputs(closed_port())) as run:
        yield await run.jwks()


async def test_a_server_that_is_not_there_is_an_error_and_not_a_failure(nowhere: CheckOutcome) -> None:
    assert nowhere.verdict is Verdict.ERROR
    assert dict(nowhere.symptom) == {"symptom": "refused", "gate1": "unknown"}


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        pytest.param({"algorithms": ["HS256"]}, "not an algorithm that a key set may be used with", id="HS256"),
        pytest.param({"algorithms": ["none"]}, "not an algorithm that a key set may be used with", id="none"),
        pytest.param({"algorithms": ["RS265"]}, "did you mean 'RS256'?", id="a slip of the pen"),
        pytest.param({"algorithms": []}, "at least 1", id="no algorithm at all"),
        pytest.param({"min_rsa_bits": 1024}, "greater than or equal to 2048", id="shorter keys"),
        pytest.param({"url": "http://x"}, "not permitted", id="an unknown key"),
    ],
)
def test_a_playbook_cannot_weaken_it(written: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        jwks.KIND.params.model_validate({"target": "jwks", **written})
    assert problem in caught.value.errors()[0]["msg"]


def test_the_tolerance_under_test_is_that_of_the_document() -> None:
    assert JWKS_TOLERANCE.expect == {"status": ("308", "404", "500")}
