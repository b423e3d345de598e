"""`warroom act`: what it shows, what it follows to which end, and what it says when it is refused."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.api.acted import Acting, acting
from tests.engine.acted import BROKEN
from tests.engine.stage import LAUNCH
from warroom.cli import act as command
from warroom.cli.act import act, request_of
from warroom.errors import UsageError
from warroom.launch.procedures import StepStage


@dataclass
class Desk:
    """Somebody who types `warroom act` while the launch goes on, and what comes on the screen."""

    launch: Acting
    capture: pytest.CaptureFixture[str]

    async def act(self, *words: str, reason: str = "", typed: str = "", yes: bool = False) -> tuple[int, str]:
        """The exit code, and what was printed."""
        folder = self.launch.folder
        self.capture.readouterr()
        async with self.launch.time_goes_by():
            code = await asyncio.to_thread(act, folder.name, words, reason, typed, folder.parent, yes=yes)
        out, err = self.capture.readouterr()
        return code, out + err


@pytest.fixture
async def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    # Nobody waits longer than it takes: the launch's own time flies.
    monkeypatch.setattr(command, "_LOOK_S", 0.01)
    async with acting(tmp_path / LAUNCH) as launch:
        yield Desk(launch, capsys)


async def test_without_words_it_shows_levers_what_is_under_way_and_what_can_be_started(desk: Desk) -> None:
    await desk.launch.ask("POST", "/requests", {"request": "procedure", "procedure": "revert", "reason": "5xx"})
    await desk.launch.until("revert-1", "revert", StepStage.CONFIRM)
    code, said = await desk.act()
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert code == 0
    assert any(line.startswith("lever SEND true, as expected, kill switch, read ") for line in lines)
    assert "action revert-1 waits for a person: step revert, started by ann: 5xx" in lines
    command = f"warroom act {LAUNCH} --state {desk.launch.folder.parent} confirm revert-1 revert"
    assert any(f"revert the deployment: {command}" in line for line in lines)
    assert "start grave Grave, dangerous: 1. pause the consumers" in lines


@pytest.mark.parametrize(
    ("words", "typed", "code", "says"),
    [
        pytest.param(
            ("start", "stop"), "", 0, ["stop-1 started", "1. send: SEND=true: VERIFIED", "stop-1: DONE"], id="done: 0"
        ),
        pytest.param(
            ("set", "SEND", "false"), "", 0, ["set: SEND=false: VERIFIED", "set-SEND-1: DONE"], id="a lever"
        ),
        pytest.param(
            ("start", "revert"),
            *("", 3),
            [
                "needed, within ",
                "warroom act auto_com_center-1 --state {state} confirm revert-1 revert",
                "revert-1 goes on",
            ],
            id="it waits for a person: 3, with the command",
        ),
        pytest.param(
            ("start", "grave"),
            "grave",
            3,
            ["Confirm that Grave starts", "confirm grave-1 --typed grave"],
            id="for a second one: 3",
        ),
        pytest.param(
            ("start", "incident"),
            "",
            3,
            ['warroom incident auto_com_center-1 --state {state} note inc-1 "TEXT"'],
            id="for the note: 3",
        ),
    ],
)
async def test_it_follows_what_it_began(
    words: Sequence[str], typed: str, code: int, says: Sequence[str], desk: Desk
) -> None:
    ended, said = await desk.act(*words, typed=typed, reason="the test")
    assert ended == code
    state = str(desk.launch.folder.parent)
    assert [one for one in says if one.replace("{state}", state) not in said] == [], said


async def test_what_was_so_already_ends_with_0_and_is_said_to_be_no_mitigation(desk: Desk) -> None:
    desk.launch.service.done["set"] = 0.0
    code, said = await desk.act("set", "SEND", "false")
    assert code == 0
    assert "NO-OP (no mitigation)" in said
    assert "set-SEND-1: NO-OP: everything was so already, nothing was changed" in said
    assert desk.launch.service.log == []


async def test_a_step_that_fails_ends_with_1_and_its_reason(desk: Desk) -> None:
    desk.launch.service.manners = [BROKEN] * 99
    code, said = await desk.act("set", "SEND", "false")
    assert code == 1
    assert "FAILED" in said
    assert "it answers 500; set is not done" in said


async def test_what_waits_is_confirmed_done_and_skipped_by_their_commands(desk: Desk) -> None:
    await desk.act("start", "revert")
    code, said = await desk.act("confirm", "revert-1", "revert")
    assert (code, "revert-1: DONE" in said) == (0, True), said
    await desk.act("start", "by_hand")
    desk.launch.service.done["pause"] = 0.0
    code, said = await desk.act("done", "by_hand-1", reason="in the console of the cloud")
    assert (code, "VERIFIED" in said) == (0, True), said
    await desk.act("start", "revert")
    code, said = await desk.act("skip", "revert-2", "revert", reason="it is fast again")
    assert (code, "SKIPPED" in said) == (0, True), said
    await desk.act("start", "revert")
    code, said = await desk.act("abort", "revert-3", reason="a mistake")
    assert (code, "revert-3: STOPPED by ann: a mistake" in said) == (1, True), said


async def test_the_kill_switch_is_asked_for_unless_the_person_has_said_yes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="there is nobody to ask"):
        await desk.act("kill-switch")
    for answer, code in (("n\n", 2), ("\n", 2), ("y\n", 0)):
        monkeypatch.setattr("sys.stdin", Person(answer))
        ended, said = await desk.act("kill-switch")
        assert ended == code
        assert "Set SEND to true? [y/N]" in said
        assert ("nothing was done" in said) == bool(code)
    code, said = await desk.act("kill-switch", yes=True)
    assert (code, "[y/N]" in said) == (0, False)
    assert [one for one in desk.launch.journaled() if "started" in one] == ["procedure.started ann"] * 2


class Person(io.StringIO):
    """Somebody at a terminal, who types that."""

    def isatty(self) -> bool:
        return True


async def test_at_a_terminal_the_name_of_what_is_dangerous_is_asked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Person("rate\n"))
    with pytest.raises(UsageError, match="RATE is dangerous"):
        await desk.act("set", "RATE", "20")
    monkeypatch.setattr("sys.stdin", Person("RATE\n"))
    code, said = await desk.act("set", "RATE", "20")
    assert "RATE is dangerous. Type its name to go on: " in said
    assert (code, "set-RATE-1 started" in said) == (3, True), "it takes two people"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(("start", "stopp"), "there is no procedure 'stopp'", id="no such procedure"),
        pytest.param(("set", "SND", "true"), "there is no lever 'SND'", id="no such lever"),
        pytest.param(("set", "SEND", "off"), "SEND cannot be 'off'", id="no such value"),
        pytest.param(("confirm", "stop-1"), "no procedure 'stop-1' is under way", id="nothing is under way"),
        pytest.param(("skip", "stop-1", "send"), "no procedure 'stop-1' is under way", id="nothing to skip"),
        pytest.param(("start", "grave"), "grave is dangerous: its name has to be typed", id="nobody typed its name"),
    ],
)
async def test_what_the_engine_refuses_is_refused_and_nothing_is_done(
    words: Sequence[str], says: str, desk: Desk
) -> None:
    with pytest.raises(UsageError, match=says):
        await desk.act(*words)
    assert desk.launch.journaled() == []


FORMS = [
    ("start",),
    ("start", "a", "b"),
    ("set", "SEND"),
    ("kill-switch", "now"),
    ("confirm",),
    ("confirm", "a", "b", "c"),
    ("done",),
    ("skip", "a"),
    ("abort",),
    ("abort", "a", "b"),
    ("stop", "a"),
]


@pytest.mark.parametrize("words", FORMS, ids=" ".join)
def test_another_form_is_told_how_it_is_done(words: Sequence[str]) -> None:
    with pytest.raises(UsageError, match="warroom act LAUNCH takes start PROCEDURE, set LEVER VALUE"):
        request_of(words, "", "")


async def test_without_an_engine_it_says_what_to_do(tmp_path: Path) -> None:
    async with acting(tmp_path / LAUNCH) as launch:
        await launch.listener.close()
        with pytest.raises(UsageError, match="no engine runs") as refused:
            await asyncio.to_thread(act, LAUNCH, ("kill-switch",), "", "", tmp_path, yes=True)
    # Its own copy of the playbook is not there, either: no engine can be started.
    assert "no engine can run it: " in refused.value.hint
    assert "warroom amend" in refused.value.hint
