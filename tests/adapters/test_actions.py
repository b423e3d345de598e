"""Levers and steps over HTTP and by commands: what every answer of a service comes to, judged by what it was sent."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.adapters.survivors import survivors_of
from tests.checks.server import HANG, Answerer, Received, Server, closed_port, reply
from warroom.adapters.actions import Actions
from warroom.adapters.command import Commands
from warroom.adapters.http import HttpAdapter
from warroom.clock import RealClock
from warroom.journal.chain import hidden
from warroom.launch.levers import LeverReading
from warroom.launch.outcomes import Answer, Fate, Found
from warroom.launch.procedures import Before
from warroom.playbook.loaded import Call, Deed, Lever, Look, ReadFrom, Target
from warroom.playbook.procedures import ActionStep, LeverPlan, setting
from warroom.redact import Redactor
from warroom.units import Condition

KEY = "correct-horse-battery"
HEADERS = (("X-Internal-Key", KEY),)
SEND = Lever(
    "SEND", "true", ReadFrom("app", "/state", "$.levers.SEND"),
    set=Deed(Call("app", "PUT", "/levers/{name}", HEADERS, {"value": "{value}", "soft": [True, "{name}"]})),
)  # fmt: skip
RATE = Lever("RATE", "10", ReadFrom("app", "/state", "$.limits.rate"))
ON = setting("send", LeverPlan("SEND", "true"), "true")
PAUSE = ActionStep("pause", "request", "pause")
REVERT = ActionStep("revert", "request", "revert")
PAUSED = Look(Condition.parse('== "paused"'), "app", "/state", "$.consumers")
CHANGED = Look(None, "app", "/state", "$.build")
DEEDS = {
    ("stop", "pause"): Deed(Call("app", "POST", "/pause", HEADERS), look=PAUSED),
    ("stop", "revert"): Deed(Call("app", "POST", "/rollback", (), "to={name}"), look=CHANGED),
}
STATE = {"levers": {"SEND": "true"}, "limits": {"rate": 10}, "consumers": "paused", "build": "r112"}


@asynccontextmanager
async def acting(
    answer: Answerer | str, deeds: Mapping[tuple[str, str], Deed] = DEEDS, *, allowed: bool = True
) -> AsyncIterator[tuple[Actions, list[Received]]]:
    """The actions on a service that answers so, or that is not there; and what it was sent."""
    async with Server(answer if callable(answer) else lambda _: b"") as server:
        url = server.url if callable(answer) else answer
        http = HttpAdapter({"app": Target("app", url, title="the app")}, RealClock())
        commands = Commands(RealClock(), allowed=allowed)
        yield Actions({"SEND": SEND, "RATE": RATE}, deeds, http, commands), server.received
        await http.aclose()


async def sent(
    answer: Answerer | str, step: ActionStep = ON, timeout_s: float = 5.0
) -> tuple[Answer, list[Received]]:
    async with acting(answer) as (actions, received):
        return await actions.send("stop", step, timeout_s), received


async def found(answer: Answerer | str, step: ActionStep = ON, before: Before | None = None) -> Found:
    async with acting(answer) as (actions, _):
        return await actions.look("stop", step, before, 5.0)


async def test_a_lever_is_set_with_its_name_and_value_and_key_on_a_connection_of_its_own() -> None:
    answer, (request,) = await sent(lambda _: reply({"name": "SEND", "value": "true"}))
    assert answer == Answer(Fate.ACCEPTED, "it answers 200")
    assert (request.method, request.path) == ("PUT", "/levers/SEND")
    assert json.loads(request.body) == {"value": "true", "soft": [True, "SEND"]}
    assert (request.headers["x-internal-key"], request.headers["content-type"]) == (KEY, "application/json")
    assert request.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("answer", "fate", "said"),
    [
        pytest.param(lambda _: reply(b"", 202), Fate.ACCEPTED, "it answers 202", id="202 accepts"),
        pytest.param(
            lambda _: reply({"error": "X-Internal-Key is wrong"}, 403),
            *(Fate.REFUSED, 'it answers 403: {"error": "X-Internal-Key is wrong"}'),
            id="403 refuses for good, in its words",
        ),
        pytest.param(lambda _: reply(b"", 404), Fate.REFUSED, "it answers 404", id="404 refuses for good"),
        pytest.param(lambda _: reply(b"", 429), Fate.NOT_SENT, "it answers 429", id="429 did nothing"),
        pytest.param(lambda _: reply(b"", 408), Fate.UNKNOWN, "it answers 408", id="408 may have done something"),
        pytest.param(
            lambda _: reply(b"<p>oops", 500), Fate.UNKNOWN, "it answers 500: <p>oops", id="500 says nothing"
        ),
        pytest.param(
            lambda _: reply(b"", 302, [("location", "/login")]),
            Fate.UNKNOWN,
            "it answers 302",
            id="a redirect is none",
        ),
        pytest.param(lambda _: HANG, Fate.UNKNOWN, "no answer within 0.3 s", id="a lost answer says nothing"),
        pytest.param(
            lambda _: b"", Fate.UNKNOWN, "closed the connection without an answer", id="a cut connection says nothing"
        ),
        pytest.param(
            lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
            Fate.UNKNOWN,
            "cut off",
            id="a cut answer, too",
        ),
    ],
)
async def test_what_an_answer_comes_to(answer: Answerer, fate: Fate, said: str) -> None:
    found, received = await sent(answer, timeout_s=0.3)
    assert found.fate is fate
    assert said in found.said
    assert len(received) == 1, "it is never sent twice behind our back"


async def test_what_is_not_reached_was_not_sent() -> None:
    answer, _ = await sent(closed_port())
    assert answer.fate is Fate.NOT_SENT
    assert "connection refused" in answer.said


async def test_what_cannot_be_sent_at_all_is_refused() -> None:
    answer, _ = await sent("")
    assert answer == Answer(Fate.REFUSED, "target 'app' is not configured")
    async with acting("", {}) as (actions, _):
        assert await actions.send("stop", PAUSE, 1.0) == Answer(Fate.REFUSED, "the playbook does not say how")
        assert await actions.send("stop", setting("r", LeverPlan("RATE", "10"), "20"), 1.0) == Answer(
            Fate.REFUSED, "only a person can do this"
        )


@pytest.mark.parametrize(
    ("answer", "holds", "said"),
    [
        pytest.param(lambda _: reply(STATE), True, "SEND is true", id="it is so"),
        pytest.param(lambda _: reply({"levers": {"SEND": "false"}}), False, "SEND is false", id="it is not so"),
        pytest.param(
            lambda _: reply({"levers": {"SEND": True}}), True, "SEND is true", id="JSON true is the text true"
        ),
        pytest.param(lambda _: reply({"levers": {"SEND": "True"}}), False, "SEND is True", id="letter by letter"),
        pytest.param(lambda _: reply({}), None, "the state does not name SEND", id="a state that does not name it"),
        pytest.param(lambda _: reply(STATE, 500), None, "answers 500", id="a state with status 500 is none"),
        pytest.param(lambda _: reply(b"<html>"), None, "the answer is not JSON", id="a page is none"),
        pytest.param(
            lambda _: reply({"levers": {"SEND": "\x1b[2Jtrue"}}), False, "SEND is \\e[2Jtrue", id="a hostile value"
        ),
    ],
)
async def test_what_a_read_back_comes_to(answer: Answerer, holds: bool | None, said: str) -> None:
    read = await found(answer)
    assert read.holds is holds
    assert said in read.said


async def test_a_read_back_is_neither_cached_nor_hangs_for_ever() -> None:
    async with acting(lambda _: reply(STATE)) as (actions, received):
        await actions.look("stop", ON, None, 5.0)
        assert received[0].headers["cache-control"] == "no-cache"
    async with acting(lambda _: HANG) as (actions, _):
        read = await actions.look("stop", ON, None, 0.2)
        assert (read.holds, "no answer within 0.2 s" in read.said) == (None, True)


async def test_a_condition_is_read_back_and_says_what_is_wanted() -> None:
    assert (await found(lambda _: reply(STATE), PAUSE)).said == "$.consumers is paused"
    read = await found(lambda _: reply({"consumers": "running"}), PAUSE)
    assert (read.holds, read.said) == (False, '$.consumers is running, expected == "paused"')


REDACTOR = Redactor.of({"KEY": KEY})
LONG = "r" * 200


async def read_again(was: str, now: str) -> tuple[Found, str]:
    """What is found of something that was `was` and is `now`, by an engine that knows the first from the journal; and
    what the journal has of it."""
    answers = iter((was, now))
    async with acting(lambda _: reply({"build": next(answers)})) as (actions, _):
        first = await actions.look("stop", REVERT, None, 5.0)
        assert (first.holds, "nobody knows what it was before" in first.said) == (None, True)
        assert first.read is not None
        kept = json.dumps(hidden(asdict(first.read), REDACTOR))
        return await actions.look("stop", REVERT, Before(**json.loads(kept)), 5.0), kept


@pytest.mark.parametrize(
    ("was", "now", "holds", "said"),
    [
        pytest.param("r118", "r112", True, "$.build is r112, it was r118", id="another one"),
        pytest.param("r112", "r112", False, "$.build is r112, as before", id="the same"),
        pytest.param(KEY, KEY, False, "as before", id="the same secret"),
        pytest.param(KEY, KEY[::-1], True, "it was [KEY]", id="another one than a secret"),
        pytest.param(f"{LONG}1", f"{LONG}1", False, "as before", id="the same long one"),
        pytest.param(f"{LONG}1", f"{LONG}2", True, "it was rrrr", id="one that differs at its end alone"),
        pytest.param("", "", False, "as before", id="the same nothing"),
    ],
)
async def test_what_has_to_change_is_held_against_what_it_was_also_by_the_next_engine(
    was: str, now: str, holds: bool, said: str
) -> None:
    read, _ = await read_again(was, now)
    assert read.holds is holds
    assert said in read.said


async def test_the_journal_has_nothing_of_a_secret_that_was_read_and_nothing_twice_the_same() -> None:
    _, kept = await read_again(KEY, KEY)
    _, again = await read_again(KEY, KEY)
    assert KEY not in kept
    assert hashlib.sha256(KEY.encode()).hexdigest() not in kept
    assert json.loads(kept)["mark"] != json.loads(again)["mark"]


async def test_a_state_that_has_no_such_value_says_nothing_of_a_change() -> None:
    assert (await found(lambda _: reply({}), REVERT, Before("r118", "00:00"))).holds is None


async def test_levers_in_one_answer_share_a_request_and_one_that_is_missing_hides_no_other() -> None:
    async with acting(lambda _: reply({"levers": {}, "limits": {"rate": 10}})) as (actions, received):
        assert await actions.levers(["SEND", "RATE"], 5.0) == [
            LeverReading("SEND", None, "the state does not name it"),
            LeverReading("RATE", "10"),
        ]
        assert len(received) == 1
    async with acting(lambda _: reply(b"", 503)) as (actions, _):
        readings = await actions.levers(["SEND", "RATE"], 5.0)
        assert all(one.actual is None and "answers 503" in one.reason for one in readings)


@pytest.mark.parametrize(("length", "is_whole"), [(1_000, True), (1_001, False)])
async def test_a_lever_is_told_whole_up_to_the_longest_value_that_a_playbook_expects(
    length: int, is_whole: bool
) -> None:
    async with acting(lambda _: reply({"limits": {"rate": "x" * length}})) as (actions, _):
        (reading,) = await actions.levers(["RATE"], 5.0)
        assert (reading.actual == "x" * length) is is_whole


# --- commands


def command(code: str, look: str = "print('yes')") -> Mapping[tuple[str, str], Deed]:
    shown = Look(Condition.parse('== "yes"'), command=(sys.executable, "-c", look))
    return {("stop", "pause"): Deed(command=(sys.executable, "-c", code), look=shown)}


async def commanded(code: str, timeout_s: float = 5.0) -> Answer:
    async with acting("", command(code)) as (actions, _):
        return await actions.send("stop", PAUSE, timeout_s)


async def test_a_command_that_ends_well_is_accepted_and_read_back_by_another() -> None:
    assert await commanded("pass") == Answer(Fate.ACCEPTED, "it ended with 0")
    for look, holds, said in (
        ("print('yes')", True, 'prints "yes"'),
        ("print('no')", False, 'prints "no", expected == "yes"'),
        ("raise SystemExit(3)", None, "ends with 3"),
        ("print('y' * 100_000)", None, "prints too much"),
    ):
        async with acting("", command("pass", look)) as (actions, _):
            read = await actions.look("stop", PAUSE, None, 5.0)
            assert (read.holds, said in read.said) == (holds, True), read


async def test_a_lever_is_what_a_command_prints_or_nobody_knows() -> None:
    levers = {
        name: Lever(name, "true", ReadFrom(command=(sys.executable, "-c", code)))
        for name, code in (("A", "print('true')"), ("B", "print('false')"), ("C", "raise SystemExit(3)"))
    }
    on = [setting("send", LeverPlan(name, "true"), "true") for name in levers]
    async with acting("") as (actions, _):
        reader = Actions(levers, {}, actions._http, Commands(RealClock(), allowed=True))
        readings = await reader.levers([*levers], 5.0)
        assert [one.actual for one in readings] == ["true", "false", None]
        assert "ends with 3" in readings[2].reason
        looked = [await reader.look("stop", step, None, 5.0) for step in on]
        assert [one.holds for one in looked] == [True, False, None]
        refused = Actions(levers, {}, actions._http, Commands(RealClock()))
        (reading,) = await refused.levers(["A"], 5.0)
        assert (reading.actual, "--allow-commands allows them" in reading.reason) == (None, True)


async def test_a_lever_that_people_tell_is_read_by_nothing() -> None:
    told = {"TOLD": Lever("TOLD", "true", ReadFrom())}
    async with acting("") as (actions, _):
        reader = Actions(told, {}, actions._http, Commands(RealClock(), allowed=True))
        found = await reader.look("stop", setting("send", LeverPlan("TOLD", "true"), "true"), None, 5.0)
        assert found == Found(None, "only a person can say what it is")


async def test_a_command_that_fails_may_have_done_half_of_it() -> None:
    answer = await commanded("import sys; sys.exit('no such cache')")
    assert answer == Answer(Fate.UNKNOWN, 'it ended with 1: "no such cache"')


async def test_a_command_that_floods_is_cut() -> None:
    answer = await commanded("import sys; sys.stderr.write('x' * 10_000_000); sys.exit(4)")
    assert answer.said.startswith('it ended with 4: "xxx')
    assert len(answer.said) < 300


async def test_a_command_that_hangs_and_forks_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os, time\n"
        f"file = open({str(pids)!r}, 'a', buffering=1)\n"
        "for _ in range(3):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        break\n"
        "print(os.getpid(), file=file)\n"
        "time.sleep(600)\n"
    )
    answer = await commanded(code, timeout_s=1.0)
    assert answer.fate is Fate.UNKNOWN
    assert "did not end within 1 s; it was ended, with all that it started" in answer.said
    assert survivors_of([int(pid) for pid in pids.read_text().split()]) == []


async def test_commands_that_nobody_allowed_do_not_run_and_are_not_tried_again() -> None:
    async with acting("", command("pass"), allowed=False) as (actions, _):
        answer = await actions.send("stop", PAUSE, 5.0)
        assert answer == Answer(Fate.REFUSED, "commands are not allowed here; --allow-commands allows them")
        assert (await actions.look("stop", PAUSE, None, 5.0)).holds is None


async def test_a_command_sees_none_of_our_secrets(tmp_path: Path) -> None:
    os.environ["KEY_OF_OURS"] = KEY
    try:
        answer = await commanded("import os, sys; sys.exit(str(dict(os.environ)))")
    finally:
        del os.environ["KEY_OF_OURS"]
    assert KEY not in answer.said
