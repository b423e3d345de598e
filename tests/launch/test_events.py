"""What happens at no time that anyone planned: whatever else goes on, each of it is told once, and never merged."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.launch.course import T0, course
from tests.launch.test_cadence import POINTS
from tests.launch.voyage import Voyage
from warroom.events import GateInfo
from warroom.launch.entries import Entry
from warroom.launch.flips import QUIET_S, news
from warroom.launch.folding import step
from warroom.launch.happenings import Incident, Trouble, troubles
from warroom.launch.ledger import RunSuite, decide
from warroom.launch.schedule import all_slots
from warroom.launch.standing import is_resolved
from warroom.launch.state import LaunchState, begin

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def read(voyage: Voyage, gate: str, state: str) -> None:
    """The engine has read a gate."""
    for draft in news(voyage.state, GateInfo(gate, gate, state, "the test"), voyage.wall):
        voyage.write(draft.kind, **draft.body)


def open_incident(voyage: Voyage) -> str:
    name = f"inc-{len(voyage.state.incidents) + 1}"
    voyage.write("incident.opened", id=name, text="the queue grows", by="ann")
    return name


def still_open(voyage: Voyage) -> list[str]:
    return [one.id for one in voyage.state.incidents.values() if one.resolved_at is None]


EVENTS = st.one_of(
    st.tuples(st.just("go"), st.integers(0, 6 * 3600)),
    st.tuples(st.just("go"), st.integers(0, 120)),
    st.tuples(st.just("restart"), st.just(0)),
    st.tuples(st.just("die"), st.integers(0, 2)),
    st.tuples(st.just("works"), st.integers(0, 2)),
    st.tuples(st.just("green"), st.integers(1, 2)),
    st.tuples(st.just("red"), st.integers(1, 2)),
    st.tuples(st.just("unknown"), st.integers(1, 2)),
    st.tuples(st.just("open"), st.just(0)),
    st.tuples(st.just("note"), st.just(0)),
    st.tuples(st.just("resolve"), st.just(0)),
    st.tuples(st.just("slip"), st.integers(-3600, 3600)),
)


def disturb(voyage: Voyage, what: str, much: int) -> None:
    match what:
        case "go":
            voyage.go(timedelta(seconds=much))
        case "restart":
            voyage.restart()
        case "die":
            voyage.dies_at = POINTS[much]
        case "works":
            voyage.works = ("yes", "no", "silent")[much]
        case "slip" if voyage.state.t0:
            at = voyage.state.t0 + timedelta(seconds=much)
            voyage.write("t0.set", at=at.isoformat(), by="ann", reason="slipped")
        case "green" | "red" | "unknown":
            read(voyage, f"gate{much}", what)
        case _:
            people(voyage, what)


def people(voyage: Voyage, what: str) -> None:
    opened = still_open(voyage)
    if what == "open":
        open_incident(voyage)
    elif what == "note" and opened:
        voyage.write("incident.noted", id=opened[0], text="somebody looks", by="ann")
    elif what == "resolve" and opened:
        voyage.write("incident.resolved", id=opened[0], reason="over", by="ann")


def owed_for_events(voyage: Voyage) -> set[str]:
    return {slot.id for slot in all_slots(voyage.state, voyage.wall) if slot.is_event}


@settings(max_examples=80, deadline=None)
@given(st.lists(EVENTS, max_size=60))
def test_whatever_happens_is_told_once_for_itself_and_never_before(events: list[tuple[str, int]]) -> None:
    voyage = Voyage()
    owed: set[str] = set()
    for what, much in events:
        if voyage.state.closed:
            break
        disturb(voyage, what, much)
        voyage.tick()
        owed |= {slot for slot in owed_for_events(voyage) if "+" not in slot}
    for name in still_open(voyage):
        voyage.write("incident.resolved", id=name, reason="over", by="ann")
    if not voyage.state.closed:
        voyage.sail_home()
    counted = voyage.counted()
    assert set(counted.values()) <= {1}
    assert owed <= {*counted, *(slot for arrived in voyage.fallback for slot in arrived.stands_for)}
    for arrived in voyage.channel:
        slot = voyage.slot(arrived.slot)
        assert slot.since is None or arrived.at >= slot.since
        assert slot.recurring or not arrived.merged
    assert voyage.reruns == dict.fromkeys(voyage.reruns, 1)
    assert all(is_resolved(voyage.state, slot) for slot in all_slots(voyage.state, T0))


def flips(*readings: tuple[float, str]) -> list[tuple[float, str]]:
    """When people are told of a gate that is read so, in seconds."""
    state, told = begin(course()), list[tuple[float, str]]()
    for at_s, found in readings:
        now = T0 + timedelta(seconds=at_s)
        for draft in news(state, GateInfo("gate1", "Gate 1", found, "the test"), now):
            state = step(state, _entry(state, draft.kind, dict(draft.body), now))
            told += [(at_s, draft.body["to"])] if draft.kind == "gate.flipped" else []
    return told


def _entry(state: LaunchState, kind: str, body: dict[str, object], at: datetime) -> Entry:
    return Entry(state.seq + 1, "launch", at, "boot", 0, 1, "engine", kind, body, "", "")


@pytest.mark.parametrize(
    ("readings", "told"),
    [
        pytest.param([(0, "green"), (30, "green")], [], id="green from the start is no flip"),
        pytest.param([(0, "red"), (30, "green")], [(30, "green")], id="red to green"),
        pytest.param([(0, "green"), (30, "red")], [(30, "red")], id="green to red"),
        pytest.param([(0, "red"), (30, "unknown"), (60, "green")], [(60, "green")], id="unknown on the way"),
        pytest.param([(0, "green"), (30, "unknown"), (60, "green")], [], id="unknown for a while"),
        pytest.param([(0, "unknown"), (30, "green")], [(30, "green")], id="unknown so far"),
        pytest.param([(0, "unknown"), (30, "red")], [], id="unknown so far, and red"),
        pytest.param([(0, "red"), (30, "green"), (60, "red"), (90, "green")], [(30, "green")], id="a flap"),
        pytest.param(
            [(0, "red"), (30, "green"), (60, "red"), (29 + QUIET_S, "red"), (30 + QUIET_S, "red")],
            [(30, "green"), (30 + QUIET_S, "red")],
            id="a flap that stays is told when it has stayed",
        ),
        pytest.param(
            [(3600, "red"), (3630, "green"), (0, "red")], [(3630, "green"), (0, "red")], id="a clock set back"
        ),
    ],
)
def test_a_flip_is_told_when_the_state_that_was_told_has_changed(
    readings: list[tuple[float, str]], told: list[tuple[float, str]]
) -> None:
    assert flips(*readings) == told


def incident(name: str, begins: float, ends: float | None) -> Incident:
    over = None if ends is None else T0 + ends * HOUR
    return Incident(name, "text", T0 + begins * HOUR, "ann", resolved_at=over)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([(0, 1)], [("inc-1", 0, 1)], id="one"),
        pytest.param([(0, None)], [("inc-1", 0, None)], id="one that goes on"),
        pytest.param([(0, 1), (2, 3)], [("inc-1", 0, 1), ("inc-2", 2, 3)], id="one after the other"),
        pytest.param([(0, 2), (1, 3)], [("inc-1", 0, 3)], id="two that overlap"),
        pytest.param([(0, 3), (1, 2)], [("inc-1", 0, 3)], id="one within the other"),
        pytest.param([(0, 1), (0.5, None)], [("inc-1", 0, None)], id="the second goes on"),
        pytest.param([(0, None), (1, 2), (3, 4)], [("inc-1", 0, None)], id="the first goes on"),
    ],
)
def test_troubles_are_the_stretches_in_which_some_incident_was_open(
    spans: list[tuple[float, float | None]], expected: list[tuple[str, float, float | None]]
) -> None:
    incidents = {f"inc-{n}": incident(f"inc-{n}", *span) for n, span in enumerate(spans, 1)}
    made = tuple(
        Trouble(name, T0 + begins * HOUR, None if ends is None else T0 + ends * HOUR)
        for name, begins, ends in expected
    )
    assert troubles(incidents) == made


def test_two_flips_of_one_gate_have_their_checks_run_one_after_the_other() -> None:
    voyage = Voyage()
    for minutes, found in ((1, "red"), (1, "green"), (3, "red"), (3, "green")):
        voyage.go(minutes * MINUTE)
        read(voyage, "gate1", found)
    causes = [each.cause for each in decide(voyage.state, voyage.wall) if isinstance(each, RunSuite) and each.only]
    assert causes == ["gate:gate1#1"]


def test_what_was_read_does_not_overrule_what_a_person_stated() -> None:
    voyage = Voyage()
    read(voyage, "gate1", "red")
    green = GateInfo("gate1", "Gate 1", "green", "stated by ann", "they called")
    for draft in news(voyage.state, green, voyage.wall, "ann"):
        voyage.write(draft.kind, **draft.body)
    assert news(voyage.state, GateInfo("gate1", "Gate 1", "red", "the test"), voyage.wall + HOUR) == ()
    assert voyage.state.gates["gate1"].state == "green"


def test_a_launch_does_not_end_before_what_runs_again_has_ended_though_no_post_tells_it() -> None:
    silent = replace(course(), updates={})
    voyage = Voyage(silent)
    read(voyage, "gate1", "red")
    voyage.go(48 * HOUR + MINUTE)
    read(voyage, "gate1", "green")
    voyage.tick()
    assert voyage.state.closed is None
    voyage.go(10 * MINUTE)
    voyage.tick()
    assert voyage.state.closed
    assert voyage.reruns == {"gate:gate1#1": 1}


def test_an_update_that_was_written_early_is_sent_although_the_incident_is_over() -> None:
    voyage = Voyage()
    voyage.works = "no"
    open_incident(voyage)
    slot = "incident_update@inc-1+15m"
    voyage.write("update.requested", slot=slot, by="ann")
    voyage.tick()
    voyage.go(MINUTE)
    voyage.tick()
    assert slot in voyage.state.records
    voyage.write("incident.resolved", id="inc-1", reason="over", by="ann")
    voyage.works = "yes"
    voyage.go(MINUTE)
    voyage.tick()
    assert voyage.counted()[slot] == 1
