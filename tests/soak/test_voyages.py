"""Forty-eight hours, restarts, clocks and people as the dice fall: each of the nineteen once, none early."""

from __future__ import annotations

from pathlib import Path

from tests.soak import voyages
from tests.soak.proof import proved


def test_in_48_disturbed_hours_each_of_the_nineteen_posts_comes_once_and_none_early(tmp_path: Path) -> None:
    proved(voyages.random_voyages, tmp_path)
