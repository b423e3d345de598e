"""When triggers would have fired, from numbers of the past: as the engine would have decided at the time."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.backtest.replaying import HOUR, MINUTE, SLOT, START, Past, backtested, of, times
from tests.engine.feeding import CALM, EVERY_S, WATCHED, Feed, trigger
from tests.engine.stage import T0
from warroom.backtest.scope import longest_step
from warroom.playbook.signal_forms import Burn
from warroom.playbook.signals import BaselinePlan, TriggerPlan
from warroom.slo.conditions import parse_condition
from warroom.slo.levels import Level
from warroom.slo.reading import Reading
from warroom.slo.trigger import parse_hold

P95 = replace(WATCHED, triggers={"pause_p95": WATCHED.triggers["pause_p95"]})


def within(since: timedelta, until: timedelta, at: timedelta) -> bool:
    return since <= at < until


def p95(*breaches: tuple[int, int], missing: tuple[int, int] = (0, 0)) -> Past:
    """P95 is 301 ms in the minutes of `breaches`, 40 ms else, and nothing in those of `missing`."""

    def past(signal: str, at: timedelta) -> float | None:
        if within(missing[0] * MINUTE, missing[1] * MINUTE, at):
            return None
        is_bad = any(within(since * MINUTE, until * MINUTE, at) for since, until in breaches)
        return 0.301 if signal == "p95" and is_bad else CALM[signal]

    return past


BREACHES = [
    ("it fires when the condition has held, and is over when it is gone", [(10, 20)], [("0:15:00", "0:20:00")]),
    ("what is over before it has held fires nothing", [(10, 14)], []),
    (
        "each breach is an activation: nobody has to resume a pause",
        [(10, 20), (40, 50)],
        [("0:15:00", "0:20:00"), ("0:45:00", "0:50:00")],
    ),
    (
        "a breach that comes back before it is resolved belongs to the same",
        [(10, 20), (23, 30)],
        [("0:15:00", "0:30:00")],
    ),
    ("one that goes on at the end is not over", [(50, 90)], [("0:55:00", "")]),
]


@pytest.mark.parametrize(("breaches", "expected"), [row[1:] for row in BREACHES], ids=[row[0] for row in BREACHES])
def test_when_it_would_have_fired(breaches: list[tuple[int, int]], expected: list[tuple[str, str]]) -> None:
    found = of(backtested(p95(*breaches), watched=P95), "pause_p95")
    assert times(found) == expected
    assert (found.coverage, found.blind) == (1.0, ())


def test_how_long_it_was_pending_and_how_bad_it_was_is_told() -> None:
    found = of(backtested(p95((10, 20), (30, 33)), watched=P95), "pause_p95")
    assert (found.near, found.pending) == ((3 * MINUTE,), 8 * MINUTE)
    assert [(one.worst, one.pending_at - START) for one in found.activations] == [("301ms", 10 * MINUTE)]


IN_VAIN = [
    ("over within ten minutes, in vain", (10, 25), True),
    ("over after more, not in vain", (10, 26), False),
    ("not over yet, and for less: nobody knows", (52, 90), None),
    ("not over yet, and for more: not in vain", (40, 90), False),
]


@pytest.mark.parametrize(("breach", "expected"), [row[1:] for row in IN_VAIN], ids=[row[0] for row in IN_VAIN])
def test_what_is_over_before_anything_can_be_done_was_in_vain(breach: tuple[int, int], expected: bool | None) -> None:
    [one] = of(backtested(p95(breach), watched=P95), "pause_p95").activations
    assert one.in_vain is expected


def test_a_stretch_without_data_is_blind_and_resolves_nothing() -> None:
    found = of(backtested(p95((10, 40), missing=(20, 30)), watched=P95), "pause_p95")
    assert times(found) == [("0:15:00", "0:40:00")]
    [blind] = found.blind
    assert (blind.since - START, blind.until) == (20 * MINUTE - SLOT, START + 30 * MINUTE)
    assert "nobody looked" in blind.reason
    assert found.coverage == pytest.approx(201 / 241)
    assert found.is_known


def test_where_too_little_was_seen_it_is_unknown_whether_it_fired() -> None:
    found = backtested(p95(missing=(5, 60)), watched=P95)
    assert (of(found, "pause_p95").is_known, found.is_known) == (False, False)
    assert found.signals[2].shares[Level.UNKNOWN] == pytest.approx(220 / 241)
    assert "nobody looked" in found.signals[2].unknown
    assert backtested(p95(), watched=P95).signals[2].unknown == ""


def test_one_that_fired_in_the_little_that_was_seen_leaves_the_whole_unknown() -> None:
    found = backtested(p95((50, 60), missing=(0, 49)), watched=P95)
    assert len(of(found, "pause_p95").activations) == 1
    assert not found.is_known


def test_a_trend_is_told_from_the_time_before_the_period() -> None:
    growing = replace(trigger("grows", "depth", "growing over 30m", "5m"), severity="notify")

    def past(signal: str, at: timedelta) -> float:
        return 100 + max(0.0, (at + 20 * MINUTE) / MINUTE) if signal == "depth" else CALM[signal]

    found = backtested(past, watched=replace(WATCHED, triggers={"grows": growing}))
    [(fired, over)] = times(of(found, "grows"))
    assert fired == "0:05:00"
    assert over == ""


def test_the_burn_of_an_error_budget_is_counted_by_the_minute() -> None:
    burns = TriggerPlan("burns", "burns", "notify", "auto", slo="uptime", burn=Burn("burn > 19.2", 19.2))

    def past(signal: str, at: timedelta) -> float:
        return (0.5 if within(30 * MINUTE, 45 * MINUTE, at) else 1.0) if signal == "up" else CALM[signal]

    found = backtested(past, watched=replace(WATCHED, triggers={"burns": burns}))
    [one] = of(found, "burns").activations
    assert one.fired_at - START == 30 * MINUTE
    assert one.worst.startswith("burn ")


BURNING = [
    (
        "twenty times too fast: each alarm, the fastest after most of its window",
        20.0,
        {"fast": 12, "medium": 48, "slow": 288},
    ),
    ("ten times: not the fastest", 10.0, {"medium": 48, "slow": 288}),
    ("three times: the slow one alone", 3.0, {"slow": 288}),
    ("twice: none", 2.0, {}),
]


@pytest.mark.parametrize(("burn", "after"), [row[1:] for row in BURNING], ids=[row[0] for row in BURNING])
def test_the_burn_alarms_of_48_hours_fire_each_at_its_rate(burn: float, after: dict[str, int]) -> None:
    alarms = {"fast": (19.2, 15), "medium": (9.6, 60), "slow": (2.8, 360)}
    plans = {
        name: TriggerPlan(
            name, name, "notify", "auto", slo="uptime", burn=Burn("burn", factor), window=minutes * MINUTE
        )
        for name, (factor, minutes) in alarms.items()
    }

    def past(signal: str, at: timedelta) -> float:
        return 1 - 0.001 * burn if signal == "up" else CALM[signal]

    watched = replace(WATCHED, triggers=plans, signals={"up": WATCHED.signals["up"]}, baselines={})
    found = backtested(past, watched=watched, lasts=6 * HOUR, every=MINUTE)
    fired = {one.trigger: one.activations[0].fired_at - START for one in found.triggers if one.activations}
    assert fired.keys() == after.keys()
    assert all(abs(fired[name] - minutes * MINUTE) <= 2 * MINUTE for name, minutes in after.items()), fired
    # Before it was watched for long enough it is too early, which makes nobody blind.
    assert [one.blind for one in found.triggers] == [()] * 3


def test_a_baseline_is_captured_at_the_t0_that_is_given_and_triggers_count_from_it() -> None:
    def past(signal: str, at: timedelta) -> float:
        return (30.0 if at >= 20 * MINUTE else 10.0) if signal == "depth" else CALM[signal]

    queue = replace(WATCHED, triggers={"pause_queue": WATCHED.triggers["pause_queue"]})
    found = backtested(past, watched=queue, t0=START + 10 * MINUTE)
    assert found.baselines["depth"].value == 10.0
    assert times(of(found, "pause_queue")) == [("0:30:00", "")]
    late = backtested(past, watched=queue, t0=START + 25 * MINUTE)
    assert late.baselines["depth"].value == 30.0
    assert times(of(late, "pause_queue")) == []
    early = backtested(past, watched=queue, t0=START - 24 * HOUR)
    assert (early.baselines["depth"].at, early.baselines["depth"].value) == (START - 24 * HOUR, 10.0)
    assert times(of(early, "pause_queue")) == [("0:30:00", "")]


def test_a_baseline_that_could_not_be_captured_leaves_it_unknown() -> None:
    def past(signal: str, at: timedelta) -> float | None:
        return (None if at < 30 * MINUTE else 50.0) if signal == "depth" else CALM[signal]

    queue = replace(WATCHED, triggers={"pause_queue": WATCHED.triggers["pause_queue"]})
    found = backtested(past, watched=queue, t0=START)
    assert not of(found, "pause_queue").is_known
    assert "only 0 values of 20" in found.baselines["depth"].problem


def test_a_pause_with_a_condition_to_resume_ends_by_it() -> None:
    plan = replace(P95.triggers["pause_p95"], resume=parse_condition("< 100ms"))
    watched = replace(P95, triggers={"pause_p95": plan})
    found = of(backtested(p95((10, 20), (40, 50)), watched=watched), "pause_p95")
    assert times(found) == [("0:15:00", "0:20:00"), ("0:45:00", "0:50:00")]


def test_what_a_server_refuses_is_not_answered() -> None:
    query = P95.query_of(P95.triggers["pause_p95"])
    found = backtested(p95(), watched=P95, refused={("app", query): "Prometheus refuses it: parse error"})
    assert found.triggers == ()
    [one] = found.unanswered
    assert (one.trigger, one.reason, one.is_fault) == ("pause_p95", "Prometheus refuses it: parse error", True)
    assert not found.is_known


async def test_it_says_what_the_engine_does_at_the_time(tmp_path: Path) -> None:
    dice = random.Random(5)
    minutes = [dice.choices((0.04, 0.3, 0.301, 0.5, None), (3, 1, 4, 2, 1))[0] for _ in range(40)]
    every = timedelta(seconds=EVERY_S)
    holds = {
        name: replace(WATCHED.triggers["pause_p95"], id=name, hold=parse_hold(hold), severity="notify")
        for name, hold in (("at_once", "0s"), ("short", "2m"), ("strict", "> 2m"))
    }
    watched = replace(P95, triggers=holds, slos={}, baselines=dict[str, BaselinePlan]())
    stage = Feed(tmp_path, watched)
    stage.fed.values["p95"] = 0.04
    async with stage.engine():
        await stage.advance(every / 2)
        for value in minutes:
            stage.fed.values["p95"] = "nobody looked" if value is None else value
            await stage.advance(MINUTE)
    lived = [(one.body["trigger"], one.body["at"]) for one in stage.told if one.kind == "trigger.fired"]

    def past(signal: str, at: timedelta) -> float | Reading | None:
        value = minutes[min(len(minutes) - 1, int((at - every) / MINUTE))] if at >= every else 0.04
        return value if signal == "p95" else CALM[signal]

    found = backtested(past, watched=watched, lasts=40 * MINUTE, every=every)
    assert START == T0
    replayed = [(one.trigger, each.fired_at.isoformat()) for one in found.triggers for each in one.activations]
    assert sorted(replayed) == sorted(lived)
    assert len(lived) > 4


STEPS = [
    ("half of the time that it has to hold", "pause_p95", timedelta(minutes=2, seconds=30)),
    ("half of its window", "pause_5xx", timedelta(minutes=2, seconds=30)),
    ("a slice of the error budget", "burns", MINUTE),
]


@pytest.mark.parametrize(("name", "longest"), [row[1:] for row in STEPS], ids=[row[0] for row in STEPS])
def test_looks_lie_at_most_so_far_apart(name: str, longest: timedelta) -> None:
    burns = TriggerPlan("burns", "burns", "notify", "auto", slo="uptime", burn=Burn("burn > 19.2", 19.2))
    plan = {**WATCHED.triggers, "burns": burns}[name]
    assert longest_step(WATCHED, plan) == longest
