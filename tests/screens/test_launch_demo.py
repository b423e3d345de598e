"""The console of a demo's launch: it says that nothing is real, and changes how the services behave."""

from typing import Any

import pytest

from tests.screens import launches
from tests.screens.launch_stage import console_of, seen
from tests.screens.stage import screen_text
from warroom.client import Choice, Simulation
from warroom.errors import NotNow

SIZES = ((120, 36), (80, 24))
CHOICES = (
    Choice("steady", "steady", "everything answers", in_force=True),
    Choice("latency-spike", "latency-spike", "every answer takes 350 ms"),
)


def simulation(chosen: list[str], refusal: Exception | None = None) -> Simulation:
    async def choose(name: str) -> None:
        if refusal:
            raise refusal
        chosen.append(name)

    return Simulation(CHOICES, choose)


@pytest.mark.parametrize("size", SIZES, ids=["120x36", "80x24"])
async def test_another_scenario_is_chosen_and_stands_above_everything(size: tuple[int, int]) -> None:
    chosen: list[str] = []
    app = console_of(launches.watched(), simulation=simulation(chosen))
    async with app.run_test(size=size) as pilot:
        await seen(pilot)
        assert "DEMO, scenario steady" in screen_text(app)
        await pilot.press("S", "down", "enter")
        await seen(pilot)
        shown = screen_text(app)
        assert "DEMO, scenario latency-spike" in shown
        assert "scenario latency-spike, from now on: every answer takes 350 ms" in shown
        await pilot.press("S")
        assert "latency-spike   in force" in screen_text(app)
    assert chosen == ["latency-spike"]


async def test_a_scenario_that_is_refused_is_not_shown_as_chosen() -> None:
    app = console_of(launches.green(), simulation=simulation([], NotNow("the simulated services do not answer")))
    async with app.run_test(size=SIZES[0]) as pilot:
        await seen(pilot)
        await pilot.press("S", "down", "enter")
        await seen(pilot)
        shown = screen_text(app)
    assert "not done: the simulated services do not answer" in shown
    assert "DEMO, scenario steady" in shown


async def test_whoever_leaves_is_told_that_the_demo_ends() -> None:
    app = console_of(launches.green(), simulation=simulation([]))
    async with app.run_test(size=SIZES[0]) as pilot:
        await seen(pilot)
        await pilot.press("q")
        assert "The demo ends with it" in screen_text(app)


@pytest.mark.parametrize(
    ("looks", "is_there"),
    [pytest.param({"simulation": simulation([])}, True, id="a demo"), pytest.param({}, False, id="a real launch")],
)
async def test_only_a_demo_offers_scenarios(looks: dict[str, Any], is_there: bool) -> None:
    app = console_of(launches.green(), **looks)
    async with app.run_test(size=SIZES[0]) as pilot:
        await seen(pilot)
        shown = screen_text(app)
        assert [word in shown for word in ("DEMO", "S scenario")] == [is_there] * 2
        await pilot.press("question_mark")
        assert ("Choose how the demo's services behave" in screen_text(app)) is is_there


async def test_a_real_launch_has_no_scenario_to_choose() -> None:
    app = console_of(launches.green())
    async with app.run_test(size=SIZES[0]) as pilot:
        await seen(pilot)
        await pilot.press("S")
        await seen(pilot)
        assert "only a demo has scenarios: this launch is real" in screen_text(app)


async def test_the_key_for_the_selected_trigger_is_at_the_foot_of_a_narrow_demo() -> None:
    app = console_of(launches.watched(), simulation=simulation([]))
    async with app.run_test(size=SIZES[1]) as pilot:
        await pilot.press("5", "home")
        await seen(pilot)
        foot = screen_text(app).rstrip().splitlines()[-1]
    assert "w trigger" in foot
    assert [told for told in ("? help", "q leave", "S scenario") if told not in foot] == []
