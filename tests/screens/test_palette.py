"""The colours of the verdicts: told apart by everybody, readable on what they stand on."""

import math
from itertools import combinations

import pytest
from textual.color import Color

from warroom.screens import palette

VERDICTS = {
    "GREEN": palette.GREEN,
    "YELLOW": palette.YELLOW,
    "tolerated": palette.TOLERATED,
    "UNKNOWN": palette.UNKNOWN,
    "RED": palette.RED,
}
# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
EYES = {
    "full colour": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
Vector = tuple[float, float, float]


def linear(colour: str) -> Vector:
    red, green, blue = (part / 255 for part in Color.parse(colour).rgb)
    return _linear(red), _linear(green), _linear(blue)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def seen(colour: str, eye: str) -> Vector:
    source = linear(colour)
    red, green, blue = (sum(a * b for a, b in zip(row, source, strict=True)) for row in EYES[eye])
    return min(1.0, max(0.0, red)), min(1.0, max(0.0, green)), min(1.0, max(0.0, blue))


def lab(rgb: Vector) -> Vector:
    red, green, blue = rgb
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.072175 * blue
    z = (0.0193339 * red + 0.119192 * green + 0.9503041 * blue) / 1.08883
    fx, fy, fz = (v ** (1 / 3) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def difference(one: Vector, other: Vector) -> float:
    """CIE76: about 2 is just noticeable."""
    return math.dist(lab(one), lab(other))


def contrast(one: str, other: str) -> float:
    """WCAG 2: 4.5 for text, 7 for the best of it."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("pair", combinations(VERDICTS, 2), ids=" and ".join)
def test_two_verdicts_are_told_apart(pair: tuple[str, str], eye: str) -> None:
    one, other = (seen(VERDICTS[name], eye) for name in pair)
    assert difference(one, other) >= 20


@pytest.mark.parametrize("behind", [palette.BACKGROUND, palette.SURFACE, palette.SELECTED])
@pytest.mark.parametrize("colour", [*VERDICTS.values(), palette.TEXT, palette.ACCENT])
def test_text_is_readable_on(colour: str, behind: str) -> None:
    assert contrast(colour, behind) >= 4.0
    assert contrast(colour, palette.BACKGROUND) >= 5.5


def test_quiet_text_is_readable() -> None:
    assert contrast(palette.DIM, palette.SURFACE) >= 4.5
