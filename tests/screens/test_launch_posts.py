"""What a launch's console says and asks about posts: copies, tasks for people, what failed, what was sent."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.screens import launches
from tests.screens.launch_stage import StagedLaunch, console_of, seen
from tests.screens.launch_views import view_of
from tests.screens.launches import HOUR, MINUTE, T0
from tests.screens.stage import screen_text
from tests.screens.test_launch_keys import WIDE, pressed
from warroom.client import Fresh, LaunchNow
from warroom.client.values import PostNow, TaskNow
from warroom.screens import palette
from warroom.screens.launch import LaunchScreen
from warroom.screens.launch_details import details_lines
from warroom.screens.launch_marks import mark_of_post
from warroom.screens.launch_rows import item_row
from warroom.screens.launch_view import LaunchView, once_only


def by_hand() -> LaunchNow:
    """A launch whose next post is a task for a person."""
    task = TaskNow("email", "stakeholders", "", "Launch - Tomorrow")
    do = "tell it by email to stakeholders, then: warroom post x hourly@T+1h --done (or --skip --reason TEXT)"
    more = {"standing": "to do", "channel": "mail", "task": task, "do": do, "text": "auto_com_center is live."}
    return launches.with_post(launches.green(), 2, **more)


FAILED = launches.with_post(launches.green(), 2, standing="failed", reason="token_revoked")
REQUESTS: dict[str, tuple[LaunchNow, list[str], dict[str, Any]]] = {
    "a post goes out now after a yes": (launches.green(), ["p", "y"], {"request": "post", "slot": "hourly@T+1h"}),
    "a post is held with a reason": (
        launches.green(),
        ["h", *"wrong", "enter"],
        {"request": "hold", "slot": "hourly@T+1h", "reason": "wrong"},
    ),
    "a held post is released": (launches.troubled(), ["2", "j", "u"], {"request": "release", "slot": "hourly@T+4h"}),
    "a remark is written": (
        launches.green(),
        ["e", *"slow", "ctrl+s"],
        {"request": "draft", "slot": "hourly@T+1h", "text": "slow"},
    ),
    "what was sent goes out again with a reason": (
        launches.green(),
        ["k", "p", *"lost", "enter"],
        {"request": "post_again", "slot": "evidence_bundle@T+15m", "reason": "lost"},
    ),
    "what failed goes out again with a reason": (
        FAILED,
        ["2", "home", "j", "j", "p", *"new", "enter"],
        {"request": "post_again", "slot": "hourly@T+1h", "reason": "new"},
    ),
    "a task is done, and nowhere to be seen": (
        by_hand(),
        ["2", "space", "enter"],
        {"request": "post_done", "slot": "hourly@T+1h", "link": ""},
    ),
    "a task is done, and can be seen": (
        by_hand(),
        ["2", "p", *"http", "colon", "slash", "slash", "x", "enter"],
        {"request": "post_done", "slot": "hourly@T+1h", "link": "http://x"},
    ),
    "a task is skipped with a reason": (
        by_hand(),
        ["2", "h", *"none", "enter"],
        {"request": "post_skip", "slot": "hourly@T+1h", "reason": "none"},
    ),
}


@pytest.mark.parametrize(("launch", "keys", "body"), REQUESTS.values(), ids=REQUESTS)
async def test_keys_ask_for_what_becomes_of_a_post(launch: LaunchNow, keys: list[str], body: dict[str, Any]) -> None:
    client = StagedLaunch([Fresh(launch)], answer="entry 42: it is on record")
    shown = await pressed(client, launch, keys)
    assert client.asked == [body]
    assert shown.rstrip().endswith("entry 42: it is on record")


async def test_what_another_post_tells_is_not_sent_by_itself() -> None:
    client = StagedLaunch([Fresh(launches.with_post(launches.green(), 1, standing="merged"))])
    told = launches.with_post(launches.green(), 1, standing="merged")
    assert "is merged already" in await pressed(client, told, ["k", "p"])
    assert client.asked == []


async def test_a_remark_that_was_changed_is_not_thrown_away_at_once() -> None:
    client = StagedLaunch([Fresh(launches.green())])
    app = console_of(launches.green(), client=client)
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        await pilot.press("e", *"slow", "escape")
        await pilot.pause()
        assert "Your changes are not sent" in screen_text(app)
        await pilot.press("escape")
        await seen(pilot)
        assert isinstance(app.screen, LaunchScreen)
    assert client.asked == []


DUE = T0 + 5 * MINUTE
MARKS = [
    ("there for a person to do", {"standing": "to do"}, -MINUTE, "◆ to do", palette.ACCENT),
    ("not done by its time", {"standing": "to do"}, MINUTE, "✖ to do", palette.RED),
    (
        "done by a person, whose word is no measurement",
        {"standing": "done", "by": "ada"},
        HOUR,
        "✔ done",
        palette.TEXT,
    ),
    ("skipped", {"standing": "skipped", "by": "ada"}, HOUR, "○ skipped", palette.DIM),
]


@pytest.mark.parametrize(
    ("changes", "after", "mark", "colour"), [row[1:] for row in MARKS], ids=[row[0] for row in MARKS]
)
def test_the_mark_of_a_task(changes: dict[str, Any], after: timedelta, mark: str, colour: str) -> None:
    post = replace(launches.posts()[0], **changes)
    found = mark_of_post(view_of(launches.green()), post, DUE + after)
    assert (str(found), found.colour) == (mark, colour)


def told(view: LaunchView, post: PostNow) -> str:
    assert view.launch is not None
    return "\n".join(one.plain for one in details_lines(view, post, view.launch.now, 78))


def test_a_task_says_how_it_is_told_and_what_to_do_and_who_did_it() -> None:
    view = view_of(by_hand())
    assert view.launch is not None
    said = told(view, view.launch.updates[2])
    for part in ("email to stakeholders", "Launch - Tomorrow", "--done (or --skip", "auto_com_center is live."):
        assert part in said
    done = replace(view.launch.updates[2], standing="done", by="ada", sent_at=T0 + HOUR, ref="https://x", do="")
    assert "in time, by ada" in told(view, done)
    assert "By hand" in told(view, done)


def test_where_an_update_goes_to_several_channels_each_row_says_to_which() -> None:
    launch = launches.green()
    copy = replace(launch.updates[2], slot="hourly@T+1h/on_call", channel="on_call")
    view = view_of(replace(launch, updates=(*launch.updates, copy)))
    assert view.launch is not None
    rows = [item_row(view, post, launch.now, 120, selected=False).plain for post in view.launch.updates]
    assert "war_room: Hourly update" in rows[2]
    assert "on_call: Hourly update" in rows[-1]
    assert not any("war_room: " in row for row in rows[3:-1])
    assert once_only(launch) == once_only(view.launch), "a copy takes nothing from the countdowns"


def test_a_post_that_failed_says_what_to_do() -> None:
    view = view_of(launches.green())
    failed = replace(
        launches.posts()[0],
        standing="failed",
        reason="token_revoked",
        do="get a new token, then: warroom post x y --again",
    )
    assert "get a new token" in told(view, failed)


def test_below_the_text_of_a_post_stands_what_stands_below_it_in_its_channel() -> None:
    view = view_of(launches.green())
    below = "LATE by 12m3s; journal 42.9f86d081884c"
    post = replace(launches.posts()[0], standing="sent", text="PUBLISHED\nBuild ID: b-1", delivery=below)
    rows = told(view, post).splitlines()
    assert [row.strip(" │") for row in rows[-3:]] == ["PUBLISHED", "Build ID: b-1", below]
    assert "journal" not in told(view, replace(post, standing="due", delivery=""))


def test_a_post_that_failed_says_when_instead_of_when_it_was_due() -> None:
    launch, failed_at = launches.green(), T0 + 21 * MINUTE
    due = T0 + 2 * HOUR
    launch = launches.with_post(launch, 3, standing="failed", reason="token_revoked", due=due, failed_at=failed_at)
    view, post = view_of(launch), launch.updates[3]
    row = item_row(view, post, launch.now, 100, selected=False).plain
    assert "02:26:00Z" in row
    assert "04:05:00Z" not in row
    told = "\n".join(" ".join(row.plain.split()) for row in details_lines(view, post, launch.now, 100))
    assert "Failed 2025-11-01T02:26:00Z" in told
