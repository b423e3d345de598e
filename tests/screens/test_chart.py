"""The bar chart of the samples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.screens.replays import SAMPLES, spread_samples
from warroom.screens.chart import Summary, chart, limit_ms, summary

SERIES = st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=400)


def plain(
    samples: list[float | None], limit: float | None = 120.0, *, width: int = 120, height: int = 6
) -> list[str]:
    return [row.plain for row in chart(samples, 30, limit, width=width, height=height)]


@given(SERIES, st.none() | st.floats(0.001, 1e6), st.integers(0, 300), st.integers(0, 20))
def test_it_fits_its_place(samples: list[float | None], limit: float | None, width: int, height: int) -> None:
    rows = chart(samples, 30, limit, width=width, height=height)
    assert len(rows) in (0, height)
    assert all(row.cell_length <= max(0, width) for row in rows)


def test_thirty_quick_samples_stay_below_the_limit() -> None:
    rows = plain(list(SAMPLES))
    assert rows[1].startswith("     120 ms ┄┄┄")
    assert rows[-1].count("██") == 30
    assert not any("█" in row for row in rows[:2])


def test_a_chart_in_full() -> None:
    assert plain([30.0, 60.0, 120.0, 150.0, None, 900.0], height=4, width=36) == [
        "     360 ms      ▲                  ",
        "                 █                  ",
        "     120 ms ┄┄▃▅┄█┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄",
        "       0 ms ▃▅██✖█                  ",
    ]


def test_failed_samples_are_crosses_and_nothing_else() -> None:
    rows = plain(list(spread_samples()))
    assert rows[-1].count("✖") == 2
    assert not any("✖" in row for row in rows[:-1])


def test_a_sample_above_the_chart_ends_in_an_arrow() -> None:
    assert "▲▲" in plain([40.0, 900.0])[0]
    assert "▲" not in "".join(plain([40.0, 130.0]))


def test_samples_still_to_come_have_their_place() -> None:
    few, all_of_them = plain(list(SAMPLES[:3])), plain(list(SAMPLES))
    assert len(few[1].rstrip()) == len(all_of_them[1].rstrip())


def test_without_a_limit_none_is_drawn() -> None:
    assert "┄" not in "".join(plain([40.0, 50.0], limit=None))


def test_more_samples_than_columns_show_the_worst_of_each_share() -> None:
    many: list[float | None] = [40.0] * 1000
    many[500] = 5000.0
    many[700] = None
    rows = plain(many, width=60)
    assert "▲" in rows[0]
    assert rows[-1].count("✖") == 1


def test_no_chart_where_there_is_no_room() -> None:
    assert plain(list(SAMPLES), width=15) == []
    assert plain(list(SAMPLES), height=1) == []
    assert plain([]) == []


LIMITS = {
    "<= 120ms": 120.0,
    "< 1.5s": 1500.0,
    ">= 2m": 120_000.0,
    "== 3": None,
    "<= 5%": None,
    "": None,
    "soon": None,
}


@pytest.mark.parametrize(("text", "expected"), LIMITS.items())
def test_the_limit_of(text: str, expected: float | None) -> None:
    assert limit_ms(text) == pytest.approx(expected) if expected else limit_ms(text) is None


def test_the_summary_takes_the_nearest_rank_and_counts_failures() -> None:
    assert summary([30.0, None, 10.0, 20.0, 40.0]) == Summary(5, 1, 10.0, 20.0, 40.0)
    assert summary([None]) == Summary(1, 1, None, None, None)
