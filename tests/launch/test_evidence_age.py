"""A result that is too old says nothing of now, wherever it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.launch.course import T0, after, course, opened
from tests.launch.test_exits import ran, ticked
from warroom.engine.view import state_json
from warroom.errors import ExitCode
from warroom.launch.ending import ending
from warroom.launch.evidence_age import at_age
from warroom.launch.exits import holding
from warroom.launch.phases import phases
from warroom.launch.state import LaunchState
from warroom.playbook.course import CheckPlan, Phase
from warroom.verdict import Verdict

MINUTE = timedelta(minutes=1)
ENDED = T0 + 6 * MINUTE
TEN = {"canary": CheckPlan("canary", "Canary", True, 10 * MINUTE)}
STALE = "Canary STALE: GREEN at 2025-11-01T02:06:00Z, more than 10m ago"
VERIFY = Phase("verify", "Verify", 5 * MINUTE, suite="verify")
LATER = Phase("verify", "Verify", 5 * MINUTE, steps=("publish",), suite="verify")


def verified(verdict: Verdict = Verdict.PASS, word: str = "GREEN") -> LaunchState:
    """The canary, whose result counts for ten minutes, ran from T+5m to T+6m."""
    return ran(opened(plan=replace(course(), checks={**course().checks, **TEN})), "phase:verify", 5, verdict, word)


@pytest.mark.parametrize(
    ("minutes", "verdict"), [pytest.param(10, Verdict.PASS, id="as old as it may be"), (10.1, Verdict.STALE)]
)
def test_a_run_is_stale_when_a_required_result_is(minutes: float, verdict: Verdict) -> None:
    (run,) = verified().runs.values()
    found = at_age(run, TEN, ENDED + minutes * MINUTE)
    assert (found.verdict, found.checks["canary"].verdict) == (verdict, verdict)


def test_an_optional_result_that_is_too_old_leaves_the_run_as_it_was() -> None:
    (run,) = verified().runs.values()
    optional = replace(run, checks={"canary": replace(run.checks["canary"], required=False)})
    found = at_age(optional, TEN, ENDED + 11 * MINUTE)
    assert (found.verdict, found.checks["canary"].verdict) == (Verdict.PASS, Verdict.STALE)


def test_what_is_worse_than_too_old_stays_what_it_was() -> None:
    (run,) = verified(Verdict.FAIL, "RED").runs.values()
    assert at_age(run, TEN, ENDED + 11 * MINUTE).verdict is Verdict.FAIL


def test_where_nobody_knows_the_time_nothing_is_too_old() -> None:
    (run,) = verified().runs.values()
    assert at_age(run, TEN, None) == run


def test_a_suite_is_shown_as_it_counts_now() -> None:
    (fresh,) = state_json(verified(), ENDED + 10 * MINUTE)["suites"]
    assert (fresh["word"], fresh["checks"][0]["verdict"]) == ("GREEN", "pass")
    (shown,) = state_json(verified(), ENDED + 11 * MINUTE)["suites"]
    assert (shown["verdict"], shown["word"], shown["reason"]) == ("stale", "UNKNOWN", STALE)
    (check,) = shown["checks"]
    assert (check["verdict"], f"Canary {check['reason']}") == ("stale", STALE)


def test_a_phase_is_not_left_on_evidence_that_is_too_old() -> None:
    assert holding(verified(), LATER, ENDED + 11 * MINUTE) == (
        'step publish is not done: Click "Publish" (or "Redeploy" if already published)',
        f"suite verify is UNKNOWN: {STALE}",
    )
    late = after(verified(), "step.ticked", ENDED + 11 * MINUTE, step="publish", by="ann", values={})
    assert holding(late, LATER, ENDED + 12 * MINUTE) == (f"suite verify is UNKNOWN: {STALE}",)


def test_a_phase_that_was_left_in_time_stays_left_when_its_evidence_grows_old() -> None:
    assert holding(verified(), VERIFY, ENDED + 60 * MINUTE) == ()
    in_time = ticked(verified(), "publish")
    assert holding(in_time, LATER, ENDED + 60 * MINUTE) == ()
    assert phases(in_time, ENDED + 60 * MINUTE)[1].lifecycle == "done"


def test_a_new_run_opens_the_phase_again() -> None:
    late = after(verified(), "step.ticked", ENDED + 11 * MINUTE, step="publish", by="ann", values={})
    again = ran(late, "again", 18, Verdict.PASS, "GREEN")
    assert holding(again, LATER, T0 + 20 * MINUTE) == ()


def test_a_phase_that_waits_for_signals_wants_evidence_of_now() -> None:
    phase = replace(VERIFY, exit_triggers=("pause_5xx",))
    assert f"suite verify is UNKNOWN: {STALE}" in holding(verified(), phase, ENDED + 11 * MINUTE)


@pytest.mark.parametrize(
    ("minutes", "code"), [pytest.param(9, ExitCode.GREEN, id="fresh"), pytest.param(11, ExitCode.UNKNOWN, id="stale")]
)
def test_a_launch_does_not_end_green_on_evidence_that_is_too_old(minutes: int, code: ExitCode) -> None:
    state = after(verified(), "launch.closed", ENDED + minutes * MINUTE, reason="done", by="ann")
    found = ending(state)
    assert found is not None
    assert any("suite verify" in reason for reason in found.reasons) is (code is ExitCode.UNKNOWN)
