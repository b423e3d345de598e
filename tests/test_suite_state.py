"""The fold of a suite's events: the same state whoever reads them, in whatever portions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from warroom.events import (
    Answered,
    Asked,
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
    Question,
    RunFinished,
    RunStarted,
    SampleTaken,
    to_json,
)
from warroom.suite_state import DONE, RUNNING, WAITING, fold
from warroom.verdict import Verdict

START = datetime(2025, 11, 1, 2, 0, tzinfo=UTC)
OUTCOME = CheckOutcome("p95", "latency", "P95", True, Verdict.PASS, "GREEN", "", START, 1.2)
INFO = CheckInfo("p95", "latency", "P95")
EVENTS: list[Event] = [
    RunStarted(
        "run", LaunchInfo("demo", "Demo"), "demo.yaml", "0" * 64, "verify", (INFO, CheckInfo("jwks", "jwks", "JWKS"))
    ),
    GateRead(GateInfo("gate1", "Gate 1", "red", "--gate")),
    CheckStarted("p95"),
    SampleTaken("p95", 1, 2, 40.0, 40.0),
    SampleTaken("p95", 2, 2, None, None),
    CheckFinished(OUTCOME),
    CheckStarted("jwks"),
    CheckWaiting("jwks", 150.0, "connection refused"),
    Asked(Question("build", "jwks", "Build ID?", "text")),
    Noted("evidence is incomplete", "warning"),
]


def envelopes(events: list[Event]) -> list[Envelope]:
    return [Envelope(index, START + timedelta(seconds=index), event) for index, event in enumerate(events, 1)]


@pytest.mark.parametrize("cut", range(len(EVENTS) + 1))
def test_a_reader_that_joins_later_or_twice_sees_the_same(cut: int) -> None:
    stream = envelopes(EVENTS)
    assert fold(stream[max(0, cut - 2) :], fold(stream[:cut])) == fold(stream)


def test_the_state_in_the_middle_of_a_run() -> None:
    state = fold(envelopes(EVENTS))
    p95, jwks = state.checks.values()
    assert (p95.lifecycle, p95.samples_ms, p95.outcome) == (DONE, (40.0, None), OUTCOME)
    assert (jwks.lifecycle, jwks.note) == (WAITING, "again in 2m30s: connection refused")
    assert state.gates["gate1"].state == "red"
    assert list(state.questions) == ["build"]
    assert (state.done, state.finished) == (1, None)
    assert [note.text for note in state.notes] == [
        "JWKS: try 1 was UNKNOWN (connection refused); tried again",
        "evidence is incomplete",
    ]


def test_a_rerun_keeps_the_last_outcome_until_the_next_one() -> None:
    state = fold(envelopes([*EVENTS, Answered("build", "b-1", "kim"), CheckStarted("p95", 1)]))
    assert (state.checks["p95"].lifecycle, state.checks["p95"].samples_ms) == (RUNNING, ())
    assert state.checks["p95"].outcome == OUTCOME
    assert not state.questions


def test_a_second_run_waits_anew_with_the_outcomes_of_the_first() -> None:
    state = fold(envelopes([*EVENTS, RunFinished(Verdict.PASS, "GREEN (dry-run)", 0), EVENTS[0]]))
    assert [check.lifecycle for check in state.checks.values()] == [WAITING, WAITING]
    assert state.checks["p95"].outcome == OUTCOME
    assert (state.done, state.finished, state.questions) == (0, None, {})


def test_a_finished_check_asks_nothing_any_more() -> None:
    asked = Asked(Question("q", "jwks", "May it?"))
    state = fold(envelopes([*EVENTS, asked, CheckFinished(replace(OUTCOME, id="jwks"))]))
    assert "q" not in state.questions


def test_the_end_of_a_run() -> None:
    finished = RunFinished(Verdict.PASS, "GREEN (dry-run)", 0)
    state = fold(envelopes([*EVENTS, finished]))
    assert state.finished == finished
    assert state.finished_at == START + timedelta(seconds=len(EVENTS) + 1)
    assert state.outcomes == (OUTCOME,)


def test_an_event_of_an_unknown_check_changes_nothing() -> None:
    before = fold(envelopes(EVENTS))
    after = fold(envelopes([*EVENTS, CheckStarted("nonsense")]))
    assert after.checks == before.checks


def test_events_become_plain_data() -> None:
    data = to_json(CheckFinished(OUTCOME))
    assert data["outcome"]["verdict"] == "pass"
    assert data["outcome"]["started_at"] == "2025-11-01T02:00:00.000Z"
    assert data["outcome"]["results"] == []
