"""How much of a window a Prometheus has observed: what is not known of it is not judged."""

from datetime import datetime, timedelta

import pytest

from tests.adapters.prometheus_stand import Stand, asking, one
from tests.adapters.test_prometheus_source import ERRORS, GOOD, MINUTES
from warroom.clock import RealClock
from warroom.slo.promql import PARTS, observed

SEEN = observed("http_requests_total", MINUTES)


class Forward(RealClock):
    """A clock that is put forward."""

    by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.by


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        pytest.param(11, "", id="all of it"),
        pytest.param(12, "", id="one more, at the edge"),
        pytest.param(9, "", id="more than four fifths"),
        pytest.param(8, "only 73% of the window was observed, 80% are needed", id="less than four fifths"),
        pytest.param(2, "only 18% of the window was observed, 80% are needed", id="one scrape in five"),
        pytest.param(float("nan"), "only 0% of the window was observed, 80% are needed", id="no number"),
        pytest.param(None, "only 0% of the window was observed, 80% are needed", id="nothing but the newest sample"),
    ],
)
async def test_what_was_not_observed_of_a_window_is_not_judged(parts: float | None, says: str) -> None:
    stand, clock = Stand(dict(GOOD)), Forward()
    async with asking(stand, ERRORS, wall=clock) as (source, server):
        await source.look()
        clock.by = MINUTES
        stand.table[SEEN] = [] if parts is None else one(parts)
        await source.look()
        reading = source.reading(ERRORS, clock.now())
    assert (reading.too_little(), reading.filling) == (says, False)
    assert len(server.received) == 2


async def test_a_window_fills_once_and_after_an_outage_it_is_not_filling() -> None:
    stand, clock = Stand(dict(GOOD)), Forward()
    found = []
    async with asking(stand, ERRORS, wall=clock) as (source, _):
        for minutes, parts in ((0, 1), (1, 3), (2, 5), (2.5, 1), (6, 11), (20, 1), (21, 3)):
            clock.by = timedelta(minutes=minutes)
            stand.table[SEEN] = one(parts)
            await source.look()
            found.append(source.reading(ERRORS, clock.now()))
    assert [round(one.coverage * PARTS) for one in found] == [1, 3, 5, 1, 11, 1, 3]
    assert [one.filling for one in found] == [True, True, True, False, False, False, False]


async def test_it_is_asked_once_for_each_part_of_the_window() -> None:
    stand, clock = Stand(dict(GOOD)), Forward()
    async with asking(stand, ERRORS, wall=clock) as (source, _):
        for _ in range(22):
            await source.look()
            assert source.reading(ERRORS, clock.now()).coverage == 1
            clock.by += MINUTES / PARTS / 2
    assert 10 <= sum(SEEN in query for query in stand.asked) <= 12
    assert len(stand.asked) == 22
