"""Signals and triggers as tiles: what each tells, how keys go from one to another, and what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screens import launches, launches_tiled
from tests.screens.launch_stage import PicturedLaunch, StagedLaunch, console_of, lose, seen
from tests.screens.launches import SIGNAL, SLO, T0, TRIGGER
from tests.screens.stage import screen_text
from warroom.client import Fresh
from warroom.client.signal_values import BreachNow, LimitNow, SignalNow, TriggerNow
from warroom.screens import launch_board, palette
from warroom.screens.launch_signals import signal_items
from warroom.screens.launch_tiles import TILE_HEIGHT, TILE_WIDTH, tile_lines
from warroom.screens.launch_view import Item

NOW = launches.green().now
WIDE, NARROW = (120, 36), (80, 24)
BROKEN = LimitNow("page", ">= 1%", "RED", None)
_HOSTILE = "[red]\\x1b[2J" + "漢字🙂" * 40


def told(item: SignalNow | TriggerNow, width: int = 60, **more: Any) -> list[str]:
    """The words of each line."""
    return [" ".join(row.plain.split()).rstrip(" ─") for row in tile_lines(item, NOW, width, **more)]


def _signal(**changes: Any) -> SignalNow:
    return replace(SIGNAL, **changes)


def _trigger(**changes: Any) -> TriggerNow:
    return replace(TRIGGER, **changes)


TILES: dict[str, tuple[SignalNow | TriggerNow, Sequence[str]]] = {
    "a signal that is well: its value, course, next limit, age, what it is made of, and what comes next": (
        _signal(),
        ["✔ GREEN 5xx errors", "0.2% ↑ ▅█", "warn >= 0.5% 3 s old", "from 1,234 events in 5m",
         "warn at >= 0.5%, 0.3% away, YELLOW"],
    ),
    "one within its limits whose trigger fires: which one": (
        _signal(breach=BreachNow("pause_5xx", "firing")),
        ["✖ FIRING 5xx errors", "0.2% ↑ ▅█", "warn >= 0.5% 3 s old", "from 1,234 events in 5m", "pause_5xx FIRING"],
    ),
    "one within its limits whose trigger is pending: when it fires": (
        _signal(breach=BreachNow("pause_5xx", "pending"), next="fires at 02:27:00Z"),
        ["◆ pending 5xx errors", "0.2% ↑ ▅█", "warn >= 0.5% 3 s old", "from 1,234 events in 5m",
         "fires at 02:27:00Z"],
    ),
    "one that is red: the limit that makes it so": (
        _signal(level="red", shown="1.2%", limits=(SIGNAL.limits[0], BROKEN), next=""),
        ["✖ RED 5xx errors", "1.2% ↑ ▅█", "page >= 1% 3 s old", "from 1,234 events in 5m", ""],
    ),
    "one with a budget: what is left, how fast it goes, when it is gone": (
        _signal(slo=replace(SLO, budget_left=0.042, burn=21.3, exhausted_at=T0), next="fires at 02:27:00Z"),
        ["✔ GREEN 5xx errors", "0.2% ↑ ▅█", "warn >= 0.5% 3 s old", "budget 4.2% · burn 21.3 · gone 02:05:00Z",
         "fires at 02:27:00Z"],
    ),
    "one that has nothing but a budget: what is aimed at": (
        _signal(slo=SLO, limits=(), next=""),
        ["✔ GREEN 5xx errors", "0.2% ↑ ▅█", "objective 99.9% 3 s old", "budget 75.0% · burn 0.5", ""],
    ),
    "one whose budget is gone": (
        _signal(slo=replace(SLO, budget_left=-0.2, burn=None), next=""),
        ["✔ GREEN 5xx errors", "0.2% ↑ ▅█", "warn >= 0.5% 3 s old", "budget USED UP", ""],
    ),
    "one that cannot be judged says why": (
        _signal(level="unknown", reason="the window is filling: 33% of it is there, 80% are needed", spark=()),
        ["? UNKNOWN 5xx errors", "0.2% ↑", "warn >= 0.5% 3 s old",
         "the window is filling: 33% of it is there, 80% are needed", ""],
    ),
    "one that was never measured has no value and no age": (
        _signal(at=None, age_s=None, shown="", level="unknown", reason="nobody has looked", spark=(),
                trend="unknown"),
        ["? NO DATA 5xx errors", "no data", "warn >= 0.5%", "nobody has looked", ""],
    ),
    "a trigger that fires: for how long, what it waits for, what it does, why": (
        _trigger(),
        ["✖ FIRING 5xx over 1 %", "for 2m00s trigger", ">= 1% for 5m",
         "pause, runs pause_sends when a person confirms it",
         "1.2% since 02:23"],
    ),
    "one that waits counts down": (
        _trigger(stage="pending", fires_at=NOW + launches.MINUTE, reason=""),
        ["◆ pending 5xx over 1 %", "fires in 1m00s trigger", ">= 1% for 5m",
         "pause, runs pause_sends when a person confirms it", ""],
    ),
    "an idle one": (
        _trigger(stage="idle", reason=""),
        ["· idle 5xx over 1 %", "does not hold trigger", ">= 1% for 5m",
         "pause, runs pause_sends when a person confirms it", ""],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("item", "lines"), TILES.values(), ids=TILES)
def test_what_a_tile_tells(item: SignalNow | TriggerNow, lines: Sequence[str]) -> None:
    assert told(item) == lines


def test_a_reason_goes_on_in_the_next_line_and_is_cut_at_its_end() -> None:
    unknown = _signal(level="unknown", reason="the window is filling: 33% of it is there, 80% are needed")
    assert told(unknown, TILE_WIDTH)[3:] == ["the window is filling:", "33% of it is there, 80%…"]


def test_a_value_that_is_old_stands_out() -> None:
    _, _, row, *_ = tile_lines(_signal(age_s=192.0), NOW, 40)
    (style,) = {str(span.style) for span in row.spans if row.plain[span.start : span.end].strip() == "3m12s old"}
    assert style == str(palette.ink(palette.YELLOW, bold=True))


def test_of_a_closed_launch_it_tells_what_was_and_nothing_that_comes() -> None:
    assert told(_signal(), is_over=True) == [
        "○ was GREEN 5xx errors", "0.2% ↑ ▅█", "warn >= 0.5% 02:24:57Z", "from 1,234 events in 5m", ""
    ]  # fmt: skip


@pytest.mark.parametrize("width", [1, 8, TILE_WIDTH, 60])
@pytest.mark.parametrize("selected", [False, True])
def test_a_tile_has_its_size_whatever_stands_in_it(width: int, selected: bool) -> None:
    hostile = _signal(title=_HOSTILE, shown=_HOSTILE, next=_HOSTILE, slo=SLO,
                      limits=(replace(BROKEN, text=_HOSTILE),), spark=(1.0, None) * 30)  # fmt: skip
    unknown = replace(hostile, level="unknown", reason=_HOSTILE)
    fires = _trigger(title=_HOSTILE, reason=_HOSTILE, condition=_HOSTILE, runs=_HOSTILE)
    for item in (hostile, unknown, fires):
        rows = tile_lines(item, NOW, width, selected=selected)
        assert [row.cell_length for row in rows] == [width] * TILE_HEIGHT


# --- keys


def console(pilot: Pilot[int]) -> PicturedLaunch:
    app = pilot.app
    assert isinstance(app, PicturedLaunch)
    return app


def selected(pilot: Pilot[int]) -> Item | None:
    return console(pilot).launch.selected


async def press(pilot: Pilot[int], *keys: str) -> None:
    await pilot.press(*keys)
    await seen(pilot)


MOVES = {
    "right and left": (["right", "right", "left"], 1),
    "down and up by a line of them": (["down", "down", "up"], 4),
    "on from the end of a line": (["right"] * 4, 4),
    "a page": (["pagedown"], 20),
    "the last and the first": (["end", "left"], 22),
    "not beyond the first": (["end", "home", "up", "left"], 0),
}


@pytest.mark.parametrize(("keys", "place"), MOVES.values(), ids=MOVES)
async def test_keys_go_from_tile_to_tile(keys: list[str], place: int) -> None:
    launch = launches_tiled.tiled(14)
    items = signal_items(launch)
    assert len(items) == 24
    async with console_of(launch).run_test(size=WIDE) as pilot:
        await seen(pilot)
        await press(pilot, "v", "home", *keys)
        assert selected(pilot) == items[place]


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_v_shows_them_enter_reads_one_and_escape_leads_back(size: tuple[int, int]) -> None:
    launch = launches_tiled.tiled()
    third = signal_items(launch)[2]
    async with console_of(launch).run_test(size=size) as pilot:
        await seen(pilot)
        before = screen_text(console(pilot))
        await press(pilot, "v", "home", "right", "right")
        assert "no data" in screen_text(console(pilot))
        assert "1 PHASES AND STEPS" not in screen_text(console(pilot))
        assert selected(pilot) == third
        await press(pilot, "enter")
        assert "signal queue" in screen_text(console(pilot))
        await press(pilot, "escape")
        assert "no data" in screen_text(console(pilot))
        assert selected(pilot) == third
        await press(pilot, "escape")
        assert selected(pilot) == third, "the row stays selected"
        await press(pilot, "v", "v", "2")
        assert screen_text(console(pilot)) == before


async def test_another_pane_takes_its_room_back() -> None:
    async with console_of(launches_tiled.tiled()).run_test(size=WIDE) as pilot:
        await seen(pilot)
        await press(pilot, "v", "tab")
        assert "2 POSTS" in screen_text(console(pilot))
        await press(pilot, "5")
        assert "2 POSTS" in screen_text(console(pilot)), "the list, and no tiles"


async def test_a_trigger_is_taken_care_of_from_its_tile() -> None:
    launch = launches_tiled.tiled()
    client = StagedLaunch([Fresh(launch)])
    async with console_of(launch, client=client).run_test(size=NARROW) as pilot:
        await seen(pilot)
        await press(pilot, "v", "home", "w", "enter", *"mine", "enter")
        assert client.asked == [{"request": "ack", "trigger": "pause_5xx", "reason": "mine"}]


async def test_the_selected_one_stays_selected_when_others_get_worse() -> None:
    launch = launches_tiled.tiled()
    client = StagedLaunch([Fresh(launch)])
    async with console_of(launch, client=client).run_test(size=WIDE) as pilot:
        await seen(pilot)
        await press(pilot, "v", "end", "left", "left", "left")
        chosen = selected(pilot)
        assert isinstance(chosen, SignalNow)
        worse = tuple(replace(one, level="red") if one.id == "signal_3" else one for one in launch.signals)
        client.tell(Fresh(replace(launch, signals=worse)))
        await seen(pilot)
        assert selected(pilot) == chosen


async def test_without_signals_there_are_no_tiles() -> None:
    async with console_of(launches.green()).run_test(size=WIDE) as pilot:
        await seen(pilot)
        await press(pilot, "v")
        assert "this launch watches no signals and has no triggers" in screen_text(console(pilot))


async def test_while_the_engine_is_lost_no_tile_has_a_colour() -> None:
    async with console_of(launches_tiled.tiled()).run_test(size=WIDE) as pilot:
        await seen(pilot)
        await press(pilot, "v")
        await lose(pilot, for_s=60.0)
        strips = pilot.app.screen.query_one("#signals").render_line(0)
        inked = [segment.style for segment in strips if segment.text.strip(" ▌─")]
        assert {style.color.name for style in inked if style and style.color} == {palette.DIM}


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (50, 16), (300, 100)], ids=str)
async def test_tiles_survive_any_terminal(size: tuple[int, int]) -> None:
    async with console_of(launches_tiled.tiled()).run_test(size=size) as pilot:
        await seen(pilot)
        await press(pilot, "v", "down", "right", "enter", "escape")
        await pilot.resize_terminal(*NARROW)
        await seen(pilot)
        assert "✖ FIRING" in screen_text(console(pilot))
        assert isinstance(selected(pilot), SignalNow | TriggerNow)


async def test_of_200_only_those_in_sight_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def counted(item: SignalNow | TriggerNow, *args: Any, **more: Any) -> Any:
        drawn.append(item.id)
        return tile_lines(item, *args, **more)

    monkeypatch.setattr(launch_board, "tile_lines", counted)
    async with console_of(launches_tiled.tiled(200)).run_test(size=WIDE) as pilot:
        await seen(pilot)
        await press(pilot, "v")
        assert 20 <= len(set(drawn)) <= 28
        drawn.clear()
        await press(pilot, "end")
        assert "data_loss" in drawn
        assert len(set(drawn)) <= 28
