"""The small grammars of the playbook."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.units import (
    MISSING,
    Actual,
    Condition,
    format_duration,
    format_offset,
    parse_duration,
    parse_limit,
    parse_offset,
    show,
)

DURATIONS = [
    ("90s", timedelta(seconds=90)),
    ("5m", timedelta(minutes=5)),
    ("2m30s", timedelta(seconds=150)),
    ("48h", timedelta(hours=48)),
    ("7d", timedelta(days=7)),
    ("40ms", timedelta(milliseconds=40)),
    ("0s", timedelta(0)),
]


@pytest.mark.parametrize(("text", "span"), DURATIONS, ids=[text for text, _ in DURATIONS])
def test_a_duration_is_read(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


BAD_DURATIONS = [
    ("90", "needs a unit"),
    ("1.5", "needs a unit"),
    ("", "not a duration"),
    ("5 minutes", "not a duration"),
    ("-5m", "not a duration"),
    ("30s2m", "large to small"),
    ("2m2m", "each once"),
    ("9999999d", "ten years"),
    ("1e9s", "not a duration"),
]


@pytest.mark.parametrize(("text", "problem"), BAD_DURATIONS, ids=[text or "nothing" for text, _ in BAD_DURATIONS])
def test_what_is_no_duration_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=3600 * 24 * 30))
def test_a_duration_survives_being_written_and_read(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert parse_duration(format_duration(span)) == span


HOLDS = [
    ("<= 120ms", 120.0, True),
    ("<= 120ms", 120.0001, False),
    ("> 300ms", 300, False),
    (">= 1%", 1.0, True),
    ("< 5", float("nan"), False),
    ("> 5", float("inf"), False),
    ("<= 120ms", "41", False),
    ("<= 120ms", True, False),
    ('== "v2.7"', "v2.7", True),
    ('== "v2.7"', "V2.7", False),
    ("== true", True, True),
    ("== true", "true", False),
    ("== true", 1, False),
    ("== 1", True, False),
    ("== 42", 42.0, True),
    ('!= "x"', "y", True),
    ('== ["a", 1]', ["a", 1], True),
    ('== ["a", 1]', ["a", True], False),
    ('in ["ok", "up"]', "up", True),
    ("in [1]", True, False),
    ('contains "ell"', "hello", True),
    ('contains "a"', ["a"], True),
    ('matches "^v2\\\\."', "v2.7", True),
    ('matches "^v2"', None, False),
    ("present", 0, True),
    ("present", None, False),
    ("empty", [], True),
    ("empty", "", True),
    ("empty", 0, False),
    ("not empty", [1], True),
    ("not empty", [], False),
]


@pytest.mark.parametrize(("text", "actual", "expected"), HOLDS, ids=[f"{a!r} {t}" for t, a, _ in HOLDS])
def test_whether_a_condition_holds(text: str, actual: object, expected: bool) -> None:
    assert Condition.parse(text).holds(actual) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["<= 1", '== "a"', "!= 1", "present", "empty", "not empty", 'in ["a"]', 'contains "a"']
)
def test_a_missing_value_satisfies_nothing_but_absent(text: str) -> None:
    assert not Condition.parse(text).holds(MISSING)
    assert Condition.parse("absent").holds(MISSING)
    assert not Condition.parse("absent").holds(None)


BAD_CONDITIONS = [
    ("120ms", "is not a condition"),
    ("<= fast", "not a number"),
    ("== v2.7", "as JSON"),
    ("== NaN", "as JSON"),
    ('in "ok"', "needs a list"),
    ('matches "(["', "not a pattern"),
    ("matches 5", "needs a pattern"),
]


@pytest.mark.parametrize(("text", "problem"), BAD_CONDITIONS, ids=[text for text, _ in BAD_CONDITIONS])
def test_what_is_no_condition_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Condition.parse(text)


def test_a_pattern_that_would_run_for_minutes_is_given_up() -> None:
    assert not Condition.parse('matches "(a+)+$"').holds("a" * 40 + "b")


def test_a_threshold_is_an_order() -> None:
    assert parse_limit("<= 120ms").unit == "ms"
    with pytest.raises(ValueError, match="threshold"):
        parse_limit("present")


def test_how_values_are_shown() -> None:
    values: list[Actual] = ["a", 41.2, True, None, [1], MISSING]
    assert [show(value) for value in values] == [
        "a",
        "41.2",
        "true",
        "null",
        "[1]",
        "(missing)",
    ]


OFFSETS = [
    ("T+5m", timedelta(minutes=5)),
    ("T-24h", timedelta(hours=-24)),
    ("T+0", timedelta(0)),
    ("T + 1h30m", timedelta(minutes=90)),
]


@pytest.mark.parametrize(("text", "offset"), OFFSETS, ids=[text for text, _ in OFFSETS])
def test_a_time_from_t0_is_read(text: str, offset: timedelta) -> None:
    assert parse_offset(text) == offset


@pytest.mark.parametrize("text", ["", "5m", "T5m", "T+5", "T+-5m", "t+5m", "T+5m later"])
def test_what_is_no_time_from_t0_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a|needs a unit"):
        parse_offset(text)


@pytest.mark.parametrize("text", ["T+30", "T-30", "T + 1.5"])
def test_what_is_advised_for_a_time_from_t0_without_a_unit_is_taken(text: str) -> None:
    with pytest.raises(ValueError, match="needs a unit") as refused:
        parse_offset(text)
    advised = re.findall(r"T[+-][0-9.]+[smh]", str(refused.value))
    assert [offset[-1] for offset in advised] == ["s", "m", "h"]
    assert all(parse_offset(offset) for offset in advised)


@given(st.integers(-200_000, 200_000))
def test_a_time_from_t0_survives_being_written_and_read(seconds: int) -> None:
    offset = timedelta(seconds=seconds)
    assert parse_offset(format_offset(offset)) == offset
