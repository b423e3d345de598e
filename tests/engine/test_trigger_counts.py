"""A count over its limit is known before its period was seen whole; one that is not is known when it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.engine.feeding import MINUTE, WATCHED, Feed, stage_of, trigger
from tests.engine.stage import T0
from warroom.slo.reading import Reading
from warroom.slo.trigger import Stage


async def test_a_count_over_its_limit_fires_before_its_period_was_seen_whole_and_ends_by_what_was(
    tmp_path: Path,
) -> None:
    restarts = {"restarts": trigger("restarts", "depth", "> 3")}
    stage = Feed(tmp_path, replace(WATCHED, triggers=restarts, baselines={}))
    stage.fed.values["depth"] = Reading(T0, 3.0, coverage=0.2, filling=True, at_least=True)
    async with stage.engine() as engine:
        await stage.advance(2 * MINUTE)
        assert stage_of(engine, "restarts") is Stage.IDLE
        stage.fed.values["depth"] = Reading(T0, 4.0, coverage=0.2, filling=True, at_least=True)
        await stage.advance(MINUTE)
        assert stage_of(engine, "restarts") is Stage.FIRING
        stage.fed.values["depth"] = Reading(T0, 0.0, coverage=0.5, at_least=True)
        await stage.advance(MINUTE)
        assert stage_of(engine, "restarts") is Stage.FIRING
        stage.fed.values["depth"] = Reading(T0, 0.0, coverage=0.9, at_least=True)
        await stage.advance(MINUTE)
        assert stage_of(engine, "restarts") is Stage.LATCHED
