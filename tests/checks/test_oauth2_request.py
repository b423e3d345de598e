"""What the kind `oauth2` sends, and the parameters that it refuses."""

import base64
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import pytest
from pydantic import ValidationError

from tests.checks.server import reply
from tests.checks.test_oauth2 import issued, judge
from warroom.checks import oauth2

HARD = [
    pytest.param("a:b", "c:d", id="colons"),
    pytest.param("a b", "c d", id="blanks"),
    pytest.param("a+b%2Bc", "100%+1", id="plus and percent"),
    pytest.param("caf\u00e9", "\u043f\u0430\u0440\u043e\u043b\u044c-\U0001f511", id="letters that are not ASCII"),
    pytest.param("a&b=c", "x=y&client_id=z", id="signs of a form"),
]


@pytest.mark.parametrize(("client_id", "secret"), HARD)
async def test_basic_credentials_are_form_encoded_first(tmp_path: Path, client_id: str, secret: str) -> None:
    found = await judge(tmp_path, reply(issued()), client_id=client_id, secret=secret)
    scheme, _, value = found.asked[0].headers["authorization"].partition(" ")
    pair = base64.b64decode(value).decode("ascii").split(":")
    assert (scheme, [unquote_plus(part) for part in pair]) == ("Basic", [client_id, secret])
    assert parse_qs(found.asked[0].body.decode()) == {"grant_type": ["client_credentials"]}


@pytest.mark.parametrize(("client_id", "secret"), HARD)
async def test_credentials_in_the_form_are_sent_once_and_only_there(
    tmp_path: Path, client_id: str, secret: str
) -> None:
    found = await judge(
        tmp_path,
        reply(issued()),
        client_id=client_id,
        secret=secret,
        target={"basic": "another:client"},
        auth="client_secret_post",
        scope="a b",
    )
    assert parse_qs(found.asked[0].body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": [client_id],
        "client_secret": [secret],
        "scope": ["a b"],
    }
    assert "authorization" not in found.asked[0].headers


async def test_further_parameters_go_along(tmp_path: Path) -> None:
    found = await judge(tmp_path, reply(issued()), form={"audience": "https://api", "resource": "urn:x y"})
    asked = found.asked[0]
    assert parse_qs(asked.body.decode())["resource"] == ["urn:x y"]
    assert parse_qs(asked.body.decode())["audience"] == ["https://api"]
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.method == "POST"


BASE = {"target": "token", "client_id": "c", "client_secret": "s"}


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        pytest.param({}, "name the jwks check whose keys verify the token", id="no keys"),
        pytest.param(
            {"keys": "jwks", "verify": "opaque"}, "drop keys, issuer and audience", id="keys for an opaque token"
        ),
        pytest.param(
            {"issuer": "x", "verify": "opaque"}, "drop keys, issuer and audience", id="iss of an opaque token"
        ),
        pytest.param({"keys": "jwks", "form": {"scope": "x"}}, "`form` cannot replace scope", id="scope in the form"),
        pytest.param({"keys": "jwks", "algorithms": ["HS256"]}, "is not an algorithm", id="HS256"),
        pytest.param({"keys": "jwks", "client_secret": ""}, "at least 1 character", id="an empty secret"),
        pytest.param({"keys": "jwks", "auth": "none"}, "client_secret_basic", id="no authentication"),
    ],
)
def test_a_playbook_that_cannot_work_is_refused(written: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        oauth2.KIND.params.model_validate({**BASE, **written})
    assert problem in caught.value.errors()[0]["msg"]
    assert "'s'" not in str(caught.value)


def test_the_parameters_do_not_show_the_secret() -> None:
    params = oauth2.KIND.params.model_validate({**BASE, "client_secret": "canary-secret", "keys": "jwks"})
    assert "canary-secret" not in repr(params)
