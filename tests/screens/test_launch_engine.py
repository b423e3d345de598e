"""The console on a real engine in a process of its own, over its socket."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.cli.launching import Desk
from tests.screens.stage import screen_text
from warroom.client.http import EngineClient
from warroom.clock import RealClock
from warroom.screens.launch_app import LaunchConsole

_PLAYBOOK = """
warroom: 1
launch: {id: small, title: Small Publish, owner: Ann, mode: dry-run, mode_for: 48h, facts: {CEO GO: given}}
targets: {workspace: {url: "https://example.org/workspace", human: true}}
steps:
  publish: {do: Click Publish, link: workspace, marks: T0}
  confirm: {do: Confirm the build, ask: [{name: build_id, text: Build ID}]}
channels: {room: {kind: file, path: room.txt}}
templates: {told: "published {{ steps.confirm.build_id }}", later: "all is well"}
updates:
  later: {title: Later, channel: room, template: later, at: T+1h}
  told: {title: Told, channel: room, template: told, at: T+0s}
"""
_PATIENCE_S = 60.0


async def _until(pilot: Pilot[int], holds: Callable[[], bool], shows: str) -> None:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while not holds():
                await pilot.pause(0.05)
    except TimeoutError:
        pytest.fail(f"never shown: {shows}\n{_text(pilot)}")


def _text(pilot: Pilot[int]) -> str:
    assert isinstance(pilot.app, LaunchConsole)
    return screen_text(pilot.app)


async def _shows(pilot: Pilot[int], *texts: str) -> None:
    await _until(pilot, lambda: all(text in _text(pilot) for text in texts), ", ".join(texts))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    playbook = tmp_path / "small.yaml"
    playbook.write_text(_PLAYBOOK, encoding="utf-8")
    return Desk(tmp_path / "state", {}, playbook)


async def test_a_launch_is_brought_from_its_first_step_to_its_post(desk: Desk) -> None:
    with ExitStack() as engines:
        engine = await asyncio.to_thread(engines.enter_context, desk.engine())
        client = EngineClient(desk.folder(), RealClock())
        async with LaunchConsole(client, RealClock()).run_test(size=(120, 36)) as pilot:
            await _shows(pilot, "Small Publish", "NOT LAUNCHED YET", f"process {engine.process.pid}", "CEO GO given")
            await pilot.press("space")
            await _shows(pilot, "Tick it and set T0?")
            await pilot.press("y")
            await _shows(pilot, "T+00:00:", "1/2 ticked", "DRY-RUN, 47:59:", "step publish done")
            await _shows(pilot, "LATE by", "needs Build ID (step confirm)")
            await pilot.press("space", *"b7", "enter")
            await _shows(pilot, "2/2 ticked", "1/2 done", "✔ T+0 sent")
            assert "published b7" in (desk.folder() / "room.txt").read_text(encoding="utf-8")
            engine.process.kill()
            await _shows(pilot, "ENGINE LOST", "no engine runs the launch", "as of ")
            again = await asyncio.to_thread(engines.enter_context, desk.engine())
            await _until(pilot, lambda: "ENGINE LOST" not in _text(pilot), "the engine is back")
            await _shows(pilot, f"process {again.process.pid}", "engine no. 2")
            await client.aclose()


async def test_two_consoles_see_the_same_and_one_of_them_may_only_look(desk: Desk) -> None:
    with ExitStack() as engines:
        _ = await asyncio.to_thread(engines.enter_context, desk.engine())
        looking = EngineClient(desk.folder(), RealClock(), read_only=True)
        acting = EngineClient(desk.folder(), RealClock())
        async with LaunchConsole(looking, RealClock()).run_test(size=(80, 24)) as pilot:
            await _shows(pilot, "READ-ONLY", "0/2 ticked")
            await pilot.press("n")
            await _shows(pilot, "this console is read-only: nothing was asked")
            _ = await acting.ask({"request": "incident", "text": "5xx"})
            await _shows(pilot, "INCIDENT OPEN", "5xx")
            await looking.aclose()
            await acting.aclose()
