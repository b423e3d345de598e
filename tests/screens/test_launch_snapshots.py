"""Pictures of a launch's console. After a wanted change: `pytest tests/screens --snapshot-update`, then look."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screens import kept, launches, launches_acting, launches_tiled
from tests.screens.closed_early import closed_early
from tests.screens.launch_stage import console_of, lose, seen
from warroom.client import LaunchNow

SIZES = {"120x36": (120, 36), "80x24": (80, 24)}


def _overdue() -> LaunchNow:
    return launches.incident(overdue=True)


def _tiled_closed() -> LaunchNow:
    tiled = launches_tiled.tiled()
    return replace(launches.closed(), signals=tiled.signals, triggers=tiled.triggers)


SCENES: dict[str, tuple[Callable[[], LaunchNow], str]] = {
    "before-t0": (launches.before_t0, ""),
    "publish-asked": (launches.before_t0, "j j space"),
    "step-asked": (launches.publishing, "j space"),
    "step-refused": (launches.publishing, "j space b minus 7 enter n o w enter"),
    "green": (launches.green, ""),
    "gate-red": (launches.gate_red, "3"),
    "suite": (launches.gate_red, "3 j j z"),
    "late": (launches.late, "2"),
    "troubled": (launches.troubled, "2"),
    "held": (launches.troubled, "2 j"),
    "held-next": (launches.held_next, "1"),
    "file-only": (launches.held_next, "2 home"),
    "incident": (launches.incident, "3"),
    "incident-overdue": (_overdue, "3"),
    "kept": (kept.kept, ""),
    "kept-about": (kept.kept, "a"),
    "unkept": (kept.unkept, ""),
    "ended": (launches.ended, ""),
    "closed": (launches.closed, ""),
    "closed-early": (closed_early, "2"),
    "hold": (launches.green, "h"),
    "remark": (launches.green, "e"),
    "t0": (launches.green, "t"),
    "gate-asked": (launches.gate_red, "3 home s"),
    "signals": (launches.watched, "5"),
    "tiles": (launches_tiled.tiled, "v"),
    "tiles-selected": (launches_tiled.tiled, "v home down right"),
    "tiles-closed": (_tiled_closed, "v"),
    "action-waits": (launches_acting.acting, "3"),
    "action-asked": (launches_acting.acting, "3 r"),
    "action-steps": (launches_acting.acting, "3 z"),
    "kill-switch": (launches_acting.acting, "K"),
    "kill-switch-refused": (launches_acting.acting, "K y e s enter"),
    "journal": (launches.green, "4 z"),
    "help": (launches.green, "question_mark"),
    "about": (launches.green, "a"),
    "leaving": (launches.green, "q"),
    "sent-text": (launches.green, "k enter"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", SCENES)
def test_picture(snap_compare: Callable[..., bool], scene: str, size: str) -> None:
    launch, keys = SCENES[scene]
    assert snap_compare(console_of(launch()), terminal_size=SIZES[size], run_before=_pressing(*keys.split()))


@pytest.mark.parametrize("size", SIZES)
def test_picture_of_a_lost_engine(snap_compare: Callable[..., bool], size: str) -> None:
    async def before(pilot: Pilot[Any]) -> None:
        await seen(pilot)
        await lose(pilot, for_s=2592.0)

    assert snap_compare(console_of(launches.green()), terminal_size=SIZES[size], run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_picture_of_a_console_that_only_reads(snap_compare: Callable[..., bool], size: str) -> None:
    app = console_of(launches.publishing(), read_only=True)
    assert snap_compare(app, terminal_size=SIZES[size], run_before=_pressing("space"))


@pytest.mark.parametrize("size", SIZES)
def test_picture_before_any_news(snap_compare: Callable[..., bool], size: str) -> None:
    assert snap_compare(console_of(None), terminal_size=SIZES[size], run_before=_pressing())


@pytest.mark.parametrize(("color", "ascii_only"), [(False, False), (True, True)], ids=["no-colour", "ascii"])
def test_picture_of_a_poor_terminal(snap_compare: Callable[..., bool], color: bool, ascii_only: bool) -> None:
    app = console_of(launches.troubled(), color=color, ascii_only=ascii_only)
    assert snap_compare(app, terminal_size=(120, 36), run_before=_pressing())


@pytest.mark.parametrize(("color", "ascii_only"), [(False, False), (True, True)], ids=["no-colour", "ascii"])
def test_picture_of_tiles_in_a_poor_terminal(
    snap_compare: Callable[..., bool], color: bool, ascii_only: bool
) -> None:
    app = console_of(launches_tiled.tiled(), color=color, ascii_only=ascii_only)
    assert snap_compare(app, terminal_size=(80, 24), run_before=_pressing("v", "home", "right"))


def test_picture_of_a_simulated_launch(snap_compare: Callable[..., bool]) -> None:
    launch = launches.green()
    app = console_of(replace(launch, title=f"{launch.title} (SIMULATED)"))
    assert snap_compare(app, terminal_size=(80, 24), run_before=_pressing())


def _pressing(*keys: str) -> Callable[[Pilot[Any]], Any]:
    async def before(pilot: Pilot[Any]) -> None:
        await seen(pilot)
        if keys:
            await pilot.press(*keys)
            await seen(pilot)

    return before
