"""What a Prometheus server reads from a launch."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, STDOUT
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.engine.stage import T0, Stage
from tests.needs import need_program
from warroom.api.metrics import exposition
from warroom.engine.requests import TickStep

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
async def text(tmp_path: Path) -> str:
    """The metrics of a launch that stands at T+3h."""
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(2 * _MINUTE)
        await engine.ask(TickStep("publish", {"build_id": 'b-"1"\\n'}), "ada")
        await stage.advance(3 * _HOUR - _MINUTE)
        return exposition(engine.state, engine.pulse, stage.clock.now()).decode("utf-8")


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_the_metrics_say_where_the_launch_stands(text: str) -> None:
    found = samples(text)
    assert found["warroom_updates", "sent"] == 5
    assert found["warroom_updates", "scheduled"] == 14
    assert found["warroom_updates", "failed"] == 0
    assert found["warroom_update_lateness_seconds_count",] == 5
    assert found["warroom_update_lateness_seconds_bucket", "60.0"] == 5
    assert found["warroom_update_overdue_seconds",] == 0
    assert found["warroom_suite_verdict", "verify", "pass"] == 1
    assert found["warroom_suite_age_seconds", "verify"] > 2 * 3600
    assert (found["warroom_gate_state", "gate1", "red"], found["warroom_gate_state", "gate1", "green"]) == (1, 0)
    assert found["warroom_launch_open",] == 1
    assert found["warroom_incidents_open",] == 0
    assert found["warroom_t0_timestamp_seconds",] == T0.timestamp()


async def test_the_metrics_say_how_the_engine_does(text: str) -> None:
    found = samples(text)
    assert found["warroom_engine_epoch",] == 1
    assert 0 < found["warroom_tick_gap_p99_seconds",] <= found["warroom_tick_gap_max_seconds",] <= 60
    assert found["warroom_tick_age_seconds",] < 15
    assert found["warroom_journal_append_seconds_count",] > 5
    assert found["warroom_journal_entries",] > 10
    assert found["process_resident_memory_bytes",] > 1e6
    assert found["process_open_fds",] > 3


async def test_promtool_finds_nothing_to_criticise(text: str) -> None:
    promtool = str(need_program("promtool"))
    done = await asyncio.create_subprocess_exec(promtool, "check", "metrics", stdin=PIPE, stdout=PIPE, stderr=STDOUT)
    said, _ = await asyncio.wait_for(done.communicate(text.encode()), 30)
    assert (done.returncode, said) == (0, b"")


async def test_an_overdue_post_is_seen_in_the_metrics(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(15 * _MINUTE)
        found = samples(exposition(engine.state, engine.pulse, stage.clock.now()).decode("utf-8"))
    assert found["warroom_updates", "held"] == 1
    assert found["warroom_update_overdue_seconds",] == 600
