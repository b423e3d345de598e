"""The real kinds against authorization servers of other people: oidc-provider (strict) and oauth2-mock-server."""

import base64
import contextlib
import http.client
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checks.auth import Launch, launch, said
from tests.peers_auth.servers import AuthServer, auth_server
from warroom.events import CheckOutcome
from warroom.jose import AccessToken, KeySet, TokenRules, tampered, verify_token
from warroom.verdict import Verdict

CLIENT_ID, SECRET = "war room:client+1 & co%20", "p%2Bss w0rd:/?&=+~*'()\"<>-0123456789"
AUDIENCE, SCOPE = "auto_com_center", "events:write"


@pytest.fixture(scope="module")
def oidc() -> Iterator[AuthServer]:
    with auth_server(
        "oidc-provider", "oidc_provider.mjs", {"client_id": CLIENT_ID, "client_secret": SECRET}
    ) as server:
        yield server


@pytest.fixture(scope="module")
def mock() -> Iterator[AuthServer]:
    with auth_server("oauth2-mock-server", "oauth2_mock_server.mjs") as server:
        yield server


@contextlib.asynccontextmanager
async def against(
    folder: Path, server: AuthServer, *, keys: str = "", client_id: str = CLIENT_ID
) -> AsyncIterator[Launch]:
    inputs = {
        "AUTO_COM_CENTER_URL": server.url,
        "SCHOLAR_AUTH_JWKS_URL": keys or server.jwks,
        "M2M_TOKEN_URL": server.token,
        "GATE1_URL": f"{server.url}/no-gate-here",
        "M2M_CLIENT_ID": client_id,
        "M2M_CLIENT_SECRET": SECRET,
        "M2M_ISSUER": server.issuer,
        "M2M_AUDIENCE": AUDIENCE,
    }
    async with launch(folder, inputs) as run:
        yield run


def why(outcome: CheckOutcome) -> str:
    return f"{outcome.verdict}: {outcome.reason} {said(outcome)}"


def resource(alg: str) -> dict[str, Any]:
    return {"scope": SCOPE, "form": {"resource": f"urn:test:{alg}"}}


@pytest.mark.parametrize("alg", ["RS256", "ES256", "Ed25519"])
@pytest.mark.parametrize("auth", ["client_secret_basic", "client_secret_post"])
async def test_oidc_provider_key_set_and_token_are_green(
    tmp_path: Path, oidc: AuthServer, alg: str, auth: str
) -> None:
    client_id = CLIENT_ID if auth == "client_secret_basic" else f"{CLIENT_ID} post"
    async with against(tmp_path, oidc, client_id=client_id) as run:
        jwks = await run.jwks()
        assert jwks.verdict is Verdict.PASS, why(jwks)
        assert ("pass", "3 keys to verify signatures with") in said(jwks)
        m2m = await run.m2m(auth=auth, **resource(alg))
        assert m2m.verdict is Verdict.PASS, why(m2m)
        assert ("pass", f'Signature: {alg} with key "key-{alg}"') in said(m2m)
        assert ("pass", f"scope: {SCOPE}") in said(m2m)


def test_oidc_provider_refuses_basic_credentials_that_are_not_form_encoded(oidc: AuthServer) -> None:
    """What makes the green tests above worth something."""
    connection = http.client.HTTPConnection(oidc.url.removeprefix("http://"), timeout=10)
    with contextlib.closing(connection):
        raw = base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
        headers = {"Authorization": f"Basic {raw}", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/token", "grant_type=client_credentials", headers)
        assert connection.getresponse().status in (400, 401)


async def test_oidc_provider_a_wrong_client_is_refused_with_its_code(tmp_path: Path, oidc: AuthServer) -> None:
    async with against(tmp_path, oidc, client_id="somebody else") as run:
        await run.jwks()
        outcome = await run.m2m()
        assert outcome.verdict is Verdict.FAIL
        assert dict(outcome.symptom) == {"gate1": "unknown", "status": "401", "error": "invalid_client"}
        assert outcome.reason.startswith(
            "the token endpoint answered 401 invalid_client, expected 200; not tolerated"
        )


async def test_oidc_provider_a_scope_it_does_not_give_is_refused_with_its_code(
    tmp_path: Path, oidc: AuthServer
) -> None:
    async with against(tmp_path, oidc) as run:
        await run.jwks()
        outcome = await run.m2m(scope="admin:everything")
        assert dict(outcome.symptom) == {"gate1": "unknown", "status": "400", "error": "invalid_scope"}


async def test_oidc_provider_an_opaque_token_is_no_jwt(tmp_path: Path, oidc: AuthServer) -> None:
    async with against(tmp_path, oidc) as run:
        await run.jwks()
        outcome = await run.m2m(scope=SCOPE)
        assert outcome.verdict is Verdict.FAIL
        assert dict(outcome.symptom)["token"] == "segments"
        opaque = await run.m2m(scope=SCOPE, verify="opaque", keys="", issuer="", audience="")
        assert opaque.verdict is Verdict.PASS, why(opaque)


async def test_oidc_provider_a_token_that_was_tampered_with_is_refused(tmp_path: Path, oidc: AuthServer) -> None:
    async with against(tmp_path, oidc) as run:
        await run.jwks()
        for alg in ("RS256", "ES256", "Ed25519"):
            await run.m2m(**resource(alg))
            token, keys = run.needed["m2m"].fact, run.needed["jwks"].fact
            assert isinstance(token, AccessToken)
            assert isinstance(keys, KeySet)
            now = run.desk.context.clock.now()
            assert verify_token(token.value, keys, TokenRules(), now=now).accepted
            assert verify_token(tampered(token.value), keys, TokenRules(), now=now).violations == ("signature",)


async def test_a_token_of_one_server_is_not_proven_by_the_keys_of_another(
    tmp_path: Path, oidc: AuthServer, mock: AuthServer
) -> None:
    async with against(tmp_path, oidc, keys=mock.jwks) as run:
        assert (await run.jwks()).verdict is Verdict.PASS
        outcome = await run.m2m(**resource("RS256"))
        assert dict(outcome.symptom)["token"] == "kid_unknown"
        assert run.needed["m2m"].fact is None


@pytest.mark.parametrize("auth", ["client_secret_basic", "client_secret_post"])
async def test_oauth2_mock_server_key_set_and_token_are_green(tmp_path: Path, mock: AuthServer, auth: str) -> None:
    async with against(tmp_path, mock) as run:
        jwks = await run.jwks()
        assert jwks.verdict is Verdict.PASS, why(jwks)
        m2m = await run.m2m(auth=auth, scope=SCOPE)
        assert m2m.verdict is Verdict.PASS, why(m2m)


@pytest.mark.parametrize(
    ("fault", "violation"),
    [
        pytest.param("issuer", "iss", id="another issuer"),
        pytest.param("audience", "aud", id="another audience"),
        pytest.param("expired", "expired", id="expired"),
        pytest.param("no_exp", "exp_missing", id="no exp"),
        pytest.param("not_yet", "not_yet_valid", id="not valid yet"),
        pytest.param("scope", "scope", id="another scope"),
        pytest.param("flipped", "signature", id="one bit of the signature turned"),
        pytest.param("claim_changed", "signature", id="a claim changed after signing"),
        pytest.param("none", "alg_none", id="alg none"),
    ],
)
async def test_oauth2_mock_server_a_bad_token_is_refused_by_name(
    tmp_path: Path, mock: AuthServer, fault: str, violation: str
) -> None:
    async with against(tmp_path, mock) as run:
        await run.jwks()
        outcome = await run.m2m(scope=SCOPE, form={"fault": fault})
        assert outcome.verdict is Verdict.FAIL
        assert dict(outcome.symptom)["token"] == violation
        assert run.needed["m2m"].fact is None


async def test_oauth2_mock_server_a_refusal_is_shown_with_its_code(tmp_path: Path, mock: AuthServer) -> None:
    async with against(tmp_path, mock) as run:
        await run.jwks()
        outcome = await run.m2m(form={"fault": "refused"})
        assert dict(outcome.symptom) == {"gate1": "unknown", "status": "401", "error": "invalid_client"}
