"""A defect in a route is an answer: a sentence, no trace, no secret; the other routes and the engine go on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_api import ABOUT, Served
from tests.engine.stage import Stage
from tests.exceptions import KINDS
from warroom.adapters.asking import user_name
from warroom.api import app
from warroom.api.listener import Listener
from warroom.engine.engine import Engine
from warroom.launch.entries import Entry

NOTE = b'{"request": "note", "text": "hello"}'
HEAD = b" HTTP/1.1\r\nhost: engine\r\nconnection: close\r\n"
ROUTES: dict[str, tuple[bytes, Any, str]] = {
    "the state": (b"GET /state" + HEAD + b"\r\n", app, "state_json"),
    "the metrics": (b"GET /metrics" + HEAD + b"\r\n", app, "exposition"),
    "the exit of a phase": (b"GET /phases/verification/exit" + HEAD + b"\r\n", app, "holding"),
    "a request": (
        b"POST /requests" + HEAD + f"content-length: {len(NOTE)}\r\n\r\n".encode() + NOTE,
        Engine,
        "ask",
    ),
}


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    stage = Stage(tmp_path / "launch")
    async with stage.engine() as engine:
        listener = Listener(stage.folder, app.api(engine, stage.clock, lambda _: user_name(), ABOUT))
        await listener.open()
        try:
            yield Served(stage, engine, listener)
        finally:
            await listener.close()


@pytest.mark.parametrize(
    ("route", "make"),
    [
        pytest.param(route, make, id=f"{name} in {where}")
        for where, route in ROUTES.items()
        for name, make in KINDS.items()
    ],
)
async def test_a_defect_in_a_route_is_its_answer(
    route: tuple[bytes, Any, str],
    make: Callable[[], BaseException],
    served: Served,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    request, owner, name = route

    def broken(*_: object) -> object:
        raise make()

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, broken)
        head, _, body = (await served.raw(request)).partition(b"\r\n\r\n")
    assert head.split()[1] == b"500"
    assert "a defect of Warroom: " in json.loads(body)["error"]
    assert b"hunter22" not in body
    assert (await served.ask("GET", "/healthz"))["ok"]
    assert (await served.ask("POST", "/requests", {"request": "note", "text": "it lives"}))["entries"]
    shown = "".join(capfd.readouterr())
    assert "hunter22" not in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    "make",
    # asyncio lets SystemExit of a task end the process; nothing below a stream raises it.
    [pytest.param(make, id=f"{name} in a stream of events") for name, make in KINDS.items() if name != "SystemExit"],
)
async def test_a_stream_that_breaks_ends_and_the_next_one_goes_on(
    make: Callable[[], BaseException],
    served: Served,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    events = Engine.events

    async def broken(self: Engine, after: int = 0) -> AsyncIterator[Entry]:
        async for entry in events(self, after):
            yield entry
            raise make()

    with monkeypatch.context() as patched:
        patched.setattr(Engine, "events", broken)
        reading = asyncio.create_task(served.raw(b"GET /events" + HEAD + b"\r\n"))
        answer = await reading
    assert b"event: owner.acquired" in answer
    assert b"event: launch.opened" not in answer
    assert b"hunter22" not in answer
    assert await served.events("/events?after=1 HTTP/1.1\r\nhost: engine", until="launch.opened") == [
        (2, "launch.opened")
    ]
    await served.stage.advance(timedelta(seconds=1))
    shown = "".join(capfd.readouterr())
    assert "Traceback" not in shown
