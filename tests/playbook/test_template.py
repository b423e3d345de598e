"""The small language of posts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.playbook.template import HELPERS, Call, Picked, Template, Value, parse_template


def test_text_and_insertions_stand_in_turn() -> None:
    template = parse_template("{{ launch.id }}: PUBLISHED ✅\n- {{badge(a,b)}} and {{ note( a ) }}\n\nend\n")
    assert template.lines == (
        (Value("launch.id"), ": PUBLISHED ✅"),
        ("- ", Call("badge", (Picked("a"), Picked("b"))), " and ", Call("note", (Picked("a"),))),
        (),
        ("end",),
    )


def test_texts_pick_lines_of_the_check_before_them() -> None:
    [call] = parse_template('{{ lines(a, "x, y", "z", b) }}').calls
    assert call.picks == (Picked("a", ("x, y", "z")), Picked("b"))


FAULTS = [
    ("nothing", "  \n", "a template needs a text"),
    ("a name without a dot", "{{ launch }}", "'launch' is neither a dotted name such as launch.id nor a helper"),
    ("a filter", "{{ launch.id | upper }}", "is neither a dotted name"),
    ("logic", "{% if x %}{{ launch.id }}{{ else }}", "'else' is neither a dotted name"),
    ("another helper", "{{ upper(a) }}", "there is no helper 'upper'; there is badge, lines, note"),
    ("a helper of nothing", "{{ badge() }}", "name checks, and after a check texts in double quotes"),
    ("a text before any check", '{{ lines("x", a) }}', "texts pick the lines of the check before them"),
    ("a text where none is picked", '{{ badge(a, "x") }}', "in lines() alone"),
    ("an insertion over two lines", "{{ launch.id\n}}", "write an insertion on one line"),
    ("one that is not closed", "{{ launch.id", "write an insertion on one line"),
    ("an attribute of Python's", "{{ launch.__class__ }}", "is neither a dotted name"),
    ("too much", "x" * 12_001, "at most 12,000 characters"),
]


@pytest.mark.parametrize(("text", "message"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_what_is_no_template_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_template(text)


@given(st.text(max_size=80))
def test_any_text_is_a_template_or_is_refused_in_words(text: str) -> None:
    try:
        template = parse_template(text)
    except ValueError:
        return
    assert all(call.helper in HELPERS for call in template.calls)


def test_signs_that_could_do_harm_are_made_visible() -> None:
    assert parse_template("a\x1b[2J\u202eb") == Template((("a\\e[2J\\u202eb",),))
