"""The API over TCP: nothing without a person's token, an exact host, and no page of another origin."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_api import ABOUT
from tests.engine.stage import Stage
from warroom.adapters.asking import user_name
from warroom.api.app import api
from warroom.api.listener import Address, address_of
from warroom.api.refusals import Refusals
from warroom.api.tokens import TOKENS, Tokens
from warroom.cli.listening import announce, listen, listen_at, tcp_listener
from warroom.engine.engine import Engine
from warroom.errors import UsageError


@dataclass
class Reached:
    """A launch on a TCP address, and ada's token for it."""

    stage: Stage
    engine: Engine
    address: Address
    tokens: Tokens
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    async def send(self, method: str, path: str, body: Any = None, **changed: str | None) -> tuple[int, Any]:
        """The status and the JSON; `changed` replaces headers, or (None) leaves them out."""
        data = b"" if body is None else json.dumps(body).encode()
        headers: dict[str, str | None] = {"host": str(self.address), "authorization": f"Bearer {self.token}"}
        headers |= {"connection": "close", "content-length": str(len(data)), **changed}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
        answer = await self.raw(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data)
        status, _, rest = answer.partition(b"\r\n")
        text = rest.partition(b"\r\n\r\n")[2]
        return int(status.split(b" ")[1]), json.loads(text) if text[:1] in (b"{", b"[") else text

    async def raw(self, request: bytes) -> bytes:
        """What comes back for those bytes."""
        reader, writer = await asyncio.open_connection(self.address.host, self.address.port)
        try:
            writer.write(request)
            return await asyncio.wait_for(reader.read(), 10)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def refused(self) -> list[tuple[str, int]]:
        """The refusals in the journal: why, and how many each stands for."""
        found = [entry.body for entry in self.stage.told if entry.kind == "api.refused"]
        return [(body["reason"], body["count"]) for body in found]


@pytest.fixture
async def reached(tmp_path: Path) -> AsyncIterator[Reached]:
    stage = Stage(tmp_path / "launch")
    async with stage.engine() as engine:
        tokens = Tokens(stage.folder)
        token = tokens.make("ada", "root", "2025-11-01T02:00:00.000Z")
        refusals = Refusals(engine.record, stage.clock)
        app = api(engine, stage.clock, lambda _: user_name(), ABOUT, refusals)
        listener = tcp_listener(Address("127.0.0.1", 0), app, stage.folder, refusals)
        address = await listener.open()
        try:
            yield Reached(stage, engine, address, tokens, token)
        finally:
            await listener.close()


async def test_what_a_person_asks_with_their_token_is_journaled_under_their_name(reached: Reached) -> None:
    status, answer = await reached.send("POST", "/requests", {"request": "note", "text": "hello"})
    assert status == 200
    assert (answer["entries"][0]["actor"], answer["entries"][0]["body"]["by"]) == ("ada (token)", "ada (token)")
    assert (await reached.send("GET", "/state"))[1]["notes"][0]["by"] == "ada (token)"
    local = f"localhost:{reached.address.port}"
    assert (await reached.send("GET", "/state", host=local))[0] == 200
    assert reached.refused() == []


PATHS = ("/state", "/events", "/healthz", "/metrics", "/phases/verification/exit", "/nothing")


@pytest.mark.parametrize("path", PATHS)
async def test_without_a_token_nothing_is_told(path: str, reached: Reached) -> None:
    status, answer = await reached.send("GET", path, authorization=None)
    assert (status, answer["error"]) == (403, "it bears no token")
    assert reached.refused() == [("it bears no token", 1)]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param({"authorization": "Bearer wr_wrong"}, "its token is not known", id="a wrong token"),
        pytest.param({"authorization": "Bearer"}, "it bears no token", id="an empty token"),
        pytest.param({"authorization": "Basic YWRhOng="}, "it bears no token", id="another scheme"),
        pytest.param({"authorization": "Bearer " + "x" * 5_000}, "it bears no token", id="a very long token"),
        pytest.param({"host": "evil.example"}, "it names another host", id="a name that was rebound to this address"),
        pytest.param({"host": "127.0.0.1"}, "it names another host", id="a host without the port"),
        pytest.param({"host": None}, "", id="no host"),
        pytest.param(
            {"origin": "http://evil.example"}, "it comes from a page of another origin", id="a foreign page"
        ),
        pytest.param({"origin": "null"}, "it comes from a page of another origin", id="a page of no origin"),
    ],
)
async def test_what_is_not_meant_for_it_is_refused_and_on_record(
    changed: dict[str, str | None], reason: str, reached: Reached
) -> None:
    before = reached.engine.state.seq
    status, told = await reached.send("POST", "/requests", {"request": "close", "reason": "x"}, **changed)
    assert status == (403 if reason else 400)
    # Whoever has a token and is refused for another reason is not sent for one.
    assert ("Authorization" in told["hint"]) is ("token" in reason)
    assert reached.refused() == ([(reason, 1)] if reason else [])
    assert reached.engine.state.closed is None
    assert reached.engine.state.seq == before + bool(reason)


async def test_a_token_that_was_taken_back_is_refused_at_once(reached: Reached) -> None:
    assert (await reached.send("GET", "/state"))[0] == 200
    Tokens(reached.stage.folder).revoke("ada")
    assert (await reached.send("GET", "/state"))[0] == 403


async def test_nobody_fills_the_journal_by_trying(reached: Reached) -> None:
    before = reached.engine.state.seq
    for _ in range(40):
        assert (await reached.send("GET", "/state", authorization="Bearer x"))[0] == 403
    assert reached.engine.state.seq == before + 5
    reached.stage.clock.suspend(1)
    await reached.stage.clock.advance(301)
    await reached.send("GET", "/state", authorization="Bearer x")
    assert [count for _, count in reached.refused()] == [1, 1, 1, 1, 1, 36]


async def test_a_refusal_stands_also_while_the_journal_cannot_be_written(reached: Reached) -> None:
    reached.stage.direct.broken = "the disk is full"
    assert (await reached.send("GET", "/state", authorization="Bearer x"))[0] == 403


async def test_no_token_is_in_the_journal(reached: Reached) -> None:
    await reached.send("POST", "/requests", {"request": "note", "text": "hello"})
    await reached.send("GET", f"/state?token={reached.token}", authorization="Bearer wr_guess")
    kept = b"".join(path.read_bytes() for path in reached.stage.folder.rglob("*") if path.is_file())
    assert reached.token.encode() not in kept
    assert b"wr_guess" not in kept


@pytest.mark.parametrize(
    "text", ["", "8765", "example.com:80", "127.0.0.1:x", "127.0.0.1:70000", "0.0.0.0:1", "[::]:1"]
)
def test_an_address_that_is_none_of_this_machine_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--listen takes one address"):
        address_of(text)


def test_an_address_that_others_reach_is_refused_unless_somebody_says_so() -> None:
    with pytest.raises(UsageError, match="other machines can reach"):
        listen_at("192.0.2.7:80", expose=False)
    assert listen_at("192.0.2.7:80", expose=True) == Address("192.0.2.7", 80)
    assert str(listen_at("[::1]:80", expose=False)) == "[::1]:80"


async def listening(address: Address, reached: Reached, folder: Path) -> list[str]:
    """What is said when another listener opens at `address` for the tokens in `folder`."""
    clock = reached.stage.clock
    app, refusals = api(reached.engine, clock, str, ABOUT), Refusals(reached.engine.record, clock)
    listener = tcp_listener(address, app, folder, refusals)
    said: list[str] = []
    try:
        await listen(listener, folder, said.append)
    finally:
        await listener.close()
    return said


def test_what_is_dangerous_or_missing_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    announce(Address("192.0.2.7", 80), tmp_path, said.append)
    assert [text.split(" ")[0] for text in said] == ["listens", "WARNING:", "nobody"]
    assert f"warroom token {tmp_path.name} --state {tmp_path.parent} NAME" in said[-1]


async def test_a_port_that_is_taken_is_named(reached: Reached, tmp_path: Path) -> None:
    said = await listening(reached.address, reached, tmp_path)
    assert len(said) == 1
    assert said[0].startswith("WARNING: the launch runs, but nobody reaches it over TCP: --listen 127.0.0.1:")
    assert "Address already in use; name another port" in said[0]


async def test_tokens_that_others_can_read_are_named(reached: Reached, tmp_path: Path) -> None:
    Tokens(tmp_path).make("ada", "root", "2025-11-01T02:00:00.000Z")
    (tmp_path / TOKENS).chmod(0o644)
    said = await listening(Address("127.0.0.1", 0), reached, tmp_path)
    assert [text.split(" ")[0] for text in said] == ["listens", "WARNING:"]
    assert "nobody else can read (mode 0600)" in said[1]


async def test_a_playbook_is_not_amended_over_tcp(reached: Reached) -> None:
    body = {"request": "amend", "copy": "playbook/mine.yaml", "path": "/etc/mine.yaml"}
    status, answer = await reached.send("POST", "/requests", body)
    assert (status, answer["error"]) == (409, "a playbook is amended on the machine of the engine")


async def test_a_page_of_the_launchs_own_origin_may_look_and_not_ask(reached: Reached) -> None:
    origin = f"http://{reached.address}"
    assert (await reached.send("GET", "/state", origin=origin))[0] == 200
    status, _ = await reached.send("POST", "/requests", {"request": "note", "text": "x"}, origin=origin)
    assert status == 403
    assert reached.refused() == [("a request from a page in a browser", 1)]
