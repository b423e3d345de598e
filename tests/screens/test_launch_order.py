"""Ticking steps in a launch's console out of their order."""

from tests.screens import launches
from tests.screens.launch_stage import StagedLaunch, console_of, seen
from tests.screens.stage import screen_text
from warroom.client import Fresh


async def test_a_step_out_of_order_is_asked_about_with_those_that_it_skips() -> None:
    client = StagedLaunch([Fresh(launches.before_t0())])
    app = console_of(launches.before_t0(), client=client)
    async with app.run_test(size=(120, 36)) as pilot:
        await seen(pilot)
        await pilot.press("j", "space")
        await pilot.pause()
        asked = screen_text(app)
        await pilot.press("escape")
        await seen(pilot)
    assert "Tick it out of order?" in asked
    assert "Not ticked before it: Navigate to the workspace" in asked
    assert client.asked == []
