"""Of any number of engines one acts."""

from __future__ import annotations

from pathlib import Path

from tests.soak import owners
from tests.soak.row import SHORT


def test_an_owner_that_is_stopped_keeps_the_launch_and_doubles_nothing_when_it_goes_on(tmp_path: Path) -> None:
    (row,) = owners.stopped(tmp_path, SHORT)
    assert row.is_well, row


def test_of_two_engines_started_at_once_one_owns_the_launch(tmp_path: Path) -> None:
    (row,) = owners.pairs(tmp_path, SHORT)
    assert row.is_well, row
