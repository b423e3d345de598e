"""20,000 random series, with gaps, low volume, stops and restarts: the trigger does what a short oracle says."""

import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.slo import oracle
from warroom.slo.trigger import Change, Hold, Observation, Rule, TriggerState, memo_of, state_from, step

T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
EVERY = timedelta(seconds=15)
PARTS, SERIES = 4, 5_000
TIMES = [T0 + slot * EVERY for slot in range(200)]
SHORT, LONG = (0, 0, 1, 2, 4), (8, 20)
"""How long, in slots, a condition has to hold: 20 of 15 s are the five minutes of the third document."""


def random_series(dice: random.Random, hold: int, clear: int) -> list[oracle.Slot]:
    """Runs of true and false, some long enough to fire and to resolve. Slots are missing, alone or several in
    a row; now and then nobody looks."""
    slots: list[oracle.Slot] = []
    gaps = dice.choice((0.0, 0.05, 0.2))
    while len(slots) < 17 + 2 * (hold + clear):
        is_true = dice.random() < 0.6
        slots += [is_true] * dice.choice((1, 2, 3, 5, 7, (hold if is_true else clear) + dice.choice((0, 1, 2))))
    for place in range(len(slots)):
        if dice.random() < gaps:
            what: oracle.Slot = None if dice.random() < 0.8 else "down"
            length = dice.choice((1, 1, 1, 2, 4, 6))
            slots[place : place + length] = [what] * len(slots[place : place + length])
    return slots


def walked(dice: random.Random, rule: Rule, slots: list[oracle.Slot]) -> list[tuple[int, str]]:
    """The changes that the state machine makes, restarted now and then from its memo."""
    state, found = TriggerState(), list[tuple[int, str]]()
    for place, slot in enumerate(slots):
        if slot == "down":
            state = state_from(json.loads(json.dumps(memo_of(state))))
            continue
        # What rests on too few events is missing, whatever it says.
        truth, volume = (slot, 20.0) if slot is not None else dice.choice(((None, 20.0), (True, 19.0), (False, None)))
        state, changes = step(rule, state, Observation(TIMES[place], truth, volume))
        found += [(place, change.change.value) for change in changes]
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_20_000_random_series_are_decided_as_the_oracle_decides(part: int) -> None:
    dice = random.Random(part)
    reached: Counter[tuple[str, bool]] = Counter()
    for _ in range(SERIES):
        is_long = dice.random() < 0.1
        hold, strict, clear = dice.choice(LONG if is_long else SHORT), dice.random() < 0.3, dice.choice((1, 1, 2, 4))
        clear = hold if is_long and dice.random() < 0.5 else clear
        latches, gap = dice.random() < 0.3, dice.choice((1, 3))
        rule = Rule(EVERY, Hold(hold * EVERY, strict), clear * EVERY, 20, max_gap=gap * EVERY, latches=latches)
        slots = random_series(dice, hold, clear)
        expected = oracle.changes(slots, hold, strict, clear, latches, gap)
        assert walked(dice, rule, slots) == expected, (slots, rule)
        reached.update((name, is_long) for _, name in expected)
    few = {(change.value, is_long): reached[change.value, is_long] for change in Change for is_long in (False, True)}
    assert min(few.values()) >= 50, few
