"""Gates of other systems on a virtual clock: asked, told once when they flip, with what was checked again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.stage import COURSE, T0, Gates, Stage
from tests.engine.test_engine import published
from warroom.engine.engine import Engine
from warroom.engine.requests import Request, StateGate
from warroom.engine.view import state_json
from warroom.errors import UsageError
from warroom.journal.audit import audit
from warroom.playbook.course import GatePlan, Update
from warroom.playbook.template import parse_template

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def _on(update_id: str, event: str, text: str, gate: str = "") -> Update:
    template = parse_template(text)
    return Update(
        update_id, update_id, "file", template, on=(event,), subjects=(gate,) if gate else (), within=2 * _MINUTE
    )


GATED = replace(
    COURSE,
    gates={
        "gate1": GatePlan("gate1", "Gate 1", "scholar_auth", holds="receive-and-queue", rerun=("jwks", "m2m")),
        "gate2": GatePlan("gate2", "Gate 2", rerun=("canary",)),
    },
    updates={
        **COURSE.updates,
        "auth": _on("auth", "gate.green", "{{ gate.title }}: {{ badge(jwks) }} {{ badge(m2m) }}", "gate1"),
        "pull": _on("pull", "gate.green", "{{ gate.title }}: {{ badge(canary) }}", "gate2"),
        "red": _on("red", "gate.red", "{{ gate.title }} is {{ gate.state }}; {{ launch.modes }}"),
    },
)


def gated(folder: Path, gate1: str = "red", gate2: str = "red") -> Stage:
    stage = Stage(folder, course=GATED)
    stage.gates = Gates({"gate1": gate1, "gate2": gate2})
    return stage


def told(stage: Stage) -> list[str]:
    """The posts about gates, in the order of the file."""
    return [post.slot.rpartition(":")[2] for post in stage.posts() if post.slot.count("@gate")]


def kinds(stage: Stage, kind: str) -> list[tuple[str, str]]:
    return [(e.body["gate"], e.body.get("state") or e.body["to"]) for e in stage.told if e.kind == kind]


async def test_a_gate_is_asked_every_30_s_and_only_what_changes_is_journaled(tmp_path: Path) -> None:
    stage = gated(tmp_path)
    async with stage.engine(tick_s=1.0) as engine:
        await published(engine)
        await stage.advance(4 * _MINUTE)
        assert Counter(stage.gates.asked) == {"gate1": 9, "gate2": 9}
        assert kinds(stage, "gate.read") == [("gate1", "red"), ("gate2", "red")]
        assert engine.gates_read_at["gate1"] == T0 + 4 * _MINUTE
    assert kinds(stage, "gate.flipped") == []
    assert told(stage) == []


async def test_on_the_flip_to_green_the_checks_run_once_and_the_post_tells_them(tmp_path: Path) -> None:
    stage = gated(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(20 * _MINUTE)
        stage.gates.says["gate1"] = "green"
        await stage.advance(30 * _MINUTE)
        assert engine.state.happenings[0].at == T0 + 20 * _MINUTE + _MINUTE / 2
    assert stage.suites.reruns == ["gate:gate1#1"]
    assert told(stage) == ["auth@gate1#1"]
    post = next(post for post in stage.posts() if post.slot.endswith("auth@gate1#1"))
    assert post.text == "Gate 1: ✅ GREEN ✅ GREEN"
    assert post.at == T0 + 22 * _MINUTE + _MINUTE / 2
    assert "LATE" not in post.delivery
    assert audit(tmp_path).problems == ()


async def test_each_gate_has_its_own_checks_and_its_own_post(tmp_path: Path) -> None:
    stage = gated(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(20 * _MINUTE)
        stage.gates.says = {"gate1": "green", "gate2": "green"}
        await stage.advance(10 * _MINUTE)
    assert sorted(stage.suites.reruns) == ["gate:gate1#1", "gate:gate2#1"]
    assert sorted(told(stage)) == ["auth@gate1#1", "pull@gate2#1"]


async def test_a_flip_back_while_the_checks_run_is_recorded_and_told(tmp_path: Path) -> None:
    stage = gated(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(20 * _MINUTE)
        stage.gates.says["gate1"] = "green"
        await stage.advance(_MINUTE)
        stage.gates.says["gate1"] = "red"
        await stage.advance(_MINUTE / 2)
        assert stage.suites.reruns == ["gate:gate1#1"]
        assert engine.state.gates["gate1"].state == "red"
        await stage.advance(10 * _MINUTE)
    assert told(stage) == ["auth@gate1#1", "red@gate1#2"]
    assert stage.posts()[-1].text == "Gate 1 is RED; dry-run, receive-and-queue"


async def test_a_gate_that_flaps_for_an_hour_does_not_flood(tmp_path: Path) -> None:
    stage = gated(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(20 * _MINUTE)
        for number in range(120):
            stage.gates.says["gate1"] = "green" if number % 2 == 0 else "red"
            await stage.advance(_MINUTE / 2)
        stage.gates.says["gate1"] = "green"
        await stage.advance(10 * _MINUTE)
        assert engine.state.gates["gate1"].told == "green"
    flips = kinds(stage, "gate.flipped")
    assert len(flips) <= 31
    assert len(told(stage)) == len(flips)
    assert len(stage.suites.reruns) == flips.count(("gate1", "green"))
    assert Counter(stage.suites.reruns).most_common(1)[0][1] == 1


@pytest.mark.parametrize("kill", [True, False], ids=["kill -9", "handed back"])
@pytest.mark.parametrize("after_s", [0, 15, 31, 45, 100, 151, 165, 300])
async def test_a_restart_at_any_point_of_a_flip_neither_loses_nor_doubles_its_post(
    after_s: int, kill: bool, tmp_path: Path
) -> None:
    stage = gated(tmp_path)
    async with stage.engine(kill=kill) as engine:
        await published(engine)
        await stage.advance(20 * _MINUTE)
        stage.gates.says["gate1"] = "green"
        await stage.advance(timedelta(seconds=after_s))
        finished = [run.cause for run in engine.state.runs.values() if run.only and run.finished_at]
    async with stage.engine():
        await stage.advance(20 * _MINUTE)
    assert told(stage) == ["auth@gate1#1"]
    # What was cut off is run again, what has finished is not.
    assert len(stage.suites.reruns) == (1 if finished or not stage.suites.reruns[1:] else 2)
    ended = [e for e in stage.told if e.kind == "suite.finished" and e.body["cause"] == "gate:gate1#1"]
    assert len(ended) == 1
    assert audit(tmp_path).problems == ()


async def test_a_flip_while_no_engine_ran_is_noticed_by_the_next(tmp_path: Path) -> None:
    stage = gated(tmp_path)
    async with stage.engine(kill=True) as engine:
        await published(engine)
        await stage.advance(20 * _MINUTE)
    stage.clock.suspend(3600)
    stage.gates.says["gate1"] = "green"
    async with stage.engine():
        await stage.advance(5 * _MINUTE)
    assert told(stage) == ["auth@gate1#1"]


async def test_one_question_without_an_answer_changes_nothing_and_two_make_it_unknown(tmp_path: Path) -> None:
    stage = gated(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(20 * _MINUTE)
        stage.gates.says["gate1"] = "refused"
        await stage.advance(_MINUTE / 2)
        assert engine.state.gates["gate1"].state == "red"
        await stage.advance(_MINUTE)
        known = engine.state.gates["gate1"]
        assert (known.state, known.reason) == ("unknown", "refused")
        stage.gates.says["gate1"] = "red"
        await stage.advance(_MINUTE)
        assert engine.state.gates["gate1"].state == "red"
    assert kinds(stage, "gate.flipped") == []


async def test_a_gate_that_nobody_could_read_and_that_is_green_has_flipped(tmp_path: Path) -> None:
    stage = gated(tmp_path, gate1="GATE1_URL is not set", gate2="green")
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(20 * _MINUTE)
        await engine.ask(StateGate("gate1", "green", "they called"), "ada")
        await stage.advance(5 * _MINUTE)
        gate = next(gate for gate in state_json(engine.state, stage.clock.now())["gates"] if gate["id"] == "gate1")
    assert told(stage) == ["auth@gate1#1"]
    assert (gate["state"], gate["source"], gate["stale"], gate["holds"]) == ("green", "stated by ada", False, "")


async def test_what_a_person_stated_stands_until_they_have_it_asked_again(tmp_path: Path) -> None:
    stage = gated(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(10 * _MINUTE)
        await engine.ask(StateGate("gate1", "green", "they called"), "ada")
        await stage.advance(10 * _MINUTE)
        assert engine.state.gates["gate1"].state == "green"
        assert stage.suites.gates[-1] == "green"
        await engine.ask(StateGate("gate1", "poll", ""), "ada")
        await stage.advance(timedelta(seconds=15))
        assert (engine.state.gates["gate1"].state, engine.state.gates["gate1"].by) == ("red", "")
    assert told(stage) == ["auth@gate1#1", "red@gate1#2"]


async def test_suites_know_what_was_read_and_nothing_that_is_too_old(tmp_path: Path) -> None:
    stage = gated(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(8 * _MINUTE)
        stage.gates.says["gate1"] = "no answer"
        await stage.advance(20 * _MINUTE)
        stage.gates.says["gate2"] = "green"
        await stage.advance(5 * _MINUTE)
    assert stage.suites.gates == ["red", ""]


async def test_a_flip_before_t0_is_recorded_and_owes_nothing(tmp_path: Path) -> None:
    stage = gated(tmp_path)
    stage._t0 = None
    async with stage.engine() as engine:
        await stage.advance(_MINUTE)
        stage.gates.says["gate1"] = "green"
        await stage.advance(10 * _MINUTE)
        assert kinds(stage, "gate.flipped") == [("gate1", "green")]
        await published(engine)
        await stage.advance(10 * _MINUTE)
    assert stage.suites.reruns == []
    assert told(stage) == []


async def test_a_launch_does_not_end_before_what_happened_is_told(tmp_path: Path) -> None:
    stage = gated(tmp_path)
    async with stage.engine(tick_s=60.0) as engine:
        await published(engine)
        await stage.advance(48 * _HOUR - _MINUTE)
        stage.gates.says["gate1"] = "green"
        await stage.advance(2 * _MINUTE)
        assert engine.state.closed is None
        await stage.advance(3 * _MINUTE)
        assert engine.state.closed
    assert told(stage) == ["auth@gate1#1"]


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        pytest.param(StateGate("gaet1", "green", "x"), "no gate 'gaet1'", id="a gate that does not exist"),
        pytest.param(StateGate("gate1", "amber", "x"), "green, red, unknown, or poll", id="another colour"),
        pytest.param(StateGate("gate1", "green", " "), "a reason is needed", id="no reason"),
        pytest.param(StateGate("gate1", "poll", ""), "nobody asks gate1", id="nobody asks it"),
    ],
)
async def test_a_wrong_statement_about_a_gate_is_refused(request_: Request, says: str, tmp_path: Path) -> None:
    stage = gated(tmp_path)
    async with stage.engine() as engine:
        with pytest.raises(UsageError, match=says):
            await engine.ask(request_, "ada")


async def test_the_state_says_how_old_a_reading_is(tmp_path: Path) -> None:
    stage = gated(tmp_path)

    def gate(engine: Engine) -> tuple[str, str, bool, str]:
        seen = state_json(engine.state, stage.clock.now(), (), engine.gates_read_at)["gates"][0]
        return seen["state"], seen["at"], seen["stale"], seen["holds"]

    async with stage.engine() as engine:
        await stage.advance(10 * _MINUTE)
        assert gate(engine) == ("red", "2025-11-01T02:10:00.000Z", False, "receive-and-queue")
        stage.clock.suspend(600)
        assert gate(engine) == ("red", "2025-11-01T02:00:00.000Z", True, "receive-and-queue")
