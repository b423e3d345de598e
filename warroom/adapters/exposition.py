"""A page of metrics in the text format of Prometheus or of OpenMetrics, read without trust.

OpenMetrics is the older format with more rules, so that one parser reads the samples of both; of its rules the one is
kept that tells a whole page from a cut one. Only the samples of wanted metrics are parsed: the rest of a large page
costs no more than a glance.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from warroom.contract import Response
from warroom.slo.series import Exposed
from warroom.text import clean_bytes, one_line

MAX_SERIES: Final = 100_000
_MAX_LINE: Final = 8_192
_OPENMETRICS: Final = "application/openmetrics-text"
_PLAIN: Final = ("text/plain", "")
ACCEPT: Final = f"{_OPENMETRICS};version=1.0.0,text/plain;version=0.0.4;q=0.5"
# A name ends where the labels or the value begin.
_ENDS: Final = str.maketrans("{\t", "  ")
# What the parser raises for lines that it does not understand.
_NOT_UNDERSTOOD: Final = (ValueError, LookupError, ArithmeticError, TypeError, AttributeError)


def exposed_by(response: Response, names: Collection[str]) -> list[Exposed]:
    """The samples of the metrics of those `names`, in order, and one of NaN for each other name on the page.

    Raises ValueError with a clause on what is wrong with the page.
    """
    lines = _sample_lines(response)
    if len(lines) > MAX_SERIES:
        raise ValueError(f"has {len(lines):,} series, more than the {MAX_SERIES:,} that are read")
    if not lines:
        raise ValueError("has no metrics")
    named = [(line.translate(_ENDS).partition(" ")[0], line) for line in lines]
    wanted = [line for name, line in named if name in names]
    others = dict.fromkeys(name for name, _ in named if name not in names)
    return [*_parsed(wanted), *((name, {}, math.nan) for name in others)]


def _sample_lines(response: Response) -> Sequence[str]:
    text = _text(response)
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    if too_long := next((line for line in lines if len(line) > _MAX_LINE), ""):
        raise ValueError(f"has a line of {len(too_long):,} characters: {one_line(too_long, limit=60)}")
    return lines


def _text(response: Response) -> str:
    """The page as text, once it is known to be a page of metrics and whole."""
    if response.status != 200:
        raise ValueError(f"answers {response.status}")
    kind = (response.header("content-type") or "").partition(";")[0].strip().lower()
    start = response.body.lstrip()[:60]
    if start.startswith(b"<"):
        raise ValueError(f"is markup, not metrics: it begins with '{clean_bytes(start)}'")
    if kind not in (_OPENMETRICS, *_PLAIN):
        raise ValueError(f"is {one_line(kind, limit=60)}, not text/plain or {_OPENMETRICS}")
    try:
        text = response.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 at byte {error.start:,}") from None
    if text and (not text.endswith("\n") or (kind == _OPENMETRICS and not text.endswith("# EOF\n"))):
        raise ValueError("was cut off: it does not end as a page of metrics does")
    return text


def _parsed(lines: Sequence[str]) -> Iterator[Exposed]:
    try:
        for family in text_string_to_metric_families("\n".join(lines)):
            for sample in family.samples:
                yield sample.name, sample.labels, float(sample.value)
    except _NOT_UNDERSTOOD:
        raise ValueError(f"has a line that is no sample: {_culprit(lines)}") from None


def _culprit(lines: Sequence[str]) -> str:
    for line in lines:
        try:
            list(text_string_to_metric_families(line))
        except _NOT_UNDERSTOOD:
            return one_line(line, limit=80)
    return "(none by itself)"
