"""scholar_auth and the gates keep the contract while everything is steady."""

import base64
import re
from urllib.parse import quote_plus

import httpx
import pytest
from cryptography.exceptions import InvalidSignature

from tests.simulator.client import Client
from tests.simulator.tokens import number, tampered, verified

FORM = "application/x-www-form-urlencoded"
GRANT = "grant_type=client_credentials"


async def test_the_key_set_has_one_public_rsa_signing_key_of_2048_bits(client: Client) -> None:
    answer = await client.jwks()
    assert answer.status_code == 200
    (key,) = answer.json()["keys"]
    assert set(key) == {"kty", "use", "alg", "kid", "n", "e"}
    assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
    assert number(key["n"]).bit_length() == 2048


async def test_a_token_verifies_with_the_key_set_and_has_every_claim(client: Client) -> None:
    answer = await client.ask_token()
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 300, "events:write")
    key = await client.jwk()
    header, claims = verified(body["access_token"], key)
    assert header == {"alg": "RS256", "typ": "JWT", "kid": key["kid"]}
    assert claims["iss"] == client.sim.inputs["M2M_ISSUER"]
    assert claims["aud"] == client.sim.inputs["M2M_AUDIENCE"]
    assert claims["exp"] - claims["iat"] == 300
    assert claims["scope"] == "events:write"
    with pytest.raises(InvalidSignature):
        verified(tampered(body["access_token"]), key)


async def test_every_token_has_an_id_of_its_own(client: Client) -> None:
    key = await client.jwk()
    ids = {verified(await client.token(), key)[1]["jti"] for _ in range(3)}
    assert len(ids) == 3


async def test_the_secret_in_the_body_works_as_well(client: Client) -> None:
    inputs = client.sim.inputs
    form = {
        "grant_type": "client_credentials",
        "client_id": inputs["M2M_CLIENT_ID"],
        "client_secret": inputs["M2M_CLIENT_SECRET"],
        "scope": "events:read events:write",
    }
    answer = await client.http.post(inputs["M2M_TOKEN_URL"], data=form)
    assert answer.status_code == 200
    assert answer.json()["scope"] == "events:read events:write"


async def test_a_basic_header_that_is_not_form_encoded_is_refused(client: Client) -> None:
    inputs = client.sim.inputs
    auth = httpx.BasicAuth(inputs["M2M_CLIENT_ID"], inputs["M2M_CLIENT_SECRET"])
    answer = await client.http.post(inputs["M2M_TOKEN_URL"], data={"grant_type": "client_credentials"}, auth=auth)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("body", "basic", "status", "error"),
    [
        pytest.param(GRANT, "nobody:x", 401, "invalid_client", id="an unknown client in the header"),
        pytest.param(f"{GRANT}&client_id=nobody&client_secret=x", None, 401, "invalid_client", id="… in the body"),
        pytest.param(GRANT, None, 401, "invalid_client", id="no client at all"),
        pytest.param(GRANT, "no colon", 401, "invalid_client", id="a header without a colon"),
        pytest.param("scope=events:read", "good", 400, "invalid_request", id="no grant_type"),
        pytest.param("grant_type=password", "good", 400, "unsupported_grant_type", id="another grant"),
        pytest.param(f"{GRANT}&scope=admin", "good", 400, "invalid_scope", id="an unknown scope"),
        pytest.param(f"{GRANT}&{GRANT}", "good", 400, "invalid_request", id="a parameter twice"),
        pytest.param(f"{GRANT}&client_secret=x", "good", 400, "invalid_request", id="header and body at once"),
        pytest.param("%ff%fe", "good", 400, "invalid_request", id="not a form"),
        pytest.param("é", "good", 400, "invalid_request", id="not ASCII"),
    ],
)
async def test_errors_are_those_of_rfc_6749(
    client: Client, body: str, basic: str | None, status: int, error: str
) -> None:
    good = ":".join(quote_plus(client.sim.inputs[name]) for name in ("M2M_CLIENT_ID", "M2M_CLIENT_SECRET"))
    headers = {"content-type": FORM}
    if basic is not None:
        encoded = base64.b64encode((good if basic == "good" else basic).encode()).decode()
        headers["authorization"] = f"Basic {encoded}"
    answer = await client.http.post(client.sim.inputs["M2M_TOKEN_URL"], content=body.encode(), headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["cache-control"] == "no-store"
    assert "access_token" not in answer.json()
    if basic is not None and status == 401:
        assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize("credential", ["Basic", "Basic !!!", "Basic w6nDqQ==", "Bearer x", "Basic \xe9"])
async def test_a_broken_authorization_header_is_invalid_client(client: Client, credential: str) -> None:
    headers = {b"authorization": credential.encode("latin-1"), b"content-type": FORM.encode()}
    answer = await client.http.post(client.sim.inputs["M2M_TOKEN_URL"], content=GRANT, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_json_body_is_an_invalid_request(client: Client) -> None:
    answer = await client.http.post(client.sim.inputs["M2M_TOKEN_URL"], json={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_the_token_endpoint_takes_only_post(client: Client) -> None:
    assert (await client.http.get(client.sim.inputs["M2M_TOKEN_URL"])).status_code == 405


@pytest.mark.parametrize("name", ["GATE1_URL", "GATE2_URL"])
async def test_the_gates_are_green_since_an_instant(client: Client, name: str) -> None:
    body = (await client.http.get(client.sim.inputs[name])).json()
    assert body["state"] == "green"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["since"])
