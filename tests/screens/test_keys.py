"""What each key does."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.screens import replays
from tests.screens.stage import CHOICES, Staged, console_for, screen_text, shown
from warroom.client import Choice
from warroom.errors import ExitCode, UsageError
from warroom.events import Answered, Envelope, Event, Noted, RunFinished
from warroom.screens.app import Console
from warroom.screens.dialogs import Ask, Confirm, Pick, Reader
from warroom.screens.verify import VerifyScreen
from warroom.verdict import Verdict

Opened = tuple[Console, Staged, Pilot[Any]]


@asynccontextmanager
async def opened(events: list[Event], *, size: tuple[int, int] = (120, 36), **staged: Any) -> AsyncIterator[Opened]:
    client = Staged(replays.envelopes(events), **staged)
    app = console_for((), client=client)
    async with app.run_test(size=size) as pilot:
        await shown(pilot)
        yield app, client, pilot


async def press(pilot: Pilot[Any], *keys: str) -> None:
    await pilot.press(*keys)
    await shown(pilot)


def chosen(app: Console) -> str:
    return app.verify.selected.info.id if app.verify.selected else ""


MOVES = {
    "j goes down": ("j", "jwks"),
    "down goes down": ("down", "jwks"),
    "k goes up": ("k", "security_headers"),
    "up goes up": ("up", "security_headers"),
    "end goes to the last": ("end", "kill_switch"),
    "G goes to the last": ("G", "kill_switch"),
    "home goes to the first": ("home", "canary"),
    "g goes to the first": ("g", "canary"),
    "page down stops at the last": ("pagedown", "kill_switch"),
    "page up stops at the first": ("pageup", "canary"),
    "past the end stays": ("end down down", "kill_switch"),
    "past the start stays": ("home up k", "canary"),
}


@pytest.mark.parametrize(("keys", "expected"), MOVES.values(), ids=MOVES)
async def test_moving_through_the_list(keys: str, expected: str) -> None:
    async with opened(replays.green()) as (app, _, pilot):
        assert chosen(app) == "p95"
        await press(pilot, *keys.split())
        assert chosen(app) == expected


INTEREST = {
    "an alarm": (replays.kill_switch_off, "kill_switch"),
    "a failure": (replays.slow_tail, "p95"),
    "an undecided check": (replays.unreachable, "canary"),
    "a question": (replays.asking, "observability"),
    "samples being taken": (replays.running, "p95"),
    "the samples of a green run": (replays.green, "p95"),
}


@pytest.mark.parametrize(("events", "expected"), INTEREST.values(), ids=INTEREST)
async def test_until_a_person_moves_the_selection_goes_to(events: Callable[[], list[Event]], expected: str) -> None:
    async with opened(events()) as (app, _, pilot):
        assert chosen(app) == expected
        await press(pilot, "home", "j")
        assert chosen(app) == "security_headers"


async def test_enter_gives_the_details_the_screen_and_takes_it_back() -> None:
    async with opened(replays.gate_red(), size=(80, 24)) as (app, _, pilot):
        assert "Delivery providers" in screen_text(app)
        await press(pilot, "enter")
        assert "Delivery providers" not in screen_text(app)
        assert "Reproduce" in screen_text(app)
        await press(pilot, "enter")
        assert "Delivery providers" in screen_text(app)
        await press(pilot, "enter", "escape")
        assert "Delivery providers" in screen_text(app)
        await press(pilot, "j")
        assert chosen(app) == "jwks"


async def test_tab_goes_to_the_details_where_the_arrows_scroll() -> None:
    async with opened(replays.kill_switch_off(), size=(80, 24)) as (app, _, pilot):
        await press(pilot, "tab", "down", "down")
        assert chosen(app) == "kill_switch"
        assert app.verify.query_one("#details").scroll_offset.y == 2
        await press(pilot, "tab", "up")
        assert chosen(app) == "providers"
        assert app.verify.query_one("#details").scroll_offset.y == 0


async def test_where_only_one_pane_fits_tab_exchanges_them() -> None:
    async with opened(replays.green(), size=(40, 9)) as (app, _, pilot):
        assert "Canary" in screen_text(app)
        await press(pilot, "tab")
        assert "Measured" in screen_text(app)
        await press(pilot, "tab")
        assert "Canary" in screen_text(app)


async def test_r_runs_the_selected_check_again_and_shift_r_all() -> None:
    async with opened(replays.gate_red()) as (app, client, pilot):
        await press(pilot, "j", "r")
        assert client.asked == [("rerun", ("jwks",))]
        assert "asked to run again: Auth/JWKS reachability" in screen_text(app)
        await press(pilot, "R")
        assert client.asked[1:] == [("rerun", None)]


async def test_a_refused_request_is_said_in_words() -> None:
    refusal = UsageError("the run is over", hint="start another")
    async with opened(replays.green(), refuses=refusal) as (app, _, pilot):
        await press(pilot, "R")
        assert "not done: the run is over; start another" in screen_text(app)


async def test_a_defect_in_a_request_does_not_end_the_console() -> None:
    async with opened(replays.green(), refuses=KeyError("secret\x1b[31m")) as (app, _, pilot):
        await press(pilot, "r")
        assert "not done: KeyError: 'secret\\x1b[31m'" in screen_text(app)
        await press(pilot, "j")
        assert chosen(app) == "jwks"


async def test_c_and_y_copy_the_command() -> None:
    async with opened(replays.green()) as (app, _, pilot):
        await press(pilot, "c")
        assert app.clipboard.startswith("curl -sS -i")
        assert "clipboard: curl" in screen_text(app)
        await press(pilot, "end", "y")
        assert app.clipboard.endswith("/ops/state")


async def test_a_check_that_has_not_run_has_nothing_to_copy() -> None:
    async with opened(replays.begun()) as (app, _, pilot):
        await press(pilot, "c")
        assert app.clipboard == ""
        assert "no command to copy yet" in screen_text(app)


async def test_yes_and_no_are_keys_and_the_next_question_follows() -> None:
    async with opened(replays.asking()) as (app, client, pilot):
        await press(pilot, "a")
        assert "Request/queue metrics enabled" in screen_text(app)
        await press(pilot, "y")
        assert client.asked == [("answer", "observability.q1", "yes")]
        assert isinstance(app.screen, Ask)
        assert "Error budget tracking active" in screen_text(app)
        await press(pilot, "n")
        assert client.asked[1:] == [("answer", "observability.q2", "no")]
        assert isinstance(app.screen, VerifyScreen)


async def test_escape_leaves_a_question_open() -> None:
    async with opened(replays.asking()) as (app, client, pilot):
        await press(pilot, "a", "escape")
        assert client.asked == []
        assert "2 questions for you" in screen_text(app)


ANSWERS = {
    "a timestamp in its form": ("timestamp", "2025-11-01T02:07:30Z", True),
    "a day that does not exist": ("timestamp", "2025-02-30T02:07:30Z", False),
    "a time without its zone": ("timestamp", "2025-11-01T02:07:30", False),
    "a word for a time": ("timestamp", "now", False),
    "a number": ("number", "-12.5", True),
    "a word for a number": ("number", "nan", False),
    "a text": ("text", "build 4711", True),
    "an empty text": ("text", "", False),
}


@pytest.mark.parametrize(("answer_type", "text", "taken"), ANSWERS.values(), ids=ANSWERS)
async def test_answering_with(answer_type: str, text: str, taken: bool) -> None:
    async with opened(replays.asking(answer_type)) as (app, client, pilot):
        await press(pilot, "a")
        app.screen.query_one(Input).value = text
        await press(pilot, "enter")
        assert client.asked == ([("answer", "observability.q1", text)] if taken else [])
        assert isinstance(app.screen, Ask)
        assert (app.screen.question.id == "observability.q2") is taken
        said = screen_text(app)
        assert ("Esc leaves the question open" in said or f"'{text}' is not " in said) is not taken


async def test_keys_of_the_console_are_letters_in_an_answer() -> None:
    async with opened(replays.asking("text")) as (app, client, pilot):
        await press(pilot, "a", *"qrRyn", "enter")
        assert client.asked == [("answer", "observability.q1", "qrRyn")]
        assert app.is_running


async def test_a_question_answered_elsewhere_takes_its_window_away() -> None:
    async with opened(replays.asking()) as (app, client, pilot):
        await press(pilot, "a")
        tell(app, client, Answered("observability.q1", "yes", "kim"))
        await shown(pilot)
        assert isinstance(app.screen, VerifyScreen)
        assert client.asked == []


def tell(app: Console, client: Staged, event: Event) -> None:
    last = client.told[-1]
    client.told.append(Envelope(last.seq + 1, last.at, event))
    client.news.set()


async def test_nothing_to_answer_is_said() -> None:
    async with opened(replays.green()) as (app, _, pilot):
        await press(pilot, "a")
        assert "no question is open" in screen_text(app)


async def test_s_offers_the_choices() -> None:
    async with opened(replays.green(), choices=CHOICES) as (app, client, pilot):
        await press(pilot, "s")
        assert isinstance(app.screen, Pick)
        await press(pilot, "down", "j", "k", "enter")
        assert client.asked == [("choose", "slow_tail")]
        await press(pilot, "s", "escape")
        assert client.asked == [("choose", "slow_tail")]


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 12)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_choice_in_force_is_marked_and_selected_and_the_keys_are_shown(size: tuple[int, int]) -> None:
    many = [Choice(f"s{index}", f"Scenario {index}", in_force=index == 40) for index in range(60)]
    async with opened(replays.green(), choices=many, size=size) as (app, client, pilot):
        await press(pilot, "s")
        text = screen_text(app)
        assert "Scenario 40   in force" in text
        assert text.count("in force") == 1
        assert "Enter take   Esc none" in text
        await press(pilot, "down", "enter")
        assert client.asked == [("choose", "s41")]


async def test_n_tells_how_it_ended_what_was_noted_and_the_launch() -> None:
    async with opened([*replays.green(), Noted("a remark", "warning")]) as (app, _, pilot):
        await press(pilot, "n")
        text = screen_text(app)
    for name, value in (
        ("Verdict", "✔ GREEN (dry-run)  all 8 required checks passed"),
        ("Evidence log", "auto_com_center_evidence_20251101T020507Z.log"),
        ("Warning", "a remark"),
        ("Owner", "auto_com_center Lead (Comms DRI)"),
        ("Gate 2", "? UNKNOWN"),
    ):
        assert re.search(rf"{name} +{re.escape(value)}", text), (name, text)


async def test_without_choices_s_says_so_and_is_not_offered() -> None:
    async with opened(replays.green()) as (app, _, pilot):
        assert "scenarios" not in screen_text(app)
        await press(pilot, "s")
        assert "nothing to choose" in screen_text(app)


async def test_x_stops_a_run_when_the_person_is_sure() -> None:
    async with opened(replays.running()) as (_, client, pilot):
        await press(pilot, "x", "n")
        assert client.asked == []
        await press(pilot, "x", "enter")
        assert client.asked == []
        await press(pilot, "x", "y")
        assert client.asked == [("stop",)]


async def test_x_without_a_run_says_so() -> None:
    async with opened(replays.green()) as (app, client, pilot):
        await press(pilot, "x")
        assert "nothing is running" in screen_text(app)
        assert client.asked == []


@pytest.mark.parametrize("key", ["question_mark", "n"])
async def test_a_window_to_read_opens_and_closes(key: str) -> None:
    async with opened(replays.unreachable()) as (app, _, pilot):
        await press(pilot, key)
        assert isinstance(app.screen, Reader)
        await press(pilot, "j", "k", "escape")
        assert isinstance(app.screen, VerifyScreen)


async def test_the_help_names_every_key() -> None:
    async with opened(replays.green()) as (app, _, pilot):
        await press(pilot, "question_mark")
        text = screen_text(app)
        assert all(
            f" {key} " in text for key in ("Enter", "Tab", "Esc", "a", "r", "R", "x", "c", "s", "n", "q", "Ctrl+C")
        )


# --- leaving


ENDS = {
    "a green run": (replays.green, 0),
    "a red run": (replays.slow_tail, 1),
    "an unknown run": (replays.unreachable, 3),
}


@pytest.mark.parametrize(("events", "code"), ENDS.values(), ids=ENDS)
async def test_q_leaves_with_the_exit_code_of(events: Callable[[], list[Event]], code: int) -> None:
    async with opened(events()) as (app, _, pilot):
        await pilot.press("q")
    assert app.return_value == code


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
@pytest.mark.parametrize("events", [replays.running, replays.rerun], ids=["run", "rerun"])
async def test_during_a_run_leaving_is_asked_and_is_130(key: str, events: Callable[[], list[Event]]) -> None:
    async with opened(events()) as (app, _, pilot):
        await press(pilot, key)
        assert isinstance(app.screen, Confirm)
        await press(pilot, "n")
        assert isinstance(app.screen, VerifyScreen)
        await press(pilot, key)
        await pilot.press("y")
    assert app.return_value == ExitCode.INTERRUPTED


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
async def test_a_reflex_never_leaves_at_once_even_twice(key: str) -> None:
    async with opened(replays.green()) as (app, _, pilot):
        await press(pilot, key, key, key)
        assert isinstance(app.screen, Confirm)
        await press(pilot, "escape")
        assert isinstance(app.screen, VerifyScreen)
        await press(pilot, key)
        await pilot.press("y")
    assert app.return_value == 0


async def test_ctrl_c_asks_from_within_another_window() -> None:
    async with opened(replays.asking("text")) as (app, _, pilot):
        await press(pilot, "a", "ctrl+c")
        assert isinstance(app.screen, Confirm)
        await pilot.press("y")
    assert app.return_value == ExitCode.INTERRUPTED


async def test_before_anything_is_reported_leaving_is_130() -> None:
    async with opened([]) as (app, _, pilot):
        await pilot.press("q")
    assert app.return_value == ExitCode.INTERRUPTED


async def test_after_a_rerun_its_exit_code_counts() -> None:
    events = [*replays.rerun(), replays.outcome("p95", Verdict.FAIL), RunFinished(Verdict.FAIL, "RED", 1)]
    async with opened(events) as (app, _, pilot):
        await pilot.press("q")
    assert app.return_value == 1
