"""Looks once at the sources of signals that only answer: whether they do, and what each signal gets from them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from warroom.adapters.command import Commands
from warroom.adapters.credentials import secrets_of
from warroom.adapters.http import HttpAdapter
from warroom.adapters.metrics_source import MetricsSource
from warroom.adapters.prometheus_answer import REFUSES
from warroom.adapters.sources import MAX_BYTES, Sources
from warroom.clock import Clock
from warroom.launch.observing import queries_of
from warroom.launch.setup import Finding
from warroom.playbook.loaded import Playbook
from warroom.slo.query import Query, SignalSource
from warroom.slo.source_spec import HttpJsonSpec, MetricsSpec, PrometheusSpec, SourceSpec
from warroom.text import plural
from warroom.verdict import Verdict

_ASKED: Final = (PrometheusSpec, MetricsSpec, HttpJsonSpec)
_UNKNOWN: Final = "if it is to answer already: check that it runs, its address and the name"


def sources_asked(playbook: Playbook, clock: Clock) -> list[Finding]:
    """What there is to say of each source, in the order of the playbook: per reason the signals that it is said of.
    Blocks, for as long as one look may take.

    GREEN: it has what the signal reads, though its window may still have to fill. UNKNOWN: it gives nothing, as what
    is deployed only at T0 does. RED: a server refuses the query, which waiting does not mend. Sources that run
    something, send probes or wait for people are SKIPPED, and so are those whose target is not configured.
    """
    return asyncio.run(_asked(playbook, clock))


async def _asked(playbook: Playbook, clock: Clock) -> list[Finding]:
    http = HttpAdapter(playbook.targets, clock, secrets=secrets_of(playbook), max_bytes=MAX_BYTES)
    sources = Sources(playbook.targets, clock, wall=clock, http=http, commands=Commands(clock))
    try:
        looks = [_findings(playbook, spec, sources, clock) for spec in playbook.sources.values()]
        return [one for found in await asyncio.gather(*looks) for one in found]
    finally:
        await sources.aclose()
        await http.aclose()


async def _findings(playbook: Playbook, spec: SourceSpec, sources: Sources, clock: Clock) -> Sequence[Finding]:
    watched, about = playbook.course.watched, f"source {spec.id}"
    signals = {name: signal.query for name, signal in watched.signals.items() if signal.source == spec.id}
    if not isinstance(spec, _ASKED):
        return [Finding(Verdict.SKIPPED, about, f"not asked: {watched.sources[spec.id].kind}")]
    if why := _not_configured(playbook, spec):
        return [Finding(Verdict.SKIPPED, about, f"not asked: {why}")]
    if not signals:
        return [Finding(Verdict.SKIPPED, about, "not asked: no signal reads it")]
    source = sources.of(spec, queries_of(watched, spec.id))
    await source.look()
    return list(_told(about, signals, source, clock))


def _not_configured(playbook: Playbook, spec: PrometheusSpec | MetricsSpec | HttpJsonSpec) -> str:
    """Why there is nobody to ask; empty where there is somebody."""
    asked = [spec.target]
    if isinstance(spec, MetricsSpec) and spec.through:
        asked.append(spec.through.target)
    if any(playbook.targets[name].url for name in asked):
        return ""
    return playbook.targets[spec.target].not_configured


def _told(about: str, signals: Mapping[str, Query], source: SignalSource, clock: Clock) -> Iterator[Finding]:
    said: dict[str, list[str]] = {}
    for name, query in signals.items():
        said.setdefault(_trouble(source, query, clock), []).append(name)
    for reason, names in said.items():
        which = ", ".join(names)
        if not reason:
            yield Finding(Verdict.PASS, about, f"answers for {plural(len(names), 'signal')}: {which}")
        elif reason.startswith(REFUSES):
            yield Finding(Verdict.FAIL, about, f"{which}: {reason}", "mend the query in the playbook")
        else:
            yield Finding(Verdict.INCONCLUSIVE, about, f"{which}: {reason}", _UNKNOWN)


def _trouble(source: SignalSource, query: Query, clock: Clock) -> str:
    """Why a signal gets nothing; empty where it does, or will once its window has filled or something happens."""
    found = source.reading(query, clock.now())
    if found.is_known or found.n == 0:
        return ""
    if not found.filling:
        return found.reason
    # Nothing of a window is known after one look: then it counts that the series are there.
    return source.why_none(query) if isinstance(source, MetricsSource) else ""
