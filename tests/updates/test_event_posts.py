"""What is posted for gates and incidents by the shipped playbook, with what real runs found."""

from __future__ import annotations

import pytest

from tests.launch.course import T0, course, opened
from tests.updates import event_posts
from tests.updates.event_posts import GOLDEN, POSTS, WHILE_GATE_1_IS_RED

# What the services answer is measured once.
pytestmark = pytest.mark.xdist_group("measured")


@pytest.mark.parametrize("name", POSTS)
def test_the_post_is_the_golden_one(name: str) -> None:
    assert POSTS[name]() + "\n" == (GOLDEN / name).read_text("utf-8")


@pytest.mark.parametrize("name", WHILE_GATE_1_IS_RED)
def test_what_a_red_gate_1_does_not_touch_is_told_as_when_all_is_green(name: str) -> None:
    assert WHILE_GATE_1_IS_RED[name]() + "\n" == (GOLDEN / name).read_text("utf-8")


UNTOUCHED = [
    *("breach.txt", "breach_over.txt", "trigger_blind.txt", "trigger_fired.txt", "trigger_resolved.txt"),
    *("incident_note.txt", "incident_opened.txt", "incident_resolved.txt", "procedure_news.txt"),
]


@pytest.mark.parametrize("name", UNTOUCHED)
def test_what_measures_nothing_says_the_same_while_gate_1_is_red(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_posts, "opened", lambda: event_posts.gate_read(opened(), "gate1", "red", T0))
    assert POSTS[name]() + "\n" == (GOLDEN / name).read_text("utf-8")


WHERE_GATE_1_IS_RED = {
    "evidence_bundle": "evidence_gate1_red.txt",
    "hourly": "hourly_gate1_red.txt",
    "four_hourly": "four_hourly_gate1_red.txt",
    "gate1_green": "gate1_green_not_yet.txt",
    "publish_confirmation": "published.txt",
    "gate_red": "gate_red.txt",
}
"""For each update whose text is no test's above its golden one, where Gate 1 is red."""


def test_every_update_of_the_document_has_a_golden_text_in_both_cases() -> None:
    same = {name.removesuffix(".txt") for name in (*UNTOUCHED, *WHILE_GATE_1_IS_RED)}
    assert same | set(WHERE_GATE_1_IS_RED) == set(course().updates)
    shown = {*POSTS, "evidence_gate1_red.txt", "published.txt"}
    assert set(WHERE_GATE_1_IS_RED.values()) <= shown


def test_after_gate_1_turned_green_what_still_fails_is_red_and_no_longer_pending() -> None:
    said = POSTS["gate1_green_not_yet.txt"]()
    assert "❌ RED" in said
    assert "pending Gate 1" not in said
