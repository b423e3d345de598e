"""The launch and its engine as metrics, in the text format that Prometheus scrapes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import (
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
    SummaryMetricFamily,
)

from warroom import __version__
from warroom.api.signal_metrics import one_hot, signal_families
from warroom.engine.engine import Engine
from warroom.launch.evidence_age import at_age
from warroom.launch.standing import Owed, Standing, owed
from warroom.launch.state import as_of
from warroom.verdict import Verdict

METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_ARRIVED: Final = (Standing.SENT, Standing.DONE)
_RESOLVED: Final = (*_ARRIVED, Standing.MERGED, Standing.SKIPPED)
_LATE_S: Final = (1.0, 5.0, 10.0, 60.0, 300.0, 3_600.0)
_GATE_STATES: Final = ("green", "red", "unknown")


def exposition(engine: Engine, now: datetime) -> bytes:
    """Everything, at `now`."""
    registry = CollectorRegistry()
    registry.register(_Launch(engine, now))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Launch:
    def __init__(self, engine: Engine, now: datetime) -> None:
        self._engine = engine
        self._state = engine.state
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Every family."""
        yield from self._launch()
        yield from self._updates(owed(self._state, self._now))
        yield from self._suites()
        yield from self._gates()
        yield from signal_families(self._state, self._engine.signals.live(), self._now)
        yield from self._health()

    def _launch(self) -> Iterator[Metric]:
        state = self._state
        about = InfoMetricFamily("warroom_launch", "The launch, its playbook and who runs it.")
        about.add_metric(
            [],
            {"launch": state.launch, "playbook_sha256": state.playbook_sha256, "version": __version__},
        )
        yield about
        yield _gauge("warroom_launch_open", "1 until the launch is closed.", float(state.closed is None))
        if state.t0 is not None:
            yield _gauge("warroom_t0_timestamp_seconds", "T0, seconds since 1970.", state.t0.timestamp())
        still_open = sum(incident.resolved_at is None for incident in state.incidents.values())
        yield _gauge("warroom_incidents_open", "Incidents that are not resolved.", still_open)

    def _updates(self, posts: tuple[Owed, ...]) -> Iterator[Metric]:
        by_standing = GaugeMetricFamily("warroom_updates", "Posts of the launch.", labels=["standing"])
        for standing in Standing:
            by_standing.add_metric([standing.name.lower()], sum(post.standing is standing for post in posts))
        yield by_standing
        yield _lateness(posts)
        behind = [post.late_s for post in posts if post.standing not in _RESOLVED]
        most = "By how many seconds the most overdue post that was not sent is late now."
        yield _gauge("warroom_update_overdue_seconds", most, max(behind, default=0.0))

    def _suites(self) -> Iterator[Metric]:
        verdicts = GaugeMetricFamily(
            "warroom_suite_verdict", "1 for what the last run of a suite found.", labels=["suite", "verdict"]
        )
        checks = GaugeMetricFamily(
            "warroom_check_verdict",
            "1 for what a check came to in the last run of its suite.",
            labels=["suite", "check", "verdict"],
        )
        ages = GaugeMetricFamily("warroom_suite_age_seconds", "Since that run ended.", labels=["suite"])
        at, plans = as_of(self._state, self._now), self._state.course.checks
        last = {run.name: at_age(run, plans, at) for run in self._state.runs.values() if run.finished_at}
        for suite, run in last.items():
            one_hot(verdicts, [suite], list(Verdict), run.verdict)
            for check in run.checks.values():
                one_hot(checks, [suite, check.id], list(Verdict), check.verdict)
            ages.add_metric([suite], (self._now - (run.finished_at or self._now)).total_seconds())
        yield from (verdicts, checks, ages)

    def _gates(self) -> Iterator[Metric]:
        states = GaugeMetricFamily(
            "warroom_gate_state", "1 for the state of another system as it was read last.", labels=["gate", "state"]
        )
        ages = GaugeMetricFamily("warroom_gate_age_seconds", "Since it was read.", labels=["gate"])
        read_at = self._engine.gates_read_at
        for gate in self._state.gates.values():
            one_hot(states, [gate.id], _GATE_STATES, gate.state)
            ages.add_metric([gate.id], (self._now - read_at.get(gate.id, gate.at)).total_seconds())
        yield states
        yield ages

    def _health(self) -> Iterator[Metric]:
        pulse = self._engine.pulse
        yield _gauge("warroom_engine_epoch", "How many engines have owned the launch.", self._state.epoch)
        yield _gauge("warroom_tick_age_seconds", "Since the engine's loop went round last.", pulse.age_s)
        yield _gauge("warroom_tick_gap_p99_seconds", "From tick to tick, of the last 3,600.", pulse.p99_gap_s)
        yield _gauge("warroom_tick_gap_max_seconds", "The longest since the engine began.", pulse.longest_gap_s)
        writable = "0 while the journal does not take what is to be written."
        yield _gauge("warroom_journal_writable", writable, float(self._engine.can_write))
        yield _gauge("warroom_journal_entries", "Entries of the journal.", self._state.seq)
        took = "What the journal took to write, by transaction."
        yield SummaryMetricFamily("warroom_journal_append_seconds", took, pulse.appends, pulse.append_s)
        longest = "The longest of them since the engine began."
        yield _gauge("warroom_journal_append_max_seconds", longest, pulse.longest_append_s)


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=value)


def _lateness(posts: tuple[Owed, ...]) -> Metric:
    late_s = [
        max(0.0, (post.record.first_at - post.due).total_seconds())
        for post in posts
        if post.standing in _ARRIVED and post.record and post.record.first_at and post.due
    ]
    buckets = [(str(limit), float(sum(late <= limit for late in late_s))) for limit in _LATE_S]
    says = "By how many seconds posts arrived after their time."
    every = [*buckets, ("+Inf", float(len(late_s)))]
    return HistogramMetricFamily("warroom_update_lateness_seconds", says, buckets=every, sum_value=sum(late_s))
