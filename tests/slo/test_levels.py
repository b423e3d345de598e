"""The level of a signal at its limits, and what comes next."""

from datetime import UTC, datetime, timedelta

import pytest

from warroom.slo.baseline import Baseline
from warroom.slo.conditions import SignalCondition, parse_condition
from warroom.slo.levels import (
    Level,
    Limits,
    Marked,
    direction_problem,
    distance_to,
    level_of,
    next_limit,
    order_problem,
)
from warroom.slo.query import Availability, Latency, Measure, Number
from warroom.slo.reading import Reading
from warroom.slo.unit import parse_unit

NOW = datetime(2025, 11, 1, 2, tzinfo=UTC)
PERCENT = parse_unit("%")


def condition(text: str) -> SignalCondition | None:
    return parse_condition(text) if text else None


def limits(warn: str = "", page: str = "") -> Limits:
    return Limits(condition(warn), condition(page))


@pytest.mark.parametrize(
    ("warn", "page", "value", "level"),
    [
        pytest.param(">= 0.5%", ">= 1%", 0.0049, Level.GREEN, id="0.49 % of errors are green"),
        pytest.param(">= 0.5%", ">= 1%", 0.005, Level.YELLOW, id="0.5 % are yellow"),
        pytest.param(">= 0.5%", ">= 1%", 0.01, Level.RED, id="1 % are red"),
        pytest.param("> 120ms", "> 300ms", 0.12, Level.GREEN, id="120 ms are green"),
        pytest.param("> 120ms", "> 300ms", 0.121, Level.YELLOW, id="121 ms are yellow"),
        pytest.param("> 120ms", "> 300ms", 0.3, Level.YELLOW, id="300 ms are yellow"),
        pytest.param("> 120ms", "> 300ms", 0.301, Level.RED, id="301 ms are red"),
        pytest.param("< 98%", "", 0.98, Level.GREEN, id="98 % of success are green"),
        pytest.param("< 98%", "", 0.979, Level.YELLOW, id="97.9 % are yellow"),
        pytest.param("", "> 300ms", 0.2, Level.GREEN, id="a page limit alone leaves the rest green"),
        pytest.param("", "", 0.2, Level.TRACKED, id="without a limit nothing is green"),
    ],
)
def test_the_level_at_the_limits(warn: str, page: str, value: float, level: Level) -> None:
    assert level_of(limits(warn, page), Reading(NOW, value), NOW).level is level


@pytest.mark.parametrize(
    ("warn", "page", "level"),
    [("> 3", "> 10", Level.YELLOW), ("> 2", "> 3", Level.RED), ("> 4", "", Level.UNKNOWN), ("", "", Level.UNKNOWN)],
)
def test_what_was_counted_of_a_part_of_a_window_is_yellow_or_red_or_unknown(
    warn: str, page: str, level: Level
) -> None:
    assert level_of(limits(warn, page), Reading(NOW, 4.0, coverage=0.2, at_least=True), NOW).level is level


@pytest.mark.parametrize(
    ("reading", "now", "reason"),
    [
        pytest.param(Reading.missing(NOW, "refused"), NOW, "refused", id="no data"),
        pytest.param(Reading(NOW, None), NOW, "no data", id="no data and no reason"),
        pytest.param(
            Reading(NOW, 0.0), NOW + timedelta(minutes=5, seconds=1), "the newest value is 5m1s old", id="too old"
        ),
        pytest.param(Reading(NOW, 0.0, coverage=0.5), NOW, "only 50% of the window was observed", id="half observed"),
    ],
)
@pytest.mark.parametrize("page", [">= 1%", ""], ids=["with a limit", "without one"])
def test_without_enough_data_the_level_is_unknown(reading: Reading, now: datetime, reason: str, page: str) -> None:
    found = level_of(limits("", page), reading, now)
    assert found.level is Level.UNKNOWN
    assert reason in found.reason


def test_five_minutes_old_is_not_too_old() -> None:
    assert level_of(limits("> 1"), Reading(NOW, 0.0), NOW + timedelta(minutes=5)).level is Level.GREEN


@pytest.mark.parametrize(
    ("low", "high", "level", "reason"),
    [
        pytest.param(0.05, 0.12, Level.GREEN, "the bucket 50ms..120ms is not > 120ms", id="all below both limits"),
        pytest.param(0.1, 0.25, Level.UNKNOWN, "the limit 120ms lies inside", id="the warn limit inside"),
        pytest.param(0.12, 0.25, Level.YELLOW, "is > 120ms", id="all between the limits"),
        pytest.param(
            0.25, 0.5, Level.YELLOW, "whether it is red is not known: the limit 300ms lies", id="page inside"
        ),
        pytest.param(0.1, 0.5, Level.UNKNOWN, "the limit 300ms lies inside", id="both limits inside"),
        pytest.param(0.3, 0.5, Level.RED, "is > 300ms", id="all over both limits"),
        pytest.param(0.5, None, Level.RED, "500ms..no end is > 300ms", id="the last bucket"),
    ],
)
def test_a_bucket_is_as_green_as_its_worst_value(low: float, high: float | None, level: Level, reason: str) -> None:
    reading = Reading(NOW, low, low, high)
    found = level_of(limits("> 120ms", "> 300ms"), reading, NOW, unit=parse_unit("ms"))
    assert found.level is level
    assert reason in found.reason


def test_a_limit_without_its_baseline_leaves_the_level_unknown() -> None:
    found = level_of(limits("", "> 2x baseline.q"), Reading(NOW, 5.0), NOW)
    assert (found.level, found.reason) == (Level.UNKNOWN, "baseline.q has not been captured")


@pytest.mark.parametrize("level", list(Level), ids=[level.value for level in Level])
def test_a_colour_never_stands_alone(level: Level) -> None:
    assert level.word == level.value.upper()
    assert len(level.symbol) == 1
    assert [each.symbol for each in Level].count(level.symbol) == 1


@pytest.mark.parametrize(
    ("warn", "page", "problem"),
    [
        (">= 0.5%", ">= 1%", ""),
        ("> 120ms", "> 300ms", ""),
        ("< 98%", "< 95%", ""),
        (">= 1%", "> 1%", ""),
        ("growing over 30m", "> 2x baseline.q", ""),
        ("> 1.5x baseline.q", "> 2x baseline.q", ""),
        ("", ">= 1%", ""),
        ("!= 0", "> 1", ""),
        (">= 1%", ">= 0.5%", "page '>= 0.5%' is milder than warn '>= 1%': red would come before yellow"),
        ("< 95%", "< 98%", "page '< 98%' is milder than warn '< 95%': red would come before yellow"),
        ("> 1%", ">= 1%", "page '>= 1%' is milder than warn '> 1%': red would come before yellow"),
        ("> 2x baseline.q", "> 1x baseline.q", "page '> 1x baseline.q' is milder than warn '> 2x baseline.q'"),
        (">= 1%", ">= 1%", "warn and page are both '>= 1%': the signal would never be yellow"),
        (">= 1%", "<= 5%", "warn '>= 1%' and page '<= 5%' look in opposite directions"),
    ],
)
def test_limits_in_the_wrong_order_are_found_at_load(warn: str, page: str, problem: str) -> None:
    found = order_problem(condition(warn), condition(page))
    assert found.startswith(problem) if problem else found == ""


@pytest.mark.parametrize(
    ("text", "measure", "problem"),
    [
        ("> 99.9%", Availability(), "availability is bad where it is low"),
        ("< 99.9%", Availability(), ""),
        ("< 300ms", Latency(0.95), "latency is bad where it is high"),
        ("> 300ms", Latency(0.95), ""),
        ("< 5", Number("$.depth"), ""),
        ("growing over 30m", Latency(0.95), ""),
        ("!= 100%", Availability(), ""),
    ],
)
def test_a_limit_that_calls_the_good_side_bad_is_found_at_load(text: str, measure: Measure, problem: str) -> None:
    found = direction_problem(parse_condition(text), measure)
    assert problem in found if problem else found == ""


WARN, PAGE = Marked("warn", parse_condition(">= 0.5%")), Marked("page", parse_condition(">= 1%"), "pauses sends")


class TestNext:
    def test_the_nearest_limit_that_does_not_hold_comes_next(self) -> None:
        ahead = next_limit([PAGE, WARN], Reading(NOW, 0.004), PERCENT)
        assert ahead is not None
        assert (ahead.limit, ahead.text) == (WARN, "warn at >= 0.5%, 0.1% away")
        assert ahead.distance == pytest.approx(0.001)

    def test_a_limit_that_holds_is_not_ahead(self) -> None:
        ahead = next_limit([PAGE, WARN], Reading(NOW, 0.007), PERCENT)
        assert ahead is not None
        assert ahead.text == "page at >= 1%, 0.3% away, pauses sends"
        assert next_limit([PAGE, WARN], Reading(NOW, 0.02), PERCENT) is None

    @pytest.mark.parametrize(
        ("per_s", "after"),
        [(0.00001, timedelta(minutes=5)), (-0.00001, None), (0.0, None), (1e-12, None)],
        ids=["towards the limit", "away from it", "not at all", "too slowly to say"],
    )
    def test_when_it_gets_there_is_told_by_the_slope(self, per_s: float, after: timedelta | None) -> None:
        ahead = distance_to(PAGE, Reading(NOW, 0.007), PERCENT, per_s=per_s)
        assert ahead is not None
        assert ahead.after == after
        assert ("in about 5m as it goes, pauses sends" in ahead.text) is (after is not None)

    def test_a_limit_below_is_reached_by_falling(self) -> None:
        ahead = distance_to(Marked("warn", parse_condition("< 98%")), Reading(NOW, 0.99), PERCENT, per_s=-0.0001)
        assert ahead is not None
        assert ahead.after == timedelta(seconds=100)

    def test_a_multiple_of_a_baseline_is_a_limit_as_well(self) -> None:
        twice = Marked("trigger", parse_condition("> 2x baseline.q"))
        ahead = distance_to(twice, Reading(NOW, 700.0), baselines={"q": Baseline("q", 400.0)})
        assert ahead is not None
        assert ahead.distance == 100

    @pytest.mark.parametrize(
        ("limit", "reading"),
        [
            pytest.param("> 2x baseline.q", Reading(NOW, 700.0), id="a baseline that is missing"),
            pytest.param("growing over 30m", Reading(NOW, 700.0), id="a trend"),
            pytest.param("> 5", Reading.missing(NOW, "refused"), id="no data"),
            pytest.param("> 5", Reading(NOW, 4.0, 3.0, 6.0), id="a limit inside the bucket"),
            pytest.param("!= 5", Reading(NOW, 5.0), id="an inequality"),
        ],
    )
    def test_no_distance_where_none_can_be_told(self, limit: str, reading: Reading) -> None:
        assert distance_to(Marked("warn", parse_condition(limit)), reading) is None
