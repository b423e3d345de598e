"""What the keys of a launch's console do: a request goes out once, after its questions, and its answer is shown."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screens import launches
from tests.screens.launch_stage import StagedLaunch, console_of, lose, seen
from tests.screens.stage import screen_text
from warroom.client import Fresh, LaunchNow
from warroom.client.signal_values import SaidNow, TriggerNow
from warroom.errors import NotNow, UsageError
from warroom.screens.dialogs import Confirm, Reader
from warroom.screens.forms import Field, fault_of
from warroom.screens.launch import LaunchScreen
from warroom.screens.launch_app import LaunchConsole
from warroom.screens.launch_requests import trigger_choices
from warroom.screens.launch_view import key_of

WIDE = (120, 36)


def _typed(text: str) -> list[str]:
    names = {" ": "space", "-": "minus", ":": "colon", ".": "full_stop"}
    return [names.get(char, char) for char in text]


_BUILD, _INSTANT = _typed("b-7"), _typed("2025-11-01T02:08:00Z")

SNOOZED = SaidNow("ann", launches.T0, None, "noise")

REQUESTS: dict[str, tuple[LaunchNow, list[str], dict[str, Any]]] = {
    "Space ticks a step": (launches.before_t0(), ["space"], {"request": "step", "step": "open"}),
    "Enter ticks a step": (launches.before_t0(), ["enter"], {"request": "step", "step": "open"}),
    "a step is ticked out of order after a yes": (
        launches.before_t0(), ["j", "space", "y"], {"request": "step", "step": "deployments"}),
    "a step that sets T0 is ticked after a yes": (launches.before_t0(), ["j", "j", "space", "y"],
                                                  {"request": "step", "step": "publish"}),
    "a step that asks sends what was given": (
        launches.publishing(), ["j", "space", *_BUILD, "enter", *_INSTANT, "enter"],
        {"request": "step", "step": "confirm",
         "values": {"build_id": "b-7", "deployed_at": "2025-11-01T02:08:00Z"}}),
    "an incident is opened": (launches.green(), ["i", *"5xx", "enter", "enter"],
                              {"request": "incident", "text": "5xx", "severity": "warning"}),
    "an open incident gets a note": (launches.incident(), ["3", "n", *"fixing", "enter"],
                                     {"request": "incident_note", "incident": "i1", "text": "fixing"}),
    "the note that is owed is written from every pane": (
        launches.incident(), ["2", "n", *"fixing", "enter"],
        {"request": "incident_note", "incident": "i1", "text": "fixing"}),
    "a note on the launch is written while one on an incident is owed": (
        launches.incident(), ["ctrl+n", *"slow", "enter"], {"request": "note", "text": "slow"}),
    "an incident is resolved with a reason": (launches.incident(), ["3", "x", *"gone", "enter"],
                                              {"request": "incident_resolve", "incident": "i1", "reason": "gone"}),
    "a note goes on record": (launches.green(), ["n", *"slow", "enter"], {"request": "note", "text": "slow"}),
    "a gate is asked again": (launches.gate_red(), ["3", "home", "s", "enter"],
                              {"request": "gate", "gate": "gate1", "state": "poll"}),
    "a gate is declared with a reason": (launches.gate_red(), ["3", "home", "s", "down", "enter", *"seen", "enter"],
                                         {"request": "gate", "gate": "gate1", "state": "green", "reason": "seen"}),
    "somebody takes care of a trigger": (launches.watched(), ["5", "home", "w", "enter", *"mine", "enter"],
                                         {"request": "ack", "trigger": "pause_5xx", "reason": "mine"}),
    "somebody takes care of it for a while": (
        launches.watched(), ["5", "home", "w", "down", "enter", *"mine", "enter", "enter"],
        {"request": "ack", "trigger": "pause_5xx", "reason": "mine", "for": "1h"}),
    "a trigger is snoozed": (
        launches.watched(),
        ["5", "home", "w", "end", "enter", *"noise", "enter", *["backspace"] * 2, *"30m", "enter"],
        {"request": "snooze", "trigger": "pause_5xx", "reason": "noise", "for": "30m"}),
    "a snooze ends": (launches.watched(snoozed=SNOOZED), ["5", "home", "w", "end", "enter", *"back", "enter"],
                      {"request": "snooze", "trigger": "pause_5xx", "reason": "back", "for": "0s"}),
    "a latched trigger is resumed": (
        launches.watched(stage="latched"), ["5", "home", "w", "down", "down", "enter", *"gone", "enter"],
        {"request": "resume", "trigger": "pause_5xx", "reason": "gone"}),
    "a trigger is declared": (launches.watched(), ["5", "end", "w", "enter", *"lost", "enter"],
                              {"request": "declare", "trigger": "data_loss", "reason": "lost"}),
    "T0 is set": (launches.before_t0(), ["t", "enter", "y"], {"request": "t0"}),
    "T0 is set to an instant": (launches.before_t0(), ["t", "down", "enter", *_INSTANT, "enter"],
                                {"request": "t0", "at": "2025-11-01T02:08:00Z"}),
    "T0 slips with a reason": (launches.green(), ["t", "down", "enter", *_INSTANT, "enter", *"late", "enter"],
                               {"request": "t0", "at": "2025-11-01T02:08:00Z", "reason": "late"}),
    "T0 is scrubbed with a reason": (launches.green(), ["t", "end", "enter", *"abort", "enter"],
                                     {"request": "scrub", "reason": "abort"}),
    "a launch is closed with a reason": (launches.ended(), ["C", *"done", "enter"],
                                         {"request": "close", "reason": "done"}),
}  # fmt: skip


async def pressed(client: StagedLaunch, launch: LaunchNow, keys: list[str]) -> str:
    app = console_of(launch, client=client)
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        await pilot.press(*keys)
        await seen(pilot)
        assert isinstance(app.screen, LaunchScreen)
        return screen_text(app)


@pytest.mark.parametrize(("launch", "keys", "body"), REQUESTS.values(), ids=REQUESTS)
async def test_a_request(launch: LaunchNow, keys: list[str], body: Mapping[str, Any]) -> None:
    client = StagedLaunch([Fresh(launch)], answer="entry 42: it is on record")
    shown = await pressed(client, launch, keys)
    assert client.asked == [body]
    assert shown.rstrip().endswith("entry 42: it is on record")


@pytest.mark.parametrize(("launch", "keys", "body"), REQUESTS.values(), ids=REQUESTS)
async def test_a_console_that_only_reads_asks_for_nothing(launch: LaunchNow, keys: list[str], body: object) -> None:
    client = StagedLaunch([Fresh(launch)], read_only=True)
    app = console_of(launch, client=client)
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        first = next(key for key in keys if key not in ("j", "2", "3", "5", "home", "end"))
        await pilot.press(*keys[: keys.index(first) + 1])
        await seen(pilot)
        assert isinstance(app.screen, LaunchScreen)
        assert "this console is read-only: nothing was asked" in screen_text(app)
        assert "READ-ONLY" in screen_text(app)
    assert client.asked == []


@pytest.mark.parametrize(("is_reader", "is_offered"), [(False, True), (True, False)], ids=["asks", "only reads"])
async def test_the_foot_offers_what_the_console_may_ask_for(is_reader: bool, is_offered: bool) -> None:
    app = console_of(launches.publishing(), read_only=is_reader)
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        foot = screen_text(app).rstrip().splitlines()[-1]
    assert ["incident" in foot, "note" in foot, "tick" in foot] == [is_offered] * 3
    assert "leave" in foot


REFUSALS = {
    "a refusal": (UsageError("hourly@T+1h is sent already", hint="look at its text"),
                  "not done: hourly@T+1h is sent already; look at its text"),
    "nobody answers": (NotNow("the engine does not answer", hint="it may have been done"),
                       "not done: the engine does not answer; it may have been done"),
    "a defect": (RuntimeError("boom"), "not done: RuntimeError: boom"),
}  # fmt: skip


@pytest.mark.parametrize(("error", "said"), REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_is_said_and_nothing_is_shown_as_done(error: Exception, said: str) -> None:
    launch = launches.before_t0()
    client = StagedLaunch([Fresh(launch)], refuses=error)
    shown = await pressed(client, launch, ["space"])
    assert said in shown
    assert "ticked" not in shown.replace("0/5 ticked", "")


async def test_a_tick_is_shown_when_the_engine_says_so_and_the_next_step_is_selected() -> None:
    launch = launches.before_t0()
    client = StagedLaunch([Fresh(launch)])
    app = console_of(launch, client=client)
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        await pilot.press("j", "k", "space")
        await seen(pilot)
        assert "1/5 ticked" not in screen_text(app)
        ticked = replace(launches.publishing().steps[0])
        client.tell(Fresh(replace(launch, steps=(ticked, *launch.steps[1:]))))
        await seen(pilot)
        assert "1/5 ticked" in screen_text(app)
        assert app.launch.selected == launch.steps[1]


WRONG = {
    "nothing": ([], "This is needed; Esc leaves everything as it is."),
    "a local time": (
        _typed("2025-11-01 02:08"),
        "'2025-11-01 02:08' is not an instant such as",
    ),
    "a day that is not there": (_typed("2025-02-30T02:08:00Z"), "'2025-02-30T02:08:00Z' is not an instant"),
}


@pytest.mark.parametrize(("given", "said"), WRONG.values(), ids=WRONG)
async def test_a_wrong_value_is_named_where_it_stands_and_nothing_is_sent(given: list[str], said: str) -> None:
    launch = launches.publishing()
    client = StagedLaunch([Fresh(launch)])
    app = console_of(launch, client=client)
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        await pilot.press("j", "space", *_BUILD, "enter", *given, "enter")
        await pilot.pause()
        assert said in screen_text(app)
        await pilot.press("escape")
        await seen(pilot)
        assert isinstance(app.screen, LaunchScreen)
        assert app.launch.selected == launch.steps[4], "what a person chose stays selected"
    assert client.asked == []


OFFERED: dict[str, tuple[TriggerNow, list[str]]] = {
    f"{name}, {stage}": (replace(trigger, stage=stage, snoozed=snoozed), offered)
    for name, trigger, snoozed, stage, offered in (
        ("measured", launches.TRIGGER, None, "idle", ["snooze while"]),
        ("measured", launches.TRIGGER, None, "pending", ["snooze while"]),
        ("measured", launches.TRIGGER, None, "blind", ["snooze while"]),
        ("measured", launches.TRIGGER, None, "firing", ["ack", "ack while", "snooze while"]),
        ("measured", launches.TRIGGER, None, "resolving", ["ack", "ack while", "snooze while"]),
        ("measured", launches.TRIGGER, None, "latched", ["ack", "ack while", "resume", "snooze while"]),
        ("snoozed", launches.TRIGGER, SNOOZED, "idle", ["snooze ends"]),
        ("declared", launches.watched().triggers[1], None, "idle", ["declare", "snooze while"]),
        ("declared", launches.watched().triggers[1], None, "firing", ["ack", "ack while", "resume", "snooze while"]),
    )
}


@pytest.mark.parametrize(("trigger", "offered"), OFFERED.values(), ids=OFFERED)
def test_what_can_be_asked_of_a_trigger(trigger: TriggerNow, offered: list[str]) -> None:
    assert [choice.id for choice in trigger_choices(trigger)] == offered


@pytest.mark.parametrize(("written", "said"), {"0s": "no time at all", "soon": "is not a duration",
                                               "5": "needs a unit", "30m": "", "2h30m": ""}.items())  # fmt: skip
def test_a_time_to_wait_is_checked_where_it_is_written(written: str, said: str) -> None:
    fault = fault_of(Field("for", "For how long?", "duration"), written)
    assert said in fault
    assert bool(fault) == bool(said)


@pytest.mark.parametrize(("key", "is_offered"), [("home", True), ("down", False)], ids=["a trigger", "a signal"])
async def test_the_foot_offers_what_can_be_asked_of_a_trigger(key: str, is_offered: bool) -> None:
    app = console_of(launches.watched())
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        await pilot.press("5", "home", key)
        await seen(pilot)
        assert (" w " in screen_text(app).rstrip().splitlines()[-1]) is is_offered


USELESS = {
    "holding a step": (launches.before_t0(), ["h"], "select a post first"),
    "ticking a post": (launches.green(), ["space"], "select a step to tick"),
    "resolving without an incident": (launches.green(), ["x"], "select an open incident first"),
    "declaring a post": (launches.green(), ["s"], "select a gate first"),
    "snoozing a signal": (launches.watched(), ["5", "home", "down", "w"], "select a trigger first"),
    "copying a phase": (launches.ended(), ["1", "home", "c"], "there is nothing to copy here"),
}


@pytest.mark.parametrize(("launch", "keys", "said"), USELESS.values(), ids=USELESS)
async def test_what_makes_no_sense_is_said_and_not_sent(launch: LaunchNow, keys: list[str], said: str) -> None:
    client = StagedLaunch([Fresh(launch)])
    assert said in await pressed(client, launch, keys)
    assert client.asked == []


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_leaving_asks_and_says_that_the_engine_goes_on(key: str) -> None:
    app = console_of(launches.green())
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.screen, Confirm)
        assert "The engine (process 4711) goes on and posts what is due" in screen_text(app)
        await pilot.press("n", key)
        await pilot.pause()
        assert app.is_running
        await pilot.press("y")
    assert app.return_value == 0


@pytest.mark.parametrize(
    ("launch", "says"),
    [
        (launches.closed(), "nothing; the launch is closed."),
        (replace(launches.green(), engine=None), "`warroom run` takes it up"),
    ],
)
async def test_leaving_a_launch_without_an_engine_says_what_brings_it_back(launch: LaunchNow, says: str) -> None:
    app = console_of(launch)
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        await pilot.press("q")
        await pilot.pause()
        assert says in screen_text(app)


@pytest.mark.parametrize("size", [WIDE, (80, 24), (20, 5)])
async def test_every_pane_is_reached_by_its_number_and_by_tab(size: tuple[int, int]) -> None:
    app = console_of(launches.troubled())
    async with app.run_test(size=size) as pilot:
        await seen(pilot)
        reached = []
        for key in ("1", "2", "3", "4", "1", "tab", "tab", "tab", "tab", "tab", "shift+tab"):
            await pilot.press(key)
            await seen(pilot)
            assert app.screen.focused is not None
            assert app.screen.focused.size.height > 0
            reached.append(app.screen.focused.id)
        names = ["plan", "posts", "state", "details", "log"]
        assert reached == ["plan", "posts", "state", "log", *names, "plan", "log"]


@pytest.mark.parametrize(("key", "said"), [("a", "CEO GO"), ("N", "the deployment is slow today"),
                                           ("question_mark", "Open an incident")])  # fmt: skip
async def test_what_can_be_read(key: str, said: str) -> None:
    app = console_of(launches.green())
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.screen, Reader)
        assert said in screen_text(app)


async def test_the_selected_post_stays_selected_when_others_come_before_it() -> None:
    launch = launches.green()
    client = StagedLaunch([Fresh(launch)])
    app = console_of(launch, client=client)
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        await pilot.press("j", "j")
        await seen(pilot)
        chosen = app.launch.selected
        assert chosen == launch.updates[4]
        flip = launches.post("gate1_flip@gate1", "Gate 1 is GREEN", launch.now)
        client.tell(Fresh(replace(launch, updates=(flip, *launch.updates))))
        # Even before it is drawn, a key means what the person sees.
        while client.taken < 2:
            await pilot.pause()
        assert app.launch.selected == chosen
        await seen(pilot)
        assert app.launch.selected == chosen
        await pilot.press("p", "y")
        await seen(pilot)
    assert client.asked == [{"request": "post", "slot": "hourly@T+3h"}]


async def test_the_cursor_follows_what_is_of_interest_until_a_person_moves_it() -> None:
    launch = launches.green()
    client = StagedLaunch([Fresh(launch)])
    app = console_of(launch, client=client)
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        assert _slot(app) == "hourly@T+1h"
        client.tell(Fresh(launches.sent(launch, 2, "told")))
        await seen(pilot)
        assert _slot(app) == "hourly@T+2h"


def _slot(app: LaunchConsole) -> str:
    assert app.launch.selected is not None
    return key_of(app.launch.selected)


async def test_nothing_is_asked_while_an_answer_is_awaited() -> None:
    client = StagedLaunch([Fresh(launches.before_t0())])
    app = console_of(launches.before_t0(), client=client)
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        app.launch.is_asking = True
        await pilot.press("space")
        await seen(pilot)
        assert "the engine has not answered yet" in screen_text(app)
    assert client.asked == []


async def test_the_engine_that_comes_back_is_shown_as_it_is() -> None:
    launch = launches.green()
    client = StagedLaunch([Fresh(launch)])
    app = console_of(launch, client=client)
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        await _lost_and_found(pilot, client, launch)
        assert "ENGINE LOST" not in screen_text(app)
        assert "GREEN (dry-run)" in screen_text(app)


async def _lost_and_found(pilot: Pilot[Any], client: StagedLaunch, launch: LaunchNow) -> None:
    app = pilot.app
    assert isinstance(app, LaunchConsole)
    await lose(pilot, for_s=192.0)
    assert "ENGINE LOST for 3m12s" in screen_text(app)
    client.tell(Fresh(replace(launch, now=app.launch.clock.now())))
    await seen(pilot)


@pytest.mark.parametrize(
    ("launch", "says"),
    [
        pytest.param(launches.green(), "hourly@T+1h, hourly@T+2h, hourly@T+3h, …", id="after T0"),
        pytest.param(launches.before_t0(), "never be sent: 0.", id="before T0 nothing is owed"),
        pytest.param(launches.incident(overdue=True), "Never resolved: i1.", id="an incident is open"),
    ],
)
async def test_before_a_launch_is_closed_it_is_said_which_posts_stay_unsent(launch: LaunchNow, says: str) -> None:
    app = console_of(launch)
    async with app.run_test(size=WIDE) as pilot:
        await seen(pilot)
        await pilot.press("C")
        await seen(pilot)
        assert says in " ".join(screen_text(app).replace("│", " ").split())
