"""Twelve secrets in a launch: journal, posts in a file and in Slack, logs, answers and exports hold none of them, in
any spelling, nor the token that posts."""

from __future__ import annotations

import json

import pytest

from tests.canaries import CANARIES, SPELLINGS, texts
from tests.cli.echo import echo
from tests.cli.launching import Desk, ago
from tests.cli.test_hostile import GIVEN, IN_HEADERS, playbook
from warroom.simulator import SimulatorProcess

# What they look at is made once.
pytestmark = pytest.mark.xdist_group("launch_secrets")

POST = """
suites:
  all: {{checks: [{checks}]}}
channels:
  war_room: {{kind: file, path: war-room.txt}}
  slack:
    kind: slack
    path: slack.txt
    token: "${{SLACK_BOT_TOKEN}}"
    channel: C0WARROOM
    api: "${{SLACK_API_URL}}"
updates:
  posted: {{title: Posted, channel: slack, template: found, at: T+5m, suite: all}}
  found: {{title: Found, channel: war_room, template: found, at: T+5m, suite: all}}
phases:
  judge: {{title: Judge, from: T+0, until: T+10m, suite: all}}
templates:
  found: |
    {{{{ launch.id }}}}: {{{{ suites.all.word }}}}
    {{{{ badge({checks}) }}}}
    {{{{ lines({checks}) }}}}
    {{{{ note({checks}) }}}}
"""
SLACK_INPUTS = """\
inputs:
  SLACK_BOT_TOKEN: {required: true, secret: true}
  SLACK_API_URL: {required: true}
"""
TOKEN = "the token itself"
NOTE = "a person wrote {}"


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Everything that a launch left behind, by place."""
    folder = tmp_path_factory.mktemp("launch")
    checks = ", ".join(f"check_{number}" for number in range(len(GIVEN)))
    text = playbook([*GIVEN]).replace("inputs:\n", SLACK_INPUTS, 1)
    (folder / "echo.yaml").write_text(text + POST.format(checks=checks), "utf-8")
    with echo() as server, SimulatorProcess() as simulator:
        slack = simulator.slack_inputs
        inputs = {name: slack[name] for name in ("SLACK_BOT_TOKEN", "SLACK_API_URL")}
        desk = Desk(folder / "state", {"ECHO_URL": server.url, **inputs, **GIVEN}, folder / "echo.yaml")
        with desk.engine("--t0", ago(minutes=6)) as engine:
            engine.wait_for("update.confirmed", slot="found@T+5m")
            engine.wait_for("update.confirmed", slot="posted@T+5m")
            seen = "\n".join(server.seen)
            for secret in GIVEN.values():
                assert desk.ask("note", NOTE.format(secret), launch="echo").code == 0
            status = desk.ask("status", launch="echo")
            assert engine.end() == 143
        posted = simulator.slack()
        audited = desk.ask("audit", launch="echo")
    assert audited.code == 0, audited.out
    files = {
        str(path.relative_to(desk.state)): path.read_bytes().decode("utf-8", "replace")
        for path in desk.state.rglob("*")
        if path.is_file()
    }
    return {
        "entries on the pipe": "\n".join(text for entry in engine.entries for text in texts(entry)),
        "stderr": "".join(engine.complaints),
        "status": status.out + status.err,
        "audit": audited.out + audited.err,
        "argv and environments": seen,
        "Slack": "\n".join(texts(posted)),
        TOKEN: slack["SLACK_BOT_TOKEN"],
        **files,
        **{f"{name} as JSON": "\n".join(texts(json.loads(t))) for name, t in files.items() if name.endswith(".json")},
    }


def test_the_secrets_were_sent_told_and_posted_by_their_names(places: dict[str, str]) -> None:
    post = next(text for name, text in places.items() if name.endswith("war-room.txt"))
    assert [name for name in IN_HEADERS if f"[{name}]" not in post] == []
    assert [name for name in IN_HEADERS if f"[{name}]" not in places["Slack"]] == []
    assert [name for name in GIVEN if NOTE.format(f"[{name}]") not in places["entries on the pipe"]] == []
    assert any(name.endswith("journal.db") for name in places)


def test_the_token_that_posts_is_nowhere(places: dict[str, str]) -> None:
    assert len(places[TOKEN]) > 20
    assert [place for place, text in places.items() if place != TOKEN and places[TOKEN] in text] == []


@pytest.mark.covers("S3-T03")
@pytest.mark.parametrize("name", GIVEN)
def test_no_spelling_of_a_secret_is_anywhere(places: dict[str, str], name: str) -> None:
    for spelling in SPELLINGS.values():
        secret = spelling(CANARIES[name])
        assert [place for place, text in places.items() if secret in text] == []
