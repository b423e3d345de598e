"""Sources, signals, SLOs, baselines and triggers: what they come to, and what is refused on loading."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.playbook.small import SMALL, load, said, write
from warroom.slo.conditions import OverBaseline, Threshold
from warroom.slo.query import (
    Availability,
    Count,
    Expression,
    Latency,
    Number,
    Quantile,
    Query,
    Rate,
    Ratio,
    Selector,
    Value,
)
from warroom.slo.source_spec import CommandSpec, MetricsSpec, ProbeSpec, PrometheusSpec, Through
from warroom.slo.trigger import Hold

MINUTE = timedelta(minutes=1)
ENVIRON = {"APP_URL": "http://127.0.0.1:9", "TOKEN": "secret-of-nine"}
WATCHED = (
    SMALL.replace("targets:\n", 'targets:\n  prom: {url: "http://127.0.0.1:9090"}\n')
    + """\
sources:
  app:
    kind: metrics
    target: app
    headers: {X-Internal-Key: "${TOKEN}"}
    through: {target: prom, labels: {job: small}}
  canary: {kind: probe, target: app, path: /canary, every: 2s, limit: 500ms, expect: {status: [200, 204]}}
  prom: {kind: prometheus, target: prom, every: 30s}
  ops: {kind: http_json, target: app, path: /state}
  script: {kind: command, argv: [./depth], env: {KEY: "${TOKEN}"}}
  log: {kind: log, file: app.log}
  people: {kind: manual, ttl: 8h}
  watch: {kind: stopwatch}
signals:
  errors:
    title: 5xx errors
    source: app
    ratio: {of: 'http_requests_total{code=~"5.."}', to: http_requests_total}
    window: 5m
    warn: ">= 0.5%"
    page: ">= 1%"
    by: code
    expr_source: 5xx errors below 0.5 %
  ok: {source: app, ratio: {of: jwt_failures_total, to: jwt_total, inverted: true}, unit: "%", warn: "< 98%"}
  rate: {source: app, rate: events_total, unit: events/min}
  restarts: {source: app, count: restarts_total, window: 1h, warn: "> 3"}
  p95: {source: app, quantile: {p: 95, of: request_seconds}, warn: "> 120ms"}
  depth: {source: app, value: queue_depth, fold: max, unit: messages}
  up: {source: canary, availability: true, window: 1m}
  probed: {source: canary, latency: {p: 99}, unit: s, page: "> 2s", limits_in: {open: {warn: "> 1500ms"}}}
  asked: {source: prom, expr: "sum(up)", warn: growing over 10m}
  json: {source: ops, json: $.queue.depth}
  printed: {source: script}
  found: {source: log, lines: "ERROR|FATAL"}
  told: {source: people, unit: "%"}
  took: {source: watch, unit: s}
slos:
  uptime: {signal: up, objective: 99.9%, window: 48h}
  few_errors: {signal: errors, objective: 99.5%, window: 48h}
baselines:
  depth: {signal: depth, at: T+30m, over: 10m}
  fixed: {value: 40 messages}
triggers:
  pause_errors:
    title: Too many errors
    signal: errors
    when: ">= 1%"
    window: 1m
    for: 0s
    min_volume: 20
    severity: pause
    mode: auto
    runbook: https://example.com/runbook
  pause_depth: {signal: depth, when: "> 2x baseline.depth", for: "> 10m", clear_for: 5m}
  pause_fixed: {signal: depth, when: "> 2x baseline.fixed", severity: pause, resume: "< 50 messages"}
  slow_up: {signal: up, when: "< 99%", severity: pause, resume: "> 99.5%"}
  often: {signal: restarts, when: "> 3"}
  fast_burn: {slo: uptime, when: burn > 19.2, window: 15m, severity: notify}
  switch_off: {lever: SEND, severity: rollback}
  data_loss: {declared: true, mode: shadow}
phases:
  open: {from: T+0, until: T+1h}
  watch: {from: T+1h, exit: {signals: [errors, up], triggers: fast_burn}}
"""
)


def test_signals_become_questions_for_their_sources(tmp_path: Path) -> None:
    signals = load(write(tmp_path, WATCHED), environ=ENVIRON).course.watched.signals
    measures = {name: signal.measure for name, signal in signals.items()}
    requests = Selector("http_requests_total", (("code", "=~", "5.."),))
    assert measures == {
        "errors": Ratio(requests, Selector("http_requests_total")),
        "ok": Ratio(Selector("jwt_failures_total"), Selector("jwt_total"), inverted=True),
        "rate": Rate(Selector("events_total")),
        "restarts": Count(Selector("restarts_total")),
        "p95": Quantile(0.95, Selector("request_seconds")),
        "depth": Value(Selector("queue_depth"), "max"),
        "up": Availability(),
        "probed": Latency(0.99),
        "asked": Expression("sum(up)"),
        "json": Number("$.queue.depth"),
        "printed": Number(""),
        "found": Number("ERROR|FATAL"),
        "told": Number("told"),
        "took": Number("took"),
    }
    assert signals["errors"].query == Query(measures["errors"], 5 * MINUTE, "code")
    assert signals["depth"].query == Query(measures["depth"])
    assert {name: signal.unit.text for name, signal in signals.items()} == {
        "errors": "%",
        "ok": "%",
        "rate": "events/min",
        "restarts": "",
        "p95": "ms",
        "depth": "messages",
        "up": "%",
        "probed": "s",
        "asked": "",
        "json": "",
        "printed": "",
        "found": "",
        "told": "%",
        "took": "s",
    }


def test_limits_are_kept_in_base_units_with_their_operator(tmp_path: Path) -> None:
    watched = load(write(tmp_path, WATCHED), environ=ENVIRON).course.watched
    warn, when = watched.signals["errors"].warn, watched.triggers["pause_depth"].when
    assert isinstance(warn, Threshold)
    assert (warn.op, warn.number) == (">=", 0.005)
    assert isinstance(when, OverBaseline)
    assert (when.op, when.factor, when.baseline) == (">", 2.0, "depth")


def test_limits_in_a_phase_leave_the_others_as_they_are(tmp_path: Path) -> None:
    probed = load(write(tmp_path, WATCHED), environ=ENVIRON).course.watched.signals["probed"]
    assert (probed.warn, probed.page, probed.during(("other",))) == (None, probed.page, probed)
    assert isinstance(probed.page, Threshold)
    there = probed.during(("open", "other"))
    assert isinstance(there.warn, Threshold)
    assert (there.warn.number, there.page, there.phase) == (1.5, probed.page, "open")


def test_a_phase_knows_what_has_to_be_well_for_it_to_be_left(tmp_path: Path) -> None:
    course = load(write(tmp_path, WATCHED), environ=ENVIRON).course
    found = [(one.exit_signals, one.exit_triggers) for one in course.phases]
    assert found == [((), ()), (("errors", "up"), ("fast_burn",))]


def test_a_trigger_is_measured_over_its_own_window_and_not_split(tmp_path: Path) -> None:
    watched = load(write(tmp_path, WATCHED), environ=ENVIRON).course.watched
    errors = watched.triggers["pause_errors"]
    assert watched.query_of(errors) == Query(watched.signals["errors"].measure, MINUTE)
    assert (errors.hold, errors.min_volume, errors.latches) == (Hold(), 20, True)
    depth = watched.triggers["pause_depth"]
    assert (depth.hold, depth.clear, depth.latches) == (Hold(10 * MINUTE, strict=True), 5 * MINUTE, False)


def test_an_objective_knows_which_share_it_is_about(tmp_path: Path) -> None:
    slos = load(write(tmp_path, WATCHED), environ=ENVIRON).course.watched.slos
    assert (slos["uptime"].objective, slos["uptime"].counts_bad) == (0.999, False)
    assert slos["few_errors"].counts_bad


def test_sources_become_what_the_adapters_open(tmp_path: Path) -> None:
    sources = load(write(tmp_path, WATCHED), environ=ENVIRON).sources
    assert sources["app"] == MetricsSpec(
        id="app",
        target="app",
        headers=(("X-Internal-Key", "secret-of-nine"),),
        through=Through(target="prom", labels=(("job", "small"),)),
    )
    assert sources["canary"] == ProbeSpec(
        id="canary", target="app", path="/canary", statuses=(200, 204), every_s=2, timeout_s=0.5
    )
    assert sources["prom"] == PrometheusSpec(id="prom", target="prom", every_s=30)
    assert sources["script"] == CommandSpec(id="script", argv=("./depth",), env={"KEY": "secret-of-nine"})
    assert "secret-of-nine" not in repr(sources)


FAULTS = [
    ("a kind", "kind: stopwatch", "kind: stopwach", "sources.watch.kind: should be one of 'metrics', 'prometheus'"),
    ("no kind", "kind: stopwatch", "", "sources.watch: 'kind' is missing"),
    ("a key of a source", "file: app.log", "fil: app.log", "sources.log.fil: unknown key"),
    ("a probe without a target", "probe, target: app", "probe", "sources.canary.target: is missing"),
    ("a target", "http_json, target: app", "http_json, target: apq", "sources.ops.target: there is no target 'apq'"),
    ("a link", "http_json, target: app", "http_json, target: board", "'board' is a link for people"),
    ("a target to go through", "through: {target: prom", "through: {target: prm", "there is no target 'prm'"),
    ("a probe in its own way", "limit: 500ms", "limit: 3s", "`limit` is longer than `every`"),
    ("a log that is none", "log, file: app.log", "log", "sources.log: give either `file` or `argv`"),
    (
        "a credential in the playbook",
        'X-Internal-Key: "${TOKEN}"',
        "X-Internal-Key: abc",
        "sources.app.headers.X-Internal-Key: a credential does not belong into a playbook (take it from",
    ),
    ("a secret that is shown", "title: 5xx errors", 'title: "${TOKEN}"', "the secret input 'TOKEN' does not belong"),
    ("a source", "source: log", "source: logs", "signals.found.source: there is no source 'logs'"),
    ("two measures", "value: queue_depth,", "value: queue_depth, rate: x,", "`value` and `rate` exclude each other"),
    ("no measure", "latency: {p: 99}, unit: s", "title: x", "signals.probed: it does not say what it measures"),
    ("a measure of another source", "latency: {p: 99}", "rate: x", "signals.probed.rate: a source of kind probe"),
    ("PromQL for /metrics", "value: queue_depth, fold: max", "expr: up", "a source of kind metrics cannot be asked"),
    ("what a person measures", "people, unit", "people, json: $.x, unit", "a source of kind manual"),
    ("PromQL for a metric", "rate: events_total", 'rate: "rate(x[5m])"', "a whole expression is written as expr"),
    ("a metric's name", "rate: events_total", "rate: 5xx", "signals.rate.rate: '5xx' does not start with the"),
    ("labels", 'code=~"5.."', "code=5..", "the value of code stands in quotes"),
    ("a pattern of labels", 'code=~"5.."', 'code=~"5(."', "the pattern of code is wrong"),
    ("a pattern of lines", "ERROR|FATAL", "ERROR(", "signals.found.lines: 'ERROR(' is not a pattern"),
    ("a percentile", "p: 95", "p: 100", "signals.p95.quantile.p: should be less than 100"),
    ("a window of the moment", "value: queue_depth", "window: 5m, value: queue_depth", "the number of the moment"),
    ("a window of PromQL", 'expr: "sum(up)"', 'expr: "sum(up)", window: 5m', "PromQL says itself how far"),
    (
        "a window that holds one look",
        "window: 5m",
        "window: 9s",
        "signals.errors.window: 9s is shorter than two intervals: source app is looked at every 5s",
    ),
    ("a trend that holds one look", "over 10m", "over 40s", "signals.asked.warn: 40s is shorter than two intervals"),
    ("a split without labels", "latency: {p: 99}", "latency: {p: 99}, by: code", "signals.probed.by: only series"),
    ("a fold of a rate", "rate: events_total", "rate: events_total, fold: max", "`fold` belongs to `value`"),
    ("a unit that is none", "unit: events/min", "unit: events/fortnight", "a rate is per s, min, hour, day or week"),
    ("a share in ms", 'unit: "%", warn: "< 98%"', 'unit: ms, warn: "< 98%"', "signals.ok.unit: it is a share"),
    ("a rate in %", "unit: events/min", 'unit: "%"', "signals.rate.unit: it is a rate"),
    ("a time in %", "latency: {p: 99}, unit: s", 'latency: {p: 99}, unit: "%"', "signals.probed.unit: it is a time"),
    ("a limit without a unit", '">= 0.5%"', '">= 0.5"', "signals.errors.warn: '>= 0.5': which unit?"),
    ("a limit in another unit", '"> 120ms"', '"> 120%"', "signals.p95.warn: '> 120%': the signal is in ms"),
    ("a limit that is none", '">= 0.5%"', "0.5%", "is not a condition on a signal; write for example"),
    ("a limit on the good side", "true, window: 1m", 'true, page: "> 99%"', "up.page: '> 99%': availability is bad"),
    ("a page that is milder", 'page: ">= 1%"', 'page: ">= 0.1%"', "errors.page: page '>= 0.1%' is milder than"),
    ("a page the wrong way", 'page: ">= 1%"', 'page: "< 1%"', "look in opposite directions"),
    ("nothing ever YELLOW", 'page: ">= 1%"', 'page: ">= 0.5%"', "the signal would never be yellow"),
    ("a phase of limits", "{open: {warn", "{opn: {warn", "signals.probed.limits_in.opn: there is no phase 'opn'"),
    ("a limit of a phase in %", '"> 1500ms"', '"> 15%"', "limits_in.open.warn: '> 15%': the signal is in s"),
    (
        "a limit of a phase on the good side",
        'page: "> 2s", limits_in: {open: {warn: "> 1500ms"}}',
        'limits_in: {open: {warn: "< 1s"}}',
        "signals.probed.limits_in.open.warn: '< 1s': latency is bad where it is high",
    ),
    ("a limit of a phase over the page", '"> 1500ms"', '"> 3s"', "page '> 2s' is milder than warn '> 3s'"),
    ("a signal of an SLO", "slos:\n  uptime: {signal: up", "slos:\n  uptime: {signal: upp", "no signal 'upp'"),
    ("an SLO on a time", "few_errors: {signal: errors", "few_errors: {signal: p95", "'p95' is no share of events"),
    ("an objective of everything", "99.9%", "100%", "slos.uptime.objective: '100%' is not a share between"),
    ("an SLO shorter than its signal", "99.5%, window: 48h", "99.5%, window: 1m", "shorter than that of the"),
    ("a baseline of nothing", "value: 40 messages", "value: 0 messages", "a baseline of 0 or less compares with"),
    ("a baseline below", "value: 40 messages", "value: -4 messages", "a baseline of 0 or less compares with"),
    ("a count in %", "restarts_total, window", 'restarts_total, unit: "%", window', "restarts.unit: it is a count"),
    ("a count over one look", "window: 1h", "window: 9s", "restarts.window: 9s is shorter than two intervals"),
    ("PromQL with a bracket open", "sum(up)", "sum(rate(up[5m])", "it is no PromQL: '(' is never closed"),
    ("PromQL with a bracket too many", "sum(up)", "sum(up))", "it is no PromQL: a ')' closes nothing"),
    ("PromQL that selects nothing", 'expr: "sum(up)"', 'expr: "vector(1)"', "selects no series as they are now"),
    ("PromQL of the past alone", 'expr: "sum(up)"', 'expr: "sum(up offset 1h)"', "selects no series as they are now"),
    ("PromQL with an open quote", 'expr: "sum(up)"', "expr: 'up{job=\"a}'", 'it is no PromQL: a " has no other one'),
    ("a baseline of both", "value: 40 messages", "value: 40 messages, over: 5m", "a `value` stands as it is"),
    ("a baseline of neither", "value: 40 messages", "", "give either `value`, or `signal`"),
    ("a signal of a baseline", "depth: {signal: depth, at", "depth: {signal: dpth, at", "there is no signal 'dpth'"),
    ("a baseline of one look", "over: 10m", "over: 8s", "baselines.depth.over: 8s is shorter than two intervals"),
    ("a baseline that is none", "> 2x baseline.depth", "> 2x baseline.dept", "there is no baseline 'dept'"),
    ("a baseline in another unit", "40 messages", "40 ms", "triggers.pause_fixed.when: baseline fixed is in 'ms'"),
    ("a trigger about nothing", "lever: SEND, severity", "severity", "triggers.switch_off: give one of `signal`"),
    ("a trigger about two", "lever: SEND, severity", "lever: SEND, declared: true, severity", "give one of `signal`"),
    ("a trigger's signal", "pause_depth: {signal: depth", "pause_depth: {signal: dpth", "'dpth'"),
    ("a trigger without a condition", 'when: "> 2x baseline.depth", ', "", "`signal` needs `when`"),
    ("a trigger's lever", "lever: SEND", "lever: SEN", "triggers.switch_off.lever: there is no lever 'SEN'"),
    ("a trigger's SLO", "slo: uptime", "slo: uptme", "triggers.fast_burn.slo: there is no slo 'uptme'"),
    ("a trigger's unit", 'when: ">= 1%"', 'when: ">= 1ms"', "errors.when: '>= 1ms': the signal is in %"),
    ("a trigger the wrong way", 'when: "< 99%"', 'when: "> 99%"', "slow_up.when: '> 99%': availability is bad where"),
    ("resuming by the breach", 'resume: "> 99.5%"', 'resume: "< 99.5%"', "it would hold because of the breach"),
    ("a burn that nothing reaches", "burn > 19.2, window", "burn > 1000, window", "while everything fails it burns"),
    ("a trigger's window", "window: 1m\n    for", "window: 6s\n    for", "errors.window: 6s is shorter"),
    ("a window of a gauge", "clear_for: 5m", "clear_for: 5m, window: 5m", "is the number of the moment and has no"),
    ("a burn of a signal", 'when: ">= 1%"', "when: burn > 3", "`burn` is a condition on an `slo`"),
    ("no burn of an SLO", "when: burn > 19.2", 'when: "> 1%"', "`burn` is a condition on an `slo`, and the only one"),
    ("a burn over everything", "burn > 19.2, window: 15m", "burn > 19.2, window: 48h", "it is not shorter than that"),
    ("a volume of a gauge", "clear_for: 5m", "clear_for: 5m, min_volume: 3", "nobody counts from how many events"),
    ("how long, without a unit", "for: 0s", "for: '5'", "a duration needs a unit"),
    ("a condition for a person", "declared: true", 'declared: true, when: "> 1%"', "`when` is for a trigger on a"),
    ("a time for a person", "declared: true", "declared: true, for: 5m", "what a person declares holds at once"),
    ("resuming a notice", "clear_for: 5m", 'clear_for: 5m, resume: "< 5"', "`resume` is for a pause or rollback"),
    ("a delay of a person", "declared: true", "declared: true, delay: 1m", "`delay` is for what a trigger `runs` by"),
    ("a runbook", "https://example.com/runbook", "runbook.md", "`runbook` is an address"),
    ("a signal that a phase waits for", "[errors, up]", "[erors, up]", "exit.signals[0]: there is no signal 'erors'"),
    ("a trigger that a phase waits for", "triggers: fast_burn}", "triggers: [fastburn]}", "no trigger 'fastburn'"),
    ("a signal that is never GREEN", "[errors, up]", "[errors, rate]", "'rate' is never GREEN, so the phase could"),
    ("a severity", "severity: rollback", "severity: stop", "triggers.switch_off.severity: should be 'notify'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_fault_is_found_when_the_playbook_is_loaded(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert WATCHED.count(old) == 1
    found = said(write(tmp_path, WATCHED.replace(old, new)), environ=ENVIRON)
    assert len(found) == 1, found
    assert message in found[0]


def test_an_slo_on_a_ratio_needs_to_know_which_side_is_bad(tmp_path: Path) -> None:
    text = WATCHED.replace(', unit: "%", warn: "< 98%"', "").replace(
        "few_errors: {signal: errors", "few: {signal: ok"
    )
    [found] = said(write(tmp_path, text), environ=ENVIRON)
    assert "slos.few.signal: nobody says whether 'ok' counts what is good or what is bad" in found


def test_a_fault_is_told_where_it_stands(tmp_path: Path) -> None:
    text = WATCHED.replace('page: ">= 1%"', 'page: ">= 0.1%"')
    [found] = said(write(tmp_path, text), environ=ENVIRON)
    line = text[: text.index('page: ">= 0.1%"')].count("\n") + 1
    assert found.startswith(f"{line}:11: signals.errors.page: ")
