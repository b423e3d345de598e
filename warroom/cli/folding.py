"""Long lines on a terminal of 80 cells."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

WIDTH: Final = 80
_INDENT: Final = " " * 8


def folded(line: str) -> Iterator[str]:
    """The line over as many as it needs, those after the first indented by eight cells and its own indentation."""
    own = line[: len(line) - len(line.lstrip())]
    yield from textwrap.wrap(
        line, WIDTH, subsequent_indent=own + _INDENT, break_long_words=False, break_on_hyphens=False
    )


def below(text: str) -> Iterator[str]:
    """A text below a line that it belongs to; nothing for an empty one."""
    yield from textwrap.wrap(text, WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
