"""Samples for the next process: capped, and never in the way of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from warroom.journal.samples import SampleFile


def test_what_was_added_is_read_in_its_order(tmp_path: Path) -> None:
    file = SampleFile(tmp_path)
    assert file.read() == ([], "")
    file.append([{"a": 1}, {"b": 2}])
    file.append([{"c": 3}])
    assert SampleFile(tmp_path).read() == ([{"a": 1}, {"b": 2}, {"c": 3}], "")
    assert (tmp_path / "samples.jsonl").stat().st_mode & 0o777 == 0o600


def test_of_what_was_added_the_latest_is_kept_up_to_twice_the_cap(tmp_path: Path) -> None:
    file = SampleFile(tmp_path, cap=1_000)
    for number in range(500):
        file.append([{"number": number}])
    found, problem = file.read()
    numbers = [one["number"] for one in found]
    assert problem == ""
    assert numbers == list(range(numbers[0], 500))
    assert 1_000 < sum(path.stat().st_size for path in tmp_path.iterdir()) < 2_100


@pytest.mark.parametrize(
    ("damage", "kept", "lost"),
    [
        pytest.param(b'{"half": ', [1, 2], "", id="a line that a killed process left half written"),
        pytest.param(b"\xff\x00\n", [1, 2], "1 line cannot be read", id="bytes that are no text"),
        pytest.param(b"[1]\n", [1, 2], "1 line cannot be read", id="another form"),
        pytest.param(b"[" * 100_000 + b"\n", [1, 2], "1 line cannot be read", id="far too deep"),
        pytest.param(b'{"n": 3}' + b" " * 1_100_000 + b"\n", [1, 2], "1 line cannot be read", id="far too long"),
    ],
)
def test_what_is_damaged_is_left_out_and_said(damage: bytes, kept: list[int], lost: str, tmp_path: Path) -> None:
    file, path = SampleFile(tmp_path), tmp_path / "samples.jsonl"
    file.append([{"n": number} for number in kept])
    with path.open("ab") as stream:
        stream.write(damage)
    found, problem = file.read()
    assert [one["n"] for one in found] == kept
    assert (problem == "") is (lost == "")
    assert lost in problem
    file.append([{"n": 9}])
    assert file.read()[0][-1] == {"n": 9}


def test_a_file_that_cannot_be_read_is_said_and_one_that_cannot_be_written_raises(tmp_path: Path) -> None:
    (tmp_path / "samples.jsonl").mkdir()
    found, problem = SampleFile(tmp_path).read()
    assert (found, problem.startswith("samples.jsonl cannot be read: ")) == ([], True)
    with pytest.raises(OSError, match="directory"):
        SampleFile(tmp_path).append([{"a": 1}])


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "samples.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        SampleFile(tmp_path).append([{"a": 1}])
    assert not (tmp_path / "elsewhere").exists()


def test_numbers_that_are_none_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        SampleFile(tmp_path).append([{"a": float("nan")}])
    assert json.loads("{}") == {}
