"""Wrong signals, limits and baselines: told on loading where that can be known, else UNKNOWN with the reason, on the
panel and in the report. A row for each; never an exception, and never a colour without data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.prometheus_stand import Stand, asking, one
from tests.engine.feeding import MINUTE, WATCHED, Feed, signal, trigger
from tests.engine.stage import T0
from tests.playbook.small import SMALL, load, said, write
from tests.slo.test_answering import looked
from warroom.clock import RealClock
from warroom.engine.engine import Engine
from warroom.engine.view import state_json
from warroom.launch.signal_words import signal_line
from warroom.report.launch_lines import log_line
from warroom.slo.answering import answer
from warroom.slo.query import Expression, Query, Value
from warroom.slo.reading import Reading
from warroom.slo.selector import parse_selector
from warroom.slo.trigger import Stage

RIGHT = (
    SMALL.replace("targets:\n", 'targets:\n  prom: {url: "http://127.0.0.1:9090"}\n')
    + """\
sources:
  app: {kind: metrics, target: app, every: 5s}
  canary: {kind: probe, target: app}
  prom: {kind: prometheus, target: prom}
signals:
  errors: {source: app, ratio: {of: errors_total, to: requests_total}, window: 5m, warn: ">= 0.5%", page: ">= 1%"}
  p95: {source: canary, latency: {p: 95}, window: 1m, warn: "> 120ms"}
  lag: {source: prom, expr: "max(consumer_lag)", warn: "> 100"}
  depth: {source: app, value: queue_depth, unit: messages}
baselines:
  depth: {value: 12 messages}
triggers:
  pause_depth: {signal: depth, when: "> 2x baseline.depth", for: 10m}
  pause_p95: {signal: p95, when: "> 300ms", for: 5m, severity: pause, resume: "< 120ms"}
"""
)

ON_LOADING = [
    ("wrong PromQL: a bracket too few", "max(consumer_lag)", "max(consumer_lag", "lag.expr: it is no PromQL: '('"),
    ("a metric that cannot be one", "value: queue_depth", "value: queue-depth", "signals.depth.value: "),
    ("a unit mismatch of a limit", '"> 120ms"', '"> 120%"', "p95.warn: '> 120%': the signal is in ms"),
    ("a unit mismatch of a trigger", '"> 300ms"', '"> 3%"', "pause_p95.when: '> 3%': the signal is in ms"),
    ("a unit mismatch of a baseline", "12 messages", "12ms", "pause_depth.when: baseline depth is in 'ms'"),
    ("a threshold without a unit", '">= 0.5%"', '">= 0.5"', "errors.warn: '>= 0.5': which unit?"),
    ("a limit in the wrong direction", '"> 120ms"', '"< 120ms"', "p95.warn: '< 120ms': latency is bad where"),
    ("a page in the wrong direction", '">= 1%"', '"< 1%"', "errors.page: warn '>= 0.5%' and page '< 1%' look"),
    ("a page milder than the warning", '">= 1%"', '">= 0.1%"', "errors.page: page '>= 0.1%' is milder than"),
    ("a trigger in the wrong direction", '"> 300ms"', '"< 300ms"', "pause_p95.when: '< 300ms': latency is bad"),
    ("a resume in the wrong direction", '"< 120ms"', '"> 120ms"', "pause_p95.resume: '> 120ms' looks in the same"),
    ("a window shorter than two intervals", "window: 5m", "window: 9s", "errors.window: 9s is shorter than two"),
    ("a baseline that is not there", "2x baseline.depth", "2x baseline.dept", "pause_depth.when: there is no"),
    ("a baseline of zero", "12 messages", "0 messages", "baselines.depth: a baseline of 0 or less compares"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "message"), [row[1:] for row in ON_LOADING], ids=[row[0] for row in ON_LOADING]
)
def test_what_can_be_known_is_told_on_loading_with_its_place(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    load(write(tmp_path, RIGHT))
    assert RIGHT.count(old) == 1
    text = RIGHT.replace(old, new)
    [found] = said(write(tmp_path, text))
    line, column, told = found.split(":", 2)
    assert message in told
    # It points into the entry that it names.
    name = told.split(":")[0].split(".")[1]
    assert f"  {name}: {{" in text.splitlines()[int(line) - 1]
    assert int(column) > 1


async def _read_directly() -> Reading:
    """A metric that the page does not have."""
    query = Query(Value(parse_selector("queue_dept")))
    store, now = looked(query, [("queue_depth", {}, 5.0)])
    return answer(store, query, now)


async def _asked(stand: Stand, query: Query) -> Reading:
    async with asking(stand, query) as (source, _):
        await source.look()
        return source.reading(query, RealClock().now())


async def _of_prometheus() -> Reading:
    """A metric that nothing scrapes."""
    return await _asked(Stand(), Query(Value(parse_selector("queue_dept"))))


async def _wrong_promql() -> Reading:
    """What only the server can tell."""
    return await _asked(Stand(refuses=["rate(x)"]), Query(Expression("sum(rate(x))")))


async def _not_a_number() -> Reading:
    """A ratio of nothing."""
    table = {"a / b": one("NaN"), "max(timestamp(a) and a)": one("now"), "max(timestamp(b) and b)": one("now")}
    return await _asked(Stand(table), Query(Expression("a / b")))


WHILE_IT_RUNS: list[tuple[str, Callable[[], Awaitable[Reading]], str]] = [
    (
        "an unknown metric, read directly",
        _read_directly,
        "the source has no queue_dept (did you mean 'queue_depth'?)",
    ),
    ("an unknown metric of a Prometheus", _of_prometheus, "Prometheus has no current sample of queue_dept"),
    ("wrong PromQL that a Prometheus refuses", _wrong_promql, "Prometheus refuses it: bad_data: cannot take rate(x)"),
    ("an answer that is no number", _not_a_number, "the answer is nan, which is no measurement"),
]


def shown(engine: Engine, stage: Feed) -> dict[str, Any]:
    """`GET /state`."""
    return dict(state_json(engine.state, stage.clock.now(), live=engine.signals.live()))


def reported(stage: Feed) -> list[str]:
    """The lines of the launch's journal."""
    return [line.text for entry in stage.told if (line := log_line(entry))]


def named(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(row for row in rows if row["id"] == name)


@pytest.mark.parametrize(
    ("read", "reason"), [row[1:] for row in WHILE_IT_RUNS], ids=[row[0] for row in WHILE_IT_RUNS]
)
async def test_what_only_the_source_knows_is_unknown_with_its_reason_on_the_panel_and_in_the_report(
    read: Callable[[], Awaitable[Reading]], reason: str, tmp_path: Path
) -> None:
    reading = await read()
    lag = signal("lag", "", "> 100", "> 200")
    watched = replace(WATCHED, signals={"lag": lag}, triggers={"behind": trigger("behind", "lag", "> 100")})
    stage = Feed(tmp_path, replace(watched, slos={}, baselines={}))
    stage.fed.values = {"lag": reading.reason if reading.value is None else reading}
    async with stage.engine() as engine:
        await stage.advance(2 * MINUTE)
        panel = named(shown(engine, stage)["signals"], "lag")
        assert (panel["level"], panel["word"], panel["value"]) == ("unknown", "UNKNOWN", None)
        assert reason in panel["reason"]
        blind = named(shown(engine, stage)["triggers"], "behind")
        assert (blind["stage"], blind["number"]) == ("blind", 0)
        assert reason in blind["reason"]
        line = signal_line(engine.state, "lag", stage.clock.now())
    assert "UNKNOWN lag: no data" in line
    assert reason in line
    report = reported(stage)
    assert any(text.startswith("signal lag is UNKNOWN: ") and reason in text for text in report)
    assert any(text.startswith("trigger behind#0 is BLIND: ") and reason in text for text in report)


@pytest.mark.covers("S3-O01")
async def test_percent_where_a_share_is_asked_is_unknown_on_the_panel_and_in_the_report(tmp_path: Path) -> None:
    ok = signal("ok", "%", "< 98%", "< 95%")
    watched = replace(WATCHED, signals={"ok": ok}, triggers={"few": trigger("few", "ok", "< 90%")})
    stage = Feed(tmp_path, replace(watched, slos={}, baselines={}))
    stage.fed.values = {"ok": 60.0}
    async with stage.engine() as engine:
        await stage.advance(2 * MINUTE)
        panel = named(shown(engine, stage)["signals"], "ok")
        blind = named(shown(engine, stage)["triggers"], "few")
    reason = "6000% is no share: the source has to give 0..1, not percent"
    assert (panel["word"], panel["reason"]) == ("UNKNOWN", reason)
    assert (blind["stage"], reason in blind["reason"]) == ("blind", True)
    assert any(text.startswith("signal ok is UNKNOWN: ") and reason in text for text in reported(stage))


BASELINES = [
    ("a baseline that is missing: nothing was measured before T0", None, "only 0 values of 60 in the 5m before"),
    ("a baseline of zero: nothing waited before T0", 0.0, "it is 0, and no multiple of that is a limit"),
]


@pytest.mark.parametrize(("before", "reason"), [row[1:] for row in BASELINES], ids=[row[0] for row in BASELINES])
async def test_a_baseline_that_compares_with_nothing_leaves_its_trigger_unknown_with_the_reason(
    before: float | None, reason: str, tmp_path: Path
) -> None:
    queue = {"pause_queue": WATCHED.triggers["pause_queue"]}
    stage = Feed(tmp_path, replace(WATCHED, triggers=queue, slos={}), t0=T0 + 6 * MINUTE)
    stage.fed.values["depth"] = "nobody looked" if before is None else before
    async with stage.engine() as engine:
        await stage.advance(6 * MINUTE - timedelta(seconds=1))
        stage.fed.values["depth"] = 1_000.0
        await stage.advance(timedelta(minutes=30))
        panel = named(shown(engine, stage)["triggers"], "pause_queue")
        assert (panel["stage"], panel["number"]) == ("blind", 0)
        assert f"baseline.depth: {reason}" in panel["reason"]
        assert engine.state.triggers["pause_queue"].state.stage is Stage.IDLE
        baseline = named(shown(engine, stage)["baselines"], "depth")
        assert baseline["reason"] == reason
    report = reported(stage)
    assert any(text.startswith("trigger pause_queue#0 is BLIND: ") and reason in text for text in report)
