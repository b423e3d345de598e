"""The launch in one verdict: nothing is green without evidence, and what is worst decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from tests.launch.course import T0, after, opened
from tests.updates.event_posts import gate_read, trigger, watched
from tests.updates.measured import found
from warroom.launch.overall import NOTHING_TESTED, overall, overall_words
from warroom.launch.state import LaunchState
from warroom.slo.levels import Level
from warroom.slo.trigger import Stage
from warroom.verdict import Verdict

# What the services answer is measured once.
pytestmark = pytest.mark.xdist_group("measured")

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOW = T0 + 20 * MINUTE


def verified(scenario: str = "steady", state: LaunchState | None = None, minutes: float = 5) -> LaunchState:
    """A launch whose verification found that, so many minutes after T0."""
    state = state or gate_read(opened(), "gate1", "green", T0)
    at = T0 + minutes * MINUTE
    state = after(state, "suite.started", at, suite="verify", cause="phase:verify")
    return after(state, "suite.finished", at + MINUTE, **found(scenario))


def measured(state: LaunchState | None = None, **level: str) -> LaunchState:
    """Verified, every signal measured; those that are named have that level."""
    state = watched(state or verified(), NOW - MINUTE)
    for signal, named in level.items():
        body = {"signal": signal, "level": named, "value": 0.0, "reason": "as measured"}
        state = after(state, "signal.level", NOW - MINUTE, **body)
    return state


def broken_off() -> LaunchState:
    """The verification ran once more, and broke off before any check."""
    state = after(measured(), "suite.started", NOW - 2 * MINUTE, suite="verify", cause="again")
    ended = {"verdict": "error", "word": "UNKNOWN", "reason": "the run did not finish", "outcomes": []}
    return after(state, "suite.finished", NOW - MINUTE, suite="verify", cause="again", evidence_log="", **ended)


def without_evidence() -> LaunchState:
    """Every check passed, and the evidence of it could not be kept."""
    state = after(measured(), "suite.started", NOW - 2 * MINUTE, suite="verify", cause="again")
    lost = {"verdict": "inconclusive", "word": "UNKNOWN", "reason": "the evidence could not be kept"}
    return after(state, "suite.finished", NOW - MINUTE, **{**found("steady"), "cause": "again", **lost})


def deciding_nothing() -> LaunchState:
    """A required check all of whose lines were optional."""
    run = measured().runs["phase:verify"]
    checks = {**run.checks, "canary": replace(run.checks["canary"], verdict=Verdict.SKIPPED, word="UNKNOWN")}
    return replace(measured(), runs={run.cause: replace(run, checks=checks)})


def incident(state: LaunchState) -> LaunchState:
    """One is open."""
    return after(state, "incident.opened", NOW - MINUTE, id="inc-1", text="the queue grows", by="ann")


def fires(stage: Stage) -> LaunchState:
    """The trigger on the latency is there."""
    return trigger("fired", stage, "301ms is > 300ms", 0.301, NOW - MINUTE, measured())


def filling(signal: str, state: LaunchState) -> LaunchState:
    """The engine has not run for as long as the window of the signal."""
    body = {"signal": signal, "level": "unknown", "value": 3.0, "reason": "the window is filling", "filling": True}
    return after(state, "signal.level", NOW - MINUTE, **body)


def beginning() -> LaunchState:
    """The first look at everything; the trend of the queue takes longer."""
    state = measured()
    known = replace(state.signals["queue_depth"], level=Level.UNKNOWN, filling=True, was_judged=False)
    return replace(state, signals={**state.signals, "queue_depth": known})


def judged(**waits: str | None) -> LaunchState:
    """Triggers that wait for something; None: nobody has looked."""
    state = measured()
    looks = {name: replace(look, waits=waits.get(name) or "") for name, look in state.looks.items()}
    return replace(state, looks={name: look for name, look in looks.items() if waits.get(name, "") is not None})


def lever(value: str | None, reason: str = "") -> LaunchState:
    """The lever that stops sends was read."""
    return after(measured(), "lever.read", NOW - MINUTE, lever="DISABLE_SEND", value=value, reason=reason)


def ran(*outcomes: str) -> LaunchState:
    """The incident response came to these, one after the other."""
    state = measured()
    for number, outcome in enumerate(outcomes, 1):
        run = {"run": f"incident_response-{number}", "procedure": "incident_response"}
        state = after(state, "procedure.started", NOW - MINUTE, **run, by="ann")
        state = after(state, "procedure.finished", NOW - MINUTE, **run, outcome=outcome)
    return state


def aged(max_age: timedelta, *, scenario: str = "steady") -> LaunchState:
    """The canary's results count for so long."""
    state = measured(verified(scenario))
    checks = {**state.course.checks, "canary": replace(state.course.checks["canary"], max_age=max_age)}
    return replace(state, course=replace(state.course, checks=checks))


def without(check: str) -> LaunchState:
    """No run has a result of a check."""
    state = measured()
    runs = {
        cause: replace(run, checks={name: one for name, one in run.checks.items() if name != check})
        for cause, run in state.runs.items()
    }
    return replace(state, runs=runs)


def never_verified() -> LaunchState:
    """Only the regular checks came to their end."""
    state = watched(gate_read(opened(), "gate1", "green", T0), NOW - MINUTE)
    state = after(state, "suite.started", NOW - 2 * MINUTE, suite="pulse", cause="hourly@T+1h")
    return after(state, "suite.finished", NOW - MINUTE, **found("steady", "pulse", "hourly@T+1h"))


def tokens_gone(reason: str, n: float | None) -> LaunchState:
    """Gate 1 is red, and there is no data on tokens."""
    state = measured(verified("auth-outage-404", GATE_1_RED))
    for name in ("auth_success", "jwt_failures"):
        known = replace(state.signals[name], level=Level.UNKNOWN, value=None, n=n, reason=reason)
        state = replace(state, signals={**state.signals, name: known})
    return state


GATE_1_RED = gate_read(opened(), "gate1", "red", T0)

STANDS: Final[Mapping[str, tuple[Callable[[], LaunchState], str]]] = {
    "everything passed and every signal is green": (measured, "GREEN (dry-run)"),
    "a signal is yellow": (lambda: measured(p95="yellow"), "YELLOW: P95 latency YELLOW"),
    "a signal is red": (lambda: measured(errors_5xx="red"), "RED: 5xx errors RED"),
    "a signal has no data": (lambda: measured(dlq_ratio="unknown"), "UNKNOWN: DLQ ratio UNKNOWN"),
    "one that only is tracked decides nothing": (lambda: measured(ingestion="tracked"), "GREEN (dry-run)"),
    "a red check is worse than a signal without data": (
        lambda: measured(verified("canary-version"), p95="unknown"),
        "RED: Canary v2.7 RED, P95 latency UNKNOWN",
    ),
    "tokens are missing while Gate 1 is red": (
        lambda: watched(verified("auth-outage-404", GATE_1_RED), NOW - MINUTE, tokens=False),
        "GREEN (dry-run)",
    ),
    "the source of the tokens is down while Gate 1 is red": (
        lambda: tokens_gone("the last look failed: it refuses connections", None),
        "UNKNOWN: Auth success: no data, JWT validation failures: no data",
    ),
    "a result that is as old as it may be": (lambda: aged(14 * MINUTE), "GREEN (dry-run)"),
    "a result that is older than it may be": (
        lambda: aged(13 * MINUTE),
        "UNKNOWN: Canary v2.7 UNKNOWN (STALE: GREEN (dry-run) at 2025-11-01T02:06:00Z, more than 13m ago)",
    ),
    "a red result stays red however old it is": (
        lambda: aged(13 * MINUTE, scenario="canary-version"),
        "RED: Canary v2.7 RED",
    ),
    "a required check has no result": (lambda: without("jwks"), "UNKNOWN: Auth/JWKS reachability: no result"),
    "the suite of a phase that has begun never came to its end": (
        never_verified,
        "UNKNOWN: suite verify has not finished",
    ),
    "a trigger that waits is named and does not count": (
        lambda: judged(pause_queue="its baseline is captured at T+5m"),
        "GREEN (dry-run) (not judged yet: Queue depth >2x baseline for 10 min)",
    ),
    "a trigger that nobody has judged long after T0 does count": (
        lambda: judged(pause_5xx=None),
        "UNKNOWN: 5xx errors >=1% over 5 minutes: not judged",
    ),
    "a lever is not as it should be": (
        lambda: lever("false"),
        "RED: DISABLE_SEND is false, it should be true",
    ),
    "a lever cannot be read": (
        lambda: lever(None, "no answer in 10 s"),
        "UNKNOWN: DISABLE_SEND UNKNOWN: no answer in 10 s",
    ),
    "a procedure has failed": (lambda: ran("done", "failed"), "RED: Incident response FAILED (incident_response-2)"),
    "a procedure that failed was done since": (lambda: ran("failed", "done"), "GREEN (dry-run)"),
    "tokens are missing while Gate 1 is green": (
        lambda: watched(verified(), NOW - MINUTE, tokens=False),
        "UNKNOWN: Auth success: no data, JWT validation failures: no data",
    ),
    "a trigger is pending, so its condition holds": (
        lambda: fires(Stage.PENDING),
        "YELLOW: P95 latency >300ms for 5 minutes: PENDING",
    ),
    "a trigger fires": (lambda: fires(Stage.FIRING), "RED: P95 latency >300ms for 5 minutes: FIRING"),
    "a trigger is latched": (lambda: fires(Stage.LATCHED), "RED: P95 latency >300ms for 5 minutes: LATCHED"),
    "a window that fills is named and does not count": (
        beginning,
        "GREEN (dry-run) (not judged yet: Queue depth)",
    ),
    "a window that fills anew, after an outage or a restart, does count": (
        lambda: filling("queue_depth", measured()),
        "UNKNOWN: Queue depth UNKNOWN",
    ),
    "an incident is open": (lambda: incident(measured()), "YELLOW: incident inc-1 is open"),
    "an incident is no better than what it is about": (
        lambda: incident(measured(errors_5xx="red")),
        "RED: 5xx errors RED, incident inc-1 is open",
    ),
    "a run that broke off hides no earlier green": (broken_off, "UNKNOWN: verify UNKNOWN"),
    "every check passed and the evidence is lost": (without_evidence, "UNKNOWN: verify UNKNOWN"),
    "a required check decided nothing": (deciding_nothing, "UNKNOWN: Canary v2.7 UNKNOWN"),
}


@pytest.mark.parametrize(("made", "words"), STANDS.values(), ids=STANDS)
def test_the_worst_decides(made: Callable[[], LaunchState], words: str) -> None:
    assert overall_words(overall(made(), NOW), NOW) == words


def test_without_any_check_nothing_is_green() -> None:
    found_now = overall(watched(opened(), NOW), NOW)
    assert (found_now.verdict, found_now.why, found_now.tested_at) == (Verdict.INCONCLUSIVE, (NOTHING_TESTED,), None)


def test_what_was_tested_for_another_t0_does_not_count() -> None:
    state = after(verified(), "t0.set", NOW, at="2025-11-01T04:00:00.000Z", by="ann", reason="slipped")
    assert NOTHING_TESTED in overall(state, NOW).why


def test_what_says_nothing_any_more_is_stale() -> None:
    assert overall(aged(13 * MINUTE), NOW).verdict is Verdict.STALE


def test_what_is_tolerated_and_too_old_is_stale_too() -> None:
    state = watched(verified("auth-outage-404", GATE_1_RED), NOW - MINUTE, tokens=False)
    checks = {**state.course.checks, "jwks": replace(state.course.checks["jwks"], max_age=MINUTE)}
    found_now = overall(replace(state, course=replace(state.course, checks=checks)), NOW)
    assert found_now.verdict is Verdict.STALE
    assert found_now.why == (
        "Auth/JWKS reachability UNKNOWN (STALE: DEGRADED - pending Gate 1 at 2025-11-01T02:06:00Z, more than 1m ago)",
    )


def test_soon_after_t0_a_trigger_that_nobody_has_judged_is_named() -> None:
    at = T0 + 4 * MINUTE
    found_then = overall(replace(watched(opened(), at), looks={}), at)
    assert "5xx errors >=1% over 5 minutes" in found_then.early
    assert len(found_then.early) == len(opened().course.watched.triggers)


def test_before_t0_no_trigger_is_judged_and_none_is_missed() -> None:
    state = replace(watched(opened(), T0 - MINUTE), looks={})
    assert overall(state, T0 - MINUTE).early == ()


def test_a_trigger_that_was_judged_last_ten_minutes_ago_says_nothing_of_now() -> None:
    state = measured()
    at = NOW + 10 * MINUTE
    assert "5xx errors >=1% over 5 minutes: not judged since 2025-11-01T02:19:00Z" in overall(state, at).why


def test_a_check_of_long_ago_is_said_to_be_of_then() -> None:
    late = T0 + 3 * HOUR
    state = watched(verified(), late - MINUTE)
    assert overall_words(overall(state, late), late) == "GREEN (dry-run) (oldest check of 2025-11-01T02:06:00Z)"


def test_a_signal_of_ten_minutes_ago_says_nothing_of_now() -> None:
    assert overall(measured(), NOW + 10 * MINUTE).verdict is Verdict.INCONCLUSIVE


def test_the_latest_result_of_a_check_counts() -> None:
    state = measured(verified("canary-version"))
    again = found("steady", "pulse", "hourly@T+1h")
    state = after(state, "suite.started", NOW - MINUTE, suite="pulse", cause="hourly@T+1h")
    state = after(state, "suite.finished", NOW - MINUTE / 2, **again)
    assert overall_words(overall(state, NOW), NOW) == "GREEN (dry-run)"


def test_what_waits_for_a_gate_is_named() -> None:
    state = watched(verified("auth-outage-404", GATE_1_RED), NOW - MINUTE, tokens=False)
    pending = overall(state, NOW).pending
    assert "Auth success BLOCKED - pending Gate 1" in pending
    assert len(pending) == 4
    # The two checks that need Gate 1, and the two signals.
    assert sum("pending Gate 1" in said for said in pending) == 4


def test_it_tells_how_old_the_oldest_result_is() -> None:
    assert overall(measured(), NOW).tested_at == T0 + 6 * MINUTE


def test_after_the_48_hours_green_is_without_their_mode() -> None:
    late = T0 + timedelta(hours=49)
    state = watched(verified(minutes=48 * 60), late - MINUTE)
    assert overall(state, late).word == "GREEN"
