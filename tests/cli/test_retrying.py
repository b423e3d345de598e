"""What is measured again and what is not, through the real command: no answer that was got is taken back."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from tests.cli.running import Ended, patient_playbook, verify, warroom
from warroom.simulator import SimulatorProcess

# (status, body) to a request: its method, its path with the query, its headers, its body.
Answer = Callable[[str, str, Mapping[str, str], bytes], tuple[int, bytes]]
# Tried again every 500 ms, four times.
WAIT = "2s"
TOKEN = "opaque-token-0123456789"


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A service on this machine; its base address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = answer(self.command, self.path, dict(self.headers), sent)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def verified(playbook: Path, evidence: Path, *options: str, inputs: Mapping[str, str] | None = None) -> Ended:
    """The command on `playbook`, its JSON report on stdout and the others beside the evidence."""
    reports = [f"{name}={evidence / f'report.{name}'}" for name in ("junit", "markdown")]
    asked = [part for report in reports for part in ("--report", report)]
    arguments = ["--headless", "--wait", WAIT, "--format", "json", "--evidence", str(evidence), *asked, *options]
    evidence.mkdir(parents=True, exist_ok=True)
    return warroom("verify", str(playbook), *arguments, inputs=inputs, evidence=evidence)


def written(tmp_path: Path, text: str) -> Path:
    playbook = tmp_path / "playbook.yaml"
    playbook.write_text(text, encoding="utf-8")
    return playbook


def reports_of(ended: Ended) -> dict[str, str]:
    """Every report of a run, by name."""
    (log,) = ended.evidence.glob("*.log")
    files = {name: ended.evidence / f"report.{name}" for name in ("junit", "markdown")}
    return {"json": ended.out, **{name: path.read_text("utf-8") for name, path in {**files, "log": log}.items()}}


def test_samples_over_the_limit_stand_though_one_of_them_was_a_503(tmp_path: Path) -> None:
    asked: list[str] = []

    def once_503(*_: object) -> tuple[int, bytes]:
        asked.append("")
        return (503 if len(asked) == 7 else 200), b"{}"

    with serving(once_503) as url:
        playbook = written(
            tmp_path,
            f"""
warroom: 1
launch: {{id: slow}}
targets: {{s: {{url: "{url}"}}}}
checks:
  p95: {{kind: latency, target: s, path: /, samples: 30, limit: <= 0.001ms}}
""",
        )
        ended = verified(playbook, tmp_path / "evidence", "--strict")
    assert (ended.code, ended.verdicts()) == (1, {"p95": "fail"})
    assert (ended.check("p95")["attempts"], len(asked)) == (1, 30)


DEPLOYED = """
warroom: 1
launch: {{id: deployed}}
targets: {{s: {{url: "{url}"}}}}
levers: {{DISABLE_SEND: {{expect: "true", kill_switch: true, read: {{target: s, path: /state}}}}}}
checks:
  p95: {{kind: latency, target: s, path: /canary, samples: 3, limit: <= 60s}}
  kill_switch: {{kind: lever, levers: [DISABLE_SEND]}}
  token: {{kind: oauth2, target: s, path: /token, client_id: us, client_secret: "12345678", verify: opaque}}
  events:
    {{kind: events, target: s, path: /events, token: token, types: [ping],
     only_if: {{check: kill_switch, lever: DISABLE_SEND}}}}
"""


class Deployment:
    """A service behind a gateway that says 503 as often as `refusals` says for a path, and then is there."""

    def __init__(self, **refusals: int) -> None:
        self._refusals = {f"/{path}": count for path, count in refusals.items()}

    def __call__(self, _: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        if self._refusals.get(path, 0):
            self._refusals[path] -= 1
            return 503, b'{"error": "temporarily_unavailable"}'
        if path == "/token":
            return 200, json.dumps({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300}).encode()
        if path != "/events":
            return 200, json.dumps({"levers": {"DISABLE_SEND": "true"}}).encode()
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, b"{}"
        event = json.loads(body)["id"]
        return 202, json.dumps({"accepted": True, "id": event, "dispatched": False}).encode()


@pytest.mark.parametrize(
    ("deployment", "tries"),
    [
        pytest.param(Deployment(canary=6), {"p95": 3}, id="to every sample, twice"),
        pytest.param(Deployment(state=2), {"kill_switch": 3, "events": 3}, id="for the state of the levers"),
        pytest.param(Deployment(token=1), {"token": 2, "events": 2}, id="for the token, with an error code"),
        pytest.param(
            Deployment(canary=3, state=1, token=1),
            {"p95": 2, "kill_switch": 2, "token": 2, "events": 2},
            id="for everything",
        ),
    ],
)
def test_what_a_gateway_alone_answered_during_a_deployment_is_measured_again(
    deployment: Deployment, tries: dict[str, int], tmp_path: Path
) -> None:
    with serving(deployment) as url:
        ended = verified(written(tmp_path, DEPLOYED.format(url=url)), tmp_path / "evidence")
    assert (ended.code, set(ended.verdicts().values())) == (0, {"pass"}), ended.err
    assert {check["id"]: check["attempts"] for check in ended.report["checks"] if check["attempts"] > 1} == tries


def test_one_sample_that_the_service_itself_answered_stands_beside_two_of_the_gateway(tmp_path: Path) -> None:
    with serving(Deployment(canary=2)) as url:
        ended = verified(written(tmp_path, DEPLOYED.format(url=url)), tmp_path / "evidence", "--only", "p95")
    p95 = ended.check("p95")
    assert (ended.code, p95["verdict"], p95["attempts"]) == (1, "fail", 1)
    assert dict(p95["symptom"]) == {"status": "503"}


def test_a_bypass_stands_though_the_probe_before_it_was_answered_503(tmp_path: Path) -> None:
    posts: list[str] = []
    with SimulatorProcess("bypass") as simulator:
        real = urlsplit(simulator.inputs["AUTO_COM_CENTER_URL"])
        assert real.hostname

        def through(method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
            if method == "POST":
                posts.append(path)
                if len(posts) == 1:
                    return 503, b""
            own = {name: value for name, value in headers.items() if name.lower() not in ("host", "connection")}
            connection = http.client.HTTPConnection(str(real.hostname), real.port)
            connection.request(method, path, body, own)
            answer = connection.getresponse()
            found = answer.status, answer.read()
            connection.close()
            if len(posts) == 2:
                # From here on a second measurement would find nothing.
                simulator.set_scenario("steady")
            return found

        with serving(through) as url:
            inputs = {**simulator.inputs, "AUTO_COM_CENTER_URL": url}
            playbook = patient_playbook(tmp_path / "playbook")
            ended = verified(
                playbook, tmp_path / "evidence", "--only", "jwt_enforced", "--suite", "constraints", inputs=inputs
            )
    jwt_enforced = ended.check("jwt_enforced")
    assert (ended.code, jwt_enforced["verdict"], jwt_enforced["attempts"]) == (1, "fail", 1), ended.err
    assert jwt_enforced["symptom"]["bypass"] == "true"
    assert len(posts) == 2


def test_a_service_that_answers_by_turns_is_red_however_long_one_waits(tmp_path: Path) -> None:
    ended = verify("flapping", tmp_path, "--wait", WAIT)
    assert ended.code == 1
    assert (ended.verdicts()["p95"], ended.check("p95")["attempts"]) == ("fail", 1)
    assert (ended.verdicts()["canary"], ended.check("canary")["attempts"]) == ("fail", 1)
    assert ended.count("GET", "/canary") == 31


def test_every_report_tells_the_tries_before_the_last(tmp_path: Path) -> None:
    statuses = iter([503, 502])
    with serving(lambda *_: (next(statuses, 200), b"{}")) as url:
        playbook = written(
            tmp_path,
            f"""
warroom: 1
launch: {{id: starting}}
targets: {{s: {{url: "{url}"}}}}
checks:
  health: {{kind: http, target: s, path: /health}}
""",
        )
        ended = verified(playbook, tmp_path / "evidence")
    assert (ended.code, ended.check("health")["attempts"]) == (0, 3)
    for name, told in reports_of(ended).items():
        for number, status in ((1, 503), (2, 502)):
            assert f"try {number} was RED (status is {status}, expected 2xx)" in told, name
    suite = ET.fromstring(reports_of(ended)["junit"]).find("testsuite")
    assert suite is not None
    assert "try 1 was RED" in str(suite.findtext("system-out"))
    assert "status 200" in next(
        line for line in reports_of(ended)["markdown"].splitlines() if "| `health`" in line or "| health" in line
    )


def test_a_gate_that_turns_green_during_the_wait_excuses_nothing_any_more(tmp_path: Path) -> None:
    tries: list[str] = []

    def answer(_: str, path: str, *__: object) -> tuple[int, bytes]:
        if path == "/gate":
            return 200, json.dumps({"state": "green" if len(tries) > 1 else "red"}).encode()
        if path == "/health":
            tries.append(path)
            # What was read of the gate before this try is too old after it.
            threading.Event().wait(0.05 * (len(tries) - 1))
            return (503 if len(tries) == 1 else 200), b"{}"
        return 308, b""

    with serving(answer) as url:
        playbook = written(
            tmp_path,
            f"""
warroom: 1
launch: {{id: gated}}
targets:
  app: {{url: "{url}"}}
  gate: {{url: "{url}/gate"}}
gates:
  gate1: {{title: Gate 1, read: {{target: gate}}, ttl: 10ms}}
checks:
  health: {{kind: http, target: app, path: /health}}
  jwks:
    kind: jwks
    target: app
    path: /jwks
    tolerate: {{gate: gate1, expect: {{status: [308]}}, as: degraded}}
""",
        )
        ended = verified(playbook, tmp_path / "evidence")
    assert (ended.code, ended.verdicts()) == (1, {"health": "pass", "jwks": "fail"}), ended.err
    assert [gate["state"] for gate in ended.report["gates"]] == ["green"]
    for name, told in reports_of(ended).items():
        assert "DEGRADED - pending Gate 1" in told, name
    assert ended.err.count("Gate 1: RED") == ended.err.count("Gate 1: GREEN") == 1
