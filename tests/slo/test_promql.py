"""What a Prometheus is asked, as text; tests/adapters asks a real one."""

from datetime import timedelta

import pytest

from warroom.slo.promql import newest, observed, promql, split, unbalanced, whole
from warroom.slo.query import Availability, Count, Expression, Measure, Quantile, Query, Rate, Ratio, Selector, Value

MINUTES = timedelta(minutes=5)
REQUESTS = Selector("http_requests_total")
ERRORS = Selector("http_requests_total", (("code", "=~", "5.."),))
JOB = (("job", "auto_com_center"),)


def seen(series: str) -> str:
    """What the counters were seen to grow."""
    grown = f"max_over_time({series}) - quantile_over_time(0, {series})"
    return f"{grown} unless resets({series}) > 0 or increase({series})"


@pytest.mark.parametrize(
    ("measure", "text"),
    [
        pytest.param(Value(Selector("queue_depth")), "sum(queue_depth)", id="a gauge is summed over its series"),
        pytest.param(
            Value(Selector("up", (("provider", "!=", "fax"),)), "min"),
            'min(up{provider!="fax"})',
            id="the least of some",
        ),
        pytest.param(Rate(REQUESTS), "sum(rate(http_requests_total[5m]))", id="how fast a counter grows"),
        pytest.param(
            Rate(ERRORS),
            'sum(rate(http_requests_total{code=~"5.."}[5m])) or 0 * count(http_requests_total{code!=""})',
            id="a child that never counted has not grown",
        ),
        pytest.param(Count(REQUESTS), f"sum(round({seen('http_requests_total[5m]')}))", id="how often it happened"),
        pytest.param(
            Count(ERRORS),
            f"""sum(round({seen('http_requests_total{code=~"5.."}[5m]')}))"""
            ' or 0 * count(http_requests_total{code!=""})',
            id="a child that never counted did not happen",
        ),
        pytest.param(
            Ratio(ERRORS, REQUESTS),
            f"""(sum({seen('http_requests_total{code=~"5.."}[5m]')}) or 0 * count(http_requests_total{{code!=""}}))"""
            f" / sum({seen('http_requests_total[5m]')})",
            id="a ratio of what was counted in the window",
        ),
        pytest.param(
            Ratio(REQUESTS, REQUESTS, inverted=True),
            f"1 - (sum({seen('http_requests_total[5m]')})) / sum({seen('http_requests_total[5m]')})",
            id="what is left to one",
        ),
        pytest.param(
            Quantile(0.95, Selector("http_request_duration_seconds")),
            "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))",
            id="a quantile of all series together",
        ),
        pytest.param(Expression("up == 1 # is it?"), "up == 1 # is it?", id="an expression as it is"),
        pytest.param(
            Value(Selector("up", (("path", "=", 'a"b\\c\nd'),))),
            'sum(up{path="a\\"b\\\\c\\nd"})',
            id="quotes, backslashes and line breaks are escaped",
        ),
    ],
)
def test_a_query_is_written_as_promql(measure: Measure, text: str) -> None:
    assert promql(Query(measure, MINUTES)) == text


@pytest.mark.parametrize(
    ("measure", "by", "text"),
    [
        pytest.param(Value(Selector("up"), "max"), "provider", "max by (provider) (up)", id="a gauge"),
        pytest.param(
            Ratio(ERRORS, REQUESTS),
            "code",
            f"""(sum by (code) ({seen('http_requests_total{code=~"5.."}[5m]')})) / on () group_left ()"""
            f" sum ({seen('http_requests_total[5m]')})",
            id="by a label that the upper selector names: over everything",
        ),
        pytest.param(
            Count(ERRORS),
            "code",
            f"""sum by (code) (round({seen('http_requests_total{code=~"5.."}[5m]')}))""",
            id="a count",
        ),
        pytest.param(
            Ratio(ERRORS, REQUESTS),
            "path",
            f"""(sum by (path) ({seen('http_requests_total{code=~"5.."}[5m]')}))"""
            f" / sum by (path) ({seen('http_requests_total[5m]')})",
            id="by another label: each over its own",
        ),
        pytest.param(
            Quantile(0.5, Selector("x")),
            "path",
            "histogram_quantile(0.5, sum by (le, path) (rate(x_bucket[5m])))",
            id="a quantile",
        ),
    ],
)
def test_a_split_query_is_written_as_promql(measure: Measure, by: str, text: str) -> None:
    assert promql(Query(measure, MINUTES, by)) == text


@pytest.mark.parametrize(
    ("window", "text"),
    [
        pytest.param(timedelta(seconds=90), "1m30s", id="a minute and a half"),
        pytest.param(timedelta(hours=48), "48h", id="two days"),
        pytest.param(timedelta(seconds=2.5), "2500ms", id="no fractions of a second"),
    ],
)
def test_a_window_is_written_as_promql(window: timedelta, text: str) -> None:
    assert promql(Query(Rate(REQUESTS), window)) == f"sum(rate(http_requests_total[{text}]))"


def test_the_labels_that_single_out_the_endpoint_are_in_every_selector() -> None:
    asked = whole(Query(Ratio(ERRORS, Selector("all_total")), MINUTES), JOB)
    selectors = sum(text.count("_total") for text in asked.texts)
    assert selectors == sum(text.count('job="auto_com_center"') for text in asked.texts) == 16
    family = 'http_requests_total{code!="",job="auto_com_center"}'
    assert newest(asked.families[0]) == f"max(timestamp({family}) and {family})"


def test_a_query_has_current_samples_of_every_family_it_is_made_of() -> None:
    assert whole(Query(Ratio(ERRORS, Selector("all_total")), MINUTES)).families == (
        'http_requests_total{code!=""}',
        "all_total",
    )
    assert split(Query(Rate(REQUESTS), MINUTES, "code")).families == ("http_requests_total",)


def test_whose_series_they_are_is_not_loosened() -> None:
    of = Selector("x_total", (("instance", "=", "a:80"), ("code", "=", "504"), ("job", "=~", "s.*")))
    asked = whole(Query(Count(of), MINUTES))
    assert asked.families == ('x_total{code!="",instance="a:80",job=~"s.*"}',)
    assert asked.windows == (('x_total{instance="a:80",job=~"s.*"}', MINUTES),)
    assert asked.is_nought
    assert not whole(Query(Count(Selector("x_total", of.matchers[:1])), MINUTES)).is_nought
    written = whole(Query(Expression('rate(x_total{instance="a:80",code="504"}[5m])')))
    assert written.windows == (('x_total{instance="a:80"}', MINUTES),)


def test_of_every_metric_that_is_read_over_a_window_it_is_asked_how_much_was_observed() -> None:
    everything = ("http_requests_total", MINUTES), ("all_total", MINUTES)
    assert whole(Query(Ratio(ERRORS, Selector("all_total")), MINUTES)).windows == everything
    assert whole(Query(Ratio(ERRORS, REQUESTS), MINUTES)).windows == everything[:1]
    assert split(Query(Rate(REQUESTS), MINUTES, "code")).windows == (("http_requests_total", MINUTES),)
    assert whole(Query(Value(REQUESTS), MINUTES)).windows == ()
    text = observed("all_total", timedelta(minutes=1))
    assert text == "count_over_time((max(timestamp(all_total) and all_total) > time() - 30)[1m:5454ms])"


def test_every_series_of_an_expression_has_to_be_current_and_its_metric_observed() -> None:
    asked = whole(Query(Expression('sum(rate(x{code="500"}[5m])) / sum(y) - sum(y offset 1h)')))
    assert asked.families == ('x{code="500"}', "y")
    assert asked.windows == (("x", MINUTES),)
    assert asked.texts[1:3] == ('max(timestamp(x{code="500"}) and x{code="500"})', "max(timestamp(y) and y)")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('sum by (le) (rate(x_bucket{path=~"/a(b|c)"}[5m]))', ""),
        ('label_replace(up, "a", \'$1)\', `b`, "\\"(") # (a comment', ""),
        ("up\n# it's fine (\n> 0", ""),
        ("sum(rate(x[5m])", "'(' is never closed"),
        ("rate(x[5m)", "'[' is not closed before the ')'"),
        ('sum(rate(x{code="500"[5m]))', "'{' is not closed before the ')'"),
        ("(x))", "a ')' closes nothing"),
        ("x}", "a '}' closes nothing"),
        ('up{a="b}', 'a " has no other one'),
        ("up{a='b\n'}", "a ' has no other one"),
    ],
)
def test_brackets_and_quotes_are_seen_without_a_server(text: str, said: str) -> None:
    assert unbalanced(text) == said


def test_a_measure_that_is_not_prometheus_is_refused() -> None:
    with pytest.raises(ValueError, match="Prometheus is not asked for availability"):
        promql(Query(Availability(), MINUTES))
