"""The real engine, killed again and again: nothing is lost, nothing is doubled, and nobody's word is forgotten."""

from __future__ import annotations

from pathlib import Path

from tests.soak import kills
from tests.soak.proof import proved


def test_kill_9_at_random_moments_loses_and_doubles_nothing(tmp_path: Path) -> None:
    (row,) = proved(kills.at_random, tmp_path)
    assert row.figures["acknowledged requests"] > 0


def test_kill_9_at_each_point_where_it_would_hurt_loses_and_doubles_nothing(tmp_path: Path) -> None:
    proved(kills.at_each_point, tmp_path)


def test_the_harness_finds_engines_out_that_lose_or_double(tmp_path: Path) -> None:
    proved(kills.wrong_engines, tmp_path)
