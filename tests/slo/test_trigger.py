"""When a trigger fires, resolves, goes blind: each rule as a row, in slots of 15 s."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warroom.slo.trigger import (
    Change,
    Hold,
    Observation,
    Rule,
    Stage,
    Transition,
    TriggerState,
    declare,
    fires_at,
    memo_of,
    parse_hold,
    resume,
    slot_at,
    state_from,
    step,
)

T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
EVERY = timedelta(seconds=15)
FIVE_MINUTES = Hold(timedelta(minutes=5))
ONE_MINUTE = Hold(timedelta(minutes=1))
TRUTHS = {"T": True, "F": False, ".": None}


def walk(
    rule: Rule, slots: str, state: TriggerState | None = None, start: int = 0
) -> tuple[TriggerState, list[Transition]]:
    """The trigger fed with one letter a slot: T and F are true and false, a dot is missing, a space is a pause."""
    state, found = state or TriggerState(), list[Transition]()
    for place, letter in enumerate(slots, start):
        if letter != " ":
            state, changes = step(rule, state, Observation(T0 + place * rule.every, TRUTHS[letter]))
            found += changes
    return state, found


def told(transitions: list[Transition]) -> str:
    """`0:00 pending, 5:00 fired`."""
    parts = []
    for each in transitions:
        minutes, seconds = divmod(int((each.at - T0).total_seconds()), 60)
        parts.append(f"{minutes}:{seconds:02} {each.change.value}")
    return ", ".join(parts)


TABLE: list[tuple[str, Rule, str, str]] = [
    ("for 0s fires with the first true", Rule(EVERY), "FT", "0:15 fired"),
    ("for 5m fires at five minutes exactly", Rule(EVERY, FIVE_MINUTES), "T" * 21, "0:00 pending, 5:00 fired"),
    ("for 5m has not fired one slot before", Rule(EVERY, FIVE_MINUTES), "T" * 20, "0:00 pending"),
    (
        "for > 5m fires one slot after five minutes",
        Rule(EVERY, Hold(timedelta(minutes=5), strict=True)),
        "T" * 22,
        "0:00 pending, 5:15 fired",
    ),
    (
        "a hold between two slots is reached in the second",
        Rule(EVERY, Hold(timedelta(seconds=20))),
        "TTT",
        "0:00 pending, 0:30 fired",
    ),
    ("one false resets a pending trigger", Rule(EVERY, ONE_MINUTE), "TTTTF", "0:00 pending, 1:00 reset"),
    (
        "after a reset it has to hold anew",
        Rule(EVERY, ONE_MINUTE),
        "TTTFTTTTT",
        "0:00 pending, 0:45 reset, 1:00 pending, 2:00 fired",
    ),
    (
        "one sample in eight missing: it fires at 5:00",
        Rule(EVERY, FIVE_MINUTES),
        "TTTTTTT." * 3,
        "0:00 pending, 5:00 fired",
    ),
    ("a missing slot does not reset", Rule(EVERY, ONE_MINUTE), "TT.TTF", "0:00 pending, 1:00 fired, 1:15 resolving"),
    ("a missing slot does not confirm", Rule(EVERY, ONE_MINUTE), "TTTT.T", "0:00 pending, 1:15 fired"),
    (
        "with two slots of five missing it waits for coverage",
        Rule(EVERY, ONE_MINUTE),
        "T.T.TTT",
        "0:00 pending, 1:30 fired",
    ),
    (
        "after a long gap four fifths of the hold have to be seen anew",
        Rule(EVERY, FIVE_MINUTES),
        "TT" + " " * 80 + "T" * 17,
        "0:00 pending, 24:30 fired",
    ),
    (
        "it resolves after having been false as long as it had to hold",
        Rule(EVERY, ONE_MINUTE),
        "TTTTTFFFFF",
        "0:00 pending, 1:00 fired, 1:15 resolving, 2:15 resolved",
    ),
    ("with for 0s it takes two slots to resolve", Rule(EVERY), "TFF", "0:00 fired, 0:15 resolving, 0:30 resolved"),
    (
        "clear says how long it has to be false",
        Rule(EVERY, clear=timedelta(seconds=45)),
        "TFFFF",
        "0:00 fired, 0:15 resolving, 1:00 resolved",
    ),
    (
        "a breach while it resolves belongs to the same activation",
        Rule(EVERY, clear=timedelta(seconds=30)),
        "TFTFFF",
        "0:00 fired, 0:15 resolving, 0:30 reset, 0:45 resolving, 1:15 resolved",
    ),
    ("silence never resolves", Rule(EVERY), "T" + "." * 40, "0:00 fired, 1:00 blind"),
    (
        "a false, then silence, does not resolve",
        Rule(EVERY, clear=timedelta(seconds=30)),
        "TF..F",
        "0:00 fired, 0:15 resolving",
    ),
    ("three slots without data are not blind yet", Rule(EVERY), "F...F", ""),
    ("without data for longer than three slots it is blind, once", Rule(EVERY), "F.......", "1:00 blind"),
    ("data after that are sighted", Rule(EVERY), "F....T", "1:00 blind, 1:15 sighted, 1:15 fired"),
    ("one that never had data is blind as well", Rule(EVERY), "......", "1:00 blind"),
    (
        "a longer max_gap is allowed for",
        Rule(EVERY, max_gap=timedelta(minutes=2)),
        "F" + "." * 9,
        "2:15 blind",
    ),
    ("a pause of the process is no blindness where data follow", Rule(EVERY), "F" + " " * 40 + "F", ""),
    ("a pause of the process counts as missing where none follow", Rule(EVERY), "F" + " " * 40 + ".", "10:15 blind"),
    (
        "one that latches waits for a person",
        Rule(EVERY, latches=True),
        "TFFFFFF",
        "0:00 fired, 0:15 resolving, 0:30 latched",
    ),
    (
        "a breach while it is latched fires on, as the same activation",
        Rule(EVERY, latches=True),
        "TFFTFF",
        "0:00 fired, 0:15 resolving, 0:30 latched, 0:45 reset, 1:00 resolving, 1:15 latched",
    ),
]


@pytest.mark.parametrize(("rule", "slots", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_trigger_changes_when_its_rule_says(rule: Rule, slots: str, expected: str) -> None:
    assert told(walk(rule, slots)[1]) == expected


def test_one_that_fires_on_fires_since_it_fired_first() -> None:
    fired, _ = walk(Rule(EVERY, clear=timedelta(minutes=1)), "TFFT")
    assert (fired.stage, fired.since, fired.fired_at) == (Stage.FIRING, T0, T0)


def test_each_activation_has_a_number_of_its_own() -> None:
    _, found = walk(Rule(EVERY, Hold(EVERY), clear=EVERY), "TTFFTTFF")
    assert [(each.change.value, each.number) for each in found] == [
        ("pending", 1), ("fired", 1), ("resolving", 1), ("resolved", 1),
        ("pending", 2), ("fired", 2), ("resolving", 2), ("resolved", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        pytest.param(20, "0:00 fired", id="as many events as are needed are enough"),
        pytest.param(19.9, "1:00 blind", id="too few events are no data, neither true nor false"),
        pytest.param(None, "1:00 blind", id="events that nobody counts are not enough"),
    ],
)
def test_a_floor_of_events(volume: float | None, expected: str) -> None:
    state, found = TriggerState(), list[Transition]()
    for slot in range(6):
        state, changes = step(Rule(EVERY, min_volume=20), state, Observation(T0 + slot * EVERY, True, volume))
        found += changes
    assert told(found) == expected


def test_a_window_that_fills_makes_nobody_blind() -> None:
    state, found = TriggerState(), list[Transition]()
    for slot in range(30):
        filling = slot < 20
        state, changes = step(Rule(EVERY), state, Observation(T0 + slot * EVERY, None, filling=filling))
        found += changes
    assert told(found) == "5:45 blind"


def test_the_reason_of_blindness_names_the_gap_and_the_cause() -> None:
    state, _ = step(Rule(EVERY), TriggerState(), Observation(T0, False))
    _, (blind,) = step(Rule(EVERY), state, Observation(T0 + 4 * EVERY, None, reason="connection refused"))
    assert blind.reason == "no data for longer than 45s: connection refused"


def test_one_that_fires_is_never_shown_as_blind_only() -> None:
    firing, _ = walk(Rule(EVERY), "T......")
    assert (firing.shown, firing.blind) == ("firing", True)
    idle, _ = walk(Rule(EVERY), "F......")
    assert idle.shown == "blind"


class TestPeople:
    def test_a_person_resumes_one_that_is_latched(self) -> None:
        latched, _ = walk(Rule(EVERY, latches=True), "TFF")
        state, (ended,) = resume(latched, T0, "looked at")
        assert (ended.change, ended.reason, state.stage) == (Change.RESOLVED, "looked at", Stage.IDLE)

    @pytest.mark.parametrize("slots", ["F", "T", "TF"], ids=["idle", "firing", "resolving"])
    def test_nothing_else_can_be_resumed(self, slots: str) -> None:
        before, _ = walk(Rule(EVERY, latches=True), slots)
        assert resume(before, T0) == (before, ())

    def test_what_a_person_declares_fires_and_no_data_end_it(self) -> None:
        state, (fired,) = declare(TriggerState(), T0, "rows are gone")
        assert (fired.change, fired.number, fired.reason) == (Change.FIRED, 1, "rows are gone")
        after, changes = walk(Rule(EVERY), "FFFFFF", state)
        assert (after.stage, changes) == (Stage.FIRING, [])
        ended, (resolved,) = resume(after, T0)
        assert (ended.stage, ended.declared, resolved.change) == (Stage.IDLE, False, Change.RESOLVED)

    def test_what_fires_already_is_not_declared_again(self) -> None:
        firing, _ = walk(Rule(EVERY), "T")
        assert declare(firing, T0, "again") == (firing, ())


class TestTime:
    def test_slots_lie_on_a_grid_whenever_the_process_started(self) -> None:
        assert slot_at(T0 + timedelta(seconds=44.9), EVERY) == T0 + timedelta(seconds=30)
        assert slot_at(T0, EVERY) == T0

    @pytest.mark.parametrize(
        ("hold", "expected"),
        [("0s", "0:00"), ("5m", "5:00"), ("> 5m", "5:15"), ("20s", "0:30")],
        ids=["at once", "at five minutes", "after five minutes", "in the next slot"],
    )
    def test_when_it_can_fire_is_known_from_the_first_true(self, hold: str, expected: str) -> None:
        rule = Rule(EVERY, parse_hold(hold))
        pending = TriggerState(Stage.PENDING, since=T0, seen=1, last=T0, heard=T0)
        due = fires_at(rule, pending)
        assert due is not None
        assert (due - T0) == timedelta(minutes=int(expected[0]), seconds=int(expected[2:]))
        slots = int((due - T0) / EVERY) + 1
        assert walk(rule, "T" * slots)[1][-1].at == due

    def test_nothing_is_due_while_it_is_idle(self) -> None:
        assert fires_at(Rule(EVERY), TriggerState()) is None

    def test_a_clock_that_is_set_back_loses_nothing_that_was_held(self) -> None:
        rule = Rule(EVERY, FIVE_MINUTES)
        pending, _ = walk(rule, "T" * 20)
        _, changes = walk(rule, "T", pending, start=20 - 4 * 60)
        assert [each.change for each in changes] == [Change.FIRED]

    def test_a_slot_has_a_length(self) -> None:
        with pytest.raises(ValueError, match="length"):
            Rule(timedelta())


# Runs of true, false, missing and not looked at, some long enough to fire, to resolve and to be blind.
WALKS = st.lists(st.tuples(st.sampled_from("TTFF. "), st.integers(1, 12)), max_size=10).map(
    lambda runs: "".join(slot * length for slot, length in runs)
)


def test_the_walks_reach_every_change() -> None:
    reached: Counter[Change] = Counter()

    @settings(derandomize=True, database=None)
    @given(WALKS, st.sampled_from([0, 15, 60, 300]), st.booleans())
    def draw(slots: str, hold_s: int, latches: bool) -> None:
        _, changes = walk(Rule(EVERY, Hold(timedelta(seconds=hold_s)), latches=latches), slots)
        reached.update({each.change for each in changes})

    draw()
    assert min(reached[change] for change in Change) >= 5, reached


@given(WALKS, st.integers(0, 60), st.sampled_from([0, 15, 60, 300]), st.booleans())
def test_a_restart_from_the_journal_changes_nothing_but_what_was_missed(
    slots: str, cut: int, hold_s: int, latches: bool
) -> None:
    rule = Rule(EVERY, Hold(timedelta(seconds=hold_s)), latches=latches)
    state, before = walk(rule, slots[:cut])
    again = state_from(json.loads(json.dumps(memo_of(state))))
    assert again == state
    assert before + walk(rule, slots[cut:], again, cut)[1] == walk(rule, slots)[1]


@given(WALKS, st.sampled_from([0, 15, 60]))
def test_a_transition_carries_the_state_after_it(slots: str, hold_s: int) -> None:
    rule = Rule(EVERY, Hold(timedelta(seconds=hold_s)))
    for place in range(len(slots)):
        state, changes = walk(rule, slots[: place + 1])
        if changes and changes[-1].at == T0 + place * EVERY and slots[place] != " ":
            assert changes[-1].state == state


@pytest.mark.parametrize("text", ["5", "", "> ", "about 5m"])
def test_a_hold_without_a_unit_is_asked_for(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_hold(text)


def looked(rule: Rule, *looks: tuple[bool | None, float]) -> list[tuple[int, Change]]:
    """What changes in which slot, when each slot sees a truth and the sample that it rests on."""
    state, found = TriggerState(), list[tuple[int, Change]]()
    for slot, (truth, sample) in enumerate(looks):
        state, changes = step(rule, state, Observation(T0 + slot * EVERY, truth, sample=sample))
        found += [(slot, one.change) for one in changes]
    return found


@pytest.mark.parametrize(
    ("rule", "looks", "changes"),
    [
        pytest.param(
            Rule(EVERY),
            [(True, 1), (True, 1), (False, 2), (False, 2), (False, 2), (False, 3)],
            [(0, Change.FIRED), (2, Change.RESOLVING), (5, Change.RESOLVED)],
            id="one false sample resolves nothing, however often it is seen",
        ),
        pytest.param(
            Rule(EVERY, Hold(2 * EVERY)),
            [(True, 1), (True, 1), (True, 1), (True, 2)],
            [(0, Change.PENDING), (3, Change.FIRED)],
            id="one true sample does not hold for longer than it is the last",
        ),
        pytest.param(
            Rule(EVERY, Hold(2 * EVERY)),
            [(True, 1), (None, 1), (None, 1), (None, 1), (True, 5), (True, 5), (True, 7)],
            [(0, Change.PENDING), (6, Change.FIRED)],
            id="what is seen again counts as seen, what is missing does not",
        ),
        pytest.param(
            Rule(EVERY),
            [(None, 1), (True, 1)],
            [(1, Change.FIRED)],
            id="a sample that said nothing was not counted",
        ),
        pytest.param(
            Rule(EVERY, Hold(5 * EVERY)),
            [(True, 1)] + [(None, 1)] * 4 + [(True, 1), (False, 2)],
            [(0, Change.PENDING), (4, Change.BLIND), (5, Change.SIGHTED), (6, Change.RESET)],
            id="a sample that is back is seen, and counted no second time",
        ),
    ],
)
def test_a_sample_is_counted_once(
    rule: Rule, looks: Sequence[tuple[bool | None, float]], changes: list[tuple[int, Change]]
) -> None:
    assert looked(rule, *looks) == changes


def test_which_sample_was_counted_outlasts_the_process() -> None:
    state, _ = step(Rule(EVERY), TriggerState(), Observation(T0, True, sample=1_700_000_000.25))
    assert state_from(memo_of(state)).sample == 1_700_000_000.25
    assert state_from(memo_of(TriggerState())).sample is None
