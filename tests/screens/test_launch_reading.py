"""What windows over a launch's console say: the keys, what is wrong, that a text goes on, what decides."""

import pytest

from tests.screens import launches
from tests.screens.launch_stage import StagedLaunch, console_of, seen
from tests.screens.launch_views import view_of
from tests.screens.stage import screen_text
from warroom.client import Fresh, LaunchNow
from warroom.screens.dialogs import Confirm
from warroom.screens.launch_about import about_items
from warroom.screens.launch_alarms import alarms

WIDE = (120, 36)


@pytest.mark.parametrize("key", ["question_mark", "a"])
async def test_a_text_that_goes_on_says_so_until_its_end_is_seen(key: str) -> None:
    app = console_of(launches.troubled())
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot)
        await pilot.press(key)
        await pilot.pause()
        shown = screen_text(app)
        assert "more below" in shown
        for _ in range(60):
            await pilot.press("down")
        await pilot.pause()
        end = screen_text(app)
        assert "more below" not in end
        assert end != shown


async def test_a_text_that_is_seen_whole_does_not_say_that_it_goes_on() -> None:
    app = console_of(launches.green())
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        await pilot.press("N")
        await pilot.pause()
        assert "more below" not in screen_text(app)


async def test_the_list_of_keys_leaves_out_what_the_launch_cannot_do() -> None:
    for launch, is_there in ((launches.green(), False), (launches.closed(), False), (launches.watched(), True)):
        app = console_of(launch)
        async with app.run_test(size=(120, 60)) as pilot:
            await seen(pilot)
            await pilot.press("question_mark")
            await pilot.pause()
            shown = screen_text(app)
            assert ("All signals and triggers as tiles" in shown) is is_there
            assert ("Open an incident" in shown) is (launch.closed is None)
            assert "Stop sends, from every window" not in shown
            assert "Leave; asks first" in shown
            assert "Read about this launch: what is wrong" in shown


@pytest.mark.parametrize("launch", [launches.troubled(), launches.incident(overdue=True)])
def test_what_is_wrong_can_all_be_read_whole_in_one_place(launch: LaunchNow) -> None:
    read = about_items(view_of(launch), launch.now)
    wrong = [("Wrong", alarm.text) for alarm in alarms(launch, launch.now)]
    assert wrong
    assert read[: len(wrong)] == wrong


async def test_enter_in_a_yes_or_no_decides_nothing_and_says_which_keys_do() -> None:
    client = StagedLaunch([Fresh(launches.before_t0())])
    app = console_of(launches.before_t0(), client=client)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot)
        await pilot.press("t", "enter", "enter")
        await pilot.pause()
        assert isinstance(app.screen, Confirm)
        shown = screen_text(app)
        assert "Nothing is decided yet." in shown
        assert " y  set T0      n  leave it" in shown
        await pilot.press("y")
        await seen(pilot)
    assert client.asked == [{"request": "t0"}]
