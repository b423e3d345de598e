"""The head of a launch's console: its one mark, its clock, its banner, and what it counts down to."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.screens import launches
from tests.screens.launch_views import colours, lost, view_of
from tests.screens.launches import HOUR, MINUTE, T0
from warroom.client import LaunchNow, Lost
from warroom.screens import palette
from warroom.screens.launch_alarms import alarms
from warroom.screens.launch_head import countdown_part, header_lines, launch_clock, mode_words, overall
from warroom.screens.launch_notices import notice_lines
from warroom.screens.launch_view import LaunchView
from warroom.verdict import Verdict

SECOND = timedelta(seconds=1)
DUE = T0 + 5 * MINUTE


OVERALL: dict[str, tuple[LaunchNow, str]] = {
    "before T0": (launches.before_t0(), "· NOT LAUNCHED YET"),
    "after T0, nothing tested": (launches.publishing(), "· NOTHING TESTED YET"),
    "a post is late": (launches.late(), "✖ POST LATE"),
    "all is well": (launches.green(), "✔ GREEN (dry-run)"),
    "what waits for Gate 1 is tolerated": (launches.gate_red(), "✔ GREEN (dry-run)"),
    "the kill switch is off": (launches.troubled(), "✖ ACT AT ONCE +3"),
    "an incident is open": (launches.incident(), "✖ INCIDENT OPEN"),
    "a note is overdue": (launches.incident(overdue=True), "✖ NOTE OVERDUE"),
    "the clock was set": (replace(launches.green(), clock_set_s=3600.0), "✖ CLOCK WAS SET"),
    "it is closed": (launches.closed(), "■ CLOSED"),
}


@pytest.mark.parametrize(("launch", "said"), OVERALL.values(), ids=OVERALL)
def test_the_launch_in_one_mark(launch: LaunchNow, said: str) -> None:
    assert str(overall(view_of(launch), launch.now)) == said


def test_before_any_news_and_after_the_loss_nothing_is_said_to_be_well() -> None:
    assert str(overall(LaunchView("x"), T0)) == "· CONNECTING"
    assert str(overall(lost(launches.green()), T0 + HOUR)) == "? ENGINE LOST"


def test_an_engine_that_was_stopped_in_order_is_not_lost() -> None:
    launch = launches.green()
    view = view_of(launch).heard(Lost("no engine runs", launch.now, "warroom run", "by ada at 02:25:00Z"), launch.now)
    assert str(overall(view, launch.now)) == "? ENGINE STOPPED"
    told = [line.plain.strip() for line in notice_lines(view, launch.now + MINUTE, 160)]
    assert told[0] == ("? ENGINE STOPPED by ada at 02:25:00Z, what is shown is as of 02:25:00Z: no engine runs")
    assert "it goes on with: warroom run" in told[1]


@pytest.mark.parametrize("launch", [launches.troubled(), launches.late(), launches.incident(overdue=True)])
def test_every_alarm_that_the_head_counts_is_spelled_out(launch: LaunchNow) -> None:
    found = alarms(launch, launch.now)
    shown = [line.plain for line in notice_lines(view_of(launch), launch.now, 300)]
    assert [alarm.text for alarm in found] == [line.strip(" ✖") for line in shown[: len(found)]]


def test_the_head_says_what_keeps_the_launch_from_green() -> None:
    launch = launches.green()
    why = ("P95 latency: no data", "5xx errors YELLOW")
    unknown = replace(launch.overall, verdict=Verdict.INCONCLUSIVE, word="UNKNOWN", why=why)
    assert str(overall(view_of(launch), launch.now)) == "✔ GREEN (dry-run)"
    assert str(overall(view_of(replace(launch, overall=unknown)), launch.now)) == "? UNKNOWN: P95 latency: no data +1"


CLOCKS = {
    "before": (T0 - 10 * MINUTE, "T-00:10:00"),
    "at T0": (T0, "T+00:00:00"),
    "minutes": (T0 + 187 * SECOND, "T+00:03:07"),
    "four days": (T0 + 96 * HOUR, "T+96:00:00"),
}


@pytest.mark.parametrize(("now", "said"), CLOCKS.values(), ids=CLOCKS)
def test_the_clock_of_the_launch(now: datetime, said: str) -> None:
    assert launch_clock(launches.publishing(), now) == said


def test_the_clock_without_t0() -> None:
    assert launch_clock(launches.before_t0(), T0) == "T0 not set"


MODES: dict[str, tuple[LaunchNow, datetime, list[str]]] = {
    "before T0": (launches.before_t0(), T0, ["DRY-RUN"]),
    "768 seconds in": (launches.publishing(), T0 + 768 * SECOND, ["DRY-RUN, 47:47:12 left"]),
    "one second before the end": (launches.green(), T0 + 48 * HOUR - SECOND, ["DRY-RUN, 00:00:01 left"]),
    "at the end": (launches.green(), T0 + 48 * HOUR, ["dry-run rules have ended, 02:05:00Z, 0 s ago"]),
    "an hour after it": (launches.green(), T0 + 49 * HOUR, ["dry-run rules have ended, 02:05:00Z, 1h00m ago"]),
    "while Gate 1 is red": (launches.gate_red(), T0 + 20 * MINUTE,
                            ["DRY-RUN, 47:40:00 left", "receive-and-queue until Gate 1 is GREEN"]),
}  # fmt: skip


@pytest.mark.parametrize(("launch", "now", "said"), MODES.values(), ids=MODES)
def test_the_banner_of_the_mode(launch: LaunchNow, now: datetime, said: list[str]) -> None:
    assert [words for words, _ in mode_words(launch, now)] == said


@pytest.mark.covers("S3-C11", "S3-G01")
@pytest.mark.parametrize("change", [{"state": "red"}, {"state": "unknown"}, {"stale": True}, {"at": None}], ids=str)
def test_receive_and_queue_lasts_until_gate_1_is_known_to_be_green(change: dict[str, Any]) -> None:
    launch = launches.green()
    held = replace(launch, gates=(replace(launch.gates[0], **change), launch.gates[1]))
    assert "receive-and-queue until Gate 1 is GREEN" in [words for words, _ in mode_words(held, launch.now)]
    assert len(mode_words(launch, launch.now)) == 1


COUNTDOWNS: dict[str, tuple[datetime, str, bool]] = {
    "four minutes before": (DUE - 4 * MINUTE, "T+5m Publish confirmation in 4m00s", False),
    "one second before": (DUE - SECOND, "T+5m Publish confirmation in 1 s", False),
    "passed": (DUE, "T+5m Publish confirmation LATE by 0 s", True),
    "passed by a minute": (DUE + MINUTE, "T+5m Publish confirmation LATE by 1m00s", True),
}


@pytest.mark.parametrize(("now", "said", "is_red"), COUNTDOWNS.values(), ids=COUNTDOWNS)
def test_a_countdown(now: datetime, said: str, is_red: bool) -> None:
    launch = launches.publishing()
    part = countdown_part(view_of(launch), launch.updates[0], now)
    assert part.plain.strip() == said
    assert (palette.RED in colours(part)) == is_red


@pytest.mark.covers("S3-T05")
def test_the_head_shows_dri_and_go_and_counts_down_to_both_posts() -> None:
    launch = launches.publishing()
    for size in (120, 80):
        head = "\n".join(line.plain for line in header_lines(view_of(launch), launch.now, None, size, 5))
        assert "DRI auto_com_center Lead (Comms DRI)" in head
        assert "CEO GO 2025-11-01T02:00:00Z" in head
        assert "T+5m Publish confirmation in 2m00s" in head
        assert "T+15m Evidence bundle in 12m00s" in head
        passed = header_lines(view_of(launch), T0 + 16 * MINUTE, None, size, 5)
        assert "LATE by 11m00s" in passed[-1].plain
        assert "LATE by 1m00s" in passed[-1].plain
        assert palette.RED in colours(passed[-1])
        assert palette.RED not in colours(header_lines(view_of(launch), launch.now, None, size, 5)[-1])


@pytest.mark.covers("S3-P04", "S3-C11")
def test_the_banner_counts_down_48_hours_and_then_says_that_the_rules_ended() -> None:
    launch = launches.publishing()
    told = {hours: mode_words(launch, T0 + hours * HOUR)[0][0] for hours in (0, 24, 48)}
    assert told[0] == "DRY-RUN, 48:00:00 left"
    assert told[24] == "DRY-RUN, 24:00:00 left"
    assert told[48].startswith("dry-run rules have ended")
    ended = launches.ended()
    assert ended.next is None
    assert max(post.due for post in ended.updates if post.due) == T0 + 48 * HOUR
