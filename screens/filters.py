"""What a terminal may not be able to show: colours, and characters beyond ASCII. Applied to every line drawn."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_ASCII: Final = str.maketrans(
    {
        "✔": "+", "▲": "!", "◐": "~", "⏸": "=", "○": "o", "✖": "x", "·": ".", "↻": "@", "▶": ">", "◆": "*", "▌": ">",
        "…": "~", "━": "=", "─": "-", "┄": "-", "│": "|", "█": "#", "▇": "#", "▆": "#", "▅": "#", "▄": "=", "▃": "=",
        "▂": "_", "▁": "_", "↑": "^", "↓": "v", "—": "-", "–": "-", "≤": "<", "≥": ">", "▔": "-", "▊": "|", "▎": "|",
        "“": '"', "”": '"', "’": "'", "‘": "'", "→": ">", "■": "#",
    }
)  # fmt: skip


class AsciiOnly(LineFilter):
    """Every character becomes one of ASCII, of the same width: a known sign its like, anything else `?`."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line in ASCII."""
        return [segment if segment.text.isascii() else _in_ascii(segment) for segment in segments]


def _in_ascii(segment: Segment) -> Segment:
    text = segment.text.translate(_ASCII)
    if not text.isascii():
        text = "".join(char if char.isascii() else "?" * cell_len(char) for char in text)
    return Segment(text, segment.style, segment.control)


class NoColour(LineFilter):
    """No colour at all: a bright field becomes reverse video, everything else keeps bold and underline only."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line without colours."""
        return [
            Segment(text, _without_colour(style) if style else None, control) for text, style, control in segments
        ]


@lru_cache(1024)
def _without_colour(style: Style) -> Style:
    reverse = bool(style.reverse) != (_brightness(style.bgcolor, 0.0) > _brightness(style.color, 1.0))
    return Style(bold=style.bold, underline=style.underline, italic=style.italic, reverse=reverse)


def _brightness(colour: RichColor | None, otherwise: float) -> float:
    if colour is None or colour.is_default:
        return otherwise
    return Color.from_rich_color(colour).brightness
