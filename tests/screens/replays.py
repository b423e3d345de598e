"""Canned runs of the auto_com_center suite as event lists, for snapshots and for looking at the console."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from warroom.events import (
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
    Hint,
    LaunchInfo,
    Noted,
    Question,
    RunFinished,
    RunStarted,
    SampleTaken,
)
from warroom.verdict import Measurement, Result, Verdict, word

START = datetime(2025, 11, 1, 2, 5, tzinfo=UTC)

LAUNCH = LaunchInfo(
    id="auto_com_center",
    title="auto_com_center Production Publish",
    owner="auto_com_center Lead (Comms DRI)",
    mode="dry-run",
    facts=(
        ("CEO GO", "2025-11-01T02:00:00Z"),
        ("SLA", "T+5m publish confirmation, T+15m evidence bundle"),
        ("Manual action", "Publish is clicked by a person"),
    ),
)

CHECKS = (
    CheckInfo("canary", "canary", "Canary v2.7"),
    CheckInfo("security_headers", "headers", "Security headers", needs=("canary",)),
    CheckInfo("p95", "latency", "P95 latency", limit="<= 120ms"),
    CheckInfo("jwks", "jwks", "Auth/JWKS reachability"),
    CheckInfo("m2m", "oauth2", "M2M token flow", needs=("jwks",)),
    CheckInfo("events", "events", "Event ingestion", needs=("m2m", "kill_switch")),
    CheckInfo("providers", "http", "Delivery providers"),
    CheckInfo("kill_switch", "lever", "Kill-switch"),
)
INFO = {info.id: info for info in CHECKS}

SAMPLES = (
    41.8, 39.2, 40.1, 38.7, 44.0, 39.9, 38.1, 40.4, 39.5, 52.3, 40.0, 38.9, 39.1, 41.2, 39.7,
    38.4, 40.8, 39.3, 61.7, 40.2, 39.0, 38.8, 40.6, 39.4, 38.5, 41.0, 39.6, 40.3, 38.6, 39.8,
)  # fmt: skip

_CURL = {
    "canary": "curl -sS -i --max-time 10 -H 'Accept-Encoding: identity' https://comms.example.org/canary",
    "m2m": 'curl -sS -i --max-time 10 -X POST -u "$M2M_CLIENT_ID:$M2M_CLIENT_SECRET" '
    "-H 'Content-Type: application/x-www-form-urlencoded' -H 'Accept: application/json' "
    "--data 'grant_type=client_credentials' https://auth.example.org/oauth/token",
    "kill_switch": "curl -sS -i --max-time 10 https://comms.example.org/ops/state",
}


def envelopes(events: Iterable[Event], *, every_s: float = 0.1, start: datetime = START) -> Iterator[Envelope]:
    """The events numbered from 1, `every_s` seconds apart."""
    for index, event in enumerate(events):
        yield Envelope(index + 1, start + timedelta(seconds=index * every_s), event)


def ok(say: str, expected: str = "", actual: str = "") -> Result:
    return Result(Verdict.PASS, say, expected, actual)


def bad(say: str, expected: str, actual: str, reason: str = "") -> Result:
    return Result(Verdict.FAIL, say, expected, actual, reason or f"{actual}, expected {expected}")


_LINES = {
    "canary": (
        ok("8 fields present"),
        ok('version="v2.7"', '== "v2.7"', "v2.7"),
        ok("dependencies_ok=true", "== true", "true"),
        ok('app="auto_com_center"', '== "auto_com_center"', "auto_com_center"),
        ok('status="ok"', '== "ok"', "ok"),
    ),
    "security_headers": (ok("security_headers: 6/6 present"), ok("the canary lists the same six as present")),
    "p95": (ok("P95: 52.3ms (<= 120ms target)", "<= 120ms", "52.3ms"),),
    "jwks": (ok("JWKS reachable: 2 keys (RS256)"),),
    "m2m": (ok("M2M token acquired (RS256, expires in 3600 s)"), ok("signature verified with key 2025-10")),
    "events": (
        ok("deadline_approaching accepted (202)"),
        ok("new_match_found accepted (202)"),
        ok("no token: refused (401)"),
        ok("tampered token: refused (401)"),
        ok("Queue status: stable"),
        ok("Event queue operational"),
        ok("Templates rendered in dry-run"),
        ok("External sends: 0"),
    ),
    "providers": (
        ok("Email/SMTP: health check passing (dry-run)"),
        ok("SMS gateway: health check passing (dry-run)"),
        ok("Credentials verified"),
        ok("Throttling active"),
    ),
    "kill_switch": (
        ok("DISABLE_SEND=true", "true", "true"),
        ok("PROMO_SENDS=false", "false", "false"),
        ok("RETRIES_ENABLED=true", "true", "true"),
        ok("RATE_LIMIT_ENABLED=true", "true", "true"),
        ok("Dry-run mode ENABLED"),
        ok("No external sends will occur"),
    ),
}
_TOOK = {
    "canary": 0.048, "security_headers": 0.002, "p95": 1.31, "jwks": 0.034, "m2m": 0.121,
    "events": 0.284, "providers": 0.039, "kill_switch": 0.041,
}  # fmt: skip
P95 = Measurement(52.3, "<= 120ms", "ms", 30, "nearest rank", source="child process, blocking socket, perf_counter")


def outcome(
    check: str,
    verdict: Verdict = Verdict.PASS,
    *,
    lines: tuple[Result, ...] | None = None,
    reason: str = "",
    pending: str = "",
    hints: tuple[Hint, ...] = (),
    measurement: Measurement | None = None,
    took_s: float | None = None,
    attempts: int = 1,
) -> CheckFinished:
    info = INFO[check]
    return CheckFinished(
        CheckOutcome(
            id=info.id,
            kind=info.kind,
            title=info.title,
            required=info.required,
            verdict=verdict,
            word=word(verdict, required=info.required, mode="dry-run", pending=pending),
            reason=reason,
            started_at=START,
            duration_s=_TOOK[check] if took_s is None else took_s,
            attempts=attempts,
            measurement=measurement or (P95 if check == "p95" else Measurement()),
            results=_LINES[check] if lines is None else lines,
            hints=hints,
            evidence=(f"{check}/{'samples' if check == 'p95' else 'response'}.json",),
            reproduce=_CURL.get(check, _CURL["canary"]),
        )
    )


def begun(gate1: str = "green") -> list[Event]:
    sha = "3f2a91bc77d0e1c2a8f35b6410c9de827a4411bf0d6e5a93c1b7e20f98d4c650"
    run = RunStarted("20251101T020500Z-1a2b3c4d", LAUNCH, "playbooks/auto_com_center.yaml", sha, "verify", CHECKS)
    since = "2025-11-01T01:30:00Z" if gate1 == "green" else ""
    reason = "not asked: GATE2_URL is not set"
    gates = [
        GateRead(GateInfo("gate1", "Gate 1", gate1, "HTTP", since=since)),
        GateRead(GateInfo("gate2", "Gate 2", "unknown", "", reason)),
    ]
    return [run, *gates, *(CheckStarted(check) for check in ("p95", "canary", "jwks", "kill_switch", "providers"))]


def p95_of(samples: tuple[float | None, ...]) -> float | None:
    ordered = sorted(samples, key=lambda sample: float("inf") if sample is None else sample)
    return ordered[-(-95 * len(ordered) // 100) - 1]


def sampled(samples: tuple[float | None, ...] = SAMPLES, total: int = 30) -> list[Event]:
    return [
        SampleTaken("p95", index + 1, total, sample, p95_of(samples[: index + 1]))
        for index, sample in enumerate(samples)
    ]


def running() -> list[Event]:
    """17 of 30 samples are taken; four checks are done, two run, two wait for what they need."""
    done: list[Event] = [
        outcome("canary"),
        outcome("security_headers"),
        outcome("jwks"),
        CheckStarted("m2m"),
        outcome("kill_switch"),
    ]
    return [*begun(), *sampled(SAMPLES[:9]), *done, *sampled(SAMPLES[:17])[9:]]


def _rest_green() -> list[Event]:
    return [
        outcome("providers"),
        outcome("m2m"),
        CheckStarted("events"),
        outcome("events"),
    ]


def green() -> list[Event]:
    """All eight checks pass."""
    end = RunFinished(
        Verdict.PASS,
        "GREEN (dry-run)",
        0,
        "all 8 required checks passed",
        "auto_com_center_evidence_20251101T020507Z.log",
    )
    return [*running(), *sampled()[17:], outcome("p95"), *_rest_green(), end]


def gate_red() -> list[Event]:
    """Gate 1 is red: JWKS answers 404, the token endpoint 401, and both are tolerated."""
    jwks = outcome(
        "jwks",
        Verdict.DEGRADED,
        pending="Gate 1",
        reason="Gate 1 is not GREEN: status is 404, expected 200",
        lines=(bad("JWKS: HTTP 404", "200", "404").as_verdict(Verdict.DEGRADED, "Gate 1 is not GREEN"),),
        hints=(
            Hint(
                "Auth check returns 308/404/500",
                "Gate 1 (scholar_auth) is not GREEN yet",
                'Document as "pending Gate 1", run again when Gate 1 turns GREEN',
            ),
        ),
    )
    m2m = outcome(
        "m2m",
        Verdict.BLOCKED,
        pending="Gate 1",
        reason="Gate 1 is not GREEN: status is 401, expected 200",
        lines=(bad("M2M token: HTTP 401", "200", "401").as_verdict(Verdict.BLOCKED, "Gate 1 is not GREEN"),),
        hints=(
            Hint(
                "Token acquisition returns 401/403",
                "Gate 1 is not GREEN (expected behavior)",
                'Document as "expected block", run again when Gate 1 is GREEN',
            ),
        ),
    )
    done: list[Event] = [
        outcome("canary"),
        outcome("security_headers"),
        jwks,
        CheckStarted("m2m"),
        m2m,
        outcome("kill_switch"),
    ]
    end = RunFinished(Verdict.PASS, "GREEN (dry-run)", 0, "6 checks passed, 2 wait for Gate 1")
    later: list[Event] = [outcome("p95"), outcome("providers"), outcome("events"), end]
    return [*begun("red"), *sampled(), *done, *later]


def kill_switch_off() -> list[Event]:
    """DISABLE_SEND reads false: RED, with the rollback hint."""
    off = outcome(
        "kill_switch",
        Verdict.FAIL,
        reason="DISABLE_SEND is false, expected true",
        lines=(
            bad("DISABLE_SEND=false", "true", "false", "DISABLE_SEND is false, expected true"),
            *_LINES["kill_switch"][1:],
        ),
        hints=(
            Hint(
                "Verification shows DISABLE_SEND=false",
                "Environment variable is not set correctly",
                "IMMEDIATE ROLLBACK - external sends may occur!",
                "critical",
            ),
        ),
    )
    events = outcome(
        "events",
        Verdict.NOT_EXERCISED,
        reason="not sent: DISABLE_SEND is not true",
        lines=(Result(Verdict.NOT_EXERCISED, "no event was posted", reason="DISABLE_SEND is not true"),),
        measurement=Measurement(n=0),
    )
    done: list[Event] = [
        outcome("canary"),
        outcome("security_headers"),
        outcome("jwks"),
        CheckStarted("m2m"),
        off,
        outcome("m2m"),
    ]
    end = RunFinished(Verdict.FAIL, "RED", 1, "Kill-switch: DISABLE_SEND is false, expected true")
    return [*begun(), *sampled(), *done, outcome("p95"), outcome("providers"), events, end]


def _unmeasured(check: str, reason: str) -> CheckFinished:
    hint = Hint(
        "Script errors or timeouts",
        "Production deployment not complete or endpoints not responding",
        "Wait 2-3 additional minutes, then run the verification again",
    )
    line = Result(Verdict.ERROR, reason, reason=reason)
    hints = () if "nothing to judge" in reason else (hint,)
    return outcome(
        check, Verdict.ERROR, reason=reason, lines=(line,), hints=hints, measurement=Measurement(n=0), took_s=10.0
    )


def unreachable() -> list[Event]:
    """Nothing answers; two checks are still to be tried again."""
    refused = "comms.example.org refused the connection on port 443"
    silent = "auth.example.org did not answer within 10 s"
    needs = "nothing to judge: 'canary' gave no answer (it refused the connection)"
    failed: tuple[float | None, ...] = (None,) * 30
    return [
        *begun("unknown"),
        *sampled(failed),
        _unmeasured("p95", "none of 30 samples was answered: connection refused"),
        _unmeasured("canary", refused),
        _unmeasured("security_headers", needs),
        _unmeasured("jwks", silent),
        _unmeasured("m2m", silent),
        _unmeasured("kill_switch", refused),
        _unmeasured("providers", refused),
        _unmeasured("events", "nothing to judge: 'm2m' gave no token (it did not answer)"),
        Noted("evidence could not be written: no space left on the device", "warning"),
        RunFinished(Verdict.ERROR, "UNKNOWN", 3, "8 checks could not be measured"),
    ]


def retrying() -> list[Event]:
    """The deployment is not up yet: two checks wait to be tried again."""
    refused = "comms.example.org refused the connection on port 443"
    waits: list[Event] = [CheckWaiting("canary", 150.0, refused), CheckWaiting("providers", 150.0, refused)]
    return [*begun(), outcome("jwks"), *waits, *sampled(SAMPLES[:4])]


def spread_samples() -> tuple[float | None, ...]:
    """Samples with a slow tail and two that failed."""
    slow: dict[int, float | None] = {7: 131.0, 15: None, 22: 480.5, 27: None}
    return tuple(slow.get(index, sample) for index, sample in enumerate(SAMPLES))


def slow_tail() -> list[Event]:
    """P95 over the limit: two slow samples, two that failed."""
    reason = "P95 is over 120 ms: 4 of 30 samples are over the limit (2 failed), at most 1 may be"
    lines = (bad("P95: over 120ms (<= 120ms target)", "<= 120ms", "timeout", reason),)
    found = Measurement("timeout", "<= 120ms", "", 30, "nearest rank")
    late = outcome("p95", Verdict.FAIL, reason=reason, lines=lines, measurement=found, took_s=11.4)
    quick: list[Event] = [
        outcome(check)
        for check in ("canary", "security_headers", "jwks", "m2m", "kill_switch", "providers", "events")
    ]
    return [*begun(), *quick, *sampled(spread_samples()), late, RunFinished(Verdict.FAIL, "RED", 1, reason)]


def asking(answer_type: str = "yes_no") -> list[Event]:
    """A run whose last check waits for a person."""
    info = CheckInfo("observability", "attest", "Observability")
    started, *rest = begun()
    assert isinstance(started, RunStarted)
    texts = {
        "yes_no": "Request/queue metrics enabled",
        "timestamp": "Deployment timestamp (YYYY-MM-DDTHH:MM:SSZ)",
        "number": "Messages in the dead-letter queue",
        "text": "Build ID shown by the deployment",
    }
    return [
        replace(started, checks=(*CHECKS, info)),
        *rest,
        *(event for event in green()[len(begun()) : -1]),
        CheckStarted("observability"),
        Asked(Question("observability.q1", "observability", texts[answer_type], answer_type)),
        Asked(Question("observability.q2", "observability", "Error budget tracking active")),
    ]


def many(checks: int = 200) -> list[Event]:
    """A long suite, half of it done."""
    infos = tuple(CheckInfo(f"signal_{index:03d}", "http", f"Signal {index} of the fleet") for index in range(checks))
    verdicts = (Verdict.PASS, Verdict.PASS, Verdict.WARN, Verdict.PASS, Verdict.ERROR)
    started = begun()[0]
    assert isinstance(started, RunStarted)
    events: list[Event] = [replace(started, checks=infos), *(CheckStarted(info.id) for info in infos)]
    for index, info in enumerate(infos[: checks // 2]):
        verdict = verdicts[index % len(verdicts)]
        found = CheckOutcome(
            info.id, info.kind, info.title, True, verdict, word(verdict), "", START, 0.04,
            measurement=Measurement(40 + index, "<= 120ms", "ms"),
        )  # fmt: skip
        events.append(CheckFinished(found))
    return events


def rerun() -> list[Event]:
    """A green run of which one check runs again."""
    return [*green(), CheckStarted("p95"), *sampled(SAMPLES[:6])]
