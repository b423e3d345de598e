"""What history can answer: which triggers, and which queries of which server that takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from warroom.backtest.values import Unanswered
from warroom.launch.observing import slice_of, slice_span
from warroom.playbook.loaded import Playbook, Target
from warroom.playbook.signals import TriggerPlan, Watched
from warroom.slo.conditions import OverBaseline, Trending
from warroom.slo.query import Query
from warroom.slo.source_spec import MetricsSpec, PrometheusSpec, SourceSpec, asked_instead

Needed = tuple[str, Query]
"""What is asked, and of which source."""

_KINDS: Final = {
    "metrics": "reads an endpoint itself, and nobody keeps what it said; give it `through`, a Prometheus",
    "probe": "probes, and no Prometheus has what it measured",
    "http_json": "reads a document, and nobody keeps what it said",
    "command": "runs a command, and nobody keeps what it said",
    "log": "follows a log from its end on",
    "manual": "is people, and nobody keeps what they said before a launch",
    "stopwatch": "is people, and nobody keeps what they said before a launch",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """`servers` by the source that they stand for, `triggers` what they can answer, and the rest with the reason."""

    servers: Mapping[str, PrometheusSpec]
    triggers: tuple[TriggerPlan, ...]
    unanswered: tuple[Unanswered, ...]


def scope_of(playbook: Playbook, *, has_t0: bool) -> Scope:
    """What the history of the playbook's servers can answer. `has_t0`: there is a T0 at which baselines are
    captured."""
    watched = playbook.course.watched
    kinds = {name: one.kind for name, one in watched.sources.items()}
    found = {name: _server(spec, kinds[name], playbook.targets) for name, spec in playbook.sources.items()}
    servers = {name: one for name, one in found.items() if isinstance(one, PrometheusSpec)}
    whys = {name: one for name, one in found.items() if isinstance(one, str)}
    reasons = {one.id: _reason(watched, one, whys, has_t0=has_t0) for one in watched.triggers.values()}
    return Scope(
        servers,
        tuple(one for one in watched.triggers.values() if not reasons[one.id]),
        tuple(Unanswered(one.id, one.title, reasons[one.id]) for one in watched.triggers.values() if reasons[one.id]),
    )


def needed(watched: Watched, trigger: TriggerPlan) -> Iterator[Needed]:
    """Everything that has to be known to decide a trigger; nothing for one that no numbers decide."""
    if trigger.slo:
        slo = watched.slos[trigger.slo]
        yield watched.signals[slo.signal].source, slice_of(watched, slo)
    if not trigger.signal:
        return
    signal = watched.signals[trigger.signal]
    yield signal.source, watched.query_of(trigger)
    for condition in (trigger.when, trigger.resume):
        if isinstance(condition, Trending):
            yield signal.source, signal.query
        if isinstance(condition, OverBaseline) and (name := watched.baselines[condition.baseline].signal):
            yield watched.signals[name].source, watched.signals[name].query


def longest_step(watched: Watched, trigger: TriggerPlan) -> timedelta | None:
    """How far looks may lie apart: two of them have to lie in its window, and in the time that its condition has to
    hold; one in each slice of an error budget. None for any distance."""
    if trigger.slo:
        return slice_span(watched, watched.slos[trigger.slo])
    return min((span / 2 for span in (trigger.window, trigger.hold.span) if span), default=None)


def _server(spec: SourceSpec, kind: str, targets: Mapping[str, Target]) -> PrometheusSpec | str:
    if isinstance(spec, MetricsSpec) and spec.through:
        spec = asked_instead(spec.id, spec.through)
    if not isinstance(spec, PrometheusSpec):
        return f"source {spec.id} {_KINDS[kind]}"
    return spec if targets[spec.target].url else f"{targets[spec.target].not_configured}: it names the Prometheus"


def _reason(watched: Watched, trigger: TriggerPlan, whys: Mapping[str, str], *, has_t0: bool) -> str:
    """Why history does not answer for a trigger; empty where it does."""
    if trigger.declared:
        return "a person declares it"
    if trigger.lever:
        return f"it watches lever {trigger.lever}, and nobody keeps what levers were"
    for source, _ in needed(watched, trigger):
        if source in whys:
            return whys[source]
    for condition in (trigger.when, trigger.resume):
        is_captured = isinstance(condition, OverBaseline) and watched.baselines[condition.baseline].value is None
        if is_captured and not has_t0:
            assert isinstance(condition, OverBaseline)
            return f"baseline.{condition.baseline} is captured from T0 on: say with --t0 which T0 that was"
    return ""
