"""On series without gaps a trigger fires and resolves when Prometheus' alerts do (`for`, `keep_firing_for`)."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.slo.promtool import input_series, run_rule_tests
from warroom.slo.trigger import Hold, Observation, Rule, TriggerState, step

T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
SLOTS = 60
EVERY = timedelta(seconds=15)
HOLDS_S = (0, 15, 20, 60, 300)
KEEPS_S = (15, 40, 120)


def random_truths(dice: random.Random) -> list[bool]:
    """Runs of true and of false, some long enough to fire and to resolve."""
    truths: list[bool] = []
    while len(truths) < SLOTS:
        truths += [dice.random() < 0.6] * dice.choice((1, 1, 2, 3, 8, 22))
    return truths[:SLOTS]


def firing_slots(rule: Rule, truths: Sequence[bool]) -> list[bool]:
    """In which slots the trigger fires, as far as people can tell."""
    state, firing = TriggerState(), list[bool]()
    for slot, truth in enumerate(truths):
        state, _ = step(rule, state, Observation(T0 + slot * EVERY, truth))
        firing.append(state.is_active)
    return firing


def test_a_trigger_agrees_with_prometheus_alerts_on_series_without_gaps(tmp_path: Path) -> None:
    dice = random.Random(5)
    series, rules, expected = list[dict[str, str]](), list[dict[str, Any]](), list[dict[str, Any]]()
    for hold_s in HOLDS_S:
        for keep_s in KEEPS_S:
            name = f"hold_{hold_s}_keep_{keep_s}"
            rules.append(
                {"alert": name, "expr": f"{name} == 1", "for": f"{hold_s}s", "keep_firing_for": f"{keep_s}s"}
            )
            rule = Rule(EVERY, Hold(timedelta(seconds=hold_s)), clear=timedelta(seconds=keep_s))
            cases = [random_truths(dice) for _ in range(20)]
            series += [input_series(name, {"case": i}, [int(t) for t in truths]) for i, truths in enumerate(cases)]
            firing = [firing_slots(rule, truths) for truths in cases]
            assert any(any(each) and not each[-1] for each in firing) or hold_s == 300
            expected += [
                {
                    "eval_time": f"{slot * 15}s",
                    "alertname": name,
                    "exp_alerts": [{"exp_labels": {"case": str(i)}} for i, each in enumerate(firing) if each[slot]],
                }
                for slot in range(SLOTS)
            ]
    problems = run_rule_tests(
        tmp_path, [{"interval": "15s", "input_series": series, "alert_rule_test": expected}], rules
    )
    assert not problems
