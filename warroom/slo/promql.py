"""Queries in PromQL, so that a Prometheus says what the endpoint that it scrapes would say.

A counter's child (one set of labels) is often not there before it first counts. A selector that names labels then
finds nothing although nothing went wrong: as long as its family has series with those labels, the growth is nought.

`rate` and `increase` extend what was seen to the edges of the window, each series by another factor. Counts and
ratios, which are compared with limits to the letter, are made of what was seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from warroom.slo.answering import splits_whole
from warroom.slo.expression import reads_of
from warroom.slo.query import Count, Expression, Measure, Quantile, Query, Rate, Ratio, Selector, Value
from warroom.slo.selector import family, parse_selector, text_of
from warroom.units import format_duration

Labels = tuple[tuple[str, str], ...]

MAX_AGE: Final = timedelta(seconds=150)
"""A sample that is older is no longer current: half of what Prometheus itself takes for it. A server that scrapes
marks a dead endpoint at once; one that is written to does not."""

PARTS: Final = 11
"""So many times in a window it is asked whether there was a current sample: no number that falls into step with how
often anybody scrapes."""

# Prometheus gives them to all that it scrapes: they say whose a series is, not what was counted.
_OF_TARGETS: Final = ("job", "instance")

_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}
_TOKEN: Final = re.compile(r"""#[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`|["'`()\[\]{}]""")


Windowed = tuple[str, timedelta]
"""A selector, and how far back it is read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The vectors that answer a query. `main` is the value itself; of a ratio the growth above, with `over` the one
    below; of a quantile how fast each bucket grows, by `le`. `families` are the selectors that have to have current
    samples for the answer to mean anything, `windows` how far back which metric is read. `is_nought`: without an
    answer `main` is 0, as long as its family is there."""

    main: str
    over: str = ""
    families: tuple[str, ...] = ()
    windows: tuple[Windowed, ...] = ()
    is_nought: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is to be asked, each once."""
        others = (*map(newest, self.families), *(observed(*one) for one in self.windows))
        return tuple(dict.fromkeys(text for text in (self.main, self.over, *others) if text))


def promql(query: Query, labels: Labels = ()) -> str:
    """The one expression for the whole query, split where it is split; every selector has `labels` as well.

    Raises ValueError for a measure that Prometheus does not know.
    """
    asked = split(query, labels) if query.by else whole(query, labels)
    main = f"{asked.main} or 0 * count({asked.families[0]})" if asked.is_nought and not query.by else asked.main
    match query.measure:
        case Quantile(p=p):
            return f"histogram_quantile({p!r}, {main})"
        case Ratio() as ratio:
            joined = " on () group_left ()" if query.by and splits_whole(ratio, query.by) else ""
            text = f"({main}) /{joined} {asked.over}"
            return f"1 - {text}" if ratio.inverted else text
    return main


def whole(query: Query, labels: Labels = ()) -> Asked:
    """What is asked for the one number of a query, without regard to `query.by`. Raises ValueError as `promql`."""
    span = _span(query.window)
    match query.measure:
        case Value(of=of, fold=fold):
            return _asked(query, labels, of, main=f"{fold}({_series(of, labels)})")
        case Rate(of=of):
            return _asked(query, labels, of, main=f"sum({_growth(of, labels, span)})")
        case Count(of=of):
            return _asked(query, labels, of, main=f"sum({_count(of, labels, span)})")
        case Ratio(of=of, to=to):
            above, below = f"sum({_seen(of, labels, span)})", f"sum({_seen(to, labels, span)})"
            return _asked(query, labels, of, to, main=above, over=below)
        case Quantile(of=of):
            buckets = _buckets(of)
            return _asked(query, labels, buckets, main=f"sum by (le) ({_growth(buckets, labels, span)})")
        case Expression(text=text):
            return _as_written(text)
    raise _unknown(query.measure)


def split(query: Query, labels: Labels = ()) -> Asked:
    """What is asked for a number for each value of the label `query.by`. Raises ValueError as `promql`.

    A ratio whose upper selector names that label itself (5xx by code) is taken over the whole of the lower one.
    """
    span, by, asked = _span(query.window), query.by, whole(query, labels)
    match query.measure:
        case Value(of=of, fold=fold):
            return replace(asked, main=f"{fold} by ({by}) ({_series(of, labels)})")
        case Rate(of=of):
            return replace(asked, main=f"sum by ({by}) ({_growth(of, labels, span)})")
        case Count(of=of):
            return replace(asked, main=f"sum by ({by}) ({_count(of, labels, span)})")
        case Ratio(of=of, to=to) as ratio:
            below = "" if splits_whole(ratio, by) else f"by ({by}) "
            return replace(
                asked,
                main=f"sum by ({by}) ({_seen(of, labels, span)})",
                over=f"sum {below}({_seen(to, labels, span)})",
            )
        case Quantile(of=of):
            return replace(asked, main=f"sum by (le, {by}) ({_growth(_buckets(of), labels, span)})")
    return asked


def _asked(query: Query, labels: Labels, *of: Selector, main: str, over: str = "") -> Asked:
    families = tuple(dict.fromkeys(_series(_family(one), labels) for one in of))
    if isinstance(query.measure, Value) or not query.window:
        return Asked(main, over, families)
    # What is observed of a metric is observed of all its series; so several queries share what is asked.
    metrics = dict.fromkeys(_series(_metric(one), labels) for one in of)
    is_nought = not isinstance(query.measure, Quantile) and _family(of[0]) != of[0]
    return Asked(main, over, families, tuple((one, query.window) for one in metrics), is_nought)


def _as_written(text: str) -> Asked:
    """An expression, with what it reads. Each of its selectors has to have a current sample, to the letter: what it
    makes of older ones nobody can tell. How much of a window was observed is a matter of the whole metric."""
    reads = [one for one in reads_of(text) if not one.is_past]
    windows = [(_metric_in(one.selector), one.window) for one in reads if one.window]
    selectors = [one.selector for one in reads]
    return Asked(text, families=tuple(dict.fromkeys(selectors)), windows=tuple(dict.fromkeys(windows)))


def _metric_in(selector: str) -> str:
    try:
        return text_of(_metric(parse_selector(selector)))
    except ValueError:
        return selector  # one without a name, say


def newest(family: str) -> str:
    """When the newest sample of a family was taken, in seconds of the Unix epoch; nothing where it is stale, which
    `timestamp` by itself does not see in a VictoriaMetrics."""
    return f"max(timestamp({family}) and {family})"


def observed(metric: str, window: timedelta) -> str:
    """At how many of the `PARTS` moments of the window the metric had a current sample. One that nothing marks as
    stale is current for half of the window at most: two have to lie in it for anything to be measured."""
    step = _span(part_of(window))
    good_for_s = min(MAX_AGE, window / 2).total_seconds()
    return f"count_over_time(({newest(metric)} > time() - {good_for_s:g})[{_span(window)}:{step}])"


def part_of(window: timedelta) -> timedelta:
    """From one such moment to the next; they are multiples of it, since 1970. Whole milliseconds."""
    return timedelta(milliseconds=max(1, window // timedelta(milliseconds=1) // PARTS))


def unbalanced(text: str) -> str:
    """Which bracket or quote of an expression has no other one, as a sentence; empty where all have. The rest only a
    Prometheus can tell."""
    open_: list[str] = []
    for token in _TOKEN.findall(text):
        if token in _PAIRS:
            open_.append(token)
        elif token in _PAIRS.values():
            if not open_:
                return f"a '{token}' closes nothing"
            if _PAIRS[last := open_.pop()] != token:
                return f"'{last}' is not closed before the '{token}'"
        elif len(token) == 1 and token != "#":
            return f"a {token} has no other one"
    return f"'{open_[-1]}' is never closed" if open_ else ""


def _growth(of: Selector, labels: Labels, span: str) -> str:
    return f"rate({_series(of, labels)}[{span}])"


def _seen(of: Selector, labels: Labels, span: str) -> str:
    """What was seen to grow, to the last event; of a counter that restarted within the window the estimate."""
    x = f"{_series(of, labels)}[{span}]"
    # The smallest by rank: unlike the minimum it sees what is no number.
    return f"max_over_time({x}) - quantile_over_time(0, {x}) unless resets({x}) > 0 or increase({x})"


def _count(of: Selector, labels: Labels, span: str) -> str:
    # What happened is whole, what is estimated is not.
    return f"round({_seen(of, labels, span)})"


def _metric(of: Selector) -> Selector:
    """All that is exposed of it by the targets that it is asked of."""
    return Selector(of.name, tuple(matcher for matcher in of.matchers if matcher[0] in _OF_TARGETS))


def _family(of: Selector) -> Selector:
    """The series that have its labels, whatever their values; of its targets alone."""
    loose = [matcher for matcher in family(of).matchers if matcher[0] not in _OF_TARGETS]
    return Selector(of.name, (*loose, *_metric(of).matchers))


def _buckets(of: Selector) -> Selector:
    return Selector(f"{of.name}_bucket", of.matchers)


def _series(of: Selector, labels: Labels) -> str:
    return text_of(Selector(of.name, (*of.matchers, *((label, "=", value) for label, value in labels))))


def _span(window: timedelta) -> str:
    ms = round(window.total_seconds() * 1000)
    return f"{ms}ms" if ms % 1000 else format_duration(window)


def _unknown(measure: Measure) -> ValueError:
    return ValueError(f"Prometheus is not asked for {type(measure).__name__.lower()}")
