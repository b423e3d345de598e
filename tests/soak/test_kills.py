"""The real engine, killed again and again: nothing is lost, nothing is doubled, and nobody's word is forgotten."""

from __future__ import annotations

from pathlib import Path

from tests.soak import kills
from tests.soak.row import SHORT


def test_kill_9_at_random_moments_loses_and_doubles_nothing(tmp_path: Path) -> None:
    (row,) = kills.at_random(tmp_path, SHORT)
    assert row.is_well, row
    assert row.figures["acknowledged requests"] > 0


def test_kill_9_at_each_point_where_it_would_hurt_loses_and_doubles_nothing(tmp_path: Path) -> None:
    (row,) = kills.at_each_point(tmp_path, SHORT)
    assert row.is_well, row


def test_the_harness_finds_engines_out_that_lose_or_double(tmp_path: Path) -> None:
    for row in kills.wrong_engines(tmp_path, SHORT):
        assert row.is_well, row
