"""Percentiles of samples, and what so many samples prove about the service behind them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction

_STEPS = 60  # halvings of [0, 1]: beyond what a float can tell apart


def rank_of(n: int, p: float) -> int:
    """The place of the percentile `p` (0 < p <= 1) among `n` sorted samples, counted from 1: ceil(p n), exactly.

    Raises ValueError for no samples or another p.
    """
    if n < 1 or not 0 < p <= 1:
        raise ValueError("a percentile needs samples, and lies over 0 and not over 1")
    # As written: 0.07 as a float is a little more than 7/100, and would move a rank on.
    return math.ceil(Fraction(str(p)) * n)


def nearest_rank(values: Sequence[float | None], p: float) -> float | None:
    """The value at place ceil(p n) of the sorted samples (the nearest-rank method).

    None stands for a sample without a value, larger than every value; so does a result of None.
    Raises ValueError for no samples, or a p that is not over 0 and at most 1.
    """
    place = rank_of(len(values), p)
    measured = sorted(value for value in values if value is not None)
    return measured[place - 1] if place <= len(measured) else None


def is_over(over: int, n: int, p: float) -> bool:
    """Whether the percentile `p` of `n` samples lies over a limit that `over` of them exceed; no sorting needed."""
    return over > n - rank_of(n, p)


def chance_of_at_most(k: int, n: int, rate: float) -> float:
    """The binomial probability of at most `k` in `n` at `rate` each; 0..1."""
    if k >= n or rate <= 0:
        return 1.0
    if rate >= 1:
        return 0.0
    log_rate, log_rest, log_n = math.log(rate), math.log1p(-rate), math.lgamma(n + 1)
    return min(
        1.0,
        math.fsum(
            math.exp(log_n - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * log_rate + (n - i) * log_rest)
            for i in range(k + 1)
        ),
    )


def share_at_most(n: int, over: int, confidence: float = 0.95) -> float:
    """The one-sided upper bound on the share over the limit, when `over` of `n` samples were; 0..1.

    Exact (Clopper and Pearson, Biometrika 26, 1934): the largest share at which so few are not less likely than
    1 - confidence. 1 for no samples.
    """
    if over >= n:
        return 1.0
    low, high = over / n, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if chance_of_at_most(over, n, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def share_at_least(n: int, over: int, confidence: float = 0.95) -> float:
    """The one-sided lower bound on the share over the limit; 0 for no samples."""
    return 1 - share_at_most(n, n - over, confidence)


def proves(n: int, over: int, confidence: float = 0.95) -> float:
    """The highest percentile (0..1) that is proved to be within the limit, when `over` of `n` samples are over it.

    0.905 for 30 samples with none over: P90 holds at 95 %, P95 would take 59 of them. 0 when nothing is proved.
    """
    return 1 - share_at_most(n, over, confidence)


def clean_samples_for(p: float, confidence: float = 0.95) -> int:
    """How many samples, none over, prove that the percentile `p` (below 1) is within the limit; 59 for 0.95."""
    n = max(1, math.floor(math.log(1 - confidence) / math.log(p)))
    while proves(n, 0, confidence) < p:
        n += 1
    return n


class Decision(StrEnum):
    """What the samples so far decide about a percentile."""

    PASS = "pass"
    FAIL = "fail"
    CONTINUE = "continue"


def decide(n: int, over: int, p: float, confidence: float = 0.95) -> Decision:
    """Whether `over` of `n` samples over the limit prove that the percentile `p` is within it, or over it.

    Each look stands at `confidence` by itself; looking often makes a wrong decision likelier, so look seldom.
    """
    if share_at_most(n, over, confidence) <= 1 - p:
        return Decision.PASS
    if share_at_least(n, over, confidence) > 1 - p:
        return Decision.FAIL
    return Decision.CONTINUE
