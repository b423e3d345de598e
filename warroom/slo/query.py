"""What a signal measures, in words that every source of signals understands or refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol, runtime_checkable

from warroom.slo.reading import Reading
from warroom.units import Json

Fold = Literal["sum", "max", "min", "avg"]

KEPT: Final = 1_000
"""So much of what was found waits for somebody to ask for it; older is forgotten."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Series of an exposition: a name and what their labels must be, `http_requests_total{code=~"5.."}`.

    A matcher is (label, `=`, `!=`, `=~` or `!~`, value); patterns are anchored at both ends, as in PromQL.
    """

    name: str
    matchers: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """Gauges as they are now, made into one number by `fold`."""

    of: Selector
    fold: Fold = "sum"


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast counters grow in the window, all together; per second."""

    of: Selector


@dataclass(frozen=True, slots=True)
class Count:
    """How much counters grew in the window, all together: how often something happened."""

    of: Selector


@dataclass(frozen=True, slots=True)
class Ratio:
    """By how much some counters grew in the window, over by how much others did; 0..1. Without any growth of `to`
    there is no data. `inverted`: 1 minus that."""

    of: Selector
    to: Selector
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class Quantile:
    """The quantile `p` (0..1) of a histogram's observations in the window; its name without `_bucket`."""

    p: float
    of: Selector


@dataclass(frozen=True, slots=True)
class Expression:
    """A query in PromQL whose answer is one number (or one for each value of the label that splits it)."""

    text: str


@dataclass(frozen=True, slots=True)
class Latency:
    """The percentile `p` (0..1) of the samples that a probe took in the window, by nearest rank; seconds. What got no
    answer counts as slower than everything."""

    p: float


@dataclass(frozen=True, slots=True)
class Availability:
    """The share of a probe's samples in the window that got the answer they should; 0..1."""


@dataclass(frozen=True, slots=True)
class Number:
    """The number that the source gives, as it gives it. `path` says which one: a JSONPath of its answer, the pattern
    of the lines that are counted, the name under which a person gives it; see `source_spec`."""

    path: str = ""


Measure = Value | Rate | Count | Ratio | Quantile | Expression | Latency | Availability | Number


@dataclass(frozen=True, slots=True)
class Query:
    """A measure over a window; of the moment where the window is zero. `by` names a label that splits it, empty for
    none. Equal queries have equal answers."""

    measure: Measure
    window: timedelta = timedelta()
    by: str = ""


@runtime_checkable
class KeepsSamples(Protocol):
    """A source whose windows are made from what it found itself: another process can go on from that."""

    def fresh(self) -> Sequence[tuple[datetime, Json]]:
        """What was found since this was called last, oldest first."""
        ...

    def restore(self, at: datetime, found: Json) -> None:
        """What an earlier process found, oldest first, before the first look. Raises ValueError or TypeError for what
        is not of the form that `fresh` has."""
        ...


class Readable(Protocol):
    """What has answers to queries, and never waits for them."""

    def reading(self, query: Query, now: datetime) -> Reading:
        """What is known about `query` at `now`; missing where that is too old, or nothing."""
        ...

    def splits(self, query: Query, now: datetime) -> Mapping[str, Reading]:
        """The same for each value of the label `query.by`, sorted by it; empty where it has none."""
        ...


class SignalSource(Readable, Protocol):
    """One source of signals: `Readable` by what its looks have found so far. It is told at its making which queries
    it will be asked."""

    @property
    def every_s(self) -> float:
        """How often it wants to look, seconds."""
        ...

    async def look(self) -> None:
        """Looks at the outside once, with a deadline of its own. Never raises for what the outside does, save for
        cancellation: what went wrong is the reason of the readings until a look succeeds."""
        ...
