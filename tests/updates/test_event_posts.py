"""What is posted for gates and incidents by the shipped playbook, with what real runs found."""

from __future__ import annotations

import pytest

from tests.updates.event_posts import GOLDEN, POSTS


@pytest.mark.parametrize("name", POSTS)
def test_the_post_is_the_golden_one(name: str) -> None:
    assert POSTS[name]() + "\n" == (GOLDEN / name).read_text("utf-8")


def test_after_gate_1_turned_green_what_still_fails_is_red_and_no_longer_pending() -> None:
    said = POSTS["gate1_green_not_yet.txt"]()
    assert "❌ RED" in said
    assert "pending Gate 1" not in said
