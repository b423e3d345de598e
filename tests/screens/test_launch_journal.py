"""The journal in a launch's console follows its newest line, whatever room it has."""

from dataclasses import replace

import pytest

from tests.screens import launches
from tests.screens.launch_stage import AGAIN, StagedLaunch, console_of, seen
from tests.screens.stage import screen_text
from warroom.client import Fresh, LaunchNow, Lost
from warroom.client.values import LogNow

SIZES = ((120, 36), (80, 24))


def _with_lines(count: int) -> LaunchNow:
    launch = launches.green()
    log = tuple(
        LogNow(number, launch.now, "engine", "note", f"line {number} of many") for number in range(1, count + 1)
    )
    return replace(launch, log=log, seq=count)


@pytest.mark.parametrize("size", SIZES)
async def test_the_journal_follows_its_newest_line_until_a_person_looks_back(size: tuple[int, int]) -> None:
    app = console_of(_with_lines(30))
    client = app.client
    assert isinstance(client, StagedLaunch)
    async with app.run_test(size=size) as pilot:
        await seen(pilot)
        for count in (60, 90):
            client.tell(Fresh(_with_lines(count)))
            await seen(pilot)
            await pilot.press("4")
            await seen(pilot)
            assert f"line {count} of many" in screen_text(app)
        # Something is said below: the pane has less room for a while.
        client.tell(Lost("no engine runs the launch, nothing is posted", app.launch.clock.now(), AGAIN))
        await seen(pilot)
        client.tell(Fresh(_with_lines(120)))
        await seen(pilot)
        assert "line 120 of many" in screen_text(app)
        await pilot.press("pageup")
        await seen(pilot)
        assert "line 120 of many" not in screen_text(app)
        client.tell(Fresh(_with_lines(150)))
        await seen(pilot)
        assert "line 150 of many" not in screen_text(app)
        await pilot.press("end")
        await seen(pilot)
        client.tell(Fresh(_with_lines(180)))
        await seen(pilot)
        assert "line 180 of many" in screen_text(app)
