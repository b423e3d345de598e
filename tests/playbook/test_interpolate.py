"""`${NAME}` and its forms, in values only, after parsing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.playbook.small import SMALL, load, said, write

INPUTS = "inputs:\n  A: {}\n  B: {default: bee}\n  E: {default: ''}\n  N: {}\n"


def play(tmp_path: Path, title: str) -> Path:
    text = SMALL.replace("inputs:\n", INPUTS).replace("title: Small", f"title: '{title}'")
    return write(tmp_path, text)


FILLED = [
    ("${A}", "ay"),
    ("<${A}${B}>", "<aybee>"),
    ("${B:-x}", "bee"),
    ("${E:-x}", "x"),
    ("${N:-x}", "x"),
    ("${N:-}", "Small"),  # an empty title is the id; see below
    ("${N:-a:-b?c}", "a:-b?c"),
    ("${B:?must be set}", "bee"),
    ("${E}.", "."),
    ("$$", "$"),
    ("$${A}", "${A}"),
    ("$$$${A}", "$${A}"),
    ("$$${A}", "$ay"),
    ("$", "$"),
    ("$.a.b", "$.a.b"),
    ("^v2$", "^v2$"),
    ("$A", "$A"),
]


@pytest.mark.parametrize(("text", "value"), FILLED, ids=[f[0] for f in FILLED])
def test_it_becomes(tmp_path: Path, text: str, value: str) -> None:
    found = load(play(tmp_path, text), environ={"APP_URL": "http://127.0.0.1", "A": "ay"}).launch
    assert found.title == (found.id if text == "${N:-}" else value)


REFUSED = [
    ("${N}", "the input 'N' is not set (set it, or write ${N:-default})"),
    ("${N:?ask the DRI}", "the input 'N' is not set: ask the DRI (set it, or write ${N:-default})"),
    ("${E:?}", "the input 'E' is not set (set it, or write ${E:-default})"),
    ("${TOKE}", "there is no input 'TOKE' (did you mean 'TOKEN'?)"),
    ("${ZZZ:-x}", "there is no input 'ZZZ' (declare it under `inputs`)"),
    ("${a}", "'${' begins an input (write ${NAME}, ${NAME:-default} or ${NAME:?message}; $$ for a $)"),
    ("${A", "'${' begins an input"),
    ("${}", "'${' begins an input"),
    ("${A-x}", "'${' begins an input"),
    ("${A:-${B}}", "'${' begins an input"),
]


@pytest.mark.parametrize(("text", "expected"), REFUSED, ids=[r[0] for r in REFUSED])
def test_it_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    found = said(play(tmp_path, text), environ={"APP_URL": "http://127.0.0.1", "A": "ay"})
    assert found[0].startswith(f"2:28: launch.title: {expected}")


def test_what_an_input_gives_is_never_read_as_yaml_nor_filled_in_again(tmp_path: Path) -> None:
    path = play(tmp_path, "${A}")
    for value in ("{a: b}", "[1]", "true", "1", "null", "${B}", "$$", "a: &b *c", "# x"):
        launch = load(path, environ={"APP_URL": "http://127.0.0.1", "A": value}).launch
        assert launch.title == value


def test_keys_are_not_filled_in(tmp_path: Path) -> None:
    text = SMALL.replace("title: Small", 'title: Small, facts: {"${APP_URL}": x}')
    assert load(write(tmp_path, text)).launch.facts == (("${APP_URL}", "x"),)


def test_what_says_where_values_come_from_is_not_filled_in(tmp_path: Path) -> None:
    text = SMALL.replace("description: Token for the app", "description: 'as in ${NOTHING}'")
    assert said(write(tmp_path, text)) == []
