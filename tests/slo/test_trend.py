"""Trends: growth is told from noise, and what is not known is not steady."""

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest

from warroom.slo.trend import SIGNIFICANCE, Direction, Point, chance_of, trend_of

NOW = datetime(2025, 11, 1, 2, tzinfo=UTC)
OVER = timedelta(minutes=30)
EVERY = timedelta(seconds=15)
N = 121


def history(values: list[float | None], every: timedelta = EVERY) -> list[Point]:
    """The values at equal distances, the last of them now."""
    return [(NOW - (len(values) - 1 - place) * every, value) for place, value in enumerate(values)]


def noisy(dice: random.Random, slope: float, noise: float = 20.0) -> list[float | None]:
    return [400 + slope * place + dice.gauss(0, noise) for place in range(N)]


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        pytest.param([400 + place for place in range(N)], Direction.RISING, id="a line up"),
        pytest.param([400 - place for place in range(N)], Direction.FALLING, id="a line down"),
        pytest.param([400.0] * N, Direction.STEADY, id="the same value"),
        pytest.param([0.0] * N, Direction.STEADY, id="nothing at all"),
        pytest.param([400 + place * 0.1 for place in range(N)], Direction.STEADY, id="3 % more, however clearly"),
        pytest.param([400 + 100 * (place % 40) / 40 for place in range(N)], Direction.STEADY, id="a saw that drains"),
        pytest.param([0.0] * 60 + [place * 5.0 for place in range(61)], Direction.RISING, id="from zero on"),
        pytest.param([400.0] * 119 + [9000.0] * 2, Direction.STEADY, id="a spike at the end"),
        pytest.param([float(2**place) for place in range(N)], Direction.RISING, id="doubling"),
    ],
)
def test_the_direction_of_a_series(values: list[float | None], direction: Direction) -> None:
    assert trend_of(history(values), OVER, NOW).direction is direction


def test_the_slope_is_per_second() -> None:
    assert trend_of(history([400 + place for place in range(N)]), OVER, NOW).per_s == pytest.approx(1 / 15)


def test_growth_is_found_under_noise_of_its_own_size() -> None:
    dice = random.Random(2)
    found = [trend_of(history(noisy(dice, 0.5)), OVER, NOW).direction for _ in range(200)]
    assert found.count(Direction.RISING) >= 190


def test_noise_alone_is_seldom_taken_for_growth() -> None:
    dice = random.Random(2)
    found = [trend_of(history(noisy(dice, 0.0, 100.0)), OVER, NOW).direction for _ in range(1000)]
    assert found.count(Direction.RISING) <= 2 * SIGNIFICANCE * 1000


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        pytest.param([], "0 of its 10 parts have a value, 8 are needed", id="no values"),
        pytest.param([1.0], "1 of its 10 parts have a value", id="one value"),
        pytest.param([float(place) for place in range(60)], "5 of its 10 parts", id="half of the window"),
        pytest.param([None] * N, "0 of its 10 parts", id="missing values"),
        pytest.param([1.0] * 60 + [None] * 61, "5 of its 10 parts", id="silence since the half"),
    ],
)
def test_what_is_not_known_is_not_steady(values: list[float | None], reason: str) -> None:
    found = trend_of(history(values), OVER, NOW)
    assert found.direction is Direction.UNKNOWN
    assert found.reason.startswith("the trend over 30m is not known: ")
    assert reason in found.reason


def test_gaps_up_to_a_fifth_are_bridged() -> None:
    values: list[float | None] = [400.0 + place for place in range(N)]
    values[12:36] = [None] * 24
    assert trend_of(history(values), OVER, NOW).direction is Direction.RISING


def test_only_the_window_counts() -> None:
    before: list[float | None] = [float(place) for place in range(500)]
    assert trend_of(history([*before, *[400.0] * N]), OVER, NOW).direction is Direction.STEADY
    ahead = [*history([400.0] * N), (NOW + EVERY, 1e9)]
    assert trend_of(ahead, OVER, NOW).n == N - 1


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_the_chance_is_that_of_all_orders(n: int) -> None:
    pairs = list(itertools.combinations(range(n), 2))
    balances = [
        sum((order[b] > order[a]) - (order[b] < order[a]) for a, b in pairs)
        for order in itertools.permutations(range(n))
    ]
    for balance in range(len(pairs) + 2):
        expected = sum(each >= balance for each in balances) / len(balances)
        assert chance_of(balance, n) == pytest.approx(expected)


def test_a_trend_that_is_not_known_because_nobody_has_looked_for_longer_says_so() -> None:
    over = timedelta(minutes=30)
    points = [(NOW - timedelta(minutes=back), 3.0) for back in range(30, -1, -1)]
    assert trend_of(points[-10:], over, NOW).filling
    holes = [point for place, point in enumerate(points) if place % 6 == 0][:3] + points[-6:]
    assert trend_of(holes, over, NOW).reason
    assert not trend_of(holes, over, NOW).filling
    assert not trend_of([], over, NOW).filling
    # Values that are missing say that somebody looked.
    outage = [(at, value if place > 20 else None) for place, (at, value) in enumerate(points)]
    assert not trend_of(outage, over, NOW).filling
