"""What the documents say is tried: every command is run, every playbook is loaded, every link leads somewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.tree import ROOT
from tests.docs.blocks import DOCUMENTS, MARKS, TRIED, blocks_of
from tests.docs.trying import Reader
from tests.needs import need_program
from warroom.errors import ExitCode
from warroom.simulator import SimulatorProcess

DOCS = ROOT / "docs"
_ROOMS = (ROOT / "warroom", ROOT / "checks")
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
    # What a reader has who started the simulator in another terminal.
    told = {"inputs": simulator.inputs, "slack_inputs": simulator.slack_inputs}
    (tmp_path / "simulator.json").write_text(json.dumps(told), "utf-8")
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


def test_every_guarantee_names_a_test_that_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", (DOCS / "guarantees.md").read_text("utf-8"))
    assert named
    assert [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).is_file() or f"def {name}(" not in (ROOT / file).read_text("utf-8")
    ] == []


@pytest.mark.parametrize("heading", ["What to do on each symptom", "Why UNKNOWN is not RED"])
def test_a_reason_that_is_quoted_is_one_that_the_program_gives(heading: str) -> None:
    document = next(path for path in TRIED if f"## {heading}" in path.read_text("utf-8"))
    part = document.read_text("utf-8").partition(f"## {heading}")[2].partition("\n## ")[0]
    said = "".join(path.read_text("utf-8") for room in _ROOMS for path in sorted(room.rglob("*.py")))
    quoted = [quote for row in re.findall(r"^\| (`.*?) \|", part, re.MULTILINE) for quote in row.split("`")[1::2]]
    assert quoted
    assert [quote for quote in quoted if not _is_said(quote, said)] == []


def _is_said(quote: str, sources: str) -> bool:
    """Whether the words of a reason, without numbers and names put into it, stand in the program."""
    pieces = re.split(r"\.\.\.|\d+|'\w+'|\b[A-Z][A-Z_]{3,}\b|Gate #?", quote)
    words = [piece.strip(" :;,()") for piece in pieces if len(piece.strip(" :;,()")) > 5]
    return bool(words) and all(piece in sources for piece in words)


def test_every_exit_code_of_this_version_is_in_the_documents() -> None:
    for name in ("README.md", "docs/verdicts.md"):
        text = (ROOT / name).read_text("utf-8")
        rows = set(re.findall(r"\d+", " ".join(re.findall(r"^\| ([\d, ]+) \|", text, re.MULTILINE))))
        assert rows == {str(int(code)) for code in ExitCode}, name
