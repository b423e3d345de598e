"""What is posted for gates and incidents by the shipped playbook, with what real runs found."""

from __future__ import annotations

import pytest

from tests.launch.course import course
from tests.updates.event_posts import GOLDEN, POSTS, WHILE_GATE_1_IS_RED

# What the services answer is measured once.
pytestmark = pytest.mark.xdist_group("measured")


@pytest.mark.parametrize("name", POSTS)
def test_the_post_is_the_golden_one(name: str) -> None:
    assert POSTS[name]() + "\n" == (GOLDEN / name).read_text("utf-8")


@pytest.mark.parametrize("name", WHILE_GATE_1_IS_RED)
def test_what_a_red_gate_1_does_not_touch_is_told_as_when_all_is_green(name: str) -> None:
    assert WHILE_GATE_1_IS_RED[name]() + "\n" == (GOLDEN / name).read_text("utf-8")


BOTH_CASES = {
    "publish_confirmation": ("published.txt", "published.txt"),
    "evidence_bundle": ("evidence_all_green.txt", "evidence_gate1_red.txt"),
    "hourly": ("hourly.txt", "hourly.txt"),
    "four_hourly": ("four_hourly.txt", "four_hourly.txt"),
    "gate1_green": ("gate1_green.txt", "gate1_green_not_yet.txt"),
    "gate2_green": ("gate2_green.txt", "gate2_green.txt"),
    "gate_red": ("gate_red.txt", "gate_red.txt"),
    "incident_opened": ("incident_opened.txt", "incident_opened.txt"),
    "incident_note": ("incident_note.txt", "incident_note.txt"),
    "incident_update": ("incident_update.txt", "incident_update.txt"),
    "incident_resolved": ("incident_resolved.txt", "incident_resolved.txt"),
    "trigger_fired": ("trigger_fired.txt", "trigger_fired.txt"),
    "trigger_resolved": ("trigger_resolved.txt", "trigger_resolved.txt"),
    "procedure_news": ("procedure_news.txt", "procedure_news.txt"),
    "trigger_blind": ("trigger_blind.txt", "trigger_blind.txt"),
    "breach": ("breach.txt", "breach.txt"),
    "breach_over": ("breach_over.txt", "breach_over.txt"),
}
"""For each update its golden text where all is green, and where Gate 1 is red."""


def test_every_update_of_the_document_has_a_golden_text_in_both_cases() -> None:
    assert set(BOTH_CASES) == set(course().updates)
    assert all((GOLDEN / name).is_file() for names in BOTH_CASES.values() for name in names)


def test_after_gate_1_turned_green_what_still_fails_is_red_and_no_longer_pending() -> None:
    said = POSTS["gate1_green_not_yet.txt"]()
    assert "❌ RED" in said
    assert "pending Gate 1" not in said
