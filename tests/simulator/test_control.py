"""The control service, as a process beside it uses it."""

import pytest

from tests.simulator.client import Client
from warroom.simulator.reqlog import ServedRequest
from warroom.simulator.scenarios import SCENARIOS, scenario_named


async def test_it_names_the_scenario_and_all_there_are(client: Client) -> None:
    url = client.sim.control_url
    steady = {"name": "steady", "summary": scenario_named("steady").summary}
    assert (await client.http.get(f"{url}/scenario")).json() == steady
    listed = (await client.http.get(f"{url}/scenarios")).json()["scenarios"]
    assert [one["name"] for one in listed] == [one.name for one in SCENARIOS]


async def test_a_switch_holds_from_the_next_request_on(client: Client) -> None:
    answer = await client.http.put(f"{client.sim.control_url}/scenario", json={"name": "canary-version"})
    assert (answer.status_code, answer.json()["name"]) == (200, "canary-version")
    assert (await client.get("/canary")).json()["version"] == "v2.6"


@pytest.mark.parametrize(
    ("body", "status"), [({"name": "stedy"}, 404), ({"name": 1}, 400), ({}, 400), (["steady"], 400), (None, 400)]
)
async def test_what_it_cannot_switch_to_changes_nothing(client: Client, body: object, status: int) -> None:
    answer = await client.http.put(f"{client.sim.control_url}/scenario", json=body)
    assert answer.status_code == status
    assert client.sim.scenario == "steady"


async def test_an_unknown_scenario_is_answered_with_the_nearest_name(client: Client) -> None:
    answer = await client.http.put(f"{client.sim.control_url}/scenario", json={"name": "stedy"})
    assert "steady" in answer.json()["hint"]


async def test_the_log_is_read_and_cleared_and_control_requests_are_not_in_it(client: Client) -> None:
    url = client.sim.control_url
    await client.get("/canary")
    entries = (await client.http.get(f"{url}/requests")).json()["requests"]
    assert tuple(ServedRequest.from_json(entry) for entry in entries) == client.sim.requests
    assert [entry["path"] for entry in entries] == ["/canary"]
    assert (await client.http.delete(f"{url}/requests")).status_code == 204
    assert (await client.http.get(f"{url}/requests")).json() == {"requests": []}


async def test_the_world_tells_what_was_taken_in(client: Client) -> None:
    await client.post_event(await client.token(), kind="deadline_approaching", key="k-1")
    world = (await client.http.get(f"{client.sim.control_url}/world")).json()
    (event,) = world["events"]
    assert (event["type"], event["key"], event["token"]) == ("deadline_approaching", "k-1", "valid")
    assert world["scenario"] == "steady"
    assert world["gates"]["gate1"]["state"] == "green"
    assert world["state"]["external_sends"] == 0


async def test_it_answers_while_the_app_is_dark_or_down(client: Client) -> None:
    for name in ("dark", "down", "steady"):
        answer = await client.http.put(f"{client.sim.control_url}/scenario", json={"name": name})
        assert answer.json()["name"] == name
    assert (await client.get("/health")).status_code == 200


async def test_a_fault_of_the_slack_can_have_a_message_edited_or_deleted_as_it_is_accepted(client: Client) -> None:
    url = f"{client.sim.control_url}/slack/faults"
    fault = {"method": "chat.postMessage", "kind": "close", "applied": True}
    for then, status in (("edited", 204), ("deleted", 204), ("", 204), ("pinned", 400)):
        assert (await client.http.post(url, json={**fault, "then": then})).status_code == status
    queued = [client.sim.slack.faults.take("chat.postMessage") for _ in range(4)]
    assert [one and one.then for one in queued] == ["edited", "deleted", "", None]


async def test_the_clock_of_the_slack_is_put_ahead(client: Client) -> None:
    url = f"{client.sim.control_url}/slack/clock"
    assert (await client.http.put(url, json={"ahead_s": 900})).status_code == 204
    assert (await client.http.put(url, json={"ahead_s": "900"})).status_code == 400
    assert (await client.http.put(url, json={"ahead_s": True})).status_code == 400
