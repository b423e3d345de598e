"""The console's colours. They differ in lightness as well as hue, so that colour-blind people can tell them apart;
the word and the symbol say the same without any colour."""

from __future__ import annotations

from typing import Final

from textual.color import Color
from textual.style import Style
from textual.theme import Theme

BACKGROUND: Final = "#0f1318"
SURFACE: Final = "#1a2029"
SELECTED: Final = "#2a3442"
TEXT: Final = "#dde3ea"
DIM: Final = "#8f9bab"
FAINT: Final = "#4a5565"
ACCENT: Final = "#ffffff"
GREEN: Final = "#2bd49c"
YELLOW: Final = "#ffe94d"
TOLERATED: Final = "#4a97ff"
UNKNOWN: Final = "#dfa8ee"
RED: Final = "#ff5c4a"


def ink(colour: str, *, bold: bool = False, underline: bool = False) -> Style:
    """Text in `colour`, on whatever is behind it."""
    return Style(foreground=Color.parse(colour), bold=bold or None, underline=underline or None)


def fill(colour: str) -> Style:
    """Dark bold text on a field of `colour`."""
    return Style(background=Color.parse(colour), foreground=Color.parse(BACKGROUND), bold=True)


def on(colour: str) -> Style:
    """A background alone."""
    return Style(background=Color.parse(colour))


QUIET_FIELD: Final = Style(background=Color.parse(SELECTED), foreground=Color.parse(ACCENT), bold=True)
PLAIN: Final = ink(TEXT)
STRONG: Final = ink(ACCENT, bold=True)
QUIET: Final = ink(DIM)
FAINT_INK: Final = ink(FAINT)

THEME: Final = Theme(
    name="warroom",
    primary=TOLERATED,
    secondary=DIM,
    warning=YELLOW,
    error=RED,
    success=GREEN,
    accent=ACCENT,
    foreground=TEXT,
    background=BACKGROUND,
    surface=SURFACE,
    panel=SURFACE,
    dark=True,
    variables={
        "text-muted": DIM,
        "scrollbar": FAINT,
        "scrollbar-hover": DIM,
        "scrollbar-active": DIM,
        "scrollbar-background": BACKGROUND,
        "scrollbar-corner-color": BACKGROUND,
        "input-cursor-background": TEXT,
        "input-selection-background": SELECTED,
    },
)
