"""Each scenario differs from the steady one in what it says, and in nothing else."""

import uuid

import httpx
import pytest

from tests.simulator.client import Client
from tests.simulator.tokens import number, tampered
from warroom.errors import UsageError
from warroom.simulator.scenarios import SCENARIOS, scenario_named
from warroom.simulator.simulator import Simulator

EXPECTED = {
    "steady",
    "canary-version",
    "canary-app",
    "canary-status",
    "canary-dependencies",
    "canary-missing-field",
    "canary-p95",
    "canary-extra-field",
    "canary-types",
    "canary-html",
    "header-missing",
    "header-weak",
    "slow",
    "slow-tail",
    "latency-spike",
    "auth-outage",
    "auth-outage-404",
    "auth-outage-500",
    "auth-outage-green",
    "auth-outage-404-green",
    "auth-outage-500-green",
    "gate2-red",
    "gate-red",
    "kill-switch-off",
    "lever-deviation",
    "queue-growing",
    "provider-failing",
    "dark",
    "down",
    "flapping",
    "bypass",
    "weak-keys",
    "errors-5xx",
    "errors-5xx-slo",
    "jwt-failures",
    "dlq",
    "metrics-down",
    "metrics-html",
    "metrics-nan",
    "metrics-cut",
    "metrics-restart",
    "operations-lie",
    "operations-lag",
    "operations-fail",
    "operations-lose",
}


def test_the_names_are_known_and_each_says_in_one_line_what_it_does() -> None:
    assert {one.name for one in SCENARIOS} == EXPECTED
    assert len(SCENARIOS) == len(EXPECTED)
    assert all(one.summary and "\n" not in one.summary and len(one.summary) <= 90 for one in SCENARIOS)
    assert len({one.summary for one in SCENARIOS}) == len(SCENARIOS)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        scenario_named("latencyspike")
    assert "latency-spike" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        Simulator("\x1b[31m")
    assert "\x1b" not in caught.value.message


class TestCanary:
    @pytest.mark.parametrize(
        ("scenario", "difference"),
        [
            ("canary-version", {"version": "v2.6"}),
            ("canary-app", {"app": "auto_page_maker"}),
            ("canary-status", {"status": "degraded"}),
            ("canary-dependencies", {"dependencies_ok": False}),
            ("canary-missing-field", {"p95_ms": None}),
            ("canary-extra-field", {"build": "2.7.0"}),
            ("canary-types", {"dependencies_ok": "true", "p95_ms": "42"}),
        ],
    )
    async def test_only_the_named_field_is_wrong(
        self, client: Client, scenario: str, difference: dict[str, object]
    ) -> None:
        steady = (await client.get("/canary")).json()
        await client.sim.set_scenario(scenario)
        body = (await client.get("/canary")).json()
        changed = {name: body.get(name) for name in {*steady, *body} if steady.get(name) != body.get(name)}
        assert changed == difference

    async def test_html_comes_with_200(self, client: Client) -> None:
        await client.sim.set_scenario("canary-html")
        answer = await client.get("/canary")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.text.startswith("<!doctype html>")


class TestHeaders:
    async def test_the_missing_one_is_admitted_by_the_canary(self, client: Client) -> None:
        await client.sim.set_scenario("header-missing")
        answer = await client.get("/canary")
        assert "permissions-policy" not in answer.headers
        assert answer.json()["security_headers"]["missing"] == ["permissions-policy"]
        assert len(answer.json()["security_headers"]["present"]) == 5

    async def test_weak_ones_are_there_by_name_but_do_not_protect(self, client: Client) -> None:
        await client.sim.set_scenario("header-weak")
        answer = await client.get("/canary")
        assert answer.headers["strict-transport-security"] == "max-age=0"
        assert answer.headers["x-frame-options"] == "ALLOWALL"
        assert "content-security-policy" not in answer.headers
        assert "content-security-policy-report-only" in answer.headers
        assert answer.json()["security_headers"]["missing"] == []


class TestLatency:
    @pytest.mark.parametrize(("scenario", "least"), [("slow", 176), ("latency-spike", 345)])
    async def test_every_answer_of_the_app_is_slow(self, client: Client, scenario: str, least: float) -> None:
        await client.sim.set_scenario(scenario)
        await client.get("/canary")
        await client.get("/ops/state")
        assert all(request.held_ms is not None and request.held_ms >= least for request in client.sim.requests)

    async def test_scholar_auth_stays_fast(self, client: Client) -> None:
        await client.sim.set_scenario("latency-spike")
        await client.jwks()
        (request,) = client.sim.requests
        assert request.held_ms is not None
        assert request.held_ms < 300

    async def test_the_canary_reports_its_own_p95(self, client: Client) -> None:
        await client.sim.set_scenario("slow-tail")
        assert (await client.get("/canary")).json()["p95_ms"] == 250


class TestAuthOutage:
    @pytest.mark.parametrize("gate", ["red", "green"])
    @pytest.mark.parametrize(
        ("scenario", "jwks", "token"),
        [("auth-outage", 308, 401), ("auth-outage-404", 404, 401), ("auth-outage-500", 500, 403)],
    )
    async def test_jwks_token_and_gate(self, client: Client, scenario: str, gate: str, jwks: int, token: int) -> None:
        await client.sim.set_scenario(scenario if gate == "red" else f"{scenario}-green")
        assert (await client.jwks()).status_code == jwks
        assert (await client.ask_token()).status_code == token
        assert (await client.http.get(client.sim.inputs["GATE1_URL"])).json()["state"] == gate
        assert (await client.http.get(client.sim.inputs["GATE2_URL"])).json()["state"] == "green"
        assert (await client.get("/canary")).status_code == 200

    async def test_the_308_points_to_where_a_follower_is_seen(self, client: Client) -> None:
        await client.sim.set_scenario("auth-outage")
        await client.http.get(client.sim.inputs["SCHOLAR_AUTH_JWKS_URL"], follow_redirects=True)
        assert [(one.path, one.status) for one in client.sim.requests] == [
            ("/.well-known/jwks.json", 308),
            ("/migrated/.well-known/jwks.json", 404),
        ]

    async def test_while_gate_1_is_red_events_without_a_token_are_queued(self, client: Client) -> None:
        await client.sim.set_scenario("auth-outage")
        for token in (None, "rubbish"):
            answer = await client.post_event(token)
            body = answer.json()
            assert answer.status_code == 202
            assert body == {"accepted": True, "id": body["id"], "rendered": True, "dispatched": False, "queued": True}
        assert (await client.state())["queue"] == {"depth": 5, "status": "stable", "operational": True, "dlq": 0}
        assert client.sim.world()["counters"]["jwt"] == {"success": 0, "failure": 0}

    async def test_unknown_types_are_refused_even_then(self, client: Client) -> None:
        await client.sim.set_scenario("auth-outage")
        assert (await client.post_event(None, kind="nonsense")).status_code == 400

    async def test_once_it_is_green_again_the_queue_is_worked_off_and_tokens_are_asked_for(
        self, client: Client
    ) -> None:
        await client.sim.set_scenario("auth-outage")
        await client.post_event(None)
        await client.sim.set_scenario("steady")
        assert (await client.state())["queue"]["depth"] == 3
        assert (await client.post_event(None)).status_code == 401

    async def test_while_it_is_green_a_failing_scholar_auth_changes_nothing_for_events(self, client: Client) -> None:
        token = await client.token()
        await client.sim.set_scenario("auth-outage-green")
        assert (await client.post_event(token)).status_code == 202
        assert (await client.post_event(None)).status_code == 401

    async def test_gate_red_alone_leaves_jwks_and_tokens_working(self, client: Client) -> None:
        await client.sim.set_scenario("gate-red")
        assert (await client.http.get(client.sim.inputs["GATE1_URL"])).json()["state"] == "red"
        assert (await client.jwks()).status_code == 200
        assert (await client.post_event(await client.token())).json()["queued"] is True


class TestState:
    async def test_the_kill_switch_is_off_and_events_would_leave(self, client: Client) -> None:
        await client.sim.set_scenario("kill-switch-off")
        state = await client.state()
        assert (state["levers"]["DISABLE_SEND"], state["mode"], state["external_sends"]) == ("false", "live", 0)
        assert (await client.post_event(await client.token())).json()["dispatched"] is True
        assert (await client.state())["external_sends"] == 1

    async def test_one_lever_deviates(self, client: Client) -> None:
        await client.sim.set_scenario("lever-deviation")
        levers = (await client.state())["levers"]
        assert (levers["PROMO_SENDS"], levers["DISABLE_SEND"]) == ("true", "true")

    async def test_levers_go_back_with_the_scenario_that_set_them_and_others_stay(self, client: Client) -> None:
        await client.sim.set_scenario("kill-switch-off")
        await client.operate("PUT", "/ops/levers/PROMO_SENDS", {"value": "true"})
        await client.sim.set_scenario("steady")
        levers = (await client.state())["levers"]
        assert (levers["PROMO_SENDS"], levers["DISABLE_SEND"]) == ("true", "true")

    async def test_the_sms_gateway_fails_alone(self, client: Client) -> None:
        await client.sim.set_scenario("provider-failing")
        providers = (await client.state())["providers"]
        assert (providers["sms"]["health"], providers["email"]["health"]) == ("failing", "passing")
        assert 'delivery_provider_up{provider="sms"} 0.0' in (await client.get("/metrics")).text
        assert 'delivery_provider_up{provider="email"} 1.0' in (await client.get("/metrics")).text

    async def test_the_queue_is_growing(self, client: Client) -> None:
        await client.sim.set_scenario("queue-growing")
        queue = (await client.state())["queue"]
        assert (queue["status"], queue["operational"]) == ("growing", True)


class TestReachability:
    async def test_dark_takes_the_connection_and_never_answers(self, client: Client) -> None:
        await client.sim.set_scenario("dark")
        with pytest.raises(httpx.ReadTimeout):
            await client.http.get(client.app("/health"), timeout=0.1)
        assert (await client.jwks()).status_code == 200

    async def test_down_refuses_and_cuts_what_was_connected_then_comes_back_on_the_same_port(
        self, client: Client
    ) -> None:
        for _ in range(5):
            assert (await client.get("/health")).status_code == 200
            await client.sim.set_scenario("down")
            with pytest.raises(httpx.ConnectError):
                await client.get("/health")
            assert (await client.jwks()).status_code == 200
            await client.sim.set_scenario("steady")
        assert (await client.get("/health")).status_code == 200

    async def test_it_can_start_down(self, http: httpx.AsyncClient) -> None:
        async with Simulator("down") as sim:
            client = Client(sim, http)
            with pytest.raises(httpx.ConnectError):
                await client.get("/health")
            await sim.set_scenario("steady")
            assert (await client.get("/health")).status_code == 200

    @pytest.mark.parametrize(("seed", "first"), [(1, 503), (2, 200)])
    async def test_flapping_alternates_and_the_seed_says_which_comes_first(
        self, http: httpx.AsyncClient, seed: int, first: int
    ) -> None:
        async with Simulator("flapping", seed=seed) as sim:
            client = Client(sim, http)
            seen = [(await client.get("/health")).status_code for _ in range(6)]
        assert seen == [first, 703 - first] * 3


class TestAuthFaults:
    @pytest.mark.parametrize("how", ["no token", "a tampered token"])
    async def test_bypass_accepts_what_it_must_refuse(self, client: Client, how: str) -> None:
        await client.sim.set_scenario("bypass")
        token = None if how == "no token" else tampered(await client.token())
        assert (await client.post_event(token)).status_code == 202
        assert client.sim.world()["events"][0]["token"] == ("none" if token is None else "invalid")
        assert (await client.http.get(client.sim.inputs["GATE1_URL"])).json()["state"] == "green"

    async def test_weak_keys_give_away_the_private_key_of_the_same_pair(self, client: Client) -> None:
        public = await client.jwk()
        await client.sim.set_scenario("weak-keys")
        key = await client.jwk()
        assert {"d", "p", "q"} <= set(key)
        assert {name: key[name] for name in public} == public
        assert number(key["p"]) * number(key["q"]) == number(key["n"])


async def test_what_was_accepted_survives_a_switch(client: Client) -> None:
    key = str(uuid.uuid4())
    token = await client.token()
    first = await client.post_event(token, key=key)
    await client.sim.set_scenario("slow-tail")
    assert (await client.post_event(token, key=key)).json() == first.json()
    assert client.sim.world()["counters"]["ingested"] == 1
