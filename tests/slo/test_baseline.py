"""Baselines: captured from enough values, frozen, and nothing to compare with where they are missing or zero."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from warroom.slo.baseline import Baseline, capture
from warroom.slo.trend import Point

T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
EVERY = timedelta(seconds=15)
OVER = timedelta(minutes=5)


def history(values: Sequence[float | None]) -> list[Point]:
    """One value each 15 s, the last of them at T0."""
    return [(T0 - (len(values) - 1 - place) * EVERY, value) for place, value in enumerate(values)]


def test_a_baseline_is_the_mean_over_its_window() -> None:
    found = capture("depth", history([1000.0] * 5 + [300.0, 500.0] * 10), OVER, T0, EVERY)
    assert found == Baseline("depth", 400.0, OVER, 20, T0)
    assert found.problem == ""


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        pytest.param([], "only 0 values of 20 in the 5m before", id="no values"),
        pytest.param([5.0] * 15, "only 15 values of 20 in the 5m before", id="three quarters of them"),
        pytest.param([5.0, None, None, 5.0, None] * 4, "only 8 values of 20", id="most of them missing"),
        pytest.param([5.0] * 15 + [None] * 20, "only 0 values of 20", id="none in the window"),
        pytest.param([0.0] * 20, "it is 0, and no multiple of that is a limit", id="zero"),
        pytest.param([-1.0] * 20, "it is -1, and no multiple of that is a limit", id="below zero"),
    ],
)
def test_nothing_can_be_compared_with_what_is_missing_or_zero(values: list[float | None], problem: str) -> None:
    assert problem in capture("depth", history(values), OVER, T0, EVERY).problem


def test_four_fifths_of_the_values_are_enough() -> None:
    assert capture("depth", history([5.0] * 16), OVER, T0, EVERY).value == 5.0


def test_values_after_the_capture_do_not_count() -> None:
    later = [*history([5.0] * 20), (T0 + EVERY, 1e9)]
    assert capture("depth", later, OVER, T0, EVERY).value == 5.0


def test_one_that_was_never_captured_says_so() -> None:
    assert Baseline("depth", None).problem == "it has not been captured"
    assert Baseline("depth", 12.0).problem == ""
