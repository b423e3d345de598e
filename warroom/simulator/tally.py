"""What the application counts about itself, and its OpenMetrics exposition."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST
REQUEST_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.12, 0.15, 0.25, 0.3, 0.5, 1.0, 2.5)
RENDER_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05)


@dataclass(slots=True)
class Histogram:
    """Observations in seconds, counted by upper bound (inclusive)."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    total_s: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def observe(self, seconds: float, count: int = 1) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += count
        self.total_s += seconds * count

    def plus(self, other: Histogram) -> Histogram:
        """Both together, as a third."""
        both = Histogram(self.bounds)
        both.counts = [one + another for one, another in zip(self.counts, other.counts, strict=True)]
        both.total_s = self.total_s + other.total_s
        return both

    def cumulative(self) -> list[tuple[str, float]]:
        """Each upper bound with the number of observations not above it; `+Inf` last."""
        running, out = 0, []
        for bound, count in zip([*map(str, self.bounds), "+Inf"], self.counts, strict=True):
            running += count
            out.append((bound, float(running)))
        return out


def _counter() -> Counter[str]:
    return Counter()


def _sum(one: Counter[str], other: Counter[str]) -> Counter[str]:
    # Not `+`, which drops what is at zero.
    both = Counter(one)
    both.update(other)
    return both


@dataclass(slots=True, eq=False)
class Tally:
    """Totals since counting began. Requests for `/metrics` itself are not among `codes` and `requests`."""

    codes: Counter[str] = field(default_factory=_counter)
    requests: Histogram = field(default_factory=lambda: Histogram(REQUEST_BOUNDS_S))
    jwt: Counter[str] = field(default_factory=lambda: Counter({"success": 0, "failure": 0}))
    errors: Counter[str] = field(default_factory=lambda: Counter({"validation": 0, "auth": 0, "provider": 0}))
    renders: Histogram = field(default_factory=lambda: Histogram(RENDER_BOUNDS_S))
    ingested: int = 0
    dead_letters: int = 0

    def served(self, status: int, seconds: float) -> None:
        """Count one answer of that status that took `seconds`."""
        self.codes[str(status)] += 1
        self.requests.observe(seconds)

    def plus(self, other: Tally) -> Tally:
        """Both together, as a third; counters at zero stay."""
        return Tally(
            codes=_sum(self.codes, other.codes),
            requests=self.requests.plus(other.requests),
            jwt=_sum(self.jwt, other.jwt),
            errors=_sum(self.errors, other.errors),
            renders=self.renders.plus(other.renders),
            ingested=self.ingested + other.ingested,
            dead_letters=self.dead_letters + other.dead_letters,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Page(Collector):
    tally: Tally
    queue_depth: float
    providers_up: Mapping[str, bool]

    def collect(self) -> Iterator[Metric]:
        tally = self.tally
        yield _labelled("http_requests", "Requests answered, by status code.", "code", tally.codes)
        yield _histogram("http_request_duration_seconds", "Time to answer a request.", tally.requests)
        yield _labelled("jwt_validations", "Bearer tokens verified, by result.", "result", tally.jwt)
        yield GaugeMetricFamily("queue_depth", "Messages waiting.", value=self.queue_depth)
        yield CounterMetricFamily("dlq_messages", "Messages given up.", value=tally.dead_letters)
        yield CounterMetricFamily("events_ingested", "Events accepted, each once.", value=tally.ingested)
        yield _histogram("template_render_seconds", "Time to render a template.", tally.renders)
        up = GaugeMetricFamily("delivery_provider_up", "1 while the health check passes.", labels=["provider"])
        for provider, healthy in self.providers_up.items():
            up.add_metric([provider], float(healthy))
        yield up
        yield _labelled("errors", "Errors, by type.", "type", tally.errors)


def _labelled(name: str, text: str, label: str, values: Counter[str]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family


def _histogram(name: str, text: str, histogram: Histogram) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, text)
    family.add_metric([], histogram.cumulative(), sum_value=histogram.total_s)
    return family


def exposition(tally: Tally, *, queue_depth: float, providers_up: Mapping[str, bool]) -> bytes:
    """The OpenMetrics text of all series, ending in `# EOF`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Page(tally, queue_depth, providers_up))
    page: bytes = generate_latest(registry)
    return page
