"""The posts of the third document, from what the shipped playbook measures against the simulated services."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.launch.course import BUILD, T0, after, opened
from tests.updates.event_posts import gate_read, watched
from tests.updates.measured import found, same_every_time
from warroom.launch.ledger import HoldBack, Prepare, RunSuite, decide
from warroom.launch.state import LaunchState
from warroom.updates.render import delivery_line, post_text

# What the services answer is measured once.
pytestmark = pytest.mark.xdist_group("measured")

GOLDEN = Path(__file__).parent / "golden"
MINUTE = timedelta(minutes=1)


def verified(scenario: str) -> LaunchState:
    """A launch whose verification has ended at T+6m."""
    is_out = scenario.startswith("auth-outage")
    state = gate_read(opened(), "gate1", "red" if is_out else "green", T0)
    state = watched(state, T0 + 14 * MINUTE, tokens=not is_out)
    state = after(state, "suite.started", T0 + 5 * MINUTE, suite="verify", cause="phase:verify")
    return after(state, "suite.finished", T0 + 6 * MINUTE, **found(scenario))


def post(state: LaunchState, minutes: float, update: str) -> str:
    """The text of the post of `update` that is to be written so many minutes after T0."""
    wanted = [each for each in decide(state, T0 + minutes * MINUTE) if isinstance(each, Prepare)]
    [prepare] = [each for each in wanted if each.slot.update == update]
    assert delivery_line(prepare) == ""
    return post_text(state, prepare)


def golden(name: str) -> str:
    return (GOLDEN / name).read_text("utf-8").rstrip("\n")


@pytest.mark.parametrize("gate1", ["green", "red"])
def test_the_publish_confirmation_has_the_build_and_waits_for_it(gate1: str) -> None:
    state = gate_read(opened(), "gate1", gate1, T0)
    held = [each for each in decide(state, T0 + 5 * MINUTE) if isinstance(each, HoldBack)]
    assert [(each.slot.id, each.reason) for each in held] == [
        (
            "publish_confirmation@T+5m",
            "steps.confirm.build_id is not known; steps.confirm.deployed_at is not known",
        )
    ]
    state = after(state, "step.ticked", T0 + 4 * MINUTE, step="confirm", by="ann", values=BUILD)
    state = after(state, "lever.read", T0 + 4 * MINUTE, lever="DISABLE_SEND", value="true")
    assert post(state, 5, "publish_confirmation") == golden("published.txt")


@pytest.mark.parametrize(
    ("found", "says"),
    [
        pytest.param({"value": "false"}, "Status: ❌ DISABLE_SEND is false, it should be true", id="off"),
        pytest.param(
            {"value": None, "reason": "nothing listens"},
            "Status: ⚠️ DISABLE_SEND UNKNOWN: nothing listens",
            id="it cannot be read",
        ),
        pytest.param(None, "Status: ⚠️ DISABLE_SEND UNKNOWN: it was not read yet", id="nobody has read it"),
    ],
)
def test_the_publish_confirmation_says_dry_run_only_while_the_kill_switch_is_on(
    found: dict[str, str | None] | None, says: str
) -> None:
    state = after(opened(), "step.ticked", T0 + 4 * MINUTE, step="confirm", by="ann", values=BUILD)
    if found:
        state = after(state, "lever.read", T0 + 4 * MINUTE, lever="DISABLE_SEND", **found)
    assert post(state, 5, "publish_confirmation").splitlines()[-1] == says


@pytest.mark.covers("S3-W02")
@pytest.mark.parametrize(
    ("scenario", "name"),
    [
        ("steady", "evidence_all_green.txt"),
        ("auth-outage-404", "evidence_gate1_red.txt"),
        ("kill-switch-off", "evidence_kill_switch_off.txt"),
        ("down", "evidence_no_answer.txt"),
    ],
)
def test_the_evidence_bundle_is_the_documents(scenario: str, name: str) -> None:
    assert same_every_time(post(verified(scenario), 15, "evidence_bundle")) == golden(name)


# The post of the third document, with what it leaves open in angle brackets.
BUNDLE = """\
auto_com_center: Evidence Bundle Submitted

Canary v2.7: ✅ GREEN
- 8 fields present
- version="v2.7"
- dependencies_ok=true
- security_headers: 6/6 present
- P95: <X>ms (≤120ms target)

Auth/JWKS Reachability:
{auth}

M2M Token Flow:
{tokens}

Event Ingestion: ✅ GREEN
- 2 synthetic events posted
- Queue status: stable
- Templates rendered in dry-run

Delivery Providers: ✅ GREEN
- Email/SMTP: health check passing (dry-run)
- SMS gateway: health check passing (dry-run)
- Credentials verified
- Throttling active

Kill-Switch: ✅ GREEN
- DISABLE_SEND=true
- Dry-run mode ENABLED
- No external sends will occur

Overall Status: auto_com_center GREEN (dry-run)
Evidence file: <attach log file>"""
_GREEN = "- ✅ GREEN"


@pytest.mark.parametrize(
    ("name", "auth", "tokens"),
    [
        ("evidence_all_green.txt", _GREEN, _GREEN),
        (
            "evidence_gate1_red.txt",
            "- ⚠️ DEGRADED - pending Gate 1\n- Note: <details if degraded>",
            "- ⚠️ BLOCKED - pending Gate 1\n- Note: <details if blocked>",
        ),
    ],
    ids=["all green", "Gate 1 red"],
)
def test_the_golden_text_is_that_of_the_document_line_by_line(name: str, auth: str, tokens: str) -> None:
    of_the_document = BUNDLE.format(auth=auth, tokens=tokens).split("\n")
    lines = golden(name).split("\n")
    assert len(lines) == len(of_the_document)
    for line, pattern in zip(lines, of_the_document, strict=True):
        assert re.fullmatch(re.sub("<[^>]*>", ".+", re.escape(pattern)), line), (line, pattern)


@pytest.mark.parametrize(
    ("slot", "hours", "update", "name"),
    [
        ("hourly@T+1h", 1, "hourly", "hourly.txt"),
        ("four_hourly@T+8h", 8, "four_hourly", "four_hourly.txt"),
    ],
)
def test_a_regular_update_tells_what_was_measured_for_it(slot: str, hours: int, update: str, name: str) -> None:
    at = T0 + timedelta(hours=hours)
    state = after(opened(), "suite.started", T0 + 5 * MINUTE, suite="verify", cause="phase:verify")
    state = watched(after(state, "suite.finished", T0 + 6 * MINUTE, **found("steady")), at - MINUTE / 5)
    asked = [each for each in decide(state, at - MINUTE) if isinstance(each, RunSuite)]
    assert RunSuite("pulse", slot) in asked
    state = after(state, "suite.started", at - MINUTE, suite="pulse", cause=slot)
    state = after(state, "suite.finished", at - MINUTE / 2, **found("steady", "pulse", slot))
    prepare = next(each for each in decide(state, at) if isinstance(each, Prepare) and each.slot.id == slot)
    assert same_every_time(post_text(state, prepare)) == golden(name)


def test_a_post_names_what_it_stands_for_and_says_how_late_it_is() -> None:
    state = opened()
    at = T0 + timedelta(hours=8, minutes=12, seconds=3)
    state = after(state, "suite.started", at, suite="pulse", cause="four_hourly@T+8h")
    state = after(state, "suite.finished", at, **found("steady", "pulse", "four_hourly@T+8h"))
    [prepare] = [each for each in decide(state, at) if isinstance(each, Prepare)]
    assert delivery_line(prepare, "42.9f86d081884c") == (
        "LATE by 12m3s; stands for T+1h, T+2h, T+3h, T+4h, T+5h, T+6h too; journal 42.9f86d081884c"
    )
