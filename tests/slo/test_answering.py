"""What repeated looks at an exposition say about a query, and why they may say nothing."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from warroom.slo.answering import answer, answers_by_label, longest_of, names_of
from warroom.slo.conditions import evaluate, parse_condition
from warroom.slo.query import Availability, Count, Fold, Measure, Quantile, Query, Rate, Ratio, Value
from warroom.slo.selector import parse_selector
from warroom.slo.series import Exposed, SeriesStore

T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
EVERY = timedelta(seconds=5)
FIVE_MINUTES = timedelta(minutes=5)
ERRORS = Ratio(parse_selector('requests_total{code=~"5.."}'), parse_selector("requests_total"))
BOUNDS = ("0.1", "0.3", "+Inf")


def store_for(*queries: Query, **more: Any) -> SeriesStore:
    return SeriesStore(names_of(queries), EVERY, longest_of(queries), **more)


def requests(counts: Mapping[str, float], name: str = "requests_total") -> list[Exposed]:
    """One counter for each status code."""
    return [(name, {"code": code}, float(count)) for code, count in counts.items()]


def looked(query: Query, *looks: Iterable[Exposed]) -> tuple[SeriesStore, datetime]:
    """A store after these looks, and when the last of them was."""
    store = store_for(query)
    for place, samples in enumerate(looks):
        store.add(T0 + place * EVERY, samples)
    return store, T0 + (len(looks) - 1) * EVERY


@pytest.mark.parametrize(
    "measure", [ERRORS, Rate(parse_selector("requests_total")), Count(parse_selector("requests_total"))]
)
def test_events_are_those_between_the_looks_and_the_span_of_these_is_told(measure: Measure) -> None:
    query = Query(measure, timedelta(seconds=28))
    store, now = looked(query, *(requests({"200": 90 * i, "500": 10 * i}) for i in range(10)))
    reading = answer(store, query, now)
    assert (reading.n, reading.counted_s) == (500.0, 25.0)


class TestRatio:
    QUERY = Query(ERRORS, FIVE_MINUTES, "code")

    def test_one_error_in_a_hundred_is_one_percent_exactly(self) -> None:
        store, now = looked(self.QUERY, *(requests({"200": 990 * i, "500": 10 * i}) for i in range(61)))
        reading = answer(store, self.QUERY, now)
        assert (reading.value, reading.n, reading.coverage) == (0.01, 60_000, 1.0)

    def test_a_restart_loses_nothing(self) -> None:
        looks = [{"200": 90, "500": 10}, {"200": 180, "500": 20}, {"200": 9, "500": 1}, {"200": 18, "500": 2}]
        store, now = looked(self.QUERY, *map(requests, looks))
        reading = answer(store, self.QUERY, now)
        assert (reading.value, reading.n) == (0.1, 120)

    def test_no_traffic_is_no_data(self) -> None:
        store, now = looked(self.QUERY, *[requests({"200": 990, "500": 10})] * 61)
        reading = answer(store, self.QUERY, now)
        assert (reading.value, reading.reason) == (None, "requests_total did not grow in the window")
        assert reading.n == 0, "the source answers, and nothing was counted"

    def test_a_code_that_never_came_is_no_error(self) -> None:
        store, now = looked(self.QUERY, *(requests({"200": 10 * i}) for i in range(61)))
        assert answer(store, self.QUERY, now).value == 0.0

    def test_the_first_look_is_no_data(self) -> None:
        store, now = looked(self.QUERY, requests({"200": 1}))
        assert answer(store, self.QUERY, now).reason == "requests_total has fewer than two samples in the window"

    def test_the_good_share_is_one_minus_the_bad_one(self) -> None:
        query = Query(Ratio(ERRORS.of, ERRORS.to, inverted=True), FIVE_MINUTES)
        store, now = looked(query, *(requests({"200": 98 * i, "500": 2 * i}) for i in range(61)))
        assert answer(store, query, now).value == 0.98

    def test_a_window_that_is_half_filled_says_so(self) -> None:
        store, now = looked(self.QUERY, *(requests({"200": 10 * i}) for i in range(30)))
        reading = answer(store, self.QUERY, now)
        assert (reading.coverage, reading.filling) == (0.5, True)
        assert reading.too_little() == "the window is filling: 50% of it is there, 80% are needed"

    def test_a_window_that_lost_half_of_its_looks_is_not_one_that_fills(self) -> None:
        store = store_for(self.QUERY)
        for i in range(0, 61, 2):
            store.add(T0 + i * EVERY, requests({"200": 10 * i}))
        reading = answer(store, self.QUERY, T0 + 60 * EVERY)
        assert (reading.coverage, reading.filling) == (0.5, False)
        assert reading.too_little() == "only 50% of the window was observed, 80% are needed"

    def test_a_young_window_that_lost_half_of_its_looks_is_not_one_that_fills(self) -> None:
        store = store_for(self.QUERY)
        for i in range(0, 21, 2):
            store.add(T0 + i * EVERY, requests({"200": 10 * i}))
        assert answer(store, self.QUERY, T0 + 20 * EVERY).filling is False

    def test_the_first_look_begins_to_fill_it(self) -> None:
        store, now = looked(self.QUERY, requests({"200": 10}))
        assert answer(store, self.QUERY, now).filling is True
        store.fail("refused")
        assert answer(store, self.QUERY, now + EVERY).filling is False

    @pytest.mark.parametrize("away", [40, 61, 3_000])
    def test_after_an_outage_a_window_does_not_fill_it_has_lost_looks(self, away: int) -> None:
        store = store_for(self.QUERY)
        for i in (*range(61), *range(61 + away, 71 + away)):
            store.add(T0 + i * EVERY, requests({"200": 10 * i}))
        reading = answer(store, self.QUERY, T0 + (70 + away) * EVERY)
        assert reading.coverage < 0.8
        assert (reading.filling, reading.too_little()[:5]) == (False, "only ")

    def test_samples_before_the_window_do_not_count(self) -> None:
        before, after = (
            ({"200": 10 * i, "500": 10 * i} for i in (0, 1)),
            [{"200": 100 + i, "500": 10} for i in range(61)],
        )
        store, now = looked(self.QUERY, *map(requests, before), *map(requests, after))
        assert answer(store, self.QUERY, now).value == 0.0

    def test_errors_by_their_code_are_parts_of_the_whole(self) -> None:
        store, now = looked(self.QUERY, *(requests({"503": i, "500": 2 * i, "200": 97 * i}) for i in range(61)))
        parts = answers_by_label(store, self.QUERY, now)
        assert {code: reading.value for code, reading in parts.items()} == {"500": 0.02, "503": 0.01}
        assert list(parts) == ["500", "503"]

    def test_errors_by_route_are_parts_of_that_route(self) -> None:
        query = Query(ERRORS, FIVE_MINUTES, "route")
        looks = [
            [
                ("requests_total", {"route": route, "code": code}, float(i * n))
                for route, code, n in (("/a", "200", 9), ("/a", "500", 1), ("/b", "200", 5), ("/b", "500", 5))
            ]
            for i in range(3)
        ]
        store, now = looked(query, *looks)
        parts = answers_by_label(store, query, now)
        assert {route: reading.value for route, reading in parts.items()} == {"/a": 0.1, "/b": 0.5}


class TestQuantile:
    QUERY = Query(Quantile(0.95, parse_selector("latency_seconds")), FIVE_MINUTES)

    def looks(self, *per_bucket: int, times: int = 61) -> tuple[SeriesStore, datetime]:
        """So many observations in each bucket (not cumulative) between two looks."""
        return looked(
            self.QUERY,
            *(
                [
                    ("latency_seconds_bucket", {"le": bound}, float(i * sum(per_bucket[: place + 1])))
                    for place, bound in enumerate(BOUNDS)
                ]
                for i in range(times)
            ),
        )

    @pytest.mark.parametrize(
        ("per_bucket", "value", "low", "high"),
        [
            pytest.param((90, 7, 3), 0.2428571, 0.1, 0.3, id="inside a bucket"),
            pytest.param((95, 5, 0), 0.1, 0.0, 0.1, id="at the upper end of a bucket it belongs to that bucket"),
            pytest.param((100, 0, 0), 0.095, 0.0, 0.1, id="in the first bucket, which begins at 0"),
            pytest.param((50, 40, 10), 0.3, 0.3, None, id="in the last bucket, which has no end"),
        ],
    )
    def test_the_value_lies_in_its_bucket(
        self, per_bucket: tuple[int, ...], value: float, low: float, high: float | None
    ) -> None:
        store, now = self.looks(*per_bucket)
        reading = answer(store, self.QUERY, now)
        assert (reading.low, reading.high) == (low, high)
        assert reading.value == pytest.approx(value)
        assert reading.n == 60 * sum(per_bucket)

    def test_without_an_observation_there_is_no_data(self) -> None:
        store, now = self.looks(0, 0, 0)
        assert answer(store, self.QUERY, now).reason == "latency_seconds observed nothing in the window"

    def test_a_bucket_that_is_no_number_is_left_out(self) -> None:
        store, now = self.looks(95, 5, 0)
        store.add(now + EVERY, [("latency_seconds_bucket", {"le": "many"}, 5.0)])
        assert answer(store, self.QUERY, now + EVERY).value == pytest.approx(0.1)

    @pytest.mark.parametrize(("fast", "slow"), [("0.1", "0.3"), ("0.3", "0.1")], ids=["estimated lower", "higher"])
    def test_where_two_ways_of_counting_differ_the_interval_holds_both(self, fast: str, slow: str) -> None:
        """Prometheus extends a bucket that began to count in the window by less than one that counted before."""
        query = Query(self.QUERY.measure, timedelta(seconds=14))
        seen = {"0.1": 94, "0.3": 100} if fast == "0.1" else {"0.1": 96, "0.3": 100}
        store = store_for(query)
        for i in range(3):
            counts = {fast: 1000 + seen[fast] / 2 * i, slow: seen[slow] / 2 * i, "+Inf": seen["0.3"] / 2 * i}
            counts["+Inf"] += 1000 if slow == "0.1" else 0
            store.add(T0 + i * EVERY, [("latency_seconds_bucket", {"le": le}, n) for le, n in counts.items()])
        reading = answer(store, query, T0 + 2 * EVERY)
        assert (reading.low, reading.high) == (0.0, 0.3)
        assert reading.value is not None
        assert 0.0 < reading.value <= 0.3


class TestValue:
    @pytest.mark.parametrize(("fold", "value"), [("sum", 12.0), ("max", 7.0), ("min", 1.0), ("avg", 4.0)])
    def test_gauges_become_one_number(self, fold: Fold, value: float) -> None:
        query = Query(Value(parse_selector("depth"), fold))
        store, now = looked(query, [("depth", {"queue": str(n)}, n) for n in (1.0, 4.0, 7.0)])
        assert answer(store, query, now).value == value

    def test_a_series_that_is_gone_no_longer_counts(self) -> None:
        query = Query(Value(parse_selector("depth")))
        store, now = looked(
            query, [("depth", {"q": "a"}, 1.0), ("depth", {"q": "b"}, 5.0)], [("depth", {"q": "a"}, 2.0)]
        )
        assert answer(store, query, now).value == 2.0

    def test_each_queue_by_itself(self) -> None:
        query = Query(Value(parse_selector("depth")), by="q")
        store, now = looked(query, [("depth", {"q": "b"}, 5.0), ("depth", {"q": "a"}, 1.0), ("depth", {}, 3.0)])
        assert [(q, r.value) for q, r in answers_by_label(store, query, now).items()] == [
            ("", 3.0),
            ("a", 1.0),
            ("b", 5.0),
        ]


class TestRate:
    QUERY = Query(Rate(parse_selector("events_total")), FIVE_MINUTES)

    def test_a_rate_is_per_second_and_counts_what_was_seen(self) -> None:
        store, now = looked(self.QUERY, *([("events_total", {}, 100 + 10.0 * i)] for i in range(61)))
        reading = answer(store, self.QUERY, now)
        assert reading.value == pytest.approx(2.0)
        assert reading.n == 600

    def test_nothing_happening_is_a_rate_of_zero(self) -> None:
        store, now = looked(self.QUERY, *[[("events_total", {}, 5.0)]] * 61)
        assert answer(store, self.QUERY, now).value == 0.0

    def test_a_counter_that_never_counted_did_not_grow_as_long_as_its_family_is_there(self) -> None:
        query = Query(Rate(parse_selector('requests_total{code="500"}')), FIVE_MINUTES)
        store, now = looked(query, *(requests({"200": 10 * i}) for i in range(61)))
        assert (answer(store, query, now).value, answer(store, query, now).n) == (0.0, 0.0)
        once, then = looked(query, requests({"200": 1}))
        assert "fewer than two samples" in answer(once, query, then).reason
        unknown, later = looked(query, *(requests({"200": math.nan}) for _ in range(61)))
        assert answer(unknown, query, later).value is None


class TestCount:
    QUERY = Query(Count(parse_selector("breaks_total")), FIVE_MINUTES)

    def test_what_happened_in_the_window_is_a_whole_number_over_restarts(self) -> None:
        store, now = looked(self.QUERY, *([("breaks_total", {}, float(i >= 10) + (i >= 40))] for i in range(61)))
        assert answer(store, self.QUERY, now).value == 2
        store, now = looked(self.QUERY, *([("breaks_total", {}, 3.0 if i < 30 else 1.0)] for i in range(61)))
        assert answer(store, self.QUERY, now).value == 1

    def test_what_was_seen_of_a_window_is_the_least_that_the_whole_one_can_have(self) -> None:
        store, now = looked(self.QUERY, *([("breaks_total", {}, float(i))] for i in range(7)))
        reading = answer(store, self.QUERY, now)
        assert (reading.value, reading.coverage < 0.2, reading.filling) == (6, True, True)
        assert evaluate(parse_condition("> 5"), reading).truth is True
        assert evaluate(parse_condition("> 6"), reading).truth is None
        rate = Query(Rate(parse_selector("breaks_total")), FIVE_MINUTES)
        store, now = looked(rate, *([("breaks_total", {}, float(i))] for i in range(7)))
        assert evaluate(parse_condition("> 0"), answer(store, rate, now)).truth is None

    def test_what_never_happened_is_nought_and_an_unknown_counter_is_missing(self) -> None:
        query = Query(Count(parse_selector('requests_total{code="500"}')), FIVE_MINUTES)
        store, now = looked(query, *(requests({"200": 10 * i}) for i in range(61)))
        assert answer(store, query, now).value == 0
        store, now = looked(self.QUERY, *(requests({"200": 10 * i}) for i in range(61)))
        assert answer(store, self.QUERY, now).value is None


DEPTH = Query(Value(parse_selector("queue_depth")))
LABELLED = Query(Value(parse_selector('queue_depth{qeue="a"}')))
RATE = Query(Rate(parse_selector("queue_depth")), FIVE_MINUTES)


def depth(value: float) -> list[Exposed]:
    return [("queue_depth", {"queue": "a"}, value)]


NO_LABEL = 'no series of queue_depth has the label qeue, which queue_depth{qeue="a"} asks for'
NEAR = "the source has no queue_depth (did you mean 'queue_dept'?)"
NOT_THERE = "the source has no queue_depth"
OTHER: list[Exposed] = [("other", {}, 1.0)]


class TestNoData:
    @pytest.mark.parametrize(
        ("query", "looks", "reason"),
        [
            pytest.param(DEPTH, [[("queue_dept", {}, 5.0)]], NEAR, id="an unknown metric"),
            pytest.param(DEPTH, [[]], NOT_THERE, id="an empty exposition"),
            pytest.param(LABELLED, [depth(5)], NO_LABEL, id="an unknown label"),
            pytest.param(DEPTH, [depth(math.nan)], "is not a number", id="NaN"),
            pytest.param(DEPTH, [depth(math.inf)], "is not a number", id="infinity"),
            pytest.param(DEPTH, [depth(1) + depth(2)], "is not a number", id="two values for one series"),
            pytest.param(
                RATE, [depth(1), depth(math.nan), depth(3)], "was not a number in the window", id="NaN in the window"
            ),
            pytest.param(DEPTH, [depth(1), OTHER], NOT_THERE, id="a gauge that is gone"),
            pytest.param(RATE, [depth(1), depth(2), OTHER], NOT_THERE, id="a counter that is gone"),
            pytest.param(Query(RATE.measure), [depth(1)], "a window is needed", id="a rate of one moment"),
        ],
    )
    def test_the_reason_says_what_is_wrong(self, query: Query, looks: list[list[Exposed]], reason: str) -> None:
        store, now = looked(query, *looks)
        reading = answer(store, query, now)
        assert not reading.is_known
        assert reason in reading.reason

    def test_before_the_first_look(self) -> None:
        assert answer(store_for(DEPTH), DEPTH, T0).reason == "nobody has looked yet"

    def test_a_look_that_failed_makes_everything_stale_until_one_succeeds(self) -> None:
        store, now = looked(RATE, *([("queue_depth", {}, float(i))] for i in range(10)))
        store.fail("connection refused")
        reading = answer(store, RATE, now + EVERY)
        assert (reading.value, reading.reason) == (None, "the last look failed: connection refused")
        assert answers_by_label(store, Query(RATE.measure, FIVE_MINUTES, "q"), now + EVERY) == {}
        store.add(now + 2 * EVERY, [("queue_depth", {}, 11.0)])
        assert answer(store, RATE, now + 2 * EVERY).is_known

    def test_a_sample_older_than_five_minutes_is_stale(self) -> None:
        store, now = looked(DEPTH, [("queue_depth", {}, 5.0)])
        assert answer(store, DEPTH, now + FIVE_MINUTES).value == 5.0
        late = answer(store, DEPTH, now + FIVE_MINUTES + timedelta(seconds=1))
        assert (late.value, late.reason) == (None, "the newest sample is 5m1s old")

    def test_a_pattern_that_does_not_end_is_no_data(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("warroom.slo.selector._PATTERN_S", 0.01)
        query = Query(Value(parse_selector("depth{path=~`(a|a)*(b|b)*(a+)+c`}")), by="path")
        store, now = looked(query, [("depth", {"path": "a" * 40 + "!"}, 1.0)])
        assert "takes too long" in answer(store, query, now).reason
        assert answers_by_label(store, query, now) == {}

    def test_too_many_series_are_no_data(self) -> None:
        store = store_for(DEPTH, max_series=3)
        store.add(T0, [("queue_depth", {"id": str(i)}, 1.0) for i in range(4)])
        assert answer(store, DEPTH, T0).reason == "there are too many series of queue_depth (over 3 in all)"
        store.add(T0 + EVERY, [("queue_depth", {"id": str(i)}, 1.0) for i in range(3)])
        assert answer(store, DEPTH, T0 + EVERY).value == 3.0

    def test_a_measure_of_something_else_is_a_mistake_of_the_caller(self) -> None:
        wrong: Measure = Availability()
        with pytest.raises(ValueError, match="not a measure of series"):
            names_of([Query(wrong)])
