"""What a Prometheus server reads from a launch."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.api.promtool import promtool
from tests.contracts.tree import ROOT
from tests.engine.feeding import Feed
from tests.engine.stage import COURSE, T0, Stage
from warroom.api.metrics import exposition
from warroom.engine.requests import SetT0, TickStep
from warroom.playbook.course import CheckPlan
from warroom.slo.reading import Reading

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
async def text(tmp_path: Path) -> str:
    """The metrics of a launch that stands at T+3h."""
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(2 * _MINUTE)
        await engine.ask(TickStep("publish", {"build_id": 'b-"1"\\n'}), "ada")
        await stage.advance(3 * _HOUR - _MINUTE)
        return exposition(engine, stage.clock.now()).decode("utf-8")


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


async def test_a_verdict_that_is_too_old_is_stale_in_the_metrics_too(tmp_path: Path) -> None:
    plans = {"canary": CheckPlan("canary", "Canary", max_age=_HOUR)}
    stage = Stage(tmp_path, course=replace(COURSE, checks=plans))
    async with stage.engine() as engine:
        await stage.advance(30 * _MINUTE)
        fresh = samples(exposition(engine, stage.clock.now()).decode())
        await stage.advance(_HOUR)
        found = samples(exposition(engine, stage.clock.now()).decode())
    assert fresh["warroom_check_verdict", "canary", "verify", "pass"] == 1
    assert fresh["warroom_suite_verdict", "verify", "pass"] == 1
    assert found["warroom_check_verdict", "canary", "verify", "pass"] == 0
    assert found["warroom_check_verdict", "canary", "verify", "stale"] == 1
    assert found["warroom_suite_verdict", "verify", "stale"] == 1


async def test_the_metrics_say_how_the_engine_does(text: str) -> None:
    found = samples(text)
    assert found["warroom_engine_epoch",] == 1
    assert 0 < found["warroom_tick_gap_p99_seconds",] <= found["warroom_tick_gap_max_seconds",] <= 60
    assert found["warroom_tick_age_seconds",] < 15
    assert found["warroom_journal_append_seconds_count",] > 5
    assert found["warroom_journal_entries",] > 10
    assert found["process_resident_memory_bytes",] > 1e6
    assert found["process_open_fds",] > 3


@pytest.fixture
async def watched(tmp_path: Path) -> str:
    """The metrics of a launch at T+12m whose errors fire, whose depth has no data, and which answers late."""
    stage = Feed(tmp_path / "watched", t0=None)
    async with stage.engine() as engine:
        await stage.advance(6 * _MINUTE)
        await engine.ask(SetT0(), "ada")
        await stage.advance(2 * _MINUTE)
        stage.fed.values |= {"errors": 0.02, "depth": "nothing listens there", "up": 0.9, "p95": SLOW}
        await stage.advance(4 * _MINUTE)
        return exposition(engine, stage.clock.now()).decode("utf-8")


SLOW = Reading(T0, None, beyond=True, reason="it lies among requests without an answer")


async def test_promtool_finds_nothing_to_criticise(watched: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path / "other")
    async with stage.engine() as engine:
        await stage.advance(20 * _MINUTE)
        other = exposition(engine, stage.clock.now()).decode("utf-8")
    assert await promtool("check", "metrics", given=watched.encode()) == (0, "")
    assert await promtool("check", "metrics", given=other.encode()) == (0, "")


async def test_the_metrics_have_every_signal_in_base_units_and_none_without_data(watched: str) -> None:
    found = samples(watched)
    assert found["warroom_signal_ratio", "errors"] == 0.02
    assert found["warroom_signal_seconds", "p95"] == math.inf
    assert {name for name, *labels in found if labels[:1] == ["depth"]} == {
        *("warroom_signal_state", "warroom_signal_blind", "warroom_signal_age_seconds")
    }
    states = {key[1]: key[2] for key, value in found.items() if key[0] == "warroom_signal_state" and value}
    assert states == {"errors": "red", "jwt": "tracked", "p95": "red", "depth": "unknown", "up": "green"}
    assert sum(key[:2] == ("warroom_signal_state", "depth") for key in found) == 5
    assert (found["warroom_signal_blind", "depth"], found["warroom_signal_blind", "p95"]) == (1, 0)
    assert found["warroom_signal_age_seconds", "depth"] > 230 > found["warroom_signal_age_seconds", "errors"]


async def test_the_metrics_say_where_triggers_and_error_budgets_stand(watched: str) -> None:
    found = samples(watched)
    stages = {key[2]: key[1] for key, value in found.items() if key[0] == "warroom_trigger_state" and value}
    assert stages == {"pause_5xx": "firing", "pause_jwt": "idle", "pause_p95": "pending", "pause_queue": "blind"}
    assert found["warroom_trigger_activations_total", "pause_5xx"] == 1
    assert (found["warroom_trigger_blind", "pause_queue"], found["warroom_trigger_blind", "pause_jwt"]) == (1, 0)
    assert found["warroom_trigger_info", "auto", "pause", "errors", "pause_5xx"] == 1
    assert found["warroom_slo_objective_ratio", "uptime"] == 0.999
    assert 0 < found["warroom_slo_error_budget_left_ratio", "uptime"] < 1
    assert found["warroom_slo_burn_rate", "uptime"] > 1
    assert 0.5 < found["warroom_slo_coverage_ratio", "uptime"] <= 1


async def test_nothing_is_made_up_before_anything_was_measured(tmp_path: Path) -> None:
    stage = Feed(tmp_path, t0=None)
    async with stage.engine() as engine:
        found = samples(exposition(engine, stage.clock.now()).decode("utf-8"))
    assert [key for key in found if key[0] in ("warroom_signal_ratio", "warroom_slo_error_budget_left_ratio")] == []
    assert found["warroom_signal_state", "errors", "unknown"] == 1
    assert found["warroom_signal_state", "errors", "green"] == 0
    stages = {
        key[1]: value for key, value in found.items() if key[0] == "warroom_trigger_state" and "pause_5xx" in key
    }
    assert (stages["unknown"], stages["idle"]) == (1, 0)


async def test_a_journal_that_takes_nothing_is_seen_in_the_metrics(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(_MINUTE)
        assert samples(exposition(engine, stage.clock.now()).decode())["warroom_journal_writable",] == 1
        stage.direct.broken = "the disk is full"
        await stage.advance(2 * _MINUTE)
        assert samples(exposition(engine, stage.clock.now()).decode())["warroom_journal_writable",] == 0
        stage.direct.broken = ""
        await stage.advance(_MINUTE)
        assert samples(exposition(engine, stage.clock.now()).decode())["warroom_journal_writable",] == 1


async def test_the_page_lists_every_metric(text: str, watched: str) -> None:
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    listed = set(re.findall(r"`(warroom_\w+)`", page.partition("| metric |")[2].partition("\n\n")[0]))
    families = re.findall(r"^# TYPE (warroom_\w+) ", text + watched, re.MULTILINE)
    assert listed == set(families)


async def test_an_overdue_post_is_seen_in_the_metrics(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(15 * _MINUTE)
        found = samples(exposition(engine, stage.clock.now()).decode("utf-8"))
    assert found["warroom_updates", "held"] == 1
    assert found["warroom_update_overdue_seconds",] == 600
