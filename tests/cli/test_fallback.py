"""A token is revoked in the middle of a launch: a real engine, a strict Slack, and a receiver that verifies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.receiver import SECRET, Receiver, receiving
from tests.cli.launching import Desk, ago
from warroom.cli.asking import post_body
from warroom.errors import UsageError
from warroom.simulator import SimulatorProcess

PLAYBOOK = """\
warroom: 1
launch: {id: auto_com_center, title: auto_com_center}
inputs:
  SLACK_BOT_TOKEN: {default: "", secret: true}
  SLACK_CHANNEL: {default: ""}
  SLACK_API_URL: {default: ""}
  OPS_URL: {default: "", secret: true}
  OPS_SECRET: {default: "", secret: true}
channels:
  room:
    kind: slack
    token: "${SLACK_BOT_TOKEN}"
    channel: "${SLACK_CHANNEL}"
    api: "${SLACK_API_URL}"
    path: room.txt
    live: false
    fallback: ops
  ops: {kind: webhook, url: "${OPS_URL}", secret: "${OPS_SECRET}", path: ops.txt, fallback: kept}
  kept: {kind: file, path: war-room.txt}
updates:
  first: {channel: room, template: said, at: T+5m}
templates:
  said: "{{ launch.id }}: {{ post.time }}"
"""
TOLD = "⚠️ Channel room FAILED: it refused this post (token_revoked: the token was revoked)\nauto_com_center: T+5m"


@pytest.fixture
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as standing:
        yield standing


@pytest.fixture
def desk(simulator: SimulatorProcess, receiver: Receiver, tmp_path: Path) -> Desk:
    playbook, state = tmp_path / "fallback.yaml", tmp_path / "state"
    playbook.write_text(PLAYBOOK)
    state.mkdir(mode=0o700)
    ours = {"OPS_URL": receiver.url, "OPS_SECRET": SECRET}
    return Desk(state, {**simulator.slack_inputs, **ours}, playbook)


def test_the_fallback_has_it_once_signed_and_the_launch_ends_with_7(
    desk: Desk, simulator: SimulatorProcess, receiver: Receiver
) -> None:
    simulator.slack_fault(method="chat.postMessage", kind="error", value="token_revoked")
    receiver.answers = ["reset"]
    with desk.engine("--t0", ago(minutes=6)) as engine:
        engine.wait_for("update.dead", slot="first@T+5m")
        assert engine.ended() == 7
    assert simulator.slack()["messages"] == []
    # Its first answer was lost, so it came again; one who keeps the keys has it once.
    [said] = receiver.kept().values()
    assert (said["text"], said["slot"], said["severity"]) == (TOLD, "first@T+5m/room/ops", "warning")
    assert [one.is_right for one in receiver.received] == [True, True]
    assert "sent again, a first copy may have arrived" in receiver.received[1].said["delivery"]
    status = desk.ask("status").out
    failed, instead = (line for line in status.splitlines() if line.startswith("post"))
    assert failed.startswith("post    first@T+5m                       failed (room)")
    assert failed.endswith(": token_revoked: the token was revoked")
    assert instead.startswith("post    first@T+5m/room/ops              sent (ops)")
    kept = b"".join(path.read_bytes() for path in desk.folder().rglob("*") if path.is_file())
    said_by = "".join(engine.complaints) + str(engine.entries) + status
    for secret in (SECRET, "canary-8f31"):
        assert secret not in said_by
        assert secret.encode() not in kept


def test_a_receiver_that_does_not_know_the_key_is_no_end_either_and_a_person_sends_it_where_it_belongs(
    desk: Desk, simulator: SimulatorProcess, receiver: Receiver
) -> None:
    simulator.slack_fault(method="chat.postMessage", kind="error", value="token_revoked")
    receiver.answers = [(401, {})]
    # A second update keeps the launch open.
    desk.playbook.write_text(
        PLAYBOOK.replace("at: T+5m}", "at: T+5m}\n  later: {channel: room, template: said, at: T+9h}")
    )
    with desk.engine("--t0", ago(minutes=6)) as engine:
        engine.wait_for("update.confirmed", slot="first@T+5m/room/ops/kept")
        assert desk.posts() == ["first@T+5m/room/ops/kept"]
        again = desk.ask("post", "first@T+5m", "--again", "--reason", "a new token")
        assert again.code == 0, again
        engine.wait_for("update.confirmed", slot="first@T+5m")
    [message] = simulator.slack()["messages"]
    assert "sent again by " in message["blocks"][1]["elements"][0]["text"]
    assert ": a new token; journal" in message["blocks"][1]["elements"][0]["text"]
    assert len(receiver.received) == 1


OPS = '  ops: {kind: webhook, url: "${OPS_URL}", secret: "${OPS_SECRET}", path: ops.txt, fallback: kept}\n'
SECOND = """\
  ops:
    {kind: slack, token: "${SLACK_BOT_TOKEN}", api: "${SLACK_API_URL}", channel: C0BACKUP, path: x.txt, live: false}
"""


def test_a_second_channel_of_slack_has_it_once_also_where_its_answer_is_lost(
    desk: Desk, simulator: SimulatorProcess
) -> None:
    desk.playbook.write_text(PLAYBOOK.replace(OPS, SECOND))
    simulator.slack_fault(method="chat.postMessage", kind="error", value="is_archived")
    simulator.slack_fault(method="chat.postMessage", kind="close", applied=True)
    with desk.engine("--t0", ago(minutes=6)) as engine:
        engine.wait_for("update.unknown", slot="first@T+5m/room/ops")
        assert engine.ended() == 7
    [message] = simulator.slack()["messages"]
    assert message["channel"] == "C0BACKUP"
    assert message["blocks"][0]["text"]["text"].startswith(
        "⚠️ Channel room FAILED: it refused this post (is_archived: the channel is archived)\n"
    )


PLAIN: dict[str, Any] = {"again": False, "done": False, "skip": False, "link": "", "reason": ""}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"again": True, "done": True}, "--again, --done and --skip exclude each other"),
        ({"reason": "so"}, "--reason goes with --again or --skip"),
        ({"done": True, "reason": "so"}, "--reason goes with --again or --skip"),
        ({"link": "http://x"}, "it goes with --done"),
    ],
    ids=str,
)
def test_options_that_make_no_sense_together_are_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        post_body("first@T+5m", **{**PLAIN, **given})


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ({}, {"request": "post"}),
        ({"again": True, "reason": "r"}, {"request": "post_again", "reason": "r"}),
        ({"done": True, "link": "http://x"}, {"request": "post_done", "link": "http://x"}),
        ({"skip": True, "reason": "r"}, {"request": "post_skip", "reason": "r"}),
    ],
    ids=str,
)
def test_each_option_is_a_request_of_its_own(given: dict[str, Any], body: dict[str, str]) -> None:
    assert post_body("first@T+5m", **{**PLAIN, **given}) == {"slot": "first@T+5m", **body}
