"""Two readers of YAML, one quick and one whose words people see: what the quick one takes is what the other reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts import tree
from warroom.errors import PlaybookError
from warroom.playbook import reading
from warroom.playbook.nodes import Source

PLAYBOOKS = sorted((tree.ROOT / "playbooks").glob("*.yaml"))
PIECES = [
    "a",
    "b: ",
    "c:",
    "- ",
    "? ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "\n",
    "\n  ",
    "\n    ",
    "'",
    '"',
    "|\n",
    ">-\n  ",
]
PIECES += [
    "&x ",
    "*x",
    "*x:",
    "# c",
    "#",
    "!!str ",
    "!",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "%YAML 1.1\n",
    "é–",
    "😀",
    "\t",
]
PIECES += [
    "\u2028",
    "\x85",
    "1.5",
    "~",
    "x" * 1100,
    "<<",
    "@",
    "`",
    "\\",
    "\\u263a",
    "0o7",
    "{{ a.b }}",
    "<= 120ms",
    "a:1",
]


def source_of(text: str) -> Source:
    """The text as a source."""
    return reading.decode(text.encode(), "some.yaml")


def read(text: str) -> object:
    """What `parse` makes of the text, or what it says of it."""
    try:
        return reading.parse(source_of(text))
    except PlaybookError as error:
        return str(error)


def read_carefully(text: str, monkeypatch: pytest.MonkeyPatch) -> object:
    """The same without the quick reader."""
    with monkeypatch.context() as context:
        context.setattr(reading, "_quickly", lambda source, text: None)
        return read(text)


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.name)
def test_a_playbook_is_read_by_the_quick_one(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert reading._quickly(source_of(text), text) is not None


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text_is_read_alike_or_refused_alike(text: str) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert read(text) == read_carefully(text, monkeypatch)
