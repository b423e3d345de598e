import sys
from pathlib import Path

import pytest

from tests.checks.desk import desk, lever
from tests.checks.server import Received, Server, reply
from warroom.adapters.command import Commands
from warroom.adapters.http import HttpAdapter
from warroom.adapters.levers import Levers
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Lever, ReadFrom, Target


def service(request: Received) -> bytes:
    return reply({"levers": {"A": "true"}} if request.path == "/state" else {"other": {"B": 10}})


async def test_levers_come_back_in_the_order_asked(tmp_path: Path) -> None:
    levers = {name: lever(name) for name in ("A", "B", "C")}
    async with Server(service) as server, desk(tmp_path, {"app": server.url}, levers=levers) as here:
        state = await here.context.levers.read(["C", "A"])
    assert [(reading.name, reading.actual) for reading in state.readings] == [("C", None), ("A", "true")]
    assert len(state.responses) == len(server.received) == 1
    assert state.responses[0].evidence == "check/state.json"


async def test_each_place_is_asked_once(tmp_path: Path) -> None:
    other = lever("B", target="other", json="$.other.B")
    levers = {"A": lever("A"), "B": other, "C": lever("C")}
    async with Server(service) as server, desk(tmp_path, {"app": server.url, "other": f"{server.url}/x"}) as here:
        state = await Levers(levers, here.http, here.context.commands, here.context.clock).read(["A", "B", "C"])
    assert [reading.actual for reading in state.readings] == ["true", "10", None]
    assert [request.path for request in server.received] == ["/state", "/x/state"]
    assert [response.evidence for response in state.responses] == ["check/state-1.json", "check/state-2.json"]


async def test_a_lever_that_the_playbook_does_not_have_cannot_be_read(tmp_path: Path) -> None:
    async with desk(tmp_path, {}) as here:
        with pytest.raises(CannotMeasure, match="the playbook has no lever 'X'"):
            await here.context.levers.read(["X"])


async def test_a_lever_is_what_a_command_prints_where_that_is_allowed(tmp_path: Path) -> None:
    code = ReadFrom(command=(sys.executable, "-c", "print('true')"))
    levers = {"A": Lever("A", "true", code), "T": Lever("T", "true", ReadFrom())}
    async with desk(tmp_path, {}) as here:
        reader = Levers(levers, here.http, Commands(here.context.clock, allowed=True), here.context.clock)
        state = await reader.read(["A"])
        assert [(one.name, one.actual) for one in state.readings] == [("A", "true")]
        assert (state.responses, reader.curl_of(["A"])) == ((), "")
        with pytest.raises(CannotMeasure, match="commands are not allowed here"):
            await Levers(levers, here.http, Commands(here.context.clock), here.context.clock).read(["A"])
        with pytest.raises(CannotMeasure, match="only a person can say what T is"):
            await reader.read(["T"])


async def test_the_line_to_repeat_a_reading_has_what_the_target_needs_and_names_its_secret(tmp_path: Path) -> None:
    other = lever("B", target="other")
    async with desk(tmp_path, {}) as here:
        targets = {
            "app": Target("app", "http://127.0.0.1:9", bearer="hunter2hunter2"),
            "other": Target("other", "http://127.0.0.1:9/x"),
        }
        http = HttpAdapter(targets, here.context.clock, secrets={"TOKEN": "hunter2hunter2"})
        reader = Levers({"A": lever("A"), "B": other}, http, here.context.commands, here.context.clock)
        curl = reader.curl_of(["A", "B"])
    assert curl.count("curl ") == 2
    assert "$TOKEN" in curl
    assert "hunter2" not in curl
    assert "http://127.0.0.1:9/state; " in curl
    assert curl.endswith("http://127.0.0.1:9/x/state")


async def test_an_answer_that_is_an_error_leaves_a_line_to_repeat_it(tmp_path: Path) -> None:
    async with (
        Server(lambda _: reply({}, 500)) as server,
        desk(tmp_path, {"app": server.url}, levers={"A": lever("A")}) as here,
    ):
        with pytest.raises(CannotMeasure, match="answers 500") as raised:
            await here.context.levers.read(["A"])
    assert raised.value.reproduce.startswith("curl ")
