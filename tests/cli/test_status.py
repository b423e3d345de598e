"""What `warroom status` says, and what `warroom run` says of the playbook that it was given: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from tests.launch import test_kept_open as kept_open
from tests.launch.course import T0, after, opened
from tests.launch.test_exits import ran
from tests.launch.test_overall import NOW, measured
from warroom.cli.action_lines import asked_lines
from warroom.cli.folders import as_typed_here, state_folder
from warroom.cli.launches import Known, other_playbook
from warroom.cli.looking import status_lines
from warroom.engine.view import state_json
from warroom.launch.results import CheckFound
from warroom.launch.schedule import all_slots
from warroom.launch.setup import Finding, setup_body
from warroom.launch.state import LaunchState, begin
from warroom.playbook.course import ByHand, Channel, Course, Update
from warroom.playbook.template import parse_template
from warroom.verdict import Verdict

HOUR = timedelta(hours=1)


def lines(state: LaunchState, start: str) -> list[str]:
    """The lines of the status an hour after T0 that begin so, their spaces made one."""
    found = status_lines({**state_json(state, T0 + HOUR), "engine": None})
    return [" ".join(line.split()) for line in found if line.startswith(start)]


def test_a_suite_that_is_not_green_names_its_checks_and_why() -> None:
    state = ran(opened(), "phase:verify", 5, Verdict.FAIL, "RED", "Kill-switch")
    run = state.runs["phase:verify"]
    off = CheckFound("kill_switch", "Kill-switch", Verdict.FAIL, "RED", "DISABLE_SEND=false, expected true")
    waits = CheckFound("jwks", "JWKS", Verdict.DEGRADED, "DEGRADED - pending Gate 1")
    found = {**run.checks, off.id: off, waits.id: waits}
    state = replace(state, runs={run.cause: replace(run, checks=found)})
    assert lines(state, "suite") == ["suite verify for phase:verify: RED: Kill-switch"]
    assert lines(state, "check") == [
        "check kill_switch RED: DISABLE_SEND=false, expected true",
        "check jwks DEGRADED - pending Gate 1",
    ]


def test_what_a_suite_warned_of_is_told() -> None:
    state = after(opened(), "suite.warned", T0, 1, suite="verify", text="app: the certificate expires in 2.9 days")
    said = "warned 2025-11-01T02:00:00.000Z suite verify: app: the certificate expires in 2.9 days"
    assert lines(state, "warned") == [said]


def test_a_green_suite_is_one_line() -> None:
    state = ran(opened(), "phase:verify", 5, Verdict.PASS, "GREEN (dry-run)")
    assert lines(state, "suite") == ["suite verify for phase:verify: GREEN (dry-run)"]
    assert lines(state, "check") == []


def test_the_set_up_is_told_until_t0_and_with_what_to_do() -> None:
    later = opened(T0 + 2 * HOUR)
    assert lines(later, "set-up") == []
    well, revoked = (
        Finding(Verdict.PASS, "token", "valid"),
        Finding(Verdict.FAIL, "token", "token_revoked", "mend it"),
    )
    state = after(later, "setup.checked", T0, **setup_body((well,)))
    assert lines(state, "set-up") == ["set-up no findings since 2025-11-01T02:00:00.000Z, looked at again until T0"]
    state = after(state, "setup.checked", T0, **setup_body((well, revoked)))
    assert lines(state, "set-up") == ["set-up RED token: token_revoked -> mend it"]
    assert lines(after(opened(), "setup.checked", T0, **setup_body((revoked,))), "set-up") == []


def test_a_phase_that_may_not_be_left_is_not_done_and_what_keeps_the_launch_open_is_told() -> None:
    state = kept_open.launch(done=False, verdict=Verdict.FAIL)
    late = "running until 2025-11-01T02:05:00.000Z, LATE, exit not open:"
    assert lines(state, "phase") == [
        f"phase publish {late} step publish is not done: Publish it",
        f"phase verify {late} suite verify is RED: p95",
    ]
    [told] = lines(state, "open")
    assert told.startswith("open until 2025-11-01T03:10:00.000Z, or `warroom close`: every update is resolved; ")
    assert told.endswith(f"{kept_open.NOT_DONE}; {kept_open.NOT_GREEN}")


SAME, OTHER = "warroom: 1\n", "warroom: 1\nlaunch: {id: x}\n"
CHANGED = "the playbook has changed since the launch took it; it goes on with its own copy until `warroom amend`"
NOT_THIS = "the launch goes on with its own copy of {new}, not with {old}, until `warroom amend`"


@pytest.mark.parametrize(
    ("given", "new", "old", "said"),
    [
        pytest.param("new.yaml", SAME, OTHER, "", id="the one that it runs"),
        pytest.param("new.yaml", OTHER, SAME, CHANGED, id="the one that it runs, which has changed"),
        pytest.param("old.yaml", SAME, OTHER, NOT_THIS, id="another"),
        pytest.param("x-1", SAME, OTHER, "", id="the launch's name, and its playbook is as it was"),
        pytest.param("x-1", OTHER, SAME, CHANGED, id="the launch's name, and its playbook has changed"),
    ],
)
def test_a_playbook_that_is_not_what_the_launch_runs_is_said_to_be_another(
    given: str, new: str, old: str, said: str, tmp_path: Path
) -> None:
    paths = {"new": tmp_path / "new.yaml", "old": tmp_path / "old.yaml"}
    paths["new"].write_text(new)
    paths["old"].write_text(old)
    state = replace(
        begin(Course()), playbook_sha256=sha256(SAME.encode()).hexdigest(), playbook_path=str(paths["new"])
    )
    launch = Known("x-1", tmp_path / "x-1", state)
    assert other_playbook(tmp_path / given if given.endswith("yaml") else Path(given), launch) == said.format(**paths)


def test_nothing_is_green_of_an_open_launch_that_no_engine_runs() -> None:
    found = state_json(measured(), NOW)
    assert (found["overall"]["verdict"], found["overall"]["said"]) == (
        "inconclusive",
        "UNKNOWN: no engine looks at it",
    )
    assert {one["level"] for one in found["signals"]} == {"unknown"}
    assert {one["stage"] for one in found["triggers"]} == {"unknown"}
    told = list(status_lines({**found, "engine": None}))
    assert "overall UNKNOWN: no engine looks at it" in told
    assert f"trigger {len(found['triggers'])} not watched" in told
    about = next(at for at, line in enumerate(told) if line.startswith("signal  errors_5xx "))
    assert told[about].split() == ["signal", "errors_5xx", "UNKNOWN", "0.12%,", "1m", "old"]
    assert told[about + 1].strip() == "was GREEN; no engine looks at it"


def test_a_closed_launch_is_told_as_it_stood() -> None:
    found = state_json(after(measured(), "launch.closed", NOW, reason="done"), NOW + HOUR)
    assert found["overall"]["verdict"] == "pass"
    assert "green" in {one["level"] for one in found["signals"]}
    assert "idle" in {one["stage"] for one in found["triggers"]}


def sent(state: LaunchState, slot: str, minutes: int) -> LaunchState:
    at, body = T0 + timedelta(minutes=minutes), {"slot": slot, "key": "k"}
    state = after(state, "update.due", at, 1, **body, text="text", late_s=0.0)
    state = after(state, "update.sending", at, 1, **body, attempt=1)
    return after(state, "update.confirmed", at, 1, **body, ref="here")


def test_only_a_post_that_a_person_wanted_before_its_time_is_early() -> None:
    state = after(opened(), "incident.opened", T0 + timedelta(minutes=20), 1, id="inc-1", text="5xx", by="ada")
    happened = [slot for slot in all_slots(state, T0 + HOUR) if slot.is_event and not slot.recurring]
    assert happened
    for slot in happened:
        state = sent(state, slot.id, 21)
    (told,) = {line.rpartition("Z")[2] for slot in happened for line in lines(state, f"post    {slot.id}")}
    assert told == ""
    (asked,) = lines(sent(state, "hourly@T+1h", 58), "post    hourly@T+1h")
    assert asked.endswith("Z, early by 2m")


def test_a_post_names_its_channel_where_there_are_several_and_says_what_to_do() -> None:
    told = Update("told", "Told", "room", parse_template("text"), starts=timedelta(minutes=5), copies=("mail",))
    channels = {
        "room": Channel("room", "slack", threads=True),
        "mail": Channel("mail", "manual", by_hand=ByHand("email", "stakeholders")),
    }
    state = opened(plan=Course(channels=channels, updates={"told": told}))
    for slot, channel in (("told@T+5m", "room"), ("told@T+5m/mail", "mail")):
        due = {"slot": slot, "key": slot, "text": "text", "late_s": 0.0, "channel": channel}
        state = after(state, "update.due", T0, **due)
    state = after(state, "update.sending", T0, slot="told@T+5m", attempt=1)
    state = after(state, "update.dead", T0, slot="told@T+5m", reason="not_in_channel: invite it")
    assert lines(state, "post") == [
        "post told@T+5m failed (room) 2025-11-01T02:00:00.000Z: not_in_channel: invite it",
        "post told@T+5m/mail to do (mail), LATE by 55m",
    ]
    command = f"warroom post {state.launch} told@T+5m"
    assert lines(state, "        ->") == [
        f"-> invite the app into the channel, or correct its id, then: {command} --again --reason TEXT",
        f"-> tell it by email to stakeholders, then: {command}/mail --done (or --skip --reason TEXT)",
    ]
    assert lines(state, "next") == ["next told@T+5m/mail TO DO, 55m ago"]
    state = after(state, "update.confirmed", T0 + HOUR, slot="told@T+5m/mail", by="ada", ref="", late_s=3300.0)
    assert lines(state, "post")[1] == "post told@T+5m/mail done (mail) 2025-11-01T03:00:00.000Z by ada, LATE by 55m"


def test_a_launch_with_one_channel_does_not_name_it() -> None:
    channels = {"room": Channel("room", "file", "room.txt")}
    told = Update("told", "Told", "room", parse_template("text"), starts=timedelta(minutes=65))
    state = opened(plan=Course(channels=channels, updates={"told": told}))
    assert lines(state, "post") == ["post told@T+1h5m scheduled"]


@pytest.mark.parametrize(("closed", "count"), [(None, 1), ({"at": "2025-11-01T03:00:00.000Z"}, 0)])
def test_nobody_is_asked_to_act_on_a_closed_launch(closed: dict[str, str] | None, count: int) -> None:
    waits = {"what": "confirm", "step": "revert", "text": "Revert", "until": None, "escalated": False, "typed": ""}
    run = {"run": "revert-1", "waits_for": waits}
    found = {"launch": "x-1", "now": "2025-11-01T02:00:00.000Z", "closed": closed}
    told = ["        needed: Revert: warroom act x-1 confirm revert-1 revert"]
    assert list(asked_lines(run, found)) == told * count


def test_a_command_that_is_advised_names_the_state_folder_where_it_is_not_the_usual_one(tmp_path: Path) -> None:
    advised = "        -> release it: warroom hold x-1 hourly@T+1h --release"
    assert as_typed_here(advised, state_folder(None) / "x-1") == advised
    there = as_typed_here(advised, tmp_path / "x-1")
    assert there == f"        -> release it: warroom hold x-1 --state {tmp_path} hourly@T+1h --release"
    once_more = as_typed_here("once more: warroom post LAUNCH told@T+5m --again --reason TEXT", tmp_path / "x-1")
    assert once_more == f"once more: warroom post x-1 --state {tmp_path} told@T+5m --again --reason TEXT"
    assert as_typed_here("warroom run x-1", tmp_path / "x-1") == f"warroom run x-1 --state {tmp_path}"
    needed = as_typed_here("        needed: Revert: warroom act x-1 confirm revert-1", tmp_path / "x-1")
    assert needed == f"        needed: Revert: warroom act x-1 --state {tmp_path} confirm revert-1"
    assert as_typed_here("launch  x-1  the title of x-1 ", tmp_path / "x-1") == "launch  x-1  the title of x-1 "
