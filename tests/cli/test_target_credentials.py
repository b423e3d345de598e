"""Credentials of a target are secrets wherever they come from: nothing that is kept, printed or drawn holds one."""

from __future__ import annotations

import json
import re
import urllib.parse
from pathlib import Path

import pytest

from tests.canaries import spelled, texts
from tests.checks.server import closed_port
from tests.cli.echo import echo
from tests.cli.running import warroom
from tests.cli.terminal import at_terminal

# What they look at is made once.
pytestmark = pytest.mark.xdist_group("target_credentials")

BEARER = "bearer-4f9d21c7e0"
BASIC = "pa ss/wo+rd="
PROXY = "pröxy:p@ss&word-77"
OF_ENVIRONMENT = "env-proxy/pass word"
SECRETS = {"bearer": BEARER, "basic": BASIC, "proxy": PROXY, "environment's proxy": OF_ENVIRONMENT}
FORMATS = ["text", "json", "junit", "markdown", "github"]

# Not one of them is declared a secret.
PLAYBOOK = """
warroom: 1
launch: {{id: creds, title: Credentials}}
inputs:
  TOKEN: {{description: a token that nobody declared a secret}}
targets:
  bearer: {{url: "{url}", bearer: "${{TOKEN}}"}}
  basic: {{url: "{url}", basic: "ann:{basic}"}}
  proxied: {{url: "http://app.example:8080", proxy: "{proxy}"}}
  trusting: {{url: "http://app.example:8080", trust_env: true}}
  dead: {{url: "{dead}", basic: "ann:{basic}"}}
  dead_proxy: {{url: "http://app.example", proxy: "{dead_proxy}"}}
checks:
{checks}
"""
CHECK = """
  {target}_http:
    kind: http
    target: {target}
    path: /x
    expect:
      - {{json: $.headers.Authorization, is: '== "other"', say: "sent {{actual}}"}}
      - {{json: '$.headers["Proxy-Authorization"]', is: '== "other"', say: "sent {{actual}}"}}
      - {{header: x-echo-authorization, is: '== "other"'}}
  {target}_p95: {{kind: latency, target: {target}, path: /x, samples: 2, limit: <= 5s}}
"""
TARGETS = ["bearer", "basic", "proxied", "trusting", "dead", "dead_proxy"]


def written(folder: Path, url: str) -> Path:
    """The playbook for an echo at `url`, which is the proxy too."""
    at = url.removeprefix("http://")
    proxy = f"http://ann:{urllib.parse.quote(PROXY, safe='')}@"
    text = PLAYBOOK.format(
        url=url,
        basic=BASIC,
        proxy=proxy + at,
        dead=closed_port(),
        dead_proxy=proxy + closed_port().removeprefix("http://"),
        checks="".join(CHECK.format(target=target) for target in TARGETS),
    )
    path = folder / "creds.yaml"
    path.write_text(text, "utf-8")
    return path


def inputs(url: str) -> dict[str, str]:
    at = url.removeprefix("http://")
    return {"TOKEN": BEARER, "http_proxy": f"http://bob:{urllib.parse.quote(OF_ENVIRONMENT, safe='')}@{at}"}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Everything that a run left behind, by place."""
    folder = tmp_path_factory.mktemp("creds")
    reports = [option for name in FORMATS for option in ("--report", f"{name}={folder / name}")]
    with echo() as server:
        playbook = written(folder, server.url)
        arguments = ["verify", str(playbook), "--headless", "--wait", "0s", "--evidence", str(folder / "evidence")]
        done = warroom(*arguments, *reports, inputs=inputs(server.url), evidence=folder / "evidence", own_python=True)
        seen = "\n".join(server.seen)
    assert done.code == 1, done.err
    assert "-m\0warroom\0verify" in seen
    files = {path.name: path.read_text("utf-8") for path in (folder / "evidence").rglob("*") if path.is_file()}
    read = {f"{name} as JSON": "\n".join(texts(json.loads(t))) for name, t in files.items() if name[-5:] == ".json"}
    told = {name: (folder / name).read_text("utf-8") for name in FORMATS}
    return {"stdout": done.out, "stderr": done.err, **files, **read, **told, "argv and environments": seen}


def test_every_credential_was_sent_and_came_back(places: dict[str, str]) -> None:
    names = ["BEARER_BEARER", "BASIC_PASSWORD", "PROXIED_PROXY_PASSWORD", "TRUSTING_HTTP_PROXY_PASSWORD"]
    assert [name for name in names if name not in places["json"]] == []
    assert places["json"].count("nothing listens") >= 2


@pytest.mark.parametrize("secret", SECRETS)
def test_it_is_nowhere(places: dict[str, str], secret: str) -> None:
    forms = set(spelled(SECRETS[secret]))
    assert {place for place, text in places.items() for form in forms if form in text} == set()


def test_the_console_does_not_show_it(tmp_path: Path) -> None:
    with echo() as server:
        arguments = ["verify", str(written(tmp_path, server.url)), "--wait", "0s", "--evidence", str(tmp_path)]
        with at_terminal(*arguments, columns=200, rows=60, inputs=inputs(server.url)) as terminal:
            terminal.wait_for("12/12")
            for _ in range(12):
                terminal.press("j")
            terminal.wait_for("dead_proxy_p95 ·")
            terminal.press("q")
            assert terminal.ended() == 1
    shown = re.sub(r"\x1b\[[0-9;?]*[@-~]", "", terminal.raw.decode("utf-8"))
    assert [name for name, secret in SECRETS.items() for form in spelled(secret) if form in shown] == []
    assert "[BASIC_PASSWORD]" in shown
