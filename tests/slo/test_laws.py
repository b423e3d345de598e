"""The laws: no data is never green, never resolves and never fires; less evidence never makes anything better."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warroom.slo.answering import answer, longest_of, names_of
from warroom.slo.baseline import Baseline
from warroom.slo.budget import Objective, Spending, is_intact
from warroom.slo.conditions import SignalCondition, evaluate, parse_condition
from warroom.slo.levels import Level, Limits, level_of
from warroom.slo.query import Availability, Latency, Query, Ratio
from warroom.slo.reading import Reading
from warroom.slo.samples import ProbeLog, ProbeSample
from warroom.slo.selector import parse_selector
from warroom.slo.series import SeriesStore
from warroom.slo.trend import Point
from warroom.slo.trigger import Change, Hold, Observation, Rule, Transition, TriggerState, fires_at, step

T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
EVERY = timedelta(seconds=15)
CONDITIONS = st.sampled_from(
    [
        ">= 0.5%",
        "> 300ms",
        "< 98%",
        "!= 0",
        "== 0",
        "> 2x baseline.q",
        "growing over 30m",
        "stable",
        "falling over 5m",
    ]
).map(parse_condition)
BASELINES = st.one_of(st.none(), st.floats(0, 10)).map(lambda value: {"q": Baseline("q", value)})
OPTIONAL = st.one_of(st.none(), CONDITIONS)
LIMITS = st.builds(
    Limits,
    OPTIONAL,
    OPTIONAL,
    max_age=st.just(timedelta(minutes=5)),
)
VALUES = st.one_of(st.none(), st.floats(0, 2))
READINGS = st.builds(
    Reading,
    st.just(T0),
    VALUES,
    n=st.one_of(st.none(), st.floats(0, 100)),
    coverage=st.floats(0, 1),
    beyond=st.booleans(),
    filling=st.booleans(),
).map(lambda reading: replace(reading, beyond=reading.beyond and reading.value is None, reason="as it was found"))
HISTORY = st.lists(VALUES, max_size=40).map(
    lambda values: [(T0 - (len(values) - place) * timedelta(minutes=1), value) for place, value in enumerate(values)]
)
GOOD = (Level.GREEN, Level.TRACKED)


@given(LIMITS, READINGS, BASELINES, HISTORY, st.floats(0, 600))
def test_no_data_is_never_green(
    limits: Limits, reading: Reading, baselines: dict[str, Baseline], history: list[Point], age_s: float
) -> None:
    now = T0 + timedelta(seconds=age_s)
    found = level_of(limits, reading, now, baselines=baselines, history=history)
    assert found.reason
    if found.level in GOOD:
        assert reading.value is not None or reading.beyond
        assert reading.coverage >= 0.8
        assert now - reading.at <= limits.max_age


@given(LIMITS, READINGS, BASELINES, HISTORY, st.sampled_from(["value", "coverage", "age", "baseline"]))
def test_taking_evidence_away_never_makes_it_green(
    limits: Limits, reading: Reading, baselines: dict[str, Baseline], history: list[Point], what: str
) -> None:
    before = level_of(limits, reading, T0, baselines=baselines, history=history)
    now = T0
    if what == "value":
        reading = Reading.missing(T0, "gone", filling=reading.filling)
    elif what == "coverage":
        reading = replace(reading, coverage=reading.coverage / 3)
    elif what == "age":
        now = T0 + timedelta(minutes=10)
    else:
        baselines = {}
    after = level_of(limits, reading, now, baselines=baselines, history=history)
    assert after.level not in GOOD or before.level in GOOD


@given(CONDITIONS, BASELINES, HISTORY, st.floats(0, 0.79))
def test_a_condition_on_no_data_is_neither_true_nor_false(
    condition: SignalCondition, baselines: dict[str, Baseline], history: list[Point], coverage: float
) -> None:
    for reading in (Reading.missing(T0, "gone"), Reading(T0, None), Reading(T0, 1.0, coverage=coverage)):
        assert evaluate(condition, reading, baselines=baselines, history=history).truth is None


# Runs, some long enough to fire, to resolve and to be blind: single slots by chance never are.
SLOTS = st.lists(st.tuples(st.sampled_from([True, True, False, False, None]), st.integers(1, 12)), max_size=12).map(
    lambda runs: [truth for truth, length in runs for _ in range(length)]
)
RULES = st.builds(
    Rule,
    st.just(EVERY),
    st.builds(Hold, st.integers(0, 6).map(lambda slots: slots * EVERY), st.booleans()),
    st.one_of(st.none(), st.integers(0, 6).map(lambda slots: slots * EVERY)),
    latches=st.booleans(),
)


def walked(rule: Rule, truths: list[bool | None]) -> list[tuple[Change, bool | None]]:
    """Each change, and what was found in its slot."""
    state, found = TriggerState(), list[tuple[Change, bool | None]]()
    for slot, truth in enumerate(truths):
        state, changes = step(rule, state, Observation(T0 + slot * EVERY, truth))
        found += [(change.change, truth) for change in changes]
    return found


def test_the_series_reach_every_change() -> None:
    reached: Counter[Change] = Counter()

    @settings(derandomize=True, database=None)
    @given(RULES, SLOTS)
    def draw(rule: Rule, truths: list[bool | None]) -> None:
        reached.update({change for change, _ in walked(rule, truths)})

    draw()
    assert min(reached[change] for change in Change) >= 5, reached


@given(RULES, SLOTS)
def test_silence_never_fires_resets_or_resolves(rule: Rule, truths: list[bool | None]) -> None:
    for change, truth in walked(rule, truths):
        assert (truth is None) is (change is Change.BLIND)
        if change in (Change.RESOLVED, Change.RESOLVING, Change.LATCHED):
            assert truth is False
        if change in (Change.FIRED, Change.PENDING):
            assert truth is True


@given(RULES, SLOTS, st.data())
def test_taking_a_false_away_never_resolves_earlier(
    rule: Rule, truths: list[bool | None], data: st.DataObject
) -> None:
    """Up to the first resolution, which any activation comes to no sooner with less data."""
    falses = [slot for slot, truth in enumerate(truths) if truth is False]
    if not falses:
        return
    fewer = list(truths)
    fewer[data.draw(st.sampled_from(falses))] = None

    def ended(series: list[bool | None]) -> list[int]:
        state, ends = TriggerState(), list[int]()
        for slot, truth in enumerate(series):
            fired_before = state.is_active
            state, changes = step(rule, state, Observation(T0 + slot * EVERY, truth))
            if fired_before and any(each.change in (Change.RESOLVED, Change.LATCHED) for each in changes):
                ends.append(slot)
        return ends

    def fired(series: list[bool | None]) -> list[int]:
        state, slots = TriggerState(), list[int]()
        for slot, truth in enumerate(series):
            state, changes = step(rule, state, Observation(T0 + slot * EVERY, truth))
            slots += [slot for each in changes if each.change is Change.FIRED]
        return slots

    first, then = fired(truths), fired(fewer)
    if first and then and first[0] == then[0]:
        assert not ended(fewer) or (ended(truths) and ended(truths)[0] <= ended(fewer)[0])


@given(RULES, SLOTS)
def test_it_never_fires_before_the_time_it_named(rule: Rule, truths: list[bool | None]) -> None:
    state, due = TriggerState(), None
    for slot, truth in enumerate(truths):
        at = T0 + slot * EVERY
        state, changes = step(rule, state, Observation(at, truth))
        for each in changes:
            assert each.change is not Change.FIRED or due is None or at >= due
        due = fires_at(rule, state)


ERRORS = Query(
    Ratio(parse_selector('requests_total{code=~"5.."}'), parse_selector("requests_total")), timedelta(minutes=5)
)


def test_a_target_that_dies_during_a_breach_is_blind_within_90_s() -> None:
    store = SeriesStore(names_of([ERRORS]), EVERY, longest_of([ERRORS]))
    rule, state, condition = Rule(EVERY, Hold(timedelta(minutes=5))), TriggerState(), parse_condition(">= 1%")
    died = T0 + timedelta(minutes=7)
    changes: list[Transition] = []
    for slot in range(60):
        now = T0 + slot * EVERY
        if now < died:
            store.add(
                now, [("requests_total", {"code": code}, n * slot) for code, n in (("200", 90.0), ("500", 10.0))]
            )
        else:
            store.fail("connection refused")
        reading = answer(store, ERRORS, now)
        found = evaluate(condition, reading)
        state, more = step(
            rule, state, Observation(now, found.truth, reading.n, reading.value, found.reason, reading.filling)
        )
        changes += more
    assert [each.change for each in changes] == [Change.PENDING, Change.BLIND]
    assert timedelta() < changes[-1].at - died <= timedelta(seconds=90)
    assert changes[-1].reason == "no data for longer than 45s: the last look failed: connection refused"
    assert state.shown == "blind"


@pytest.mark.parametrize(
    "query", [Query(Availability(), timedelta(minutes=5)), Query(Latency(0.95), timedelta(minutes=5))]
)
def test_a_probe_that_stops_is_never_green(query: Query) -> None:
    log = ProbeLog(EVERY, timedelta(minutes=5))
    for slot in range(21):
        log.add(ProbeSample(T0 + slot * EVERY, 0.05, True))
    levels = []
    for slot in range(21, 60):
        now = T0 + slot * EVERY
        levels.append(level_of(Limits(page=parse_condition("> 300ms")), log.answer(query, now), now).level)
    assert Level.GREEN not in levels[4:]
    assert set(levels[4:]) == {Level.UNKNOWN}


@given(st.lists(st.sampled_from([0.0, 30.0, None]), min_size=1, max_size=60))
def test_a_budget_that_nobody_watched_is_not_intact(minutes: list[float | None]) -> None:
    book = Spending(Objective(0.5, timedelta(hours=1)), T0)
    for place, bad in enumerate(minutes, 1):
        if bad is not None:
            book.add(T0 + place * timedelta(minutes=1), timedelta(minutes=1), bad, 60)
    found = is_intact(book.budget(T0 + len(minutes) * timedelta(minutes=1)), above=0.1, is_paging=False)
    if sum(bad is not None for bad in minutes) < 0.9 * len(minutes):
        assert found.truth is not True
