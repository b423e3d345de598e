"""A trigger that somebody acknowledged or snoozed: its row says so, and what is still so stays in sight."""

import pytest

from tests.screens import launches
from tests.screens.launch_stage import console_of, seen
from tests.screens.launch_views import colours, view_of
from tests.screens.launches import HOUR, MINUTE, TRIGGER
from tests.screens.stage import screen_text
from warroom.client.signal_values import SaidNow
from warroom.screens import palette
from warroom.screens.launch_about import about_items
from warroom.screens.launch_notices import notice_lines
from warroom.screens.launch_signals import trigger_alarms

NOW = launches.green().now
ACKED = SaidNow("ann", NOW - MINUTE, NOW + HOUR, "on it")


@pytest.mark.parametrize("stage", ["firing", "resolving", "latched", "blind"])
def test_what_is_snoozed_and_still_so_stands_above_calmer_than_an_alarm(stage: str) -> None:
    launch = launches.watched(stage=stage, snoozed=ACKED)
    told = notice_lines(view_of(launch), launch.now, 160)
    said = next(row for row in told if "snoozed by ann until 03:25:00Z" in row.plain)
    assert stage.upper() in said.plain
    assert TRIGGER.title in said.plain
    assert palette.YELLOW in colours(said)
    assert palette.RED not in colours(said)
    assert list(trigger_alarms(launch, launch.now)) == []
    assert ("Snoozed", said.plain.strip(" ▲")) in about_items(view_of(launch), launch.now)


def test_of_one_that_is_snoozed_and_well_nothing_stands_above() -> None:
    launch = launches.watched(stage="idle", snoozed=ACKED)
    assert [row for row in notice_lines(view_of(launch), launch.now, 160) if "snoozed" in row.plain] == []


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
@pytest.mark.parametrize(("changes", "trace"), [({"acked": ACKED}, "acked"), ({"snoozed": ACKED}, "snoozed")])
async def test_the_row_of_a_trigger_shows_that_somebody_knows(
    size: tuple[int, int], changes: dict[str, SaidNow], trace: str
) -> None:
    app = console_of(launches.watched(title="Pause: too many server errors in production", **changes))
    async with app.run_test(size=size) as pilot:
        await seen(pilot)
        await pilot.press("5")
        await seen(pilot)
        assert f"{trace}, for 2m00s" in screen_text(app)
