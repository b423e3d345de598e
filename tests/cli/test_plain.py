"""The plain lines of a run: pipelines see each check as it ends, and a sign of life where nothing moves."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from warroom.cli.composition import Session
from warroom.cli.options import VerifyOptions
from warroom.cli.output import Terminal
from warroom.cli.plain import Plain
from warroom.cli.verify import _narrated
from warroom.client import EventLog
from warroom.clock import VirtualClock, settle
from warroom.errors import ExitCode
from warroom.events import (
    CheckFinished,
    CheckInfo,
    CheckOutcome,
    CheckStarted,
    CheckWaiting,
    Envelope,
    Event,
    GateInfo,
    GateRead,
    LaunchInfo,
    Noted,
    RunStarted,
    SampleTaken,
)
from warroom.runner import SuiteRun
from warroom.verdict import Result, SuiteVerdict, Verdict

START = datetime(2025, 11, 1, 2, 0, tzinfo=UTC)


class Listener:
    """What a run in plain lines said, by stream."""

    def __init__(self) -> None:
        self.clock = VirtualClock(START)
        self.results: list[str] = []
        self.narration: list[str] = []
        self._seq = 0
        self.plain = Plain(self.clock, self.results.append, self.narration.append, color=False, ascii_only=False)
        self.hear(
            RunStarted(
                "run",
                LaunchInfo("demo", "Demo launch"),
                "demo.yaml",
                "0" * 64,
                "verify",
                (CheckInfo("p95", "latency", "P95"), CheckInfo("jwks", "jwks", "JWKS")),
            )
        )

    def hear(self, event: Event) -> None:
        self._seq += 1
        self.plain.on_event(Envelope(self._seq, self.clock.now(), event))


def outcome(check: str) -> CheckOutcome:
    line = Result(Verdict.FAIL, "status 500", reason="status is 500, expected 200")
    return CheckOutcome(
        check, "http", check.upper(), True, Verdict.FAIL, "RED", line.reason, START, 0.5, results=(line,)
    )


def test_a_finished_check_is_data_and_everything_else_narration() -> None:
    listener = Listener()
    listener.hear(GateRead(GateInfo("gate1", "Gate 1", "unknown", "nobody", "GATE1_URL is not set")))
    listener.hear(CheckStarted("jwks"))
    listener.hear(CheckFinished(outcome("jwks")))
    listener.hear(CheckWaiting("p95", 150.0, "connection refused"))
    listener.hear(Noted("evidence is incomplete", "warning"))
    (line,) = listener.results
    assert line.startswith("✖ RED")
    assert "status is 500, expected 200" in line
    assert listener.narration == [
        "Demo launch: suite verify, 2 checks",
        "Gate 1: UNKNOWN (GATE1_URL is not set)",
        "p95: again in 2m30s: connection refused",
        "warning: evidence is incomplete",
    ]


def test_a_gate_is_told_again_only_when_it_changed() -> None:
    listener = Listener()
    for state, source in [("red", "asked at 1"), ("red", "asked at 2"), ("green", "asked at 3"), ("green", "at 4")]:
        listener.hear(GateRead(GateInfo("gate1", "Gate 1", state, source)))
    assert listener.narration[1:] == ["Gate 1: RED (asked at 1)", "Gate 1: GREEN (asked at 3)"]


async def test_a_quiet_run_says_every_thirty_seconds_what_it_is_doing() -> None:
    listener = Listener()
    listener.hear(CheckStarted("p95"))
    listener.hear(SampleTaken("p95", 1, 30, 40.0, 40.0))
    listener.hear(CheckFinished(outcome("jwks")))
    before = len(listener.narration)
    heartbeat = asyncio.create_task(listener.plain.heartbeat())
    await settle()
    await listener.clock.advance(29)
    assert len(listener.narration) == before
    await listener.clock.advance(61)
    heartbeat.cancel()
    assert listener.narration[before:] == ["still running: p95 1/30 (1 of 2 done)"] * 3


class OneCheck:
    """A run of one check that ends when it is told to."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.may_end = asyncio.Event()

    async def run(self) -> SuiteVerdict:
        checks = (CheckInfo("p95", "latency", "P95"),)
        self._log.append(
            RunStarted("run", LaunchInfo("demo", "Demo launch"), "demo.yaml", "0" * 64, "verify", checks)
        )
        self._log.append(CheckStarted("p95"))
        await self.may_end.wait()
        return SuiteVerdict(Verdict.PASS, "GREEN", ExitCode.GREEN)


async def test_a_headless_run_shows_signs_of_life_until_it_ends() -> None:
    clock = VirtualClock(START)
    log = EventLog(clock)
    run = OneCheck(log)
    unused = cast(Any, None)

    out, err = io.StringIO(), io.StringIO()
    http = cast(Any, SimpleNamespace(aclose=settle))
    session = Session(log, cast(SuiteRun, run), clock, unused, http, unused)
    terminal = Terminal(out, err, is_console=False, color=False, ascii_only=False)
    narrated = asyncio.create_task(_narrated(session, VerifyOptions(playbook=Path("demo.yaml")), terminal, clock))
    await settle()
    await clock.advance(29)
    assert "still running" not in err.getvalue()
    await clock.advance(1)
    assert err.getvalue().splitlines()[-1] == "warroom: still running: p95 (0 of 1 done)"
    run.may_end.set()
    assert await narrated is ExitCode.GREEN
    await settle()
    assert clock.next_due is None
