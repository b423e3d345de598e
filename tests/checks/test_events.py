"""The kind `events` against the simulator."""

from pathlib import Path

import pytest

from tests.checks.auth import TYPES, Gates, said, simulated
from warroom.jose import AccessToken, tampered
from warroom.simulator.simulator import Simulator
from warroom.verdict import Verdict

POSTED = ("pass", "2 synthetic events posted")
REFUSED = [
    ("pass", "Event with a tampered token: refused (401)"),
    ("pass", "Event with no token: refused (401)"),
]
STATE = [
    ("pass", "Queue status: stable"),
    ("pass", "Event queue operational"),
    ("pass", "Templates rendered in dry-run"),
]
NOT_PROBED = ("skipped", "No bypasses: not probed")


def accepted(sim: Simulator) -> list[str]:
    return [event["type"] for event in sim.world()["events"]]


def posts(sim: Simulator) -> int:
    return sum(request.path == "/events" for request in sim.requests)


@pytest.mark.covers("S3-C11")
async def test_gate_green_two_events_are_accepted_and_forged_ones_refused(tmp_path: Path) -> None:
    async with simulated(tmp_path, "steady") as (run, sim):
        outcome = await run.all()
        assert outcome.verdict is Verdict.PASS
        assert said(outcome) == [POSTED, *STATE, *REFUSED]
        assert accepted(sim) == list(TYPES)
        assert posts(sim) == 4
        assert len({event["id"] for event in sim.world()["events"]}) == 2


@pytest.mark.covers("S3-Y01")
@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        pytest.param("steady", list(TYPES), id="DISABLE_SEND is true: exactly two of these types"),
        pytest.param("auth-outage", list(TYPES), id="and while Gate 1 is red"),
        pytest.param("kill-switch-off", [], id="DISABLE_SEND is false: none"),
    ],
)
async def test_exactly_two_events_and_only_while_nothing_can_leave(
    tmp_path: Path, scenario: str, expected: list[str]
) -> None:
    async with simulated(tmp_path, scenario) as (run, sim):
        await run.all()
        assert accepted(sim) == expected
        if not expected:
            assert posts(sim) == 0


@pytest.mark.covers("S3-C11")
@pytest.mark.parametrize("scenario", ["auth-outage", "auth-outage-404", "auth-outage-500"])
async def test_gate_red_and_no_token_events_are_queued_and_the_probes_are_listed_as_not_sent(
    tmp_path: Path, scenario: str
) -> None:
    async with simulated(tmp_path, scenario) as (run, sim):
        outcome = await run.all()
        assert outcome.verdict is Verdict.PASS
        assert said(outcome) == [POSTED, *STATE, NOT_PROBED]
        assert (
            "until it is green every event is taken in and queued, and none is dispatched"
            in outcome.results[-1].reason
        )
        assert [(event["token"], event["queued"]) for event in sim.world()["events"]] == [("none", True)] * 2


async def test_gate_red_although_a_token_is_given_events_carry_it_and_nothing_is_probed(tmp_path: Path) -> None:
    async with simulated(tmp_path, "gate-red") as (run, sim):
        outcome = await run.all()
        assert outcome.verdict is Verdict.PASS
        assert said(outcome) == [POSTED, *STATE, NOT_PROBED]
        assert [event["token"] for event in sim.world()["events"]] == ["valid", "valid"]


@pytest.mark.parametrize("scenario", ["auth-outage-green", "auth-outage-404-green"])
async def test_gate_green_and_no_token_nothing_is_sent(tmp_path: Path, scenario: str) -> None:
    async with simulated(tmp_path, scenario) as (run, sim):
        outcome = await run.all()
        assert outcome.verdict is Verdict.NOT_EXERCISED
        assert "there is no token to send (the token endpoint answered 40" in outcome.reason
        assert posts(sim) == 0


async def test_gate_unknown_events_are_sent_and_the_probes_are_listed_as_not_sent(tmp_path: Path) -> None:
    async with simulated(tmp_path, "steady") as (run, sim):
        run.desk = run.desk.with_ports(gates=Gates("unknown"))
        outcome = await run.all()
        assert outcome.verdict is Verdict.PASS
        assert said(outcome) == [POSTED, *STATE, NOT_PROBED]
        assert "the state of Gate 1 is unknown" in outcome.results[-1].reason
        assert accepted(sim) == list(TYPES)


async def test_gate_unknown_and_the_token_refused_nothing_is_sent(tmp_path: Path) -> None:
    async with simulated(tmp_path, "auth-outage") as (run, sim):
        run.desk = run.desk.with_ports(gates=Gates("unknown"))
        outcome = await run.all()
        assert outcome.verdict is Verdict.NOT_EXERCISED
        assert posts(sim) == 0


@pytest.mark.covers("S3-C11")
async def test_a_service_that_accepts_forged_tokens_fails_and_gets_no_more_events(tmp_path: Path) -> None:
    async with simulated(tmp_path, "bypass") as (run, sim):
        outcome = await run.all()
        assert outcome.verdict is Verdict.FAIL
        assert (
            outcome.results[0].say == "BYPASS: an event with a tampered token was accepted (202); it must be refused"
        )
        assert outcome.results[1].say == "BYPASS: an event with no token was accepted (202); it must be refused"
        assert said(outcome)[2] == ("not_exercised", "2 synthetic events: withheld")
        assert dict(outcome.symptom)["bypass"] == "true"
        assert "Authorization" not in outcome.reproduce
        assert posts(sim) == 2


async def test_a_queue_that_grows_afterwards_fails(tmp_path: Path) -> None:
    async with simulated(tmp_path, "queue-growing") as (run, _):
        outcome = await run.all()
        assert outcome.verdict is Verdict.FAIL
        assert ("fail", "Queue status: growing") in said(outcome)
        assert POSTED in said(outcome)


@pytest.mark.parametrize(
    ("scenario", "verdict", "lines"),
    [
        pytest.param("steady", "pass", REFUSED, id="gate green: both are refused"),
        pytest.param("auth-outage", "degraded", [("degraded", NOT_PROBED[1])], id="gate red: pending Gate 1"),
        pytest.param("gate-red", "degraded", [("degraded", NOT_PROBED[1])], id="gate red, although tokens are given"),
        pytest.param("kill-switch-off", "not_exercised", None, id="kill switch off: nothing is sent"),
        pytest.param("bypass", "fail", None, id="accepted: fails"),
        pytest.param("auth-outage-green", "not_exercised", None, id="gate green and no token: nothing is sent"),
    ],
)
async def test_the_probes_alone(
    tmp_path: Path, scenario: str, verdict: str, lines: list[tuple[str, str]] | None
) -> None:
    async with simulated(tmp_path, scenario) as (run, sim):
        await run.jwks()
        await run.m2m()
        await run.kill_switch()
        outcome = await run.probes()
        assert outcome.verdict == verdict
        assert lines is None or said(outcome) == lines
        assert bool(accepted(sim)) == (scenario == "bypass")


async def test_the_probes_alone_while_the_gate_is_unknown_decide_nothing(tmp_path: Path) -> None:
    async with simulated(tmp_path, "steady") as (run, sim):
        run.desk = run.desk.with_ports(gates=Gates("unknown"))
        await run.jwks()
        await run.m2m()
        await run.kill_switch()
        assert (await run.probes()).verdict is Verdict.INCONCLUSIVE
        assert posts(sim) == 0


async def test_a_rerun_of_the_same_run_repeats_the_same_events_and_another_run_has_its_own(tmp_path: Path) -> None:
    async with simulated(tmp_path, "steady") as (run, sim):
        await run.all()
        again = await run.events()
        assert again.verdict is Verdict.PASS
        assert accepted(sim) == list(TYPES)
        run.desk = run.desk.with_ports(run_id="another run")
        await run.events()
        assert accepted(sim) == [*TYPES, *TYPES]


async def test_the_lever_is_read_again_before_anything_is_sent(tmp_path: Path) -> None:
    async with simulated(tmp_path, "steady") as (run, sim):
        await run.jwks()
        await run.m2m()
        await run.kill_switch()
        await sim.set_scenario("kill-switch-off")
        outcome = await run.events()
        assert outcome.verdict is Verdict.NOT_EXERCISED
        assert outcome.reason.startswith("not sent: DISABLE_SEND is false, expected true")
        assert posts(sim) == 0


async def test_the_lever_is_read_right_before_each_refusal_and_each_event(tmp_path: Path) -> None:
    async with simulated(tmp_path, "steady") as (run, sim):
        await run.jwks()
        await run.m2m()
        await run.kill_switch()
        await run.desk.context.gates.state("gate1")
        sim.clear_requests()
        await run.events()
        assert [(request.path, request.status) for request in sim.requests] == [
            ("/ops/state", 200),
            ("/events", 401),
            ("/ops/state", 200),
            ("/events", 401),
            ("/ops/state", 200),
            ("/events", 202),
            ("/ops/state", 200),
            ("/events", 202),
            ("/ops/state", 200),
        ]


async def test_nothing_that_is_kept_or_shown_holds_a_token(tmp_path: Path) -> None:
    async with simulated(tmp_path, "steady") as (run, _):
        outcomes = [await run.jwks(), await run.m2m(), await run.kill_switch(), await run.events()]
        token = run.needed["m2m"].fact
        assert isinstance(token, AccessToken)
        run.desk.store.finish()
        shown = run.desk.kept() + repr(outcomes)
        assert "Bearer" in shown
        assert run.desk.redactor(token.value) == "[M2M_TOKEN]"
        assert run.desk.redactor(tampered(token.value)) == "[EVENTS_TAMPERED_TOKEN]"
        for part in token.value.split(".")[1:]:
            assert part not in shown
            # The tampered one differs in a single sign.
            assert part[:60] not in shown
            assert part[-60:] not in shown
