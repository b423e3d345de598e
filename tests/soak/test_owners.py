"""Of any number of engines one acts."""

from __future__ import annotations

from pathlib import Path

from tests.soak import owners
from tests.soak.proof import proved


def test_an_owner_that_is_stopped_keeps_the_launch_and_doubles_nothing_when_it_goes_on(tmp_path: Path) -> None:
    proved(owners.stopped, tmp_path)


def test_a_stopped_owner_whose_launch_is_taken_over_is_ended_first(tmp_path: Path) -> None:
    proved(owners.taken_over, tmp_path)


def test_of_two_engines_started_at_once_one_owns_the_launch(tmp_path: Path) -> None:
    proved(owners.pairs, tmp_path)
