"""What a trigger leads to, and which of several comes first."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """What a trigger that fires asks for, the strongest first."""

    ROLLBACK = "rollback"
    PAUSE = "pause"
    NOTIFY = "notify"

    @property
    def rank(self) -> int:
        """0 for the strongest: of several at once it acts first, and all are recorded."""
        return _RANK[self]


_RANK: Final = {severity: place for place, severity in enumerate(Severity)}
