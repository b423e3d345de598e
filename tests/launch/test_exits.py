"""When a phase may be left, and what is said while it may not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.launch.course import BUILD, T0, after, course, opened
from warroom.events import CheckOutcome, RunFinished
from warroom.launch.exits import holding
from warroom.launch.phases import phases
from warroom.launch.results import finished_body, started_body
from warroom.launch.state import LaunchState
from warroom.playbook.course import Phase
from warroom.verdict import Measurement, Result, Verdict

MINUTE = timedelta(minutes=1)
STEPS = ("open", "deployments", "publish", "wait", "confirm")


def held(state: LaunchState, phase: str, minutes: float) -> tuple[str, ...]:
    (found,) = (one for one in course().phases if one.id == phase)
    return holding(state, found, T0 + minutes * MINUTE)


def ticked(state: LaunchState, *steps: str) -> LaunchState:
    for step in steps:
        values = BUILD if step == "confirm" else {}
        state = after(state, "step.ticked", T0 + MINUTE, step=step, by="ann", values=values)
    return state


def ran(state: LaunchState, cause: str, minutes: int, verdict: Verdict, word: str, reason: str = "") -> LaunchState:
    state = after(state, "suite.started", T0 + minutes * MINUTE, 1, **started_body("verify", cause))
    line = Result(Verdict.PASS, "canary answers", measurement=Measurement(value=1))
    outcome = CheckOutcome("canary", "canary", "Canary", True, Verdict.PASS, "GREEN", "", T0, 1.0, results=(line,))
    body: dict[str, Any] = finished_body("verify", cause, RunFinished(verdict, word, 0, reason), (outcome,))
    return after(state, "suite.finished", T0 + (minutes + 1) * MINUTE, 1, **body)


def posted(state: LaunchState) -> LaunchState:
    body: dict[str, Any] = {"slot": "evidence_bundle@T+15m", "key": "k"}
    state = after(state, "update.due", T0 + 15 * MINUTE, 1, **body, text="text", late_s=0.0)
    return after(state, "update.confirmed", T0 + 15 * MINUTE, 1, **body, attempt=1, ref="here")


RED = ran(opened(), "phase:verify", 5, Verdict.FAIL, "RED", "p95: 300 ms")


@pytest.mark.parametrize(
    ("state", "phase", "minutes", "reasons"),
    [
        pytest.param(opened(None), "watch", 0, ("T0 is not set",), id="no T0"),
        pytest.param(
            opened(),
            "watch",
            10,
            ("it begins at 2025-11-01T02:15:00Z", "it lasts until 2025-11-03T02:00:00Z"),
            id="not begun",
        ),
        pytest.param(
            opened(), "watch", 48 * 60 - 1, ("it lasts until 2025-11-03T02:00:00Z",), id="the time is not over"
        ),
        pytest.param(opened(), "watch", 48 * 60, (), id="the time is over"),
        pytest.param(
            ticked(opened(), *STEPS[:4]),
            "publish",
            4,
            ("step confirm is not done: Confirm Build ID and deployment timestamp",),
            id="a step is missing",
        ),
        pytest.param(ticked(opened(), *STEPS), "publish", 4, (), id="all steps are done before the time"),
        pytest.param(opened(), "verify", 5, ("suite verify has not finished",), id="the suite has not run"),
        pytest.param(
            after(opened(), "suite.started", T0 + 5 * MINUTE, 1, **started_body("verify", "phase:verify")),
            "verify",
            6,
            ("suite verify has not finished",),
            id="the suite is under way",
        ),
        pytest.param(RED, "verify", 7, ("suite verify is RED: p95: 300 ms",), id="the suite is red"),
        pytest.param(
            ran(opened(), "phase:verify", 5, Verdict.INCONCLUSIVE, "UNKNOWN"),
            "verify",
            7,
            ("suite verify is UNKNOWN",),
            id="the suite could not decide",
        ),
        pytest.param(
            ran(opened(), "phase:verify", 5, Verdict.PASS, "GREEN"), "verify", 7, (), id="the suite is green"
        ),
        pytest.param(
            ran(opened(), "phase:verify", 5, Verdict.WARN, "YELLOW"),
            "verify",
            7,
            (),
            id="the suite is green with warnings",
        ),
        pytest.param(
            ran(RED, "again", 8, Verdict.PASS, "GREEN"), "verify", 10, (), id="a later run of the suite is green"
        ),
        pytest.param(
            ran(ran(opened(), "phase:verify", 5, Verdict.PASS, "GREEN"), "again", 8, Verdict.FAIL, "RED"),
            "verify",
            10,
            ("suite verify is RED",),
            id="a later run of the suite is red",
        ),
        pytest.param(opened(), "evidence", 16, ("post evidence_bundle@T+15m is due",), id="the post has not left"),
        pytest.param(posted(opened()), "evidence", 16, (), id="the post arrived"),
    ],
)
def test_a_phase_is_left_when_nothing_holds_it(
    state: LaunchState, phase: str, minutes: float, reasons: tuple[str, ...]
) -> None:
    assert held(state, phase, minutes) == reasons


@pytest.mark.parametrize(
    ("end", "reasons", "lifecycle"),
    [
        pytest.param("update.confirmed", (), "done", id="which arrived"),
        pytest.param(
            "update.dead",
            ("post evidence_bundle@T+15m is merged into hourly@T+1h",),
            "running",
            id="which failed",
        ),
    ],
)
def test_a_phase_whose_post_is_named_in_a_later_one(end: str, reasons: tuple[str, ...], lifecycle: str) -> None:
    told: dict[str, Any] = {"slot": "hourly@T+1h", "key": "k"}
    merged = ["evidence_bundle@T+15m"]
    state = after(opened(), "update.due", T0 + 60 * MINUTE, 1, **told, text="text", late_s=0.0, merged=merged)
    state = after(state, end, T0 + 60 * MINUTE, 1, **told, attempt=1, ref="here", reason="channel_not_found")
    assert held(state, "evidence", 61) == reasons
    (phase,) = (one for one in phases(state, T0 + 61 * MINUTE) if one.phase.id == "evidence")
    assert phase.lifecycle == lifecycle


def test_a_clock_that_was_set_forward_ends_no_phase() -> None:
    state = after(opened(), "clock.step", T0 + MINUTE, by_s=48 * 3600.0)
    assert held(state, "watch", 48 * 60 + 10) != ()


GREEN = ran(opened(), "phase:verify", 5, Verdict.PASS, "GREEN")


def moved(state: LaunchState, minutes: int) -> LaunchState:
    at = (T0 + minutes * MINUTE).isoformat()
    return after(state, "t0.set", T0 + 7 * MINUTE, at=at, by="ann", reason="slipped")


@pytest.mark.parametrize(
    ("slips", "minutes", "reasons", "lifecycle"),
    [
        pytest.param(0, 7, (), "done", id="T0 stays"),
        pytest.param(5, 7, ("it begins at 2025-11-01T02:10:00Z",), "waiting", id="it begins with the new T0"),
        pytest.param(
            6,
            11,
            ("suite verify has not finished",),
            "running",
            id="it began before the new T0, and the phase has begun again",
        ),
        pytest.param(
            24 * 60,
            7,
            ("it begins at 2025-11-02T02:05:00Z", "suite verify has not finished"),
            "waiting",
            id="T0 is tomorrow",
        ),
        pytest.param(-60, 7, (), "done", id="T0 is earlier"),
    ],
)
def test_what_was_found_before_the_t0_that_counts_ends_no_phase(
    slips: int, minutes: float, reasons: tuple[str, ...], lifecycle: str
) -> None:
    state = moved(GREEN, slips)
    assert held(state, "verify", minutes) == reasons
    standing = {one.phase.id: one.lifecycle for one in phases(state, T0 + minutes * MINUTE)}
    assert standing["verify"] == lifecycle


def test_a_run_for_the_t0_that_was_moved_ends_the_phase() -> None:
    state = ran(moved(GREEN, 24 * 60), "phase:verify", 24 * 60 + 5, Verdict.PASS, "GREEN")
    assert held(state, "verify", 24 * 60 + 7) == ()
    assert phases(state, T0 + (24 * 60 + 7) * MINUTE)[1].lifecycle == "done"


@pytest.mark.parametrize(
    ("began", "counts"), [pytest.param(-30, True, id="with it"), pytest.param(-31, False, id="before it")]
)
def test_the_suite_of_a_phase_that_begins_before_t0_counts_from_then(began: int, counts: bool) -> None:
    early = Phase("early", "Early", -30 * MINUTE, suite="verify")
    state = ran(opened(), "phase:early", began, Verdict.PASS, "GREEN")
    assert (holding(state, early, T0) == ()) is counts
