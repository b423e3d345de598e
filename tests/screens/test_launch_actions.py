"""Levers and procedures in a launch's console: what is said of them, and what the keys ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from textual.screen import ModalScreen, Screen

from tests.screens import launches
from tests.screens.launch_stage import StagedLaunch, console_of, seen
from tests.screens.launches_acting import LEVERS, RESPONSE, acting, procedure
from tests.screens.stage import screen_text
from warroom.client import Fresh, LaunchNow
from warroom.client.action_values import LeverNow, ProcedureNow
from warroom.screens import palette
from warroom.screens.dialogs import Ask, Confirm, Pick, Reader
from warroom.screens.forms import Editor, Field, Form, fault_of
from warroom.screens.launch import LaunchScreen
from warroom.screens.launch_acting import KillSwitch
from warroom.screens.launch_actions import (
    action_alarms,
    action_details,
    action_parts,
    mark_of_action,
    other_actions,
    urgent_actions,
)
from warroom.screens.launch_view import key_of, state_items, state_of_interest

LAUNCH = acting()
NOW = LAUNCH.now
ON, OFF, UNKNOWN = LAUNCH.levers
WAITS = LAUNCH.procedures[-1]
assert WAITS.waits_for
ASKED = WAITS.waits_for
NAME = "Incident response (incident_response-1)"
NO_SEND = [*"DISABLE", "underscore", *"SEND"]

MARKS: dict[str, tuple[LeverNow | ProcedureNow, str, str]] = {
    "a lever that is as it should be is green": (ON, "✔ GREEN", palette.GREEN),
    "one that is not deviates, and is red": (OFF, "✖ DEVIATES", palette.RED),
    "one that nobody knows is unknown, never green": (UNKNOWN, "? UNKNOWN", palette.UNKNOWN),
    "a procedure that waits for a person is yellow": (WAITS, "◆ WAITS", palette.YELLOW),
    "one that is about to begin by itself says so": (replace(WAITS, stage="delayed"), "◆ BEGINS", palette.YELLOW),
    "one that goes on by itself is under way": (
        replace(WAITS, waits_for=None, stage="running"), "▶ under way", palette.ACCENT),
    "what is done was read back step by step, as a whole it is no colour": (
        replace(WAITS, stage="finished", outcome="done"), "✔ done", palette.TEXT),
    "what changed nothing is a no-op": (replace(WAITS, stage="finished", outcome="no-op"), "○ NO-OP", palette.TEXT),
    "what failed is red": (replace(WAITS, stage="finished", outcome="failed"), "✖ FAILED", palette.RED),
}  # fmt: skip


@pytest.mark.parametrize(("item", "mark", "colour"), MARKS.values(), ids=MARKS)
def test_a_mark_is_a_symbol_a_word_and_a_colour(item: LeverNow | ProcedureNow, mark: str, colour: str) -> None:
    found = mark_of_action(item)
    assert (str(found), found.colour) == (mark, colour)


def test_what_a_person_has_to_see_to_stands_first() -> None:
    assert [key_of(item) for item in state_items(LAUNCH)][:4] == [
        "IncidentNow:inc-1", "ProcedureNow:incident_response-1", "LeverNow:PROMO_SENDS", "LeverNow:RATE",
    ]  # fmt: skip
    assert urgent_actions(LAUNCH) == (WAITS, OFF, UNKNOWN)
    assert other_actions(LAUNCH) == (ON,)
    assert state_of_interest(LAUNCH) == "ProcedureNow:incident_response-1"


def test_of_what_is_over_the_latest_three_are_listed() -> None:
    over = [procedure(run=f"stop-{number}", stage="finished", outcome="done") for number in range(1, 6)]
    listed = other_actions(replace(LAUNCH, levers=(), procedures=tuple(over)))
    assert [run.run for run in listed if isinstance(run, ProcedureNow)] == ["stop-5", "stop-4", "stop-3"]


ROWS: dict[str, tuple[LeverNow | ProcedureNow, tuple[str, str, str]]] = {
    "a lever says what it is and how old that is": (ON, ("DISABLE_SEND=true", "kill switch", "read 4 s ago")),
    "one that deviates says what is expected": (OFF, ("PROMO_SENDS=true", "expected false", "read 4 s ago")),
    "one that nobody knows says why": (UNKNOWN, ("RATE=?", "expected 10, no answer within 10 s", "never read")),
    "a run says what it waits for and how long it has": (
        WAITS, (NAME, "waits for a person: step revert", "within 4m00s")),
    "one that nobody saw to in time is late": (
        replace(WAITS, waits_for=replace(ASKED, until=NOW - timedelta(seconds=90))),
        (NAME, "waits for a person: step revert", "LATE by 1m30s")),
    "one that begins by itself counts down": (
        replace(WAITS, stage="delayed", standing="BEGINS at 02:31:00Z unless a person aborts it"),
        (NAME, "BEGINS at 02:31:00Z unless a person aborts it", "in 4m00s")),
    "one that goes on says how much of its budget is used": (
        replace(WAITS, waits_for=None), (NAME, WAITS.standing, "1m02s of 10m00s")),
    "one over its budget says so": (
        replace(WAITS, waits_for=None, spent_s=700.0, over_budget=True),
        (NAME, WAITS.standing, "OVER BUDGET: 11m40s of 10m00s")),
}  # fmt: skip


@pytest.mark.parametrize(("item", "parts"), ROWS.values(), ids=ROWS)
def test_a_row(item: LeverNow | ProcedureNow, parts: tuple[str, str, str]) -> None:
    assert action_parts(item, NOW) == parts


def test_the_details_of_a_run_have_every_step_and_the_key_for_what_is_needed() -> None:
    text = "\n".join(row.plain for row in action_details(WAITS, NOW, 110))
    assert "Revert to last stable deployment (r confirms it, within 4m00s)" in text
    for step in RESPONSE:
        assert step.text in text
    assert "NO-OP (no mitigation) 02:31:00Z: DISABLE_SEND is true already" in text
    assert "1m02s of 10m00s" in text


def test_the_details_of_a_lever_say_how_it_is_set() -> None:
    assert "sends, with true (K sets it)" in "\n".join(row.plain for row in action_details(ON, NOW, 110))
    text = "\n".join(row.plain for row in action_details(UNKNOWN, NOW, 110))
    assert "by hand: INTERNAL_KEY is not set, 2 people have to agree" in text


def test_a_lever_that_people_tell_says_where_they_look() -> None:
    told = replace(TOLD, actual="10", as_expected=True, read_at=NOW - timedelta(hours=2), reason="ann said so")
    assert action_parts(told, NOW) == ("RATE=10", "ann said so", "said 2h00m ago")
    text = "\n".join(row.plain for row in action_details(told, NOW, 110))
    assert "The desk has a board; then say what it is (r)" in text


def alarms(*, levers: tuple[LeverNow, ...] = (), runs: tuple[ProcedureNow, ...] = ()) -> list[tuple[str, str]]:
    return list(action_alarms(replace(LAUNCH, levers=levers, procedures=runs), NOW))


def test_alarms_name_what_lets_messages_leave_first() -> None:
    off = replace(ON, actual="false", as_expected=False)
    assert alarms(levers=(OFF, off), runs=(WAITS,)) == [
        ("KILL SWITCH OFF", "DISABLE_SEND is false, expected true: messages may leave (K stops them)"),
        ("ACTION WAITS", "Incident response: Revert to last stable deployment (r confirms it, within 4m00s)"),
        ("LEVER DEVIATES", "PROMO_SENDS is true, expected false"),
    ]
    live = replace(ON, expected="false", as_expected=False)
    assert alarms(levers=(live,)) == [("LEVER DEVIATES", "DISABLE_SEND is true, expected false")]


def test_what_begins_by_itself_counts_down_in_an_alarm_that_says_how_to_abort_it() -> None:
    assert alarms(runs=(DELAYED,)) == [("ACTION BEGINS", "Incident response begins by itself in 4m00s (r aborts it)")]
    text = "\n".join(row.plain for row in action_details(DELAYED, NOW, 110))
    assert "Incident response begins by itself in 4m00s (r aborts it)" in text


def test_a_failed_run_is_an_alarm_until_the_procedure_went_well() -> None:
    steps = (replace(RESPONSE[1], stage="failed", reason="it answers 500; $.consumers is running"),)
    failed = replace(WAITS, stage="finished", outcome="failed", waits_for=None, steps=steps)
    assert alarms(runs=(failed,)) == [
        ("ACTION FAILED", f"{NAME}: Pause event consumers: it answers 500; $.consumers is running")
    ]
    again = replace(failed, run="incident_response-2", outcome="done")
    assert alarms(runs=(failed, again)) == []


def test_the_note_that_is_owed_is_told_once_by_its_incident() -> None:
    note = replace(WAITS, waits_for=replace(ASKED, what="note"))
    assert alarms(runs=(note,)) == []


BY_ITSELF = replace(ASKED, step="", what="delay", text="Incident response begins by itself", wanted=0)
DELAYED = replace(WAITS, stage="delayed", waits_for=BY_ITSELF)
SOON = replace(LAUNCH, procedures=(DELAYED,))
DANGEROUS = replace(LAUNCH, procedures=(procedure(dangerous=True),), levers=())
TO_DO = replace(LAUNCH, procedures=(replace(WAITS, waits_for=replace(ASKED, what="do", step="dig", text="Dig")),))
SKIPPED = {"request": "skip", "run": "incident_response-1"}
TOLD = replace(LEVERS[2], attest="The desk has a board")
REQUESTS: dict[str, tuple[LaunchNow, list[str], dict[str, Any]]] = {
    "the kill switch is pulled once its name was typed": (
        LAUNCH, ["K", *NO_SEND, "enter"], {"request": "kill_switch", "reason": "from the console"}),
    "the kill switch is reached from the details": (
        LAUNCH, ["3", "z", "K", *NO_SEND, "enter"], {"request": "kill_switch", "reason": "from the console"}),
    "what waits is confirmed after a yes": (
        LAUNCH, ["r", "enter", "y"], {"request": "confirm", "run": "incident_response-1", "step": "revert"}),
    "what waits is skipped with a reason": (
        LAUNCH, ["r", "down", "enter", *"known", "enter"], {**SKIPPED, "step": "revert", "reason": "known"}),
    "what is about to begin is aborted with a reason": (
        SOON, ["r", "enter", *"peak", "enter"], {**SKIPPED, "step": "", "reason": "peak"}),
    "or begins at once": (
        SOON, ["r", "down", "enter", "y"], {"request": "confirm", "run": "incident_response-1", "step": ""}),
    "who lets something dangerous begin types its name": (
        replace(LAUNCH, procedures=(replace(DELAYED, waits_for=replace(BY_ITSELF, what="confirm", typed="grave")),)),
        ["r", "enter", *"grave", "enter"],
        {"request": "confirm", "run": "incident_response-1", "step": "", "typed": "grave"}),
    "a procedure is aborted with a reason": (
        LAUNCH, ["r", "down", "down", "enter", *"known", "enter"], {**SKIPPED, "step": "", "reason": "known"}),
    "what was done by hand is said, with what came of it": (
        TO_DO, ["r", "enter", *"found", "enter"],
        {"request": "done", "run": "incident_response-1", "step": "dig", "reason": "found"}),
    "a procedure is started with a reason": (
        LAUNCH, ["r", "end", "enter", *"5xx", "enter"],
        {"request": "procedure", "procedure": "pause_sends", "reason": "5xx"}),
    "a dangerous one wants its name typed": (
        DANGEROUS, ["r", "enter", *"5xx", "enter", *"incident", "underscore", *"response", "enter"],
        {"request": "procedure", "procedure": "incident_response", "reason": "5xx", "typed": "incident_response"}),
    "the selected lever is set to another value": (
        replace(LAUNCH, procedures=(), incidents=()), ["3", "home", "r", "enter", *"why", "enter"],
        {"request": "lever", "lever": "PROMO_SENDS", "reason": "why", "value": "false"}),
    "what only people can tell is said": (
        replace(LAUNCH, procedures=(), incidents=(), levers=(TOLD,)),
        ["3", "home", "r", "enter", *"10", "enter", *"board", "enter"],
        {"request": "attest", "lever": "RATE", "value": "10", "reason": "board"}),
    "a lever of any value is set to what is written": (
        replace(LAUNCH, procedures=(), incidents=(), levers=(replace(LEVERS[2], dangerous=False),)),
        ["3", "home", "r", "enter", *"20", "enter", *"why", "enter"],
        {"request": "lever", "lever": "RATE", "value": "20", "reason": "why"}),
}  # fmt: skip


@pytest.mark.parametrize(("launch", "keys", "body"), REQUESTS.values(), ids=REQUESTS)
async def test_a_request_in_a_small_terminal(launch: LaunchNow, keys: list[str], body: Mapping[str, Any]) -> None:
    client = StagedLaunch([Fresh(launch)])
    async with console_of(launch, client=client).run_test(size=(80, 24)) as pilot:
        await seen(pilot)
        await pilot.press(*keys)
        await seen(pilot)
        assert client.asked == [body]


WINDOWS: dict[str, tuple[list[str], type[Screen[Any]]]] = {
    **{f"list {key}": ([key], LaunchScreen) for key in "12345"},
    "a detail over the screen": (["3", "z"], LaunchScreen),
    "the keys": (["question_mark"], Reader),
    "the facts of the launch": (["a"], Reader),
    "the notes": (["N"], Reader),
    "what is to be done": (["r"], Pick),
    "T0": (["t"], Pick),
    "a yes or no": (["r", "enter"], Confirm),
    "a post, now": (["2", "p"], Confirm),
    "leaving": (["q"], Confirm),
    "leaving at once": (["ctrl+q"], Confirm),
    "a note": (["n", *"Kay"], Form),
    "an incident": (["i"], Form),
    "a reason": (["r", "down", "enter", *"known"], Form),
    "a remark": (["2", "e", *"Kay"], Editor),
    "closing the launch": (["C"], Form),
}
PULLED = {"request": "kill_switch", "reason": "from the console"}


@pytest.mark.parametrize(("keys", "window"), WINDOWS.values(), ids=WINDOWS)
async def test_the_kill_switch_is_reached_from_every_window(keys: list[str], window: type[Screen[Any]]) -> None:
    client = StagedLaunch([Fresh(LAUNCH)])
    app = console_of(LAUNCH, client=client)
    key = "f9" if window in (Form, Editor) else "K"
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot)
        await pilot.press(*keys)
        await seen(pilot)
        below = app.screen
        assert type(below) is window
        await pilot.press(key)
        await seen(pilot)
        assert "DISABLE_SEND is true already: it is set if that has changed." in screen_text(app)
        await pilot.press("f9", *NO_SEND, "enter")
        await seen(pilot)
        assert client.asked == [PULLED]
        assert app.screen is below, "what was open is as it was"


@pytest.mark.parametrize(
    ("switch", "said"),
    [
        (ON, "DISABLE_SEND is true already: it is set if that has changed."),
        (replace(ON, actual="false", as_expected=False), "DISABLE_SEND is false: it is set to true."),
        (replace(ON, actual=None, as_expected=None), "Nobody knows what DISABLE_SEND is: it is set to true."),
    ],
    ids=["stopped already", "sends", "not known"],
)
async def test_the_window_of_the_kill_switch_says_that_enter_stops_sends(switch: LeverNow, said: str) -> None:
    app = console_of(replace(LAUNCH, levers=(switch,)))
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot)
        await pilot.press("K")
        await pilot.pause()
        shown = screen_text(app)
        assert said in shown
        assert "Enter stops sends" in shown
        assert "goes on and sends" not in shown


def test_no_window_is_forgotten() -> None:
    """All that can be open over a launch; a check that asks is a window of a verification."""
    ours = {one for one in _all_windows(ModalScreen) if one.__module__.startswith("warroom.screens")}
    assert ours == {window for _, window in WINDOWS.values()} - {LaunchScreen} | {Ask, KillSwitch}


def _all_windows(of: type[Any]) -> Iterator[type[Any]]:
    for one in of.__subclasses__():
        yield one
        yield from _all_windows(one)


async def test_where_people_write_the_letter_is_a_letter() -> None:
    client = StagedLaunch([Fresh(LAUNCH)])
    async with console_of(LAUNCH, client=client).run_test(size=(80, 24)) as pilot:
        await seen(pilot)
        await pilot.press("ctrl+n", *"Kay", "enter")
        await seen(pilot)
        assert client.asked == [{"request": "note", "text": "Kay"}]


@pytest.mark.parametrize("keys", [["K", *"yes", "enter"], ["K", "escape"], ["r", "escape"], ["r", "enter", "n"]])
async def test_nothing_is_asked_for_half_way(keys: list[str]) -> None:
    client = StagedLaunch([Fresh(LAUNCH)])
    async with console_of(LAUNCH, client=client).run_test(size=(80, 24)) as pilot:
        await seen(pilot)
        await pilot.press(*keys)
        await seen(pilot)
        assert client.asked == []


@pytest.mark.parametrize(
    ("launch", "key", "said"),
    [
        pytest.param(launches.green(), "K", "the playbook has no kill switch", id="no kill switch"),
        pytest.param(launches.green(), "r", "there is nothing to do here", id="no procedures"),
    ],
)
async def test_what_makes_no_sense_is_said(launch: LaunchNow, key: str, said: str) -> None:
    app = console_of(launch)
    async with app.run_test(size=(120, 36)) as pilot:
        await seen(pilot)
        await pilot.press(key)
        await pilot.pause()
        assert said in screen_text(app)


async def test_a_console_that_only_reads_pulls_no_switch() -> None:
    client = StagedLaunch([Fresh(LAUNCH)], read_only=True)
    app = console_of(LAUNCH, client=client)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot)
        await pilot.press("K")
        await pilot.pause()
        assert "this console is read-only" in screen_text(app)
        assert client.asked == []


def test_only_the_very_word_will_do() -> None:
    field = Field("typed", "Type it", wanted="DISABLE_SEND")
    assert fault_of(field, " DISABLE_SEND ") == ""
    assert fault_of(field, "disable_send").startswith("Type DISABLE_SEND, letter by letter")
