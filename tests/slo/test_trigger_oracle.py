"""20,000 random series, with gaps, low volume, stops and restarts: the trigger does what a short oracle says."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from tests.slo import oracle
from warroom.slo.trigger import Hold, Observation, Rule, TriggerState, memo_of, state_from, step

T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
EVERY = timedelta(seconds=15)
PARTS, SERIES = 4, 5_000
TIMES = [T0 + slot * EVERY for slot in range(60)]


def random_series(dice: random.Random) -> list[oracle.Slot]:
    """Runs of true and false in which slots are missing, alone or several in a row; now and then nobody looks."""
    slots: list[oracle.Slot] = []
    gaps = dice.choice((0.0, 0.05, 0.2))
    while len(slots) < 17:
        slots += [dice.random() < 0.6] * dice.choice((1, 2, 3, 5, 7))
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
    fired = 0
    for _ in range(SERIES):
        hold, strict, clear = dice.choice((0, 0, 1, 2, 4)), dice.random() < 0.3, dice.choice((1, 1, 2, 4))
        latches, gap = dice.random() < 0.3, dice.choice((1, 3))
        rule = Rule(EVERY, Hold(hold * EVERY, strict), clear * EVERY, 20, max_gap=gap * EVERY, latches=latches)
        slots = random_series(dice)
        expected = oracle.changes(slots, hold, strict, clear, latches, gap)
        assert walked(dice, rule, slots) == expected, (slots, rule)
        fired += sum(name == "fired" for _, name in expected)
    assert fired > SERIES
