"""Levers that are set and procedures, from the playbook to what a launch plans, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from tests.playbook.small import ENVIRON, load, said, write
from warroom.playbook.loaded import Deed, Playbook, ReadFrom
from warroom.playbook.procedures import ActionStep, LeverPlan

KEY = "correct-horse"
TEXT = """\
warroom: 1
launch: {id: acting}
inputs:
  APP_URL: {required: true}
  KEY: {default: "", secret: true}
targets:
  app: {url: "${APP_URL}", title: the app}
  board: {url: "https://example.com/board", human: true}
defaults:
  lever:
    read: {target: app, path: /state}
    set: {target: app, path: "/levers/{name}", headers: {X-Internal-Key: "${KEY}"}}
levers:
  SEND: {expect: "true", expect_in: {live: "false"}, values: ["true", "false"], kill_switch: true, stops: "true"}
  RATE: {expect: 10, dangerous: true, people: 2, every: 1m, read: {argv: [rate]}, set: {argv: [setrate, "{value}"]}}
  COLOUR: {expect: blue, read: {attest: The desk has a board, max_age: 8h}, set: {attest: Ask the desk to paint it}}
checks:
  health: {kind: probe, target: app}
phases:
  live: {from: T+0}
channels:
  room: {kind: file, path: room.txt}
updates:
  paused: {channel: room, template: paused, on: procedure.post, within: 2m}
  ended: {channel: room, template: paused, on: [procedure.finished, procedure.waiting], within: 2m}
templates:
  paused: "{{ procedure.title }}: {{ procedure.standing }}"
procedures:
  pause:
    title: Pause
    budget: 2m
    countdown: 3m
    dangerous: true
    people: 2
    steps:
      - {id: send, lever: SEND, set: "true", probe: health, within: 10s}
      - id: consumers
        title: Pause the consumers
        request: {target: app, path: /pause, headers: {X-Internal-Key: "${KEY}"}, body: {soft: true}}
        read: {target: app, path: /state, json: $.consumers, is: '== "paused"'}
        idempotent: true
        confirm: true
        people: 2
      - {id: tidy, command: [tidy, --now], read: {argv: [istidy], is: '== "yes"'}}
      - {id: look, check: health}
      - {id: tell, post: paused}
      - {id: rest, wait: 90s}
      - {id: dig, do: Find the cause, link: board, expect: a cause}
      - {id: note, do: Write the note, opens: incident}
"""
STEPS = "procedures:\n  pause:\n    steps:\n"


def acting(folder: Path, text: str = TEXT, **environ: str) -> Playbook:
    return load(write(folder, text), environ={**ENVIRON, "KEY": KEY, **environ})


def steps(playbook: Playbook) -> Mapping[str, ActionStep]:
    return {step.id: step for step in playbook.course.procedures["pause"].steps}


def test_a_lever_says_what_it_may_be_and_how_it_is_set(tmp_path: Path) -> None:
    playbook = acting(tmp_path)
    send, rate, colour = playbook.course.levers.values()
    assert send == LeverPlan(
        "SEND", expect="true", expect_in={"live": "false"}, values=("true", "false"), stops="true"
    )
    assert (rate.expect, rate.dangerous, rate.people, rate.every) == ("10", True, 2, timedelta(minutes=1))
    assert playbook.levers["RATE"].read == ReadFrom(command=("rate",))
    assert colour.by_person == "Ask the desk to paint it"
    assert (colour.attest, colour.max_age) == ("The desk has a board", timedelta(hours=8))
    assert playbook.levers["COLOUR"].read.is_attested
    call = playbook.levers["SEND"].set.call
    assert call is not None
    assert (call.target, call.method, call.path) == ("app", "PUT", "/levers/{name}")
    assert (call.headers, call.body) == ((("X-Internal-Key", KEY),), {"value": "{value}"})
    assert KEY not in repr(playbook)
    assert playbook.levers["RATE"].set == Deed(command=("setrate", "{value}"))
    assert playbook.levers["COLOUR"].set == Deed()


def test_a_procedure_is_its_steps_in_their_order(tmp_path: Path) -> None:
    playbook = acting(tmp_path)
    plan = playbook.course.procedures["pause"]
    assert (plan.title, plan.budget, plan.countdown) == ("Pause", timedelta(minutes=2), timedelta(minutes=3))
    assert (plan.dangerous, plan.people, plan.opens_incident) == (True, 2, True)
    assert [f"{step.kind}: {step.text}" for step in plan.steps] == [
        "lever: SEND=true",
        "request: Pause the consumers",
        "command: tidy --now",
        "check: check health",
        "post: post paused",
        "wait: wait 1m30s",
        "do: Find the cause",
        "do: Write the note",
    ]
    send, consumers, dig = (steps(playbook)[name] for name in ("send", "consumers", "dig"))
    assert (send.lever, send.value, send.probe, send.within) == ("SEND", "true", "health", timedelta(seconds=10))
    assert (send.idempotent, consumers.idempotent, steps(playbook)["tidy"].idempotent) == (True, True, False)
    assert (consumers.confirm, consumers.people) == (True, 2)
    assert (dig.link, dig.expect) == ("https://example.com/board", "a cause")
    look = playbook.deeds["pause", "consumers"].look
    assert look is not None
    assert (look.json, str(look.condition)) == ("$.consumers", '== "paused"')
    assert playbook.deeds["pause", "tidy"].command == ("tidy", "--now")


def test_without_the_key_a_person_does_what_needs_it(tmp_path: Path) -> None:
    playbook = acting(tmp_path, KEY="")
    assert playbook.course.levers["SEND"].by_person == "KEY is not set"
    assert [steps(playbook)[name].by_person for name in ("send", "consumers", "tidy")] == ["KEY is not set"] * 2 + [
        ""
    ]


def test_an_address_that_is_not_set_leaves_it_to_a_person(tmp_path: Path) -> None:
    text = TEXT.replace("  APP_URL: {required: true}\n", '  APP_URL: {required: true}\n  OPS_URL: {default: ""}\n')
    text = text.replace("targets:\n", 'targets:\n  ops: {url: "${OPS_URL}"}\n')
    playbook = acting(tmp_path, text.replace("request: {target: app", "request: {target: ops"))
    assert steps(playbook)["consumers"].by_person == "OPS_URL is not set"


def test_a_kill_switch_stops_with_what_is_expected_unless_it_says_otherwise(tmp_path: Path) -> None:
    playbook = acting(tmp_path, TEXT.replace(', stops: "true"', ""))
    assert playbook.course.levers["SEND"].stops == "true"
    assert not playbook.course.levers["RATE"].kill_switch


FAULTS = [
    (
        "a step of two kinds",
        "{id: look, check: health}",
        "{id: look, check: health, wait: 5s}",
        "45:9: procedures.pause.steps[3]: a step has exactly one of lever, request, command, check, post, do, wait",
    ),
    (
        "a step of no kind",
        "{id: look, check: health}",
        "{id: look}",
        "45:9: procedures.pause.steps[3]: a step has exactly one of lever, request, command, check, post, do, wait",
    ),
    (
        "a lever without a value",
        'lever: SEND, set: "true", ',
        "lever: SEND, ",
        "36:9: procedures.pause.steps[0]: `set` goes with `lever`: the value that it is set to",
    ),
    (
        "a value that the lever cannot have",
        'lever: SEND, set: "true"',
        'lever: SEND, set: "on"',
        "36:38: procedures.pause.steps[0].set: SEND cannot be 'on' (it may be true, false)",
    ),
    (
        "a lever that is not there",
        "lever: SEND, set",
        "lever: SENT, set",
        "36:27: procedures.pause.steps[0].lever: there is no lever 'SENT' (did you mean 'SEND'?)",
    ),
    (
        "nothing that proves a request",
        "        read: {target: app, path: /state, json: $.consumers, is: '== \"paused\"'}\n",
        "",
        "37:9: procedures.pause.steps[1]: a request needs `read`: nothing counts as done that was not read back",
    ),
    (
        "a read-back of two kinds",
        "read: {argv: [istidy], is",
        "read: {argv: [istidy], target: app, is",
        "44:50: procedures.pause.steps[2].read: give either a `target` or `argv`",
    ),
    (
        "a probe where nothing is changed",
        "{id: look, check: health}",
        "{id: look, check: health, probe: health}",
        "45:9: procedures.pause.steps[3]: `probe` does not belong to a step of kind check",
    ),
    (
        "a time for a check, which has its own",
        "{id: look, check: health}",
        "{id: look, check: health, within: 1m}",
        "45:9: procedures.pause.steps[3]: `within` does not belong to a step of kind check",
    ),
    (
        "two people who confirm nothing",
        "        confirm: true\n",
        "",
        "37:9: procedures.pause.steps[1]: `people` goes with `confirm`",
    ),
    (
        "two steps of one name",
        "id: look,",
        "id: tidy,",
        "30:5: procedures.pause: 'tidy' is the id of two steps",
    ),
    (
        "a check that is not there",
        "check: health}",
        "check: helth}",
        "45:27: procedures.pause.steps[3].check: there is no check 'helth' (did you mean 'health'?)",
    ),
    (
        "a post that is owed at another time",
        "post: paused}",
        "post: ended}",
        "46:26: procedures.pause.steps[4].post: 'ended' is owed at another time (give it `on: procedure.post`)",
    ),
    (
        "a post that no step makes",
        "      - {id: tell, post: paused}\n",
        "",
        (
            "24:49: updates.paused.on: no step of a procedure posts it, so it could never be owed"
            " (name it in a step: `post: paused`)"
        ),
    ),
    (
        "a link that is requested",
        "link: board",
        "link: app",
        "48:45: procedures.pause.steps[6].link: 'app' is no link for people (give the target `human: true`)",
    ),
    (
        "a request to a link for people",
        "request: {target: app",
        "request: {target: board",
        "39:27: procedures.pause.steps[1].request.target: 'board' is a link for people and is never requested",
    ),
    (
        "an expected value that is not allowed",
        'expect: "true", expect_in',
        'expect: "on", expect_in',
        "14:9: levers.SEND: `expect` is 'on', which is not among `values`: true, false",
    ),
    (
        "a phase that is not there",
        "expect_in: {live",
        "expect_in: {life",
        "14:38: levers.SEND.expect_in.life: there is no phase 'life' (did you mean 'live'?)",
    ),
    (
        "a value that stops where nothing is stopped",
        "kill_switch: true, ",
        "",
        "14:9: levers.SEND: `stops` is for a kill switch: add `kill_switch: true`",
    ),
    (
        "a setting of two kinds",
        '{argv: [setrate, "{value}"]}',
        '{argv: [setrate, "{value}"], attest: ask}',
        "15:88: levers.RATE.set: `argv` and `attest` exclude each other",
    ),
    (
        "what a person says and nobody knows how long it counts",
        ", max_age: 8h",
        "",
        "16:32: levers.COLOUR.read: `attest` and `max_age` go together: what a person says is not believed for ever",
    ),
    (
        "a setting that nothing can prove",
        "set: {attest: Ask the desk to paint it}",
        "set: {argv: [paint]}",
        ("16:11: levers.COLOUR: what a person reads, Warroom cannot prove to have set: give `set` an `attest`, too"),
    ),
    (
        "a secret on the command line that reads a lever",
        "argv: [rate]",
        'argv: [rate, "${KEY}"]',
        "15:81: levers.RATE.read.argv[1]: the secret input 'KEY' does not belong here: this is shown to people",
    ),
    (
        "a value of a procedure in another post",
        "on: procedure.post, within: 2m",
        "at: T+5m",
        (
            "24:37: updates.paused.template: 'procedure.title' is known in posts with `on: procedure.…` alone;"
            " this one could never be written"
        ),
    ),
    (
        "a secret on the command line",
        "command: [tidy, --now]",
        'command: [tidy, "${KEY}"]',
        (
            "44:36: procedures.pause.steps[2].command[1]: the secret input 'KEY' does not belong here:"
            " this is shown to people"
        ),
    ),
]


@pytest.mark.parametrize(("was", "instead", "problem"), [fault[1:] for fault in FAULTS], ids=[f[0] for f in FAULTS])
def test_what_does_not_hold_is_told_where_it_stands(tmp_path: Path, was: str, instead: str, problem: str) -> None:
    assert was in TEXT
    found = said(write(tmp_path, TEXT.replace(was, instead)), environ={**ENVIRON, "KEY": KEY})
    assert problem in found


def test_a_trigger_starts_a_procedure_that_is_there(tmp_path: Path) -> None:
    trigger = "triggers:\n  off: {lever: SEND, severity: pause, mode: auto, runs: paus}\n"
    (problem,) = said(write(tmp_path, TEXT + trigger), environ=ENVIRON)
    assert problem.endswith("triggers.off.runs: there is no procedure 'paus' (did you mean 'pause'?)")
    playbook = acting(tmp_path, TEXT + trigger.replace("paus}", "pause}"))
    assert playbook.course.watched.triggers["off"].runs == "pause"
