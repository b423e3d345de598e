"""Law 1: what falls below a floor of events, volume or coverage is never green, fires no rollback and ends none; also
while a window still fills."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.engine.feeding import WATCHED, trigger
from warroom.launch.observing import Context, judged, observed, rule_of
from warroom.slo.answering import answer, longest_of, names_of
from warroom.slo.conditions import parse_condition
from warroom.slo.levels import Level
from warroom.slo.query import Query, Ratio
from warroom.slo.reading import MIN_COVERAGE, Reading
from warroom.slo.selector import parse_selector
from warroom.slo.series import SeriesStore
from warroom.slo.trigger import Change, TriggerState, step

T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
EVERY = timedelta(seconds=5)
VOLUME = 20.0
ROLLBACK = trigger("revert", "errors", ">= 1%", "15s", severity="rollback", min_volume=VOLUME)
ERRORS = WATCHED.signals["errors"]
ENDS = (Change.RESOLVED, Change.RESOLVING, Change.LATCHED)


def at(slot: int) -> datetime:
    return T0 + slot * EVERY


def context(slot: int) -> Context:
    return Context(WATCHED, at(slot), EVERY, {}, {})


READINGS = st.builds(
    Reading,
    st.just(T0),
    st.sampled_from([None, 0.0, 0.001, 0.004, 0.005, 0.0099, 0.01, 0.5]),
    n=st.one_of(st.none(), st.sampled_from([0.0, 3.0, VOLUME - 1, VOLUME, 5_000.0])),
    coverage=st.one_of(st.sampled_from([0.0, 0.79, MIN_COVERAGE, 1.0]), st.floats(0, 1)),
    reason=st.just("as it was found"),
    filling=st.booleans(),
    sample=st.one_of(st.none(), st.sampled_from([1.0, 2.0])),
)


def is_enough(reading: Reading, volume: float = 0.0) -> bool:
    has_volume = not volume or (reading.n is not None and reading.n >= volume)
    return reading.value is not None and reading.coverage >= MIN_COVERAGE and has_volume


@given(st.lists(READINGS, max_size=60))
def test_below_a_floor_nothing_is_green_fires_or_ends(readings: Sequence[Reading]) -> None:
    state = TriggerState()
    for slot, drawn in enumerate(readings):
        reading, here = replace(drawn, at=at(slot)), context(slot)
        assert is_enough(reading) or judged(here, ERRORS, reading).level is Level.UNKNOWN
        assert ROLLBACK.when is not None
        found = observed(here, ROLLBACK, parse_condition(">= 1%"), reading, at(slot))
        state, changes = step(rule_of(here, ROLLBACK), state, found)
        for one in changes:
            assert one.change is Change.BLIND or is_enough(reading, VOLUME)
            assert one.change not in (Change.PENDING, Change.FIRED) or reading.value in (0.01, 0.5)
            assert one.change not in ENDS or reading.value not in (0.01, 0.5)


@given(st.lists(READINGS, min_size=1, max_size=60), st.data())
def test_taking_evidence_away_makes_nothing_green_and_begins_no_rollback(
    readings: Sequence[Reading], data: st.DataObject
) -> None:
    poorer = list(readings)
    for place in data.draw(st.sets(st.integers(0, len(readings) - 1))):
        what = data.draw(st.sampled_from(["value", "n", "coverage"]))
        less = {"value": replace(readings[place], value=None), "n": replace(readings[place], n=1.0)}
        gone = less.get(what, replace(readings[place], coverage=0.79))
        poorer[place] = replace(gone, filling=data.draw(st.booleans()))
    fired: list[set[int]] = []
    for series in (readings, poorer):
        state, slots = TriggerState(), set[int]()
        for slot, drawn in enumerate(series):
            reading, here = replace(drawn, at=at(slot), sample=float(slot)), context(slot)
            before = judged(here, ERRORS, replace(readings[slot], at=at(slot))).level
            assert judged(here, ERRORS, reading).level is not Level.GREEN or before is Level.GREEN
            found = observed(here, ROLLBACK, parse_condition(">= 1%"), reading, at(slot))
            state, changes = step(rule_of(here, ROLLBACK), state, found)
            slots |= {slot for one in changes if one.change is Change.FIRED}
        fired.append(slots)
    # Of the four slots that it has to hold none may be missing, so that no false can be taken away unseen.
    assert not fired[1] or (fired[0] and min(fired[1]) >= min(fired[0]))


# Of one endpoint: what a look found (good and bad answers since the one before), that it failed (None), or that
# nobody looked.
Look = tuple[int, int] | str | None
LOOKS = st.lists(
    st.one_of(st.tuples(st.integers(0, 9), st.integers(0, 3)), st.none(), st.just("nobody looked")), max_size=50
)
PARTS = 10
QUERY = Query(Ratio(parse_selector('answers_total{code="500"}'), parse_selector("answers_total")), PARTS * EVERY)


@given(LOOKS)
def test_samples_that_are_missing_are_never_green_and_never_fire(
    looks: Sequence[Look],
) -> None:
    store = SeriesStore(names_of([QUERY]), EVERY, longest_of([QUERY]), stale_after=3 * EVERY)
    state, totals, found = TriggerState(), [0, 0], list[int]()
    for slot, look in enumerate(looks):
        if look is None:
            store.fail("refused")
        elif not isinstance(look, str):
            totals = [totals[0] + look[0], totals[1] + look[1]]
            good, bad = map(float, totals)
            store.add(at(slot), [("answers_total", {"code": "200"}, good), ("answers_total", {"code": "500"}, bad)])
            found.append(slot)
        reading, here = answer(store, QUERY, at(slot)), context(slot)
        seen = sum(slot - PARTS < one <= slot for one in found)
        is_silent = seen < MIN_COVERAGE * PARTS or look is None or slot - found[-1] > 3
        assert not is_silent or judged(here, ERRORS, reading).level is Level.UNKNOWN
        seen_now = observed(here, ROLLBACK, parse_condition(">= 1%"), reading, at(slot))
        state, changes = step(rule_of(here, ROLLBACK), state, seen_now)
        assert not is_silent or {one.change for one in changes} <= {Change.BLIND}
        assert not reading.filling or found[0] > slot - PARTS
