"""A replayed run is shown."""

from tests.screens import replays
from tests.screens.stage import console_for, shown


async def test_a_green_run_is_shown_and_left_with_its_exit_code() -> None:
    app = console_for(replays.green())
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(pilot)
        await pilot.press("q")
    assert app.return_value == 0
