"""Files of KEY=VALUE lines."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.playbook.small import write
from warroom.errors import PlaybookError
from warroom.playbook.env_file import read_env_file

LINES = [
    ("A=b", "b"),
    ("export A=b", "b"),
    ("  A = b  ", "b"),
    ("A=", ""),
    ("A=b # comment", "b"),
    ("A=b#c", "b#c"),
    ("A=# comment", ""),
    ("A= # comment", ""),
    ("A= ## comment", ""),
    ("A='b # c'", "b # c"),
    ("A='b\\n'", "b\\n"),
    ('A="b # c" # comment', "b # c"),
    ('A="#b"', "#b"),
    ('A="b\\"c\\\\d\\$e"', 'b"c\\d$e'),
    ('A="b\\nc"', "b\nc"),
    ("A=b=c", "b=c"),
    ("A=it's", "it's"),
    ("A=${B}", "${B}"),
    ("A=ünï", "ünï"),
]


@pytest.mark.parametrize(("line", "value"), LINES, ids=[line[0] for line in LINES])
def test_a_line_gives(tmp_path: Path, line: str, value: str) -> None:
    assert read_env_file(write(tmp_path, f"# first\n\n{line}\n", "x.env")) == {"A": value}


FAULTY = [
    ("just words", "4:1: is not KEY=VALUE (begin a comment with #)"),
    ("1A=b", "4:1: is not KEY=VALUE (begin a comment with #)"),
    ('  A="b', "4:5: A: the quotes are not closed, or something follows them"),
    ("A='b' c", "4:3: A: the quotes are not closed, or something follows them"),
    ("A=#room", '4:3: A: an unquoted # begins a comment: the value would be empty (write it in quotes, A="#...")'),
    ("A = #room", '4:5: A: an unquoted # begins a comment: the value would be empty (write it in quotes, A="#...")'),
    ("B=again", "4:1: B: is given a second time in this file"),
]


@pytest.mark.parametrize(("line", "expected"), FAULTY, ids=[f[0] for f in FAULTY])
def test_a_line_is_refused_without_its_value(tmp_path: Path, line: str, expected: str) -> None:
    path = write(tmp_path, f"# first\n\nB=swordfish\n{line}\n", "x.env")
    with pytest.raises(PlaybookError) as caught:
        read_env_file(path)
    assert str(caught.value) == f"{path}:{expected}"


def test_every_faulty_line_is_named_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "a\nb\nC=d\ne\n", "x.env")
    with pytest.raises(PlaybookError) as caught:
        read_env_file(path)
    assert [problem.line for problem in caught.value.problems] == [1, 2, 4]


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"A=\xff", "is not UTF-8"), (b"#" * (1024 * 1024 + 1), "is larger than 1,024 KiB"), (None, "cannot be read: ")],
    ids=["Latin-1", "too large", "a folder"],
)
def test_a_file_is_refused(tmp_path: Path, data: bytes | None, expected: str) -> None:
    path = write(tmp_path, data, "x.env") if data is not None else tmp_path
    with pytest.raises(PlaybookError, match=expected):
        read_env_file(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="cannot be read: there is no such file"):
        read_env_file(tmp_path / "none.env")


def test_windows_line_ends_and_mark_are_fine(tmp_path: Path) -> None:
    assert read_env_file(write(tmp_path, b"\xef\xbb\xbfA=b\r\nC=d\r\n", "x.env")) == {"A": "b", "C": "d"}


def test_a_pipe_can_be_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("A=b\n",))
    writer.start()
    assert read_env_file(pipe) == {"A": "b"}
    writer.join()
