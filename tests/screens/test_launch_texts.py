"""What a launch's console says of each state: tables of the pure functions that draw it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.screens import launches
from tests.screens.launch_views import AGAIN, NOBODY, colours, lost, view_of
from tests.screens.launches import HOUR, MINUTE, T0
from warroom.client import LaunchNow
from warroom.client.values import ChannelNow, PostNow
from warroom.screens import palette
from warroom.screens.launch_details import details_lines
from warroom.screens.launch_head import header_lines
from warroom.screens.launch_marks import mark_of_gate, mark_of_phase, mark_of_post, mark_of_step, mark_of_suite
from warroom.screens.launch_notices import notice_lines
from warroom.screens.launch_rows import day_and_time, item_row
from warroom.screens.launch_view import once_only, plan_items, state_items, suites

SECOND = timedelta(seconds=1)


def _post(**changes: Any) -> PostNow:
    return replace(launches.posts()[0], **changes)


DUE = T0 + 5 * MINUTE

POSTS: dict[str, tuple[PostNow, datetime, str, str, str]] = {
    "before its time": (_post(), DUE - MINUTE, "· scheduled", palette.DIM, "in 1m00s"),
    "at its time": (_post(), DUE, "◆ due", palette.ACCENT, "now"),
    "a moment later": (_post(standing="due"), DUE + 4 * SECOND, "◆ due", palette.ACCENT, "now"),
    "five seconds later": (_post(standing="due"), DUE + 5 * SECOND, "✖ due", palette.RED, "LATE by 5 s"),
    "hours later": (_post(standing="due"), DUE + 2 * HOUR, "✖ due", palette.RED, "LATE by 2h00m"),
    "held before its time": (_post(standing="held"), DUE - MINUTE, "⏸ held", palette.YELLOW, "in 1m00s"),
    "held beyond its time": (_post(standing="held"), DUE + MINUTE, "⏸ held", palette.RED, "LATE by 1m00s"),
    "sending": (_post(standing="sending"), DUE + SECOND, "▶ sending", palette.ACCENT, "now"),
    "looked for": (_post(standing="checking whether it arrived"), DUE + SECOND,
                   "? checking whether it arrived", palette.UNKNOWN, "now"),
    "looked for and late": (_post(standing="checking whether it arrived"), DUE + MINUTE,
                            "? checking whether it arrived", palette.RED, "LATE by 1m00s"),
    "sent in time": (_post(standing="sent", late_s=0.4, sent_at=DUE), DUE + HOUR, "✔ sent", palette.GREEN, ""),
    "sent late": (_post(standing="sent", late_s=75.0, sent_at=DUE), DUE + HOUR, "✔ sent", palette.GREEN,
                  "LATE by 1m15s"),
    "merged": (_post(standing="merged", into="hourly@T+2h"), DUE + HOUR, "→ merged", palette.TEXT,
               "told by hourly@T+2h"),
    "failed": (_post(standing="failed", reason="channel_not_found"), DUE + HOUR, "✖ FAILED", palette.RED,
               "channel_not_found"),
    "not sent, as its launch was closed before": (_post(standing="not sent", reason="closed before"), DUE - MINUTE,
                                                  "○ not sent", palette.DIM, "closed before"),
    "not sent although it was due": (_post(standing="not sent", late_s=60.0), DUE + HOUR, "✖ not sent",
                                     palette.RED, ""),
    "of which nobody will ever know": (_post(standing="not known whether it arrived"), DUE + HOUR,
                                       "? not known whether it arrived", palette.UNKNOWN, ""),
    "without T0": (_post(due=None), DUE, "· scheduled", palette.DIM, ""),
    "of a standing that a newer engine knows": (_post(standing="pondered"), DUE - MINUTE, "? pondered",
                                                palette.UNKNOWN, ""),
}  # fmt: skip


@pytest.mark.parametrize(("post", "now", "mark", "colour", "told"), POSTS.values(), ids=POSTS)
def test_a_post(post: PostNow, now: datetime, mark: str, colour: str, told: str) -> None:
    view = view_of(replace(launches.publishing(), updates=(post,)))
    found = mark_of_post(view, post, now)
    assert (str(found), found.colour) == (mark, colour)
    row = item_row(view, post, now, 100, selected=False)
    assert mark in row.plain
    assert told in row.plain
    assert row.cell_length == 100


LOST_POSTS = {
    "was sent before": (_post(standing="sent"), "✔ sent"),
    "is due later": (_post(due=DUE + HOUR), "· scheduled"),
    "fell due since": (_post(), "? not known"),
    "was late before": (_post(standing="due", due=DUE - 10 * MINUTE), "? not known"),
}


@pytest.mark.parametrize(("post", "mark"), LOST_POSTS.values(), ids=LOST_POSTS)
def test_a_post_whose_engine_is_lost(post: PostNow, mark: str) -> None:
    launch = replace(launches.publishing(), updates=(post,), next=post)
    row = item_row(lost(launch), post, DUE + MINUTE, 100, selected=False)
    assert mark in row.plain
    assert "LATE" not in row.plain
    assert colours(row) <= {palette.DIM}


def test_a_post_that_waits_for_a_value_says_which_in_the_words_it_is_asked_for() -> None:
    launch = launches.late()
    told = notice_lines(view_of(launch), launch.now, 300)[0].plain
    assert "needs Build ID shown by the deployment (step confirm); Deployment timestamp" in told
    held = replace(launch.updates[0], reason="the numbers are wrong (ann)")
    mine = replace(launch, updates=(held, *launch.updates[1:]))
    assert "held: the numbers are wrong (ann)" in notice_lines(view_of(mine), launch.now, 300)[0].plain


@pytest.mark.parametrize("launch", [launches.green(), launches.troubled(), launches.gate_red(), launches.incident()])
def test_nothing_is_green_while_the_engine_is_lost(launch: LaunchNow) -> None:
    view, now = lost(launch), launch.now + 90 * SECOND
    items = [*plan_items(launch), *launch.updates, *state_items(launch)]
    lines = [item_row(view, item, now, 80, selected=True) for item in items]
    lines += [line for item in items for line in details_lines(view, item, now, 80)]
    lines += notice_lines(view, now, 120)
    lines += header_lines(view, now, None, 120, 5)
    assert palette.GREEN not in {colour for line in lines for colour in colours(line)}
    assert "ENGINE LOST for 1m30s" in notice_lines(view, now, 120)[0].plain
    assert "what is shown is as of 0" in notice_lines(view, now, 120)[0].plain


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_command_that_mends_a_lost_engine_is_never_cut_off(width: int) -> None:
    told = [line.plain for line in notice_lines(lost(launches.green()), launches.green().now + HOUR, width)]
    assert all(len(line) == width for line in told)
    text = " ".join(" ".join(told).split())
    assert f"? it goes on with: {AGAIN}" in text
    assert NOBODY in text


def test_what_fell_due_while_the_engine_was_lost_is_named() -> None:
    told = [line.plain for line in notice_lines(lost(launches.green()), T0 + 2.5 * HOUR, 120)]
    assert any("not known whether posted: T+1h Hourly update, T+2h Hourly update" in line for line in told)


GATES: dict[str, tuple[dict[str, Any], str]] = {
    "green": ({}, "✔ GREEN"),
    "red": ({"state": "red"}, "✖ RED"),
    "unknown": ({"state": "unknown"}, "? UNKNOWN"),
    "read too long ago": ({"stale": True}, "? STALE"),
    "not to be read for long": ({"stale": True, "state": "unknown", "reason": "it hangs"}, "? UNKNOWN"),
    "never read": ({"at": None}, "? NO DATA"),
}


@pytest.mark.parametrize(("change", "said"), GATES.values(), ids=GATES)
def test_a_gate(change: dict[str, Any], said: str) -> None:
    gate = replace(launches.green().gates[0], **change)
    assert str(mark_of_gate(gate)) == said
    assert said in item_row(view_of(launches.green()), gate, T0, 60, selected=False).plain


@pytest.mark.parametrize("lifecycle", ["waiting", "running", "done"])
def test_a_phase_that_has_begun_says_what_holds_it(lifecycle: str) -> None:
    held = ("signal errors is RED: 2% is >= 1%", "trigger pause_5xx is LATCHED: 0% is not >= 1%")
    launch = launches.green()
    phase = replace(launch.phases[0], lifecycle=lifecycle, held=held)
    rows = " ".join(" ".join(row.plain.split()) for row in details_lines(view_of(launch), phase, launch.now, 60))
    assert (f"Held {held[0]} {held[1]}" in rows) is (lifecycle != "waiting")


def test_a_phase_through_its_life() -> None:
    phase = launches.phases()[0]
    said = {
        "· waiting": mark_of_phase(replace(phase, lifecycle="waiting"), T0 - MINUTE),
        "▶ running": mark_of_phase(phase, T0 + MINUTE),
        "✖ LATE": mark_of_phase(phase, T0 + 6 * MINUTE),
        "■ abandoned": mark_of_phase(replace(phase, lifecycle="abandoned"), T0 + HOUR),
        "○ never begun": mark_of_phase(replace(phase, lifecycle="never begun"), T0 + HOUR),
        "✔ done": mark_of_phase(replace(phase, lifecycle="done", late=True), T0 + 6 * MINUTE),
    }
    assert {str(mark) for mark in said.values()} == set(said)
    assert palette.GREEN not in {mark.colour for mark in said.values()}


def test_a_suite_that_never_ran_is_untested_and_one_that_runs_is_running() -> None:
    launch = launches.publishing()
    assert [str(mark_of_suite(one)) for one in suites(launch)] == ["· untested"]
    running = replace(launches.green().suites[0], finished_at=None, verdict=None, word="", checks=())
    begun = replace(launch, suites=(running,))
    assert [str(mark_of_suite(one)) for one in suites(begun)] == ["▶ RUNNING"]
    again = replace(launch, suites=(launches.green().suites[0], running))
    assert [str(mark_of_suite(one)) for one in suites(again)] == ["✔ GREEN (dry-run)"]
    assert "running for" in item_row(view_of(again), suites(again)[0], launch.now, 80, selected=False).plain


def test_what_a_green_suite_tolerates_is_in_its_row() -> None:
    launch = launches.gate_red()
    run = replace(launch.suites[0], reason="")
    tolerating = replace(launch, suites=(run,))
    row = item_row(view_of(tolerating), suites(tolerating)[0], launch.now, 80, selected=False)
    assert "✔ GREEN" in row.plain
    assert "1 BLOCKED, 1 DEGRADED" in row.plain


def test_a_tick_is_a_persons_word_and_not_green() -> None:
    launch = launches.publishing()
    marks = [mark_of_step(launch, step) for step in launch.steps]
    assert [str(mark) for mark in marks] == ["✔ ticked", "✔ ticked", "✔ ticked", "◆ to do", "○ to do"]
    assert palette.GREEN not in {mark.colour for mark in marks}


@pytest.mark.covers("S3-T02")
def test_a_step_shows_its_address_as_text() -> None:
    launch = launches.before_t0()
    rows = "\n".join(line.plain for line in details_lines(view_of(launch), launch.steps[0], launch.now, 60))
    assert "Address    https://replit.com/@jamarrlmayes/workspace" in rows


def test_a_checks_lines_reasons_and_what_to_do_at_once_are_in_the_details() -> None:
    launch = launches.troubled()
    pulse = next(one for one in suites(launch) if one.id == "pulse")
    rows = [line.plain for line in details_lines(view_of(launch), pulse, launch.now, 80)]
    assert rows[0].strip() == "ACT NOW    IMMEDIATE ROLLBACK - external sends may occur!"
    text = "\n".join(rows)
    assert "✖ RED" in text
    assert "DISABLE_SEND=false" in text
    assert "DISABLE_SEND=false, expected true" in text
    assert text.index("Kill-switch") < text.index("Canary v2.7")


def test_only_posts_that_are_due_once_are_counted_down_to() -> None:
    assert [post.time for post in once_only(launches.publishing())] == ["T+5m", "T+15m"]


DAYS = {
    "today": (T0, "02:05:00Z"),
    "tomorrow": (T0 + 24 * HOUR, "Sun 02:05Z"),
    "in a week": (T0 + 7 * 24 * HOUR, "11-08 02:05Z"),
}


@pytest.mark.parametrize(("at", "said"), DAYS.values(), ids=DAYS)
def test_a_time_on_another_day_says_so(at: datetime, said: str) -> None:
    assert day_and_time(at, T0 + MINUTE) == said


@pytest.mark.parametrize("width", [80, 120])
def test_posts_that_do_not_reach_slack_are_told_in_head_notices_and_details(width: int) -> None:
    launch = launches.held_next()
    view = view_of(launch)
    assert any("war_room: FILE ONLY" in row.plain for row in header_lines(view, launch.now, None, width, 5))
    assert "war_room: no Slack access" in notice_lines(view, launch.now, width)[-1].plain
    rows = " ".join(" ".join(row.plain.split()) for row in details_lines(view, launch.updates[0], launch.now, 60))
    assert "posts go to war-room.txt only" in rows


def test_posts_that_reach_slack_are_told_to_go_nowhere_else() -> None:
    launch = replace(launches.held_next(), channels=(ChannelNow("war_room", "slack", ""),))
    view = view_of(launch)
    told = [*header_lines(view, launch.now, None, 120, 5), *notice_lines(view, launch.now, 120)]
    assert not any("FILE ONLY" in row.plain or "war-room.txt only" in row.plain for row in told)


def test_the_row_of_a_sent_post_says_when_it_was_sent_and_how_early() -> None:
    launch = launches.held_next()
    row = item_row(view_of(launch), launch.updates[0], launch.now, 100, selected=False).plain
    assert "02:08:00Z" in row
    assert "02:10:00Z" not in row
    assert row.rstrip().endswith("early by 2m00s")


@pytest.mark.parametrize("width", [80, 160])
def test_a_held_post_is_not_counted_down_to_as_the_next(width: int) -> None:
    launch = launches.held_next()
    last = header_lines(view_of(launch), launch.now, None, width, 5)[-1].plain
    assert "HELD" in last
    assert "T+1h in " not in last
    assert "then T+2h" in last
    phase = plan_items(launch)[0]
    rows = " ".join(" ".join(row.plain.split()) for row in details_lines(view_of(launch), phase, launch.now, 60))
    assert "Next post T+1h Hourly update HELD: waiting for legal (ann)" in rows
    assert "Then T+2h Hourly update in 1h40m" in rows
