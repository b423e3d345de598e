"""How long a halt takes to reach the last worker: nothing reports it, so a person stops it with a watch."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.feeding import Feed
from tests.engine.test_bad_input import named, shown
from tests.playbook.small import SMALL, load, write
from warroom.engine.requests import GiveSignal
from warroom.playbook.signals import Watched
from warroom.slo.source_spec import StopwatchSpec
from warroom.slo.stopwatch import StopwatchSource
from warroom.slo.trigger import Stage

PLAYBOOK = (
    SMALL
    + """\
sources: {people: {kind: stopwatch, title: The person who halts}}
signals:
  halt:
    title: Halt propagation
    source: people
    unit: s
    page: "> 5s"
    expr_source: "no source telemetry: from the halt to the last worker that stops, by a person's watch"
triggers:
  halt_slow: {title: Halt takes longer than 5 s, signal: halt, when: "> 5s", severity: notify}
"""
)


@pytest.mark.covers("S2-R03")
@pytest.mark.parametrize(
    ("took_s", "fires"), [(5.0, False), (5.1, True)], ids=["5.0 s is in time", "5.1 s escalates"]
)
async def test_a_halt_that_takes_longer_than_5_s_escalates_at_once(
    took_s: float, fires: bool, tmp_path: Path
) -> None:
    watched: Watched = load(write(tmp_path, PLAYBOOK)).course.watched
    stage = Feed(tmp_path, watched)
    stage.sources = {"people": StopwatchSource(StopwatchSpec(id="people"))}
    async with stage.engine() as engine:
        await stage.advance(timedelta(seconds=60))
        panel = named(shown(engine, stage)["signals"], "halt")
        assert panel["level"] == "unknown"
        assert panel["expr_source"].startswith("no source telemetry")
        await engine.ask(GiveSignal("halt", "start"), "ada")
        await stage.advance(timedelta(seconds=took_s))
        await engine.ask(GiveSignal("halt", "stop"), "ada")
        await stage.advance(timedelta(seconds=15))
        assert named(shown(engine, stage)["signals"], "halt")["value"] == took_s
        known = engine.state.triggers.get("halt_slow")
        stood = known.state.stage if known else Stage.IDLE
        assert stood is (Stage.FIRING if fires else Stage.IDLE)
    assert sorted(stage.told_posts()) == (["fired@halt_slow#1", "warned@halt#1"] if fires else [])
