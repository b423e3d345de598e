"""What a post says about a check, case by case."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.launch.course import T0, after, opened
from tests.launch.test_ledger import written
from warroom.launch.ledger import Prepare
from warroom.launch.results import CheckFound, LineFound
from warroom.launch.schedule import Slot, all_slots
from warroom.launch.state import LaunchState
from warroom.playbook.course import Course, Update
from warroom.playbook.template import Picked, parse_template
from warroom.updates.render import badge, delivery_line, delivery_of, lines, note, post_text
from warroom.verdict import Verdict


def found(
    verdict: Verdict, word: str, *said: LineFound, reason: str = "", urgent: tuple[str, ...] = ()
) -> CheckFound:
    return CheckFound("queue", "Queue", verdict, word, reason, lines=said, urgent=urgent)


DEPTH = LineFound("Queue depth: 3", Verdict.PASS)
STATUS = LineFound("Queue status: growing", Verdict.FAIL, "$.queue.status is growing")
LEFT_OUT = LineFound("No bypasses: not probed", Verdict.SKIPPED, "pending Gate 1", required=False)
GREEN = found(Verdict.PASS, "GREEN (dry-run)", DEPTH)
RED = found(Verdict.FAIL, "RED", DEPTH, STATUS, reason="it grows", urgent=("PAUSE",))
TOLERATED = found(Verdict.DEGRADED, "DEGRADED - pending Gate 1", reason="pending Gate 1: status 404")
UNKNOWN = found(Verdict.ERROR, "UNKNOWN", reason="no answer")


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ([GREEN], "✅ GREEN"),
        ([GREEN, TOLERATED], "⚠️ DEGRADED - pending Gate 1"),
        ([TOLERATED, UNKNOWN], "⚠️ UNKNOWN"),
        ([UNKNOWN, RED, GREEN], "❌ RED"),
        ([found(Verdict.WARN, "YELLOW")], "⚠️ YELLOW"),
    ],
)
def test_a_badge_is_the_worst_with_sign_and_word(checks: list[CheckFound], said: str) -> None:
    assert badge(checks) == said


LINES = [
    ("all of a green one", (), GREEN, ["Queue depth: 3"]),
    ("those that are picked", ("Queue depth:",), GREEN, ["Queue depth: 3"]),
    ("a pick that hits nothing is told", ("Queue dept:",), GREEN, ["Queue dept: not measured"]),
    (
        "what does not hold is never left out, nor what is urgent",
        ("Queue depth:",),
        RED,
        ["Queue depth: 3", "❌ Queue status: growing ($.queue.status is growing)", "❌ PAUSE"],
    ),
    ("one without lines says its word", ("Queue depth:",), UNKNOWN, ["⚠️ Queue: UNKNOWN (no answer)"]),
    (
        "one whose lines do not say why says its word",
        (),
        found(Verdict.WARN, "YELLOW", DEPTH, reason="passed on try 2"),
        ["Queue depth: 3", "⚠️ Queue: YELLOW (passed on try 2)"],
    ),
    (
        "what was left out on purpose is left out",
        (),
        found(Verdict.PASS, "GREEN", DEPTH, LEFT_OUT),
        ["Queue depth: 3"],
    ),
]


@pytest.mark.parametrize(("texts", "check", "said"), [x[1:] for x in LINES], ids=[x[0] for x in LINES])
def test_the_lines_of_a_check(texts: tuple[str, ...], check: CheckFound, said: list[str]) -> None:
    assert lines(Picked("queue", texts), check) == said


def test_a_note_says_why_and_what_is_urgent() -> None:
    assert note(GREEN) == ""
    assert note(TOLERATED) == "pending Gate 1: status 404"
    assert note(RED) == "it grows; PAUSE"
    assert note(found(Verdict.SKIPPED, "UNKNOWN")) == "UNKNOWN"


def _prepared(count: int) -> tuple[LaunchState, Prepare]:
    """A post that stands for so many others."""
    text = parse_template("beat {{ post.time }}")
    course = Course(updates={"beat": Update("beat", "Beat", "chat", text, timedelta(0), timedelta(seconds=1))})
    slots = [Slot(f"beat@T+{n}s", "beat", timedelta(seconds=n), True) for n in range(1, count + 2)]
    return LaunchState(course), Prepare(slots[-1], "k", T0, merged=tuple(slots[:-1]))


@pytest.mark.parametrize(("count", "in_text"), [(3, False), (150, False), (1_000, True)])
def test_every_slot_that_a_post_stands_for_is_named_whatever_their_number(count: int, in_text: bool) -> None:
    state, prepare = _prepared(count)
    text, line = post_text(state, prepare), delivery_line(prepare)
    names = [slot.time for slot in prepare.merged]
    assert re.findall(r"(?<= )T\+[0-9hms]+(?=, | too)", text if in_text else line) == names
    assert len(line) < 2_000
    assert ("named at the end" in line) == in_text


@pytest.mark.parametrize(
    ("doubtful", "said"),
    [
        pytest.param({}, "stands for T+1h, T+2h too", id="none of them was tried"),
        pytest.param({"hourly@T+1h": ()}, "stands for T+1h, T+2h too, of which T+1h may have arrived", id="one was"),
        pytest.param(
            {"hourly@T+2h": ("hourly@T+1h",)},
            "stands for T+1h, T+2h too, of which T+1h, T+2h may have arrived",
            id="one was, which stood for the other",
        ),
    ],
)
def test_a_post_says_which_of_those_that_it_stands_for_may_have_arrived(
    doubtful: dict[str, tuple[str, ...]], said: str
) -> None:
    state, at = opened(), T0 + timedelta(hours=3)
    for slot, named in doubtful.items():
        state = written(state, slot, at, *named)
        state = after(state, "update.sending", at, slot=slot, attempt=1)
        state = after(state, "update.due", at, slot=slot, again=True, reason="nobody can tell")
    state = written(state, "hourly@T+3h", at, "hourly@T+1h", "hourly@T+2h")
    state = after(state, "update.sending", at, slot="hourly@T+3h", attempt=1)
    known = {slot.id: slot for slot in all_slots(state, at)}
    line = delivery_of(state.records["hourly@T+3h"], state, known)
    assert line.partition("; journal")[0] == said
