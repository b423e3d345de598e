"""Makes sources of signals of what the playbook states about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from warroom.clock import Clock
from warroom.contract import CommandPort, HttpPort
from warroom.playbook.loaded import Target
from warroom.slo.manual import ManualSource
from warroom.slo.query import Query, SignalSource
from warroom.slo.source_spec import (
    CommandSpec,
    HttpJsonSpec,
    ManualSpec,
    MetricsSpec,
    ProbeSpec,
    PrometheusSpec,
    SourceSpec,
    StopwatchSpec,
)
from warroom.slo.stopwatch import StopwatchSource

if TYPE_CHECKING:
    from warroom.adapters.probing import Probing


class Sources:
    """The sources of one launch. Each kind's own libraries are loaded with the first source of it.

    Whoever makes it closes it.
    """

    def __init__(self, targets: Mapping[str, Target], clock: Clock, *, http: HttpPort, commands: CommandPort) -> None:
        self._targets = targets
        self._clock = clock
        self._http = http
        self._commands = commands
        self._close: list[Callable[[], None]] = []
        self._probing: Probing | None = None

    def of(self, spec: SourceSpec, queries: Sequence[Query]) -> SignalSource:
        """The source, which will be asked `queries`; nothing is opened or sent before its first look.

        Raises ValueError for a query that such a source cannot be asked.
        """
        match spec:
            case PrometheusSpec():
                return self._prometheus(spec, queries)
            case MetricsSpec():
                return self._metrics(spec, queries)
            case ProbeSpec():
                return self._probe(spec, queries)
            case HttpJsonSpec():
                from warroom.adapters.http_json_source import HttpJsonSource

                return HttpJsonSource(spec, queries, self._http, self._clock)
            case CommandSpec():
                from warroom.adapters.command_source import CommandSource

                return CommandSource(spec, queries, self._commands, self._clock)
            case ManualSpec():
                return ManualSource(spec)
            case StopwatchSpec():
                return StopwatchSource(spec)
        raise NotImplementedError

    async def aclose(self) -> None:
        """Nothing more is asked of any of them."""
        for close in self._close:
            close()
        self._close.clear()
        if self._probing is not None:
            await self._probing.aclose()

    def _metrics(self, spec: MetricsSpec, queries: Sequence[Query]) -> SignalSource:
        through = spec.through
        if through is not None and through.target in self._targets and self._targets[through.target].url:
            asked = PrometheusSpec(id=spec.id, target=through.target, labels=through.labels, headers=through.headers)
            return self._prometheus(asked, queries)
        from warroom.adapters.metrics_source import MetricsSource

        return MetricsSource(spec, queries, self._http, self._clock)

    def _probe(self, spec: ProbeSpec, queries: Sequence[Query]) -> SignalSource:
        from warroom.adapters.probe_source import ProbeSource
        from warroom.adapters.probing import Probing

        # One child sends them all.
        self._probing = self._probing or Probing(self._targets, self._clock)
        return ProbeSource(spec, queries, self._probing)

    def _prometheus(self, spec: PrometheusSpec, queries: Sequence[Query]) -> SignalSource:
        from warroom.adapters.prometheus_source import PrometheusSource

        source = PrometheusSource(spec, queries, self._http, self._clock)
        self._close.append(source.close)
        return source
