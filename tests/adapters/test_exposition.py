"""Pages of metrics: what is read from good ones, and what is said of bad ones."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.adapters import exposition
from warroom.adapters.exposition import exposed_by
from warroom.contract import Response

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4"
NAMES = frozenset(("http_requests_total", "queue_depth", "seconds_bucket"))
PAGE = """\
# HELP http_requests Requests answered.
# TYPE http_requests counter
http_requests_total{code="200",path="/a b{}\\"#"} 1027.0 # {trace_id="KOO5S4vxi0o"} 0.67
http_requests_total{code="500"} 3.0 1520879607.789
# TYPE queue_depth gauge
queue_depth NaN
# TYPE seconds histogram
seconds_bucket{le="0.1"} 8
seconds_bucket{le="+Inf"} +Inf
seconds_sum 3.2
# TYPE other gauge
other{x="1"} 1
other{x="2"} 2
# EOF
"""


def page(text: str | bytes, kind: str = OPENMETRICS, status: int = 200) -> Response:
    body = text if isinstance(text, bytes) else text.encode()
    return Response(status, (("Content-Type", kind),) if kind else (), body)


def test_samples_of_wanted_metrics_are_read_and_the_other_names_are_known() -> None:
    found = exposed_by(page(PAGE), NAMES)
    assert [(name, dict(labels)) for name, labels, _ in found] == [
        ("http_requests_total", {"code": "200", "path": '/a b{}"#'}),
        ("http_requests_total", {"code": "500"}),
        ("queue_depth", {}),
        ("seconds_bucket", {"le": "0.1"}),
        ("seconds_bucket", {"le": "+Inf"}),
        ("seconds_sum", {}),
        ("other", {}),
    ]
    values = [value for _, _, value in found]
    assert (values[:2], values[3:5]) == ([1027, 3], [8, math.inf])
    assert math.isnan(values[2])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("queue_depth 3\n", PLAIN, id="plain text"),
        pytest.param("queue_depth 3\n", "", id="no content type"),
        pytest.param("queue_depth 3\r\n", PLAIN, id="line ends of Windows"),
        pytest.param("queue_depth\t3\n\n", PLAIN, id="a tab and an empty line"),
        pytest.param(
            "# TYPE queue_depth counter\nqueue_depth 3\n", PLAIN, id="a counter without _total keeps its name"
        ),
        pytest.param("a{{{ nonsense\nqueue_depth 3\n", PLAIN, id="nonsense in metrics that nobody wants"),
    ],
)
def test_pages_of_other_make_are_read(text: str, kind: str) -> None:
    assert ("queue_depth", {}, 3.0) in exposed_by(page(text, kind), NAMES)


def test_a_sample_that_stands_twice_is_handed_on_twice() -> None:
    found = exposed_by(page("queue_depth 3\nqueue_depth 4\n# EOF\n"), NAMES)
    assert [value for _, _, value in found] == [3, 4]


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        pytest.param(page("", status=503), "answers 503", id="an error"),
        pytest.param(page("", status=302), "answers 302", id="a redirect"),
        pytest.param(page("<!doctype html><p>Hi"), "is markup, not metrics: it begins with '<!doctype", id="HTML"),
        pytest.param(page("queue_depth 3\n", "text/html"), "is text/html, not text/plain", id="a wrong content type"),
        pytest.param(page("{}", "application/json"), "is application/json", id="JSON"),
        pytest.param(page("queue_depth 3\nhttp_requests_to"), "was cut off", id="a page cut in a line"),
        pytest.param(page("queue_depth 3\n"), "was cut off", id="OpenMetrics cut between lines"),
        pytest.param(page("queue_depth 3", PLAIN), "was cut off", id="plain text cut in a line"),
        pytest.param(page(b"queue_depth 3\n\xff\n", PLAIN), "is not UTF-8 at byte 14", id="other bytes"),
        pytest.param(page("", PLAIN), "has no metrics", id="an empty page"),
        pytest.param(page("# EOF\n"), "has no metrics", id="a page without samples"),
        pytest.param(page("queue_depth three\n", PLAIN), "no sample: queue_depth three", id="a word for a number"),
        pytest.param(page('queue_depth{a="1} 3\n', PLAIN), 'no sample: queue_depth{a="1} 3', id="an open quote"),
        pytest.param(page(f'queue_depth{{a="{"x" * 9000}"}} 1\n', PLAIN), "a line of 9,019", id="a line too long"),
        pytest.param(page("queue_depth \x1b[2J\n", PLAIN), "no sample: queue_depth \\e[2J", id="hostile text"),
    ],
)
def test_a_page_that_cannot_be_used_says_why(response: Response, reason: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        exposed_by(response, NAMES)
    assert reason in str(raised.value)


def test_a_number_that_no_float_holds_is_infinite() -> None:
    assert ("queue_depth", {}, math.inf) in exposed_by(page(f"queue_depth {'9' * 5000}\n", PLAIN), NAMES)


def test_a_page_of_too_many_series_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposition, "MAX_SERIES", 10)
    with pytest.raises(ValueError, match="has 11 series, more than the 10 that are read"):
        exposed_by(page("a 1\n" * 11, PLAIN), NAMES)


@given(st.text(st.sampled_from('queue_depth{}",=\\ \t\n#1.NaInf+-_le\x00é'), max_size=60), st.booleans())
def test_whatever_stands_on_a_page_it_is_read_or_refused(text: str, named: bool) -> None:
    line = f"queue_depth{text}\n" if named else f"{text}\n"
    try:
        found = exposed_by(page(line, PLAIN), NAMES)
    except ValueError:
        return
    assert all(isinstance(value, float) for _, _, value in found)
