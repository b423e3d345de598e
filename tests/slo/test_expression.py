"""What an expression in PromQL reads is found in its text; tests/adapters asks a real Prometheus about it."""

from datetime import timedelta

import pytest

from warroom.slo.expression import Read, reads_of

MINUTES, HOUR = timedelta(minutes=5), timedelta(hours=1)


def now(selector: str, window: timedelta = timedelta()) -> Read:
    return Read(selector, window)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        pytest.param("up", [now("up")], id="a metric"),
        pytest.param('up {job = "a"}', [now('up{job = "a"}')], id="labels stand apart"),
        pytest.param('{__name__=~"a|b"}', [now('{__name__=~"a|b"}')], id="no name"),
        pytest.param("rate(x_total[5m])", [now("x_total", MINUTES)], id="a window"),
        pytest.param(
            "sum by (le) (rate(x[5m])) / ignoring (job, code) group_left sum without (pod) (y)",
            [now("x", MINUTES), now("y")],
            id="names of labels are no series",
        ),
        pytest.param("sum(x) by (job) > bool 5", [now("x")], id="labels after it"),
        pytest.param("a and on (job) b unless c or d atan2 e", [now(one) for one in "abcde"], id="operators"),
        pytest.param("last_over_time(x[1h])", [now("x", HOUR)], id="a function that hides how old it is"),
        pytest.param(
            "max_over_time((sum(errors) / sum(requests))[1h:1m])",
            [now("errors", HOUR), now("requests", HOUR)],
            id="a subquery is about everything in it",
        ),
        pytest.param(
            "max_over_time(rate(x[5m])[1h:]) + rate(y[5m])", [now("x", HOUR), now("y", MINUTES)], id="the longest"
        ),
        pytest.param(
            "x - x offset 1h + rate(y[5m] @ 1700000000)",
            [now("x"), Read("x", is_past=True), Read("y", MINUTES, is_past=True)],
            id="what it was at another time",
        ),
        pytest.param(
            "max_over_time((a + b)[1h:1m] offset -5m)",
            [Read("a", HOUR, is_past=True), Read("b", HOUR, is_past=True)],
            id="all of it at another time",
        ),
        pytest.param(
            'label_replace(up, "dst", "$1", "src", "(x{y=1})") # z{a="b"}', [now("up")], id="texts and remarks"
        ),
        pytest.param("up{a='}', b=`{`}", [now("up{a='}', b=`{`}")], id="braces in quotes"),
        pytest.param("job:errors:ratio5m > 1e-3 + 0x1f - Inf", [now("job:errors:ratio5m")], id="a rule and numbers"),
        pytest.param("rate(x[$__interval])", [now("x")], id="a window that no Prometheus reads"),
        pytest.param("vector(1) + time()", [], id="no series at all"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_the_series_that_an_expression_reads_are_found(text: str, reads: list[Read]) -> None:
    assert list(reads_of(text)) == reads
