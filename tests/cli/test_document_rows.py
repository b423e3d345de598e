"""Rows of the third document that need the whole program: what verify, its console, its posts and its state say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.launching import Desk, ago
from tests.cli.running import PLAYBOOK, patient_playbook, verify, warroom
from tests.cli.terminal import at_terminal
from warroom.simulator import SimulatorProcess

REQUIRED = ["AUTO_COM_CENTER_URL", "SCHOLAR_AUTH_JWKS_URL", "M2M_TOKEN_URL", "M2M_CLIENT_ID", "M2M_CLIENT_SECRET"]


@pytest.mark.covers("S3-C04")
def test_five_of_six_headers_is_red_names_the_missing_one_and_is_told_everywhere(tmp_path: Path) -> None:
    ended = verify("header-missing", tmp_path / "verify")
    found = ended.check("security_headers")
    assert found["verdict"] == "fail"
    assert "permissions-policy is missing" in found["reason"]
    # The service's own list is held against what it really sent.
    assert "it lists permissions-policy as missing" in found["reason"]
    assert "security_headers: 5/6 present" in [line["say"] for line in found["results"]]
    with SimulatorProcess("header-missing") as simulator:
        evidence = ["--evidence", str(tmp_path / "console")]
        with at_terminal("verify", str(PLAYBOOK), *evidence, inputs=simulator.inputs) as terminal:
            terminal.wait_for("security_headers: 5/6 present")
        desk = Desk(tmp_path / "state", simulator.inputs, patient_playbook(tmp_path / "playbook"))
        with desk.engine("--t0", ago(minutes=16)) as engine:
            engine.wait_for("update.confirmed", slot="evidence_bundle@T+15m")
        post = (desk.folder() / "war-room.txt").read_text("utf-8")
    assert "security_headers: 5/6 present" in post
    assert "permissions-policy is missing" in post
    assert "security_headers: 6/6 present" in verify("steady", tmp_path / "good").out


ATTESTED = """
warroom: 1
include: [auto_com_center.yaml]
checks:
  rendered:
    kind: attest
    title: Templates
    ask: [{name: templates_rendered, text: Templates were rendered in dry-run}]
suites:
  ingestion: {checks: [events, rendered]}
"""


@pytest.mark.covers("S3-C10")
def test_after_two_events_the_queue_is_stable_and_operational_or_it_is_red_and_a_person_is_asked_once(
    tmp_path: Path,
) -> None:
    good = verify("steady", tmp_path / "good")
    said = [line["say"] for line in good.check("events")["results"] if line["verdict"] == "pass"]
    assert {"2 synthetic events posted", "Queue status: stable", "Event queue operational"} <= set(said)
    posted = [request for request in good.requests if request.path == "/events" and request.status == 202]
    read = [request for request in good.requests if request.path == "/ops/state"]
    assert len(posted) == 2
    assert max(request.at for request in read) > max(request.at for request in posted)
    growing = verify("queue-growing", tmp_path / "growing")
    assert (growing.code, growing.check("events")["verdict"]) == (1, "fail")
    assert "growing" in growing.check("events")["reason"]
    patient_playbook(tmp_path / "playbook")
    playbook = tmp_path / "playbook" / "attested.yaml"
    playbook.write_text(ATTESTED, "utf-8")
    with SimulatorProcess("steady") as simulator:
        options = ["--suite", "ingestion", "--evidence", str(tmp_path / "asked")]
        with at_terminal("verify", str(playbook), *options, inputs=simulator.inputs) as terminal:
            terminal.wait_for("press a to answer: Templates were rendered in dry-run")
            terminal.press("a")
            terminal.wait_for("Esc later")
            terminal.press("y")
            terminal.wait_for(lambda text: "5/5 done" in text and "ASKS YOU" not in text and "to answer" not in text)
            terminal.press("q")
            assert terminal.ended() == 0
    (log,) = (tmp_path / "asked").glob("*.log")
    assert "Templates were rendered in dry-run" in log.read_text("utf-8")


LINKED = """
warroom: 1
include: [auto_com_center.yaml]
targets: {{publish: {{url: "{url}", human: true}}}}
"""


@pytest.mark.covers("S3-T02")
def test_the_publish_page_is_the_link_of_step_1_and_nothing_ever_opens_it(tmp_path: Path) -> None:
    patient_playbook(tmp_path / "playbook")
    playbook = tmp_path / "playbook" / "linked.yaml"
    with SimulatorProcess("steady") as page, SimulatorProcess("steady") as simulator:
        url = page.inputs["AUTO_COM_CENTER_URL"]
        playbook.write_text(LINKED.format(url=url), "utf-8")
        options = ["--headless", "--wait", "0s", "--evidence", str(tmp_path / "evidence")]
        ended = warroom("verify", str(playbook), *options, inputs=simulator.inputs, evidence=tmp_path / "evidence")
        desk = Desk(tmp_path / "state", simulator.inputs, playbook)
        with desk.engine("--t0", ago(seconds=5)):
            state = json.loads(desk.ask("status", "--json").out)
        opened = page.requests
    assert ended.code == 0, ended.err
    assert (state["steps"][0]["do"], state["steps"][0]["link"]) == ("Navigate to the workspace", url)
    assert f"Deployments, then Publish: {url}" in ended.texts()
    assert opened == ()


@pytest.mark.covers("S3-T03")
def test_all_five_required_inputs_are_named_before_anything_is_sent(tmp_path: Path) -> None:
    ended = warroom("verify", str(PLAYBOOK), "--headless", evidence=tmp_path)
    assert ended.code == 2
    assert [name for name in REQUIRED if name not in ended.err] == []
