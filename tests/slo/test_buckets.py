"""Quantiles from buckets, where Prometheus' own answers are not asked: rounding, disorder, odd bounds."""

import math

import pytest

from warroom.slo.buckets import Bucket, Placed, quantile_of

INF = math.inf


def test_a_quantile_at_the_end_of_a_bucket_is_not_moved_on_by_rounding() -> None:
    placed = quantile_of(0.9, [(0.1, 0.3 * 3), (0.3, 1.0), (INF, 1.0)])
    assert placed is not None
    assert 0.3 * 3 < 0.9, "rounding would move it on"
    assert placed.high == 0.1


def test_a_count_below_the_one_before_it_is_raised_to_it() -> None:
    placed = quantile_of(0.45, [(0.1, 40), (0.3, 30), (0.5, 50), (INF, 100)])
    assert placed == Placed(pytest.approx(0.4), 0.3, 0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "buckets",
    [
        pytest.param([], id="no buckets"),
        pytest.param([(INF, 5.0)], id="one bucket"),
        pytest.param([(0.1, 5.0), (0.3, 6.0)], id="none without a bound"),
        pytest.param([(0.1, 0.0), (INF, 0.0)], id="no observation"),
    ],
)
def test_without_what_it_takes_there_is_no_quantile(buckets: list[Bucket]) -> None:
    assert quantile_of(0.5, buckets) is None


def test_a_first_bucket_below_zero_has_no_lower_end() -> None:
    placed = quantile_of(0.5, [(-1.0, 10.0), (0.0, 10.0), (INF, 10.0)])
    assert placed is not None
    assert (placed.value, placed.high) == (-1.0, -1.0)
    assert placed.low < -1e300
