"""What an engine says becomes values, or is refused with the place that is wrong."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.engine.stage import T0, Stage
from warroom.client import launch_now
from warroom.client.values import NotUnderstood
from warroom.engine.view import state_json
from warroom.verdict import Verdict

ENGINE = {"pid": 7, "since": "2025-11-01T02:00:00.000Z", "epoch": 1, "tick_age_s": 0.2}
_Path = tuple[str | int, ...]


@pytest.fixture
async def state(tmp_path: Path) -> Any:
    """GET /state of a launch 16 minutes old, one post of which cannot be written."""
    stage = Stage(tmp_path / "launch")
    async with stage.engine() as engine:
        await stage.clock.advance(16 * 60)
        return {**state_json(engine.state, stage.clock.now(), engine.log), "engine": ENGINE}


def changed(state: Any, path: _Path, value: Any) -> Any:
    """A copy with another value at `path`."""
    copied = inner = copy.deepcopy(state)
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    return copied


async def test_everything_that_the_engine_says_is_there(state: Any) -> None:
    launch = launch_now(state)
    assert (launch.launch, launch.mode, launch.t0, launch.closed) == ("auto_com_center-1", "dry-run", T0, None)
    assert launch.now == datetime(2025, 11, 1, 2, 16, tzinfo=UTC)
    posts = {post.slot: post for post in launch.updates}
    assert len(posts) == 19
    assert (posts["published@T+5m"].standing, posts["published@T+5m"].needs) == (
        "held",
        ("steps.publish.build_id is not known",),
    )
    assert posts["published@T+5m"].preview == "Build ID: [steps.publish.build_id]"
    assert posts["evidence@T+15m"].standing == "sent"
    assert "Canary" in posts["evidence@T+15m"].text
    assert (posts["hourly@T+1h"].preview, posts["hourly@T+1h"].channel) == ("hourly, T+1h", "file")
    assert posts["hourly@T+6h"].preview == ""
    assert launch.next == posts["published@T+5m"]
    (run,) = launch.suites
    assert (run.suite, run.verdict, run.checks[0].id) == ("verify", Verdict.PASS, "canary")
    assert [(phase.id, phase.lifecycle) for phase in launch.phases] == [("verification", "done")]
    assert [question.name for question in launch.questions] == ["build_id"]
    assert launch.log[-1].seq <= launch.seq
    assert launch.log[-1].kind == "update.confirmed"
    assert launch.engine is not None
    assert launch.engine.pid == 7


async def test_what_a_newer_engine_says_more_is_passed_over(state: Any) -> None:
    assert launch_now(changed(state, ("weather",), "rain")) == launch_now(state)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        pytest.param(("schema",), "warroom.state/2", "another Warroom", id="a newer schema"),
        pytest.param(("seq",), "4", "seq is not of type int", id="a number that is a text"),
        pytest.param(("seq",), True, "seq is not of type int", id="a number that is a truth value"),
        pytest.param(("title",), None, "title is not of type str", id="null where there must be a text"),
        pytest.param(("t0",), "yesterday", "t0 is no instant", id="an instant that is none"),
        pytest.param(("t0",), "2025-11-01T02:00:00", "time zone", id="an instant without a time zone"),
        pytest.param(("updates",), {}, "updates is not of type list", id="an object for a list"),
        pytest.param(("updates", 2, "late_s"), "x", r"updates\[2\].late_s", id="the place in a list is named"),
        pytest.param(("suites", 0, "verdict"), "splendid", "not known here", id="a verdict that is not known"),
        pytest.param(("facts",), [["one"]], r"facts\[0\] has 1 members, not 2", id="half a pair"),
        pytest.param(("engine",), {"pid": 1}, "engine.since is missing", id="a member that is missing"),
    ],
)
async def test_what_is_not_understood_is_refused(path: _Path, value: Any, says: str, state: Any) -> None:
    with pytest.raises(NotUnderstood, match=says):
        launch_now(changed(state, path, value))


@pytest.mark.parametrize("data", [None, [], "x", {}], ids=str)
async def test_what_is_no_state_is_refused(data: Any) -> None:
    with pytest.raises(NotUnderstood, match="another Warroom"):
        launch_now(data)


async def test_every_text_is_safe_to_show(state: Any) -> None:
    launch = launch_now(changed(state, ("updates", 0, "reason"), "a\x1b[31m\nb\x07"))
    assert launch.updates[0].reason == "a\\e[31m\nb\\x07"
