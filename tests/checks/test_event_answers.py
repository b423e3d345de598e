"""The kind `events` against a service that does what it must not."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.checks.auth import EVENTS, PROBES, TYPES, Gates, launch, said
from tests.checks.server import Received, Server, reply
from tests.checks.test_jwks import inputs
from tests.jose import mint
from warroom.checks import events
from warroom.contract import LeverReading, LeverState, Needed
from warroom.events import CheckOutcome
from warroom.jose import AccessToken, TokenRules, read_key_set, verify_token
from warroom.verdict import Verdict

KEYS = read_key_set({"keys": [mint.jwk(mint.private_key())]})
TOKEN = AccessToken(mint.token())


def state(switch: str) -> bytes:
    return reply({"levers": {"DISABLE_SEND": switch}, "queue": {"status": "stable", "operational": True}})


@dataclass
class Service:
    """Answers events with `event`, its state with `state`; refuses what the key set does not prove. While it answers
    the write of the number `off_at` (from 1) its kill switch goes off."""

    event: Callable[[dict[str, Any]], bytes | None] = lambda body: accept(body)
    state: bytes | None = state("true")
    off_at: int = 0
    refuse: Callable[[dict[str, Any]], bytes | None] = lambda body: reply({}, 401)
    sent: list[Received] = field(default_factory=list)

    def __call__(self, request: Received) -> bytes | None:
        if request.path != "/events":
            return self.state
        body = json.loads(request.body)
        self.sent.append(request)
        if len(self.sent) == self.off_at:
            self.state = state("false")
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        return (
            self.event(body) if verify_token(bearer, KEYS, TokenRules(), now=mint.NOW).accepted else self.refuse(body)
        )


def accept(body: dict[str, Any], **members: Any) -> bytes:
    return reply({"accepted": True, "id": body["id"], "rendered": True, "dispatched": False} | members, 202)


def reading(actual: str | None) -> LeverState:
    return LeverState((LeverReading("DISABLE_SEND", "true", actual, True, mint.NOW),), ())


PROVEN = Needed(Verdict.PASS, "", reading("true"))
GIVEN = Needed(Verdict.PASS, "", TOKEN)


async def judge(
    folder: Path,
    service: Service,
    *,
    gate: str = "green",
    switch: Needed = PROVEN,
    token: Needed = GIVEN,
    written: Mapping[str, Any] = EVENTS,
    **more: Any,
) -> CheckOutcome:
    expect = [{"json": "$.queue.status", "is": '== "stable"', "say": "Queue status: {actual}"}]
    params = {**written, **more} | ({"after": {"path": "/ops/state", "expect": expect}} if "after" in written else {})
    async with Server(service) as server, launch(folder, inputs(server.url)) as run:
        run.desk = run.desk.with_ports(gates=Gates(gate))
        run.needed = {"m2m": token, "kill_switch": switch}
        return await run.check("events", events.KIND, params)


async def test_what_an_event_looks_like(tmp_path: Path) -> None:
    service = Service()
    outcome = await judge(tmp_path, service)
    assert outcome.verdict is Verdict.PASS
    tampered, unsigned, *posted = service.sent
    assert [json.loads(request.body)["type"] for request in posted] == list(TYPES)
    for request in service.sent:
        body = json.loads(request.body)
        assert body == {"type": body["type"], "id": body["id"], "synthetic": True, "payload": {}}
        assert str(uuid.UUID(body["id"])) == body["id"] == request.headers["idempotency-key"]
        assert request.method == "POST"
        assert request.headers["content-type"] == "application/json"
    assert len({request.headers["idempotency-key"] for request in service.sent}) == 4
    assert all(request.headers["authorization"] == f"Bearer {TOKEN.value}" for request in posted)
    assert "authorization" not in unsigned.headers
    head, claims, _ = tampered.headers["authorization"].removeprefix("Bearer ").split(".")
    assert TOKEN.value.startswith(f"{head}.{claims}.")
    assert tampered.headers["authorization"] != f"Bearer {TOKEN.value}"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(lambda body: reply({}, 200), "answered 200, expected 202", id="200"),
        pytest.param(lambda body: reply({}, 503), "answered 503, expected 202", id="503"),
        pytest.param(lambda body: reply({}, 401), "answered 401, expected 202", id="a good token refused"),
        pytest.param(lambda body: reply(b"<html>", 202), "answered 202, but the answer is not JSON", id="HTML"),
        pytest.param(lambda body: reply([], 202), "accepted is (missing), expected true", id="a list"),
        pytest.param(
            lambda body: accept(body, accepted="true"), "accepted is true, expected true", id='accepted "true"'
        ),
        pytest.param(lambda body: accept(body, accepted=1), "accepted is 1, expected true", id="accepted 1"),
        pytest.param(lambda body: accept(body, accepted=False), "accepted is false", id="accepted false"),
        pytest.param(lambda body: accept(body, id="x"), "id is x, expected", id="another id"),
        pytest.param(lambda body: accept(body, dispatched=None), "dispatched is null", id="dispatched null"),
        pytest.param(lambda body: accept(body, dispatched="false"), "dispatched is false", id='dispatched "false"'),
        pytest.param(
            lambda body: reply({"accepted": True, "id": body["id"]}, 202), "(missing)", id="nothing on dispatch"
        ),
        pytest.param(lambda body: accept(body, id="\x1b[2J"), "id is \\e[2J", id="a hostile id"),
    ],
)
async def test_an_event_that_is_not_accepted_as_it_should_be_fails(
    tmp_path: Path, answer: Callable[[dict[str, Any]], bytes], reason: str
) -> None:
    service = Service(event=answer)
    outcome = await judge(tmp_path, service)
    assert outcome.verdict is Verdict.FAIL
    assert reason in outcome.reason
    assert outcome.reason.isprintable()
    assert ("fail", "0 synthetic events posted") in said(outcome)
    assert ("pass", "Queue status: stable") not in said(outcome)


async def test_one_of_two_accepted_is_counted_and_the_other_named(tmp_path: Path) -> None:
    service = Service(event=lambda body: accept(body) if body["type"] == TYPES[0] else reply({}, 400))
    outcome = await judge(tmp_path, service)
    assert ("fail", "1 synthetic events posted") in said(outcome)
    assert "new_match_found was answered 400, expected 202" in outcome.reason
    assert dict(outcome.symptom) == {"status": "400"}


async def test_an_event_that_was_dispatched_is_the_first_line(tmp_path: Path) -> None:
    outcome = await judge(tmp_path, Service(event=lambda body: accept(body, dispatched=True)))
    assert outcome.verdict is Verdict.FAIL
    assert outcome.results[0].say.startswith("A SYNTHETIC EVENT WAS DISPATCHED: deadline_approaching")
    assert dict(outcome.symptom)["dispatched"] == "true"


async def test_without_a_token_the_service_must_say_that_it_queues(tmp_path: Path) -> None:
    blocked = Needed(Verdict.BLOCKED, "pending Gate 1", None)
    queues = Service(refuse=lambda body: accept(body, queued=True))
    assert (await judge(tmp_path, queues, gate="red", token=blocked)).verdict is Verdict.PASS
    says_nothing = await judge(tmp_path, Service(refuse=accept), gate="red", token=blocked)
    assert says_nothing.verdict is Verdict.FAIL
    assert "queued is (missing), expected true" in says_nothing.reason


@pytest.mark.parametrize(
    ("status", "verdict", "symptom"),
    [
        pytest.param(401, "pass", {}, id="401 refuses"),
        pytest.param(403, "pass", {}, id="403 refuses"),
        pytest.param(200, "fail", {"status": "200", "bypass": "true"}, id="200 accepts"),
        pytest.param(204, "fail", {"status": "204", "bypass": "true"}, id="204 accepts"),
        pytest.param(400, "inconclusive", {"status": "400"}, id="400 says nothing about the token"),
        pytest.param(302, "inconclusive", {"status": "302"}, id="302 says nothing about the token"),
        pytest.param(503, "inconclusive", {"status": "503"}, id="503 says nothing about the token"),
    ],
)
async def test_what_counts_as_a_refusal(tmp_path: Path, status: int, verdict: str, symptom: dict[str, str]) -> None:
    service = Service(refuse=lambda body: reply({}, status))
    outcome = await judge(tmp_path, service, written=PROBES)
    assert outcome.verdict == verdict
    assert dict(outcome.symptom) == symptom


WITHHELD = [
    pytest.param(Needed(Verdict.FAIL, "", reading("false")), "DISABLE_SEND is false, expected true", id="it was off"),
    pytest.param(Needed(Verdict.ERROR, "", reading(None)), "DISABLE_SEND is not in the state", id="it was not there"),
    pytest.param(
        Needed(Verdict.ERROR, "refused", None),
        "'kill_switch' did not read DISABLE_SEND (refused)",
        id="it was not read",
    ),
    pytest.param(
        Needed(Verdict.SKIPPED, "left out", None), "did not read DISABLE_SEND (left out)", id="it was skipped"
    ),
    pytest.param(
        Needed(Verdict.PASS, "", LeverState((), ())), "'kill_switch' does not read DISABLE_SEND", id="it reads others"
    ),
]


@pytest.mark.parametrize(("switch", "reason"), WITHHELD)
@pytest.mark.parametrize("written", [EVENTS, PROBES], ids=["events", "probes"])
async def test_nothing_is_sent_unless_the_kill_switch_is_proven(
    tmp_path: Path, switch: Needed, reason: str, written: dict[str, Any]
) -> None:
    service = Service()
    outcome = await judge(tmp_path, service, switch=switch, written=written)
    assert outcome.verdict is Verdict.NOT_EXERCISED
    assert reason in outcome.reason
    assert service.sent == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(reply({"levers": {"DISABLE_SEND": "false"}}), "DISABLE_SEND is false, expected true", id="off"),
        pytest.param(
            reply({"levers": {"DISABLE_SEND": "TRUE"}}), "DISABLE_SEND is TRUE, expected true", id="other letters"
        ),
        pytest.param(reply({"levers": {}}), "DISABLE_SEND is not in the state", id="not there"),
        pytest.param(reply(b"<html>"), "could not be read right before the next request", id="HTML"),
        pytest.param(reply({}, 500), "could not be read right before the next request", id="500"),
    ],
)
async def test_nothing_is_sent_unless_the_fresh_reading_is_as_expected(
    tmp_path: Path, answer: bytes, reason: str
) -> None:
    service = Service(state=answer)
    outcome = await judge(tmp_path, service)
    assert outcome.verdict is Verdict.NOT_EXERCISED
    assert reason in outcome.reason
    assert service.sent == []


@pytest.mark.parametrize(
    ("gate", "verdict"),
    [
        *((gate, verdict) for gate in ("green", "red", "unknown") for verdict in ("fail", "error", "skipped")),
        # The gate turned while the launch was being verified.
        ("green", "blocked"),
        ("unknown", "blocked"),
    ],
)
async def test_a_token_that_is_missing_for_another_reason_than_the_gate_withholds_the_events(
    tmp_path: Path, gate: str, verdict: str
) -> None:
    service = Service()
    outcome = await judge(tmp_path, service, gate=gate, token=Needed(Verdict(verdict), "no answer", None))
    assert outcome.verdict is Verdict.NOT_EXERCISED
    assert "there is no token to send (no answer)" in outcome.reason
    assert service.sent == []


async def test_an_event_without_an_answer_is_an_error_and_the_next_one_stays_unsent(tmp_path: Path) -> None:
    service = Service(event=lambda body: None)
    outcome = await judge(tmp_path, service, request_timeout="100ms")
    assert outcome.verdict is Verdict.ERROR
    assert dict(outcome.symptom)["symptom"] == "timeout"
    events_sent = [json.loads(request.body) for request in service.sent[2:]]
    assert {body["type"] for body in events_sent} == {TYPES[0]}
    assert len({body["id"] for body in events_sent}) == 1
    assert [line[0] for line in said(outcome) if "refused (401)" in line[1]] == ["pass", "pass"]


async def test_a_probe_without_an_answer_is_an_error_and_nothing_follows_it(tmp_path: Path) -> None:
    service = Service(refuse=lambda body: None)
    outcome = await judge(tmp_path, service, request_timeout="100ms")
    assert outcome.verdict is Verdict.ERROR
    assert said(outcome) == [
        ("error", "Event with a tampered token: no answer"),
        ("not_exercised", "2 synthetic events: withheld"),
    ]
    assert len({request.headers["idempotency-key"] for request in service.sent}) == 1


async def test_a_lost_answer_is_asked_for_again_with_the_same_key(tmp_path: Path) -> None:
    service = Service()
    lost: list[bool] = []

    def lose_the_first(body: dict[str, Any]) -> bytes | None:
        lost.append(True)
        return b"" if len(lost) == 1 else accept(body)

    service.event = lose_the_first
    outcome = await judge(tmp_path, service)
    assert outcome.verdict is Verdict.PASS
    keys = [request.headers["idempotency-key"] for request in service.sent[2:]]
    assert len(keys) == 3
    assert len(set(keys)) == 2


async def test_a_state_that_cannot_be_read_afterwards_is_an_error(tmp_path: Path) -> None:
    service = Service()

    def then_hang(body: dict[str, Any]) -> bytes:
        service.state = None if body["type"] == TYPES[-1] else service.state
        return accept(body)

    service.event = then_hang
    outcome = await judge(tmp_path, service, request_timeout="100ms")
    assert outcome.verdict is Verdict.ERROR
    assert ("error", "State after the events: no answer") in said(outcome)
    assert ("pass", "2 synthetic events posted") in said(outcome)


async def test_a_state_that_is_an_error_page_afterwards_fails(tmp_path: Path) -> None:
    service = Service()

    def then_break(body: dict[str, Any]) -> bytes:
        if body["type"] == TYPES[-1]:
            service.state = reply(b"<html><title>Oops</title></html>", 502)
        return accept(body)

    service.event = then_break
    outcome = await judge(tmp_path, service)
    assert outcome.verdict is Verdict.FAIL
    assert "status is 502" in outcome.reason


async def test_no_gate_means_that_tokens_are_always_enforced(tmp_path: Path) -> None:
    service = Service(refuse=accept)
    outcome = await judge(tmp_path, service, gate="red", written={**EVENTS, "gate": ""})
    assert outcome.verdict is Verdict.FAIL
    assert outcome.reason.startswith("BYPASS")


async def test_the_target_s_own_credentials_do_not_vouch_for_an_event_without_a_token(tmp_path: Path) -> None:
    service = Service()
    async with Server(service) as server, launch(tmp_path, inputs(server.url)) as run:
        run.retarget("app", bearer="the target's own token")
        run.desk = run.desk.with_ports(gates=Gates("green"))
        run.needed = {"m2m": GIVEN, "kill_switch": PROVEN}
        await run.check("events", events.KIND, PROBES)
    assert [request.headers.get("authorization", "") == "" for request in service.sent] == [False, True]
    assert not any("own token" in request.headers.get("authorization", "") for request in service.sent)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param({"types": []}, "`probe_type` names the type", id="neither types nor a probe's type"),
        pytest.param({"types": ["a", "a"]}, "names one twice", id="a type named twice"),
        pytest.param({"only_if": None}, "valid dictionary", id="no precondition"),
        pytest.param({"say": "{n} posted"}, "{n} is not known here; there is {count}, {total}", id="an unknown word"),
        pytest.param({"after": {"expect": [{"status": 200, "x": 1}]}}, "not permitted", id="an unknown key below"),
    ],
)
def test_a_playbook_that_cannot_work_is_refused(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        events.KIND.params.model_validate({**EVENTS, **change})
    assert problem in caught.value.errors()[0]["msg"]


def test_the_loader_learns_what_it_needs() -> None:
    params = events.KIND.params.model_validate(dict(EVENTS))
    assert events.KIND.needs(params) == {"m2m": AccessToken, "kill_switch": LeverState}
    assert (events.KIND.levers(params), events.KIND.gates(params)) == (("DISABLE_SEND",), ("gate1",))
