"""Steps, phases, channels, updates and templates: what is refused when a playbook is loaded, and where."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.playbook.small import SMALL, load, said, write
from warroom.launch.schedule import last_offset, slots
from warroom.launch.state import begin
from warroom.launch.values import value_of
from warroom.playbook.course_references import known_values

COURSE = (
    SMALL
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
  report: {channel: room, template: report, at: T+5m, suite: verify}
  hourly: {channel: room, template: hourly, every: 1h, from: T+1h, until: T+3h}
templates:
  report: "{{ launch.id }} {{ steps.publish.build_id }} {{ badge(health, judged) }}"
  hourly: "{{ post.time }} {{ gates.auth.state }} {{ lines(health) }}"
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
    ("a template", "template: hourly", "template: horly", "updates.hourly.template: there is no template 'horly'"),
    ("a check", "badge(health", "badge(helth", "templates.report: there is no check 'helth'"),
    (
        "a check that the suite has not",
        "checks: [health, judged]",
        "checks: [judged]",
        "updates.report.template: template report tells check 'health', which suite verify does not have",
    ),
    ("a value", "launch.id", "launch.idd", "there is no value 'launch.idd' (did you mean 'launch.id'?)"),
    ("what no step asks", "publish.build_id", "publish.buildid", "did you mean 'steps.publish.build_id'?"),
    ("nonsense", "{{ post.time }}", "{{ post }}", "templates.hourly: 'post' is neither a dotted name"),
    ("an offset without a unit", "at: T+5m", "at: T+5", "a duration needs a unit"),
    ("an offset without T", "at: T+5m", "at: 5m", "'5m' is not a time from T0 such as T+5m"),
    ("once and again", "at: T+5m", "at: T+5m, every: 1h", "`at` is for one post"),
    ("again without an end", ", until: T+3h", "", "all of `every`, `from` and `until`"),
    ("an end before the beginning", "until: T+3h", "until: T+30m", "`until` is before `from`"),
    ("too many posts", "every: 1h", "every: 1s", "that is more than 1,000 posts"),
    ("before without a suite", "every: 1h", "every: 1h, before: 1m", "`before` needs a `suite`"),
    ("a phase that ends first", "until: T+5m", "until: T+0", "`until` is not after `from`"),
    ("a file elsewhere", "path: room.txt", "path: ../room.txt", "`path` is a plain file name"),
    ("the journal", "path: room.txt", "path: journal.sqlite", "`path` is a plain file name"),
    ("a secret in a post", "{{ post.time }}", "${TOKEN} {{ post.time }}", "the secret input 'TOKEN' does not belong"),
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
