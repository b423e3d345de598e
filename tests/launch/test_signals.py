"""Entries about signals and triggers, folded: who is told of what, and when; and what posts say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.engine.feeding import WATCHED, course
from tests.engine.stage import T0
from tests.launch.course import after, opened
from warroom.launch.amending import begun_anew
from warroom.launch.schedule import Slot, all_slots
from warroom.launch.signal_words import signal_line
from warroom.launch.signals import moved
from warroom.launch.state import LaunchState
from warroom.launch.threads import phase_of
from warroom.launch.values import value_of
from warroom.playbook.course import Phase
from warroom.slo.trigger import Stage, TriggerState, memo_of

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
COURSE = replace(course(), phases=(Phase("watch", "Watch", timedelta(), 48 * HOUR),))


def launch() -> LaunchState:
    return opened(plan=COURSE)


def changed(state: LaunchState, change: str, at: datetime, stage: Stage, number: int = 1, **more: Any) -> LaunchState:
    """A trigger has changed; it fired at one o'clock."""
    memo = memo_of(TriggerState(stage, number, since=at, fired_at=T0 + HOUR, last=at, heard=at))
    body = {"trigger": "pause_5xx", "number": number, "state": memo, "reason": "1% is >= 1%", "severity": "pause"}
    return after(state, f"trigger.{change}", at, **{**body, "value": 0.01, **more})


def events(state: LaunchState, now: datetime) -> list[Slot]:
    return [slot for slot in all_slots(state, now) if slot.is_event]


def ids(state: LaunchState, now: datetime) -> list[str]:
    return [slot.id for slot in events(state, now)]


def test_an_activation_is_told_once_when_it_fires_and_once_when_it_recovers() -> None:
    state = changed(launch(), "fired", T0 + HOUR, Stage.FIRING)
    state = changed(state, "latched", T0 + 2 * HOUR, Stage.LATCHED)
    state = changed(state, "reset", T0 + 3 * HOUR, Stage.FIRING)
    state = changed(state, "latched", T0 + 4 * HOUR, Stage.LATCHED)
    state = changed(state, "resolved", T0 + 5 * HOUR, Stage.IDLE, by="ada")
    assert ids(state, T0 + 6 * HOUR) == ["fired@pause_5xx#1", "over@pause_5xx#1"]
    assert {slot.severity for slot in events(state, T0 + 6 * HOUR)} == {"critical"}
    assert state.triggers["pause_5xx"].changed == state.seq


def test_one_that_only_notifies_is_no_less_told_and_less_grave() -> None:
    state = changed(launch(), "fired", T0, Stage.FIRING, severity="notify")
    assert events(state, T0)[0].severity == "warning"


def snoozed(state: LaunchState, at: datetime, until: datetime) -> LaunchState:
    body = {"trigger": "pause_5xx", "by": "ada", "reason": "a planned test", "until": until.isoformat()}
    return after(state, "trigger.snoozed", at, **body)


def test_a_trigger_that_fires_while_it_is_snoozed_is_told_when_the_snooze_is_over() -> None:
    state = snoozed(launch(), T0, T0 + HOUR)
    state = changed(state, "fired", T0 + 10 * MINUTE, Stage.FIRING)
    assert ids(state, T0 + HOUR - timedelta(seconds=1)) == []
    assert ids(state, T0 + HOUR) == ["fired@pause_5xx#1"]


def test_one_that_is_over_before_the_snooze_is_over_is_never_told() -> None:
    state = snoozed(launch(), T0, T0 + HOUR)
    state = changed(state, "fired", T0 + 10 * MINUTE, Stage.FIRING)
    state = changed(state, "latched", T0 + 20 * MINUTE, Stage.LATCHED)
    assert ids(state, T0 + 3 * HOUR) == []
    state = changed(state, "fired", T0 + 2 * HOUR, Stage.FIRING, 2)
    assert ids(state, T0 + 3 * HOUR) == ["fired@pause_5xx#2"]


def test_of_one_that_is_snoozed_for_longer_or_no_more_people_hear_then() -> None:
    state = snoozed(launch(), T0, T0 + HOUR)
    state = changed(state, "fired", T0 + 10 * MINUTE, Stage.FIRING)
    longer = snoozed(state, T0 + 20 * MINUTE, T0 + 3 * HOUR)
    assert ids(longer, T0 + 3 * HOUR - timedelta(seconds=1)) == []
    assert ids(longer, T0 + 3 * HOUR) == ["fired@pause_5xx#1"]
    ended = snoozed(state, T0 + 20 * MINUTE, T0 + 20 * MINUTE)
    assert ids(ended, T0 + 20 * MINUTE) == ["fired@pause_5xx#1"]
    assert events(ended, T0 + 20 * MINUTE)[0].since == T0 + 20 * MINUTE, (
        "it is not late: nobody wanted to hear before"
    )


def blind(state: LaunchState, *minutes: int) -> LaunchState:
    """It is blind at the first of these minutes after T0, sighted at the second, and so on in turn."""
    for place, minute in enumerate(minutes):
        state = changed(state, "sighted" if place % 2 else "blind", T0 + minute * MINUTE, Stage.IDLE, 0)
    return state


def test_that_a_trigger_is_blind_is_told_at_most_every_fifteen_minutes() -> None:
    state = blind(launch(), 0, 3, 5, 8, 10, 13, 15, 18, 20, 23, 30, 33)
    assert [slot.since for slot in events(state, T0 + HOUR)] == [T0 + minute * MINUTE for minute in (0, 15, 30)]


def test_one_that_is_blind_again_and_stays_so_is_told_when_the_fifteen_minutes_are_over() -> None:
    state = blind(launch(), 0, 3, 5)
    assert len(ids(state, T0 + 15 * MINUTE - timedelta(seconds=1))) == 1
    assert len(ids(state, T0 + 15 * MINUTE)) == 2
    assert len(ids(blind(launch(), 0, 3, 5, 14), T0 + HOUR)) == 1, "it sees again before anybody is told"
    assert len(ids(blind(launch(), 0, 3, 5, 14, 16), T0 + 16 * MINUTE)) == 2, "what nobody heard of silences nothing"


def test_one_that_is_blind_while_it_is_snoozed_is_told_when_the_snooze_is_over() -> None:
    state = blind(snoozed(launch(), T0, T0 + HOUR), 5)
    assert ids(state, T0 + HOUR - timedelta(seconds=1)) == []
    assert len(ids(state, T0 + HOUR)) == 1
    assert len(ids(snoozed(state, T0 + 20 * MINUTE, T0 + 20 * MINUTE), T0 + 20 * MINUTE)) == 1
    assert ids(blind(snoozed(launch(), T0, T0 + HOUR), 5, 6), T0 + 2 * HOUR) == []


def test_what_nobody_has_heard_of_a_trigger_that_begins_anew_is_never_told() -> None:
    state = blind(snoozed(launch(), T0, T0 + HOUR), 5, 6, 7)
    state = changed(state, "fired", T0 + 10 * MINUTE, Stage.FIRING)
    body = {"to": "1" * 64, "copy": "c", "path": "/p", "begun_anew": ["pause_5xx"]}
    assert ids(after(state, "playbook.amended", T0 + 20 * MINUTE, **body), T0 + 2 * HOUR) == []


def test_taking_care_ends_with_the_activation() -> None:
    state = changed(launch(), "fired", T0, Stage.FIRING)
    state = after(state, "trigger.acked", T0, trigger="pause_5xx", by="ada", reason="on it")
    assert state.triggers["pause_5xx"].acked
    state = changed(state, "reset", T0, Stage.FIRING)
    assert state.triggers["pause_5xx"].acked
    assert not changed(state, "resolved", T0, Stage.IDLE).triggers["pause_5xx"].acked
    assert not changed(state, "fired", T0, Stage.FIRING, 2).triggers["pause_5xx"].acked


def test_a_clock_that_is_set_moves_what_is_pending_with_it() -> None:
    state = changed(launch(), "pending", T0 + HOUR, Stage.PENDING)
    stepped = after(state, "clock.step", T0 - HOUR, by_s=-7200.0)
    known = state.triggers["pause_5xx"]
    assert stepped.triggers["pause_5xx"].state == moved(known.state, timedelta(seconds=-7200))


def test_a_breach_is_told_in_the_thread_of_its_time_and_a_trigger_by_itself() -> None:
    at = T0 + 3 * HOUR
    state = after(
        launch(), "signal.level", at, signal="errors", level="yellow", value=0.006, reason="0.6% is >= 0.5%"
    )
    state = after(state, "signal.warned", at, signal="errors", number=1, level="yellow", reason="0.6% is >= 0.5%")
    state = changed(state, "fired", at, Stage.FIRING)
    phases = {slot.id: phase_of(state.course, slot) for slot in events(state, at)}
    assert phases == {"warned@errors#1": "watch", "fired@pause_5xx#1": ""}


@pytest.mark.parametrize(
    ("triggers", "anew"),
    [
        pytest.param(dict(WATCHED.triggers), (), id="the same"),
        pytest.param({}, ("pause_5xx",), id="it is gone"),
        pytest.param(
            {"pause_5xx": replace(WATCHED.triggers["pause_5xx"], when=WATCHED.triggers["pause_jwt"].when)},
            (),
            id="another limit",
        ),
        pytest.param({"pause_5xx": replace(WATCHED.triggers["pause_5xx"], signal="jwt")}, ("pause_5xx",), id="moved"),
    ],
)
def test_an_amended_trigger_keeps_its_state_as_long_as_it_is_about_the_same(
    triggers: Mapping[str, Any], anew: tuple[str, ...]
) -> None:
    state = changed(launch(), "fired", T0, Stage.FIRING, 3)
    amended = replace(COURSE, watched=replace(WATCHED, triggers=triggers))
    assert begun_anew(state, amended) == anew
    body = {"to": "1" * 64, "copy": "c", "path": "/p", "begun_anew": list(anew)}
    after_it = after(state, "playbook.amended", T0, **body).triggers["pause_5xx"].state
    assert (after_it.stage, after_it.number) == (Stage.IDLE if anew else Stage.FIRING, 3)


def measured(level: str, at: datetime = T0 + HOUR, **more: Any) -> LaunchState:
    return after(launch(), "signal.level", at, signal="p95", level=level, reason="", **more)


@pytest.mark.parametrize(
    ("state", "line"),
    [
        pytest.param(
            measured("green", value=0.04),
            "✅ GREEN p95: 40ms (yellow > 120ms, red > 300ms; 12s old)",
            id="green",
        ),
        pytest.param(measured("yellow", value=0.121), "⚠️ YELLOW p95: 121ms (yellow", id="yellow"),
        pytest.param(measured("red", value=0.5, low=0.3, high=0.5), "❌ RED p95: 300ms to 500ms (", id="a bucket"),
        pytest.param(measured("tracked", value=0.04), "▫️ TRACKED p95: 40ms (", id="tracked"),
        pytest.param(launch(), "⚠️ UNKNOWN p95: no data (it was not measured yet; ", id="never measured"),
        pytest.param(
            after(
                measured("green", value=0.04),
                "signal.level",
                T0 + HOUR,
                signal="p95",
                level="unknown",
                reason="refused",
            ),
            "⚠️ UNKNOWN p95: no data (refused; yellow > 120ms",
            id="not known any more",
        ),
        pytest.param(
            measured("green", T0, value=0.04),
            "⚠️ UNKNOWN p95: no data (the last is of 02:00:00Z; yellow",
            id="green before a pause of the engine",
        ),
    ],
)
def test_a_line_about_a_signal_says_nothing_that_was_not_measured(state: LaunchState, line: str) -> None:
    assert signal_line(state, "p95", T0 + HOUR + timedelta(seconds=12)).startswith(line)


BREACHED = [
    pytest.param("green", "pending", "⚠️ PENDING p95: 40ms (trigger pause_p95 > 300ms; yellow > 120ms", id="pending"),
    pytest.param("green", "firing", "❌ FIRING p95: 40ms (trigger pause_p95 > 300ms; yellow > 120ms", id="firing"),
    pytest.param("tracked", "firing", "❌ FIRING p95: 40ms (trigger pause_p95 > 300ms; ", id="without limits"),
    pytest.param("red", "firing", "❌ RED p95: 40ms (trigger pause_p95 FIRING, > 300ms; ", id="red as well"),
    pytest.param("green", "latched", "✅ GREEN p95: 40ms (yellow > 120ms", id="over, and waiting for a person"),
]


@pytest.mark.covers("S3-R03")
@pytest.mark.parametrize(("level", "stage", "line"), BREACHED)
def test_a_signal_is_not_told_green_while_the_condition_of_its_trigger_holds(
    level: str, stage: str, line: str
) -> None:
    at = T0 + HOUR
    state = changed(measured(level, value=0.04), "fired", at, Stage(stage), trigger="pause_p95", value=0.4)
    assert signal_line(state, "p95", at + timedelta(seconds=12)).startswith(line)


def test_a_line_names_the_error_budget() -> None:
    state = after(
        launch(),
        "signals.rollup",
        T0,
        values={"up": {"level": "green", "value": 1.0}},
        budgets={"uptime": {"left": 0.97, "burn": 0.0, "exhausted_at": None, "coverage": 1.0}},
    )
    said = "✅ GREEN up: 100% (objective 99.9% in 48h; 97% of the error budget left; 0s old)"
    assert signal_line(state, "up", T0) == said


def test_what_a_post_can_say_of_a_trigger() -> None:
    state = changed(launch(), "fired", T0 + HOUR, Stage.FIRING)
    state = changed(state, "latched", T0 + HOUR + 7 * MINUTE, Stage.LATCHED, value=0.0001)
    fired = next(slot for slot in events(state, T0 + 2 * HOUR) if slot.on == "trigger.fired")
    said = {
        name: value_of(state, fired, f"trigger.{name}") for name in ("id", "activation", "at", "condition", "value")
    }
    assert said == {
        "id": "pause_5xx",
        "activation": "pause_5xx#1",
        "at": "2025-11-01T03:00:00Z",
        "condition": ">= 1%",
        "value": "0.01%",
    }
    assert value_of(state, fired, "trigger.runbook") == "none"
    assert value_of(state, fired, "trigger.lasted") == "7m"
    told = "pause_5xx (pause_5xx#1) latched since 2025-11-01T03:07:00Z, its condition is over"
    assert value_of(state, fired, "triggers.active") == told
    assert value_of(launch(), fired, "signals.p95.value") == "no data"
