"""The events are ruamel's own, to the last place, for what is YAML and for what is not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tests.contracts import tree
from warroom.playbook.yaml_events import events

PLAYBOOKS = sorted((tree.ROOT / "playbooks").glob("*.yaml"))
PIECES = [
    "a",
    "b: ",
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
    "&x ",
    "*x",
]
PIECES += [
    "# c",
    "!!str ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "é–",
    "\t",
    "\u2028",
    "1.5",
    "~",
    "x" * 1100,
    "<<",
    "@",
    "\\",
]

CARRIED = ("anchor", "tag", "implicit", "value", "style", "flow_style", "explicit", "version", "tags")


def told(found: Iterable[Any]) -> list[str]:
    """Every event with its place and what it carries, and at the end the fault that ended them."""
    lines = []
    try:
        for event in found:
            marks = (event.start_mark, event.end_mark)
            places = [(mark.line, mark.column) for mark in marks]
            carried = {name: getattr(event, name, None) for name in CARRIED}
            lines.append(f"{type(event).__name__} {places} {carried}")
    except (YAMLError, ValueError, OverflowError) as error:
        lines.append(f"{type(error).__name__}: {error}")
    return lines


def own(text: str) -> list[str]:
    """The events as ruamel gives them by itself."""
    return told(YAML(typ="safe", pure=True).parse(text))


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.name)
def test_a_playbook_gives_the_same_events(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(own(text)) > 100
    assert told(events(text)) == own(text)


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text_gives_the_same_events_or_the_same_fault(text: str) -> None:
    assert told(events(text)) == own(text)
