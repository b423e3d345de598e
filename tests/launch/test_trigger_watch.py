"""Where triggers stand, slot by slot: what an earlier process saw, and what waits for the condition that ends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.engine.feeding import trigger
from warroom.launch.signals import TriggerKnown
from warroom.launch.trigger_watch import TriggerWatch
from warroom.playbook.signals import TriggerPlan
from warroom.slo.conditions import parse_condition
from warroom.slo.trigger import Change, Hold, Observation, Rule, Stage, Transition, TriggerState

T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
EVERY = timedelta(seconds=5)
NOTHING = timedelta()
PLAN = replace(trigger("pause", "p95", "> 300ms"), resume=parse_condition("< 100ms"))
RULE = Rule(EVERY, Hold(), clear=3 * EVERY, latches=True)


def slot(number: int) -> datetime:
    return T0 + number * EVERY


def resolving(since: int, last: int, stage: Stage = Stage.RESOLVING) -> TriggerState:
    """The first activation, which fired in slot 0, and what was seen of it until `last`."""
    return TriggerState(
        stage, 1, slot(since), slot(0), seen=(1 << (last - since + 1)) - 1, last=slot(last), heard=slot(last)
    )


@pytest.mark.parametrize(
    ("seen", "counts"),
    [
        pytest.param(resolving(10, 14), True, id="what was seen after the journal's last word counts"),
        pytest.param(resolving(10, 10), True, id="what was seen in the same slot does"),
        pytest.param(resolving(3, 8), False, id="what was seen of a recovery that failed does not"),
        pytest.param(resolving(10, 14, Stage.FIRING), False, id="nor what a person or a later entry has changed"),
        pytest.param(replace(resolving(10, 14), number=2), False, id="nor another activation"),
    ],
)
def test_what_an_earlier_process_saw_counts_where_it_goes_on_from_the_journal(
    seen: TriggerState, counts: bool
) -> None:
    journal = resolving(10, 10)
    watch = TriggerWatch(EVERY)
    watch.take_over([TriggerKnown("pause", journal)], NOTHING)
    watch.remember("pause", seen)
    assert watch.states["pause"] == (seen if counts else journal)


def step(watch: TriggerWatch, plan: TriggerPlan, number: int, *, breach: bool, over: bool) -> Sequence[Transition]:
    """One slot: whether it is in breach, and whether what ends it holds."""
    changes = watch.step(plan, RULE, Observation(slot(number), breach))
    if watch.is_to_resume(plan):
        changes += watch.resume_by(plan, RULE, Observation(slot(number), over))
    return changes


def test_the_time_of_the_condition_that_ends_it_counts_anew_after_another_breach() -> None:
    watch = TriggerWatch(EVERY)
    seen = {
        number: step(watch, PLAN, number, breach=number in (0, 6), over=number < 6 or number > 12)
        for number in range(20)
    }
    latched = [number for number, changes in seen.items() if any(one.change is Change.LATCHED for one in changes)]
    resolved = [number for number, changes in seen.items() if any(one.change is Change.RESOLVED for one in changes)]
    # Latched in slot 4 and 10: the second time what ends it holds from slot 13 on, for three slots.
    assert (latched, resolved) == ([4, 10], [16])


def test_it_ends_when_the_condition_that_ends_it_has_held_for_as_long_as_it_takes_to_resolve() -> None:
    watch = TriggerWatch(EVERY)
    seen = {number: step(watch, PLAN, number, breach=number == 0, over=True) for number in range(12)}
    resolved = [number for number, changes in seen.items() if any(one.change is Change.RESOLVED for one in changes)]
    assert resolved == [7]


def test_after_a_restart_its_time_counts_anew() -> None:
    first, second = TriggerWatch(EVERY), TriggerWatch(EVERY)
    for number in range(7):
        step(first, PLAN, number, breach=number == 0, over=True)
    second.take_over([TriggerKnown("pause", first.states["pause"])], NOTHING)
    resolved = [
        n
        for n in range(7, 15)
        if any(one.change is Change.RESOLVED for one in step(second, PLAN, n, breach=False, over=True))
    ]
    assert resolved == [10]
