"""Error budgets over time: each moment is counted once, however often the engine is started anew."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.engine.feeding import MINUTE, WATCHED, Feed, entries

SLOW = replace(WATCHED.sources["app"], every=timedelta(seconds=30))
JITTER = timedelta(seconds=1)


def slices(stage: Feed) -> list[tuple[datetime, datetime]]:
    """From when to when each slice of the budget goes, by the journal."""
    found = []
    for entry in entries(stage, "signals.rollup"):
        for spent in entry.body.get("slices", {}).values():
            at = datetime.fromisoformat(entry.body["at"])
            found.append((at - timedelta(seconds=spent["span_s"]), at))
    return found


@pytest.mark.parametrize("away_s", [1, 20, 61, 150])
async def test_no_moment_is_counted_twice_when_the_engine_is_started_anew(away_s: int, tmp_path: Path) -> None:
    stage = Feed(tmp_path, replace(WATCHED, sources={"app": SLOW}))
    stage.fed.every_s = SLOW.every.total_seconds()
    stage.fed.values["up"] = 0.5
    for minutes in (9, 5, 5):
        async with stage.engine(kill=True):
            await stage.advance(minutes * MINUTE + timedelta(seconds=10))
        stage.clock.suspend(away_s)
    found = slices(stage)
    assert len(found) >= 7
    assert all(after[0] >= before[1] - JITTER for before, after in pairwise(found))
