"""A post that is owed to several channels: which copies there are, and that each is owed for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.launch.course import LAUNCH, T0, after, opened
from tests.launch.test_ledger import MINUTE, prepared, sent, written
from tests.launch.voyage import suite_body
from warroom.launch.incident_notes import needless_notes, note_posted
from warroom.launch.ledger import Prepare, RunSuite, decide
from warroom.launch.schedule import all_slots, channel_of, slots
from warroom.launch.standing import is_resolved
from warroom.launch.state import LaunchState
from warroom.launch.threads import thread_of
from warroom.playbook.course import Channel, Course, Phase, Update
from warroom.playbook.template import parse_template

TEXT = parse_template("text")
CHANNELS = {name: Channel(name, "slack", threads=True) for name in ("general", "launch", "incidents", "on_call")}


def plan(*updates: Update, routes: Mapping[str, tuple[str, ...]] | None = None) -> Course:
    return Course(channels=CHANNELS, updates={one.id: one for one in updates}, routes=routes or {})


def update(**more: Any) -> Update:
    return replace(Update("told", "Told", "general", TEXT), **more)


ONCE = update(starts=5 * MINUTE, copies=("launch",))
FIRST, COPY = "told@T+5m", "told@T+5m/launch"


def test_each_channel_of_an_update_has_a_post_of_its_own_and_the_first_keeps_the_plain_name() -> None:
    assert [(slot.id, slot.channel, slot.time) for slot in slots(plan(ONCE))] == [
        (FIRST, "general", "T+5m"),
        (COPY, "launch", "T+5m"),
    ]
    assert [slot.id for slot in slots(plan(ONCE), attempt=2)] == [f"{FIRST}#2", f"{FIRST}#2/launch"]


def test_an_id_names_the_channel_and_one_that_the_playbook_lost_names_none() -> None:
    course = plan(ONCE)
    assert [channel_of(course, slot.id) for slot in slots(course)] == [CHANNELS["general"], CHANNELS["launch"]]
    assert channel_of(course, "told@T+5m/gone") is None
    assert channel_of(course, "gone@T+5m") is None


ROUTES = {"warning": ("launch",), "critical": ("incidents", "on_call")}
TIMED = update(starts=5 * MINUTE)
OF_INCIDENTS = update(on=("incident.opened", "incident.resolved"), within=2 * MINUTE)
OF_GATES = update(on=("gate.green", "gate.red"), within=2 * MINUTE)


@pytest.mark.parametrize(
    ("told", "happens", "channels"),
    [
        pytest.param(TIMED, "", ["general"], id="a post at a time is good to know: nothing else hears it"),
        pytest.param(
            replace(TIMED, severity="critical"), "", ["general", "incidents", "on_call"], id="unless it is said to be"
        ),
        pytest.param(OF_INCIDENTS, "", ["general", "launch"], id="an incident of which nothing is said is a warning"),
        pytest.param(OF_INCIDENTS, "critical", ["general", "incidents", "on_call"], id="a critical one goes further"),
        pytest.param(OF_INCIDENTS, "info", ["general"], id="one that is good to know goes nowhere else"),
        pytest.param(
            replace(OF_INCIDENTS, severity="info"), "critical", ["general"], id="what the update says comes first"
        ),
        pytest.param(
            replace(OF_INCIDENTS, copies=("incidents",)),
            "critical",
            ["general", "incidents", "on_call"],
            id="a channel that is named twice gets one copy",
        ),
    ],
)
def test_where_a_post_goes_beside_its_channel_follows_from_how_grave_it_is(
    told: Update, happens: str, channels: list[str]
) -> None:
    state = opened(plan=plan(told, routes=ROUTES))
    if told.on:
        body = {"severity": happens} if happens else {}
        state = after(state, "incident.opened", T0, id="inc-1", text="it burns", by="ann", **body)
    assert [slot.channel for slot in all_slots(state, T0)] == channels
    ids = [slot.id for slot in all_slots(state, T0)]
    assert [name.partition("/")[2] or "general" for name in ids] == channels


def test_that_an_incident_is_over_is_told_where_it_was_told() -> None:
    state = opened(plan=plan(OF_INCIDENTS, routes=ROUTES))
    state = after(state, "incident.opened", T0, id="inc-1", text="it burns", by="ann", severity="critical")
    state = after(state, "incident.resolved", T0 + MINUTE, id="inc-1", reason="rained", by="ann")
    over = [slot.channel for slot in all_slots(state, T0 + MINUTE) if slot.on == "incident.resolved"]
    assert over == ["general", "incidents", "on_call"]


@pytest.mark.parametrize(("to", "severity"), [("green", "info"), ("red", "warning")])
def test_a_gate_that_turns_red_is_a_warning(to: str, severity: str) -> None:
    state = opened(plan=plan(OF_GATES))
    state = after(state, "gate.read", T0, gate="gate1", state="unknown")
    state = after(state, "gate.flipped", T0, gate="gate1", to=to, number=1)
    assert [slot.severity for slot in all_slots(state, T0)] == [severity]


def test_a_loop_goes_further_from_when_a_critical_incident_is_open_and_not_before_and_not_after() -> None:
    loop = update(during="incident.open", every=15 * MINUTE)
    state = opened(plan=plan(loop, routes={"critical": ("on_call",)}))
    state = after(state, "incident.opened", T0, id="inc-1", text="smoke", by="ann")
    state = after(state, "incident.opened", T0 + 20 * MINUTE, id="inc-2", text="fire", by="ann", severity="critical")
    state = after(state, "incident.resolved", T0 + 40 * MINUTE, id="inc-2", reason="out", by="ann")
    found = [slot.id for slot in all_slots(state, T0 + 45 * MINUTE)]
    assert [name.partition("@")[2] for name in found] == [
        *("inc-1+15m", "inc-1+30m", "inc-1+30m/on_call", "inc-1+45m", "inc-1+1h"),
    ]


def begun() -> LaunchState:
    return opened(plan=plan(ONCE))


def test_every_copy_is_written_with_a_key_of_its_own() -> None:
    found = [each for each in decide(begun(), T0 + 5 * MINUTE) if isinstance(each, Prepare)]
    assert [(each.slot.channel, each.key) for each in found] == [
        ("general", f"wr:{LAUNCH}:{FIRST}"),
        ("launch", f"wr:{LAUNCH}:{COPY}"),
    ]


def test_one_that_fails_keeps_no_other_back_and_each_is_resolved_for_itself() -> None:
    state = written(written(begun(), FIRST, T0 + 5 * MINUTE), COPY, T0 + 5 * MINUTE)
    assert sent(state, T0 + 5 * MINUTE) == [FIRST, COPY]
    state = after(state, "update.sending", T0 + 5 * MINUTE, slot=FIRST, attempt=1)
    state = after(state, "update.dead", T0 + 5 * MINUTE, slot=FIRST, reason="token_revoked")
    assert sent(state, T0 + 5 * MINUTE) == [COPY]
    assert [is_resolved(state, slot) for slot in slots(state.course)] == [True, False]


def test_copies_of_recurring_posts_are_merged_with_those_of_their_channel_alone() -> None:
    hourly = update(starts=60 * MINUTE, every=60 * MINUTE, ends=180 * MINUTE, copies=("launch",))
    found = [each for each in decide(opened(plan=plan(hourly)), T0 + 130 * MINUTE) if isinstance(each, Prepare)]
    assert [(each.slot.id, [one.id for one in each.merged]) for each in found] == [
        ("told@T+2h", ["told@T+1h"]),
        ("told@T+2h/launch", ["told@T+1h/launch"]),
    ]


def test_the_suite_of_a_post_is_run_once_for_all_its_copies() -> None:
    told = update(starts=10 * MINUTE, copies=("launch",), suite="pulse", before=MINUTE)
    state = opened(plan=plan(told))
    runs = [each for each in decide(state, T0 + 9 * MINUTE) if isinstance(each, RunSuite)]
    assert runs == [RunSuite("pulse", "told@T+10m")]
    state = after(state, "suite.started", T0 + 9 * MINUTE, suite="pulse", cause="told@T+10m")
    state = after(state, "suite.finished", T0 + 9.5 * MINUTE, **suite_body("pulse", "told@T+10m", T0))
    assert prepared(state, T0 + 10 * MINUTE) == ["told@T+10m", "told@T+10m/launch"]


def test_the_posts_of_each_channel_are_threads_of_their_own() -> None:
    course = replace(plan(ONCE), phases=(Phase("early", "Early", timedelta()),))
    assert [thread_of(course, slot) for slot in slots(course)] == [("general", "early"), ("launch", "early")]


NOTE = replace(OF_INCIDENTS, id="noted", template=parse_template("{{ incident.note }}"), on=("incident.opened",))
OVER = replace(OF_INCIDENTS, id="over", on=("incident.resolved",))
NOTE_SLOT, NOTE_ON_CALL = "noted@inc-1", "noted@inc-1/on_call"


def burning(*updates: Update) -> LaunchState:
    """A critical incident is open, and nobody has written a note on it."""
    state = opened(plan=plan(*updates, routes=ROUTES))
    return after(state, "incident.opened", T0, id="inc-1", text="it burns", by="ann", severity="critical")


def test_where_the_end_of_an_incident_is_told_by_a_route_no_note_is_owed_behind_it() -> None:
    needless = [slot.id for slot in needless_notes(burning(NOTE, OVER), "inc-1", T0 + MINUTE)]
    assert needless == [NOTE_SLOT, "noted@inc-1/incidents", NOTE_ON_CALL]
    elsewhere = replace(OVER, severity="info")
    assert [slot.id for slot in needless_notes(burning(NOTE, elsewhere), "inc-1", T0 + MINUTE)] == [NOTE_SLOT]


def noted(*fates: tuple[str, str]) -> LaunchState:
    state = after(burning(NOTE), "incident.noted", T0 + MINUTE, id="inc-1", text="it is the toaster", by="bob")
    for name, kind in fates:
        state = written(state, name, T0 + 2 * MINUTE)
        state = after(state, "update.sending", T0 + 2 * MINUTE, slot=name, attempt=1)
        state = after(state, kind, T0 + 2 * MINUTE, slot=name, reason="", ref="C1/1.2")
    return state


@pytest.mark.parametrize(
    ("fates", "said"),
    [
        pytest.param(
            [(NOTE_SLOT, "update.confirmed")], f"posted as {NOTE_SLOT}", id="in its own channel it is posted"
        ),
        pytest.param([(NOTE_ON_CALL, "update.confirmed")], None, id="while that is to come another will not do"),
        pytest.param([(NOTE_SLOT, "update.dead")], None, id="refused there, and nowhere else, it is not"),
        pytest.param(
            [(NOTE_SLOT, "update.dead"), (NOTE_ON_CALL, "update.confirmed")],
            f"posted as {NOTE_ON_CALL}",
            id="refused there, another that has it will do",
        ),
    ],
)
def test_the_note_on_an_incident_is_posted_when_people_have_it(
    fates: list[tuple[str, str]], said: str | None
) -> None:
    found = note_posted(noted(*fates), "inc-1", T0 + 3 * MINUTE)
    assert (found.said if found else None) == said
