"""What a launch's console says of a launch that is closed: nothing of it is still to come."""

import re
from dataclasses import replace
from datetime import datetime

import pytest

from tests.screens import launches
from tests.screens.closed_early import closed_early
from tests.screens.launches import HOUR, MINUTE
from tests.screens.launches_acting import acting
from warroom.client import LaunchNow
from warroom.screens.launch_details import details_lines
from warroom.screens.launch_head import header_lines, launch_clock
from warroom.screens.launch_marks import mark_of_suite
from warroom.screens.launch_notices import notice_lines
from warroom.screens.launch_rows import item_row
from warroom.screens.launch_tabs import head_line
from warroom.screens.launch_view import Item, LaunchView, fresh, plan_items, post_of_interest, state_items, suites


def view_of(launch: LaunchNow) -> LaunchView:
    return fresh(LaunchView(launch.launch), launch)


@pytest.mark.parametrize("launch", [launches.closed(), closed_early()], ids=["in the end", "early"])
def test_nothing_of_a_closed_launch_is_still_to_come(launch: LaunchNow) -> None:
    view, now = view_of(launch), launch.now + HOUR
    items = [*plan_items(launch), *launch.updates, *state_items(launch)]
    lines = [item_row(view, item, now, 120, selected=True) for item in items]
    lines += [line for item in items for line in details_lines(view, item, now, 120)]
    lines += [*notice_lines(view, now, 200), *header_lines(view, now, None, 120, 5)]
    text = "\n".join(line.plain for line in lines)
    ahead = (
        r"(?<!expires )\bin \d",
        r"\d left\b",
        "scheduled",
        "waiting",
        "running",
        "sending",
        "checking",
        "to do ",
    )
    assert re.findall("|".join((*ahead, "until Gate")), text) == []
    assert launch_clock(launch, now) == launch_clock(launch, launch.now - MINUTE)
    assert notice_lines(view, now, 200)[0].plain.startswith(" ■ This launch was closed at ")


def test_what_was_read_of_a_closed_launch_tells_when_and_grows_no_older() -> None:
    watched = launches.watched()
    read: tuple[Item, ...] = (*acting().levers, *watched.gates, *suites(watched), *watched.signals, *watched.triggers)
    launch = replace(watched, closed=launches.closed().closed, levers=acting().levers, engine=None)
    view, later = view_of(launch), launch.now + HOUR
    assert len(read) > 5

    def shown(now: datetime) -> str:
        lines = [item_row(view, item, now, 160, selected=False) for item in read]
        lines += [line for item in read for line in details_lines(view, item, now, 120)]
        return "\n".join(line.plain for line in lines)

    assert shown(launch.now) == shown(later)
    assert " ago" not in shown(later)
    gate = next(one for one in watched.gates if one.at)
    assert f"read {gate.at:%Y-%m-%dT%H:%M:%SZ}" in item_row(view, gate, later, 160, selected=False).plain


def test_a_closed_launch_says_which_posts_it_owed_and_left_and_what_it_broke_off() -> None:
    launch = closed_early()
    told = [line.plain.strip() for line in notice_lines(view_of(launch), launch.now, 200)]
    assert "✖ NOT KNOWN whether it arrived: T+3h Hourly update" in told
    owed = replace(launch.updates[5], late_s=60.0)
    launch = replace(launch, updates=(*launch.updates[:5], owed, *launch.updates[6:]))
    told = [line.plain.strip() for line in notice_lines(view_of(launch), launch.now, 200)]
    assert "✖ NOT SENT, due when the launch was closed: T+4h Hourly update" in told
    posts = head_line(view_of(launch), launch.now, "posts", 80, focused=False).plain
    assert "5/19 done ✖ 1 FAILED, 1 NOT SENT" in posts
    (pulse,) = (suite for suite in suites(launch) if suite.id == "pulse")
    assert "broken off" not in str(mark_of_suite(pulse))
    assert "broken off" in str(mark_of_suite(replace(pulse, finished=None)))


def test_what_was_left_unsent_is_looked_at_first() -> None:
    assert post_of_interest(closed_early()) == "hourly@T+3h"
    assert post_of_interest(launches.closed()) == "four_hourly@T+48h"
