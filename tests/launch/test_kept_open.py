"""With every post resolved a launch closes by itself when its phases may be left, or nobody decides for an hour."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.launch.course import T0, after, entry, opened
from tests.launch.test_exits import ran
from warroom.errors import ExitCode
from warroom.events import LaunchInfo
from warroom.launch.ending import ending
from warroom.launch.exits import DECIDE_WITHIN
from warroom.launch.ledger import Close, KeepOpen, decide, kept_open
from warroom.launch.phases import phases
from warroom.launch.results import started_body
from warroom.launch.state import LaunchState
from warroom.playbook.course import Channel, Course, Phase, Step, Update
from warroom.playbook.template import parse_template
from warroom.report.launch_lines import log_line
from warroom.verdict import Verdict

MINUTE = timedelta(minutes=1)
END = T0 + 10 * MINUTE
COURSE = Course(
    LaunchInfo("small", "Small"),
    steps={"publish": Step("publish", "Publish it")},
    phases=(
        Phase("publish", "Publish", timedelta(), 5 * MINUTE, steps=("publish",)),
        Phase("verify", "Verify", timedelta(), 5 * MINUTE, suite="verify"),
    ),
    channels={"file": Channel("file", "file", "file")},
    updates={"only": Update("only", "Only", "file", parse_template("text"), 10 * MINUTE)},
)
NOT_DONE = "phase publish: step publish is not done: Publish it"
NOT_GREEN = "phase verify: suite verify is RED: p95"


def launch(*, done: bool = True, verdict: Verdict | None = Verdict.PASS) -> LaunchState:
    """One that has posted all that it owes; `verdict` is that of its suite, None: it has not finished."""
    state = opened(plan=COURSE)
    if done:
        state = after(state, "step.ticked", T0 + MINUTE, 1, step="publish", by="ann", values={})
    if verdict is None:
        state = after(state, "suite.started", T0 + MINUTE, 1, **started_body("verify", "phase:verify"))
    else:
        word, why = ("GREEN", "") if verdict is Verdict.PASS else ("RED", "p95")
        state = ran(state, "phase:verify", 1, verdict, word, why)
    body = {"slot": "only@T+10m", "key": "k"}
    state = after(state, "update.due", END, 1, **body, text="text", late_s=0.0)
    state = after(state, "update.sending", END, 1, **body, attempt=1)
    return after(state, "update.confirmed", END, 1, **body, attempt=1, ref="here")


HELD = [
    pytest.param(launch(done=False), (NOT_DONE,), ExitCode.UNKNOWN, id="a step is not done"),
    pytest.param(launch(verdict=Verdict.FAIL), (NOT_GREEN,), ExitCode.RED, id="a suite is RED"),
    pytest.param(launch(done=False, verdict=Verdict.FAIL), (NOT_DONE, NOT_GREEN), ExitCode.RED, id="both"),
]


@pytest.mark.parametrize(("state", "held", "code"), HELD)
def test_while_a_phase_may_not_be_left_it_stays_open_and_says_so_once(
    state: LaunchState, held: tuple[str, ...], code: ExitCode
) -> None:
    [keep] = decide(state, END)
    assert keep == KeepOpen(held, END + DECIDE_WITHIN)
    told = entry(state, "launch.kept_open", {"held": list(held), "until": ""}, END)
    line = log_line(told)
    assert line
    assert line.text == f"every update is resolved; not closed: {'; '.join(held)}"
    state = after(state, "launch.kept_open", END, 1, held=list(held), until="")
    assert decide(state, END + MINUTE) == ()
    assert kept_open(state, END + MINUTE) == keep


@pytest.mark.parametrize(("state", "held", "code"), HELD)
def test_where_nobody_decides_it_ends_with_a_code_and_the_reasons(
    state: LaunchState, held: tuple[str, ...], code: ExitCode
) -> None:
    late = END + DECIDE_WITHIN
    assert not any(isinstance(one, Close) for one in decide(state, late - MINUTE))
    [close] = decide(state, late)
    assert isinstance(close, Close)
    assert all(reason in close.reason for reason in ("every update is resolved", "never left: ", *held))
    ended = ending(after(state, "launch.closed", late, 1, reason=close.reason, held=list(close.held)))
    assert ended
    assert ended.code is code
    assert [reason for reason in ended.reasons if "never left" in reason] == [f"never left: {one}" for one in held]


def test_it_closes_as_soon_as_every_phase_may_be_left() -> None:
    state = after(launch(done=False), "launch.kept_open", END, 1, held=[NOT_DONE], until="")
    state = after(state, "step.ticked", END + MINUTE, 1, step="publish", by="ann", values={})
    assert decide(state, END + MINUTE) == (Close("every update is resolved"),)
    assert decide(launch(), END) == (Close("every update is resolved"),)


def test_a_suite_that_has_not_finished_is_waited_for_without_a_word() -> None:
    assert decide(launch(verdict=None), END) == ()


def test_a_phase_that_is_not_left_counts_for_nothing_where_a_person_closes() -> None:
    closed = after(launch(done=False), "launch.closed", END, 1, reason="enough", by="ann")
    ended = ending(closed)
    assert ended
    assert (ended.code, ended.reasons) == (ExitCode.GREEN, ())
    assert kept_open(closed, END) is None


def test_a_phase_is_done_only_when_it_may_be_left() -> None:
    red = ran(opened(plan=COURSE), "phase:verify", 1, Verdict.FAIL, "RED", "p95")
    standing = {one.phase.id: (one.lifecycle, one.late) for one in phases(red, END)}
    assert standing["verify"] == ("running", True)
    green = ran(red, "only@T+10m", 3, Verdict.PASS, "GREEN")
    standing = {one.phase.id: (one.lifecycle, one.late) for one in phases(green, END)}
    assert standing["verify"] == ("done", False)


def test_of_posts_that_leave_late_the_hour_counts_from_the_last_of_them() -> None:
    late = END + 3 * DECIDE_WITHIN
    body = {"slot": "only@T+10m", "key": "k"}
    state = after(launch(done=False), "update.confirmed", late, 1, **body, attempt=1, ref="here")
    assert decide(state, late) == (KeepOpen((NOT_DONE,), late + DECIDE_WITHIN),)
