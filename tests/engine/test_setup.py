"""The set-up is looked at from the start of an engine until T0; what is found holds nothing back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.engine.stage import T0, Stage
from warroom.clock import settle
from warroom.engine.requests import SetT0
from warroom.engine.view import state_json
from warroom.launch.setup import Finding
from warroom.report.launch_lines import log_line
from warroom.verdict import Verdict

MINUTE = timedelta(minutes=1)
WELL = Finding(Verdict.PASS, "token", "valid")
REVOKED = Finding(Verdict.FAIL, "token", "token_revoked", "install the app again")


class SetUp:
    """Finds what it is told to; `hangs`: nothing, ever."""

    def __init__(self, *findings: Finding) -> None:
        self.findings: Sequence[Finding] = findings
        self.looks = 0
        self.hangs = False

    async def examine(self) -> Sequence[Finding]:
        self.looks += 1
        if self.hangs:
            await asyncio.Event().wait()
        return self.findings


def entries(stage: Stage) -> list[Any]:
    return [entry for entry in stage.told if entry.kind == "setup.checked"]


async def test_it_is_looked_at_at_the_start_and_every_five_minutes_until_t0(tmp_path: Path) -> None:
    stage = Stage(tmp_path, t0=T0 + 12 * MINUTE)
    stage.setup = setup = SetUp(WELL)
    async with stage.engine():
        assert setup.looks == 1
        await stage.advance(11 * MINUTE)
        assert setup.looks == 3
        await stage.advance(60 * MINUTE)
        assert setup.looks == 3, "T0 is over"
    assert len(entries(stage)) == 1, "what stays as it was is no news"


async def test_a_launch_without_t0_is_looked_at_as_long_as_it_waits(tmp_path: Path) -> None:
    stage = Stage(tmp_path, t0=None)
    stage.setup = setup = SetUp(WELL)
    async with stage.engine() as engine:
        await stage.advance(26 * MINUTE)
        assert setup.looks == 6
        await engine.ask(SetT0(at=stage.clock.now()), "ann")
        await stage.advance(20 * MINUTE)
        assert setup.looks == 6


async def test_what_becomes_wrong_is_on_record_and_in_the_state_and_what_is_mended_too(tmp_path: Path) -> None:
    stage = Stage(tmp_path, t0=None)
    stage.setup = setup = SetUp(WELL)
    async with stage.engine() as engine:
        setup.findings = (REVOKED,)
        await stage.advance(6 * MINUTE)
        shown = state_json(engine.state, stage.clock.now())["setup"]
        assert shown["findings"] == [
            {"verdict": "fail", "about": "token", "found": "token_revoked", "repair": "install the app again"}
        ]
        setup.findings = (WELL,)
        await stage.advance(6 * MINUTE)
        assert engine.state.setup is not None
        assert engine.state.setup.findings == (WELL,)
    told = [line.text for entry in entries(stage) if (line := log_line(entry))]
    assert told == ["set-up: no findings", "set-up: 1 finding: token: token_revoked", "set-up: no findings"]


@pytest.mark.parametrize("findings", [(REVOKED,), ()], ids=["something is wrong", "it never comes to an end"])
async def test_it_holds_nothing_back(tmp_path: Path, findings: tuple[Finding, ...]) -> None:
    stage = Stage(tmp_path, t0=T0 + MINUTE)
    stage.setup = setup = SetUp(*findings)
    setup.hangs = not findings
    async with stage.engine():
        await stage.advance(timedelta(hours=1, minutes=2))
        await settle()
        assert [post.time for post in stage.posts()] == ["T+15m", "T+1h"]
