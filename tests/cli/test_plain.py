"""The plain lines of a run: pipelines see each check as it ends, and a sign of life where nothing moves."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from warroom.cli.plain import HEARTBEAT_S, Plain
from warroom.clock import VirtualClock, settle
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
from warroom.verdict import Result, Verdict

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
        "p95: again in 150 s: connection refused",
        "warning: evidence is incomplete",
    ]


async def test_a_quiet_run_says_every_thirty_seconds_what_it_is_doing() -> None:
    listener = Listener()
    listener.hear(CheckStarted("p95"))
    listener.hear(SampleTaken("p95", 1, 30, 40.0, 40.0))
    listener.hear(CheckFinished(outcome("jwks")))
    before = len(listener.narration)
    heartbeat = asyncio.create_task(listener.plain.heartbeat())
    await settle()
    await listener.clock.advance(HEARTBEAT_S - 1)
    assert len(listener.narration) == before
    await listener.clock.advance(2 * HEARTBEAT_S + 1)
    heartbeat.cancel()
    assert listener.narration[before:] == ["still running: p95 1/30 (1 of 2 done)"] * 3
