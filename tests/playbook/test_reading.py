"""What is not one YAML 1.2 mapping within the caps is refused with one clear problem and its place."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml.reader import Reader

from tests.playbook.small import SMALL, load, said, write
from warroom.playbook import reading

REFUSED: list[tuple[str, bytes, str]] = [
    ("an empty file", b"", "1:1: is empty; a playbook begins with `warroom: 1`"),
    ("only a comment", b"# nothing\n", "is empty; a playbook begins with `warroom: 1`"),
    ("a list", b"- a\n", "1:1: is not a mapping; a playbook begins with `warroom: 1`"),
    ("a word", b"hello\n", "1:1: is not a mapping; a playbook begins with `warroom: 1`"),
    ("a NUL", b"warroom: 1\nlaunch: a\x00b\n", "2:10: the character \\0 may not stand in YAML"),
    ("an escape", b"warroom: \x1b[31m1\n", "1:10: the character \\e may not stand in YAML"),
    ("a C1 control character", "warroom: \x9b1\n".encode(), "1:10: the character \\x9b may not stand in YAML"),
    (
        "a byte order mark",
        b"\xef\xbb\xbfwarroom: 1\n",
        "1:1: begins with a byte order mark; save",
    ),
    ("UTF-16", "warroom: 1\n".encode("utf-16"), "1:1: is UTF-16 or UTF-32; save it as UTF-8"),
    ("UTF-16 without a mark", "warroom: 1\n".encode("utf-16-le"), "1:1: is UTF-16 or UTF-32; save it as UTF-8"),
    ("Latin-1", "warroom: 1\ntitle: café\n".encode("latin-1"), "2:11: byte 0xe9 is not UTF-8"),
    ("a tab for an indent", b"warroom: 1\nlaunch:\n\tid: x\n", "3:1: a tab; YAML is indented with spaces"),
    ("an open quote", b'warroom: "1\n', "not YAML 1.2: "),
    ("an open bracket", b"warroom: [1\n", "not YAML 1.2: "),
    ("an escape beyond Unicode", b'warroom: "\\UFFFFFFFF"\n', "not YAML 1.2: "),
    ("half a character", b'warroom: "\\ud83d"\n', "half of a character"),
    (
        "a key twice",
        b"warroom: 1\nlaunch: {}\nwarroom: 1\n",
        "3:1: the key 'warroom' stands here a second time; the first is in line 1",
    ),
    ("two documents", b"warroom: 1\n---\nwarroom: 1\n", "2:1: a second document begins here"),
    ("another YAML", b"%YAML 1.1\n---\nwarroom: 1\n", "says that it is another version of YAML"),
    (
        "a tag of Python's",
        b"warroom: !!python/object/apply:os.system [id]\n",
        "1:10: the tag 'tag:yaml.org,2002:py",
    ),
    ("a tag of one's own", b"warroom: !env HOME\n", "1:10: the tag '!env' is not allowed"),
    ("a date by tag", b"warroom: !!timestamp 2020-01-01\n", "1:10: the tag "),
    ("a tag that does not fit", b"warroom: !!int x\n", "1:10: the tag !!int does not fit the value"),
    ("a merge key", b"a: &a {b: 1}\nc: {<<: *a}\n", "2:5: YAML 1.2 has no merge key `<<` (use `defaults:`)"),
    ("a list as a key", b"? [a]\n: 1\n", "1:3: a key has to be a word"),
    ("no key", b": 1\n", "a key is missing before the colon"),
    ("an alias to nothing", b"warroom: *nothing\n", "names no anchor that ends before it"),
    ("an alias to itself", b"a: &a [*a]\n", "the alias '*a' names no anchor that ends before it"),
    ("too deep a nest", b"a: " + b"[" * 60 + b"]" * 60 + b"\n", "nested deeper than 50 levels"),
    ("a very deep nest", b"[" * 100_000, "nested deeper than 50 levels"),
    ("too many aliases", b"a: &a x\nb: [" + b"*a, " * 101 + b"]\n", "more than 100 aliases"),
    ("more than a mebibyte", b"# " + b"x" * reading.MAX_BYTES, "is larger than 1,024 KiB"),
    ("a key with an escape", b'"a\\eb": 1\n', "a key has no control characters"),
]


@pytest.mark.parametrize(("data", "expected"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_it_is_refused_in_one_sentence(tmp_path: Path, data: bytes, expected: str) -> None:
    found = said(write(tmp_path, data))
    assert len(found) == 1
    assert expected in found[0]


def test_a_billion_laughs_are_counted_before_they_are_laughed(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 10) + "]" for i in range(1, 9)]
    found = said(write(tmp_path, "\n".join(lines)))
    assert len(found) == 1
    assert "more than 100,000 values, aliases counted with what they stand for" in found[0]


def test_aliases_do_not_make_it_deeper_than_it_may_be(tmp_path: Path) -> None:
    lines = ["a0: &a0 " + "[" * 40 + "x" + "]" * 40, "a1: " + "[" * 20 + "*a0" + "]" * 20]
    assert "nested deeper than 50 levels" in said(write(tmp_path, "\n".join(lines)))[0]


def test_a_few_aliases_are_fine(tmp_path: Path) -> None:
    text = SMALL.replace("checks: [health, judged]", "checks: &all [health, judged]\n  again:\n    checks: *all")
    suites = load(write(tmp_path, text)).suites
    assert suites["again"].checks == suites["verify"].checks == ("health", "judged")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_line_ends_do_not_move_places(tmp_path: Path, line_end: str) -> None:
    text = SMALL.replace("kind: probe", "kind: prob").replace("\n", line_end)
    assert said(write(tmp_path, text.encode()))[0].startswith("15:11: checks.health.kind: ")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    assert said(path) == [" cannot be read: there is no such file"]


def test_a_folder_is_no_playbook(tmp_path: Path) -> None:
    assert said(tmp_path) == [" is not a regular file"]


def test_a_named_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "pipe.yaml"
    os.mkfifo(path)
    assert said(path) == [" is not a regular file"]


@contextlib.contextmanager
def without_root() -> Iterator[None]:
    """Root may read everything: until the block ends, whoever runs the tests is not root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, SMALL)
    tmp_path.chmod(0o755)
    # By its bare name: the folders above belong to root alone.
    monkeypatch.chdir(tmp_path)
    path.chmod(0o444)
    with without_root():
        assert load(Path(path.name)).launch.id
    path.chmod(0)
    with without_root():
        assert said(Path(path.name)) == [" cannot be read: permission denied"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-3", -3),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", float("inf")),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("4:00", "4:00"),
        ("2025-11-01", "2025-11-01"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!float 1", 1),
    ],
)
def test_plain_values_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    top = reading.parse(reading.decode(f"a: {text}\n".encode(), "x"))
    node = top.entries["a"].node
    assert getattr(node, "value", "?") == value
    assert type(getattr(node, "value", "?")) is type(value)


def test_no_character_passes_that_the_parser_would_refuse() -> None:
    # The parser is not asked again.
    everything = [chr(code) for code in range(sys.maxunicode + 1)]
    refused = {char for char in everything if Reader.NON_PRINTABLE.search(char)}
    assert refused
    assert [char for char in refused if not reading._NOT_YAML.search(char)] == []
