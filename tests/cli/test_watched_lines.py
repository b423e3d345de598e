"""What `warroom status` says of signals and triggers: live, without an engine, and when the launch is closed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engine.feeding import MINUTE, Feed
from warroom.cli.looking import status_lines
from warroom.cli.watched_lines import signal_lines, trigger_lines
from warroom.engine.requests import AckTrigger
from warroom.engine.view import state_json

AT, NOW = "2025-11-01T02:06:00.000Z", "2025-11-01T02:09:05.000Z"
LIVE: dict[str, Any] = {"now": NOW, "engine": {"pid": 1}, "closed": None}
GONE, SILENT = {**LIVE, "engine": None}, {**LIVE, "engine": {"pid": 1, "silent": True}}
CLOSED = {**LIVE, "engine": None, "closed": {"at": NOW}}
SIGNAL: dict[str, Any] = {
    "id": "errors",
    "shown": "0.1%",
    "level": "green",
    "word": "GREEN",
    "reason": "0.1% is not >= 1%",
    "at": AT,
    "age_s": 2.4,
    "slo": None,
    "breach": None,
}
RED = {**SIGNAL, "level": "red", "word": "RED", "shown": "2%", "reason": "2% is >= 1%"}
DEAD = {**SIGNAL, "level": "unknown", "word": "UNKNOWN", "shown": "", "reason": "connection refused"}
NEVER = {**DEAD, "at": None, "age_s": None}

SIGNALS = {
    "green is a line": (LIVE, SIGNAL, ["signal errors GREEN 0.1%, 2s old"]),
    "red says why": (LIVE, RED, ["signal errors RED 2%, 2s old", "2% is >= 1%"]),
    "what is tracked has no limits, so nothing to explain": (
        LIVE,
        {**SIGNAL, "level": "tracked", "word": "TRACKED"},
        ["signal errors TRACKED 0.1%, 2s old"],
    ),
    "an error budget is told": (
        LIVE,
        {**SIGNAL, "slo": {"budget_left": 0.864}},
        ["signal errors GREEN 0.1%, budget 86% left, 2s old"],
    ),
    "its own limits say nothing bad, and a trigger fires": (
        LIVE,
        {**SIGNAL, "breach": {"trigger": "pause_5xx", "stage": "firing"}},
        ["signal errors FIRING 0.1%, 2s old", "over the limit of trigger pause_5xx"],
    ),
    "red, and a trigger is pending": (
        LIVE,
        {**RED, "breach": {"trigger": "pause_5xx", "stage": "pending"}},
        ["signal errors RED 2%, 2s old", "2% is >= 1%", "over the limit of trigger pause_5xx"],
    ),
    "a trigger fired when the launch was closed": (
        CLOSED,
        {**SIGNAL, "breach": {"trigger": "pause_5xx", "stage": "firing"}},
        ["signal errors was FIRING: 0.1%, 2025-11-01T02:06:00Z"],
    ),
    "one that was never measured": (LIVE, NEVER, ["signal errors UNKNOWN no data", "connection refused"]),
    "one whose data ended": (
        LIVE,
        {**DEAD, "age_s": 187.0},
        ["signal errors UNKNOWN no data for 3m7s", "connection refused"],
    ),
    "one that is measured and cannot be judged": (
        LIVE,
        {**DEAD, "shown": "0.1%", "reason": "the window is filling"},
        ["signal errors UNKNOWN 0.1%, 2s old", "the window is filling"],
    ),
    "green, but too long ago": (
        LIVE,
        {**SIGNAL, "age_s": 301.0},
        ["signal errors UNKNOWN was GREEN: 0.1%, 5m1s ago"],
    ),
    "as it was when the launch was closed": (
        CLOSED,
        RED,
        ["signal errors was RED: 2%, 2025-11-01T02:06:00Z", "2% is >= 1%"],
    ),
}

TRIGGER: dict[str, Any] = {
    "id": "pause_5xx",
    "title": "5xx over 1 %",
    "stage": "firing",
    "reason": "2% is >= 1%",
    "since": AT,
    "fires_at": None,
    "fired_at": AT,
    "number": 1,
    "acked": None,
    "snoozed": None,
}
IDLE = {**TRIGGER, "stage": "idle", "number": 0, "fired_at": None, "since": None, "reason": ""}
UNSEEN = {**IDLE, "stage": "unknown", "reason": "no engine looks at it"}
PENDING = {**IDLE, "stage": "pending", "since": AT, "fires_at": "2025-11-01T02:11:00.000Z", "reason": "2% is >= 1%"}
WHY, LAST = "5xx over 1 %: 2% is >= 1%", "fired 1 time, last 2025-11-01T02:06:00Z"
FIRING = "trigger pause_5xx FIRING"

TRIGGERS = {
    "all idle": (LIVE, [IDLE, IDLE], ["trigger 2 idle"]),
    "no engine looks": (GONE, [UNSEEN], ["trigger 1 not watched"]),
    "its engine does not answer": (SILENT, [UNSEEN], ["trigger 1 not watched"]),
    "none": (LIVE, [], []),
    "one fires": (LIVE, [TRIGGER, IDLE], [f"{FIRING} for 3m5s", WHY, LAST, "trigger 1 idle"]),
    "somebody takes care of it": (
        LIVE,
        [{**TRIGGER, "acked": {"by": "ada"}, "snoozed": {"by": "bob"}}],
        [f"{FIRING} for 3m5s, ada takes care of it, bob snoozed it", WHY, LAST],
    ),
    "one is pending": (LIVE, [PENDING], ["trigger pause_5xx PENDING, fires in 1m55s at the earliest", WHY]),
    "no engine judges it": (GONE, [TRIGGER], [f"{FIRING} since 2025-11-01T02:06:00Z, not watched", WHY, LAST]),
    "it is too early": (
        LIVE,
        [{**IDLE, "stage": "unknown", "reason": "the window is filling"}],
        ["trigger pause_5xx UNKNOWN", "5xx over 1 %: the window is filling"],
    ),
    "it fires and the launch is closed": (CLOSED, [TRIGGER], [f"{FIRING} when the launch was closed", WHY, LAST]),
    "it fired and was over when the launch was closed": (
        CLOSED,
        [{**TRIGGER, "stage": "idle", "number": 2}, IDLE],
        [
            "trigger pause_5xx over when the launch was closed",
            WHY,
            "fired 2 times, last 2025-11-01T02:06:00Z",
            "trigger 1 never fired",
        ],
    ),
}


@pytest.mark.parametrize(("found", "signal", "told"), SIGNALS.values(), ids=SIGNALS)
def test_a_signal(found: dict[str, Any], signal: dict[str, Any], told: list[str]) -> None:
    assert [" ".join(line.split()) for line in signal_lines({**found, "signals": [signal]})] == told


@pytest.mark.parametrize(("found", "triggers", "told"), TRIGGERS.values(), ids=TRIGGERS)
def test_triggers(found: dict[str, Any], triggers: list[dict[str, Any]], told: list[str]) -> None:
    assert [" ".join(line.split()) for line in trigger_lines({**found, "triggers": triggers})] == told


async def test_the_status_of_a_launch_has_them_within_80_columns(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(6 * MINUTE)
        stage.fed.values |= {"errors": 0.02, "depth": "the last look failed: " + "nobody listens there " * 9}
        await stage.advance(3 * MINUTE)
        await engine.ask(AckTrigger("pause_5xx", "on it", None), "ada")
        live = state_json(engine.state, stage.clock.now(), live=engine.signals.live())
    lines = list(status_lines({**live, "engine": {"pid": 1, "since": AT}}))
    about = [line for line in lines if line.startswith(("signal  ", "trigger ", "        ")) and "->" not in line]
    assert "trigger pause_5xx              FIRING for 2m55s, ada takes care of it" in about
    assert "signal  errors                 RED      2%, 0s old" in about
    assert max(map(len, about)) <= 80
