"""The API over its real socket: who asks, what is refused, and an event stream that can be resumed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.engine.feeding import Feed
from tests.engine.stage import Stage
from warroom.adapters.asking import user_name
from warroom.api.app import About, api
from warroom.api.guard import LocalGuard
from warroom.api.listener import Listener
from warroom.api.refusals import Refusals
from warroom.client.engine_socket import NotRunning, ask, reachable
from warroom.engine.engine import Engine
from warroom.errors import UsageError, WarroomError
from warroom.playbook.course import Phase

ABOUT = About(os.getpid(), "2025-11-01T02:00:00.000Z")


@dataclass
class Served:
    """A running engine behind its socket."""

    stage: Stage
    engine: Engine
    listener: Listener

    @property
    def folder(self) -> Path:
        return self.stage.folder

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Asks as a command does: blocking, so in a thread."""
        return await asyncio.to_thread(ask, self.folder, method, path, body)

    @contextlib.asynccontextmanager
    async def sent(self, request: bytes) -> AsyncIterator[asyncio.StreamReader]:
        """Sends those bytes; what comes back can be read until the end of the block."""
        with reachable(self.folder) as address:
            reader, writer = await asyncio.open_unix_connection(address)
        try:
            writer.write(request)
            yield reader
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def raw(self, request: bytes) -> bytes:
        """What comes back for those bytes, until the connection is closed."""
        async with self.sent(request) as reader:
            return await asyncio.wait_for(reader.read(), 10)

    async def events(self, head: str, until: str) -> list[tuple[int, str]]:
        """The (id, kind) of the events of a stream, up to the first of the kind `until`."""
        seen: list[tuple[int, str]] = []
        number = 0
        async with self.sent(f"GET {head}\r\n\r\n".encode()) as reader:
            while not seen or seen[-1][1] != until:
                line = (await asyncio.wait_for(reader.readline(), 10)).decode()
                assert line, "the stream ended"
                name, _, value = line.strip().partition(": ")
                number = int(value) if name == "id" else number
                seen += [(number, value)] if name == "event" else []
        return seen


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(Stage(tmp_path / "launch")) as served:
        yield served


@contextlib.asynccontextmanager
async def serving(stage: Stage) -> AsyncIterator[Served]:
    """An engine on that stage, behind its socket."""
    async with stage.engine() as engine:
        refusals = Refusals(engine.record, stage.clock)
        application = api(engine, stage.clock, lambda _: user_name(), ABOUT, refusals)
        listener = Listener(stage.folder, LocalGuard(application, refusals))
        await listener.open()
        try:
            yield Served(stage, engine, listener)
        finally:
            await listener.close()


async def test_the_socket_is_for_its_owner_alone_and_gone_after_the_end(served: Served) -> None:
    path = served.folder / "engine.sock"
    assert stat.S_IMODE(path.lstat().st_mode) == 0o600
    await served.listener.close()
    assert not path.exists()
    with pytest.raises(NotRunning):
        await served.ask("GET", "/state")


async def test_what_is_left_of_a_killed_engines_socket_is_no_hindrance(served: Served) -> None:
    await served.listener.close()
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as left:
        left.bind(str(served.folder / "engine.sock"))
    with pytest.raises(NotRunning):
        await served.ask("GET", "/healthz")
    await served.listener.open()
    assert (await served.ask("GET", "/healthz"))["ok"]


async def test_the_state_has_the_schedule_and_the_next_post(served: Served) -> None:
    state = await served.ask("GET", "/state")
    assert (state["schema"], len(state["updates"]), state["next"]["time"]) == ("warroom.state/1", 19, "T+5m")
    assert state["next"]["in_s"] == 300.0
    assert [question["name"] for question in state["questions"]] == ["build_id"]
    assert state["engine"]["pid"] == os.getpid()


async def test_a_request_is_journaled_under_the_name_of_the_peer(served: Served) -> None:
    answer = await served.ask("POST", "/requests", {"request": "note", "text": "hello"})
    (entry,) = answer["entries"]
    assert (entry["kind"], entry["actor"], entry["body"]["text"]) == ("note", user_name(), "hello")
    assert served.engine.state.notes[-1].text == "hello"


REQUESTS: list[dict[str, Any]] = [
    {"request": "t0", "at": "2025-11-01T02:30:00Z", "reason": "slipped"},
    {"request": "t0", "at": "now", "reason": "now"},
    {"request": "scrub", "reason": "rain"},
    {"request": "step", "step": "publish", "values": {"build_id": "b"}},
    {"request": "hold", "slot": "T+5m", "reason": "wording"},
    {"request": "post", "slot": "hourly@T+1h"},
    {"request": "draft", "slot": "hourly@T+1h", "text": "slow today"},
    {"request": "close", "reason": "enough"},
]


@pytest.mark.parametrize("body", REQUESTS, ids=[str(body["request"]) for body in REQUESTS])
async def test_every_request_is_taken(body: dict[str, Any], served: Served) -> None:
    before = served.engine.state.seq
    assert (await served.ask("POST", "/requests", body))["entries"]
    assert served.engine.state.seq > before


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param({}, "request", id="no request"),
        pytest.param({"request": "explode"}, "request", id="an unknown request"),
        pytest.param({"request": "note", "text": "x", "by": "root"}, "by", id="a name that is not asked for"),
        pytest.param({"request": "note", "text": 1}, "text", id="a text that is none"),
        pytest.param({"request": "note", "text": "x" * 5_000}, "text", id="a text that is too long"),
        pytest.param({"request": "t0", "at": "soon", "reason": "x"}, "instant", id="an instant that is none"),
        pytest.param({"request": "t0", "at": "2025-11-01T02:00", "reason": "x"}, "zone", id="no time zone"),
        pytest.param({"request": "hold", "slot": "T+5m", "reason": " "}, "reason", id="a hold without a reason"),
    ],
)
async def test_a_body_that_is_no_request_is_refused_and_not_journaled(
    body: dict[str, Any], says: str, served: Served
) -> None:
    before = served.engine.state.seq
    with pytest.raises(UsageError, match=says):
        await served.ask("POST", "/requests", body)
    assert served.engine.state.seq == before


async def test_an_unwritable_journal_is_no_fault_of_whoever_asks(served: Served) -> None:
    served.stage.direct.broken = "the disk is full"
    with pytest.raises(WarroomError, match="disk is full") as raised:
        await served.ask("POST", "/requests", {"request": "note", "text": "lost"})
    assert not isinstance(raised.value, UsageError)


@pytest.mark.parametrize("path", ["/healthz", "/state", "/events", "/metrics", "/phases/verification/exit"])
@pytest.mark.parametrize(
    ("headers", "reason", "says"),
    [
        pytest.param("host: evil.example\r\n", "it names another host", "http://engine", id="a foreign host"),
        pytest.param(
            "host: engine\r\norigin: http://evil.example\r\n",
            "it comes from a page of another origin",
            "a page in a browser",
            id="a foreign page",
        ),
        pytest.param(
            "host: engine\r\norigin: null\r\n", "it comes from a page of another origin", "browser", id="no origin"
        ),
    ],
)
async def test_what_is_not_meant_for_the_engine_is_told_nothing_and_is_on_record(
    headers: str, reason: str, says: str, path: str, served: Served
) -> None:
    answer = await served.raw(f"GET {path} HTTP/1.1\r\n{headers}connection: close\r\n\r\n".encode())
    assert answer.split(b" ")[1] == b"403"
    told = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert told["error"] == reason
    assert says in told["hint"]
    refused = [entry.body for entry in served.stage.told if entry.kind == "api.refused"]
    assert [(body["reason"], body["from"]) for body in refused] == [(reason, f"uid {os.getuid()}")]


async def test_curl_may_call_the_engine_localhost(served: Served) -> None:
    answer = await served.raw(b"GET /state HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    assert answer.split(b" ")[1] == b"200"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        pytest.param(b"POST /requests HTTP/1.1\r\ncontent-length: 3\r\n\r\n{x}", b"409", id="no JSON"),
        pytest.param(
            b"POST /requests HTTP/1.1\r\norigin: http://evil\r\ncontent-length: 2\r\n\r\n{}", b"403", id="a browser"
        ),
        pytest.param(
            b'POST /requests HTTP/1.1\r\ncontent-length: 36\r\n\r\n{"request":"note","request":"close"}',
            b"409",
            id="equal names",
        ),
        pytest.param(
            b"POST /requests HTTP/1.1\r\ncontent-length: 70000\r\n\r\n" + b"[" * 70_000, b"409", id="too much"
        ),
        pytest.param(b"GET /events?after=-1 HTTP/1.1\r\n\r\n", b"400", id="a negative entry"),
        pytest.param(b"GET /events?after=999 HTTP/1.1\r\n\r\n", b"400", id="an entry that is not there yet"),
        pytest.param(b"DELETE /state HTTP/1.1\r\n\r\n", b"405", id="a method that is not there"),
        pytest.param(b"GET /nothing HTTP/1.1\r\n\r\n", b"404", id="a path that is not there"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_its_status(
    request_bytes: bytes, status: bytes, served: Served
) -> None:
    request = request_bytes.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\r\nhost: engine\r\nconnection: close\r\n")
    answer = await served.raw(request)
    assert answer.split(b" ")[1] == status, answer[:300]
    assert {"error", "hint"} == set(json.loads(answer.partition(b"\r\n\r\n")[2]))


async def test_the_stream_gives_every_entry_and_goes_on_where_a_reader_stopped(served: Served) -> None:
    await served.ask("POST", "/requests", {"request": "note", "text": "one"})
    host = "HTTP/1.1\r\nhost: engine"
    first = await served.events(f"/events {host}", until="note")
    assert first == [(1, "owner.acquired"), (2, "launch.opened"), (3, "note")]
    reading = asyncio.create_task(served.events(f"/events {host}\r\nlast-event-id: 3", until="launch.closed"))
    await served.ask("POST", "/requests", {"request": "note", "text": "two"})
    await served.ask("POST", "/requests", {"request": "close", "reason": "enough"})
    assert await reading == [(4, "note"), (5, "launch.closed")]


async def test_an_open_stream_does_not_hold_up_the_end(served: Served) -> None:
    reading = asyncio.create_task(served.events("/events HTTP/1.1\r\nhost: engine", until="never"))
    await served.stage.advance(timedelta(seconds=1))
    await asyncio.wait_for(served.listener.close(), 5)
    with pytest.raises((AssertionError, ConnectionError)):
        await reading


async def test_a_phase_that_is_held_says_why_and_one_that_is_not_may_be_left(served: Served) -> None:
    held = await served.raw(b"GET /phases/verification/exit HTTP/1.1\r\nhost: engine\r\nconnection: close\r\n\r\n")
    assert held.split(b" ")[1] == b"409"
    begins = ["it begins at 2025-11-01T02:05:00Z", "suite verify has not finished"]
    assert json.loads(held.partition(b"\r\n\r\n")[2])["reasons"] == begins
    await served.stage.advance(timedelta(minutes=8))
    assert await served.ask("GET", "/phases/verification/exit") == {
        "phase": "verification",
        "title": "Verification",
        "open": True,
        "reasons": [],
    }


async def test_a_phase_that_waits_for_triggers_is_left_as_they_stand_now(tmp_path: Path) -> None:
    stage = Feed(tmp_path / "launch")
    waits = Phase("watch", "Watch", timedelta(), exit_signals=("errors",), exit_triggers=("pause_5xx",))
    stage._course = replace(stage._course, phases=(waits,))
    async with serving(stage) as served:
        await stage.advance(timedelta(minutes=1))
        assert (await served.ask("GET", "/phases/watch/exit"))["open"] is True
        assert (await served.ask("GET", "/state"))["phases"][0]["held"] == []
        stage.fed.values["errors"] = 0.02
        await stage.advance(timedelta(minutes=1))
        held = await served.raw(b"GET /phases/watch/exit HTTP/1.1\r\nhost: engine\r\nconnection: close\r\n\r\n")
        reasons = ["signal errors is RED: 2% is >= 1%", "trigger pause_5xx is FIRING: 2% is >= 1%"]
        assert held.split(b" ")[1] == b"409"
        assert json.loads(held.partition(b"\r\n\r\n")[2])["reasons"] == reasons
        assert (await served.ask("GET", "/state"))["phases"][0]["held"] == reasons


async def test_an_unknown_phase_is_named_with_one_that_is_there(served: Served) -> None:
    with pytest.raises(UsageError, match="there is no phase 'verificaton'") as refused:
        await served.ask("GET", "/phases/verificaton/exit")
    assert refused.value.hint == "did you mean 'verification'?"


async def test_the_answer_to_a_healthz_says_who_runs_the_launch(served: Served) -> None:
    health = await served.ask("GET", "/healthz")
    assert health["ok"]
    assert health["launch"] == served.engine.state.launch
    json.dumps(health)
