"""Foreign text is text: no markup, no control character, no action, no crash."""

import unicodedata

import pytest

from tests.screens import hostile
from tests.screens.replays import envelopes
from tests.screens.stage import CHOICES, Staged, console_for, screen_text, shown
from warroom.client import Choice
from warroom.screens.verify import VerifyScreen
from warroom.screens.view import cleaned

_KEYS = ("j", "enter", "escape", "tab", "k", "a", "escape", "n", "escape", "s", "escape", "r", "c", "end")


@pytest.mark.parametrize("text", hostile.STRINGS.values(), ids=hostile.STRINGS)
async def test_hostile_text_stays_text(text: str) -> None:
    await _walked_through(text, (100, 30))


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (300, 100)], ids=["20x5", "1x1", "300x100"])
async def test_hostile_text_stays_text_in_a_terminal_of(size: tuple[int, int]) -> None:
    await _walked_through(" ".join(hostile.STRINGS.values()), size)


async def _walked_through(text: str, size: tuple[int, int]) -> None:
    choices = [Choice("x", hostile.poisoned("Dark", cleaned(text)), cleaned(text))]
    app = console_for((), client=Staged(envelopes(hostile.events(text)), choices=choices))
    async with app.run_test(size=size) as pilot:
        await shown(pilot)
        for key in _KEYS:
            await pilot.press(key)
            app.verify.repaint()
            await pilot.pause()
            _assert_harmless(screen_text(app), size)
        assert app.is_running
        assert isinstance(app.screen, VerifyScreen)
    assert app.return_value is None


def _assert_harmless(shown_text: str, size: tuple[int, int]) -> None:
    for row in shown_text.split("\n"):
        bad = [f"{char!r}" for char in row if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
        assert not bad
    assert len(shown_text.split("\n")) == size[1]


async def test_markup_is_seen_as_it_was_sent() -> None:
    app = console_for(hostile.events("[@click=app.quit]quit[/]"))
    async with app.run_test(size=(200, 50)) as pilot:
        await shown(pilot)
        assert "IMMEDIATE ROLLBACK - external sends may occur! [@click=app.quit]quit[/]" in screen_text(app)


async def test_an_escape_is_seen_as_such() -> None:
    app = console_for(hostile.events("\x1b[31mPWN"))
    async with app.run_test(size=(200, 50)) as pilot:
        await shown(pilot)
        assert "\\e[31mPWN" in screen_text(app)


async def test_a_hostile_answer_is_not_drawn_as_markup() -> None:
    app = console_for(hostile.events("[/x]", asks="number"), choices=CHOICES)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        await pilot.press("a", *"[/x]", "enter")
        await shown(pilot)
        assert "'[/x]' is not a number." in screen_text(app)


def test_cleaning_leaves_what_is_safe_as_it_is() -> None:
    safe = hostile.events("")
    assert [cleaned(event) for event in safe] == safe
