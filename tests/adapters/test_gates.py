import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.checks.desk import desk
from tests.checks.server import Server, closed_port, reply
from warroom.adapters.gates import Gates, declared_gates
from warroom.adapters.http import HttpAdapter
from warroom.clock import RealClock, VirtualClock
from warroom.contract import Request, Response
from warroom.errors import UsageError
from warroom.events import GateInfo
from warroom.playbook.loaded import Gate, ReadFrom, Target

GATE = Gate("gate1", "Gate 1", read=ReadFrom("gate1", json="$.state", since="$.since"))


async def read(folder: Path, raw: bytes, gate: Gate = GATE) -> GateInfo:
    async with Server(lambda _: raw) as server, desk(folder, {"gate1": server.url}, gates={"gate1": gate}) as here:
        assert isinstance(here.context.gates, Gates)
        return await here.context.gates.info("gate1")


@pytest.mark.parametrize(
    ("raw", "state", "reason"),
    [
        pytest.param(reply({"state": "green"}), "green", "", id="green"),
        pytest.param(reply({"state": "RED"}), "red", "", id="in capital letters"),
        pytest.param(reply({"state": "amber"}), "unknown", "it says amber, which is neither", id="another word"),
        pytest.param(reply({"state": "unknown"}), "unknown", "it says unknown", id="it does not know itself"),
        pytest.param(reply({"state": True}), "unknown", "it says true", id="not a text"),
        pytest.param(reply({"gate": "green"}), "unknown", "it says (missing)", id="no state"),
        pytest.param(reply(b"<html>"), "unknown", "the answer is not JSON", id="a page"),
        pytest.param(reply({"state": "green"}, 500), "unknown", "it answers 500", id="green, but with status 500"),
        pytest.param(reply(b"", 302, [("location", "/login")]), "unknown", "it answers 302", id="a redirect"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", "unknown", "cut", id="an answer cut off"),
        pytest.param(reply({"state": "\x1b[32mgreen"}), "unknown", "\\e[32mgreen", id="green with a colour code"),
    ],
)
async def test_only_a_clear_answer_is_a_state(tmp_path: Path, raw: bytes, state: str, reason: str) -> None:
    info = await read(tmp_path, raw)
    assert info.state == state
    assert reason in info.reason
    assert bool(info.reason) is (state == "unknown")


async def test_it_says_who_said_so_and_since_when(tmp_path: Path) -> None:
    info = await read(tmp_path, reply({"state": "green", "since": "2025-11-01T02:00:00Z\x07"}))
    assert (info.title, info.since) == ("Gate 1", "2025-11-01T02:00:00Z\\x07")
    assert info.source.startswith("http://127.0.0.1:")


async def test_a_gate_that_nobody_answers_for_is_unknown(tmp_path: Path) -> None:
    async with desk(tmp_path, {"gate1": closed_port()}, gates={"gate1": GATE}) as here:
        info = await here.context.gates.info("gate1")  # type: ignore[attr-defined]
        assert await here.context.gates.state("gate1") == "unknown"
    assert "refused" in info.reason


async def test_a_target_that_is_not_configured_is_the_reason() -> None:
    target = Target("gate1", "", not_configured="GATE1_URL is not set")
    http = HttpAdapter({"gate1": target}, RealClock())
    info = await Gates({"gate1": GATE}, http, RealClock()).info("gate1")
    assert info.state == "unknown"
    assert "GATE1_URL is not set" in info.reason


async def test_a_gate_without_a_source_says_how_to_declare_it(tmp_path: Path) -> None:
    async with desk(tmp_path, {}, gates={"gate1": Gate("gate1", "Gate 1")}) as here:
        info = await here.context.gates.info("gate1")  # type: ignore[attr-defined]
    assert info == GateInfo(
        "gate1", "Gate 1", "unknown", "nobody", "nobody declared it; use --gate gate1=green or --gate gate1=red"
    )


async def test_an_unknown_gate_is_unknown(tmp_path: Path) -> None:
    async with desk(tmp_path, {}) as here:
        assert await here.context.gates.state("gate7") == "unknown"
        assert here.context.gates.title("gate7") == "gate7"


class Counted:
    """An HTTP port that says red, and counts."""

    def __init__(self) -> None:
        self.asked = 0

    async def send(self, request: Request) -> Response:
        self.asked += 1
        return Response(200, (), b'{"state": "red"}', url="http://gate")

    def url_of(self, request: Request) -> str:
        return "http://gate"

    def curl_of(self, request: Request) -> str:
        return "curl http://gate"


async def test_a_gate_is_asked_once_within_its_time_to_live() -> None:
    clock, http = VirtualClock(datetime(2025, 11, 1, tzinfo=UTC)), Counted()
    gates = Gates({"gate1": GATE}, http, clock)
    await clock.advance(100)
    for after_s, asked in ((0, 1), (0, 1), (59.9, 1), (0.1, 2), (60, 3)):
        await clock.advance(after_s)
        assert await gates.state("gate1") == "red"
        assert http.asked == asked


async def test_checks_that_ask_at_the_same_time_share_the_answer(tmp_path: Path) -> None:
    async with Server(lambda _: reply({"state": "green"})) as server:
        async with desk(tmp_path, {"gate1": server.url}, gates={"gate1": GATE}) as here:
            states = await asyncio.gather(*(here.context.gates.state("gate1") for _ in range(5)))
        assert (states, len(server.received)) == (["green"] * 5, 1)


async def test_a_declared_gate_is_not_asked() -> None:
    http = Counted()
    gates = Gates({"gate1": GATE}, http, RealClock(), declared={"gate1": "green"})
    assert await gates.info("gate1") == GateInfo("gate1", "Gate 1", "green", "declared with --gate")
    assert http.asked == 0


@pytest.mark.parametrize(
    ("given", "declared"),
    [
        pytest.param([], {}, id="nothing"),
        pytest.param(["gate1=green"], {"gate1": "green"}, id="green"),
        pytest.param(["gate1=RED", "gate2=green"], {"gate1": "red", "gate2": "green"}, id="two, one in capitals"),
        pytest.param(["gate1=green", "gate1=green"], {"gate1": "green"}, id="twice the same"),
    ],
)
def test_gates_are_declared(given: list[str], declared: dict[str, str]) -> None:
    assert declared_gates(given, ["gate1", "gate2"]) == declared


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        pytest.param(["gate1=amber"], "a gate is green or red", "", id="another colour"),
        pytest.param(["gate1"], "a gate is green or red", "", id="no colour"),
        pytest.param(["gaet1=red"], "no gate 'gaet1'", "did you mean 'gate1'?", id="a slip of the pen"),
        pytest.param(["\x1b[2J=red"], "no gate '\\e[2J'", "its gates: gate1", id="hostile text"),
        pytest.param(["gate1=red", "gate1=green"], "both green and red", "", id="both"),
    ],
)
def test_a_wrong_declaration_is_named(given: list[str], message: str, hint: Any) -> None:
    with pytest.raises(UsageError) as caught:
        declared_gates(given, ["gate1"])
    assert message in caught.value.message
    assert caught.value.hint == hint
