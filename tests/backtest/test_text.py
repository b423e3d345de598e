"""What people read of a backtest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.backtest.replaying import HOUR, MINUTE, Past, backtested
from tests.engine.feeding import CALM, WATCHED, course
from warroom.backtest.text import backtest_json, backtest_lines
from warroom.backtest.values import SignalShares
from warroom.playbook.course import Course
from warroom.playbook.procedures import ActionStep, ProcedurePlan
from warroom.playbook.signals import Mode
from warroom.slo.levels import Level

STOP = ProcedurePlan("stop", "Stop", (ActionStep("off", "do", "Switch it off"),), budget=3 * MINUTE)


def planned(mode: Mode = "auto", delay: timedelta = timedelta()) -> Course:
    plan = replace(WATCHED.triggers["pause_5xx"], mode=mode, runs="stop", delay=delay)
    watched = replace(WATCHED, triggers={plan.id: plan}, slos={}, baselines={})
    return replace(course(watched), procedures={"stop": STOP})


def lines(past: Past, planned_: Course) -> list[str]:
    return list(backtest_lines(backtested(past, course_=planned_, lasts=2 * HOUR), planned_))


def every(minutes: int, lasts_s: int) -> Past:
    """5 % of errors for a while, every so many minutes."""

    def past(signal: str, at: timedelta) -> float:
        is_bad = timedelta() <= at % (minutes * MINUTE) < timedelta(seconds=lasts_s)
        return 0.05 if signal == "errors" and is_bad else CALM[signal]

    return past


def test_of_many_activations_the_first_are_shown_and_all_are_counted() -> None:
    said = lines(every(5, 60), planned())
    assert "pause_5xx: ✖ FIRED 25 times, 24 of them in vain (over within 3m)" in said
    assert sum(" fired, over at " in line for line in said) == 20
    assert "  and 5 more (--json has all)" in said
    found = backtest_json(backtested(every(5, 60), course_=planned(), lasts=2 * HOUR))
    assert len(found["triggers"][0]["activations"]) == 25


@pytest.mark.parametrize(
    ("mode", "delay", "told"),
    [
        ("auto", timedelta(), "  each time it would have run stop: 1. Switch it off"),
        ("auto", MINUTE, "  each time it would have run, 1m later unless somebody aborts it, stop: 1. Switch it off"),
        ("confirm", timedelta(), "  each time it would have asked a person to run stop: 1. Switch it off"),
        ("shadow", timedelta(), "  each time it would have only named stop: 1. Switch it off"),
    ],
)
def test_it_says_what_would_have_been_done_in_each_mode(mode: Mode, delay: timedelta, told: str) -> None:
    assert told in lines(every(60, 300), planned(mode, delay))


def test_a_little_is_never_told_as_nothing() -> None:
    shares = {Level.GREEN: 0.9999, Level.RED: 0.00005}
    found = replace(backtested(every(5, 60), course_=planned()), signals=(SignalShares("errors", "Errors", shares),))
    assert list(backtest_lines(found, planned()))[-1] == "  errors: ✔ GREEN 99.99%, ✖ RED <0.01%"


def test_a_signal_that_was_unknown_says_why() -> None:
    shares = SignalShares("queue", "Queue", {Level.UNKNOWN: 1.0}, "Prometheus has no current sample of queue_depth")
    found = replace(backtested(every(5, 60), course_=planned()), signals=(shares,))
    told = "  queue: ? UNKNOWN 100.00%: Prometheus has no current sample of queue_depth"
    assert list(backtest_lines(found, planned()))[-1] == told
