"""Percentiles against an oracle of a few lines, and the figures that the documents name."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.slo.quantile import (
    Decision,
    chance_of_at_most,
    clean_samples_for,
    decide,
    is_over,
    nearest_rank,
    proves,
    rank_of,
    share_at_least,
    share_at_most,
)

SAMPLES = st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=1, max_size=200)
PERCENT = st.integers(1, 100)
COUNTS = st.integers(1, 120).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


def oracle(values: list[float | None], percent: int) -> float | None:
    """Sort with failures last, and step to the first place that has `percent` % of them at or below it."""
    ordered = sorted(values, key=lambda value: math.inf if value is None else value)
    for place, value in enumerate(ordered, start=1):
        if place * 100 >= percent * len(ordered):
            return value
    raise AssertionError("there is always such a place")


@given(SAMPLES, PERCENT)
def test_the_nearest_rank_is_the_oracles(values: list[float | None], percent: int) -> None:
    assert nearest_rank(values, percent / 100) == oracle(values, percent)


@given(SAMPLES, PERCENT, st.floats(0, 1e6))
def test_counting_decides_as_the_percentile_does(values: list[float | None], percent: int, limit: float) -> None:
    value = nearest_rank(values, percent / 100)
    over = sum(1 for each in values if each is None or each > limit)
    assert is_over(over, len(values), percent / 100) == (value is None or value > limit)


@given(SAMPLES, PERCENT)
def test_a_sample_that_fails_instead_never_lowers_the_percentile(values: list[float | None], percent: int) -> None:
    def size(value: float | None) -> float:
        return math.inf if value is None else value

    before = size(nearest_rank(values, percent / 100))
    assert size(nearest_rank([None, *values[1:]], percent / 100)) >= before


@pytest.mark.parametrize(
    ("n", "p", "place"),
    [
        (30, 0.95, 29),
        (20, 0.95, 19),
        (1, 0.95, 1),
        (100, 0.07, 7),
        (100, 0.29, 29),
        (10, 1.0, 10),
        (1000, 0.999, 999),
    ],
    ids=lambda value: str(value),
)
def test_the_rank_is_exact_where_floats_are_not(n: int, p: float, place: int) -> None:
    assert rank_of(n, p) == place


@pytest.mark.parametrize(("n", "p"), [(0, 0.95), (5, 0.0), (5, 1.1), (5, -1.0)])
def test_no_samples_and_no_percentile_are_refused(n: int, p: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        rank_of(n, p)


def exact_chance(k: int, n: int, rate: Fraction) -> Fraction:
    return sum((math.comb(n, i) * rate**i * (1 - rate) ** (n - i) for i in range(k + 1)), Fraction(0))


@given(COUNTS, st.integers(0, 100))
def test_the_binomial_sum_is_that_of_exact_arithmetic(counts: tuple[int, int], percent: int) -> None:
    n, k = counts
    assert chance_of_at_most(k, n, percent / 100) == pytest.approx(
        float(exact_chance(k, n, Fraction(percent, 100))), abs=1e-9
    )


@given(COUNTS)
def test_the_upper_bound_is_where_so_few_become_unlikely(counts: tuple[int, int]) -> None:
    n, over = counts
    bound = share_at_most(n, over)
    assert over / n <= bound <= 1
    if over < n:
        assert chance_of_at_most(over, n, bound) == pytest.approx(0.05, abs=1e-6)


@given(COUNTS)
def test_the_bounds_enclose_what_was_counted(counts: tuple[int, int]) -> None:
    n, over = counts
    assert share_at_least(n, over) <= over / n <= share_at_most(n, over)


def test_30_clean_samples_prove_p90_and_not_p91() -> None:
    assert 0.90 <= proves(30, 0) < 0.91


@pytest.mark.parametrize(("p", "count"), [(0.95, 59), (0.90, 29), (0.99, 299), (0.5, 5)])
def test_so_many_clean_samples_prove_a_percentile(p: float, count: int) -> None:
    assert clean_samples_for(p) == count
    assert proves(count - 1, 0) < p <= proves(count, 0)


@pytest.mark.parametrize(
    ("n", "over", "decision"),
    [
        (59, 0, Decision.PASS),
        (58, 0, Decision.CONTINUE),
        (30, 0, Decision.CONTINUE),
        (93, 1, Decision.PASS),
        (92, 1, Decision.CONTINUE),
        (30, 5, Decision.FAIL),
        (30, 4, Decision.CONTINUE),
        (30, 30, Decision.FAIL),
    ],
    ids=lambda value: str(value),
)
def test_p95_is_decided_by_the_exact_bound(n: int, over: int, decision: Decision) -> None:
    assert decide(n, over, 0.95) is decision


@given(COUNTS, st.integers(50, 99))
def test_one_more_sample_over_never_makes_a_decision_better(counts: tuple[int, int], percent: int) -> None:
    n, over = counts
    order = [Decision.PASS, Decision.CONTINUE, Decision.FAIL]
    worse = decide(n, min(n, over + 1), percent / 100)
    assert order.index(worse) >= order.index(decide(n, over, percent / 100))
