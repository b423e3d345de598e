"""How the simulated services can behave: one table of named scenarios, each a value and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from warroom.errors import UsageError
from warroom.text import clean, did_you_mean

AppMode = Literal["serve", "hang", "refuse", "flap"]
GateState = Literal["green", "red"]
MetricsMode = Literal["serve", "down", "html", "nan", "cut", "restart"]
Operations = Literal["obey", "lie", "lag", "fail", "lose"]
Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

TRAFFIC = 20.0
"""Requests a second of everybody else, where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long `/canary` is held: `base_ms` plus or minus `spread_ms`, and `slow_ms` for `slow_in_30` of any
    30 requests in a row. `everywhere` holds every other path of the application for `base_ms` as well."""

    base_ms: float = 40.0
    spread_ms: float = 2.0
    slow_ms: float = 0.0
    slow_in_30: int = 0
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to behave; every field's default is the steady one.

    `canary` replaces or adds fields of the canary, `canary_without` drops them. `headers` replaces security
    headers, None drops one. `jwks_status` and `token_status` other than 200 are what scholar_auth answers.

    `errors_5xx`, `jwt_failures` and `dead_letters` are shares (0..1) of what the background traffic meets: of its
    requests, of its tokens, of its messages. `metrics` is what becomes of `/metrics`, where `restart` serves it with
    counters that begin at zero once more. `operations` is what becomes of a change under `/ops`: done; answered as if
    it were; done `LAG_S` seconds later; refused with 500; done, and the connection cut instead of an answer.
    """

    name: str
    summary: str
    app: AppMode = "serve"
    canary: Mapping[str, Json] = field(default_factory=dict)
    canary_without: tuple[str, ...] = ()
    canary_html: bool = False
    headers: Mapping[str, str | None] = field(default_factory=dict)
    latency: Latency = Latency()
    gate1: GateState = "green"
    gate2: GateState = "green"
    jwks_status: int = 200
    token_status: int = 200
    levers: Mapping[str, str] = field(default_factory=dict)
    queue_growing: bool = False
    failing_providers: frozenset[str] = frozenset()
    bypass: bool = False
    weak_keys: bool = False
    errors_5xx: float = 0.0
    jwt_failures: float = 0.0
    dead_letters: float = 0.0
    metrics: MetricsMode = "serve"
    operations: Operations = "obey"


_WEAK_HEADERS: Mapping[str, str | None] = {
    "strict-transport-security": "max-age=0",
    "content-security-policy": None,
    "content-security-policy-report-only": "default-src 'self'",
    "x-frame-options": "ALLOWALL",
}

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("steady", "everything answers as it should"),
    Scenario("canary-version", "the canary says version v2.6", canary={"version": "v2.6"}),
    Scenario("canary-app", "the canary names another app", canary={"app": "auto_page_maker"}),
    Scenario("canary-status", "the canary says status degraded", canary={"status": "degraded"}),
    Scenario("canary-dependencies", "the canary says dependencies_ok false", canary={"dependencies_ok": False}),
    Scenario("canary-missing-field", "the canary has no p95_ms", canary_without=("p95_ms",)),
    Scenario("canary-p95", "the canary gives p95_ms as a text", canary={"p95_ms": "fast"}),
    Scenario("canary-extra-field", "the canary has a field build more", canary={"build": "2.7.0"}),
    Scenario(
        "canary-types",
        "the canary gives dependencies_ok and p95_ms as strings",
        canary={"dependencies_ok": "true", "p95_ms": "42"},
    ),
    Scenario("canary-html", "the canary answers 200 with an HTML page", canary_html=True),
    Scenario(
        "header-missing",
        "permissions-policy is not sent, and the canary says so",
        headers={"permissions-policy": None},
    ),
    Scenario(
        "header-weak",
        "HSTS max-age=0, CSP only reports, X-Frame-Options ALLOWALL, yet the canary lists all six",
        headers=_WEAK_HEADERS,
    ),
    Scenario("slow", "every answer of the app takes about 180 ms", latency=Latency(180.0, 4.0, everywhere=True)),
    Scenario(
        "slow-tail",
        "3 canaries of any 30 take 250 ms, the others 40 ms",
        latency=Latency(slow_ms=250.0, slow_in_30=3),
    ),
    Scenario(
        "latency-spike", "every answer of the app takes about 350 ms", latency=Latency(350.0, 5.0, everywhere=True)
    ),
    Scenario("auth-outage", "JWKS 308, token 401, Gate 1 red", gate1="red", jwks_status=308, token_status=401),
    Scenario("auth-outage-404", "JWKS 404, token 401, Gate 1 red", gate1="red", jwks_status=404, token_status=401),
    Scenario("auth-outage-500", "JWKS 500, token 403, Gate 1 red", gate1="red", jwks_status=500, token_status=403),
    Scenario("auth-outage-green", "JWKS 308, token 401, although Gate 1 is green", jwks_status=308, token_status=401),
    Scenario(
        "auth-outage-404-green", "JWKS 404, token 401, although Gate 1 is green", jwks_status=404, token_status=401
    ),
    Scenario(
        "auth-outage-500-green", "JWKS 500, token 403, although Gate 1 is green", jwks_status=500, token_status=403
    ),
    Scenario("gate2-red", "Gate 2 red, everything else works", gate2="red"),
    Scenario("gate-red", "Gate 1 red, yet JWKS and token endpoint work", gate1="red"),
    Scenario("kill-switch-off", 'DISABLE_SEND is "false": messages would leave', levers={"DISABLE_SEND": "false"}),
    Scenario("lever-deviation", 'PROMO_SENDS is "true"', levers={"PROMO_SENDS": "true"}),
    Scenario("queue-growing", "the queue grows by five messages a second", queue_growing=True),
    Scenario("provider-failing", "the SMS gateway fails its health check", failing_providers=frozenset({"sms"})),
    Scenario("dark", "the app accepts connections and never answers", app="hang"),
    Scenario("down", "the app's port is closed: connection refused", app="refuse"),
    Scenario("flapping", "the app answers in turn as it should and with 503", app="flap"),
    Scenario("bypass", "tampered and missing tokens are accepted although Gate 1 is green", bypass=True),
    Scenario("weak-keys", "the JWKS gives away the private key", weak_keys=True),
    Scenario("errors-5xx", "2 % of the background traffic is answered 500", errors_5xx=0.02),
    Scenario("errors-5xx-slo", "0.7 % of the background traffic is answered 500", errors_5xx=0.007),
    Scenario("jwt-failures", "3 % of the tokens in the background traffic are bad", jwt_failures=0.03),
    Scenario("dlq", "1 % of the messages of the background traffic are given up", dead_letters=0.01),
    Scenario("metrics-down", "/metrics answers 503, everything else works", metrics="down"),
    Scenario("metrics-html", "/metrics answers 200 with an HTML page", metrics="html"),
    Scenario("metrics-nan", "/metrics says NaN for the depth of the queue", metrics="nan"),
    Scenario("metrics-cut", "/metrics ends in the middle of a line", metrics="cut"),
    Scenario("metrics-restart", "the counters of /metrics begin at zero once more", metrics="restart"),
    Scenario("operations-lie", "changes under /ops are answered as if they were done", operations="lie"),
    Scenario("operations-lag", "changes under /ops come into force 5 s later", operations="lag"),
    Scenario("operations-fail", "changes under /ops are refused with 500", operations="fail"),
    Scenario("operations-lose", "changes under /ops are done, and the answer is lost", operations="lose"),
)


def scenario_named(name: str) -> Scenario:
    """The scenario of that name. Raises `UsageError`, with the nearest name or all of them, for any other."""
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    known = [scenario.name for scenario in SCENARIOS]
    raise UsageError(
        f"there is no scenario '{clean(name, limit=60)}'",
        hint=did_you_mean(name, known) or f"known: {', '.join(known)}",
    )
