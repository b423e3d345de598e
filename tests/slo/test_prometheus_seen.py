"""What a Prometheus is asked for, asked of one: counts to the last event, and how much of a window was observed."""

import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.slo.promtool import input_series, is_about, run_rule_tests
from tests.slo.test_prometheus_answers import LOOKS, Named, asked, time_of
from warroom.slo.promql import Asked, observed, promql, whole
from warroom.slo.query import Count, Query, Ratio, Selector

MINUTES = timedelta(minutes=5)
SPACING_S = 15
AT_S = 20 * SPACING_S + 7


def problems(folder: Path, series: Sequence[dict[str, str]], tests: Sequence[dict[str, Any]]) -> str:
    group = {"interval": f"{SPACING_S}s", "input_series": list(series), "promql_expr_test": list(tests)}
    return run_rule_tests(folder, [group])


def counted(labels: dict[str, object], before: int, grown: int) -> dict[str, str]:
    """A counter that grows evenly from the first look in the window of `AT_S` to the last."""
    steps = [min(max(look - 1, 0), 19) for look in range(LOOKS)]
    return input_series("answers_total", labels, [before + round(grown * step / 19) for step in steps])


@pytest.mark.covers("S3-R01")
@pytest.mark.parametrize("before", [0, 7, 1_000_000])
def test_ten_of_a_thousand_are_one_per_cent_to_the_last_event(before: int, tmp_path: Path) -> None:
    errors = Selector("answers_total", (("code", "=~", "5.."),))
    share = whole(Query(Ratio(errors, Selector("answers_total")), MINUTES))
    # The errors are new, the rest counts since long ago: an estimate extends one of them further back than the other.
    series = [
        counted({"code": 200}, 1_000_000, 990),
        counted({"code": 500}, before, 10),
    ]
    is_exact = [
        {"expr": expr, "eval_time": f"{AT_S}s", "exp_samples": [{"labels": "{}", "value": value}]}
        for expr, value in (
            (f"({share.main}) / ({share.over})", 0.01),
            (f"({share.main}) / ({share.over}) >= 0.01", 0.01),
            (f"({share.main})", 10),
            (f"({share.over})", 1000),
            (whole(Query(Count(errors), MINUTES)).main, 10),
        )
    ]
    assert not problems(tmp_path, series, is_exact)


def random_answers(dice: random.Random, case: int, *, restarts: bool) -> list[Named]:
    """Counters of one endpoint, missed together; with `restarts` they all begin anew now and then."""
    gone = {look for look in range(LOOKS) if dice.random() < 0.1}
    again = {look for look in range(1, LOOKS) if restarts and dice.random() < 0.05}
    of: list[Named] = []
    for code in ("200", "404", "500"):
        value, column = dice.choice((0.0, 5.0, 1e6)), list[float | None]()
        for look in range(LOOKS):
            value = (0.0 if look in again else value) + dice.randrange(30 if code == "200" else 3)
            column.append(None if look in gone else value)
        of.append(("answers_total", {"case": str(case), "code": code}, column))
    return of


def share_of(asked: Asked) -> str:
    """One that never counted has not grown."""
    return f"((({asked.main}) or vector(0)) / ({asked.over}))"


def ratio_of(case: int) -> Ratio:
    one, errors = ("case", "=", str(case)), ("code", "=~", "5..")
    return Ratio(Selector("answers_total", (one, errors)), Selector("answers_total", (one,)))


def test_shares_and_counts_are_those_of_the_endpoint_itself(tmp_path: Path) -> None:
    dice = random.Random(12)
    series, expected = list[Named](), list[dict[str, Any]]()
    for case in range(200):
        of = random_answers(dice, case, restarts=False)
        window_s, at_s, ratio = dice.choice((60, 300)), time_of(dice), ratio_of(case)
        window = timedelta(seconds=window_s)
        text = whole(Query(ratio, window))
        share = asked(of, ratio, window_s, at_s)
        expected.append(
            is_about(share_of(text), at_s, share) if share is not None else is_about(f"({text.over}) > 0", at_s, None)
        )
        count = Count(ratio.of)
        expected.append(is_about(f"({promql(Query(count, window))})", at_s, asked(of, count, window_s, at_s)))
        series += of
    assert sum(1 for each in expected if each["exp_samples"]) > 380
    assert not problems(tmp_path, [input_series(*one) for one in series], expected)


def test_after_a_restart_a_share_is_off_by_a_tenth_of_itself_at_most(tmp_path: Path) -> None:
    dice = random.Random(13)
    series, expected, restarted = list[Named](), list[dict[str, Any]](), 0
    for case in range(200):
        of = random_answers(dice, case, restarts=True)
        at_s, ratio = time_of(dice), ratio_of(case)
        text, share = whole(Query(ratio, MINUTES)), asked(of, ratio, 300, at_s)
        if share:
            expr = f"abs({share_of(text)} - {share!r}) <= bool {share / 10!r}"
            expected.append(
                {"expr": expr, "eval_time": f"{at_s * 1000:.0f}ms", "exp_samples": [{"labels": "{}", "value": 1}]}
            )
            restarted += 1
        series += of
    assert restarted > 150
    assert not problems(tmp_path, [input_series(*one) for one in series], expected)


def test_a_count_over_a_restart_is_right_to_what_one_scrape_counts(tmp_path: Path) -> None:
    dice = random.Random(14)
    series, expected = list[Named](), list[dict[str, Any]]()
    for case in range(200):
        again, value, column = dice.randrange(22, 38), 1e6, list[float | None]()
        for look in range(LOOKS):
            value = (0.0 if look == again else value) + dice.randrange(30)
            column.append(value)
        name = {"case": str(case)}
        count = Count(Selector("answers_total", (("case", "=", str(case)),)))
        at_s = 40 * SPACING_S + dice.choice((0.0, 0.001, 3.5, 14.999))
        ours = asked([("answers_total", name, column)], count, 300, at_s)
        expr = f"abs(({promql(Query(count, MINUTES))}) - ({ours!r})) <= bool 30"
        is_so = [{"labels": "{}", "value": 1}]
        expected.append({"expr": expr, "eval_time": f"{at_s * 1000:.0f}ms", "exp_samples": is_so})
        series.append(("answers_total", name, column))
    assert not problems(tmp_path, [input_series(*one) for one in series], expected)


STALE = "stale"


@pytest.mark.parametrize(
    ("looks", "parts"),
    [
        pytest.param(["1"] * 41, 11, id="all of it"),
        pytest.param((["1"] + [STALE] * 4) * 8 + ["1"], 2, id="scraped one time in five"),
        pytest.param(["1"] * 20 + [STALE] * 17 + ["1"] * 4, 2, id="back since a minute"),
        pytest.param(["_"] * 37 + ["1"] * 4, 2, id="new since a minute"),
        pytest.param((["1", "_", "_", "_"]) * 10 + ["1"], 11, id="scraped once a minute"),
        pytest.param((["1"] * 7 + [STALE]) * 5 + ["1"], 9, id="one scrape in eight failed"),
        pytest.param(["1"] * 22 + ["_"] * 18 + ["1"], 6, id="a gap that nobody marked: half of the window is lent"),
    ],
)
def test_how_much_of_a_window_was_observed_is_counted_in_its_parts(
    looks: Sequence[str], parts: int, tmp_path: Path
) -> None:
    series = {"series": 'requests_total{pod="a"}', "values": " ".join(looks)}
    expr, at_s = observed("requests_total", MINUTES), 40 * SPACING_S + 7
    assert not problems(tmp_path, [series], [is_about(expr, at_s, parts)])


def test_a_pod_that_takes_over_from_another_leaves_no_gap(tmp_path: Path) -> None:
    series = [
        {"series": 'requests_total{pod="a"}', "values": " ".join(["1"] * 30 + [STALE])},
        {"series": 'requests_total{pod="b"}', "values": " ".join(["_"] * 30 + ["1"] * 11)},
    ]
    assert not problems(tmp_path, series, [is_about(observed("requests_total", MINUTES), 607, 11)])


def test_a_counter_that_was_no_number_in_the_window_gives_none(tmp_path: Path) -> None:
    values = [str(value) for value in range(LOOKS)]
    values[30] = "NaN"
    text = whole(Query(Count(Selector("x_total")), MINUTES)).main
    expected = [
        {"expr": f"({text}) != bool ({text})", "eval_time": "10m", "exp_samples": [{"labels": "{}", "value": 1}]}
    ]
    assert not problems(tmp_path, [{"series": "x_total", "values": " ".join(values)}], expected)
