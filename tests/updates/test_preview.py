"""What a post that is not due yet would say now."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.launch.course import BUILD, T0, after, opened
from tests.updates.measured import found
from warroom.launch.schedule import slots
from warroom.launch.state import LaunchState
from warroom.updates.render import preview_text

# What the services answer is measured once.
pytestmark = pytest.mark.xdist_group("measured")

MINUTE = timedelta(minutes=1)


def preview(state: LaunchState, slot_id: str) -> list[str]:
    """The lines of the preview."""
    (slot,) = [slot for slot in slots(state.course, state.attempt) if slot.id == slot_id]
    return preview_text(state, slot).split("\n")


def test_what_nobody_has_given_stands_as_its_name() -> None:
    state = opened()
    assert "Build ID: [steps.confirm.build_id]" in preview(state, "publish_confirmation@T+5m")
    state = after(state, "step.ticked", T0 + 4 * MINUTE, step="confirm", by="ann", values=BUILD)
    assert f"Build ID: {BUILD['build_id']}" in preview(state, "publish_confirmation@T+5m")


def test_what_was_never_measured_says_so() -> None:
    told = preview(opened(), "hourly@T+1h")
    assert told[0] == "auto_com_center: T+1h hourly update"
    assert "Canary: [not measured yet]" in told
    (overall,) = [line for line in told if line.startswith("Overall Status: ")]
    assert overall.startswith("Overall Status: auto_com_center UNKNOWN: nothing was tested yet, Uptime: no data, ")


def test_the_latest_results_are_told_also_where_a_run_of_its_own_is_to_come() -> None:
    state = after(opened(), "suite.started", T0 + 5 * MINUTE, suite="verify", cause="phase:verify")
    state = after(state, "suite.finished", T0 + 6 * MINUTE, **found("steady"))
    told = preview(state, "hourly@T+1h")
    assert "Canary: ✅ GREEN" in told
    # The verification does not read the queue.
    assert "Queue: [not measured yet]" in told


def test_a_post_of_a_suite_that_has_run_is_previewed_with_that_run_alone() -> None:
    state = after(opened(), "suite.started", T0 + 5 * MINUTE, suite="verify", cause="phase:verify")
    state = after(state, "suite.finished", T0 + 6 * MINUTE, **found("steady"))
    *before, _overall, _file = preview(state, "evidence_bundle@T+15m")
    state = after(state, "suite.started", T0 + 8 * MINUTE, suite="pulse", cause="hourly@T+2h")
    state = after(state, "suite.finished", T0 + 9 * MINUTE, **found("kill-switch-off", "pulse", "hourly@T+2h"))
    *told, overall, _file = preview(state, "evidence_bundle@T+15m")
    assert told == before
    assert overall.startswith("Overall Status: auto_com_center RED: Kill-switch RED, ")
    assert any("❌ RED" in line for line in preview(state, "hourly@T+3h"))
