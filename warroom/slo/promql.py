"""Queries in PromQL, so that a Prometheus says what the endpoint that it scrapes would say.

A counter's child (one set of labels) is often not there before it first counts. A selector that names labels then
finds nothing although nothing went wrong: as long as its family has series with those labels, the growth is nought.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from warroom.slo.answering import splits_whole
from warroom.slo.query import Count, Expression, Measure, Quantile, Query, Rate, Ratio, Selector, Value
from warroom.slo.selector import family, text_of
from warroom.units import format_duration

Labels = tuple[tuple[str, str], ...]


_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}
_TOKEN: Final = re.compile(r"""#[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`|["'`()\[\]{}]""")


@dataclass(frozen=True, slots=True)
class Asked:
    """The vectors that answer a query. `main` is the value itself; of a ratio the growth above, with `over` the one
    below; of a quantile the growth of each bucket, by `le`. `families` are the selectors that have to have current
    samples for the answer to mean anything; empty where they are not known."""

    main: str
    over: str = ""
    families: tuple[str, ...] = ()


def promql(query: Query, labels: Labels = ()) -> str:
    """The one expression for the whole query, split where it is split; every selector has `labels` as well.

    Raises ValueError for a measure that Prometheus does not know.
    """
    asked = split(query, labels) if query.by else whole(query, labels)
    match query.measure:
        case Quantile(p=p):
            return f"histogram_quantile({p!r}, {asked.main})"
        case Ratio() as ratio:
            joined = " on () group_left ()" if query.by and splits_whole(ratio, query.by) else ""
            text = f"({asked.main}) /{joined} {asked.over}"
            return f"1 - {text}" if ratio.inverted else text
    return asked.main


def whole(query: Query, labels: Labels = ()) -> Asked:
    """What is asked for the one number of a query, without regard to `query.by`. Raises ValueError as `promql`."""
    span = _span(query.window)
    match query.measure:
        case Value(of=of, fold=fold):
            return Asked(f"{fold}({_series(of, labels)})", families=_families(labels, of))
        case Rate(of=of):
            return Asked(_or_nought(_growth, of, labels, span), families=_families(labels, of))
        case Count(of=of):
            return Asked(_or_nought(_count, of, labels, span), families=_families(labels, of))
        case Ratio(of=of, to=to):
            over = f"sum({_growth(to, labels, span)})"
            return Asked(_or_nought(_growth, of, labels, span), over, _families(labels, of, to))
        case Quantile(of=of):
            buckets = _buckets(of)
            return Asked(f"sum by (le) ({_growth(buckets, labels, span)})", families=_families(labels, buckets))
        case Expression(text=text):
            return Asked(text)
    raise _unknown(query.measure)


def split(query: Query, labels: Labels = ()) -> Asked:
    """What is asked for a number for each value of the label `query.by`. Raises ValueError as `promql`.

    A ratio whose upper selector names that label itself (5xx by code) is taken over the whole of the lower one.
    """
    span, by, families = _span(query.window), query.by, whole(query, labels).families
    match query.measure:
        case Value(of=of, fold=fold):
            return Asked(f"{fold} by ({by}) ({_series(of, labels)})", families=families)
        case Rate(of=of):
            return Asked(f"sum by ({by}) ({_growth(of, labels, span)})", families=families)
        case Count(of=of):
            return Asked(f"sum by ({by}) ({_count(of, labels, span)})", families=families)
        case Ratio(of=of, to=to) as ratio:
            above = f"sum by ({by}) ({_growth(of, labels, span)})"
            below = "" if splits_whole(ratio, by) else f"by ({by}) "
            return Asked(above, f"sum {below}({_growth(to, labels, span)})", families)
        case Quantile(of=of):
            return Asked(f"sum by (le, {by}) ({_growth(_buckets(of), labels, span)})", families=families)
        case Expression(text=text):
            return Asked(text)
    raise _unknown(query.measure)


def newest(family: str) -> str:
    """When the newest sample of a family was taken, in seconds of the Unix epoch."""
    return f"max(timestamp({family}))"


def unbalanced(text: str) -> str:
    """Which bracket or quote of an expression has no other one, as a sentence; empty where all have. The rest only a
    Prometheus can tell."""
    open_: list[str] = []
    for token in _TOKEN.findall(text):
        if token in _PAIRS:
            open_.append(token)
        elif token in _PAIRS.values():
            if not open_ or _PAIRS[open_.pop()] != token:
                return f"a '{token}' closes nothing"
        elif len(token) == 1 and token != "#":
            return f"a {token} has no other one"
    return f"'{open_[-1]}' is never closed" if open_ else ""


def _or_nought(measured: Callable[[Selector, Labels, str], str], of: Selector, labels: Labels, span: str) -> str:
    growth, loose = f"sum({measured(of, labels, span)})", family(of)
    if loose == of:
        return growth
    return f"{growth} or 0 * sum({measured(loose, labels, span)})"


def _growth(of: Selector, labels: Labels, span: str) -> str:
    return f"rate({_series(of, labels)}[{span}])"


def _count(of: Selector, labels: Labels, span: str) -> str:
    # Prometheus extends what it saw to the edges of the window, by parts of one; what happened is whole.
    return f"round(increase({_series(of, labels)}[{span}]))"


def _families(labels: Labels, *selectors: Selector) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_series(family(one), labels) for one in selectors))


def _buckets(of: Selector) -> Selector:
    return Selector(f"{of.name}_bucket", of.matchers)


def _series(of: Selector, labels: Labels) -> str:
    return text_of(Selector(of.name, (*of.matchers, *((label, "=", value) for label, value in labels))))


def _span(window: timedelta) -> str:
    ms = round(window.total_seconds() * 1000)
    return f"{ms}ms" if ms % 1000 else format_duration(window)


def _unknown(measure: Measure) -> ValueError:
    return ValueError(f"Prometheus is not asked for {type(measure).__name__.lower()}")
