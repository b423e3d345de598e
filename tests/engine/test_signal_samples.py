"""From one engine to the next: windows, baselines and what a trigger has seen go on where they stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.engine.feeding import MINUTE, WATCHED, Fed, Feed
from tests.engine.stage import T0
from warroom.engine.ports import SamplesPort
from warroom.engine.requests import SetT0
from warroom.journal.samples import SampleFile
from warroom.slo.trigger import Stage
from warroom.units import Json

SLOT = timedelta(seconds=5)
HOUR = timedelta(hours=1)


class Kept:
    """Lines in memory, or a disk that fails, or one that holds `instead`."""

    def __init__(self, folder: Path) -> None:
        self.file = SampleFile(folder)
        self.broken = False

    async def read(self) -> tuple[Sequence[Mapping[str, Any]], str]:
        return self.file.read()

    async def append(self, lines: Sequence[Mapping[str, Any]]) -> None:
        if self.broken:
            raise OSError(28, "No space left on device")
        self.file.append(lines)


class Remembers(Fed):
    """A fed source that keeps when it was looked at. `now` is what it takes for the time, `restored` what it is told
    of an earlier one."""

    def __init__(self) -> None:
        super().__init__({"p95": 0.04, "errors": 0.0, "jwt": 0.0, "depth": 10.0, "up": 1.0})
        self.restored: list[datetime] = []
        self._fresh: list[tuple[datetime, Json]] = []
        self.now = T0

    async def look(self) -> None:
        await super().look()
        self._fresh.append((self.now, 1))

    def fresh(self) -> Sequence[tuple[datetime, Json]]:
        found, self._fresh = self._fresh, []
        return found

    def restore(self, at: datetime, found: Json) -> None:
        if found != 1:
            raise ValueError("that is none")
        self.restored.append(at)


def launch(folder: Path, **more: Any) -> Feed:
    stage = Feed(folder, **more)
    stage.samples = Kept(folder)
    return stage


async def test_a_baseline_is_captured_over_a_time_in_which_the_engine_was_started_anew(tmp_path: Path) -> None:
    stage = launch(tmp_path, t0=None)
    async with stage.engine(kill=True):
        await stage.advance(3 * MINUTE)
    async with stage.engine() as engine:
        await stage.advance(2 * MINUTE)
        await engine.ask(SetT0(), "ada")
        await stage.advance(SLOT)
        captured = engine.state.baselines["depth"].baseline
        assert captured.value == 10.0
        assert captured.n >= 58


@pytest.mark.parametrize("after_s", [7, 61, 119, 240, 270])
async def test_a_restart_amid_a_pending_trigger_costs_nothing_of_what_was_seen(after_s: int, tmp_path: Path) -> None:
    stage = launch(tmp_path)
    began = await stage.dies_amid_a_breach(after_s)
    stage.clock.suspend(20)
    async with stage.engine() as engine:
        await stage.advance(T0 + 7 * MINUTE - stage.clock.now())
        known = engine.state.triggers["pause_p95"].state
        assert (known.stage, known.fired_at) == (Stage.FIRING, began + 5 * MINUTE)


async def test_a_pause_of_the_engine_counts_as_missing(tmp_path: Path) -> None:
    stage = launch(tmp_path)
    async with stage.engine(kill=True) as engine:
        await stage.advance(MINUTE)
        stage.fed.values["p95"] = 0.301
        await stage.advance(SLOT + 2 * MINUTE)
    stage.clock.suspend(90)
    async with stage.engine() as engine:
        await stage.advance(4 * MINUTE)
        assert engine.state.triggers["pause_p95"].state.shown == "pending"
        await stage.advance(2 * MINUTE)
        assert engine.state.triggers["pause_p95"].state.shown == "firing"


@pytest.mark.parametrize("by", [timedelta(), HOUR, -HOUR], ids=["not at all", "ahead", "back"])
async def test_samples_are_as_old_as_they_are_however_the_wall_clock_was_set(by: timedelta, tmp_path: Path) -> None:
    stage = launch(tmp_path, t0=T0 - 3 * HOUR)
    first, second = Remembers(), Remembers()
    stage.sources = {"app": first}
    async with stage.engine(kill=True):
        for _ in range(6):
            await stage.advance(SLOT)
            first.now = stage.clock.now()
    stage.clock.step_wall(by)
    stage.clock.suspend(10)
    stage.sources = {"app": second}
    async with stage.engine():
        ages = [stage.clock.now() - at for at in second.restored]
        assert ages[-1] < timedelta(seconds=20)
        assert ages[-2] - ages[-1] == SLOT


async def test_samples_that_make_no_sense_are_said_and_passed_over(tmp_path: Path) -> None:
    stage = launch(tmp_path)
    stage.sources = {"app": Remembers()}
    file = SampleFile(tmp_path)
    file.append([{"source": "app", "found": [["never", 1]], "boot": "virtual", "ns": 0, "now": T0.isoformat()}])
    file.append([{"triggers": {"pause_p95": {"stage": "broken"}}, "values": 7}, {"boot": 3}])
    async with stage.engine() as engine:
        await stage.advance(2 * MINUTE)
        assert engine.state.signals["p95"].value == 0.04
    assert "samples: some samples of an earlier process are not understood; they are missing" in stage.trouble


async def test_a_disk_that_takes_no_samples_is_said_once_and_stops_nothing(tmp_path: Path) -> None:
    stage = launch(tmp_path)
    kept: SamplesPort = stage.samples
    assert isinstance(kept, Kept)
    kept.broken = True
    async with stage.engine() as engine:
        await stage.advance(5 * MINUTE)
        assert engine.state.signals["p95"].value == 0.04
    assert stage.trouble == ["samples: samples cannot be kept: No space left on device"]


async def test_what_another_playbook_does_not_watch_any_more_is_passed_over(tmp_path: Path) -> None:
    stage = launch(tmp_path)
    async with stage.engine(kill=True):
        await stage.advance(MINUTE)
    without = replace(WATCHED, signals={"errors": WATCHED.signals["errors"]}, slos={}, baselines={}, triggers={})
    other = launch(tmp_path, watched=without)
    other.clock = stage.clock
    async with other.engine() as engine:
        await other.advance(MINUTE)
        assert "errors" in engine.signals.live().signals
    assert other.trouble == []


async def test_a_breach_that_was_over_lends_its_time_to_no_other_that_began_as_the_engine_died(
    tmp_path: Path,
) -> None:
    stage = launch(tmp_path)
    kept = stage.samples
    assert isinstance(kept, Kept)
    async with stage.engine(kill=True):
        await stage.advance(MINUTE)
        stage.fed.values["p95"] = 0.301
        await stage.advance(4 * MINUTE)
        kept.broken = True
        stage.fed.values["p95"] = 0.04
        await stage.advance(SLOT)
        stage.fed.values["p95"] = 0.301
        await stage.advance(SLOT)
    assert stage.kinds("trigger")[-2:] == ["trigger.reset pause_p95", "trigger.pending pause_p95"]
    began = datetime.fromisoformat(stage.told[-1].body["at"])
    kept.broken = False
    async with stage.engine() as engine:
        await stage.advance(began + 5 * MINUTE - SLOT - stage.clock.now())
        assert engine.state.triggers["pause_p95"].state.stage is Stage.PENDING
        await stage.advance(2 * SLOT)
        assert engine.state.triggers["pause_p95"].state.fired_at == began + 5 * MINUTE
