"""Launches of auto_com_center as an engine would tell them, for snapshots and for looking at the console."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from warroom.client.end_values import ClosedNow
from warroom.client.signal_values import BreachNow, LimitNow, SignalNow, SloNow, TriggerNow
from warroom.client.values import (
    AskNow,
    ChannelNow,
    CheckNow,
    EngineNow,
    GateNow,
    IncidentNow,
    LaunchNow,
    LineNow,
    LogNow,
    NoteNow,
    OverallNow,
    PhaseNow,
    PostNow,
    QuestionNow,
    StepNow,
    SuiteNow,
    TickedNow,
)
from warroom.verdict import Verdict, word

T0 = datetime(2025, 11, 1, 2, 5, tzinfo=UTC)
OPENED = datetime(2025, 11, 1, 1, 58, tzinfo=UTC)
NAME = "auto_com_center-20251101T015800Z"
_LINK = "https://replit.com/@jamarrlmayes/workspace"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

PUBLISHED = """auto_com_center: PUBLISHED ✅
Build ID: b-20251101-7
Timestamp: 2025-11-01T02:08:00Z
Status: Dry-run mode enabled, proceeding to verification
"""
EVIDENCE = """auto_com_center: Evidence Bundle Submitted

Canary v2.7: ✅ GREEN
- 8 fields present
- version="v2.7"
- dependencies_ok=true
- security_headers: 6/6 present
- P95: 44ms (≤120ms target)

Auth/JWKS Reachability:
- ✅ GREEN

Overall Status: auto_com_center GREEN (dry-run)
"""

STEPS = (
    StepNow("open", "Navigate to the workspace", _LINK, "", False, (), None),
    StepNow("deployments", 'Click the "Deployments" tab (left sidebar)', _LINK, "", False, (), None),
    StepNow("publish", 'Click "Publish" (or "Redeploy" if already published)', "", "", True, (), None),
    StepNow("wait", "Wait for the deployment to complete", "", "it takes 3 to 5 minutes", False, (), None),
    StepNow(
        "confirm",
        "Confirm Build ID and deployment timestamp",
        "",
        "",
        False,
        (
            AskNow("build_id", "Build ID shown by the deployment", "text"),
            AskNow("deployed_at", "Deployment timestamp (YYYY-MM-DDTHH:MM:SSZ)", "timestamp"),
        ),
        None,
    ),
)
QUESTIONS = tuple(QuestionNow("confirm", ask.name, ask.text, ask.type, T0 + 5 * MINUTE) for ask in STEPS[-1].asks)


def post(slot: str, title: str, due: datetime | None, **more: object) -> PostNow:
    time = slot.partition("@")[2]
    plain = PostNow(slot, time, title, "war_room", "scheduled", due, 0.0, "", None, "", "", (), (), "", "", 0, None)
    return replace(plain, **more)  # type: ignore[arg-type]


def posts(t0: datetime | None = T0) -> tuple[PostNow, ...]:
    planned = [
        ("publish_confirmation", "T+5m", "Publish confirmation", 5 * MINUTE),
        ("evidence_bundle", "T+15m", "Evidence bundle", 15 * MINUTE),
        *[("hourly", f"T+{hour}h", "Hourly update", hour * HOUR) for hour in range(1, 7)],
        *[("four_hourly", f"T+{hour}h", "Condensed status update", hour * HOUR) for hour in range(8, 49, 4)],
    ]
    return tuple(post(f"{name}@{at}", title, t0 + offset if t0 else None) for name, at, title, offset in planned)


def with_post(launch: LaunchNow, place: int, **changes: object) -> LaunchNow:
    """The launch with one post changed; `next` is the first that is still open."""
    changed = replace(launch.updates[place], **changes)  # type: ignore[arg-type]
    updates = (*launch.updates[:place], changed, *launch.updates[place + 1 :])
    ahead = next((one for one in updates if one.standing not in ("sent", "merged", "failed")), None)
    return replace(launch, updates=updates, next=ahead)


def sent(launch: LaunchNow, place: int, text: str, late_s: float = 0.4) -> LaunchNow:
    due = launch.updates[place].due
    at = due + timedelta(seconds=late_s) if due else None
    more = {
        "standing": "sent",
        "late_s": late_s,
        "sent_at": at,
        "text": text,
        "needs": (),
        "reason": "",
        "attempt": 1,
    }
    return with_post(launch, place, preview="", ref="war-room.txt", **more)


GATE1 = GateNow(
    "gate1", "Gate 1", "scholar_auth", "green", "https://gates.example.org/gate1", "", "2025-11-01T01:40:00Z",
    OPENED, "Publish does not wait for it. Until it is GREEN the app receives and queues, and dispatches nothing.",
    False, "receive-and-queue",
)  # fmt: skip
GATE2 = GateNow(
    "gate2", "Gate 2", "scholarship_api", "unknown", "", "not asked: GATE2_URL is not set", "", None,
    "Does not block the publish.", False, "",
)  # fmt: skip


def phases(t0: datetime | None = T0, at: datetime = T0) -> tuple[PhaseNow, ...]:
    def one(name: str, title: str, begins: timedelta, ends: timedelta | None, **more: object) -> PhaseNow:
        begin, end = (t0 + begins if t0 else None), (t0 + ends if t0 and ends else None)
        lifecycle = "waiting" if begin is None or begin > at else "running" if end is None or end > at else "done"
        return replace(PhaseNow(name, title, lifecycle, begin, end, False, (), "", ""), **more)  # type: ignore[arg-type]

    ids = tuple(step.id for step in STEPS)
    return (
        one("publish", "Step 1: publish to production", 0 * MINUTE, 5 * MINUTE, steps=ids),
        one("verify", "Step 2: run the verification", 5 * MINUTE, 15 * MINUTE, suite="verify"),
        one("evidence", "Step 3: post the evidence bundle", 15 * MINUTE, None, update="evidence_bundle"),
        one("watch", "First 48 hours under production constraints", 15 * MINUTE, 48 * HOUR),
    )


def stands(launch: LaunchNow) -> OverallNow:
    """What the engine says of a launch of which only suites have spoken."""
    last = {run.suite: run for run in launch.suites if run.finished_at}
    parts = [(run.verdict or Verdict.INCONCLUSIVE, run) for run in last.values()]
    if not parts:
        return OverallNow(Verdict.INCONCLUSIVE, "UNKNOWN", ("nothing was tested yet",), (), (), None)
    verdict, worst = max(parts, key=lambda part: part[0].rank)
    why = tuple(f"{one.title} {one.word}" for one in worst.checks if one.verdict is verdict) if verdict.rank else ()
    return OverallNow(
        verdict, worst.word, why, (), (), min(run.finished_at for run in last.values() if run.finished_at)
    )


def at(launch: LaunchNow, now: datetime) -> LaunchNow:
    """The launch told at `now`."""
    engine = replace(launch.engine, tick_age_s=0.2) if launch.engine else None
    standing = phases(launch.t0, now)
    if launch.updates[1].standing == "sent":
        standing = (*standing[:2], replace(standing[2], lifecycle="done"), standing[3])
    gates = tuple(replace(gate, at=now - timedelta(seconds=12)) if gate.at else gate for gate in launch.gates)
    return replace(launch, now=now, engine=engine, phases=standing, gates=gates, overall=stands(launch))


def before_t0() -> LaunchNow:
    now = OPENED + 3 * MINUTE
    updates = posts(None)
    needs = ("steps.confirm.build_id is not known", "steps.confirm.deployed_at is not known")
    updates = (replace(updates[0], needs=needs), *updates[1:])
    return LaunchNow(
        launch=NAME,
        title="auto_com_center Production Publish",
        owner_name="auto_com_center Lead (Comms DRI)",
        mode="dry-run",
        mode_until=None,
        facts=(
            ("CEO GO", "2025-11-01T02:00:00Z"),
            ("SLA", "T+5m publish confirmation, T+15m evidence bundle"),
            ("Manual action", "Publish is clicked by a person"),
        ),
        links=(("Deployments, then Publish", _LINK),),
        now=now,
        seq=3,
        playbook_sha256="5f1d" * 16,
        opened_at=OPENED,
        t0=None,
        attempt=1,
        closed=None,
        overall=OverallNow(Verdict.INCONCLUSIVE, "UNKNOWN", ("nothing was tested yet",), (), (), None),
        clock_set_s=0.0,
        phases=phases(None, now),
        steps=STEPS,
        questions=tuple(replace(one, needed_by=None) for one in QUESTIONS),
        updates=updates,
        next=updates[0],
        suites=(),
        gates=(replace(GATE1, at=now - timedelta(seconds=12)), GATE2),
        incidents=(),
        notes=(),
        log=(
            LogNow(1, OPENED, "engine", "engine.started", "an engine took the launch over (process 4711)"),
            LogNow(2, OPENED, "engine", "launch.opened", "the launch was opened"),
            LogNow(3, OPENED + MINUTE, "engine", "gate.read", "Gate 1 is green"),
        ),
        engine=EngineNow(4711, OPENED, 1, 0.2),
    )


def _ticked(step: StepNow, when: datetime, **values: str) -> StepNow:
    return replace(step, ticked=TickedNow(when, "ann", values))


def publishing() -> LaunchNow:
    """T+3m: Publish was clicked, the Build ID is not there yet."""
    now = T0 + 3 * MINUTE
    launch = before_t0()
    steps = (*(_ticked(step, T0 - MINUTE * (2 - place)) for place, step in enumerate(STEPS[:3])), *STEPS[3:])
    updates = posts()
    needs = launch.updates[0].needs
    updates = (
        replace(updates[0], needs=needs),
        replace(updates[1], needs=("suite verify has not finished",)),
        *updates[2:],
    )
    log = (*launch.log, LogNow(7, T0, "ann", "t0.set", "set T0 to 2025-11-01T02:05:00Z (step publish)"))
    launch = replace(
        launch, t0=T0, mode_until=T0 + 48 * HOUR, steps=steps, updates=updates, next=updates[0], questions=QUESTIONS,
        log=log, seq=7,
    )  # fmt: skip
    return at(launch, now)


def check(name: str, title: str, verdict: Verdict, *lines: str, reason: str = "", **more: object) -> CheckNow:
    shown = word(verdict, mode="dry-run", pending="Gate 1")
    found = tuple(LineNow(line, verdict if place == 0 else Verdict.PASS, "") for place, line in enumerate(lines))
    return replace(CheckNow(name, title, verdict, shown, reason, True, found, ()), **more)  # type: ignore[arg-type]


GREEN_CHECKS = (
    check("canary", "Canary v2.7", Verdict.PASS, "8 fields present", 'version="v2.7"', "dependencies_ok=true"),
    check("security_headers", "Security headers", Verdict.PASS, "security_headers: 6/6 present"),
    check("p95", "P95 latency", Verdict.PASS, "P95: 44ms (<= 120ms target)"),
    check("jwks", "Auth/JWKS reachability", Verdict.PASS, "JWKS: 2 usable keys"),
    check("m2m", "M2M token flow", Verdict.PASS, "token accepted, expires in 3600 s"),
    check("events", "Event ingestion", Verdict.PASS, "2 synthetic events posted", "Queue status: stable"),
    check("providers", "Delivery providers", Verdict.PASS, "Email/SMTP: health check passing (dry-run)"),
    check("kill_switch", "Kill-switch", Verdict.PASS, "DISABLE_SEND=true", "Dry-run mode ENABLED"),
)


def run(
    suite: str, cause: str, when: datetime, verdict: Verdict, checks: tuple[CheckNow, ...], reason: str
) -> SuiteNow:
    shown = word(verdict, mode="dry-run")
    return SuiteNow(
        suite, cause, when - 4 * timedelta(seconds=1), when, verdict, shown, reason, "evidence/verify.log", checks
    )


def green() -> LaunchNow:
    """T+20m: everything went well."""
    launch = publishing()
    confirmed = _ticked(STEPS[4], T0 + 4 * MINUTE, build_id="b-20251101-7", deployed_at="2025-11-01T02:08:00Z")
    steps = (*launch.steps[:3], _ticked(STEPS[3], T0 + 4 * MINUTE), confirmed)
    launch = replace(launch, steps=steps, questions=())
    launch = sent(sent(launch, 0, PUBLISHED), 1, EVIDENCE)
    finished = run("verify", "phase:verify", T0 + 6 * MINUTE, Verdict.PASS, GREEN_CHECKS, "8 checks passed")
    launch = with_post(
        launch, 2, preview="auto_com_center: T+1h hourly update\n", needs=("suite pulse has not finished",)
    )
    log = (
        *launch.log,
        LogNow(11, T0 + 4 * MINUTE, "ann", "step.ticked", "ticked step confirm: build_id=b-20251101-7"),
        LogNow(
            14, T0 + 5 * MINUTE, "engine", "update.confirmed", "publish_confirmation@T+5m was sent to war-room.txt"
        ),
        LogNow(16, T0 + 6 * MINUTE, "engine", "suite.finished", "suite verify: GREEN (dry-run)"),
        LogNow(19, T0 + 15 * MINUTE, "engine", "update.confirmed", "evidence_bundle@T+15m was sent to war-room.txt"),
    )
    launch = replace(
        launch, suites=(finished,), log=log, seq=19, notes=(NoteNow("the deployment is slow today", T0, "ann"),)
    )
    return at(launch, T0 + 20 * MINUTE)


def gate_red() -> LaunchNow:
    """T+20m: Gate 1 is red, what hangs on it is tolerated."""
    launch = green()
    red = replace(launch.gates[0], state="red", since="2025-11-01T01:40:00Z", reason="")
    tolerated = {"jwks": (Verdict.DEGRADED, "JWKS: HTTP 404"), "m2m": (Verdict.BLOCKED, "token: HTTP 401")}
    checks = tuple(_pending(one, *tolerated[one.id]) if one.id in tolerated else one for one in GREEN_CHECKS)
    finished = run(
        "verify", "phase:verify", T0 + 6 * MINUTE, Verdict.PASS, checks, "6 checks passed, 2 wait for Gate 1"
    )
    return replace(launch, gates=(red, launch.gates[1]), suites=(finished,))


def _pending(one: CheckNow, verdict: Verdict, said: str) -> CheckNow:
    why = "pending Gate 1"
    lines = (LineNow(said, verdict, why),)
    return replace(one, verdict=verdict, word=f"{verdict.name} - {why}", reason=why, lines=lines)


def troubled() -> LaunchNow:
    """T+3h30m: a post is held, one failed, one is looked for, one stands for another; the kill switch is off."""
    launch = gate_red()
    launch = sent(launch, 2, "auto_com_center: T+1h hourly update\n", late_s=192.0)
    launch = with_post(launch, 3, standing="failed", reason="channel_not_found", attempt=2, text="T+2h hourly update")
    text = "auto_com_center: T+3h hourly update\n"
    launch = with_post(launch, 4, standing="checking whether it arrived", late_s=1800.0, text=text, attempt=1)
    launch = with_post(launch, 5, standing="held", reason="the numbers are wrong (ann)")
    launch = with_post(launch, 6, standing="merged", into="hourly@T+6h")
    off = replace(
        GREEN_CHECKS[-1],
        verdict=Verdict.FAIL,
        word="RED",
        reason="DISABLE_SEND=false, expected true",
        lines=(LineNow("DISABLE_SEND=false", Verdict.FAIL, "expected true"), *GREEN_CHECKS[-1].lines[1:]),
        urgent=("IMMEDIATE ROLLBACK - external sends may occur!",),
    )
    pulse = run("pulse", "hourly@T+3h", T0 + 3 * HOUR, Verdict.FAIL, (GREEN_CHECKS[0], off), "Kill-switch failed")
    return at(replace(launch, suites=(*launch.suites, pulse)), T0 + 3.5 * HOUR)


def late() -> LaunchNow:
    """T+8m: the Build ID is still missing."""
    launch = publishing()
    launch = with_post(
        launch, 0, standing="held", late_s=180.0, reason=f"{'; '.join(launch.updates[0].needs)} (engine)"
    )
    return at(launch, T0 + 8 * MINUTE)


def incident(*, overdue: bool = False) -> LaunchNow:
    """T+25m: an incident is open, its note owed in 4 minutes, or for 2 minutes."""
    launch = at(green(), T0 + 25 * MINUTE)
    opened = launch.now - (12 if overdue else 6) * MINUTE
    one = IncidentNow("i1", "5xx at 3 % since the publish", opened, "ann", None, opened + 10 * MINUTE, None)
    said = LogNow(21, opened, "ann", "incident.opened", "opened incident i1: 5xx at 3 % since the publish")
    return replace(launch, incidents=(one,), log=(*launch.log, said), seq=21)


def held_next() -> LaunchNow:
    """T+20m: the first post left 2 minutes early, the next one is held, and nothing reaches Slack."""
    launch = with_post(sent(green(), 0, PUBLISHED, late_s=-120.0), 0, late_s=0.0, early_s=120.0)
    launch = with_post(launch, 2, standing="held", reason="waiting for legal (ann)")
    note = "no Slack access, neither token nor webhook: posts go to war-room.txt only"
    return replace(launch, channels=(ChannelNow("war_room", "file", note),))


def ended() -> LaunchNow:
    """T+49h: every post was sent, the rules of the first 48 hours are over."""
    launch = green()
    for place in range(2, len(launch.updates)):
        launch = sent(launch, place, f"auto_com_center: {launch.updates[place].time} status GREEN (dry-run)\n")
    return at(launch, T0 + 49 * HOUR)


def watched(**changes: object) -> LaunchNow:
    """T+20m: one signal is red and its trigger has fired; another is green with a budget, and one has no data."""
    red = replace(SIGNAL, breach=BreachNow("pause_5xx", "firing"),
                  value=0.012, shown="1.2%", level="red", word="RED", reason="1.2% >= 1%",
                  limits=tuple(replace(one, distance=None) for one in SIGNAL.limits), next="",
                  spark=(0.001, 0.0, 0.001, None, 0.004, 0.009, 0.012))  # fmt: skip
    up = replace(SIGNAL, id="uptime", title="Canary answers", source="canary", value=0.9996, shown="99.96%", n=600.0,
                 trend="steady", spark=(1.0, 1.0, 0.99, 1.0), slo=SLO, limits=(), next="",
                 expr_source="Uptime 99.9%")  # fmt: skip
    none = replace(SIGNAL, id="queue", title="Queue depth", source="state", value=None, shown="", level="unknown",
                   word="UNKNOWN", reason="not measured yet", at=None, age_s=None, n=None, trend="unknown", spark=(),
                   expr_source="", next="")  # fmt: skip
    loss = replace(TRIGGER, id="data_loss", title="Data loss", signal="", condition="a person declares it", for_s=0.0,
                   window_s=0.0, severity="rollback", stage="idle", since=None, fired_at=None, number=0, runs="",
                   reason="")  # fmt: skip
    fired = replace(TRIGGER, **changes)  # type: ignore[arg-type]
    return replace(green(), signals=(red, up, none), triggers=(fired, loss))


def closed() -> LaunchNow:
    launch = ended()
    return replace(launch, closed=ClosedNow(launch.now - MINUTE, "everything was sent"), engine=None)


SLO = SloNow("uptime", 0.999, 172800.0, 172.8, 0.75, 0.5, None, 0.98)
SIGNAL = SignalNow(
    id="errors_5xx", title="5xx errors", source="app", unit="%", value=0.002, low=None, high=None, n=1234.0,
    shown="0.2%", level="green", word="GREEN", reason="", at=T0 + 20 * MINUTE - timedelta(seconds=3), age_s=3.0,
    window_s=300.0, expr_source="5xx errors >= 1%", trend="rising", spark=(0.001, 0.002), splits=(), slo=None,
    breach=None,
    limits=(
        LimitNow("warn", ">= 0.5%", "YELLOW", 0.003),
        LimitNow("page", ">= 1%", "RED", 0.008),
        LimitNow("trigger", ">= 1%", "pause by pause_5xx after 5m", 0.008),
    ),
    next="warn at >= 0.5%, 0.3% away, YELLOW",
)  # fmt: skip
TRIGGER = TriggerNow(
    id="pause_5xx", title="5xx over 1 %", signal="errors_5xx", lever="", slo="", condition=">= 1%", window_s=300.0,
    for_s=300.0, strict=False, severity="pause", mode="confirm", stage="firing", blind=False,
    since=T0 + 18 * MINUTE, fires_at=None, fired_at=T0 + 18 * MINUTE, value=0.012, number=1, acked=None,
    snoozed=None, runs="pause_sends", runbook="https://runbooks.example/5xx", reason="1.2% since 02:23",
)  # fmt: skip
