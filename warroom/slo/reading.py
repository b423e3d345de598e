"""What a signal was at one moment, and that it was not known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """The statistic of a signal over a window that ends at `at` (UTC).

    `value` is in the base unit: a ratio 0..1 (never percent), seconds, a count, or a rate per second; always finite.
    None: there is no data, and `reason` says why. Where the source only knows an interval (the bucket of a histogram)
    the truth lies over `low` and not over `high`, and so does `value`; `high` is None in the last bucket, which
    nothing bounds. For an exact value both are None.

    `beyond`: the percentile lies among samples that got no answer. It has no number (`value` is None), is known all
    the same, and is over every limit; `reason` says so.

    `n` is how many events (requests, samples) it was made from, None where nobody counts them. `coverage` is the
    share of the window that was observed, 0..1.
    """

    at: datetime
    value: float | None
    low: float | None = None
    high: float | None = None
    n: float | None = None
    coverage: float = 1.0
    reason: str = ""
    beyond: bool = False

    @classmethod
    def missing(cls, at: datetime, reason: str, coverage: float = 0.0) -> Reading:
        """There is no data; `reason` is a sentence for people."""
        return cls(at, None, coverage=coverage, reason=reason)

    @property
    def is_known(self) -> bool:
        """Whether there is data."""
        return self.value is not None or self.beyond
