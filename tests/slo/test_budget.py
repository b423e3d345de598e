"""Error budgets: what is left, how fast it burns, when it is gone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.slo.budget import Budget, Objective, Spending, burns_of, is_burning, is_intact

T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
UPTIME = Objective(0.999, 48 * HOUR)
BY_PROBE = 30  # samples a minute


def spent(down: dict[int, float], minutes: int, objective: Objective = UPTIME) -> Spending:
    """The book after so many minutes, in some of which a share of the samples was bad."""
    book = Spending(objective, T0)
    for minute in range(minutes):
        book.add(T0 + (minute + 1) * MINUTE, MINUTE, BY_PROBE * down.get(minute, 0.0), BY_PROBE)
    return book


def test_the_budget_of_three_nines_over_48_hours_is_2_88_minutes() -> None:
    assert UPTIME.allowed == timedelta(minutes=2.88)


@pytest.mark.parametrize(
    ("down", "left"),
    [
        ({}, 1.0),
        ({5: 1.0}, 1 - 1 / 2.88),
        ({5: 1.0, 6: 0.44}, 0.5),
        ({5: 1.0, 6: 1.0, 7: 0.88}, 0.0),
        ({5: 1.0, 6: 1.0, 7: 1.0}, 1 - 3 / 2.88),
    ],
    ids=["nothing down", "one minute down", "half of it", "all of it", "three minutes are more than there was"],
)
def test_what_is_left_after_an_hour(down: dict[int, float], left: float) -> None:
    budget = spent(down, 60).budget(T0 + HOUR)
    assert budget.left == pytest.approx(left, abs=1e-12)
    assert budget.coverage == 1.0


def test_three_minutes_down_exhaust_it_in_the_third_minute() -> None:
    budget = spent({5: 1.0, 6: 1.0, 7: 1.0}, 60).budget(T0 + HOUR)
    assert budget.is_exhausted
    assert budget.exhausted_at == T0 + 8 * MINUTE


def test_what_is_left_after_two_days_is_the_same() -> None:
    assert spent({5: 1.0}, 48 * 60).budget(T0 + 48 * HOUR).left == pytest.approx(1 - 1 / 2.88)


def test_what_leaves_the_window_is_given_back() -> None:
    book = spent({5: 1.0}, 50 * 60)
    assert book.budget(T0 + 50 * HOUR).left == 1.0
    assert len(book) <= 49 * 60 + 1


def test_what_was_before_t0_does_not_count() -> None:
    book = Spending(UPTIME, T0)
    book.add(T0, MINUTE, 30, 30)
    assert book.budget(T0 + MINUTE).left == 1.0


@pytest.mark.parametrize(
    ("share", "burn", "exhausted_at"),
    [
        pytest.param(0.001, 1.0, None, id="a burn of 1 lasts as long as the window"),
        pytest.param(0.0192, 19.2, T0 + HOUR + (48 * HOUR - 19.2 * HOUR) / 19.2, id="19.2 does not"),
        pytest.param(0.0, 0.0, None, id="no error, no burn"),
    ],
)
def test_when_it_is_gone_at_this_burn(share: float, burn: float, exhausted_at: datetime | None) -> None:
    budget = spent(dict.fromkeys(range(60), share), 60).budget(T0 + HOUR)
    assert budget.burn == pytest.approx(burn)
    if exhausted_at is None:
        assert budget.exhausted_at is None
    else:
        assert budget.exhausted_at is not None
        assert abs(budget.exhausted_at - exhausted_at) < timedelta(seconds=1)


def test_what_nobody_observed_is_neither_good_nor_bad() -> None:
    book = Spending(UPTIME, T0)
    for minute in range(60):
        if minute % 2:
            book.add(T0 + (minute + 1) * MINUTE, MINUTE, 0, BY_PROBE)
        else:
            book.add(T0 + (minute + 1) * MINUTE, MINUTE, 0, 0)  # no traffic
    budget = book.budget(T0 + HOUR)
    assert (budget.left, budget.coverage) == (1.0, 0.5)


def test_before_anything_was_seen_nothing_is_known() -> None:
    budget = Spending(UPTIME, T0).budget(T0)
    assert (budget.left, budget.burn, budget.coverage) == (1.0, None, 0.0)
    assert is_intact(budget, above=0.0, is_paging=False).truth is None


def test_a_slice_that_was_counted_is_not_counted_again() -> None:
    book = spent({5: 1.0}, 60)
    before = book.budget(T0 + HOUR)
    book.add(T0 + 30 * MINUTE, MINUTE, 30, 30)
    assert book.budget(T0 + HOUR) == before


def test_the_share_of_a_window() -> None:
    book = spent({58: 0.5, 59: 1.0}, 60)
    assert book.bad_share(T0 + HOUR, 2 * MINUTE) == (0.75, 1.0)
    assert book.bad_share(T0 + HOUR, 4 * MINUTE) == (0.375, 1.0)
    assert book.bad_share(T0 + HOUR + 2 * MINUTE, 4 * MINUTE) == (0.75, 0.5)
    assert book.bad_share(T0 + 2 * HOUR, 4 * MINUTE) == (None, 0.0)


@pytest.mark.parametrize(
    ("window", "every", "longs", "shorts"),
    [
        (48 * HOUR, 15, ["0:15:00", "1:00:00", "6:00:00"], ["0:01:15", "0:05:00", "0:30:00"]),
        (48 * HOUR, 60, ["0:15:00", "1:00:00", "6:00:00"], ["0:03:00", "0:05:00", "0:30:00"]),
        (16 * HOUR, 5, ["0:05:00", "0:20:00", "2:00:00"], ["0:01:00", "0:01:40", "0:10:00"]),
    ],
    ids=["48 h by 15 s", "the short one is not below three slots", "nor below one minute"],
)
def test_the_burn_alarms_of_a_window(window: timedelta, every: int, longs: list[str], shorts: list[str]) -> None:
    burns = burns_of(window, timedelta(seconds=every))
    assert [burn.factor for burn in burns] == [19.2, 9.6, 2.8]
    assert [str(burn.long) for burn in burns] == longs
    assert [str(burn.short) for burn in burns] == shorts


@pytest.mark.parametrize(
    ("long", "short", "truth"),
    [
        (0.02, 0.02, True),
        (0.0192, 0.02, False),
        (0.02, 0.0192, False),
        (0.02, None, None),
        (None, 0.02, None),
        (None, 0.0, False),
        (0.0, None, False),
        (None, None, None),
    ],
)
def test_it_burns_over_the_factor_in_both_windows(
    long: float | None, short: float | None, truth: bool | None
) -> None:
    fastest = burns_of(UPTIME.window, timedelta(seconds=15))[0]
    found = is_burning(fastest, UPTIME, long, short)
    assert found.truth is truth


def test_the_reason_of_a_burn_names_both_windows() -> None:
    fastest = burns_of(UPTIME.window, timedelta(seconds=15))[0]
    found = is_burning(fastest, UPTIME, 0.02, None)
    assert found.reason == "burns 20x over 15m, unknown over 1m15s; the limit is 19.2x in both"


@pytest.mark.parametrize(
    ("budget", "is_paging", "truth", "reason"),
    [
        (Budget(0.3, 1.0, None, 0.9), False, True, "30% of the budget is left"),
        (Budget(0.25, 1.0, None, 1.0), False, False, "25% of the budget is left, more than 25% is wanted"),
        (Budget(-0.5, 1.0, None, 1.0), False, False, "0% of the budget is left"),
        (Budget(0.3, 30.0, None, 1.0), True, False, "it burns too fast"),
        (Budget(1.0, 0.0, None, 0.89), False, None, "only 89% of the time was observed, 90% are needed"),
    ],
    ids=["enough left", "no more than asked", "overspent", "a burn alarm", "too little observed"],
)
def test_whether_it_is_intact(budget: Budget, is_paging: bool, truth: bool | None, reason: str) -> None:
    found = is_intact(budget, above=0.25, is_paging=is_paging)
    assert found.truth is truth
    assert reason in found.reason


@pytest.mark.parametrize("share", [1.0, 1.5, -0.1])
def test_an_objective_leaves_something_to_spend(share: float) -> None:
    with pytest.raises(ValueError, match="under 100%"):
        Objective(share, HOUR)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=60))
def test_more_errors_never_leave_more(minutes: list[tuple[int, int]]) -> None:
    fewer, more = Spending(UPTIME, T0), Spending(UPTIME, T0)
    for place, (bad, extra) in enumerate(minutes, 1):
        fewer.add(T0 + place * MINUTE, MINUTE, bad, 60)
        more.add(T0 + place * MINUTE, MINUTE, bad + extra, 60)
    now = T0 + len(minutes) * MINUTE
    assert more.budget(now).left <= fewer.budget(now).left
