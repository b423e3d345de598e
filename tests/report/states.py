"""Finished runs of the auto_com_center verification, built from events at fixed instants."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from warroom.events import (
    CheckFinished,
    CheckInfo,
    CheckOutcome,
    CheckStarted,
    Envelope,
    Event,
    GateInfo,
    GateRead,
    Hint,
    LaunchInfo,
    Noted,
    RunFinished,
    RunStarted,
)
from warroom.suite_state import SuiteState, fold
from warroom.verdict import Measurement, Result, Verdict, of_results, of_suite, word

T0 = datetime(2025, 11, 1, 2, 5, tzinfo=UTC)
DIRECTORY = "evidence/auto_com_center_evidence_20251101T020500Z"
MANIFEST = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
LAUNCH = LaunchInfo(
    "auto_com_center",
    "auto_com_center Production Publish",
    owner="auto_com_center Lead (Comms DRI)",
    mode="dry-run",
    facts=(("CEO GO", "2025-11-01T02:00:00Z"), ("SLA", "T+5m publish confirmation, T+15m evidence bundle")),
    links=(("Deployments, then Publish", "https://replit.com/@jamarrlmayes/workspace"),),
)
TITLES = {
    "canary": ("canary", "Canary v2.7"),
    "security_headers": ("headers", "Security headers"),
    "p95": ("latency", "P95 latency"),
    "jwks": ("jwks", "Auth/JWKS reachability"),
    "m2m": ("oauth2", "M2M token flow"),
    "events": ("events", "Event ingestion"),
    "providers": ("http", "Delivery providers"),
    "kill_switch": ("lever", "Kill-switch"),
}
TOOK = (0.0412, 0.0002, 1.2731, 0.0388, 0.0641, 0.1207, 0.0402, 0.0395)
LIVE = "https://acc.example.org"


def passed(say: str, expected: str = "", actual: str = "") -> Result:
    return Result(Verdict.PASS, say, expected, actual)


GREEN: Mapping[str, tuple[Result, ...]] = {
    "canary": (
        passed("8 fields present", "8 fields", "8 fields"),
        passed('version="v2.7"', '== "v2.7"', "v2.7"),
        passed("dependencies_ok=true", "== true", "true"),
    ),
    "security_headers": (passed("security_headers: 6/6 present", "6 headers", "6 headers"),),
    "p95": (passed("P95: 41.2ms (≤120ms target)", "<= 120ms", "41.2ms"),),
    "jwks": (passed("1 key, RS256, 2048 bits"),),
    "m2m": (passed("token verified with the key set"),),
    "events": (passed("2 synthetic events posted"), passed("Queue status: stable", '== "stable"', "stable")),
    "providers": (
        passed("Email/SMTP: health check passing (dry-run)", '== "passing"', "passing"),
        passed("SMS gateway: health check passing (dry-run)", '== "passing"', "passing"),
        passed("Credentials verified", '== "verified"', "verified"),
        passed("Throttling active", '== "active"', "active"),
    ),
    "kill_switch": (
        passed("DISABLE_SEND=true", "true", "true"),
        passed("Dry-run mode ENABLED", '== "dry-run"', "dry-run"),
    ),
}
LATENCY = Measurement(
    41.2, "<= 120ms", "ms", 30, "nearest rank", source="child process, blocking socket, perf_counter"
)


def outcome(check: str, results: Sequence[Result] = (), **changes: object) -> CheckOutcome:
    """A finished check: green unless `results` or `changes` say otherwise."""
    kind, title = TITLES[check]
    lines = tuple(results) or GREEN[check]
    verdict = of_results(lines)
    plain = CheckOutcome(
        id=check,
        kind=kind,
        title=title,
        required=True,
        verdict=verdict,
        word=word(verdict, mode="dry-run"),
        reason="; ".join(line.reason for line in lines if line.verdict is verdict and line.reason),
        started_at=T0 + timedelta(milliseconds=180),
        duration_s=TOOK[list(TITLES).index(check)],
        measurement=LATENCY if check == "p95" else Measurement(),
        results=lines,
        evidence=(f"{check}/samples.json" if check == "p95" else f"{check}/answer.json",),
        reproduce=f"curl -sS '{LIVE}/canary'",
    )
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def finished(
    outcomes: Sequence[CheckOutcome],
    *,
    gates: Sequence[GateInfo] = (),
    notes: Sequence[Noted] = (),
    reason: str = "",
    launch: LaunchInfo = LAUNCH,
    ended: RunFinished | None = None,
    strict: bool = False,
) -> SuiteState:
    """The state after a run with these outcomes; its verdict is the suite's own."""
    declared = {one.id: one.required for one in outcomes}
    suite = of_suite(declared, {one.id: one.verdict for one in outcomes}, mode=launch.mode, strict=strict)
    checks = tuple(CheckInfo(one.id, one.kind, one.title, one.required) for one in outcomes)
    log = f"{DIRECTORY}.log"
    events: list[Event] = [
        RunStarted("run-1", launch, "playbooks/auto_com_center.yaml", "0" * 64, "verify", checks, DIRECTORY),
        *(GateRead(gate) for gate in gates),
        *(CheckStarted(one.id) for one in outcomes),
        *(CheckFinished(one) for one in outcomes),
        *notes,
        ended or RunFinished(suite.verdict, suite.word, int(suite.exit_code), reason, log, MANIFEST),
    ]
    return fold(
        Envelope(seq, T0 + timedelta(milliseconds=100 * seq), event) for seq, event in enumerate(events, start=1)
    )


def green_gate(state: str = "green") -> GateInfo:
    return GateInfo(
        "gate1", "Gate 1", state, "GET https://auth.example.org/gates/gate1", since="2025-11-01T01:40:00Z"
    )


def all_green() -> SuiteState:
    return finished([outcome(check) for check in TITLES], gates=[green_gate()])


def gate_red() -> SuiteState:
    """Gate 1 is red: the key set is degraded and the token flow blocked, everything else is green."""
    why = "Gate 1 is red and this is the declared symptom"
    keys = Result(Verdict.DEGRADED, "key set reachable", "status 200", "status 404", why)
    token = Result(Verdict.BLOCKED, "token acquired", "status 200", "status 401", why)
    changed = {
        "jwks": outcome(
            "jwks",
            [keys],
            word="DEGRADED - pending Gate 1",
            reason=f"{why}: the key set answered 404",
            hints=(
                Hint(
                    "Auth check returns 308/404/500",
                    "Gate 1 (scholar_auth) is not GREEN yet",
                    'Document as "pending Gate 1", run again when Gate 1 turns GREEN',
                ),
            ),
            symptom=(("status", "404"),),
        ),
        "m2m": outcome(
            "m2m",
            [token],
            word="BLOCKED - pending Gate 1",
            reason=f"{why}: the token endpoint answered 401",
            hints=(
                Hint(
                    "Token acquisition returns 401/403",
                    "Gate 1 is not GREEN (expected behavior)",
                    'Document as "expected block", run again when Gate 1 is GREEN',
                ),
            ),
            symptom=(("status", "401"),),
        ),
    }
    return finished([changed.get(check) or outcome(check) for check in TITLES], gates=[green_gate("red")])


def kill_switch_off() -> SuiteState:
    """DISABLE_SEND is false: RED with the rollback hint, and no event was sent."""
    off = Result(Verdict.FAIL, "DISABLE_SEND=false", "true", "false", "DISABLE_SEND is false, expected true")
    withheld = Result(
        Verdict.NOT_EXERCISED, "2 synthetic events", reason="not sent: DISABLE_SEND was not read as true"
    )
    changed = {
        "kill_switch": outcome(
            "kill_switch",
            [off, GREEN["kill_switch"][1]],
            hints=(
                Hint(
                    "Verification shows DISABLE_SEND=false",
                    "Environment variable is not set correctly",
                    "IMMEDIATE ROLLBACK - external sends may occur!",
                    "critical",
                ),
            ),
            symptom=(("DISABLE_SEND", "false"),),
            reproduce=f"curl -sS '{LIVE}/ops/state'",
        ),
        "events": outcome("events", [withheld], measurement=Measurement(n=0), evidence=(), reproduce=""),
    }
    outcomes = [changed.get(check) or outcome(check) for check in TITLES]
    return finished(outcomes, gates=[green_gate()], reason="Kill-switch")


def unreachable() -> SuiteState:
    """Nothing listens: every check says so, with the document's hint, and one sample file could not be kept."""
    why = "connection refused by 127.0.0.1:8443: nothing listens there"
    line = Result(Verdict.ERROR, why, reason=why, measurement=Measurement(n=0))
    hint = Hint(
        "Script errors or timeouts",
        "Production deployment not complete or endpoints not responding",
        "Wait 2-3 additional minutes, then run the verification again",
    )
    outcomes = [
        outcome(
            check,
            [line],
            attempts=2,
            measurement=Measurement(n=0),
            hints=(hint,),
            symptom=(("symptom", "refused"),),
            evidence=(f"{check}/answer.json", ""),
        )
        for check in TITLES
    ]
    notes = [Noted("evidence is incomplete: p95/samples.json could not be kept: No space left on device", "warning")]
    reason = ", ".join(title for _, title in TITLES.values())
    return finished(outcomes, gates=[green_gate("unknown")], notes=notes, reason=reason)


STATES = {
    "all_green": all_green,
    "gate_red": gate_red,
    "kill_switch_off": kill_switch_off,
    "unreachable": unreachable,
}
