"""A launch that posts to Slack: a real engine process, judged by what the Slack has and by its log."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.launching import PATIENCE_S, Desk, ago
from tests.cli.slack_desks import slack_desk
from warroom.simulator import SimulatorProcess

# Posts that need no suite, and a settle time on the scale of a test.
PLAYBOOK = """\
warroom: 1
launch: {id: auto_com_center, title: auto_com_center}
inputs:
  SLACK_BOT_TOKEN: {default: "", secret: true}
  SLACK_CHANNEL: {default: ""}
  SLACK_WEBHOOK_URL: {default: "", secret: true}
  SLACK_API_URL: {default: ""}
channels:
  war_room:
    kind: slack
    token: "${SLACK_BOT_TOKEN}"
    channel: "${SLACK_CHANNEL}"
    webhook: "${SLACK_WEBHOOK_URL}"
    api: "${SLACK_API_URL}"
    path: war-room.txt
    settle: 1s
    live: false
updates:
  first: {channel: war_room, template: said, at: T+5m}
  second: {channel: war_room, template: said, at: T+3h}
templates:
  said: "{{ launch.id }}: {{ post.time }} <!channel>"
"""


@pytest.fixture
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as running:
        yield running


@pytest.fixture
def desk(simulator: SimulatorProcess, tmp_path: Path) -> Desk:
    return slack_desk(simulator, tmp_path, PLAYBOOK)


def keys(simulator: SimulatorProcess) -> list[str]:
    """The keys of the messages that are there, oldest first."""
    return [one["metadata"]["event_payload"]["key"] for one in simulator.slack()["messages"]]


def wait_until(ready: Callable[[], Any]) -> None:
    """Returns as soon as `ready` holds."""
    end = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < end, "it never comes"
        time.sleep(0.05)


def test_a_post_arrives_in_slack_with_its_text_and_its_journals_head(desk: Desk, simulator: SimulatorProcess) -> None:
    with desk.engine("--t0", ago(minutes=6)) as engine:
        entry = engine.wait_for("update.confirmed")
    [message] = simulator.slack()["messages"]
    assert message["blocks"][0]["text"] == {
        "type": "plain_text",
        "text": "auto_com_center: T+5m <!channel>",
        "emoji": False,
    }
    assert "LATE by 1m" in message["blocks"][1]["elements"][0]["text"]
    assert entry["body"]["ref"] == f"C0WARROOM/{message['ts']}"
    assert simulator.slack()["attempts"][-1]["live"] == []
    assert not (desk.folder() / "war-room.txt").exists()


FAULTS = [
    pytest.param({"kind": "reset", "applied": True}, 1, id="accepted, then the connection is reset"),
    pytest.param({"kind": "close", "applied": True}, 1, id="accepted, then the connection is closed"),
    pytest.param({"kind": "status", "applied": True, "value": "503"}, 1, id="accepted, then 503"),
    pytest.param(
        {"kind": "error", "applied": True, "value": "internal_error"}, 1, id="accepted, then internal_error"
    ),
    pytest.param({"kind": "cut", "applied": True, "value": "120"}, 1, id="accepted, and the answer is cut"),
    pytest.param({"kind": "reset"}, 2, id="the connection is reset, nothing was accepted"),
    pytest.param({"kind": "status", "value": "200"}, 2, id="HTML at 200, nothing was accepted"),
    pytest.param({"kind": "body", "value": '{"ok": "false"}'}, 2, id='ok is the text "false"'),
    pytest.param({"kind": "limited", "value": "1"}, 2, id="429"),
]


@pytest.mark.parametrize(("fault", "attempts"), FAULTS)
def test_whatever_becomes_of_an_answer_the_post_is_there_once(
    fault: dict[str, Any], attempts: int, desk: Desk, simulator: SimulatorProcess
) -> None:
    simulator.slack_fault(method="chat.postMessage", **fault)
    with desk.engine("--t0", ago(minutes=6)) as engine:
        engine.wait_for("update.confirmed")
    assert [key.rpartition(":")[2] for key in keys(simulator)] == ["first@T+5m"]
    sent = [one for one in simulator.slack()["attempts"] if one["method"] == "chat.postMessage"]
    assert len(sent) == attempts


def test_one_that_is_not_there_is_sent_again_only_after_two_looks(desk: Desk, simulator: SimulatorProcess) -> None:
    simulator.slack_fault(method="chat.postMessage", kind="reset")
    with desk.engine("--t0", ago(minutes=6)) as engine:
        engine.wait_for("update.confirmed")
        assert engine.kinds().count("update.absent") == 1
    methods = [one["method"] for one in simulator.slack()["attempts"]]
    assert methods.index("conversations.history") < len(methods) - 1
    first, last = methods.index("chat.postMessage"), len(methods) - 1
    assert methods[first + 1 : last].count("conversations.history") == 2


@pytest.mark.parametrize("applied", [True, False], ids=["it was accepted", "it was not accepted"])
def test_an_engine_killed_while_slack_is_silent_neither_loses_nor_doubles_it(
    applied: bool, desk: Desk, simulator: SimulatorProcess
) -> None:
    simulator.slack_fault(method="chat.postMessage", kind="silent", applied=applied)
    with desk.engine("--t0", ago(minutes=6)) as engine:
        engine.wait_for("update.sending")
        wait_until(lambda: any(one["method"] == "chat.postMessage" for one in simulator.slack()["attempts"]))
        engine.end(signal.SIGKILL)
    with desk.engine() as engine:
        engine.wait_for("update.confirmed")
    assert [key.rpartition(":")[2] for key in keys(simulator)] == ["first@T+5m"]


def test_a_token_that_was_revoked_fails_the_post_for_good_and_says_why(
    desk: Desk, simulator: SimulatorProcess
) -> None:
    simulator.slack_fault(method="chat.postMessage", kind="error", value="token_revoked")
    with desk.engine("--t0", ago(minutes=6)) as engine:
        dead = engine.wait_for("update.dead")
    assert dead["body"]["reason"] == "token_revoked: the token was revoked"
    assert "failed" in desk.ask("status").out
    assert keys(simulator) == []


def test_without_access_it_posts_to_the_file_and_says_so(desk: Desk) -> None:
    without = Desk(desk.state, {}, desk.playbook)
    with without.engine("--t0", ago(minutes=6)) as engine:
        engine.wait_for("update.confirmed")
    assert without.posts() == ["first@T+5m"]
    assert any("neither token nor webhook" in line for line in engine.complaints)


def test_with_a_webhook_alone_it_posts_through_that_and_says_what_it_cannot(
    desk: Desk, simulator: SimulatorProcess
) -> None:
    hook = {"SLACK_WEBHOOK_URL": simulator.slack_inputs["SLACK_WEBHOOK_URL"]}
    by_hook = Desk(desk.state, hook, desk.playbook)
    with by_hook.engine("--t0", ago(minutes=6)) as engine:
        engine.wait_for("update.confirmed")
        status = by_hook.ask("status").out
    [message] = simulator.slack()["messages"]
    assert message["bot_id"] == "B0HOOK"
    says = (
        "channel war_room: a Slack webhook, no token: no threads, no attached files, no status message, "
        "no dead-man switch, and nothing is looked up"
    )
    assert f"warroom: {says}\n" in engine.complaints
    assert f"{says}\n" in status


def test_the_token_is_nowhere_in_what_a_launch_keeps_and_says(desk: Desk, simulator: SimulatorProcess) -> None:
    simulator.slack_fault(method="chat.postMessage", kind="error", value="invalid_auth")
    with desk.engine("--t0", ago(minutes=6)) as engine:
        engine.wait_for("update.dead")
    said = "".join(engine.complaints) + str(engine.entries) + desk.ask("status", "--json").out
    kept = b"".join(path.read_bytes() for path in desk.folder().rglob("*") if path.is_file())
    token = simulator.slack_inputs["SLACK_BOT_TOKEN"]
    assert token not in said
    assert token.encode() not in kept
