"""Makes sources of signals of what the playbook states about them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from warroom.adapters.command import Commands
from warroom.clock import Clock
from warroom.contract import HttpPort
from warroom.playbook.loaded import Target
from warroom.slo.manual import ManualSource
from warroom.slo.query import Query, SignalSource
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
    asked_instead,
)
from warroom.slo.stopwatch import StopwatchSource

if TYPE_CHECKING:
    from warroom.adapters.probing import Probing


MAX_BYTES: Final = 8 << 20
"""How large an answer may be that signals are read from; pages of metrics are larger than other answers."""


class Sources:
    """The sources of one launch. Each kind's own libraries are loaded with the first source of it.

    Whoever makes it closes it.
    """

    def __init__(
        self, targets: Mapping[str, Target], clock: Clock, *, wall: Clock, http: HttpPort, commands: Commands
    ) -> None:
        """Looks and readings are dated by `clock`. `wall` is the clock that others can be asked about a moment of."""
        self._targets = targets
        self._clock = clock
        self._wall = wall
        self._http = http
        self._commands = commands
        self._close: list[Callable[[], Awaitable[None]]] = []
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
            case LogSpec():
                return self._log(spec, queries)
            case ManualSpec():
                return ManualSource(spec)
            case StopwatchSpec():
                return StopwatchSource(spec)

    async def aclose(self) -> None:
        """Nothing more is asked of any of them."""
        closing, self._close = self._close, []
        for close in closing:
            await close()

    def _metrics(self, spec: MetricsSpec, queries: Sequence[Query]) -> SignalSource:
        through = spec.through
        if through is not None and through.target in self._targets and self._targets[through.target].url:
            return self._prometheus(asked_instead(spec.id, through), queries)
        from warroom.adapters.metrics_source import MetricsSource

        return MetricsSource(spec, queries, self._http, self._clock)

    def _probe(self, spec: ProbeSpec, queries: Sequence[Query]) -> SignalSource:
        from warroom.adapters.probe_source import ProbeSource
        from warroom.adapters.probing import Probing

        if self._probing is None:
            # One child sends them all.
            self._probing = Probing(self._targets, self._clock)
            self._close.append(self._probing.aclose)
        return ProbeSource(spec, queries, self._probing)

    def _log(self, spec: LogSpec, queries: Sequence[Query]) -> SignalSource:
        from warroom.adapters.log_source import LogSource

        source = LogSource(spec, queries, self._commands, self._clock)
        self._close.append(source.aclose)
        return source

    def _prometheus(self, spec: PrometheusSpec, queries: Sequence[Query]) -> SignalSource:
        from warroom.adapters.prometheus_source import PrometheusSource

        source = PrometheusSource(spec, queries, self._http, self._clock, self._wall)
        self._close.append(source.aclose)
        return source
