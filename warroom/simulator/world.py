"""The state of the simulated application and what happens to it. No clock, no sockets: `now` is passed in."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from warroom.simulator.latency import endless, p95_ms
from warroom.simulator.scenarios import GateState, Json, Scenario
from warroom.simulator.tally import Tally, exposition
from warroom.simulator.tokens import TokenState
from warroom.simulator.traffic import Traffic

LEVERS: Mapping[str, str] = {
    "DISABLE_SEND": "true",
    "PROMO_SENDS": "false",
    "RETRIES_ENABLED": "true",
    "RATE_LIMIT_ENABLED": "true",
}
PROVIDERS = ("email", "sms")
EVENT_TYPES = ("deadline_approaching", "new_match_found")
SECURITY_HEADERS: Mapping[str, str] = {
    "strict-transport-security": "max-age=63072000; includeSubDomains; preload",
    "content-security-policy": "default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
QUEUE_REST = 3
QUEUE_GROWTH_PER_S = 5.0
LAG_S = 5.0
REMEMBERED_KEYS = 10_000
STABLE_BUILD = "auto-com-center-2.6.4-r112"
_RENDER_S = 0.0021

Running = Literal["running", "paused"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body."""

    status: int
    body: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class AcceptedEvent:
    """One event that was taken in; `token` says what came with it."""

    key: str
    type: str
    id: str
    at: datetime
    token: TokenState
    queued: bool
    dispatched: bool


@dataclass(frozen=True, slots=True)
class Deployment:
    build_id: str
    deployed_at: datetime


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What becomes of one request: answered once `hold_s` seconds are over, refused with 503, left hanging, or acted
    on without an answer: the connection is cut instead."""

    mode: Literal["serve", "unavailable", "hang", "lose"]
    hold_s: float = 0.0


def _changes(path: str) -> bool:
    """Whether a path of the application changes it."""
    return path.startswith("/ops/") and path != "/ops/state"


def instant(at: datetime) -> str:
    """`2025-11-01T02:03:30Z`."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class World:
    """The application, its dependencies' gates and everything it has counted."""

    def __init__(self, scenario: Scenario, *, seed: int, now: datetime, traffic: float = 0.0) -> None:
        """`traffic` is how many requests a second come from everybody else."""
        self.levers: dict[str, str] = dict(LEVERS)
        self.consumers: Running = "running"
        self.ingestion: Running = "running"
        self.deployment = Deployment("auto-com-center-2.7.0-r118", now - timedelta(minutes=4))
        self.tally = Tally()
        self._traffic = Traffic(traffic)
        self.external_sends = 0
        self.scenario = scenario
        self.gate_since: dict[str, datetime] = {"gate1": now, "gate2": now}
        self._seed = seed
        self._waiting = 0
        self._backlog = 0.0
        self._passed = now
        self._pending: list[tuple[datetime, Callable[[], None]]] = []
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._events: OrderedDict[str, AcceptedEvent] = OrderedDict()
        self.enter(scenario, now)

    # ---- scenario -------------------------------------------------------------------------------------------

    def enter(self, scenario: Scenario, now: datetime) -> None:
        """Behave like `scenario` from now on.

        Levers that the scenario left behind, or this one, had set follow the scenario; what operators did to other
        levers, consumers, ingestion and the deployment stays, and so does everything counted.
        """
        self.pass_time(now)
        for name in (*self.scenario.levers, *scenario.levers):
            self.levers[name] = scenario.levers.get(name, LEVERS[name])
        self.gate_since |= {gate: now for gate in ("gate1", "gate2") if getattr(scenario, gate) != self.gate(gate)}
        self.scenario = scenario
        if scenario.metrics == "restart":
            self._restart_counters()
        self._holds_ms = endless(scenario.latency, self._seed)
        self._turn = self._seed
        self._drain()

    def gate(self, name: str) -> GateState:
        """The state of `gate1` or `gate2`."""
        return self.scenario.gate1 if name == "gate1" else self.scenario.gate2

    def behaviour(self, path: str) -> Behaviour:
        """What becomes of the next request for `path` of the application; each call is one request."""
        if self.scenario.app == "hang":
            return Behaviour("hang")
        self._turn += 1
        if self.scenario.app == "flap" and self._turn % 2 == 0:
            return Behaviour("unavailable")
        if path == "/canary":
            return Behaviour("serve", next(self._holds_ms) / 1000)
        if path == "/metrics" and self.scenario.metrics == "down":
            return Behaviour("unavailable")
        latency = self.scenario.latency
        hold_s = latency.base_ms / 1000 if latency.everywhere else 0.0
        return Behaviour("lose" if self.scenario.operations == "lose" and _changes(path) else "serve", hold_s)

    # ---- what the application says --------------------------------------------------------------------------

    def security_headers(self) -> dict[str, str]:
        """The headers that every answer of the application carries."""
        merged = {**SECURITY_HEADERS, **self.scenario.headers}
        return {name: value for name, value in merged.items() if value is not None}

    def canary(self) -> dict[str, Json]:
        """The body of `/canary`. A policy that only reports counts as present: that is the application's own view."""
        sent = self.security_headers()
        present = [name for name in SECURITY_HEADERS if name in sent or f"{name}-report-only" in sent]
        body: dict[str, Json] = {
            "app": "auto_com_center",
            "version": "v2.7",
            "status": "ok",
            "p95_ms": p95_ms(self.scenario.latency),
            "security_headers": {
                "present": list[Json](present),
                "missing": [name for name in SECURITY_HEADERS if name not in present],
            },
            "dependencies_ok": True,
        }
        body.update(self.scenario.canary)
        return {name: value for name, value in body.items() if name not in self.scenario.canary_without}

    def state(self, now: datetime) -> dict[str, Json]:
        """The body of `/ops/state`."""
        self.pass_time(now)
        mode = "dry-run" if self._dry_run else "live"
        providers: dict[str, Json] = {
            name: {"health": "passing" if up else "failing", "mode": mode} for name, up in self.providers_up().items()
        }
        return {
            "mode": mode,
            "levers": dict[str, Json](self.levers),
            "queue": {
                "depth": self.queue_depth(now),
                "status": "growing" if self.scenario.queue_growing or self.consumers == "paused" else "stable",
                "operational": True,
                "dlq": self.tally.dead_letters + self._traffic.tally.dead_letters,
            },
            "consumers": self.consumers,
            "ingestion": self.ingestion,
            "deployment": {
                "build_id": self.deployment.build_id,
                "deployed_at": instant(self.deployment.deployed_at),
            },
            "providers": {**providers, "credentials": "verified", "throttling": "active"},
            "templates": {"rendered": sum(self.tally.renders.counts), "mode": mode},
            "external_sends": self.external_sends,
        }

    def providers_up(self) -> dict[str, bool]:
        """Whether each delivery provider's health check passes."""
        return {name: name not in self.scenario.failing_providers for name in PROVIDERS}

    def queue_depth(self, now: datetime) -> int:
        """Messages that wait: the resting few, those held back, and what a growing queue has gained since."""
        self.pass_time(now)
        return QUEUE_REST + self._waiting + int(self._backlog)

    def metrics(self, now: datetime) -> bytes:
        """The body of `/metrics`."""
        depth = math.nan if self.scenario.metrics == "nan" else self.queue_depth(now)
        self.pass_time(now)
        counted = self.tally.plus(self._traffic.tally)
        page = exposition(counted, queue_depth=depth, providers_up=self.providers_up())
        return page[: page.rindex(b"_total") + 3] if self.scenario.metrics == "cut" else page

    @property
    def events(self) -> tuple[AcceptedEvent, ...]:
        """The events taken in, oldest first, each once."""
        return tuple(self._events.values())

    @property
    def _dry_run(self) -> bool:
        return self.levers["DISABLE_SEND"] == "true"

    # ---- what is done to it ---------------------------------------------------------------------------------

    def admits(self, token: TokenState) -> Answer | None:
        """None when an event with such a token may come in, otherwise the refusal.

        While Gate 1 is red nothing is validated, so nothing is counted as validated either.
        """
        if self.gate("gate1") == "red":
            return None
        if token != "none":
            self.tally.jwt["failure" if token == "invalid" else "success"] += 1
        if token == "valid" or self.scenario.bypass:
            return None
        self.tally.errors["auth"] += 1
        if token == "narrow":
            return Answer(403, {"error": "insufficient_scope", "scope": "events:write"})
        return Answer(401, {"error": "invalid_token" if token == "invalid" else "unauthorized"})

    def remembered(self, key: str) -> Answer | None:
        """The answer that was given to the first event with this idempotency key."""
        return self._answers.get(key)

    def accept(self, *, key: str, kind: str, event_id: str, token: TokenState, now: datetime) -> Answer:
        """Take in an event with a new key. While Gate 1 is red or consumers pause it is queued, never dispatched."""
        gate_red = self.gate("gate1") == "red"
        queued = gate_red or self.consumers == "paused"
        dispatched = not queued and not self._dry_run
        self._waiting += queued
        self.external_sends += dispatched
        self.tally.ingested += 1
        self.tally.renders.observe(_RENDER_S)
        self.tally.errors["provider"] += len(self.scenario.failing_providers)
        self._events[key] = AcceptedEvent(key, kind, event_id, now, token, queued, dispatched)
        body: dict[str, Json] = {"accepted": True, "id": event_id, "rendered": True, "dispatched": dispatched}
        self._answers[key] = Answer(202, {**body, "queued": True} if queued else body)
        for remembered in (self._events, self._answers):
            if len(remembered) > REMEMBERED_KEYS:
                remembered.popitem(last=False)
        return self._answers[key]

    def pass_time(self, now: datetime) -> None:
        """What happens by itself until `now`: the traffic, and the operations that lag.

        A queue whose consumers are paused keeps all that comes in; one that grows gains five a second more than its
        consumers take, as long as anything comes in.
        """
        while self._pending and self._pending[0][0] <= now:
            due, change = self._pending.pop(0)
            self._flow(due)
            change()
        self._flow(now)

    def _flow(self, now: datetime) -> None:
        seconds = max(0.0, (now - self._passed).total_seconds())
        self._passed = now
        ingesting = self.ingestion == "running"
        accepted = self._traffic.pass_by(seconds, self.scenario, ingesting=ingesting)
        grown = QUEUE_GROWTH_PER_S * seconds if self.scenario.queue_growing and ingesting else 0.0
        self._backlog += max(accepted, grown) if self.consumers == "paused" else grown

    def operate(self, change: Callable[[], None], now: datetime) -> Answer | None:
        """Do what an operator asked for, as well as the scenario does it. An answer other than None is a refusal."""
        match self.scenario.operations:
            case "obey" | "lose":
                self.pass_time(now)
                change()
            case "lag":
                self._pending.append((now + timedelta(seconds=LAG_S), change))
            case "fail":
                return Answer(500, {"error": "internal error"})
        return None

    def set_lever(self, name: str, value: str) -> None:
        """Put a lever to a value."""
        self.levers[name] = value

    def set_consumers(self, state: Running) -> None:
        """Pause or resume the consumers; resumed ones work off what waits."""
        self.consumers = state
        self._drain()

    def set_ingestion(self, state: Running) -> None:
        """Pause or resume the taking in of events."""
        self.ingestion = state

    def roll_back(self, now: datetime) -> None:
        """Put the last stable build in place."""
        self.deployment = Deployment(STABLE_BUILD, now)

    def _drain(self) -> None:
        if self.consumers == "running" and self.gate("gate1") == "green":
            self.external_sends += 0 if self._dry_run else self._waiting
            self._waiting = 0
            self._backlog = self._backlog if self.scenario.queue_growing else 0.0

    def _restart_counters(self) -> None:
        self.tally = Tally()
        self._traffic.restart()

    def snapshot(self, now: datetime) -> dict[str, Any]:
        """Everything a test may want to look at, as JSON values."""
        return {
            "scenario": self.scenario.name,
            "gates": {
                name: {"state": self.gate(name), "since": instant(since)} for name, since in self.gate_since.items()
            },
            "state": self.state(now),
            "events": [{**asdict(event), "at": event.at.isoformat()} for event in self.events],
            "counters": {
                "codes": dict(self.tally.codes),
                "jwt": dict(self.tally.jwt),
                "errors": dict(self.tally.errors),
                "ingested": self.tally.ingested,
            },
        }
