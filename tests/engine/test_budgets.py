"""Error budgets over time: each moment is counted once, however often the engine is started anew."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.engine.feeding import MINUTE, WATCHED, Feed, entries
from warroom.clock import Clock
from warroom.playbook.signals import SignalPlan, SloPlan
from warroom.slo.answering import answer, names_of
from warroom.slo.query import Query, Ratio
from warroom.slo.reading import Reading
from warroom.slo.selector import parse_selector
from warroom.slo.series import SeriesStore
from warroom.slo.unit import parse_unit

SLOW = replace(WATCHED.sources["app"], every=timedelta(seconds=30))
JITTER = timedelta(seconds=1)
SHARE = Query(
    Ratio(parse_selector('answers_total{code="500"}'), parse_selector("answers_total")), timedelta(minutes=5)
)


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


class Counters:
    """Ten answers in each five seconds; of those that come between the last look of a minute and the first after it
    `bad` are bad."""

    def __init__(self, clock: Clock, bad: int) -> None:
        self.every_s = 5.0
        self._clock = clock
        self._bad = bad
        self._totals = [0, 0]
        self._store = SeriesStore(names_of([SHARE]), timedelta(seconds=5), timedelta(minutes=10))

    async def look(self) -> None:
        bad = self._bad if self._clock.now().second < 5 else 0
        self._totals = [self._totals[0] + 10 - bad, self._totals[1] + bad]
        good, wrong = map(float, self._totals)
        answers = [("answers_total", {"code": "200"}, good), ("answers_total", {"code": "500"}, wrong)]
        self._store.add(self._clock.now(), answers)

    def reading(self, query: Query, now: datetime) -> Reading:
        return answer(self._store, query, now)

    def splits(self, query: Query, now: datetime) -> dict[str, Reading]:
        return {}


async def test_what_happens_between_two_minutes_is_counted_as_well(tmp_path: Path) -> None:
    share = SignalPlan("share", "Errors", "app", SHARE.measure, SHARE.window, parse_unit("%"))
    slo = SloPlan("answers", "share", 0.5, timedelta(hours=48), counts_bad=True)
    watched = replace(WATCHED, signals={"share": share}, slos={"answers": slo}, triggers={}, baselines={})
    stage = Feed(tmp_path, watched)
    stage.sources = {"app": Counters(stage.clock, bad=5)}
    async with stage.engine():
        await stage.advance(20 * MINUTE)
    counted = [one.body["slices"]["answers"] for one in entries(stage, "signals.rollup") if one.body["slices"]]
    # Five of the 120 answers of each minute, in sixty seconds.
    assert [(one["bad"], one["total"]) for one in counted[-10:]] == [(5, 120)] * 10
    assert {one["span_s"] for one in counted[-10:]} == {60}
