"""auto_com_center keeps the contract while everything is steady."""

import re
import uuid
from datetime import UTC, datetime

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.simulator.client import Client
from tests.simulator.tokens import signed, tampered, verified
from warroom.clock import VirtualClock
from warroom.simulator.tokens import LIFETIME_S, Authority

SIX = (
    "strict-transport-security",
    "content-security-policy",
    "x-frame-options",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
)


async def test_the_canary_is_the_documented_one_with_p95_42(client: Client) -> None:
    answer = await client.get("/canary")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "app": "auto_com_center",
        "version": "v2.7",
        "status": "ok",
        "p95_ms": 42,
        "security_headers": {"present": list(SIX), "missing": []},
        "dependencies_ok": True,
    }


async def test_the_six_security_headers_come_once_each_with_values_that_protect(client: Client) -> None:
    headers = (await client.get("/canary")).headers
    assert [len(headers.get_list(name)) for name in SIX] == [1] * 6
    age = re.search(r"max-age=(\d+)", headers["strict-transport-security"])
    assert age is not None
    assert int(age[1]) >= 31_536_000
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"


class TestEvents:
    @pytest.mark.parametrize("kind", ["deadline_approaching", "new_match_found"])
    async def test_a_good_event_is_accepted_and_rendered_but_not_dispatched(self, client: Client, kind: str) -> None:
        answer = await client.post_event(await client.token(), kind=kind)
        body = answer.json()
        assert answer.status_code == 202
        assert str(uuid.UUID(body["id"])) == body.pop("id")
        assert body == {"accepted": True, "rendered": True, "dispatched": False}
        assert (await client.state())["templates"]["rendered"] == 1

    async def test_a_repeated_key_gets_the_first_answer_and_counts_once(self, client: Client) -> None:
        token = await client.token()
        first = await client.post_event(token, key="k-1")
        second = await client.post_event(token, key="k-1")
        assert second.status_code == 202
        assert second.json() == first.json()
        assert len(client.sim.world()["events"]) == 1
        assert client.sim.world()["counters"]["ingested"] == 1

    async def test_a_repeated_key_does_not_excuse_a_missing_token(self, client: Client) -> None:
        await client.post_event(await client.token(), key="k-1")
        assert (await client.post_event(None, key="k-1")).status_code == 401

    async def test_without_a_token_it_is_401_and_nothing_is_taken_in(self, client: Client) -> None:
        answer = await client.post_event(None)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert client.sim.world()["events"] == []

    async def test_a_tampered_token_is_401(self, client: Client) -> None:
        answer = await client.post_event(tampered(await client.token()))
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            pytest.param({}, 202, id="unchanged it is accepted, so the others fail for their own reason"),
            pytest.param({"iss": "http://127.0.0.1:1"}, 401, id="another issuer"),
            pytest.param({"aud": "scholarship_api"}, 401, id="another audience"),
            pytest.param({"aud": None}, 401, id="no audience"),
            pytest.param({"exp": 1}, 401, id="expired"),
            pytest.param({"exp": None}, 401, id="no expiry"),
            pytest.param({"nbf": 4_000_000_000}, 401, id="not valid yet"),
            pytest.param({"scope": "events:read"}, 403, id="another scope"),
            pytest.param({"scope": None}, 403, id="no scope"),
            pytest.param({"scope": "xevents:write"}, 403, id="a scope that only ends like the right one"),
        ],
    )
    async def test_every_claim_is_verified(self, client: Client, change: dict[str, object], status: int) -> None:
        await client.sim.set_scenario("weak-keys")
        jwk = await client.jwk()
        _, claims = verified(await client.token(), jwk)
        merged = {name: value for name, value in {**claims, **change}.items() if value is not None}
        assert (await client.post_event(signed(merged, jwk))).status_code == status

    @pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS512", "PS256"])
    async def test_another_algorithm_in_the_header_is_401(self, client: Client, algorithm: str) -> None:
        await client.sim.set_scenario("weak-keys")
        jwk = await client.jwk()
        header, claims = verified(await client.token(), jwk)
        token = signed(claims, jwk, header={**header, "alg": algorithm})
        unsigned = token.rpartition(".")[0] + "."
        assert (await client.post_event(token)).status_code == 401
        assert (await client.post_event(unsigned)).status_code == 401

    @pytest.mark.parametrize(
        "credential",
        [
            "Bearer",
            "Bearer x",
            "Bearer a.b.c",
            "Bearer é",
            "Basic eDp5",
            pytest.param("Bearer " + "." * 50_000, id="dots"),
        ],
    )
    async def test_rubbish_for_a_token_is_401(self, client: Client, credential: str) -> None:
        headers = {b"Authorization": credential.encode(), b"Idempotency-Key": b"k"}
        answer = await client.http.post(client.app("/events"), json={}, headers=headers)
        assert answer.status_code == 401

    async def test_an_unknown_type_is_400(self, client: Client) -> None:
        answer = await client.post_event(await client.token(), kind="password_reset")
        assert answer.status_code == 400
        assert "type" in answer.json()["error"]

    @pytest.mark.parametrize(
        ("body", "key"),
        [
            pytest.param(b"{", "k", id="not JSON"),
            pytest.param(b"[]", "k", id="not an object"),
            pytest.param(b"[" * 100_000, "k", id="nested without end"),
            pytest.param(b'{"type": "new_match_found", "id": "7"}', "k", id="an id that is no UUID"),
            pytest.param(b'{"type": ["new_match_found"], "id": "7"}', "k", id="a type that is no string"),
            pytest.param(b'{"type": "new_match_found", "id": "%s"}' % str(uuid.uuid4()).encode(), "", id="no key"),
        ],
    )
    async def test_a_body_it_cannot_use_is_400(self, client: Client, body: bytes, key: str) -> None:
        headers = {"Authorization": f"Bearer {await client.token()}"} | ({"Idempotency-Key": key} if key else {})
        answer = await client.http.post(client.app("/events"), content=body, headers=headers)
        assert answer.status_code == 400
        assert client.sim.world()["counters"]["errors"]["validation"] == 1

    async def test_a_body_over_1_mib_is_413(self, client: Client) -> None:
        answer = await client.http.post(client.app("/events"), content=b" " * (2**20 + 1))
        assert answer.status_code == 413


class TestOperations:
    async def test_the_state_has_every_documented_value(self, client: Client) -> None:
        state = await client.state()
        deployment = state.pop("deployment")
        assert deployment["build_id"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", deployment["deployed_at"])
        assert state == {
            "mode": "dry-run",
            "levers": {
                "DISABLE_SEND": "true",
                "PROMO_SENDS": "false",
                "RETRIES_ENABLED": "true",
                "RATE_LIMIT_ENABLED": "true",
            },
            "queue": {"depth": 3, "status": "stable", "operational": True, "dlq": 0},
            "consumers": "running",
            "ingestion": "running",
            "providers": {
                "email": {"health": "passing", "mode": "dry-run"},
                "sms": {"health": "passing", "mode": "dry-run"},
                "credentials": "verified",
                "throttling": "active",
            },
            "templates": {"rendered": 0, "mode": "dry-run"},
            "external_sends": 0,
        }

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("PUT", "/ops/levers/DISABLE_SEND"),
            ("POST", "/ops/consumers/pause"),
            ("POST", "/ops/ingestion/pause"),
            ("POST", "/ops/rollback"),
        ],
    )
    async def test_without_a_key_it_is_401_with_a_wrong_one_403_and_nothing_changes(
        self, client: Client, method: str, path: str
    ) -> None:
        before = await client.state()
        body = {"value": "false", "to": "last-stable"}
        assert (await client.http.request(method, client.app(path), json=body)).status_code == 401
        for wrong in (b"wrong", b"", "é".encode()):
            headers = {b"X-Internal-Key": wrong}
            answer = await client.http.request(method, client.app(path), json=body, headers=headers)
            assert answer.status_code == 403
        assert await client.state() == before

    async def test_a_lever_is_set_and_read_back(self, client: Client) -> None:
        answer = await client.operate("PUT", "/ops/levers/DISABLE_SEND", {"value": "false"})
        assert (answer.status_code, answer.json()) == (200, {"name": "DISABLE_SEND", "value": "false"})
        state = await client.state()
        assert state["levers"]["DISABLE_SEND"] == "false"
        assert state["mode"] == "live"

    @pytest.mark.parametrize("value", [True, "TRUE", "", None, 1, ["true"]])
    async def test_a_lever_takes_only_the_strings_true_and_false(self, client: Client, value: object) -> None:
        answer = await client.operate("PUT", "/ops/levers/DISABLE_SEND", {"value": value})
        assert answer.status_code == 400
        assert (await client.state())["levers"]["DISABLE_SEND"] == "true"

    async def test_an_unknown_lever_is_404(self, client: Client) -> None:
        assert (await client.operate("PUT", "/ops/levers/SEND", {"value": "true"})).status_code == 404

    @pytest.mark.parametrize("part", ["consumers", "ingestion"])
    async def test_consumers_and_ingestion_are_paused_and_resumed(self, client: Client, part: str) -> None:
        for verb, then in (("pause", "paused"), ("resume", "running")):
            assert (await client.operate("POST", f"/ops/{part}/{verb}")).status_code == 202
            assert (await client.state())[part] == then

    async def test_paused_consumers_let_the_queue_fill_and_work_it_off_later(self, client: Client) -> None:
        await client.operate("POST", "/ops/consumers/pause")
        answer = await client.post_event(await client.token())
        assert answer.json()["queued"] is True
        assert (await client.state())["queue"]["depth"] == 4
        await client.operate("POST", "/ops/consumers/resume")
        assert (await client.state())["queue"]["depth"] == 3

    async def test_paused_ingestion_answers_events_with_503(self, client: Client) -> None:
        await client.operate("POST", "/ops/ingestion/pause")
        assert (await client.post_event(await client.token())).status_code == 503
        assert client.sim.world()["events"] == []

    async def test_a_rollback_puts_the_last_stable_build_in_place(self, client: Client) -> None:
        before = (await client.state())["deployment"]
        answer = await client.operate("POST", "/ops/rollback", {"to": "last-stable"})
        after = (await client.state())["deployment"]
        assert answer.status_code == 202
        assert after["build_id"] not in ("", before["build_id"])
        assert after["deployed_at"] > before["deployed_at"]

    async def test_a_rollback_to_anything_else_is_400(self, client: Client) -> None:
        assert (await client.operate("POST", "/ops/rollback", {"to": "v1"})).status_code == 400

    async def test_a_request_without_a_body_where_one_is_needed_is_400(self, client: Client) -> None:
        assert (await client.operate("POST", "/ops/rollback")).status_code == 400


class TestMetrics:
    async def test_the_page_parses_as_openmetrics_and_has_every_series(self, client: Client) -> None:
        answer = await client.get("/metrics")
        assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
        assert answer.text.endswith("# EOF\n")
        found = {sample.name for family in text_string_to_metric_families(answer.text) for sample in family.samples}
        assert {
            "http_request_duration_seconds_bucket",
            "http_request_duration_seconds_sum",
            "http_request_duration_seconds_count",
            "jwt_validations_total",
            "queue_depth",
            "dlq_messages_total",
            "events_ingested_total",
            "template_render_seconds_bucket",
            "delivery_provider_up",
            "errors_total",
        } <= found

    async def test_the_counters_are_what_was_served(self, client: Client) -> None:
        token = await client.token()
        for credential in (token, token, None, tampered(token)):
            await client.post_event(credential)
        await client.post_event(token, kind="nonsense")
        await client.get("/canary")
        await client.get("/nowhere")
        await client.get("/metrics")
        page = await _samples(client)
        assert page["http_requests_total", "202"] == 2
        assert page["http_requests_total", "200"] == 1
        assert page["http_requests_total", "400"] == 1
        assert page["http_requests_total", "401"] == 2
        assert page["http_requests_total", "404"] == 1
        assert page["http_request_duration_seconds_count", ""] == 7
        assert page["http_request_duration_seconds_bucket", "+Inf"] == 7
        assert page["jwt_validations_total", "success"] == 3
        assert page["jwt_validations_total", "failure"] == 1
        assert page["events_ingested_total", ""] == 2
        assert page["errors_total", "auth"] == 2
        assert page["errors_total", "validation"] == 1
        assert page["delivery_provider_up", "sms"] == 1

    async def test_the_buckets_have_the_limits_of_the_document_and_count_upwards(self, client: Client) -> None:
        await client.get("/canary")
        page = await _samples(client)
        buckets = {float(le): n for (name, le), n in page.items() if name == "http_request_duration_seconds_bucket"}
        assert {0.12, 0.15, 0.3} <= set(buckets)
        assert [buckets[bound] for bound in sorted(buckets)] == sorted(buckets.values())
        assert buckets[0.025] == 0
        assert buckets[0.12] == 1


@pytest.mark.parametrize("path", ["/health", "/healthz", "/readyz"])
async def test_the_health_endpoints_answer_200(client: Client, path: str) -> None:
    assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/events", 405), ("GET", "/canary/", 404), ("DELETE", "/canary", 405)],
)
async def test_other_paths_and_methods_are_refused(client: Client, method: str, path: str, status: int) -> None:
    assert (await client.http.request(method, client.app(path))).status_code == status


async def test_a_token_is_accepted_until_its_last_second() -> None:
    clock = VirtualClock(datetime(2025, 11, 1, 2, tzinfo=UTC))
    authority = Authority(issuer="http://127.0.0.1:1", audience="a")
    token = authority.issue(subject="s", scopes=["events:write"], now=clock.now())
    await clock.advance(LIFETIME_S - 1)
    assert authority.judge(f"Bearer {token}", now=clock.now()) == "valid"
    await clock.advance(1)
    assert authority.judge(f"Bearer {token}", now=clock.now()) == "invalid"


async def _samples(client: Client) -> dict[tuple[str, str], float]:
    """The value of each sample by its name and its only label's value."""
    families = text_string_to_metric_families((await client.get("/metrics")).text)
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in families
        for sample in family.samples
    }
