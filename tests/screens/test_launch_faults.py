"""What goes wrong beside the launch: a drawing, news, the stream, a tiny terminal, text that wants to be more."""

import dataclasses
import json
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from textual.strip import Strip

from tests.screens import hostile, launches
from tests.screens.launch_stage import StagedLaunch, console_of, seen
from tests.screens.stage import screen_text
from warroom.client import Fresh, LaunchNow
from warroom.client.values import launch_now
from warroom.errors import WarroomError
from warroom.screens import launch_board
from warroom.screens.launch import LaunchScreen
from warroom.verdict import Verdict

WIDE = (120, 36)


class _Own(Exception):
    """Of nobody's library."""


EXCEPTIONS: tuple[Exception, ...] = (
    ArithmeticError("a"), AssertionError("b"), AttributeError("c"), BufferError("d"), EOFError("e"), ImportError("f"),
    IndexError("g"), KeyError("h"), LookupError("i"), MemoryError("j"), NameError("k"), NotImplementedError("l"),
    OSError("m"), OverflowError("n"), RecursionError("o"), ReferenceError("p"), RuntimeError("q"), StopIteration("r"),
    TypeError("s"), UnicodeError("t"), ValueError("u"), ZeroDivisionError("v"), TimeoutError("w"), _Own("[/x]"),
    WarroomError("x"),
)  # fmt: skip

PANES = {
    "header_lines": "the head cannot be shown",
    "notice_lines": "what must be noticed cannot be shown",
    "item_row": "this row cannot be shown",
    "details_lines": "this cannot be shown",
    "log_lines": "the journal cannot be shown",
    "head_line": "this head cannot be shown",
}


@pytest.mark.parametrize("error", EXCEPTIONS, ids=lambda error: type(error).__name__)
async def test_any_exception_in_the_details_stays_there(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    await _broken("details_lines", error, monkeypatch)


@pytest.mark.parametrize("pane", PANES)
async def test_a_defect_of_one_pane_is_said_in_its_place_and_the_others_live(
    pane: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _broken(pane, KeyError("boom"), monkeypatch)


async def _broken(pane: str, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise error

    monkeypatch.setattr(launch_board, pane, broken)
    app = console_of(launches.troubled())
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        text = screen_text(app)
        assert f"{PANES[pane]}: {type(error).__name__}" in text
        alive = {"header_lines": "T+03:30:00", "item_row": "Hourly update", "log_lines": "suite verify: GREEN"}
        for name, said in alive.items():
            assert said in text or name == pane
        await pilot.press("2", "j", "4", "1", "q", "y")
    assert app.return_value == 0


async def test_news_that_cannot_be_understood_are_said_and_the_last_ones_stay() -> None:
    strange: Any = Fresh(dataclasses.replace(launches.green(), now="noon"))  # type: ignore[arg-type]
    app = console_of(launches.green(), client=StagedLaunch([Fresh(launches.green()), strange]))
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        assert "news could not be understood: TypeError" in screen_text(app)
        assert "GREEN (dry-run)" in screen_text(app)


async def test_a_client_that_breaks_is_a_lost_engine() -> None:
    app = console_of(None, client=StagedLaunch([Fresh(launches.green())], breaks=RuntimeError("boom")))
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        assert "ENGINE LOST" in screen_text(app)
        assert "this console follows it no longer: RuntimeError: boom" in screen_text(app)


async def test_before_any_news_a_lost_engine_is_said() -> None:
    app = console_of(
        None, client=StagedLaunch([], breaks=WarroomError("no such launch", hint="see warroom launches"))
    )
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        assert "no such launch; see warroom launches" in screen_text(app)


async def test_a_clock_that_differs_is_said_and_the_engines_counts() -> None:
    launch = launches.green()
    app = console_of(launch)
    clock: Any = app.launch.clock
    clock.step_wall(launches.MINUTE * 3)
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        assert "this machine's clock is 3m00s ahead of the engine's: times here are the engine's" in screen_text(app)
        assert "T+00:20:00" in screen_text(app)


SIZES = [(1, 1), (2, 3), (20, 5), (50, 16), (80, 24), (100, 28), (120, 36), (300, 100)]
_KEYS = (
    "j", "enter", "escape", "tab", "2", "j", "p", "n", "h", "escape", "e", "escape", "3", "s", "escape", "4", "z",
    "escape", "i", "escape", "t", "escape", "question_mark", "escape", "a", "escape", "N", "escape", "end",
)  # fmt: skip
_FEW_KEYS = ("j", "2", "j", "h", "escape", "3", "z", "escape", "4", "a", "escape")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_any_size_is_survived(size: tuple[int, int]) -> None:
    await _walked(launches.troubled(), size)


@pytest.mark.parametrize("launch", [launches.before_t0, launches.ended, launches.closed])
async def test_any_launch_is_survived_without_room(launch: Any) -> None:
    await _walked(launch(), (20, 5))


async def _walked(launch: LaunchNow, size: tuple[int, int], keys: Sequence[str] = _KEYS) -> None:
    app = console_of(launch)
    async with app.run_test(size=size) as pilot:
        await seen(pilot)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        app.launch.repaint()
        await pilot.pause()
        text = screen_text(app)
        assert app.is_running
        assert isinstance(app.screen, LaunchScreen)
        assert app.launch.defects == ()
        assert "cannot be shown" not in text
        _assert_harmless(text, size)


def _assert_harmless(shown: str, size: tuple[int, int]) -> None:
    rows = shown.split("\n")
    assert len(rows) == size[1]
    for row in rows:
        assert not [f"{char!r}" for char in row if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@pytest.mark.parametrize("text", hostile.STRINGS.values(), ids=hostile.STRINGS)
async def test_hostile_text_in_every_field_stays_text(text: str) -> None:
    """As it comes from an engine: through the same reading as every launch."""
    poisoned = launch_now(json.loads(json.dumps(_poisoned(launches.troubled(), text))))
    await _walked(poisoned, (110, 34), _FEW_KEYS)


@pytest.mark.parametrize(
    "size", [(20, 5), (1, 1), (80, 24), pytest.param((300, 100), marks=pytest.mark.soak)], ids=str
)
async def test_hostile_text_stays_text_in_a_terminal_of(size: tuple[int, int]) -> None:
    every = " ".join(hostile.STRINGS.values())
    await _walked(launch_now(json.loads(json.dumps(_poisoned(launches.incident(overdue=True), every)))), size)


_KNOWN = frozenset(("verdict", "type", "standing", "lifecycle", "state"))


def _poisoned(value: Any, text: str, name: str = "") -> Any:
    """JSON data of the launch with `text` after every text in it that is not one of a known few."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Verdict):
        return value.value
    if isinstance(value, str):
        return value if name in _KNOWN else f"{value} {text}"
    if isinstance(value, tuple):
        return [_poisoned(item, text) for item in value]
    if isinstance(value, dict):
        return {key: _poisoned(item, text) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        schema = {"schema": "warroom.state/1"} if isinstance(value, LaunchNow) else {}
        return {**schema, **{key: _poisoned(item, text, key) for key, item in fields.items()}}
    return value


async def test_markup_is_seen_as_it_was_sent() -> None:
    poisoned = launch_now(json.loads(json.dumps(_poisoned(launches.before_t0(), "[@click=app.quit]quit[/]"))))
    app = console_of(poisoned)
    async with app.run_test(size=(200, 50)) as pilot:
        await seen(pilot)
        assert "Navigate to the workspace [@click=app.quit]quit[/]" in screen_text(app)


async def test_only_what_changed_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = console_of(launches.ended())
    drawn: list[str] = []
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        for name in ("plan-head", "details", "log", "footer"):
            pane: Any = app.screen.query_one(f"#{name}")
            monkeypatch.setattr(pane, "render_line", _noting(pane.render_line, name, drawn))
        app.launch.repaint()
        await pilot.pause()
        assert drawn == []


def _noting(real: Callable[[int], Strip], name: str, drawn: list[str]) -> Callable[[int], Strip]:
    def noted(y: int) -> Strip:
        drawn.append(name)
        return real(y)

    return noted
