"""The kind `oauth2` against real servers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.checks.auth import launch, said
from tests.checks.server import Received, Server, closed_port, reply
from tests.checks.test_jwks import inputs
from tests.jose import mint
from warroom.clock import VirtualClock
from warroom.events import CheckOutcome
from warroom.jose import AccessToken
from warroom.redact import Redactor
from warroom.verdict import Verdict

RSA = mint.private_key("RSA 2048")
KEYS = {"keys": [mint.jwk(RSA, alg="RS256")]}
GOOD = mint.token()
OPAQUE = "opaque-token-0123456789-abcdefghijklmnop"


def issued(token: str = GOOD, **members: Any) -> dict[str, Any]:
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": 300} | members
    return {name: value for name, value in answer.items() if value is not None}


@dataclass
class Judged:
    """The outcome of the m2m check, what it asked, and everything that was kept or shown."""

    outcome: CheckOutcome
    fact: AccessToken | None
    asked: list[Received]
    shown: str
    redact: Redactor


async def judge(
    folder: Path,
    answer: bytes | None,
    *,
    gate: str = "green",
    published: Mapping[str, Any] | bytes = KEYS,
    secret: str = "a secret of some length",
    target: Mapping[str, str] | None = None,
    client_id: str = "client",
    **written: Any,
) -> Judged:
    """The m2m check for a token endpoint that answers so, at the time of the tokens in `mint`."""

    def serve(request: Received) -> bytes | None:
        if request.path == "/gate":
            return reply({"state": gate}) if gate != "unknown" else reply({}, 500)
        if request.path == "/keys":
            return published if isinstance(published, bytes) else reply(dict(published))
        return answer

    async with Server(serve) as server:
        given = inputs(server.url, M2M_CLIENT_SECRET=secret, M2M_CLIENT_ID=client_id)
        async with launch(folder, given) as run:
            run.retarget("token", **(target or {}))
            await run.jwks()
            run.desk = run.desk.with_ports(clock=VirtualClock(mint.NOW))
            outcome = await run.m2m(**written)
            asked = [request for request in server.received if request.path == "/token"]
            run.desk.store.finish()
            return Judged(outcome, run.needed["m2m"].fact, asked, run.desk.kept() + repr(outcome), run.desk.redactor)


MATRIX = [
    pytest.param(gate, status, expected, id=f"gate {gate}, token endpoint {status}: {expected}")
    for gate, row in {
        "green": ["pass", "fail", "fail", "fail"],
        "red": ["warn", "blocked", "blocked", "fail"],
        "unknown": ["pass", "fail", "fail", "fail"],
    }.items()
    for status, expected in zip((200, 401, 403, 500), row, strict=True)
]


@pytest.mark.covers("S3-C07")
@pytest.mark.parametrize(("gate", "status", "expected"), MATRIX)
async def test_gate_and_answer(tmp_path: Path, gate: str, status: int, expected: str) -> None:
    body = issued() if status == 200 else {"error": "invalid_client"}
    found = await judge(tmp_path, reply(body, status), gate=gate)
    assert found.outcome.verdict == expected
    assert dict(found.outcome.symptom)["status"] == str(status)
    assert (
        found.outcome.word
        == {
            "pass": "GREEN (dry-run)",
            "warn": "YELLOW",
            "blocked": "BLOCKED - pending Gate 1",
            "fail": "RED",
        }[expected]
    )
    assert len(found.asked) == 1
    for part in (GOOD, GOOD.rpartition(".")[2]):
        assert part not in found.shown


async def test_the_lines_of_a_good_token(tmp_path: Path) -> None:
    found = await judge(tmp_path, reply(issued()), scope=mint.SCOPE)
    assert said(found.outcome) == [
        ("pass", "Token acquired"),
        ("pass", "token_type: Bearer"),
        ("pass", "expires_in: 300s"),
        ("pass", 'Signature: RS256 with key "k1"'),
        ("pass", "iss: https://auth.example"),
        ("pass", "aud: auto_com_center"),
        ("pass", "exp: valid for 5m"),
        ("pass", "nbf: has begun"),
        ("pass", "iat: issued now"),
        ("pass", "scope: events:write"),
    ]
    assert found.fact is not None
    assert found.fact.value == GOOD
    assert GOOD not in repr(found.fact)


async def test_the_evidence_holds_header_and_claims_and_never_the_token(tmp_path: Path) -> None:
    found = await judge(tmp_path, reply(issued()))
    assert found.outcome.evidence == ("check/token.json", "check/token_claims.json")
    assert '"kid": "k1"' in found.shown
    assert '"iss": "https://auth.example"' in found.shown
    for secret in (GOOD, *GOOD.split(".")[1:], "a secret of some length", "a+secret+of+some+length"):
        assert secret not in found.shown


@pytest.mark.parametrize(
    ("answer", "symptom", "reason"),
    [
        pytest.param(
            reply({"error": "invalid_client", "error_description": "x"}, 401),
            {"status": "401", "error": "invalid_client"},
            "the token endpoint answered 401 invalid_client, expected 200",
            id="401 with its error code",
        ),
        pytest.param(
            reply({"error": "\x1b[31mred"}, 401),
            {"status": "401"},
            "answered 401, expected 200",
            id="a hostile error code",
        ),
        pytest.param(
            reply({"error": ["x"]}, 400), {"status": "400"}, "answered 400, expected 200", id="a list of codes"
        ),
        pytest.param(
            reply(b"<html><title>Proxy error</title>", 502),
            {"status": "502", "symptom": "gateway"},
            "answered 502, expected 200",
            id="HTML at 502",
        ),
        pytest.param(
            reply(b"<html><title>Sign in</title></html>"), {"status": "200"}, 'HTML page "Sign in"', id="HTML at 200"
        ),
        pytest.param(
            reply(b"", 307, [("Location", "https://auth.example/token")]),
            {"status": "307"},
            "redirects are not followed; this one leads to https://auth.example/token",
            id="a redirect, which would carry the secret along",
        ),
        pytest.param(reply(b'{"access_token": NaN}'), {"status": "200"}, "are not JSON", id="NaN"),
        pytest.param(
            reply(b'{"access_token": "a", "access_token": "b"}'), {"status": "200"}, "are not JSON", id="two tokens"
        ),
        pytest.param(reply([issued()]), {"status": "200"}, "with no object", id="a list"),
        pytest.param(reply(issued(access_token=None)), {"status": "200"}, "has no access_token", id="no token"),
        pytest.param(
            reply({"error": "slow_down"}),
            {"status": "200", "error": "slow_down"},
            "has no access_token (error slow_down)",
            id="an error at 200",
        ),
        pytest.param(reply(issued("")), {"status": "200"}, "one that no header can carry", id="an empty token"),
        pytest.param(
            reply(issued("a b\r\nX-Admin: 1")),
            {"status": "200"},
            "one that no header can carry",
            id="a token with a line end",
        ),
        pytest.param(
            reply(issued(token_type="DPoP")), {"status": "200"}, "token_type is DPoP, expected Bearer", id="DPoP"
        ),
        pytest.param(
            reply(issued(token_type=None)),
            {"status": "200"},
            "token_type is (missing), expected Bearer",
            id="no token_type",
        ),
        pytest.param(reply(issued(expires_in=0)), {"status": "200"}, "expires_in is 0", id="expires_in 0"),
        pytest.param(reply(issued(expires_in=-300)), {"status": "200"}, "expires_in is -300", id="expires_in -300"),
        pytest.param(reply(issued(expires_in=True)), {"status": "200"}, "expires_in is true", id="expires_in true"),
        pytest.param(
            reply(issued(expires_in=10**12)), {"status": "200"}, "expires_in is 10000", id="expires_in 31,000 years"
        ),
        pytest.param(reply(issued(expires_in="soon")), {"status": "200"}, "expires_in is soon", id="expires_in soon"),
    ],
)
async def test_an_answer_without_a_usable_token_fails(
    tmp_path: Path, answer: bytes, symptom: dict[str, str], reason: str
) -> None:
    found = await judge(tmp_path, answer)
    assert found.outcome.verdict is Verdict.FAIL
    assert dict(found.outcome.symptom) == symptom | {"gate1": "green"}
    assert reason in found.outcome.reason
    assert found.outcome.reason.isprintable()
    assert found.fact is None
    assert len(found.asked) == 1


async def test_an_expires_in_that_is_text_is_a_warning(tmp_path: Path) -> None:
    found = await judge(tmp_path, reply(issued(expires_in="300")))
    assert found.outcome.verdict is Verdict.WARN
    assert 'expires_in is the text "300"' in found.outcome.reason


async def test_an_expires_in_that_is_not_given_is_said(tmp_path: Path) -> None:
    found = await judge(tmp_path, reply(issued(expires_in=None)))
    assert found.outcome.verdict is Verdict.PASS
    assert ("skipped", "expires_in: not given") in said(found.outcome)


ATTACKER = mint.private_key("RSA 2048", which=2)


@pytest.mark.parametrize(
    ("token", "violation"),
    [
        pytest.param(
            mint.token({"exp": mint.CLAIMS["iat"] - 31, "iat": mint.CLAIMS["iat"] - 99}), "expired", id="expired"
        ),
        pytest.param(mint.token({"nbf": mint.CLAIMS["exp"]}), "not_yet_valid", id="not valid yet"),
        pytest.param(mint.token({"iss": "https://evil.example"}), "iss", id="wrong iss"),
        pytest.param(mint.token({"aud": "another"}), "aud", id="wrong aud"),
        pytest.param(mint.token(without="exp"), "exp_missing", id="no exp"),
        pytest.param(mint.unsigned(), "alg_none", id="alg none"),
        pytest.param(
            mint.with_public_key_as_secret(mint.public_pem(RSA)), "alg_symmetric", id="HS256 with the public key"
        ),
        pytest.param(
            mint.token(header={"jwk": mint.jwk(ATTACKER)}, key=ATTACKER), "signature", id="jwk in the header"
        ),
        pytest.param(mint.token(header={"crit": ["x"], "x": 1}), "crit", id="an unknown crit"),
        pytest.param(mint.token(key=ATTACKER), "signature", id="another key"),
        pytest.param("A" * 500_000, "too_large", id="half a megabyte"),
        pytest.param(OPAQUE, "segments", id="opaque, although a JWT is wanted"),
    ],
)
async def test_a_token_that_breaks_a_rule_fails_and_is_used_for_nothing(
    tmp_path: Path, token: str, violation: str
) -> None:
    found = await judge(tmp_path, reply(issued(token)))
    assert found.outcome.verdict is Verdict.FAIL
    assert dict(found.outcome.symptom)["token"] == violation
    assert found.fact is None
    assert token not in found.shown


async def test_a_body_of_5_mb_is_not_read_to_its_end(tmp_path: Path) -> None:
    found = await judge(tmp_path, reply(issued("A" * 5_000_000)))
    assert found.outcome.verdict is Verdict.ERROR
    assert dict(found.outcome.symptom) == {"symptom": "too_large", "gate1": "green"}
    assert found.fact is None


@pytest.mark.parametrize("member", ["jku", "jwk", "x5u", "x5c", "crit"])
async def test_a_rightly_signed_token_that_brings_its_own_proof_fails_and_nothing_is_fetched(
    tmp_path: Path, member: str
) -> None:
    async with Server(lambda _: reply({"keys": [mint.jwk(RSA)]})) as other:
        value = {"jwk": mint.jwk(RSA), "x5c": ["MIIC"], "crit": ["exp"]}.get(member, f"{other.url}/keys")
        found = await judge(tmp_path, reply(issued(mint.token(header={member: value}))))
        assert found.outcome.verdict is Verdict.FAIL
        assert dict(found.outcome.symptom)["token"] == member
        assert member in found.outcome.reason
        assert found.fact is None
        assert other.received == []


@pytest.mark.parametrize("member", ["jku", "x5u"])
async def test_what_a_token_points_to_is_never_fetched(tmp_path: Path, member: str) -> None:
    published = reply({"keys": [mint.jwk(ATTACKER, kid="evil")]})
    async with Server(lambda _: published) as evil:
        token = mint.token(header={member: f"{evil.url}/keys", "kid": "evil"}, key=ATTACKER)
        found = await judge(tmp_path, reply(issued(token)))
        assert found.outcome.verdict is Verdict.FAIL
        assert ("fail", f"{member}: refused") in said(found.outcome)
        assert evil.received == []


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"keys": [mint.leaked(RSA)]}, id="a private key"),
        pytest.param({"keys": [mint.jwk(RSA, use="enc")]}, id="use enc"),
        pytest.param({"keys": [mint.jwk(RSA), mint.jwk(ATTACKER)]}, id="equal kids"),
        pytest.param({"keys": [mint.jwk(ATTACKER)]}, id="another key under that name"),
        pytest.param({"keys": []}, id="no keys"),
    ],
)
async def test_a_good_token_proves_nothing_with_keys_that_are_not_good(tmp_path: Path, keys: dict[str, Any]) -> None:
    found = await judge(tmp_path, reply(issued()), published=keys)
    assert found.outcome.verdict is Verdict.FAIL
    assert found.fact is None


async def test_without_keys_the_signature_is_undecided_and_the_reason_is_given(tmp_path: Path) -> None:
    found = await judge(tmp_path, reply(issued()), published=reply({}, 404))
    assert found.outcome.verdict is Verdict.INCONCLUSIVE
    assert "'jwks' gave no key set (Key set answered 404, expected 200)" in found.outcome.reason
    assert ("pass", "iss: https://auth.example") in said(found.outcome)


async def test_issuer_and_audience_that_are_not_given_are_not_checked_and_that_is_said(tmp_path: Path) -> None:
    found = await judge(tmp_path, reply(issued()), issuer="", audience="")
    assert found.outcome.verdict is Verdict.PASS
    assert [say for verdict, say in said(found.outcome) if verdict == "skipped"] == [
        "iss: not checked",
        "aud: not checked",
    ]


async def test_an_opaque_token_is_taken_as_it_is(tmp_path: Path) -> None:
    found = await judge(tmp_path, reply(issued(OPAQUE)), verify="opaque", keys="", issuer="", audience="")
    assert found.outcome.verdict is Verdict.PASS
    assert ("skipped", "Signature and claims: not verified") in said(found.outcome)
    assert found.fact is not None
    assert found.fact.value == OPAQUE
    assert OPAQUE not in found.shown
    assert found.redact(f"a line with {OPAQUE} in it") == "a line with [M2M_TOKEN] in it"


async def test_an_endpoint_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    async with launch(tmp_path, inputs(closed_port())) as run:
        await run.jwks()
        outcome = await run.m2m()
    assert outcome.verdict is Verdict.ERROR
    assert dict(outcome.symptom) == {"symptom": "refused", "gate1": "unknown"}


async def test_an_answer_that_is_not_read_shows_nothing_of_a_token_in_it(tmp_path: Path) -> None:
    found = await judge(tmp_path, reply(b'{"access_token": "' + OPAQUE.encode() + b'", }'))
    assert found.outcome.verdict is Verdict.FAIL
    assert OPAQUE[:12] not in found.shown
