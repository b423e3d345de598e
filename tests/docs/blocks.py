"""The fenced blocks of a document, each with the mark in the comment above it that says how it is tried.

| mark | what a test does with the block |
|---|---|
| `run`, `run: exit N` | runs it with bash; every block of a document runs in one folder, in order |
| `file: NAME` | writes it to NAME in that folder |
| `install: FOLDER` | installs the distribution in FOLDER, as the block's command would |
| `output` | looks for every line of it in what the last command wrote; numbers may differ |
| `workflow` | a GitHub workflow: runs its steps that call warroom |
| `make` | every `make TARGET` in it has to be a target of the Makefile |
| `lint` | a part of a playbook: completed by what it leaves out, it has no problems |
| `wrong` | the same, but it has problems |
| `python`, `text` | nothing runs: `python` has to compile |
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.contracts.tree import ROOT

DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
TRIED = tuple(path for path in DOCUMENTS if path.name != "performance.md")
MARKS = ("run", "file", "install", "output", "workflow", "make", "lint", "wrong", "python", "text")

_FENCE = re.compile(r"^```(?P<language>\S*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"<!-- (?P<mark>[a-z]+)(?:: (?P<argument>[^\n]+?))? -->\n\Z")


@dataclass(frozen=True)
class Block:
    """A block: `line` is that of its fence; `mark` and `argument` are empty where it has none."""

    document: Path
    line: int
    language: str
    text: str
    mark: str
    argument: str

    def __str__(self) -> str:
        return f"{self.document.name}:{self.line} ({self.mark or 'no mark'})"


def blocks_of(document: Path) -> Iterator[Block]:
    """Every fenced block of a document, in its order."""
    text = document.read_text("utf-8")
    for fence in _FENCE.finditer(text):
        before = text[: fence.start()]
        mark = _MARK.search(before)
        named = (mark["mark"], mark["argument"] or "") if mark else ("", "")
        yield Block(document, before.count("\n") + 1, fence["language"], fence["text"], *named)
