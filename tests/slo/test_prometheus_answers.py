"""Rates, increases and quantiles are what Prometheus answers to the same samples."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.slo.promtool import input_series, is_about, run_rule_tests
from warroom.slo.answering import answer, names_of
from warroom.slo.query import Measure, Quantile, Query, Rate, Ratio, Selector
from warroom.slo.series import Exposed, SeriesStore

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # where promtool's time begins
EVERY = timedelta(seconds=15)
LOOKS = 41
BOUNDS = ("0.1", "0.3", "0.5", "1", "+Inf")
Column = list[float | None]


def random_counter(dice: random.Random, step: Callable[[], float], gaps: float = 0.15) -> Column:
    """A counter that is born late, restarts and is missed now and then."""
    born, value = dice.choice((0, 0, 0, 7)), dice.choice((0.0, 5.0, 1e6))
    column: Column = []
    for look in range(LOOKS):
        value = 0.0 if dice.random() < 0.04 else value + step()
        column.append(None if look < born or dice.random() < gaps else value)
    return column


def random_histogram(dice: random.Random) -> list[Column]:
    """Cumulative buckets, now and then with nothing in them."""
    totals = [0.0] * len(BOUNDS)
    looks = list[list[float]]()
    busy = dice.random() < 0.9
    restart = dice.choice((None, None, 20))
    weights = [dice.random() ** 3 for _ in BOUNDS]
    for look in range(LOOKS):
        if look == restart:
            totals = [0.0] * len(BOUNDS)
        for _ in range(dice.randrange(6) if busy else 0):
            place = dice.choices(range(len(BOUNDS)), weights)[0]
            totals = [total + (i >= place) for i, total in enumerate(totals)]
        looks.append(list(totals))
    return [[look[i] for look in looks] for i in range(len(BOUNDS))]


Named = tuple[str, dict[str, str], Column]


def asked(series: Sequence[Named], measure: Measure, window_s: int, at_s: float) -> float | None:
    """What the store answers that saw these series."""
    query = Query(measure, timedelta(seconds=window_s))
    store = SeriesStore(names_of([query]), EVERY, query.window)
    for look in range(LOOKS):
        if look * EVERY.total_seconds() > at_s:
            break
        # Each look finds something, so that the gaps are those of the series alone.
        there: list[Exposed] = [(name, {"case": "other"}, 1.0) for name in names_of([query])]
        there += [(name, labels, value) for name, labels, column in series if (value := column[look]) is not None]
        store.add(EPOCH + look * EVERY, there)
    return answer(store, query, EPOCH + timedelta(seconds=at_s)).value


def time_of(dice: random.Random) -> float:
    """On a sample, between two, and a little after one."""
    return dice.randrange(4, LOOKS - 1) * 15 + dice.choice((0.0, 0.001, 3.5, 14.999))


def rate_cases(dice: random.Random) -> tuple[list[Named], list[dict[str, Any]]]:
    series, expected = list[Named](), list[dict[str, Any]]()
    steps: list[Callable[[], float]] = [lambda: float(dice.randrange(30)), lambda: 0.0, lambda: dice.random()]
    for case in range(400):
        of: list[Named] = [
            ("requests_total", {"case": str(case), "pod": str(pod)}, random_counter(dice, dice.choice(steps)))
            for pod in range(dice.choice((1, 1, 2)))
        ]
        window_s, at_s = dice.choice((20, 60, 300)), time_of(dice)
        measure = Rate(Selector("requests_total", (("case", "=", str(case)),)))
        expr = f'sum(rate(requests_total{{case="{case}"}}[{window_s}s]))'
        was_born = any(value is not None for _, _, column in of for value in column[: int(at_s // 15) + 1])
        # One that nobody has seen yet grew by nothing; Prometheus has no answer.
        expected.append(is_about(expr, at_s, asked(of, measure, window_s, at_s) if was_born else None))
        series += of
    return series, expected


def ratio_cases(dice: random.Random) -> tuple[list[Named], list[dict[str, Any]]]:
    """Counters far from a restart: there Prometheus' estimate of a share is the share that was seen."""
    series, expected = list[Named](), list[dict[str, Any]]()
    for case in range(100):
        of: list[Named] = []
        for code in ("200", "404", "500"):
            column: Column = [1e6]
            while len(column) < LOOKS:
                column.append((column[-1] or 0.0) + dice.randrange(30))
            of.append(("answers_total", {"case": str(case), "code": code}, column))
        window_s, at_s = dice.choice((60, 300)), time_of(dice)
        one, errors = ("case", "=", str(case)), ("code", "=~", "5..")
        measure = Ratio(Selector("answers_total", (one, errors)), Selector("answers_total", (one,)))
        grown = f"increase(answers_total{{case='{case}'%s}}[{window_s}s])"
        expr = f"(sum({grown % ',code=~`5..`'}) / sum({grown % ''}))"
        expected.append(is_about(expr, at_s, asked(of, measure, window_s, at_s)))
        series += of
    return series, expected


def quantile_cases(dice: random.Random) -> tuple[list[Named], list[dict[str, Any]]]:
    series, expected = list[Named](), list[dict[str, Any]]()
    for case in range(200):
        of: list[Named] = [
            ("latency_bucket", {"case": str(case), "pod": str(pod), "le": bound}, column)
            for pod in range(dice.choice((1, 2)))
            for bound, column in zip(BOUNDS, random_histogram(dice), strict=True)
        ]
        window_s, at_s, p = dice.choice((60, 300)), time_of(dice), dice.choice((0.5, 0.9, 0.95, 0.99))
        measure = Quantile(p, Selector("latency", (("case", "=", str(case)),)))
        expr = f'histogram_quantile({p}, sum by (le) (rate(latency_bucket{{case="{case}"}}[{window_s}s])))'
        value = asked(of, measure, window_s, at_s)
        # Prometheus answers NaN where nothing was observed, which no comparison finds.
        expected.append(is_about(expr, at_s, value) if value is not None else is_about(f"{expr} >= 0", at_s, None))
        series += of
    return series, expected


def test_rates_ratios_and_quantiles_are_what_prometheus_answers(tmp_path: Path) -> None:
    dice = random.Random(11)
    cases = [rate_cases(dice), ratio_cases(dice), quantile_cases(dice)]
    expected = [each for _, tests in cases for each in tests]
    assert sum(1 for each in expected if each["exp_samples"]) > 550
    series = [input_series(*one) for of, _ in cases for one in of]
    group = {"interval": "15s", "input_series": series, "promql_expr_test": expected}
    assert not run_rule_tests(tmp_path, [group])
