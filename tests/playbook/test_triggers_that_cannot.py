"""Triggers that contradict the limits of their own signal, or that can never fire: refused on loading."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.playbook.small import SMALL, load, said, write

WATCHED = (
    SMALL.replace("targets:\n", 'targets:\n  prom: {url: "http://127.0.0.1:9090"}\n')
    + """\
sources:
  app: {kind: metrics, target: app, every: 5s}
  prom: {kind: prometheus, target: prom}
signals:
  slow: {source: app, quantile: {p: 95, of: request_seconds}, unit: ms, page: "> 400 ms"}
  lag: {source: prom, expr: max(lag), unit: messages, warn: "> 2x baseline.lag"}
  depth: {source: app, value: depth, limits_in: {open: {warn: "> 100"}}}
  events: {source: app, rate: events_total, unit: events/min}
baselines:
  lag: {value: 40 messages}
triggers:
  slow: {signal: slow, when: "> 400 ms", for: 10m}
  lag: {signal: lag, when: "> 3x baseline.lag"}
  depth: {signal: depth, when: "> 200"}
  events: {signal: events, when: "< 10 events/min"}
  send: {lever: SEND, for: 1m}
phases:
  open: {from: T+0, until: T+10m}
  watch: {from: T+10m, until: T+30m}
"""
)

FAULTS = [
    (
        "all that is well for the signal",
        '"> 400 ms", for',
        '"< 400 ms", for',
        "triggers.slow.when: '< 400 ms' looks in the opposite direction of page '> 400 ms' of 'slow' (a signal is",
    ),
    (
        "what leaves something between the two",
        '"> 400 ms", for',
        '"<= 1 ms", for',
        "triggers.slow.when: '<= 1 ms' looks in the opposite direction of page '> 400 ms'",
    ),
    (
        "another multiple of the same baseline",
        '"> 3x baseline.lag"',
        '"< 3x baseline.lag"',
        "triggers.lag.when: '< 3x baseline.lag' looks in the opposite direction of warn '> 2x baseline.lag'",
    ),
    (
        "a number where the limit is a multiple",
        '"> 3x baseline.lag"',
        '"< 10 messages"',
        "triggers.lag.when: '< 10 messages' looks in the opposite direction of warn '> 2x baseline.lag'",
    ),
    (
        "a limit of a phase",
        '"> 200"',
        '"< 200"',
        "triggers.depth.when: '< 200' looks in the opposite direction of warn '> 100'",
    ),
    (
        "longer than the launch",
        "for: 10m",
        "for: 31m",
        "triggers.slow.for: it can never fire: it has to hold for 31m from T0 on, and the last phase is over",
    ),
    (
        "all of the launch, and longer than that",
        "for: 10m",
        'for: "> 30m"',
        "triggers.slow.for: it can never fire: it has to hold for more than 30m from T0 on",
    ),
    (
        "a lever for longer than the launch",
        "for: 1m",
        "for: 2h",
        "triggers.send.for: it can never fire: it has to hold for 2h from T0 on",
    ),
]


@pytest.mark.covers("S3-R01")
@pytest.mark.parametrize(("old", "new", "message"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_a_trigger_that_contradicts_its_signal_or_cannot_fire_is_refused_at_its_place(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    load(write(tmp_path, WATCHED))
    assert WATCHED.count(old) == 1
    text = WATCHED.replace(old, new)
    [found] = said(write(tmp_path, text))
    line, column, told = found.split(":", 2)
    assert told.strip().startswith(message)
    # The caret stands below the very value.
    written = new.partition('"')[2].partition('"')[0] or new.partition(": ")[2]
    assert text.splitlines()[int(line) - 1][int(column) - 1 :].lstrip('"').startswith(written)


SOUND = [
    ("what has no limit may be bad on either side", '"< 10 events/min"', '"> 10 events/min"'),
    ("a trend says nothing of a side", '"> 200"', "growing over 30m"),
    ("exactly as long as the launch", "for: 10m", "for: 30m"),
    ("a launch whose last phase has no end", "from: T+10m, until: T+30m}", "from: T+10m}\n  #"),
]


@pytest.mark.parametrize(("old", "new"), [row[1:] for row in SOUND], ids=[row[0] for row in SOUND])
def test_what_may_be_meant_is_not_refused(old: str, new: str, tmp_path: Path) -> None:
    assert WATCHED.count(old) == 1
    text = WATCHED.replace(old, new)
    if "from: T+10m}" in new:
        text = text.replace("for: 1m", "for: 2h")
    load(write(tmp_path, text))
