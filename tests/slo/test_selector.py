"""Selectors of series: PromQL's notation, mistakes told to their author, and what matches."""

import pytest

from warroom.slo import selector
from warroom.slo.query import Selector
from warroom.slo.selector import PatternTooSlow, matches, needed_labels, parse_selector, text_of


@pytest.mark.parametrize(
    ("text", "name", "matchers"),
    [
        ("http_requests_total", "http_requests_total", ()),
        ("  up  ", "up", ()),
        ("up{}", "up", ()),
        ('x{code=~"5.."}', "x", (("code", "=~", "5.."),)),
        ("x{code=~'5..'}", "x", (("code", "=~", "5.."),)),
        (r"x{code=~`\d+`}", "x", (("code", "=~", r"\d+"),)),
        (r'x{code=~"\\d+"}', "x", (("code", "=~", r"\d+"),)),
        ('x{a="1",b!="2" , c!~"3",}', "x", (("a", "=", "1"), ("b", "!=", "2"), ("c", "!~", "3"))),
        (r'x{path="a\"b\n\x41"}', "x", (("path", "=", 'a"b\nA'),)),
        ('x{path="a}b{,"}', "x", (("path", "=", "a}b{,"),)),
        ("job:errors:rate5m", "job:errors:rate5m", ()),
    ],
)
def test_a_selector_is_read(text: str, name: str, matchers: tuple[tuple[str, str, str], ...]) -> None:
    assert parse_selector(text) == Selector(name, matchers)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "does not start with the name of a metric"),
        ('{code="500"}', "does not start with the name of a metric"),
        ("5xx", "does not start with the name of a metric"),
        ("rate(x[5m])", "a whole expression is written as expr"),
        ("x / y", "a whole expression is written as expr"),
        ('x{code="500"}[5m]', "nothing may follow the labels"),
        ("x{code=500}", "at 500}: the value of code stands in quotes"),
        ('x{code=="500"}', "the value of code stands in quotes"),
        ('x{code:"500"}', 'at code:"500"}: a label is written as code="500"'),
        ('x{code="500" job="a"}', 'at job="a"}: labels are parted by commas'),
        ('x{code="500"', "at its end: labels are parted by commas and end with }"),
        ("x{", "at its end: a label is written as"),
        ('x{code=~"5(."}', "the pattern of code is wrong: missing )"),
        (r'x{code=~"\d"}', r"\\d is not an escape; for a pattern write \\\\d, or use backquotes"),
    ],
)
def test_a_mistake_is_told_to_its_author(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem.replace("(", r"\(").replace(")", r"\)")):
        parse_selector(text)


@pytest.mark.parametrize(
    ("text", "labels", "found"),
    [
        ("x", {"a": "1"}, True),
        ('x{a="1"}', {"a": "1"}, True),
        ('x{a="1"}', {"a": "11"}, False),
        ('x{a=~"1"}', {"a": "11"}, False),
        ('x{a=~"1|2."}', {"a": "29"}, True),
        ('x{a=~"1|2."}', {"a": "12"}, False),
        ('x{a!~"5.."}', {"a": "200"}, True),
        ('x{a!~"5.."}', {"a": "503"}, False),
        ('x{b=""}', {"a": "1"}, True),
        ('x{b!=""}', {"a": "1"}, False),
        ('x{b=~".*"}', {"a": "1"}, True),
        ('x{b!="y"}', {"a": "1"}, True),
        ('x{a="1",b="2"}', {"a": "1", "b": "3"}, False),
    ],
)
def test_labels_match_as_in_promql(text: str, labels: dict[str, str], found: bool) -> None:
    assert matches(parse_selector(text), labels) is found


def test_the_labels_that_a_series_has_to_have() -> None:
    assert needed_labels(parse_selector('x{a="1",b!="2",c=~"3.*",d=~".*",e!=""}')) == ["a", "c", "e"]


@pytest.mark.parametrize("text", ["x", 'x{a="1",b=~"5.."}', r'x{a="\"quoted\" \\ and\n"}'])
def test_the_text_of_a_selector_reads_back(text: str) -> None:
    assert text_of(parse_selector(text)) == text


def test_a_pattern_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selector, "_PATTERN_S", 0.01)
    with pytest.raises(PatternTooSlow, match="of path takes too long"):
        matches(parse_selector("x{path=~`(a|a)*(b|b)*(a+)+c`}"), {"path": "a" * 40 + "!"})
