"""Fitting, wrapping and numbers."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from warroom.screens.layout import share
from warroom.screens.lines import (
    clock_span,
    countdown,
    fit,
    guarded,
    number,
    packed,
    shell_lines,
    span,
    spread,
    wrapped,
)
from warroom.text import clean

TEXTS = st.text(max_size=60).map(clean)
WIDTHS = st.integers(-3, 120)


@given(TEXTS, WIDTHS, st.booleans())
def test_a_fitted_text_has_its_width(text: str, width: int, right: bool) -> None:
    assert fit(text, width, right=right).cell_length == max(0, width)


@given(TEXTS, TEXTS, st.integers(1, 120))
def test_spread_fills_the_line_and_keeps_the_right_part_whole(left: str, right: str, width: int) -> None:
    row = spread(Content(left), Content(right), width)
    assert row.cell_length == width
    if Content(right).cell_length < width - 1:
        assert row.plain.endswith(right)


@given(st.text(alphabet="abc def", max_size=80), st.integers(12, 60))
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    rows = wrapped(Content(text), width, indent="> ")
    assert all(row.cell_length <= width for row in rows)
    assert "".join("".join(row.plain[2:] for row in rows).split()) == "".join(text.split())


COMMANDS = {
    "short": "curl -i https://a.example",
    "quoted spaces": "curl -H 'A: b c d e f g h i j k' -H \"X: $NAME y z\" https://a.example/a/very/long/path/indeed",
    "dollar quotes": "curl --data-binary $'it\\'s a b c d e f' -H 'B: c' https://a.example/x",
    "escaped spaces": "curl a\\ b\\ c\\ d\\ e\\ f https://a.example/with/some/length",
    "piped": "printf '\\000\\001' | curl --data-binary @- https://a.example/with/some/length",
    "nothing": "",
}


@pytest.mark.parametrize("width", [20, 30, 200])
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_wrapped_command_is_the_same_command(command: str, width: int) -> None:
    rows = shell_lines(command, width)
    pasted = "\n".join(rows).replace(" \\\n  ", " ")
    assert pasted == command
    assert all(not row.endswith("\\") or row.endswith(" \\") for row in rows[:-1])
    if "$'" not in command:
        assert [token for row in rows for token in shlex.split(row.removesuffix(" \\"))] == shlex.split(command)


def test_parts_take_the_first_line_with_room() -> None:
    parts = [Content(text) for text in ("aaaa", "bbbbbbbb", "cc", "", "d")]
    assert [row.plain for row in packed(parts, 10, 2, " ")] == ["aaaa cc d", "bbbbbbbb"]


def test_parts_without_room_leave_a_mark() -> None:
    parts = [Content(text) for text in ("aaaa", "bbbb", "cccc")]
    assert [row.plain for row in packed(parts, 5, 2, " ")] == ["aaaa", "bbbb …"]


SPANS = {
    0.0: "0 ms",
    0.0414: "41 ms",
    0.9996: "1.0 s",
    11.42: "11.4 s",
    59.96: "1m00s",
    125.0: "2m05s",
    3840.0: "1h04m",
}
CLOCKS = {0.0: "0:00", 7.9: "0:07", 750.0: "12:30", 3723.0: "1:02:03", -5.0: "0:00"}
COUNTDOWNS = {150.0: "2m30s", 9.4: "9 s", 0.0: "0 s", -3.0: "0 s", 3840.0: "1h04m"}
NUMBERS = {41.23: "41.2", 120.0: "120", 0.0414: "0.0414", 1530.26: "1,530.3", 0: "0", -2.5: "-2.5"}


@pytest.mark.parametrize(("seconds", "text"), SPANS.items())
def test_a_span(seconds: float, text: str) -> None:
    assert span(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), CLOCKS.items())
def test_a_clock(seconds: float, text: str) -> None:
    assert clock_span(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), COUNTDOWNS.items())
def test_a_countdown(seconds: float, text: str) -> None:
    assert countdown(seconds) == text


@pytest.mark.parametrize(("value", "text"), NUMBERS.items())
def test_a_number(value: float, text: str) -> None:
    assert number(value) == text


def test_what_cannot_be_built_is_a_line() -> None:
    def broken() -> list[Content]:
        raise ValueError("bad\x1b[31m")

    assert [row.plain for row in guarded(broken, "it")] == ["? it cannot be shown: ValueError: bad\\e[31m"]


@given(st.integers(0, 400), st.integers(0, 200), st.integers(0, 500), st.integers(0, 9), st.booleans())
def test_the_panes_share_the_terminal(width: int, height: int, checks: int, notices: int, zoomed: bool) -> None:
    heights = share(width, height, checks=checks, notices=notices, zoomed=zoomed)
    rows = heights.by_pane()
    assert all(row >= 0 for row in rows.values())
    assert sum(rows.values()) == max(height, 1)
    if height >= 24 and checks and not zoomed:
        assert heights.list >= min(checks, 3)
        assert heights.details >= 3
