"""Steps, phases, channels, updates and templates: what is refused when a playbook is loaded, and where."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.playbook.small import ENVIRON, SMALL, load, said, write
from warroom.launch.schedule import last_offset, slots
from warroom.launch.state import begin
from warroom.launch.values import value_of
from warroom.playbook.course_references import known_values

READ, RERUN = "read: {target: app, path: /gate}", "poll: 30s, on_green: {rerun: [judged]}"
COURSE = (
    SMALL.replace(READ, f"{READ}, {RERUN}")
    + """\
steps:
  open: {do: Open the board, link: board}
  publish: {do: Click, marks: T0, ask: [{name: build_id, text: Build ID}]}
phases:
  first: {from: T+0, until: T+5m, steps: [open, publish]}
  verify: {from: T+5m, suite: verify, update: report}
channels:
  room: {kind: file, path: room.txt}
updates:
  flip: {channel: room, template: flip, on: gate.green, gate: auth, within: 2m}
  trouble: {channel: room, template: trouble, on: [incident.opened], within: 10m}
  loop: {channel: room, template: loop, while: incident.open, every: 15m}
  report: {channel: room, template: report, at: T+5m, suite: verify}
  hourly: {channel: room, template: hourly, every: 1h, from: T+1h, until: T+3h}
templates:
  report: "{{ launch.id }} {{ steps.publish.build_id }} {{ badge(health, judged) }}"
  hourly: "{{ post.time }} {{ gates.auth.state }} {{ lines(health) }}"
  flip: "{{ gate.title }} {{ gate.at }} {{ badge(judged) }}"
  trouble: "{{ incident.id }} {{ incident.note }}"
  loop: "{{ incidents.open }}"
"""
)
HOUR = timedelta(hours=1)


def test_it_loads_and_says_what_it_says(tmp_path: Path) -> None:
    course = load(write(tmp_path, COURSE)).course
    assert [slot.time for slot in slots(course)] == ["T+5m", "T+1h", "T+2h", "T+3h"]
    assert last_offset(course) == 3 * HOUR
    assert course.steps["open"].link == "https://example.com/board"
    assert course.steps["publish"].marks_t0


def test_every_value_that_a_template_may_name_has_a_meaning(tmp_path: Path) -> None:
    course = load(write(tmp_path, COURSE)).course
    steps = {step.id: [ask.name for ask in step.asks] for step in course.steps.values()}
    for name in known_values(steps, ["verify"], course.gates):
        value = value_of(begin(course), slots(course)[0], name)
        assert value is None or isinstance(value, str)


FAULTS = [
    ("a link that is none", "link: board", "link: app", "steps.open.link: 'app' is no link for people"),
    ("a second T0", "do: Open the board", "marks: T0, do: x", "steps.publish.marks: step open marks T0 already"),
    ("a step", "[open, publish]", "[open, publsh]", "there is no step 'publsh' (did you mean 'publish'?)"),
    ("a suite of a phase", "suite: verify, update", "suite: verfy, update", "phases.verify.suite: there is no suite"),
    ("an update", "update: report}", "update: reports}", "phases.verify.update: there is no update 'reports'"),
    ("a channel", "report: {channel: room", "report: {channel: rom", "updates.report.channel: there is no channel"),
    (
        "one of two channels",
        "report: {channel: room",
        "report: {channel: [room, rom]",
        "report.channel[1]: there is no",
    ),
    ("a channel twice", "report: {channel: room", "report: {channel: [room, room]", "`channel` names 'room' twice"),
    ("a route", "updates:", "routes: {critical: [rom]}\nupdates:", "routes.critical[0]: there is no channel 'rom'"),
    (
        "a severity",
        "updates:",
        "routes: {grave: room}\nupdates:",
        "routes.grave: unknown key (known here: info, warning, critical)",
    ),
    ("how grave", "flip: {channel: room", "flip: {severity: bad, channel: room", "updates.flip.severity: should be"),
    ("a template", "template: hourly", "template: horly", "updates.hourly.template: there is no template 'horly'"),
    ("a check", "badge(health", "badge(helth", "templates.report: there is no check 'helth'"),
    (
        "a check that the suite has not",
        "checks: [health, judged]",
        "checks: [judged]",
        "updates.report.template: template report tells check 'health', which suite verify does not have",
    ),
    (
        "a suite that nothing runs",
        "suite: verify, update: report",
        "update: report",
        "updates.report.suite: nothing runs suite verify, so this post would be held for ever",
    ),
    ("a value", "launch.id", "launch.idd", "there is no value 'launch.idd' (did you mean 'launch.id'?)"),
    ("what no step asks", "publish.build_id", "publish.buildid", "did you mean 'steps.publish.build_id'?"),
    ("nonsense", "{{ post.time }}", "{{ post }}", "templates.hourly: 'post' is neither a dotted name"),
    ("an offset without a unit", "at: T+5m", "at: T+5", "which one is 'T+5', T+5s, T+5m or T+5h?"),
    ("an offset without T", "at: T+5m", "at: 5m", "'5m' is not a time from T0 such as T+5m"),
    ("once and again", "at: T+5m", "at: T+5m, every: 1h", "`at` is for one post"),
    ("again without an end", ", until: T+3h", "", "all of `every`, `from` and `until`"),
    ("an end before the beginning", "until: T+3h", "until: T+30m", "`until` is before `from`"),
    ("too many posts", "every: 1h", "every: 1s", "that is more than 1,000 posts"),
    ("before without a suite", "every: 1h", "every: 1h, before: 1m", "`before` needs a `suite`"),
    ("a phase that ends first", "until: T+5m", "until: T+0", "`until` is not after `from`"),
    ("an event", "on: gate.green", "on: gate.grene", "updates.flip.on: should be 'gate.green'"),
    ("a gate of an event", "gate: auth, within", "gate: atuh, within", "updates.flip.gate: there is no gate 'atuh'"),
    ("an event without its time", ", within: 2m", "", "updates.flip: `on` needs `within`"),
    ("an event at a time", "within: 2m", "within: 2m, at: T+1h", "`on` is for posts that have no time of their own"),
    (
        "a gate where incidents are meant",
        "within: 10m",
        "within: 10m, gate: auth",
        "`gate` is for events of gates",
    ),
    ("events of two sorts", "[incident.opened]", "[incident.opened, gate.red]", "`on` names events of one sort"),
    ("a loop without its pace", ", every: 15m", "", "beside `while` stands `every`"),
    ("a loop from a time", "every: 15m", "every: 15m, from: T+1h, until: T+2h", "beside `while` stands `every`"),
    ("what lasts", "while: incident.open", "while: incident.opn", "updates.loop.while: should be 'incident.open'"),
    (
        "a time to leave without an event",
        "at: T+5m",
        "at: T+5m, within: 1m",
        "`signal` belong to `on`",
    ),
    (
        "the gate of a post that is about none",
        "{{ post.time }}",
        "{{ gate.title }}",
        "updates.hourly.template: 'gate.title' is known in posts with `on: gate.…` alone",
    ),
    (
        "the end of an incident that begins",
        "{{ incident.note }}",
        "{{ incident.lasted }}",
        "updates.trouble.template: 'incident.lasted' is known when that is over",
    ),
    (
        "what runs again",
        "rerun: [judged]",
        "rerun: [jugded]",
        "gates.auth.on_green.rerun[0]: there is no check 'jugded'",
    ),
    (
        "a check that does not run again",
        "{{ gate.at }} {{ badge(judged) }}",
        "{{ gate.at }} {{ badge(health) }}",
        "updates.flip.template: it tells check 'health', which does not run again when auth turns green",
    ),
    (
        "a flip that ends a phase",
        "update: report}",
        "update: flip}",
        "'flip' is owed for what happens, so it ends no phase",
    ),
    ("a poll that is too slow", "poll: 30s", "poll: 60s", "`poll` has to be shorter than `ttl`"),
    ("a poll of nothing", "read: {target: app, path: /gate}, poll", "poll", "`poll` needs a `read`"),
    ("nothing to run again", "rerun: [judged]", "rerun: []", "gates.auth.on_green.rerun: should have at least 1"),
    ("a time for no mode", "title: Small", "title: Small, mode_for: 48h", "`mode_for` needs a `mode`"),
    ("a file elsewhere", "path: room.txt", "path: ../room.txt", "`path` is a plain file name"),
    ("the journal", "path: room.txt", "path: journal.sqlite", "`path` is a plain file name"),
    ("a secret in a post", "{{ post.time }}", "${TOKEN} {{ post.time }}", "the secret input 'TOKEN' does not belong"),
    (
        "a dead-man switch that Slack could not take back in time",
        "room: {kind: file, path: room.txt}",
        "room: {kind: slack, path: room.txt, silent_after: 9m}",
        "`silent_after` is at least 10m",
    ),
    (
        "a file that is to have a status message",
        "room: {kind: file, path: room.txt}",
        "room: {kind: file, path: room.txt, live: true}",
        "`live` is for a channel of kind slack",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_fault_is_found_when_the_playbook_is_loaded(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert COURSE.count(old) == 1
    found = said(
        write(tmp_path, COURSE.replace(old, new)), environ={"APP_URL": "http://127.0.0.1:9", "TOKEN": "x" * 9}
    )
    assert len(found) == 1, found
    assert message in found[0]


def test_slots_of_another_attempt_are_other_slots(tmp_path: Path) -> None:
    course = load(write(tmp_path, COURSE)).course
    assert {slot.id for slot in slots(course)}.isdisjoint(slot.id for slot in slots(course, 2))


def test_a_channel_with_a_token_may_keep_the_status_message_unless_it_says_otherwise(tmp_path: Path) -> None:
    access = "kind: slack, token: '${TOKEN}', channel: C0123456789, path: room.txt"
    for given, live, silent_after in (
        ("", True, 15),
        (", live: false", False, 15),
        (", silent_after: 30m", True, 30),
    ):
        text = COURSE.replace("room: {kind: file, path: room.txt}", f"room: {{{access}{given}}}")
        environ = {**ENVIRON, "TOKEN": "xoxb-canary-1"}
        [room] = load(write(tmp_path, text), environ=environ).course.channels.values()
        assert (room.live, room.silent_after) == (live, timedelta(minutes=silent_after))
