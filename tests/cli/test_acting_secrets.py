"""A launch that acts on a service which gives its key away, in its state, in an error page and in headers, and runs a
command that prints it: nothing that the launch leaves behind holds the key in any spelling."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.canaries import SPELLINGS, texts
from tests.cli.echo import Echo, echo
from tests.cli.launching import Desk, ago
from tests.cli.terminal import at_terminal
from warroom.simulator import SimulatorProcess

# What they look at is made once.
pytestmark = pytest.mark.xdist_group("acting_secrets")

KEY = 'c4nary ke+y/of=the"app&'
PLAYBOOK = """\
warroom: 1
launch: {{id: tells, title: Tells}}
inputs:
  APP_URL: {{required: true}}
  INTERNAL_KEY: {{required: true, secret: true}}
  SLACK_BOT_TOKEN: {{required: true, secret: true}}
  SLACK_API_URL: {{required: true}}
targets: {{app: {{url: "${{APP_URL}}"}}}}
levers:
  SEND:
    expect: "true"
    kill_switch: true
    read: {{target: app, path: /state}}
    set: {{target: app, path: "/levers/{{name}}", headers: {{X-Internal-Key: "${{INTERNAL_KEY}}"}}}}
  SHOWN: {{expect: "true", read: {{argv: [{python}, {leaks}]}}}}
checks:
  state:
    kind: http
    target: app
    path: /state
    headers: {{X-Internal-Key: "${{INTERNAL_KEY}}"}}
    expect: [{{status: 200}}]
suites: {{all: {{checks: [state]}}}}
phases: {{watch: {{title: Watch, from: T+0, until: T+1h, suite: all}}}}
sources:
  state: {{kind: http_json, target: app, path: /state, every: 1s, headers: {{X-Internal-Key: "${{INTERNAL_KEY}}"}}}}
  front:
    {{kind: probe, target: app, path: /state, every: 1s, limit: 1s, headers: {{X-Internal-Key: "${{INTERNAL_KEY}}"}}}}
signals:
  text: {{source: state, json: $.levers.SEND}}
  up: {{source: front, availability: true, window: 5s}}
triggers:
  off: {{lever: SEND, severity: notify}}
procedures:
  stop:
    steps:
      - {{id: send, lever: SEND, set: "true", within: 1s}}
      - id: pause
        request: {{target: app, path: /refuses, headers: {{X-Internal-Key: "${{INTERNAL_KEY}}"}}}}
        read: {{target: app, path: /state, json: $.levers.SEND, is: '== "paused"'}}
      - id: away
        request: {{target: app, path: /redirects, headers: {{X-Internal-Key: "${{INTERNAL_KEY}}"}}}}
        read: {{target: app, path: /page, json: $.state, is: '== "paused"'}}
        within: 1s
      - id: run
        command: [{python}, {leaks}]
        read: {{argv: [{python}, {leaks}], is: '== "yes"'}}
        within: 1s
channels:
  room: {{kind: file, path: room.txt}}
  slack:
    {{kind: slack, path: slack.txt, token: "${{SLACK_BOT_TOKEN}}", channel: C0WARROOM, api: "${{SLACK_API_URL}}"}}
updates:
  news: {{channel: [room, slack], template: news, on: [procedure.finished], within: 2m}}
  off: {{channel: [room, slack], template: off, on: trigger.fired, within: 2m}}
templates:
  news: "{{{{ procedure.standing }}}}\\n{{{{ procedure.steps }}}}"
  off: "{{{{ trigger.reason }}}}; {{{{ signals(text, up) }}}}"
"""
LEAKS = """\
import os, pathlib, sys
here = pathlib.Path(__file__).parent
with (here / "environments").open("a") as file:
    print(dict(os.environ), sys.argv, file=file)
told = (here / "told").read_text()
print(told)
print(told, file=sys.stderr)
sys.exit(3 if (here / "fails").exists() else 0)
"""


class _Telling(BaseHTTPRequestHandler):
    """Knows the key, and says it wherever something can be said."""

    protocol_version = "HTTP/1.1"
    server: Echo

    def do_GET(self) -> None:
        spelled = {f"{name}": spell(KEY) for name, spell in SPELLINGS.items()}
        state = json.dumps({"levers": {"SEND": KEY, **spelled}, "state": " ".join(spelled.values())})
        self._answer(200, f"<p>{KEY}" if self.path == "/page" else state)

    def do_PUT(self) -> None:
        self._answer(500, f"<h1>Internal error</h1> the key {self.headers['X-Internal-Key']} " + _every_spelling())

    def do_POST(self) -> None:
        self._answer(403 if self.path == "/refuses" else 302, f"not {KEY} " + _every_spelling())

    def _answer(self, status: int, text: str) -> None:
        self.server.watch()
        self.rfile.read(int(self.headers.get("content-length", "0")))
        body = text.encode()
        self.send_response(status, f"no {KEY}")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Echo", KEY)
        self.send_header("Location", f"/away?key={SPELLINGS['URL-encoded'](KEY)}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def _every_spelling() -> str:
    return " ".join(spell(KEY) for spell in SPELLINGS.values())


def written(folder: Path) -> Path:
    """The playbook, and the command that prints what it should not know."""
    leaks = folder / "leaks.py"
    leaks.write_text(LEAKS, "utf-8")
    (folder / "told").write_text(f"{KEY} {_every_spelling()}", "utf-8")
    path = folder / "tells.yaml"
    path.write_text(PLAYBOOK.format(python=json.dumps(sys.executable), leaks=json.dumps(str(leaks))), "utf-8")
    return path


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Everything that the launch left behind, by place."""
    folder = tmp_path_factory.mktemp("tells")
    with echo() as server, SimulatorProcess() as simulator:
        server.RequestHandlerClass = _Telling
        slack = {name: simulator.slack_inputs[name] for name in ("SLACK_BOT_TOKEN", "SLACK_API_URL")}
        inputs = {"APP_URL": server.url, "INTERNAL_KEY": KEY, **slack}
        desk = Desk(folder / "state", inputs, written(folder))
        with desk.engine("--t0", ago(minutes=1), "--allow-commands") as engine:
            engine.wait_for("suite.finished", suite="all")
            said = [desk.ask("act", "start", "stop", "--reason", "5xx", launch="tells")]
            engine.wait_for("procedure.finished", run="stop-1")
            engine.wait_for("update.confirmed", slot="news@stop-1")
            engine.wait_for("update.confirmed", slot="news@stop-1/slack")
            said += [desk.ask(name, launch="tells") for name in ("act", "status")]
            console = ("console", "tells", "--state", str(desk.state))
            read = [one["body"]["lever"] for one in engine.entries if one["kind"] == "lever.read"]
            assert sorted(read) == ["SEND", "SHOWN"], "what is as it was is no news"
            with at_terminal(*console, columns=200, rows=60) as terminal:
                terminal.wait_for("JOURNAL")
                terminal.press("3z")
                terminal.wait_for("FAILED")
                terminal.press("5")
                terminal.wait_for("NO DATA")
                terminal.press("qy")
                terminal.ended()
            assert engine.end() == 143
        posted = simulator.slack()
        said += [desk.ask("audit", *more, launch="tells") for more in ((), ("--export",))]
        seen = "\n".join(server.seen)
    files = {
        str(path.relative_to(desk.state)): path.read_bytes().decode("utf-8", "replace")
        for path in desk.state.rglob("*")
        if path.is_file()
    }
    return {
        "entries on the pipe": "\n".join(text for entry in engine.entries for text in texts(entry)),
        "stderr": "".join(engine.complaints),
        "screen": terminal.raw.decode("utf-8", "replace"),
        "commands": "\n".join(one.out + one.err for one in said),
        "argv and environments": seen + (folder / "environments").read_text("utf-8"),
        "Slack": "\n".join(texts(posted)),
        **files,
    }


def test_the_service_and_the_command_have_said_the_key_and_it_was_told_by_its_name(places: dict[str, str]) -> None:
    told = places["entries on the pipe"]
    assert "it answers 500" in told
    assert "[INTERNAL_KEY]" in told
    for place in ("Slack", "commands", "screen"):
        assert "[INTERNAL_KEY]" in places[place], place
    assert any(name.endswith("journal.db") for name in places)
    assert any(name.endswith("room.txt") for name in places)
    kept = [name for name, text in places.items() if "evidence" in name and "[INTERNAL_KEY]" in text]
    assert kept, "the answer of the check is in the evidence"
    assert "WARROOM_COMMAND" in places["argv and environments"], "the command has run"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_the_key_is_anywhere(places: dict[str, str], spelling: str) -> None:
    secret = SPELLINGS[spelling](KEY)
    assert [place for place, text in places.items() if secret in text] == []
