"""Units of signals: how a number is shown, and how much of the base unit it is.

Base units are a ratio 0..1, seconds, a rate per second and a plain count.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final


class Dimension(StrEnum):
    """What kind of number a signal is. Only numbers of one dimension can be compared."""

    RATIO = "ratio"
    TIME = "time"
    RATE = "rate"
    COUNT = "count"


_TIMES: Final = {"ms": "0.001", "s": "1", "m": "60", "h": "3600", "d": "86400", "w": "604800"}
_PER: Final = {"s": 1, "min": 60, "hour": 3600, "day": 86400, "week": 604800}
_MANY: Final = {"K": "1000", "M": "1000000"}
# Two counters that are read apart can make a little more than all of it; percent in its place is a hundred times it.
_MOST_OF_A_SHARE: Final = 2.0
_EXAMPLE: Final = {
    Dimension.RATIO: "0.5%",
    Dimension.TIME: "300ms",
    Dimension.RATE: "20/min",
    Dimension.COUNT: "800",
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as it is written (`%`, `ms`, `events/min`, `messages`, empty for a plain count).

    1 of it is `size` base units. `noun` is what is counted, empty where the unit does not say. A rate per minute has
    the size 1/60, which is kept as `per` so that it stays exact.
    """

    text: str
    dimension: Dimension
    size: Decimal = Decimal(1)
    per: int = 1
    noun: str = ""

    def to_base(self, number: str | float) -> float:
        """So many of this unit in base units; the float nearest to the exact result, so that 1 % is 0.01."""
        return float(Decimal(str(number)) * self.size / self.per)

    def from_base(self, value: float) -> float:
        """A value in base units, in this unit."""
        return value * self.per / float(self.size)

    def show(self, value: float) -> str:
        """A value in base units for people, at four digits: `0.42%`, `37ms`, `1204 messages`, `12.5 events/min`."""
        number = self.from_base(value)
        shown = f"{number:,.0f}" if abs(number) >= 10_000 else f"{number:.4g}"
        if not self.text:
            return shown
        return f"{shown} {self.text}" if self.noun else f"{shown}{self.text}"

    def misfit(self, value: float) -> str:
        """Why a value in base units cannot be what the unit says, a sentence; empty where it can."""
        if self.dimension is not Dimension.RATIO or abs(value) <= _MOST_OF_A_SHARE:
            return ""
        return f"{self.show(value)} is no share: the source has to give 0..1, not percent"

    @property
    def example(self) -> str:
        """A number of its dimension as a playbook writes it."""
        return _EXAMPLE[self.dimension]


def parse_unit(text: str) -> Unit:
    """The unit written so: `%`; `ms s m h d w`; `/s /min /hour /day /week`, also with a noun before the stroke;
    `K M`; nothing, or a noun, for a count.

    Raises ValueError with a sentence for the author of the playbook.
    """
    word = text.strip()
    if word == "%":
        return Unit(word, Dimension.RATIO, Decimal("0.01"))
    if word in _TIMES:
        return Unit(word, Dimension.TIME, Decimal(_TIMES[word]))
    if word in _MANY:
        return Unit(word, Dimension.COUNT, Decimal(_MANY[word]))
    noun, stroke, per = word.partition("/")
    if stroke:
        if per not in _PER:
            raise ValueError(f"'{word}': a rate is per s, min, hour, day or week, as in 20/min")
        return Unit(word, Dimension.RATE, per=_PER[per], noun=noun.strip())
    return Unit(word, Dimension.COUNT, noun=word)


COUNT: Final = Unit("", Dimension.COUNT)
"""A plain number."""
