"""Why a launch is done, and done so, stands where people read about it, and in the report."""

from __future__ import annotations

import pytest

from tests.launch.course import T0, course, opened
from tests.report.states import TITLES, finished, outcome
from warroom.client.values import launch_now
from warroom.engine.view import state_json
from warroom.report.markdown import markdown
from warroom.screens.header import launch_items
from warroom.screens.launch_about import about_items
from warroom.screens.launch_view import LaunchView
from warroom.screens.view import View

FOUNDATIONS = ("trust", "conversion", "CAC", "SLOs")
PROTECTIONS = ("revenue", "compliance", "trust")
NAMES = [f"Foundational to {name}" for name in FOUNDATIONS] + [f"Dry-run protects {name}" for name in PROTECTIONS]


@pytest.mark.covers("S3-N01")
def test_three_protections_and_four_foundations_are_shown_and_exported() -> None:
    rationale = course().launch.rationale
    assert [name for name, _ in rationale] == NAMES
    assert dict(rationale)["Dry-run protects compliance"] == "No accidental SPAM/regulatory violations"
    now = launch_now({**state_json(opened(), T0), "engine": None})
    about_launch = about_items(LaunchView("auto_com_center-1", launch=now), now.now)
    verified = finished([outcome(check) for check in TITLES], launch=course().launch)
    about_run = launch_items(View(state=verified))
    report = markdown(verified)
    for name, text in rationale:
        assert (name, text) in about_launch
        assert (name, text) in about_run
        assert f"- {name}: " in report
        assert text in report
