"""From the models of sources, signals and triggers to what is watched, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from warroom.playbook import models, signal_models, source_models
from warroom.playbook.signal_forms import Burn
from warroom.playbook.signals import BaselinePlan, SignalPlan, SloPlan, SourceInfo, TriggerPlan, Watched
from warroom.slo.conditions import SignalCondition, Threshold
from warroom.slo.query import (
    Availability,
    Count,
    Expression,
    Latency,
    Measure,
    Number,
    Quantile,
    Rate,
    Ratio,
    Value,
)
from warroom.slo.source_spec import (
    CommandSpec,
    HttpJsonSpec,
    LogSpec,
    ManualSpec,
    MetricsSpec,
    ProbeSpec,
    PrometheusSpec,
    SourceSpec,
    StopwatchSpec,
    Through,
)
from warroom.slo.trigger import Hold
from warroom.slo.unit import Unit, parse_unit
from warroom.text import clean

_SPAN: Final = timedelta(minutes=5)
_UNITS: Final = {"ratio": "%", "availability": "%", "latency": "ms", "rate": "/s"}


def unit_of(model: signal_models.Signal) -> Unit:
    """How the numbers of a signal are written, where the playbook does not say so by what it measures."""
    if model.unit is not None:
        return model.unit
    is_time = model.quantile is not None and model.quantile.of.name.endswith("_seconds")
    return parse_unit("ms" if is_time else _UNITS.get(model.measures, ""))


def watched(document: models.Document) -> Watched:
    """What is watched; every name in it leads somewhere."""
    return Watched(
        sources={name: _source_info(name, model) for name, model in document.sources.items()},
        signals={name: _signal(name, model, document.sources) for name, model in document.signals.items()},
        slos={name: _slo(name, model, document) for name, model in document.slos.items()},
        baselines={name: _baseline(name, model) for name, model in document.baselines.items()},
        triggers={name: _trigger(name, model, document) for name, model in document.triggers.items()},
    )


def _source_info(name: str, model: source_models.AnySource) -> SourceInfo:
    every = timedelta(seconds=source_spec(name, model).every_s)
    return SourceInfo(name, model.kind, clean(model.title) or name, every)


def _signal(name: str, model: signal_models.Signal, sources: Mapping[str, source_models.AnySource]) -> SignalPlan:
    return SignalPlan(
        id=name,
        title=clean(model.title) or name,
        source=model.source,
        measure=_measure(name, model, sources[model.source]),
        window=model.span,
        unit=unit_of(model),
        warn=model.warn,
        page=model.page,
        limits_in={phase: limits_of(model, own) for phase, own in model.limits_in.items()},
        by=clean(model.by or ""),
        gate=model.gate or "",
        expr_source=clean(model.expr_source),
    )


def limits_of(
    model: signal_models.Signal, own: signal_models.PhaseLimits
) -> tuple[SignalCondition | None, SignalCondition | None]:
    """When a signal is YELLOW and RED while a phase runs that has limits of its `own`."""
    return own.warn or model.warn, own.page or model.page


def _measure(name: str, model: signal_models.Signal, source: source_models.AnySource) -> Measure:
    if model.value is not None:
        return Value(model.value, model.fold)
    if model.rate is not None:
        return Rate(model.rate)
    if model.count is not None:
        return Count(model.count)
    if model.ratio is not None:
        return Ratio(model.ratio.of, model.ratio.to, model.ratio.inverted)
    if model.quantile is not None:
        return Quantile(model.quantile.p / 100, model.quantile.of)
    if model.latency is not None:
        return Latency(model.latency.p / 100)
    if model.availability is not None:
        return Availability()
    if model.expr:
        return Expression(model.expr)
    path = model.json_path.text if model.json_path else model.lines
    # People give numbers under the name of the signal.
    return Number(path or ("" if source.kind == "command" else name))


def _slo(name: str, model: signal_models.Slo, document: models.Document) -> SloPlan:
    signal = document.signals[model.signal]
    limit = signal.warn or signal.page
    counts_bad = signal.availability is None and isinstance(limit, Threshold) and limit.op.startswith(">")
    return SloPlan(name, model.signal, model.objective, model.window, counts_bad)


def _baseline(name: str, model: signal_models.Baseline) -> BaselinePlan:
    if model.value is not None:
        return BaselinePlan(name, model.value.value)
    return BaselinePlan(name, None, model.signal or "", model.at or timedelta(), model.over or _SPAN)


def _trigger(name: str, model: signal_models.Trigger, document: models.Document) -> TriggerPlan:
    signal = document.signals[model.signal] if model.signal else None
    window = (model.window or signal.span) if signal and signal.is_of_a_window else model.window
    return TriggerPlan(
        id=name,
        title=clean(model.title) or name,
        severity=model.severity,
        mode=model.mode,
        signal=model.signal or "",
        when=None if isinstance(model.when, Burn) else model.when,
        slo=model.slo or "",
        burn=model.when if isinstance(model.when, Burn) else None,
        lever=model.lever or "",
        runs=model.runs or "",
        delay=model.delay or timedelta(),
        declared=model.declared is not None,
        window=window,
        hold=model.for_ or Hold(),
        clear=model.clear_for,
        min_volume=model.min_volume or 0.0,
        resume=model.resume,
        runbook=clean(model.runbook),
    )


def source_spec(name: str, model: source_models.AnySource) -> SourceSpec:
    """A source as the adapters open it. Headers and variables may hold secrets."""
    match model:
        case source_models.MetricsSource():
            return MetricsSpec(
                id=name,
                target=model.target,
                path=model.path,
                headers=tuple(model.headers.items()),
                through=_through(model.through) if model.through else None,
                every_s=model.every.total_seconds(),
                timeout_s=model.timeout.total_seconds(),
            )
        case source_models.PrometheusSource():
            return PrometheusSpec(
                id=name,
                target=model.target,
                labels=tuple(model.labels.items()),
                headers=tuple(model.headers.items()),
                every_s=model.every.total_seconds(),
                timeout_s=model.timeout.total_seconds(),
            )
        case source_models.ProbeSource():
            return ProbeSpec(
                id=name,
                target=model.target,
                path=model.path,
                method=model.method,
                headers=tuple(model.headers.items()),
                statuses=model.expect.status if model.expect else (),
                every_s=model.every.total_seconds(),
                timeout_s=model.limit.total_seconds(),
            )
        case source_models.HttpJsonSource():
            return HttpJsonSpec(
                id=name,
                target=model.target,
                path=model.path,
                headers=tuple(model.headers.items()),
                every_s=model.every.total_seconds(),
                timeout_s=model.timeout.total_seconds(),
            )
        case _:
            return _local_spec(name, model)


def _local_spec(name: str, model: source_models.AnySource) -> SourceSpec:
    """A source on this machine, or one that people are."""
    match model:
        case source_models.CommandSource():
            return CommandSpec(
                id=name,
                argv=tuple(model.argv),
                env=model.env,
                every_s=model.every.total_seconds(),
                timeout_s=model.timeout.total_seconds(),
            )
        case source_models.LogSource():
            return LogSpec(
                id=name,
                file=model.file,
                argv=tuple(model.argv),
                every_s=model.every.total_seconds(),
                timeout_s=model.timeout.total_seconds(),
            )
        case source_models.ManualSource():
            return ManualSpec(id=name, ttl_s=model.ttl.total_seconds())
        case _:
            return StopwatchSpec(id=name)


def _through(model: source_models.Through) -> Through:
    return Through(target=model.target, labels=tuple(model.labels.items()), headers=tuple(model.headers.items()))
