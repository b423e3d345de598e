"""Pictures of the console. After a wanted change: `pytest tests/screens --snapshot-update`, then look at each one."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screens import replays
from tests.screens.stage import CHOICES, console_for, shown
from warroom.events import Event

SIZES = {"120x36": (120, 36), "80x24": (80, 24)}
SCENES: dict[str, tuple[Callable[[], list[Event]], str]] = {
    "nothing-yet": (list, ""),
    "running": (replays.running, ""),
    "green": (replays.green, ""),
    "gate-red": (replays.gate_red, "j"),
    "kill-switch-off": (replays.kill_switch_off, ""),
    "unreachable": (replays.unreachable, ""),
    "retrying": (replays.retrying, ""),
    "slow-tail": (replays.slow_tail, ""),
    "rerun": (replays.rerun, ""),
    "details": (replays.gate_red, "j enter"),
    "question-open": (replays.asking, ""),
    "question": (replays.asking, "a"),
    "help": (replays.green, "question_mark"),
    "about": (replays.unreachable, "n"),
    "choices": (replays.green, "s down"),
    "leaving": (replays.running, "q"),
    "many": (replays.many, "end"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", SCENES)
def test_picture(snap_compare: Callable[..., bool], scene: str, size: str) -> None:
    events, keys = SCENES[scene]
    app = console_for(events(), choices=CHOICES if scene == "choices" else ())
    assert snap_compare(app, terminal_size=SIZES[size], run_before=pressing(*keys.split()))


@pytest.mark.parametrize(("color", "ascii_only"), [(False, False), (True, True)], ids=["no-colour", "ascii"])
def test_picture_of_a_poor_terminal(snap_compare: Callable[..., bool], color: bool, ascii_only: bool) -> None:
    app = console_for(replays.kill_switch_off(), color=color, ascii_only=ascii_only)
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressing())


def test_picture_of_a_refused_answer(snap_compare: Callable[..., bool]) -> None:
    app = console_for(replays.asking("timestamp"))
    keys = pressing("a", *"yesterday", "enter")
    assert snap_compare(app, terminal_size=(80, 24), run_before=keys)


def pressing(*keys: str) -> Callable[[Pilot[Any]], Any]:
    async def before(pilot: Pilot[Any]) -> None:
        await shown(pilot)
        if keys:
            await pilot.press(*keys)
            await shown(pilot)

    return before
