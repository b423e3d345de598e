"""JSON from outside: what is refused, in which words, and what is read."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.strict_json import parse_json
from warroom.units import Json

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.floats(allow_nan=False, allow_infinity=False),
        TEXTS,
    ),
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)

REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "the answer is empty"),
    "white space": (b" \r\n", "the answer is empty"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "byte order mark"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "byte order mark"),
    "Latin-1": (b'{"city": "K\xf6ln"}', 'byte 11 is not UTF-8 (near \'{"city": "K\\xf6ln"}\')'),
    "half a character": (b'"\xe2\x82', "is not UTF-8"),
    "an encoded surrogate": (b'"\xed\xa0\x80"', "is not UTF-8"),
    "NaN": (b'{"p95_ms": NaN}', "NaN is not a JSON number"),
    "Infinity": (b"[Infinity]", "Infinity is not a JSON number"),
    "minus Infinity": (b"[-Infinity]", "-Infinity is not a JSON number"),
    "Infinity by overflow": (b"[1e999]", "the number 1e999 is too large"),
    "a number of 5,000 digits": (b"1" * 5_000, "a number of 5,000 digits is too large"),
    "equal keys": (b'{"ok": true, "ok": false}', 'the key "ok" stands twice in one object'),
    "equal keys further in": (b'[{"a": {"b": 1, "b": 1}}]', 'the key "b" stands twice'),
    "keys that are equal by an escape": (b'{"a": 1, "\\u0061": 2}', 'the key "a" stands twice'),
    "lists 100,000 deep": (b"[" * 100_000, "nested more than 64 levels deep"),
    "objects 100,000 deep": (b'{"a":' * 100_000, "nested more than 64 levels deep"),
    "65 levels": (b"[" * 65 + b"]" * 65, "nested more than 64 levels deep"),
    "half an object": (b'{"a": 1', "Expecting ',' delimiter at line 1, column 8"),
    "two values": (b"{} {}", "Extra data at line 1, column 4"),
    "single quotes": (b"{'a': 1}", "Expecting property name enclosed in double quotes at line 1, column 2"),
    "a comment": (b"{} // no", "Extra data"),
    "a comma too many": (b"[1,]", "at line 1, column"),
    "HTML": (b"<!DOCTYPE html><h1>502</h1>", "not JSON but markup: it begins with '<!DOCTYPE html>"),
    "a control character in a text": (b'"a\x1b[31m"', "Invalid control character at line 1, column 3"),
    "more than a MiB": (b'"' + b"x" * (1 << 20) + b'"', "1,048,578 bytes are more than the 1,048,576 allowed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    raw, told = REFUSED[name]
    with pytest.raises(ValueError, match=r"not (read as )?JSON") as raised:
        parse_json(raw)
    assert type(raised.value) is ValueError
    assert told in str(raised.value)
    assert str(raised.value).isprintable()


READ: dict[str, tuple[bytes, Json]] = {
    "brackets inside texts are no depth": (b'["' + b"[{" * 500 + b'"]', ["[{" * 500]),
    "quotes inside texts end nothing": (b'["\\"[[[[\\\\", 1]', ['"[[[[\\', 1]),
    "64 levels": (b"[" * 64 + b"]" * 64, json.loads("[" * 64 + "]" * 64)),
    "a lone surrogate becomes visible": (b'["\\ud800"]', ["\\ud800"]),
    "also in a key": (b'{"\\udfff": 1}', {"\\udfff": 1}),
    "a pair is a character": (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
    "one key in two objects": (b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
    "a bare text": (b'"ok"', "ok"),
    "types as they are": (b'[1, 1.0, "1", true, null]', [1, 1.0, "1", True, None]),
}


@pytest.mark.parametrize("name", READ)
def test_read(name: str) -> None:
    raw, value = READ[name]
    assert parse_json(raw) == value


def test_a_key_that_only_looks_like_another_once_cleaned_is_refused() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        parse_json(b'{"\\ud800": 1, "\\\\ud800": 2}')


@given(VALUES)
def test_what_python_writes_is_read_back(value: Json) -> None:
    assert parse_json(json.dumps(value).encode()) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


def has_surprise(value: Json) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, str):
        return any("\ud800" <= char <= "\udfff" for char in value)
    if isinstance(value, list):
        return any(map(has_surprise, value))
    return isinstance(value, dict) and any(has_surprise(key) or has_surprise(item) for key, item in value.items())


@given(st.binary(max_size=200) | st.text('[]{}",:\\u d8af019eE+-.truefalsn', max_size=200).map(str.encode))
def test_anything_is_read_or_refused_in_a_sentence(raw: bytes) -> None:
    refusal, value = "", None
    try:
        value = parse_json(raw)
    except ValueError as error:
        refusal = str(error)
    assert refusal.isprintable()
    assert not has_surprise(value)
