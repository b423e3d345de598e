"""The store of series: bounded in time and memory, whatever clocks and targets do."""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from warroom.slo.answering import answer
from warroom.slo.query import Query, Rate, Ratio, Selector, Value
from warroom.slo.series import MARGIN_S, SeriesStore

T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
EVERY = timedelta(seconds=5)
WINDOW = timedelta(minutes=5)
EVENTS = Selector("events_total")
RATE, GAUGE = Query(Rate(EVENTS), WINDOW), Query(Value(EVENTS))


def store(**more: int) -> SeriesStore:
    return SeriesStore({"events_total"}, EVERY, WINDOW, **more)  # type: ignore[arg-type]


def samples_in(kept: SeriesStore) -> int:
    return sum(len(one.times) for one in kept.find(EVENTS))


def test_what_no_window_reaches_is_forgotten() -> None:
    kept = store()
    for look in range(1000):
        kept.add(T0 + look * EVERY, [("events_total", {}, float(look))])
    assert samples_in(kept) <= (WINDOW.total_seconds() + 2 * MARGIN_S) / EVERY.total_seconds() + 1
    assert answer(kept, RATE, T0 + 999 * EVERY).value == pytest.approx(0.2)


def test_a_series_that_is_long_gone_is_forgotten() -> None:
    kept = store()
    for look in range(1000):
        kept.add(T0 + look * EVERY, [("events_total", {"pod": str(look // 100)}, float(look))])
    assert len(kept.find(EVENTS)) <= 2


def test_series_that_nobody_asks_for_are_not_kept() -> None:
    kept = store()
    kept.add(T0, [("other_total", {}, 1.0)])
    assert kept.find(Selector("other_total")) == []


def test_a_clock_that_is_set_back_forgets_what_lies_ahead() -> None:
    kept = store()
    for look in range(100):
        kept.add(T0 + look * EVERY, [("events_total", {}, float(look))])
    back = T0 + 40 * EVERY
    kept.add(back, [("events_total", {}, 100.0)])
    assert answer(kept, GAUGE, back).value == 100.0
    assert kept.find(EVENTS)[0].times[-1] == back.timestamp()


def test_a_clock_that_is_set_back_before_everything_forgets_everything() -> None:
    kept = store()
    kept.add(T0, [("events_total", {}, math.nan)])
    kept.add(T0 + EVERY, [("events_total", {}, 1.0)])
    kept.add(T0 - EVERY, [("events_total", {}, 5.0)])
    assert answer(kept, GAUGE, T0 - EVERY).value == 5.0
    assert samples_in(kept) == 1


def test_a_series_that_is_never_a_number_is_not_forgotten() -> None:
    """Forgotten errors would be none."""
    share = Query(Ratio(Selector("events_total", (("code", "=", "500"),)), EVENTS), WINDOW)
    kept = store()
    for look in range(300):
        now = T0 + look * EVERY
        kept.add(now, [("events_total", {"code": "200"}, float(look)), ("events_total", {"code": "500"}, math.nan)])
        assert answer(kept, share, now).value is None


def test_a_number_that_was_none_ahead_of_a_clock_set_back_is_forgotten_too() -> None:
    kept = store()
    for look in range(10):
        kept.add(T0 + look * EVERY, [("events_total", {}, math.nan if look == 9 else float(look))])
    for look in range(5, 8):
        kept.add(T0 + look * EVERY, [("events_total", {}, float(look))])
    assert answer(kept, RATE, T0 + 9 * EVERY).is_known


def test_beyond_its_memory_the_older_half_is_kept_at_half_the_density() -> None:
    """What counters grew over the whole window stays what it was."""
    share = Ratio(Selector("events_total", (("code", "=", "500"),)), EVENTS)
    query = Query(share, timedelta(hours=48))
    thinned, whole = (SeriesStore({"events_total"}, EVERY, query.window, max_samples=most) for most in (500, 50_000))
    dice, counts = random.Random(1), {"200": 0.0, "500": 0.0}
    for look in range(5_000):
        counts = {code: 0.0 if look % 1501 == 1500 else count + dice.randrange(5) for code, count in counts.items()}
        for each in (thinned, whole):
            each.add(T0 + look * EVERY, [("events_total", {"code": code}, count) for code, count in counts.items()])
    now = T0 + 4_999 * EVERY
    assert answer(thinned, query, now) == answer(whole, query, now)
    assert samples_in(thinned) <= 500
    newest = [one.times[-1] - one.times[-50] for one in thinned.find(EVENTS)]
    assert newest == [49 * 5, 49 * 5], "what is new is kept in full"


def test_coverage_is_the_share_of_looks_that_found_something() -> None:
    kept = store()
    for look in range(60):
        if look % 4:
            kept.add(T0 + look * EVERY, [("events_total", {}, float(look))])
        else:
            kept.fail("refused")
    assert answer(kept, RATE, T0 + 59 * EVERY).coverage == 0.75
