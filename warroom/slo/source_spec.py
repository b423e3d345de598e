"""Where signals come from: each kind of source as the playbook states it, before anything is opened.

`id` names the source, `every_s` is how often it is looked at and `timeout_s` how long one look may take. Targets are
ids of the playbook; a `path` is appended to the target's address. Headers may hold secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from warroom.slo.query import Availability, Count, Expression, Latency, Measure, Number, Quantile, Rate, Ratio, Value

Headers = tuple[tuple[str, str], ...]
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Through:
    """A Prometheus that scrapes the same endpoint. Where its target is configured it is asked instead; every selector
    then has `labels` as well, which single the endpoint out among all that it scrapes."""

    target: str
    labels: Labels = ()
    headers: Headers = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSpec:
    """An endpoint in the text format of OpenMetrics or Prometheus, read directly."""

    id: str
    target: str
    path: str = "/metrics"
    headers: Headers = field(default=(), repr=False)
    through: Through | None = None
    every_s: float = 5.0
    timeout_s: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusSpec:
    """A server with the query API of Prometheus. `labels` are added to every selector, save those of an expression;
    a tenant is a header (`X-Scope-OrgID`)."""

    id: str
    target: str
    labels: Labels = ()
    headers: Headers = field(default=(), repr=False)
    every_s: float = 15.0
    timeout_s: float = 10.0


def asked_instead(source: str, through: Through) -> PrometheusSpec:
    """The Prometheus that is asked in the place of the endpoint that it scrapes."""
    return PrometheusSpec(id=source, target=through.target, labels=through.labels, headers=through.headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSpec:
    """One request every `every_s` seconds, timed. It succeeds when a whole answer with one of `statuses` is there
    within `timeout_s`, which is at most `every_s`; no statuses: any 2xx."""

    id: str
    target: str
    path: str = ""
    method: str = "GET"
    headers: Headers = field(default=(), repr=False)
    statuses: tuple[int, ...] = ()
    every_s: float = 2.0
    timeout_s: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpJsonSpec:
    """A JSON document read by GET; `Number.path` is the JSONPath of the number."""

    id: str
    target: str
    path: str = ""
    headers: Headers = field(default=(), repr=False)
    every_s: float = 10.0
    timeout_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """A command, where commands are allowed. `Number.path`: empty for the number that it prints, `exit_code`, or a
    JSONPath into what it prints."""

    id: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    every_s: float = 60.0
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSpec:
    """A log on this machine, from its end on: a file by its path, or the output of a command that goes on (`argv`).
    `Number.path` is a pattern; the number is how many lines of the window it is found in."""

    id: str
    file: str = ""
    argv: tuple[str, ...] = ()
    every_s: float = 5.0
    timeout_s: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualSpec:
    """Numbers that people give; `Number.path` is the name of one. One older than `ttl_s` seconds says nothing."""

    id: str
    ttl_s: float = 86_400.0
    every_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StopwatchSpec:
    """Spans of time between two marks that people set; `Number.path` is the name of one."""

    id: str
    every_s: float = 1.0


SourceSpec = (
    MetricsSpec | PrometheusSpec | ProbeSpec | HttpJsonSpec | CommandSpec | LogSpec | ManualSpec | StopwatchSpec
)

_SCRAPED: Final = (Value, Rate, Count, Ratio, Quantile)

ANSWERS: Final[Mapping[type[SourceSpec], tuple[type[Measure], ...]]] = {
    MetricsSpec: _SCRAPED,
    PrometheusSpec: (*_SCRAPED, Expression),
    ProbeSpec: (Latency, Availability),
    HttpJsonSpec: (Number,),
    CommandSpec: (Number,),
    LogSpec: (Number,),
    ManualSpec: (Number,),
    StopwatchSpec: (Number,),
}
"""The measures that each kind of source can be asked for."""
