"""Forty-eight hours on a virtual clock: which posts arrive, when, and how often."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.launch.course import T0, TIMES, course
from tests.launch.voyage import Voyage
from warroom.launch.schedule import slots
from warroom.launch.standing import Standing, owed
from warroom.launch.state import TRUSTED_STEP_S

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PATIENCE = timedelta(seconds=TRUSTED_STEP_S)
SLOTS = slots(course())


def due(slot_id: str) -> datetime:
    return next(slot.due(T0) for slot in SLOTS if slot.id == slot_id)


def sail(voyage: Voyage, until: timedelta, every: timedelta) -> None:
    while voyage.true < T0 + until and not voyage.state.closed:
        voyage.tick()
        voyage.go(every)


def test_the_slots_are_the_nineteen_of_the_document() -> None:
    assert tuple(slot.time for slot in SLOTS) == TIMES
    assert len(SLOTS) == 19


@pytest.mark.covers("S3-W04")
def test_in_48_quiet_hours_each_post_arrives_once_within_seconds_of_its_time() -> None:
    voyage = Voyage()
    sail(voyage, 50 * HOUR, timedelta(seconds=10))
    assert [arrived.slot for arrived in voyage.channel] == [slot.id for slot in SLOTS]
    for arrived in voyage.channel:
        allowed = timedelta(seconds=30 if arrived.slot.startswith(("evidence", "hourly", "four")) else 10)
        assert timedelta() <= arrived.at - due(arrived.slot) < allowed
        assert arrived.late_s == 0
        assert arrived.merged == ()
    assert voyage.state.closed
    assert voyage.state.closed.at == T0 + 48 * HOUR


def test_six_hourly_posts_and_none_is_repeated_after_a_restart() -> None:
    voyage = Voyage()
    while voyage.true < T0 + 7 * HOUR:
        sail(voyage, voyage.true - T0 + 2 * MINUTE, MINUTE / 2)
        voyage.restart()
    hourly = [arrived.slot for arrived in voyage.channel if arrived.slot.startswith("hourly")]
    assert hourly == [f"hourly@T+{hour}h" for hour in range(1, 7)]


ZONES = [
    ("UTC", UTC),
    ("the first to see the day", timezone(14 * HOUR)),
    ("the last", timezone(-12 * HOUR)),
    ("an odd one", timezone(timedelta(hours=5, minutes=45))),
    ("DST ends in New York in the night", zoneinfo.ZoneInfo("America/New_York")),
    ("half an hour of DST", zoneinfo.ZoneInfo("Australia/Lord_Howe")),
]


@pytest.mark.parametrize("zone", [zone[1] for zone in ZONES], ids=[zone[0] for zone in ZONES])
@pytest.mark.parametrize(
    "t0", [T0, datetime(2025, 3, 29, 23, 30, tzinfo=UTC), datetime(2025, 10, 4, 14, 0, tzinfo=UTC)]
)
def test_the_zone_in_which_t0_is_given_changes_nothing(zone: timezone, t0: datetime) -> None:
    seen = [slot.due(t0.astimezone(zone)) for slot in SLOTS]
    assert seen == [slot.due(t0) for slot in SLOTS]
    assert {instant.tzinfo for instant in seen} == {UTC}
    later = [b - a for a, b in pairwise(seen[1:])]
    assert later == [45 * MINUTE, *[HOUR] * 5, 2 * HOUR, *[4 * HOUR] * 10]


def test_what_was_missed_is_one_post_that_names_the_rest_and_one_off_posts_come_by_themselves() -> None:
    voyage = Voyage()
    voyage.go(9 * HOUR)
    for _ in range(3):
        voyage.tick()
        voyage.go(MINUTE)
    posts = {arrived.slot: arrived for arrived in voyage.channel}
    assert set(posts) == {"publish_confirmation@T+5m", "evidence_bundle@T+15m", "four_hourly@T+8h"}
    assert posts["four_hourly@T+8h"].merged == tuple(f"hourly@T+{hour}h" for hour in range(1, 7))
    assert posts["publish_confirmation@T+5m"].late_s == pytest.approx(8 * 3600 + 55 * 60)
    standings = {each.slot.id: each.standing for each in owed(voyage.state, voyage.wall)}
    assert standings["hourly@T+3h"] is Standing.MERGED
    assert standings["four_hourly@T+12h"] is Standing.SCHEDULED


def test_a_channel_that_is_down_for_six_hours_gets_what_was_not_sent_once() -> None:
    voyage = Voyage()
    sail(voyage, 3 * HOUR + 30 * MINUTE, MINUTE)
    voyage.works = "no"
    sail(voyage, 9 * HOUR + 30 * MINUTE, MINUTE)
    voyage.works = "yes"
    voyage.tick()
    last = voyage.channel[-1]
    assert (last.slot, last.merged) == ("four_hourly@T+8h", ("hourly@T+4h", "hourly@T+5h", "hourly@T+6h"))
    told = [one.slot.partition("/")[0] for one in voyage.fallback]
    assert told == ["hourly@T+4h", "hourly@T+5h", "hourly@T+6h", "four_hourly@T+8h"]
    late = [one.at - one.due for one in voyage.fallback]
    assert late == [10 * MINUTE, *[timedelta()] * 3], "that the channel is down is known from the first one on"
    assert set(voyage.counted().values()) == {1}


POINTS = ["before due", "before bytes", "after bytes"]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("slot", [slot.id for slot in SLOTS])
def test_a_process_that_dies_at_a_post_neither_loses_nor_doubles_it(point: str, slot: str) -> None:
    voyage = Voyage()
    sail(voyage, due(slot) - T0, 5 * MINUTE)
    voyage.dies_at = point
    voyage.sail_home()
    assert voyage.counted() == {each.id: 1 for each in SLOTS}


@pytest.mark.parametrize("by", [2 * HOUR, 61 * timedelta(seconds=1), 24 * HOUR])
def test_a_clock_that_is_set_forward_makes_no_post_early(by: timedelta) -> None:
    voyage = Voyage()
    sail(voyage, 30 * MINUTE, MINUTE)
    voyage.set_clock(by)
    sail(voyage, 50 * HOUR, MINUTE)
    assert all(arrived.at >= due(arrived.slot) for arrived in voyage.channel)
    assert voyage.counted() == {each.id: 1 for each in SLOTS}


def test_a_clock_that_was_wrong_and_is_set_forward_counts_once_someone_agrees() -> None:
    voyage = Voyage()
    voyage.set_clock(2 * HOUR)
    voyage.tick()
    voyage.tick()
    assert voyage.channel == []
    voyage.write("clock.agreed", by="ann")
    voyage.tick()
    assert [arrived.slot for arrived in voyage.channel] == ["publish_confirmation@T+5m"]


def test_a_clock_that_is_set_back_and_forth_repeats_nothing() -> None:
    voyage = Voyage()
    sail(voyage, 3 * HOUR, MINUTE)
    voyage.set_clock(-2 * HOUR)
    sail(voyage, 4 * HOUR, MINUTE)
    voyage.set_clock(2 * HOUR)
    sail(voyage, 50 * HOUR, MINUTE)
    assert voyage.counted() == {each.id: 1 for each in SLOTS}


def test_a_suspend_over_a_post_makes_it_late() -> None:
    voyage = Voyage()
    sail(voyage, 10 * MINUTE, MINUTE)
    voyage.go(HOUR - MINUTE)
    sail(voyage, 72 * MINUTE, timedelta(seconds=10))
    evidence = next(arrived for arrived in voyage.channel if arrived.slot == "evidence_bundle@T+15m")
    assert evidence.late_s == pytest.approx(54 * 60, abs=60)


EVENTS = st.one_of(
    st.tuples(st.just("go"), st.integers(0, 6 * 3600)),
    st.tuples(st.just("go"), st.integers(0, 120)),
    st.tuples(st.just("restart"), st.just(0)),
    st.tuples(st.just("clock"), st.integers(-3 * 3600, 3 * 3600)),
    st.tuples(st.just("agree"), st.just(0)),
    st.tuples(st.just("slip"), st.integers(-3600, 3 * 3600)),
    st.tuples(st.just("works"), st.integers(0, 2)),
    st.tuples(st.just("die"), st.integers(0, 2)),
    st.tuples(st.just("hold"), st.integers(0, 18)),
    st.tuples(st.just("release"), st.integers(0, 18)),
    st.tuples(st.just("build"), st.just(0)),
)


def disturb(voyage: Voyage, what: str, much: int) -> None:
    match what:
        case "go":
            voyage.go(timedelta(seconds=much))
        case "restart":
            voyage.restart()
        case "clock":
            voyage.set_clock(timedelta(seconds=much))
        case "works":
            voyage.works = ("yes", "no", "silent")[much]
        case "die":
            voyage.dies_at = POINTS[much]
        case _:
            people(voyage, what, much)


def people(voyage: Voyage, what: str, much: int) -> None:
    slot_id = SLOTS[much % len(SLOTS)].id
    match what:
        case "agree" if voyage.off <= timedelta():  # people look at another clock before they agree
            voyage.write("clock.agreed", by="ann")
        case "slip" if voyage.off <= timedelta() and voyage.state.t0 and not voyage.state.closed:
            at = voyage.state.t0 + timedelta(seconds=much)
            voyage.write("t0.set", at=at.isoformat(), by="ann", reason="slipped")
        case "hold" if slot_id not in voyage.state.records:
            voyage.write("update.held", slot=slot_id, reason="wait", by="ann")
        case "release" if slot_id in voyage.state.holds:
            voyage.write("update.released", slot=slot_id, by="ann")
        case "build" if "confirm" not in voyage.state.ticks:
            voyage.give_build()


@settings(max_examples=80, deadline=None)
@given(st.lists(EVENTS, max_size=60))
@example(events=[("clock", -10_800), ("build", 0)])
def test_whatever_happens_each_of_the_nineteen_is_posted_or_named_once_and_none_is_early(
    events: list[tuple[str, int]],
) -> None:
    voyage = Voyage(build=False)
    for what, much in events:
        disturb(voyage, what, much)
        voyage.tick()
        early = [arrived for arrived in voyage.channel if arrived.at + PATIENCE < arrived.due]
        assert early == []
    voyage.set_clock(-voyage.off)
    voyage.sail_home()
    assert voyage.counted() == {slot.id: 1 for slot in SLOTS}
    one_off = [arrived for arrived in voyage.channel if not arrived.slot.startswith(("hourly", "four_hourly"))]
    assert [arrived.merged for arrived in one_off] == [(), ()]
    assert voyage.state.closed
    assert voyage.state.closed.reason == "every update is resolved"
