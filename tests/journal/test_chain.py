"""An exported journal can be checked with a JSON library and a hash function, and says what was appended."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.journal.conftest import BEGAN
from warroom.journal import chain
from warroom.journal.audit import audit_lines
from warroom.journal.chain import Row
from warroom.journal.journal import Journal

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
BODIES = st.dictionaries(st.text(), VALUES, max_size=6)


def checked_by_hand(lines: Iterable[str]) -> int:
    """Follows the rule of the documentation with nothing of ours; returns how many entries there are."""
    previous, count = "0" * 64, 0
    for count, line in enumerate(lines, start=1):
        entry = json.loads(line)
        claimed = entry.pop("hash")
        plain = json.dumps(entry, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(plain.encode()).hexdigest() == claimed
        assert (entry["seq"], entry["prev_hash"]) == (count, previous)
        previous = claimed
    return count


def test_an_export_is_checked_without_warroom(journal: Journal) -> None:
    for body in ({"text": "Grüße ✔ \ud800 \x1b"}, {"b": 1e-7, "a": [None, {"z": 10**30}]}, {}):
        journal.append("note", body, "änä")
    assert checked_by_hand(journal.reader().lines()) == 4


def test_an_exported_line_is_sorted_and_says_when(journal: Journal) -> None:
    journal.append("note", {"b": 1, "a": 2})
    (line,) = journal.reader().lines(after=1)
    entry = json.loads(line)
    assert list(entry) == sorted(entry)
    assert entry["at"] == "2025-11-01T02:00:00.000000Z"
    assert '"body":{"a":2,"b":1}' in line
    assert "\n" not in line


def row_of(body: dict[str, object]) -> Row:
    row = Row(1, "demo", chain.microseconds(BEGAN), "b", 5, 1, "engine", "note", chain.canonical(body), "0" * 64, "")
    return chain.sealed(row, chain.digest(row))


@given(body=BODIES)
def test_any_json_object_survives_and_its_line_is_sound(body: dict[str, object]) -> None:
    row = row_of(body)
    assert chain.fault(row) == ""
    assert chain.canonical(chain.entry_of(row).body) == row.body
    assert checked_by_hand([chain.line(row)]) == 1


@given(one=BODIES, other=BODIES)
def test_two_bodies_have_one_hash_only_when_they_are_one(one: dict[str, object], other: dict[str, object]) -> None:
    same = chain.canonical(one) == chain.canonical(other)
    assert (row_of(one).hash == row_of(other).hash) is same


@pytest.mark.parametrize("seconds", [-62135596800, -1, 0, 253402300799], ids=["year 1", "1969", "1970", "year 9999"])
def test_instants_are_exact_to_the_microsecond(seconds: int) -> None:
    wall_utc_us = seconds * 1_000_000 + 123_456
    assert chain.microseconds(chain.instant(wall_utc_us)) == wall_utc_us


def test_an_export_in_a_file_is_audited(journal: Journal, tmp_path: Path) -> None:
    for number in range(3):
        journal.append("note", {"n": number})
    file = tmp_path / "journal.jsonl"
    file.write_text("".join(f"{line}\n" for line in journal.reader().lines()), encoding="ascii")
    with file.open(encoding="ascii") as lines:
        report = audit_lines(lines, published=[journal.head.short])
    assert (report.ok, report.entries, report.head, report.heads_checked) == (True, 4, journal.head, 1)


@pytest.mark.parametrize(
    ("old", "new", "seq"),
    [
        pytest.param('"n":1', '"n":7', 3, id="a value"),
        pytest.param('"n":1', '"n": 1', 3, id="a space"),
        pytest.param('"n":1', '"n":1,"n":1', 3, id="a name twice"),
        pytest.param('"n":1', '"n":NaN', 3, id="a number that is none"),
        pytest.param('"seq":3', '"seq":true', 3, id="a number that is a word"),
        pytest.param('"seq":3', '"seq":4', 4, id="the number of an entry"),
        pytest.param('02:00:00.000000Z","body":{"n":1', '02:00:00.000001Z","body":{"n":1', 3, id="the time"),
        pytest.param('"n":1', '"n":' + "[" * 5_000, 3, id="an endless nesting"),
    ],
)
def test_a_changed_export_is_found(journal: Journal, old: str, new: str, seq: int) -> None:
    for number in range(3):
        journal.append("note", {"n": number})
    changed = [line.replace(old, new) if '"seq":3' in line else line for line in journal.reader().lines()]
    assert sum(a != b for a, b in zip(changed, journal.reader().lines(), strict=True)) == 1
    report = audit_lines(changed)
    assert report.problems[0].seq == seq
