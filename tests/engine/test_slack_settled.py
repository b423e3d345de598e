"""How long it takes until it is known what became of a post whose answer was lost, on the virtual clock."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.slack_stage import MINUTE, SECOND, SlackStage
from tests.engine.stage import T0
from warroom.engine.engine import Pace
from warroom.launch.standing import Standing, owed
from warroom.simulator.slack_faults import Fault

SETTLE = MINUTE
PAGING = 5 * SECOND
POST = "evidence@T+15m"


@pytest.mark.parametrize(
    ("applied", "hidden_s", "within"),
    [(True, 0.0, PAGING), (True, 50.0, SETTLE + PAGING), (False, 0.0, 2 * SETTLE + PAGING)],
    ids=["it arrived: the first look finds it", "it is seen late: the second one", "it had not: it is sent again"],
)
async def test_what_became_of_a_post_is_known_within_twice_the_settle_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, applied: bool, hidden_s: float, within: timedelta
) -> None:
    stage = SlackStage(tmp_path, monkeypatch)
    async with stage.living(pace=Pace(tick_s=1.0)) as engine:
        await stage.passes(15 * MINUTE - 3 * SECOND, 1.0)
        stage.slack.room.visible_after_s = hidden_s
        stage.slack.faults.queue(Fault("chat.postMessage", "reset", applied=applied))
        words, known_at = [], stage.clock.now()
        for _ in range(150):
            await stage.clock.advance(1.0)
            [post] = [one for one in owed(engine.state, stage.clock.now()) if one.slot.id == POST]
            words.append(post.standing)
            if post.standing is Standing.SENT:
                break
            known_at = stage.clock.now()
    assert words[-1] is Standing.SENT
    assert known_at - (T0 + 15 * MINUTE) <= within
    meanwhile = {word for word in words if word not in (Standing.SCHEDULED, Standing.DUE, Standing.SENDING)}
    assert meanwhile - {Standing.CHECKING} == {Standing.SENT}
    assert Standing.CHECKING in meanwhile or within is PAGING
    assert len(stage.messages(POST)) == 1
