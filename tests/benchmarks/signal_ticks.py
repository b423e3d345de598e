"""A program of its own: what it costs to judge many signals once.

`python signal_ticks.py SIGNALS` prints JSON: the processor seconds of one look (all series taken in), of one tick
(each signal answered, its level and its trigger decided), and of the percentile of two days of a probe's samples.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

from warroom.slo.answering import answer, longest_of, names_of
from warroom.slo.conditions import evaluate, parse_condition
from warroom.slo.levels import Limits, level_of
from warroom.slo.query import Latency, Quantile, Query, Rate, Ratio, Value
from warroom.slo.samples import ProbeLog, ProbeSample
from warroom.slo.selector import parse_selector
from warroom.slo.series import Exposed, SeriesStore
from warroom.slo.trigger import Observation, Rule, TriggerState, parse_hold, step

T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
EVERY, WINDOW = timedelta(seconds=5), timedelta(minutes=5)
CODES = ("200", "201", "404", "500", "503")
BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf")
LOOKS = 70
TICKS = 15


def queries(count: int) -> list[Query]:
    """A ratio, a rate, a quantile and a gauge for each route."""
    found: list[Query] = []
    for route in range((count + 3) // 4):
        one = f'route="/{route}"'
        total = parse_selector(f"requests_total{{{one}}}")
        found += [
            Query(Ratio(parse_selector(f'requests_total{{{one},code=~"5.."}}'), total), WINDOW),
            Query(Rate(total), WINDOW),
            Query(Quantile(0.95, parse_selector(f"latency_seconds{{{one}}}")), WINDOW),
            Query(Value(parse_selector(f"queue_depth{{{one}}}"))),
        ]
    return found[:count]


def exposition(routes: int, look: int) -> list[Exposed]:
    """What a service of so many routes exposes at its nth look."""
    found: list[Exposed] = []
    for route in (f"/{number}" for number in range(routes)):
        found += [("requests_total", {"route": route, "code": code}, look * 3.0) for code in CODES]
        found += [
            ("latency_seconds_bucket", {"route": route, "le": le}, look * (i + 1.0)) for i, le in enumerate(BOUNDS)
        ]
        found.append(("queue_depth", {"route": route}, 5.0))
    return found


def used_s(work: Callable[[], object], times: int) -> float:
    """The median of its processor time."""
    found = []
    for _ in range(times):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return median(found)


def main(count: int) -> dict[str, float]:
    """The figures."""
    asked = queries(count)
    store = SeriesStore(names_of(asked), EVERY, longest_of(asked))
    looks = iter([(T0 + look * EVERY, exposition((count + 3) // 4, look)) for look in range(LOOKS)])
    look_s = used_s(lambda: store.add(*next(looks)), LOOKS)
    now = T0 + (LOOKS - 1) * EVERY
    limits, condition = Limits(parse_condition(">= 0.5%"), parse_condition(">= 1%")), parse_condition(">= 1%")
    rule, states = Rule(timedelta(seconds=1), parse_hold("5m")), [TriggerState()] * count

    def tick() -> None:
        for place, query in enumerate(asked):
            reading = answer(store, query, now)
            level_of(limits, reading, now)
            found = evaluate(condition, reading)
            seen = Observation(now, found.truth, reading.n, reading.value, found.reason, reading.filling)
            states[place], _ = step(rule, states[place], seen)

    probe = ProbeLog(timedelta(seconds=2), timedelta(hours=48))
    for sent in range(86_400):
        probe.add(ProbeSample(T0 + sent * timedelta(seconds=2), 0.05 + sent % 97 / 1000, True))
    end, p95 = T0 + timedelta(hours=48), Query(Latency(0.95), timedelta(hours=48))
    return {
        "look_s": look_s,
        "tick_s": used_s(tick, TICKS),
        "percentile_s": used_s(lambda: probe.answer(p95, end), 5),
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
