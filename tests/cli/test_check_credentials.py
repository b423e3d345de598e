"""Credentials among the parameters of a check are secrets though nobody declared them so: nothing holds one."""

from __future__ import annotations

import base64

import pytest

from tests.canaries import spelled
from tests.checks.server import closed_port
from tests.cli.echo import echo
from tests.cli.running import warroom

# What they look at is made once.
pytestmark = pytest.mark.xdist_group("check_credentials")

OF_INPUT = "plain+input/secret"
SECRETS = {
    "a client secret from an input": OF_INPUT,
    "a literal client secret": "literal-secret-value",
    "a literal key": "another-literal-key",
    "a literal token": "abcdefghijklmnop",
    "a literal cookie": "sid=c00kie-literal",
    "a literal password": "pa55word-literal",
    "a member of a body": "body-literal-77",
    "a parameter of an address": "query-literal-88",
}
PLAYBOOK = """
warroom: 1
launch: {{id: b, title: B}}
inputs:
  CS: {{description: a secret that nobody declared one}}
targets:
  s: {{url: "{url}"}}
  dead: {{url: "{dead}"}}
checks:
  keys: {{kind: jwks, target: s, path: /x}}
  tok: {{kind: oauth2, target: s, client_id: me, client_secret: "${{CS}}", keys: keys}}
  post: {{kind: oauth2, target: dead, client_id: me, client_secret: literal-secret-value, keys: keys,
    auth: client_secret_post}}
  basic: {{kind: http, target: dead, headers: {{Authorization: "Basic {basic}"}}}}
  body: {{kind: http, target: dead, method: POST, json: {{password: body-literal-77, plain: stays}}}}
  query: {{kind: http, target: dead, path: "/x?access_token=query-literal-88&page=2"}}
  h: {{kind: http, target: s, path: /x, headers: {{X-Api-Key: another-literal-key, X-Plain: ordinary,
    Cookie: sid=c00kie-literal, Authorization: Bearer abcdefghijklmnop}},
    expect: [{{json: $.headers.Authorization, is: '== "other"', say: "sent {{actual}}"}}]}}
"""
FORMATS = ["text", "json", "junit", "markdown", "github"]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Everything that a run left behind, by place."""
    folder = tmp_path_factory.mktemp("checks")
    reports = [option for name in FORMATS for option in ("--report", f"{name}={folder / name}")]
    basic = base64.b64encode(b"ann:pa55word-literal").decode()
    with echo() as server:
        text = PLAYBOOK.format(url=server.url, dead=closed_port(), basic=basic)
        (folder / "b.yaml").write_text(text, "utf-8")
        evidence = folder / "evidence"
        arguments = ["verify", str(folder / "b.yaml"), "--headless", "--wait", "0s", "--evidence", str(evidence)]
        done = warroom(*arguments, *reports, inputs={"CS": OF_INPUT}, evidence=evidence)
    assert done.code in (1, 3), done.err
    files = {path.name: path.read_text("utf-8") for path in evidence.rglob("*") if path.is_file()}
    told = {name: (folder / name).read_text("utf-8") for name in FORMATS}
    return {"stdout": done.out, "stderr": done.err, **files, **told}


@pytest.mark.parametrize("secret", SECRETS)
def test_it_is_nowhere(places: dict[str, str], secret: str) -> None:
    forms = set(spelled(SECRETS[secret]))
    assert {place for place, text in places.items() for form in forms if form in text} == set()


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param('client_secret="$POST_CLIENT_SECRET"', id="a client secret is a variable"),
        pytest.param("""-u ann:"$BASIC_AUTHORIZATION" """, id="a password is a variable"),
        pytest.param("""-H 'X-Api-Key: '"$H_X_API_KEY" """, id="a key is a variable"),
        pytest.param("""-H 'X-Plain: ordinary' """, id="an ordinary header is itself"),
        pytest.param("""-H 'Cookie: '"$H_COOKIE" """, id="a cookie is a variable"),
        pytest.param("""-H 'Authorization: Bearer '"$H_AUTHORIZATION" """, id="a token is a variable"),
        pytest.param("access_token=[withheld]&page=2", id="a parameter of an address is withheld"),
        pytest.param(
            """'{"password": "'"$BODY_PASSWORD"'", "plain": "stays"}'""", id="a member of a body is a variable"
        ),
    ],
)
def test_the_curl_line_has_a_name_in_its_place(places: dict[str, str], shown: str) -> None:
    assert shown in places["text"]
