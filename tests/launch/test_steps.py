"""Ticking steps: what is asked, what is refused, and what sets T0."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.launch.course import BUILD, T0, after, course, opened
from warroom.errors import UsageError
from warroom.launch.phases import DONE, RUNNING, WAITING, phases
from warroom.launch.state import LaunchState
from warroom.launch.steps import tick

MINUTE = timedelta(minutes=1)


def ticked(state: LaunchState, step: str, minutes: float = 0, **values: str) -> LaunchState:
    at = T0 + minutes * MINUTE
    for draft in tick(state, step, values, at=at, by="ann"):
        state = after(state, draft.kind, at, **draft.body)
    return state


@pytest.mark.covers("S3-M01")
def test_the_five_steps_stand_in_order_and_publish_sets_t0() -> None:
    assert list(course().steps) == ["open", "deployments", "publish", "wait", "confirm"]
    assert course().steps["publish"].do == 'Click "Publish" (or "Redeploy" if already published)'
    state = opened(None)
    for step in ("open", "deployments"):
        state = ticked(state, step, -3)
        assert state.t0 is None
    state = ticked(state, "publish")
    assert state.t0 == T0
    assert state.ticks["publish"].by == "ann"


def test_ticking_it_again_does_not_move_t0() -> None:
    assert ticked(ticked(opened(None), "publish"), "publish", 9).t0 == T0


@pytest.mark.covers("S3-C14")
@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({}, "build_id is missing"),
        ({"build_id": "b-1"}, "deployed_at is missing"),
        ({**BUILD, "deployed_at": "2025-11-01 02:04"}, "is not a time such as 2025-11-01T02:00:00Z"),
        ({**BUILD, "deployed_at": "2025-02-30T02:04:00Z"}, "is not a time such as"),
        ({**BUILD, "deployed_at": "2025-11-01T03:00:01Z"}, "lies ahead, it is 2025-11-01T02:00:00.000Z now"),
        ({**BUILD, "build_id": "  "}, "build_id: the answer is empty"),
        ({**BUILD, "build": "x"}, "it does not ask for 'build'"),
    ],
)
def test_what_a_step_asks_for_is_judged(values: dict[str, str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as refused:
        tick(opened(), "confirm", values, at=T0, by="ann")
    assert refused.value.hint == "it takes --value build_id=TEXT --value deployed_at=TIMESTAMP"


def test_hostile_text_is_made_visible_before_it_is_journaled() -> None:
    [draft] = tick(opened(), "confirm", {**BUILD, "build_id": "b\x1b[2J\u202e"}, at=T0, by="ann")
    assert draft.body["values"]["build_id"] == "b\\e[2J\\u202e"


def test_a_step_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as refused:
        tick(opened(), "confrim", {}, at=T0, by="ann")
    assert refused.value.hint == "did you mean 'confirm'?"


def standing(state: LaunchState, minutes: float) -> dict[str, tuple[str, bool]]:
    return {each.phase.id: (each.lifecycle, each.late) for each in phases(state, T0 + minutes * MINUTE)}


@pytest.mark.covers("S3-P01")
def test_step_1_is_late_when_t_plus_5_passes_without_the_build() -> None:
    state = opened(None)
    assert standing(state, 0)["publish"] == (WAITING, False)
    for step in ("open", "deployments", "publish", "wait"):
        state = ticked(state, step)
    assert standing(state, 5)["publish"] == (RUNNING, False)
    assert standing(state, 5.1)["publish"] == (RUNNING, True)
    assert standing(ticked(state, "confirm", 4, **BUILD), 9)["publish"] == (DONE, False)
    assert standing(ticked(state, "confirm", 6, **BUILD), 9)["publish"] == (DONE, True)


def test_the_watch_lasts_48_hours() -> None:
    state = opened()
    assert standing(state, 14)["watch"] == (WAITING, False)
    assert standing(state, 15)["watch"] == (RUNNING, False)
    assert standing(state, 48 * 60 - 1)["watch"] == (RUNNING, False)
    assert standing(state, 48 * 60)["watch"] == (DONE, False)
