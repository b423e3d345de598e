"""The thread of a phase in Slack: real engine processes, killed and started again, judged by what the Slack has."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.launching import Desk, EngineProcess, ago
from tests.cli.slack_desks import slack_desk
from tests.cli.test_run_slack import PLAYBOOK as WITHOUT_PHASES
from tests.cli.test_run_slack import wait_until
from warroom.simulator import SimulatorProcess

BEFORE, _, TEMPLATES = WITHOUT_PHASES.partition("updates:")
PLAYBOOK = f"""\
{BEFORE}phases:
  early: {{title: Early, from: T+0, until: T+30m}}
  later: {{title: Later, from: T+30m, until: T+48h}}
updates:
  first: {{channel: war_room, template: said, at: T+5m}}
  second: {{channel: war_room, template: said, at: T+6m}}
  third: {{channel: war_room, template: said, at: T+7m}}
  fourth: {{channel: war_room, template: said, at: T+40m}}
  far: {{channel: war_room, template: said, at: T+47h}}
  trouble: {{channel: war_room, template: trouble, on: incident.opened, within: 2m}}
{TEMPLATES[TEMPLATES.index("templates:") :]}  trouble: "{{{{ incident.text }}}}"
"""
SLOTS = ["first@T+5m", "second@T+6m", "third@T+7m", "fourth@T+40m"]


@pytest.fixture
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as running:
        yield running


@pytest.fixture
def desk(simulator: SimulatorProcess, tmp_path: Path) -> Desk:
    return slack_desk(simulator, tmp_path, PLAYBOOK)


def threads(simulator: SimulatorProcess) -> dict[str, list[str]]:
    """The slots of the messages that are there: of each one in the channel itself those that reply to it."""
    messages = [one for one in simulator.slack()["messages"] if not one["deleted"]]
    slots = {one["ts"]: _slot(one) for one in messages}
    found: dict[str, list[str]] = {slots[one["ts"]]: [] for one in messages if not one["thread_ts"]}
    for one in messages:
        if one["thread_ts"]:
            found[slots[one["thread_ts"]]].append(slots[one["ts"]])
    assert len(slots) == len(set(slots.values())), "nothing is there twice"
    return {head: sorted(replies) for head, replies in found.items()}


def _slot(message: dict[str, Any]) -> str:
    return str(message["metadata"]["event_payload"]["key"]).rpartition(":")[2]


def all_sent(engine: EngineProcess) -> None:
    for slot in SLOTS:
        engine.wait_for("update.confirmed", slot=slot)


def test_each_phase_is_a_thread_and_an_incident_stands_in_the_channel(
    desk: Desk, simulator: SimulatorProcess
) -> None:
    with desk.engine("--t0", ago(minutes=45)) as engine:
        all_sent(engine)
        assert desk.ask("incident", "open", "down").code == 0
        engine.wait_for("update.confirmed", slot="trouble@inc-1")
    early = ["second@T+6m", "third@T+7m"]
    assert threads(simulator) == {"first@T+5m": early, "fourth@T+40m": [], "trouble@inc-1": []}


FAULTS = [
    pytest.param({"kind": "reset", "applied": True}, id="the head is accepted, then the connection is reset"),
    pytest.param({"kind": "error", "applied": True, "value": "internal_error"}, id="accepted, then internal_error"),
    pytest.param({"kind": "reset"}, id="the head is not accepted"),
    pytest.param({"kind": "limited", "value": "2"}, id="the head is asked to wait"),
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("times", [1, 2])
def test_whatever_becomes_of_an_answer_each_post_is_there_once_and_each_phase_has_one_head(
    fault: dict[str, Any], times: int, desk: Desk, simulator: SimulatorProcess
) -> None:
    simulator.slack_fault(method="chat.postMessage", times=times, **fault)
    with desk.engine("--t0", ago(minutes=45)) as engine:
        all_sent(engine)
    found = threads(simulator)
    assert sorted([*found, *(reply for replies in found.values() for reply in replies)]) == sorted(SLOTS)
    assert len(found) == 2, "one head each"
    assert "fourth@T+40m" in found
    assert found["fourth@T+40m"] == []


@pytest.mark.parametrize("applied", [True, False], ids=["it was accepted", "it was not accepted"])
@pytest.mark.parametrize("is_head", [True, False], ids=["the head", "a reply"])
def test_an_engine_killed_while_slack_is_silent_leaves_one_head_and_each_post_once(
    is_head: bool, applied: bool, desk: Desk, simulator: SimulatorProcess
) -> None:
    silent = {"method": "chat.postMessage", "kind": "silent", "applied": applied}
    if is_head:
        simulator.slack_fault(**silent)
    with desk.engine("--t0", ago(minutes=20 if is_head else 5.5)) as engine:
        if not is_head:
            engine.wait_for("update.confirmed", slot=SLOTS[0])
            simulator.slack_fault(**silent)
            assert desk.ask("t0", ago(minutes=20), "--reason", "it was earlier").code == 0
        wait_until(lambda: any(one["fault"] for one in simulator.slack()["attempts"]))
        engine.end(signal.SIGKILL)
    with desk.engine() as engine:
        # The one amid which the engine died; of the others some may have arrived before.
        engine.wait_for("update.confirmed")
        wait_until(lambda: len(simulator.slack()["messages"]) >= 3)
    assert threads(simulator) == {"first@T+5m": ["second@T+6m", "third@T+7m"]}


def test_a_post_whose_thread_takes_no_replies_stands_in_the_channel(desk: Desk, simulator: SimulatorProcess) -> None:
    with desk.engine("--t0", ago(minutes=5.5)) as engine:
        engine.wait_for("update.confirmed", slot=SLOTS[0])
        simulator.slack_fault(method="chat.postMessage", kind="error", value="restricted_action_thread_locked")
        assert desk.ask("t0", ago(minutes=20), "--reason", "it was earlier").code == 0
        for slot in SLOTS[1:3]:
            engine.wait_for("update.confirmed", slot=slot)
    found = threads(simulator)
    assert len(found) == 2
    assert sorted([*found, *(reply for replies in found.values() for reply in replies)]) == SLOTS[:3]
