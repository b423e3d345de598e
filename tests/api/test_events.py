"""Gates and incidents over the API: what may be asked, and what the state says of it to whoever follows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_api import ABOUT, Served
from tests.engine.stage import Gates, Stage
from tests.engine.test_gates import GATED
from tests.engine.test_incidents import TROUBLED
from warroom.adapters.asking import user_name
from warroom.api.app import api
from warroom.api.listener import Listener
from warroom.client.values import launch_now
from warroom.errors import UsageError

EVENTFUL = replace(GATED, updates={**GATED.updates, **TROUBLED.updates})


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    stage = Stage(tmp_path / "launch", course=EVENTFUL)
    stage.gates = Gates({"gate1": "red"})
    async with stage.engine() as engine:
        listener = Listener(stage.folder, api(engine, stage.clock, lambda _: user_name(), ABOUT))
        await listener.open()
        try:
            yield Served(stage, engine, listener)
        finally:
            await listener.close()


async def requested(served: Served, **body: Any) -> list[str]:
    """The kinds of the entries that a request made."""
    return [entry["kind"] for entry in (await served.ask("POST", "/requests", body))["entries"]]


async def test_an_incident_is_opened_noted_and_resolved_and_a_client_sees_each(served: Served) -> None:
    assert await requested(served, request="incident", text="the queue \x1b[31mgrows") == ["incident.opened"]
    await served.stage.advance(timedelta(seconds=15))
    [incident] = launch_now(await served.ask("GET", "/state")).incidents
    assert (incident.id, incident.text) == ("inc-1", "the queue \\e[31mgrows")
    assert incident.draft == "[incident.note]"
    assert incident.note_due == incident.opened_at + timedelta(minutes=10)
    note = {"request": "incident_note", "incident": "inc-1", "text": "stuck\nrestarting"}
    assert await requested(served, **note) == ["incident.noted"]
    [incident] = launch_now(await served.ask("GET", "/state")).incidents
    assert (incident.note, incident.draft, incident.note_due) == ("stuck\nrestarting", "", None)
    over = {"request": "incident_resolve", "incident": "inc-1", "reason": "restarted"}
    assert await requested(served, **over) == ["incident.resolved"]
    [incident] = launch_now(await served.ask("GET", "/state")).incidents
    assert (incident.resolved_by, incident.reason) == (user_name(), "restarted")


async def test_a_gate_is_stated_and_asked_again_and_a_client_sees_what_it_holds(served: Served) -> None:
    gate = launch_now(await served.ask("GET", "/state")).gates[0]
    assert (gate.state, gate.source, gate.holds, gate.stale) == ("red", "the test", "receive-and-queue", False)
    stated = {"request": "gate", "gate": "gate1", "state": "green", "reason": "they called"}
    assert await requested(served, **stated) == ["gate.read", "gate.flipped"]
    gate = launch_now(await served.ask("GET", "/state")).gates[0]
    assert (gate.state, gate.source, gate.reason) == ("green", f"stated by {user_name()}", "they called")
    assert gate.holds == ""
    assert await requested(served, request="gate", gate="gate1", state="poll") == ["gate.asked", "gate.read"]
    await served.stage.advance(timedelta(seconds=15))
    assert launch_now(await served.ask("GET", "/state")).gates[0].state == "red"


async def test_what_ran_again_has_its_checks_and_their_names_in_the_state(served: Served) -> None:
    await served.stage.advance(timedelta(minutes=10))
    served.stage.gates.says["gate1"] = "green"
    await served.stage.advance(timedelta(minutes=5))
    runs = {run.suite: run for run in launch_now(await served.ask("GET", "/state")).suites}
    assert [check.id for check in runs["jwks, m2m"].checks] == ["jwks", "m2m"]
    assert runs["jwks, m2m"].cause == "gate:gate1#1"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param({"request": "incident"}, "text", id="an incident without a text"),
        pytest.param({"request": "incident", "text": "x" * 4_001}, "text", id="a text that is too long"),
        pytest.param({"request": "incident_note", "incident": "inc-9", "text": "x"}, "no incident", id="none such"),
        pytest.param({"request": "incident_resolve", "incident": "inc-1"}, "reason", id="no reason"),
        pytest.param({"request": "gate", "gate": "gate1", "state": "green"}, "reason", id="a gate without a reason"),
        pytest.param({"request": "gate", "gate": "gate1", "state": "amber", "reason": "x"}, "green, red", id="amber"),
        pytest.param({"request": "gate", "gate": "gate2", "state": "green", "by": "x"}, "by", id="another's name"),
    ],
)
async def test_what_is_refused_is_not_journaled(body: dict[str, Any], says: str, served: Served) -> None:
    before = served.engine.state.seq
    with pytest.raises(UsageError, match=says):
        await served.ask("POST", "/requests", body)
    assert served.engine.state.seq == before
