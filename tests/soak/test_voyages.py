"""Forty-eight hours, restarts, clocks and people as the dice fall: each of the nineteen once, none early."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.soak import voyages, wrong
from tests.soak.proof import proved
from tests.soak.row import SHORT
from warroom.engine.posting import Posting
from warroom.launch.schedule import Slot


def test_in_48_disturbed_hours_each_of_the_nineteen_posts_comes_once_and_none_early(tmp_path: Path) -> None:
    proved(voyages.random_voyages, tmp_path)


@pytest.mark.parametrize("name", wrong.WRONG)
def test_an_engine_that_does_it_in_the_wrong_order_is_found_out(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Posting, "send", Posting.send)
    wrong.install(name, lambda _: None)
    (row,) = voyages.random_voyages(tmp_path, replace(SHORT, seeds=2))
    assert row.lost if name == "record then send" else row.doubled


def test_an_engine_that_posts_less_than_a_minute_early_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaves = Slot.leaves

    def sooner(slot: Slot, t0: datetime | None) -> datetime:
        return leaves(slot, t0) - timedelta(seconds=0 if slot.is_event else 50)

    monkeypatch.setattr(Slot, "leaves", sooner)
    (row,) = voyages.random_voyages(tmp_path, SHORT)
    assert row.early
