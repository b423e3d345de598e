"""An entry of a launch's journal: the value that every view of a launch is folded from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

ENGINE: Final = "engine"
CHANNEL: Final = "channel"
BY_TOKEN: Final = " (token)"
"""Follows the name of whoever came with a token: `ada (token)`, as `ada` is a user of the machine."""
MACHINES: Final = frozenset({ENGINE, CHANNEL})
"""Who acts in the journal and is no person; no person bears such a name there."""


Body = Mapping[str, Any]
"""What an entry holds, as JSON data."""


def instant(text: str) -> datetime:
    """An instant of a journal's body, UTC. Raises ValueError for anything else than an aware ISO 8601 time."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError(f"'{text}' does not say in which time zone it is")
    return read.astimezone(UTC)


class Head(NamedTuple):
    """The last entry of a journal: its number and its hash. An empty journal has number 0 and 64 zeros."""

    seq: int
    hash: str

    @property
    def short(self) -> str:
        """`42.9f86d081884c`: the number and the first 12 digits of the hash, for the text of a post."""
        return f"{self.seq}.{self.hash[:12]}"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to become an entry: see `Entry` for the members."""

    kind: str
    body: Mapping[str, Any] = field(default_factory=dict)
    actor: str = "engine"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened in a launch. It is never changed and never removed.

    `seq` counts from 1 without a gap. `at` is the wall clock, UTC, to the microsecond, and may go back where the
    clock was set; `boottime_ns` counts nanoseconds since the machine started, suspends included, and compares only
    with entries of the same `boot_id`. `epoch` counts the engines that have owned the launch, from 1. `actor` is who
    did it: `engine`, or a person. `body` is JSON data, its shape decided by `kind` (`t0.set`, `update.due`, ...).
    `hash` is SHA-256 in hex over everything else, `prev_hash` that of the entry before (64 zeros for the first).
    """

    seq: int
    launch: str
    at: datetime
    boot_id: str
    boottime_ns: int
    epoch: int
    actor: str
    kind: str
    body: Mapping[str, Any]
    prev_hash: str
    hash: str

    @property
    def head(self) -> Head:
        """The head of a journal that ends with this entry."""
        return Head(self.seq, self.hash)
