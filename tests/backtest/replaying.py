"""Backtests of numbers that are made up, without any server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.engine.feeding import WATCHED, course
from warroom.backtest.replay import Replay
from warroom.backtest.scope import Scope
from warroom.backtest.values import Backtest, Period, Replayed
from warroom.playbook.course import Course
from warroom.playbook.signals import Watched
from warroom.slo.query import Number, Query
from warroom.slo.reading import Reading
from warroom.slo.source_spec import PrometheusSpec

START = datetime(2025, 11, 1, 2, 0, tzinfo=UTC)
SLOT = timedelta(seconds=15)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

Past = Callable[[str, timedelta], float | Reading | None]
"""What a signal was, so long after the start; None: there is no data."""


@dataclass(frozen=True)
class Remembered:
    """A source that knows what was."""

    past: Past

    def reading(self, query: Query, now: datetime) -> Reading:
        assert isinstance(query.measure, Number)
        value = self.past(query.measure.path, now - START)
        if isinstance(value, Reading):
            return value
        return Reading.missing(now, "nobody looked") if value is None else Reading(now, value, n=100.0)

    def splits(self, query: Query, now: datetime) -> Mapping[str, Reading]:
        return {}


def backtested(
    past: Past,
    *,
    watched: Watched = WATCHED,
    course_: Course | None = None,
    lasts: timedelta = HOUR,
    every: timedelta = SLOT,
    t0: datetime | None = None,
    refused: Mapping[tuple[str, Query], str] | None = None,
) -> Backtest:
    """The backtest of all triggers from the start on; of a `course_`, or of what is `watched`."""
    planned = course_ or course(watched)
    triggers = tuple(planned.watched.triggers.values())
    scope = Scope({"app": PrometheusSpec(id="app", target="prom")}, triggers, ())
    replay = Replay(planned, scope, Period(START, START + lasts, every, t0))
    for since, until in replay.spans:
        for number in range((until - since) // every + 1):
            replay.observe(since + number * every, {"app": Remembered(past)})
    return replay.finish(refused or {})


def of(found: Backtest, trigger: str) -> Replayed:
    """What one trigger would have done."""
    return next(one for one in found.triggers if one.trigger == trigger)


def times(one: Replayed) -> list[tuple[str, str]]:
    """`(5m, 9m)`: when it fired and when that was over, from the start; empty while it goes on."""

    def shown(at: datetime | None) -> str:
        return str(at - START) if at else ""

    return [(shown(each.fired_at), shown(each.over_at)) for each in one.activations]
