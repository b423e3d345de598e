"""Conditions on a signal: what can be written, what is refused at load, and what decides."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.slo.baseline import Baseline
from warroom.slo.conditions import (
    OverBaseline,
    SignalCondition,
    Threshold,
    Trending,
    check,
    evaluate,
    parse_condition,
)
from warroom.slo.reading import Reading
from warroom.slo.unit import parse_unit

NOW = datetime(2025, 11, 1, 2, tzinfo=UTC)
DEPTH = {"queue_depth": Baseline("queue_depth", 400.0, timedelta(minutes=5), 20, NOW)}


def at(value: float | None, **more: object) -> Reading:
    return Reading(NOW, value, **more)  # type: ignore[arg-type]


def threshold(text: str) -> Threshold:
    condition = parse_condition(text)
    assert isinstance(condition, Threshold)
    return condition


@pytest.mark.parametrize(
    ("text", "op", "number"),
    [
        (">= 1%", ">=", 0.01),
        ("> 300ms", ">", 0.3),
        ("<98%", "<", 0.98),
        ("<= 2.3 %", "<=", 0.023),
        ("> 2m", ">", 120.0),
        (">= 30/min", ">=", 0.5),
        ("< 30 events/min", "<", 0.5),
        ("> 800", ">", 800.0),
        ("> 1.5K", ">", 1500.0),
        ("!= 0", "!=", 0.0),
        ("== 1", "==", 1.0),
        ("> -2", ">", -2.0),
        ("> 800 messages", ">", 800.0),
    ],
)
def test_a_number_is_read_in_base_units(text: str, op: str, number: float) -> None:
    condition = threshold(text)
    assert (condition.op, condition.number) == (op, number)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("> 2x baseline.queue_depth", OverBaseline("> 2x baseline.queue_depth", ">", 2.0, "queue_depth")),
        (">= 1.5 x baseline.p95", OverBaseline(">= 1.5 x baseline.p95", ">=", 1.5, "p95")),
        ("> baseline.p95", OverBaseline("> baseline.p95", ">", 1.0, "p95")),
        ("growing over 30m", Trending("growing over 30m", "growing", timedelta(minutes=30))),
        ("growing", Trending("growing", "growing", timedelta(minutes=30))),
        ("falling over 1h", Trending("falling over 1h", "falling", timedelta(hours=1))),
        ("stable", Trending("stable", "stable", timedelta(minutes=30))),
    ],
)
def test_a_multiple_of_a_baseline_and_a_trend_are_read(text: str, condition: SignalCondition) -> None:
    assert parse_condition(text) == condition


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1%", "is not a condition on a signal; write for example >= 1%"),
        ("=> 1%", "is not a condition on a signal"),
        ("> ", "is not a condition on a signal"),
        ("> 2x baseline", "write for example .* > 2x baseline.queue_depth"),
        ("> 0x baseline.queue_depth", "multiplied by a number over 0"),
        ("growing over 30", "needs a unit: which one is '30', 30s, 30m or 30h"),
        ("growing for 30m", "growing over 30m"),
        ("> 5/fortnight", "a rate is per s, min, hour, day or week"),
        ("> NaN", "is not a condition on a signal"),
        ("present", "is not a condition on a signal"),
    ],
)
def test_what_is_not_a_condition_is_said_with_an_example(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_condition(text)


@pytest.mark.parametrize(
    ("text", "unit", "problem"),
    [
        (">= 1%", "%", ""),
        ("> 300ms", "s", ""),
        ("> 2/s", "events/min", ""),
        ("> 800", "messages", ""),
        ("> 800 messages", "messages", ""),
        ("> 1K", "messages", ""),
        ("> 2x baseline.queue_depth", "messages", ""),
        ("growing over 30m", "%", ""),
        ("> 300ms", "%", "'> 300ms': the signal is in %, which cannot be compared with ms"),
        (">= 1%", "", "'>= 1%': the signal is a plain number, which cannot be compared with %"),
        (">= 1", "%", "'>= 1': which unit? The signal is in %, write for example 0.5%"),
        ("> 300", "ms", "'> 300': which unit? The signal is in ms, write for example 300ms"),
        ("> 800 rows", "messages", "'> 800 rows': the signal counts messages, not rows"),
        ("> 2 rows/s", "events/min", "'> 2 rows/s': the signal counts events, not rows"),
        ("> 800 rows", "", "'> 800 rows': the signal counts plain numbers, not rows"),
        ("> 150%", "%", "'> 150%': a share lies between 0% and 100%"),
    ],
)
def test_a_unit_that_does_not_fit_is_found_at_load(text: str, unit: str, problem: str) -> None:
    assert check(parse_condition(text), parse_unit(unit)) == problem


@pytest.mark.parametrize(
    ("text", "value", "unit", "truth", "reason"),
    [
        (">= 1%", 10 / 1000, "%", True, "1% is >= 1%"),
        (">= 1%", 9 / 1000, "%", False, "0.9% is not >= 1%"),
        ("> 300ms", 0.3, "ms", False, "300ms is not > 300ms"),
        ("> 300ms", 0.301, "ms", True, "301ms is > 300ms"),
        ("< 98%", 98 / 100, "%", False, "98% is not < 98%"),
        ("< 98%", 979 / 1000, "%", True, "97.9% is < 98%"),
        ("!= 0", 0.0, "", False, "0 is not != 0"),
        ("> 2x baseline.queue_depth", 800.0, "messages", False, "800 messages is not > 800 messages"),
        ("> 2x baseline.queue_depth", 801.0, "messages", True, "801 messages is > 800 messages"),
    ],
)
def test_operators_are_kept_literally(text: str, value: float, unit: str, truth: bool, reason: str) -> None:
    found = evaluate(parse_condition(text), at(value), unit=parse_unit(unit), baselines=DEPTH)
    assert (found.truth, found.reason) == (truth, reason)


def test_every_share_of_a_thousand_is_at_its_own_limit_exactly() -> None:
    """No rounding moves a share over the limit that it is at."""
    for part in range(1001):
        limit = f"{part / 10}%"
        assert evaluate(threshold(f">= {limit}"), at(part / 1000)).truth is True
        assert evaluate(threshold(f"> {limit}"), at(part / 1000)).truth is False


@pytest.mark.parametrize(
    ("text", "low", "high", "truth"),
    [
        ("> 300ms", 0.3, 0.5, True),
        ("> 300ms", 0.5, None, True),
        ("> 300ms", 0.1, 0.3, False),
        ("> 300ms", 0.1, 0.5, None),
        ("> 300ms", 0.1, None, None),
        (">= 300ms", 0.3, 0.5, True),
        (">= 300ms", 0.1, 0.3, None),
        (">= 300ms", 0.1, 0.25, False),
        ("<= 300ms", 0.1, 0.3, True),
        ("<= 300ms", 0.3, 0.5, False),
        ("< 300ms", 0.1, 0.3, None),
        ("< 300ms", 0.1, 0.25, True),
        ("< 300ms", 0.3, None, False),
        ("== 300ms", 0.1, 0.3, None),
        ("== 300ms", 0.3, 0.5, False),
        ("!= 300ms", 0.3, None, True),
        ("!= 300ms", 0.1, 0.5, None),
    ],
)
def test_a_bucket_decides_only_as_a_whole(text: str, low: float, high: float | None, truth: bool | None) -> None:
    """A bucket is over its lower end, and not over its upper one."""
    reading = at(low if high is None else (low + high) / 2, low=low, high=high)
    assert evaluate(parse_condition(text), reading).truth is truth


@given(
    st.sampled_from([">", ">=", "<", "<=", "==", "!="]),
    st.integers(0, 8),
    st.integers(0, 7),
    st.integers(1, 4),
)
def test_what_a_bucket_decides_holds_for_every_value_in_it(op: str, limit: int, low: int, width: int) -> None:
    condition = parse_condition(f"{op} {limit}")
    decided = evaluate(condition, at(low + width / 2, low=low, high=low + width)).truth
    inside = [low + step / 8 for step in range(1, width * 8 + 1)]
    truths = {evaluate(condition, at(value)).truth for value in inside}
    assert decided is (truths.pop() if len(truths) == 1 else None)


def test_the_reason_names_the_bucket_that_the_limit_lies_in() -> None:
    found = evaluate(parse_condition("> 300ms"), at(0.2, low=0.1, high=0.5), unit=parse_unit("ms"))
    assert found.reason == "the limit 300ms lies inside the bucket 100ms..500ms"
    last = evaluate(parse_condition("> 20s"), at(10, low=10, high=None), unit=parse_unit("s"))
    assert last.reason == "the limit 20s lies inside the bucket 10s..no end"


@pytest.mark.parametrize(
    ("text", "truth", "reason"),
    [
        ("> 3", True, "4 is > 3, of 20% of the window"),
        (">= 4", True, "4 is >= 4, of 20% of the window"),
        ("> 2x baseline.q", True, "4 is > 2, of 20% of the window"),
        ("> 4", None, "only 20% of the window was observed, 80% are needed"),
        ("< 5", None, "only 20% of the window was observed, 80% are needed"),
        ("<= 4", None, "only 20% of the window was observed, 80% are needed"),
        ("!= 0", None, "only 20% of the window was observed, 80% are needed"),
        ("== 4", None, "only 20% of the window was observed, 80% are needed"),
        ("growing over 30m", None, "only 20% of the window was observed, 80% are needed"),
    ],
)
def test_what_was_counted_of_a_part_of_a_window_may_be_over_a_limit_already_and_is_never_under_one(
    text: str, truth: bool | None, reason: str
) -> None:
    reading = at(4, coverage=0.2, at_least=True)
    found = evaluate(parse_condition(text), reading, baselines={"q": Baseline("q", 1.0)})
    assert (found.truth, found.reason) == (truth, reason)


@pytest.mark.parametrize(
    ("text", "reading", "baselines", "reason"),
    [
        pytest.param("> 1", Reading.missing(NOW, "refused"), {}, "refused", id="no data"),
        pytest.param("> 1", at(None), {}, "no data", id="no data and no reason"),
        pytest.param("> 1", at(5, coverage=0.79), {}, "only 79% of the window", id="too little was observed"),
        pytest.param("> 2x baseline.q", at(5), {}, "baseline.q has not been captured", id="no baseline"),
        pytest.param("> 2x baseline.q", at(5), {"q": Baseline("q", 0.0)}, "baseline.q: it is 0", id="one of 0"),
        pytest.param(
            "> 2x baseline.q", at(5), {"q": Baseline("q", None, reason="only 3 values")}, "baseline.q: only 3 values",
            id="a baseline that could not be captured",
        ),
        pytest.param("growing over 30m", at(5), {}, "the trend over 30m is not known", id="no history"),
    ],
)  # fmt: skip
def test_what_the_data_do_not_decide_is_missing(
    text: str, reading: Reading, baselines: dict[str, Baseline], reason: str
) -> None:
    found = evaluate(parse_condition(text), reading, baselines=baselines)
    assert found.truth is None
    assert reason in found.reason


@pytest.mark.parametrize(
    ("text", "truth"),
    [("> 300ms", True), ("!= 1s", True), ("== 1s", False), (">= 300ms", True), ("<= 300ms", False), ("< 1h", False)],
)
def test_a_percentile_among_samples_without_an_answer_is_over_every_limit(text: str, truth: bool) -> None:
    found = evaluate(parse_condition(text), at(None, beyond=True, reason="no answer"))
    assert (found.truth, found.reason) == (truth, "no answer")


@pytest.mark.parametrize(
    ("text", "per_minute", "truth"),
    [
        ("growing over 30m", 10, True),
        ("growing over 30m", 0, False),
        ("growing over 30m", -10, False),
        ("falling over 30m", -10, True),
        ("stable", 0, True),
        ("stable", 10, False),
        ("stable", -10, True),
    ],
)
def test_a_trend_is_true_or_false_over_its_window(text: str, per_minute: float, truth: bool) -> None:
    history = [(NOW - timedelta(minutes=30 - minute), 1000 + per_minute * minute) for minute in range(31)]
    found = evaluate(parse_condition(text), at(history[-1][1]), history=history)
    assert found.truth is truth


@pytest.mark.covers("S3-O01")
@pytest.mark.parametrize("value", [99.5, 2.01, -40.0], ids=["percent for a share", "more than twice all", "below"])
@pytest.mark.parametrize("text", ["< 98%", ">= 1%", "> 2x baseline.queue_depth"])
def test_a_share_that_cannot_be_one_decides_nothing_and_names_what_was_meant(text: str, value: float) -> None:
    found = evaluate(parse_condition(text), at(value), unit=parse_unit("%"), baselines=DEPTH)
    assert found.truth is None
    assert found.reason == f"{parse_unit('%').show(value)} is no share: the source has to give 0..1, not percent"


def test_two_counters_read_apart_may_make_a_little_over_one() -> None:
    assert evaluate(parse_condition("< 98%"), at(1.04), unit=parse_unit("%")).truth is False


def test_only_a_share_has_a_greatest_number() -> None:
    assert evaluate(parse_condition("> 98"), at(9_900.0), unit=parse_unit("messages")).truth is True
