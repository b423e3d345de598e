"""Token and webhook address of Slack, with every library at DEBUG level, a post that breaks and a forced crash: they
are in none of the places that a launch leaves something in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.canaries import spelled, texts
from tests.cli.echo import echo
from tests.cli.launching import Desk, ago
from tests.cli.running import warroom
from tests.cli.terminal import at_terminal
from warroom.simulator import SimulatorProcess

# What they look at is made once.
pytestmark = pytest.mark.xdist_group("slack_secrets")

PLAYBOOK = """\
warroom: 1
launch: {id: echo, title: Echo}
inputs:
  ECHO_URL: {required: true}
  SLACK_BOT_TOKEN: {required: true, secret: true}
  SLACK_WEBHOOK_URL: {required: true, secret: true}
  SLACK_API_URL: {required: true}
targets: {echo: {url: "${ECHO_URL}"}}
checks:
  health: {kind: http, target: echo, path: /x, expect: [{status: 200}]}
  p95: {kind: latency, target: echo, path: /x, samples: 3, limit: <= 9s}
suites: {all: {checks: [health, p95]}}
channels:
  slack: {kind: slack, token: "${SLACK_BOT_TOKEN}", channel: C0WARROOM, api: "${SLACK_API_URL}", path: slack.txt}
  hook: {kind: slack, webhook: "${SLACK_WEBHOOK_URL}", path: hook.txt}
phases: {judge: {from: T+0, until: T+10m, suite: all}}
updates:
  posted: {channel: slack, template: found, at: T+5m, suite: all}
  hooked: {channel: hook, template: found, at: T+5m, suite: all}
  broken: {channel: slack, template: broken, at: T+11m}
templates:
  found: "{{ launch.id }}: {{ suites.all.word }} {{ suites.all.evidence_log }}"
  broken: this one breaks
"""
# Loaded by Python itself before the command: the product knows nothing of it.
LOUD = """\
import logging, os
if os.environ.get("SLACK_BOT_TOKEN"):
    logging.basicConfig(level=logging.DEBUG)
    from warroom.adapters.slack import SlackChannel
    from warroom.cli import run

    post, close = SlackChannel.post, run._close

    async def breaks(self, told):
        if "breaks" in told.text:
            token = self._address.token
            raise RuntimeError(f"{self._address!r} {token}")
        return await post(self, told)

    async def crashes(launch):
        await close(launch)
        secrets = {name: os.environ[name] for name in ("SLACK_BOT_TOKEN", "SLACK_WEBHOOK_URL")}
        raise RuntimeError(str(secrets)) from ValueError(secrets["SLACK_BOT_TOKEN"])

    SlackChannel.post, run._close = breaks, crashes
"""
SECRETS = ("SLACK_BOT_TOKEN", "SLACK_WEBHOOK_URL")


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, str]]:
    """What a launch left behind by place, and the secrets by name."""
    folder = tmp_path_factory.mktemp("loud")
    (folder / "echo.yaml").write_text(PLAYBOOK, "utf-8")
    (folder / "sitecustomize.py").write_text(LOUD, "utf-8")
    with echo() as server, SimulatorProcess() as simulator:
        slack = {name: simulator.slack_inputs[name] for name in (*SECRETS, "SLACK_API_URL")}
        inputs = {"ECHO_URL": server.url, "PYTHONPATH": str(folder), **slack}
        desk = Desk(folder / "state", inputs, folder / "echo.yaml")
        with desk.engine("--t0", ago(minutes=12)) as engine:
            for kind, update in (("update.confirmed", "posted"), ("update.confirmed", "hooked")):
                engine.wait_for(kind, slot=f"{update}@T+5m")
            engine.wait_for("file.attached")
            engine.wait_for("update.unknown", slot="broken@T+11m")
            status = desk.ask("status", "--json", launch="echo")
            with at_terminal("console", "echo", "--state", str(desk.state)) as terminal:
                terminal.wait_for("checking")
                screen = terminal.raw.decode("utf-8", "replace")
            code = engine.end()
        doctor = warroom("doctor", str(desk.playbook), "--state", str(desk.state), inputs=inputs, evidence=folder)
        plan = warroom("plan", str(desk.playbook), "--format", "json", inputs=inputs, evidence=folder)
        posted = simulator.slack()
    files = {
        str(path.relative_to(desk.state)): path.read_bytes().decode("utf-8", "replace")
        for path in desk.state.rglob("*")
        if path.is_file()
    }
    places = {
        "logs and tracebacks": "".join(engine.complaints),
        "entries": "\n".join(text for entry in engine.entries for text in texts(entry)),
        "screen": screen,
        "reports": status.out + status.err + doctor.out + doctor.err + plan.out + plan.err,
        "argv and child environments": "\n".join(server.seen),
        "Slack": "\n".join(texts(posted)),
        **files,
    }
    return {"places": places, "secrets": {name: slack[name] for name in SECRETS}, "code": {"code": str(code)}}


def test_it_was_loud_and_it_crashed(left: Mapping[str, Mapping[str, str]]) -> None:
    said = left["places"]["logs and tracebacks"]
    assert left["code"] == {"code": "70"}
    assert "warroom: internal error: RuntimeError at sitecustomize.py" in said
    assert "DEBUG:" in said
    assert "a defect of Warroom: RuntimeError" in left["places"]["screen"] + left["places"]["entries"]
    assert any(name.endswith("journal.db") for name in left["places"])
    assert any(name.endswith(".log") for name in left["places"])
    assert "sampler" in left["places"]["argv and child environments"]


@pytest.mark.parametrize("name", SECRETS)
def test_no_spelling_of_it_is_anywhere(left: Mapping[str, Mapping[str, str]], name: str) -> None:
    secret = left["secrets"][name]
    assert len(secret) > 20
    found = [place for place, text in left["places"].items() for spelling in spelled(secret) if spelling in text]
    assert found == []


def test_nor_is_the_secret_part_of_the_address(left: Mapping[str, Mapping[str, str]]) -> None:
    path = left["secrets"]["SLACK_WEBHOOK_URL"].partition("/services/")[2]
    assert path
    assert [place for place, text in left["places"].items() if path in text] == []
