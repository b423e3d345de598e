"""JSON from outside, read so that no two readers can understand it differently.

Beyond the grammar of RFC 8259 it refuses what Python's reader lets pass: NaN and Infinity (also by overflow, 1e999),
equal keys in one object, nesting that ends other readers, numbers that no float can hold, and anything but UTF-8.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from warroom.text import clean, clean_bytes
from warroom.units import Json

MAX_DEPTH = 64
MAX_BYTES = 1 << 20
_MAX_DIGITS = 300

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_json(raw: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Json:
    """The value that `raw` holds. Lone surrogates in its texts come back as visible escapes (`\\ud800`).

    Raises ValueError with a sentence that says what is wrong and where.
    """
    if len(raw) > max_bytes:
        raise ValueError(f"not read as JSON: {len(raw):,} bytes are more than the {max_bytes:,} allowed")
    text = _decoded(raw)
    _check_depth(text, max_depth)
    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except json.JSONDecodeError as error:
        raise ValueError(_not_json(text, error)) from None
    return _without_surrogates(value) if _SURROGATE_ESCAPE.search(text) else value


def _decoded(raw: bytes) -> str:
    if not raw.strip():
        raise ValueError("not JSON: the answer is empty")
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("not JSON: it begins with a byte order mark, which RFC 8259 does not allow")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        near = clean_bytes(raw[max(0, error.start - 20) : error.start + 20])
        raise ValueError(f"not JSON: byte {error.start:,} is not UTF-8 (near '{near}')") from None


def _check_depth(text: str, limit: int) -> None:
    if text.count("[") + text.count("{") <= limit:
        return
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub('""', text)):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > limit:
            raise ValueError(f"not read as JSON: it is nested more than {limit} levels deep")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(_equal_keys(twice))
    return value


def _equal_keys(key: str) -> str:
    return f'not JSON that can be trusted: the key "{clean(key, limit=60)}" stands twice in one object'


def _constant(name: str) -> None:
    raise ValueError(f"not JSON: {name} is not a JSON number")


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"not read as JSON: the number {clean(digits, limit=40)} is too large")
    return value


def _int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"not read as JSON: a number of {len(digits):,} digits is too large")
    return int(digits)


def _not_json(text: str, error: json.JSONDecodeError) -> str:
    if text.lstrip()[:1] == "<":
        return f"not JSON but markup: it begins with '{clean(text.lstrip(), limit=40)}'"
    near = clean(text[max(0, error.pos - 20) : error.pos + 20])
    what = error.msg.removesuffix(" at")
    return f"not JSON: {what} at line {error.lineno}, column {error.colno} (near '{near}')"


def _without_surrogates(value: Json) -> Json:
    if isinstance(value, str):
        return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        pairs = [(str(_without_surrogates(key)), _without_surrogates(item)) for key, item in value.items()]
        return _object(pairs)
    return value
