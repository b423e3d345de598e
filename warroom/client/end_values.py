"""How a launch ends, as its engine tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ClosedNow:
    """The end of a launch."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class KeptOpenNow:
    """Every post is resolved, and phases may not be left: `held` says which and why. Closed `until` then anyhow."""

    held: tuple[str, ...]
    until: datetime
