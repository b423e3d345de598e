"""What the documents say is tried: every command is run, every playbook is loaded, every link leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import DOCUMENTS, MARKS, TRIED, blocks_of
from tests.docs.trying import Reader
from tests.needs import need_program
from warroom.simulator import SimulatorProcess

_LINK = re.compile(r"\[[^\]]*\]\((?P<to>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as started:
        yield started


def _name(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("document", TRIED, ids=_name)
def test_a_reader_who_does_what_the_document_says_gets_what_it_says(
    document: Path, tmp_path: Path, simulator: SimulatorProcess
) -> None:
    need_program("bash")
    reader = Reader(tmp_path, simulator.inputs)
    for block in blocks_of(document):
        try:
            reader.try_out(block)
        except AssertionError as problem:
            pytest.fail(f"{block}: {problem}", pytrace=False)


@pytest.mark.parametrize("document", TRIED, ids=_name)
def test_every_block_says_how_it_is_tried(document: Path) -> None:
    assert [str(block) for block in blocks_of(document) if block.mark not in MARKS] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_link_leads_somewhere(document: Path) -> None:
    lost = []
    for to in (found["to"] for found in _LINK.finditer(document.read_text("utf-8"))):
        if to.startswith("https://"):
            continue
        name, _, anchor = to.partition("#")
        path = document.parent / name if name else document
        if not path.exists() or (anchor and anchor not in _anchors(path)):
            lost.append(to)
    assert lost == []


def _anchors(path: Path) -> set[str]:
    """The anchors that GitHub makes of headings."""
    titles = (found["title"].lower() for found in _HEADING.finditer(path.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}
