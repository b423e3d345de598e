"""`warroom backtest` over the history of a real Prometheus, and what it refuses."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.prometheus_server import running
from tests.needs import need_program
from tests.polling import poll_until
from warroom.adapters.prometheus_history import MAX_POINTS, PrometheusHistory
from warroom.cli.backtest import POINTS, BacktestOptions, backtest, period_of
from warroom.clock import RealClock
from warroom.errors import CannotMeasure, PlaybookError, UsageError

# What they look at is made once.
pytestmark = pytest.mark.xdist_group("backtest")

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SPIKE, SHORT, ERRORS, GAP = 6 * DAY, 4 * DAY, 3 * DAY, DAY
"""How long before the end each began: half an hour over the limit, five minutes, ten minutes of errors, an hour
without any sample."""

PLAYBOOK = """\
warroom: 1
launch: {id: past, title: Past}
inputs:
  PROM: {default: "", description: The Prometheus}
targets:
  prom: {url: "${PROM}"}
  app: {url: "http://127.0.0.1:9"}
levers:
  SENDS: {expect: "false", read: {target: app, json: $.sends}}
sources:
  prom: {kind: prometheus, target: prom}
  direct: {kind: metrics, target: app}
  canary: {kind: probe, target: app}
signals:
  depth: {source: prom, value: 'queue_depth{job="past"}', unit: messages, warn: "> 100 messages"}
  errors: {source: prom, ratio: {of: 'requests_total{code="500"}', to: requests_total}, window: 10m}
  unknown: {source: prom, value: no_such_metric}
  wrong: {source: prom, expr: "sum(rate(requests_total))"}
  direct: {source: direct, value: queue_depth}
  up: {source: canary, availability: true}
baselines:
  depth: {signal: depth, over: 10m}
triggers:
  deep: {signal: depth, when: "> 100 messages", for: 10m, severity: pause, mode: auto, runs: stop}
  touched: {signal: depth, when: "> 100 messages"}
  errors: {signal: errors, when: ">= 2%", min_volume: 20}
  calm: {signal: depth, when: "> 1000 messages"}
  doubled: {signal: depth, when: "> 2x baseline.depth", for: 10m}
  unknown: {signal: unknown, when: "> 1"}
  wrong: {signal: wrong, when: "> 1"}
  direct: {signal: direct, when: "> 1"}
  probed: {signal: up, when: "< 99%"}
  lever: {lever: SENDS}
  declared: {declared: true}
procedures:
  stop:
    title: Stop
    budget: 15m
    steps: [{id: call, do: Call somebody}, {id: look, do: Look at the queue}]
"""


@dataclass(frozen=True)
class Past:
    """A Prometheus with seven days of samples, one a minute, that end at `end`."""

    url: str
    end: datetime


@dataclass(frozen=True)
class Said:
    """What the command came to."""

    code: int
    out: str
    err: str

    def section(self, trigger: str) -> str:
        """What is said of one trigger."""
        return next(part for part in self.out.split("\n\n") if part.startswith(f"{trigger}:"))


def _samples(end: datetime) -> str:
    lines: dict[str, list[str]] = {"requests": ["# TYPE requests counter"], "depth": ["# TYPE queue_depth gauge"]}
    good = bad = 0
    for minute in range(7 * 24 * 60):
        ago = 7 * DAY - minute * MINUTE
        at = int((end - ago).timestamp())
        is_bad = ERRORS - 10 * MINUTE < ago <= ERRORS
        good, bad = good + (270 if is_bad else 300), bad + (30 if is_bad else 0)
        if GAP - HOUR < ago <= GAP:
            continue
        is_deep = SPIKE - 30 * MINUTE < ago <= SPIKE or SHORT - 5 * MINUTE < ago <= SHORT
        lines["requests"].append(f'requests_total{{code="200"}} {good} {at}')
        lines["depth"].append(f'queue_depth{{job="past"}} {150 if is_deep else 10 + minute % 3} {at}')
        lines.setdefault("bad", []).append(f'requests_total{{code="500"}} {bad} {at}')
    return "\n".join([*lines["requests"], *lines["bad"], *lines["depth"], "# EOF\n"])


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    folder, clock = tmp_path_factory.mktemp("prometheus"), RealClock()
    end = clock.now().astimezone(UTC).replace(second=0, microsecond=0)
    (folder / "samples").write_text(_samples(end))
    promtool = need_program("promtool")
    fill = [str(promtool), "tsdb", "create-blocks-from", "openmetrics", "samples", "data"]
    subprocess.run(fill, cwd=folder, check=True, capture_output=True, timeout=60)
    with running(folder, "127.0.0.1:9") as server:
        assert asyncio.run(poll_until(clock, server.is_ready, every_s=0.05, timeout_s=90))
        yield Past(server.url, end)


class Desk:
    """Calls the command on a playbook in a folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.playbook = folder / "past.yaml"
        self.playbook.write_text(PLAYBOOK)
        self._capsys = capsys

    def call(self, url: str, **options: Any) -> Said:
        code = backtest(BacktestOptions(playbook=self.playbook, **options), {"PROM": url})
        return Said(code, *self._capsys.readouterr())

    def over(self, past: Past, **options: Any) -> Said:
        """With a look a minute, to the end unless `options` say otherwise."""
        return self.call(past.url, **({"until": past.end.isoformat(), "step": "1m"} | options))


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def _said(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_seven_days_at_once(desk: Desk, past: Past) -> None:
    said = desk.over(past, last="7d")
    assert said.code == 3
    spike, short, errors, gap = (past.end - ago for ago in (SPIKE, SHORT, ERRORS, GAP))
    deep = said.section("deep")
    assert "✖ FIRED 1 time, none of them in vain (over within 15m)" in deep
    assert "each time it would have run stop: 1. Call somebody; 2. Look at the queue" in deep
    over = f"over at {_said(spike + 30 * MINUTE)}, after 20m, at worst 150 messages"
    assert f"{_said(spike + 10 * MINUTE)} fired after 10m pending, {over}" in deep
    assert "pending for 15m in all, 1 time without firing (at most 5m)" in deep
    assert f"blind from {_said(gap + MINUTE)} to {_said(gap + HOUR)} (59m): no data for longer than" in deep
    touched = said.section("touched")
    assert "✖ FIRED 2 times, 1 of them in vain (over within 10m)" in touched
    assert (
        f"{_said(short)} fired, over at {_said(short + 5 * MINUTE)}, after 5m, at worst 150 messages, in vain"
        in touched
    )
    [line] = [line for line in said.section("errors").splitlines() if " fired" in line]
    assert abs(datetime.fromisoformat(line.split()[0]) - errors) <= 2 * MINUTE
    calm = said.section("calm")
    assert "✔ DID NOT FIRE" in calm
    assert "decided in 99.4% of the looks, blind 1 time" in calm
    assert said.err.startswith("warroom: asking for 4 numbers at each of 10,081 looks")


def test_what_history_does_not_say_is_unknown_with_its_reason_and_never_a_trigger_that_did_not_fire(
    desk: Desk, past: Past
) -> None:
    said = desk.over(past, last="2h")
    unknown = said.section("unknown")
    assert "? UNKNOWN: it fired in none of the looks that decide, which are 0% of them" in unknown
    assert "Prometheus has no current sample of no_such_metric" in unknown
    [listed] = [part for part in said.out.split("\n\n") if part.startswith("Not answered by history")]
    for trigger, why in {
        "doubled": "baseline.depth is captured from T0 on: say with --t0 which T0 that was",
        "wrong": "Prometheus refuses it: bad_data: ",
        "direct": "source direct reads an endpoint itself, and nobody keeps what it said",
        "probed": "source canary probes, and no Prometheus has what it measured",
        "lever": "it watches lever SENDS, and nobody keeps what levers were",
        "declared": "a person declares it",
    }.items():
        assert f"  {trigger} (" in listed
        assert f"UNKNOWN, {why}" in listed
        assert f"\n{trigger}:" not in said.out
    assert said.out.count("DID NOT FIRE") == 4


def test_with_a_t0_it_is_replayed_as_that_launch(desk: Desk, past: Past) -> None:
    t0 = past.end - SPIKE - HOUR
    said = desk.over(past, t0=t0.isoformat(), until=(t0 + 2 * HOUR).isoformat())
    assert f"{_said(t0)} to {_said(t0 + 2 * HOUR)}" in said.out
    assert re.search(rf"depth: (11|10.9|11.1) messages \(mean of 10 values in the 10m before {_said(t0)}\)", said.out)
    assert f"{_said(past.end - SPIKE + 10 * MINUTE)} fired after 10m pending" in said.section("doubled")


def test_as_json_it_holds_the_same(desk: Desk, past: Past) -> None:
    since = past.end - SPIKE - HOUR
    said = desk.over(past, since=since.isoformat(), until=(since + 2 * HOUR).isoformat(), json=True)
    told = json.loads(said.out)
    assert told["schema"] == "warroom.backtest/1"
    triggers = {one["trigger"]: one for one in told["triggers"]}
    outcomes = {name: one["outcome"] for name, one in triggers.items()}
    assert outcomes == {
        "deep": "fired",
        "touched": "fired",
        "errors": "not fired",
        "calm": "not fired",
        "unknown": "unknown",
    }
    [one] = triggers["deep"]["activations"]
    fired = (past.end - SPIKE + 10 * MINUTE).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert (one["fired_at"], one["in_vain"]) == (fired, False)
    assert [one["trigger"] for one in told["unanswered"]] == [
        "doubled",
        "wrong",
        "direct",
        "probed",
        "lever",
        "declared",
    ]
    shares = next(one["shares"] for one in told["signals"] if one["signal"] == "depth")
    assert shares["yellow"] == pytest.approx(30 / 121)


async def test_no_answer_has_more_points_of_a_series_than_a_server_gives(past: Past) -> None:
    assert POINTS < MAX_POINTS
    history = PrometheusHistory.__new__(PrometheusHistory)
    with pytest.raises(ValueError, match="more than the 11000"):
        await history.stretch(None, [past.end] * (MAX_POINTS + 1), 1)  # type: ignore[arg-type]


def test_a_dead_server_is_said_and_nothing_is_shown(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CannotMeasure, match="connection refused"):
        desk.call("http://127.0.0.1:9", last="1h")
    assert capsys.readouterr().out == ""


def test_without_a_prometheus_each_trigger_says_why_history_does_not_decide_it(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError, match="history decides none of the triggers"):
        desk.call("")
    assert "warroom: deep: PROM is not set: it names the Prometheus\n" in capsys.readouterr().err


NOW = datetime(2025, 11, 8, 2, 0, 7, tzinfo=UTC)
WRONG = [
    ("a time without a unit", {"last": "7"}, "which one is '7'"),
    ("no time at all", {"last": "0s"}, "--last is longer than nothing"),
    ("two beginnings", {"last": "7d", "since": "2025-11-01T02:00:00Z"}, "--last and --from exclude each other"),
    ("the future", {"until": "2025-11-09T02:00:00Z"}, "--to is after now"),
    ("a beginning after the end", {"since": "2025-11-08T01:59:00Z", "until": "2025-11-07T02:00:00Z"}, "nothing lies"),
    ("an instant without a zone", {"since": "2025-11-01T02:00:00"}, "not an instant with its time zone"),
    ("half a second", {"step": "500ms"}, "--step takes whole seconds"),
    ("too many looks", {"since": "2024-11-01T02:00:00Z"}, "more than 1,000,000"),
    ("a T0 after the end", {"t0": "2025-11-08T03:00:00Z", "last": "1d"}, "is not before"),
]


@pytest.mark.parametrize(("options", "said"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_period_that_is_none_says_what_is_wrong(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        period_of(BacktestOptions(playbook=Path("past.yaml"), **options), NOW)


def test_a_period_lies_on_the_grid_of_its_looks() -> None:
    period = period_of(BacktestOptions(playbook=Path("past.yaml")), NOW)
    assert (period.since, period.until) == (NOW - 7 * DAY - 7 * MINUTE / 60, NOW - 7 * MINUTE / 60)


def test_looks_that_are_too_far_apart_are_refused(desk: Desk) -> None:
    with pytest.raises(UsageError, match="a look every 6m is too seldom for deep") as refused:
        desk.call("http://127.0.0.1:9", step="6m")
    assert refused.value.hint == "take --step 5m, or shorter"


def test_a_playbook_that_does_not_hold_is_refused(desk: Desk) -> None:
    desk.playbook.write_text(PLAYBOOK.replace('when: "> 1000 messages"', 'when: "> 1000ms"'))
    with pytest.raises(PlaybookError, match=r"past\.yaml:\d+:\d+: triggers\.calm\.when"):
        desk.call("http://127.0.0.1:9")
