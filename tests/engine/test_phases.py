"""Phases on a virtual clock: what belongs to them, when they are over, and what is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.engine.stage import COURSE, T0, TIMES, Stage
from tests.engine.test_engine import Fails, published
from tests.engine.test_incidents import TROUBLED
from warroom.adapters.file_channel import FileChannel
from warroom.cli.looking import status_lines
from warroom.clock import stamp
from warroom.engine.engine import Engine
from warroom.engine.requests import NoteIncident, OpenIncident, ResolveIncident
from warroom.engine.view import state_json
from warroom.playbook.course import Phase
from warroom.updates.channel import Delivery, Fate

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
PHASED = replace(
    TROUBLED,
    mode_for=48 * _HOUR,
    phases=(
        *COURSE.phases,
        Phase("evidence", "Post the evidence bundle", 15 * _MINUTE, update="evidence"),
        Phase("watch", "First 48 hours", 15 * _MINUTE, 48 * _HOUR),
    ),
)


def phase(engine: Engine, stage: Stage, name: str) -> tuple[str, bool]:
    """The lifecycle of a phase as the API tells it, and whether it is late."""
    found = state_json(engine.state, stage.clock.now())["phases"]
    return next((one["lifecycle"], one["late"]) for one in found if one["id"] == name)


def status(engine: Engine, stage: Stage) -> list[str]:
    """The lines of `warroom status`, with the columns one space apart."""
    found: dict[str, Any] = {**state_json(engine.state, stage.clock.now()), "engine": None}
    return [" ".join(line.split()) for line in status_lines(found)]


@pytest.mark.covers("S3-P02")
@pytest.mark.parametrize(
    ("refused_for", "late"),
    [(0, False), (7, False), (9, True)],
    ids=["at once", "done at T+14m", "done after T+15m"],
)
async def test_the_suite_starts_at_5_minutes_and_is_late_when_it_ends_after_15(
    refused_for: int, late: bool, tmp_path: Path
) -> None:
    stage = Stage(tmp_path, course=PHASED)
    async with stage.engine(tick_s=1.0) as engine:
        await published(engine)
        await stage.advance(5 * _MINUTE - timedelta(seconds=1))
        assert phase(engine, stage, "verification") == ("waiting", False)
        stage.suites.refuse = "there is no room for its evidence" if refused_for else ""
        await stage.advance(refused_for * _MINUTE + timedelta(seconds=3))
        stage.suites.refuse = ""
        await stage.advance((15 - 5 - refused_for) * _MINUTE + timedelta(seconds=2))
        assert phase(engine, stage, "verification") == ("running" if late else "done", late)
        await stage.advance(5 * _MINUTE)
        assert phase(engine, stage, "verification") == ("done", late)
        assert any(
            line.startswith("phase verification done") and ("LATE" in line) is late for line in status(engine, stage)
        )
    assert stage.suites.runs[0] >= T0 + 5 * _MINUTE


@pytest.mark.covers("S3-P03")
async def test_the_evidence_phase_is_over_when_its_post_has_arrived_and_not_before(tmp_path: Path) -> None:
    stage = Stage(tmp_path, course=PHASED)
    channel = Fails(FileChannel(tmp_path / "posts.txt", stage.clock), [])
    stage.channel = channel
    async with stage.engine(tick_s=1.0) as engine:
        await published(engine)
        await stage.advance(15 * _MINUTE - timedelta(seconds=1))
        channel.answers += [Delivery(Fate.NOT_SENT, reason="no space left on device")] * 8
        await stage.advance(timedelta(seconds=11))
        assert phase(engine, stage, "evidence") == ("running", False)
        shown = next(line for line in status(engine, stage) if line.startswith("post evidence@T+15m"))
        assert "no space left on device" in shown
        assert engine.state.records["evidence@T+15m"].attempt > 2
        await stage.advance(2 * _MINUTE)
        assert phase(engine, stage, "evidence") == ("done", False)
    assert [post.time for post in stage.posts()] == ["T+5m", "T+15m"]


@pytest.mark.covers("S3-P04")
async def test_after_48_hours_the_posts_stop_and_the_dry_run_is_shown_as_ended(tmp_path: Path) -> None:
    stage = Stage(tmp_path, course=PHASED)
    async with stage.engine(tick_s=60.0) as engine:
        await published(engine)
        await stage.advance(_HOUR)
        assert "mode dry-run; dry-run until 2025-11-03T02:00:00.000Z in 47h" in status(engine, stage)
        await engine.ask(OpenIncident("the queue grows"), "ada")
        await engine.ask(NoteIncident("inc-1", "somebody looks"), "ada")
        await stage.advance(47 * _HOUR)
        regular = [post.time for post in stage.posts() if "@T+" in post.slot]
        await stage.advance(_HOUR)
        # What is wrong keeps the launch open: only what tells of that goes on.
        assert engine.state.closed is None
        assert "mode dry-run ENDED 2025-11-03T02:00:00.000Z" in status(engine, stage)
        assert [post.time for post in stage.posts() if "@T+" in post.slot] == regular == list(TIMES)
        await engine.ask(ResolveIncident("inc-1", "over"), "ada")
        await stage.advance(_MINUTE)
        assert engine.state.closed
        assert phase(engine, stage, "watch") == ("done", False)


@pytest.mark.covers("S3-W06")
async def test_status_shows_the_draft_the_countdown_and_from_the_first_second_that_the_note_is_overdue(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path, course=PHASED)
    async with stage.engine(tick_s=1.0) as engine:
        await published(engine)
        await engine.ask(OpenIncident("the queue grows"), "ada")
        await stage.advance(2 * _MINUTE)
        prefix = "inc inc-1 OPEN since 2025-11-01T02:00:00.000Z"
        assert f"{prefix}, note due in 8m: the queue grows" in status(engine, stage)
        assert state_json(engine.state, stage.clock.now())["incidents"][0]["draft"]
        await stage.advance(8 * _MINUTE + timedelta(seconds=1))
        assert f"{prefix}, NOTE OVERDUE by 1s: the queue grows" in status(engine, stage)
        await engine.ask(NoteIncident("inc-1", "somebody looks"), "ada")
        await stage.advance(timedelta(seconds=2))
        assert f"{prefix}: the queue grows" in status(engine, stage)


@pytest.mark.parametrize(("runs", "told"), [(True, "read"), (False, "first read so")], ids=["engine", "journal only"])
async def test_the_status_says_when_a_gate_was_read_last(runs: bool, told: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, course=PHASED)
    async with stage.engine(tick_s=1.0) as engine:
        await published(engine)
        at = stage.clock.now()
        gate = {"id": "gate1", "source": "https://g", "reason": "", "state": "green", "stale": False, "at": stamp(at)}
        process = {"pid": 1, "since": stamp(at)} if runs else None
        found = {**state_json(engine.state, at + 12 * _MINUTE / 60), "engine": process, "gates": [gate]}
    (line,) = (line for line in status_lines(found) if line.startswith("gate"))
    assert " ".join(line.split()) == f"gate gate1 GREEN, {told} {stamp(at)}, 12s ago (https://g)"


async def test_a_phase_that_may_not_be_left_is_not_said_to_be_held(tmp_path: Path) -> None:
    stage = Stage(tmp_path, course=PHASED)
    async with stage.engine(tick_s=1.0) as engine:
        await published(engine)
        await stage.advance(16 * _MINUTE)
        (line,) = (line for line in status(engine, stage) if line.startswith("phase watch"))
    assert ", exit not open: it lasts until " in line
