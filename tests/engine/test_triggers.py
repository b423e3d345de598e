"""Signals and triggers on a virtual clock: what is pending, what fires, what is told, and that nothing is made up."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.feeding import CALM, EVERY_S, HOUR, MINUTE, WATCHED, Feed, entries, signal, stage_of, trigger
from tests.engine.stage import T0
from warroom.engine.engine import Engine
from warroom.engine.requests import SetT0
from warroom.engine.view import state_json
from warroom.journal.audit import audit
from warroom.playbook.signal_forms import Burn
from warroom.playbook.signals import TriggerPlan
from warroom.slo.levels import Level
from warroom.slo.reading import Reading
from warroom.slo.trigger import Stage

SECOND = timedelta(seconds=1)
SLOT = timedelta(seconds=EVERY_S)


async def test_p95_is_pending_for_five_minutes_fires_at_five_and_is_told_once(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(10 * MINUTE)
        stage.fed.values["p95"] = 0.301
        await stage.advance(SLOT)
        began = engine.state.triggers["pause_p95"].state.since
        assert began == stage.clock.now()
        await stage.advance(5 * MINUTE - SECOND)
        assert stage_of(engine, "pause_p95") is Stage.PENDING
        assert stage.told_posts() == ["blind@pause_queue.blind-1", "warned@p95#1"]
        await stage.advance(SECOND)
        assert stage_of(engine, "pause_p95") is Stage.FIRING
        await stage.advance(20 * MINUTE)
        assert [post for post in stage.told_posts() if "pause_p95" in post] == ["fired@pause_p95#1"]
        stage.fed.values["p95"] = 0.04
        await stage.advance(5 * MINUTE)
        assert [post for post in stage.told_posts() if "pause_p95" in post] == ["fired@pause_p95#1"]
        await stage.advance(2 * SLOT)
        assert stage_of(engine, "pause_p95") is Stage.LATCHED
        await stage.advance(HOUR)
    told = [post for post in stage.told_posts() if "pause_p95" in post]
    assert told == ["fired@pause_p95#1", "over@pause_p95#1"]
    [fired] = entries(stage, "trigger.fired", "pause_p95")
    assert fired.body["at"] == (began + 5 * MINUTE).isoformat()
    assert audit(tmp_path).problems == ()


@pytest.mark.parametrize(
    ("name", "value", "trigger", "fires"),
    [
        pytest.param("errors", 0.01, "pause_5xx", True, id="5xx at exactly 1.0 % fires"),
        pytest.param("errors", 0.0099, "pause_5xx", False, id="5xx at 0.99 % does not"),
        pytest.param("jwt", 0.02, "pause_jwt", True, id="JWT failures at 2.0 % fire"),
        pytest.param("jwt", 0.019, "pause_jwt", False, id="JWT failures at 1.9 % do not"),
        pytest.param("p95", 0.3, "pause_p95", False, id="P95 at exactly 300 ms does not"),
    ],
)
async def test_limits_are_literal_at_the_edge(
    name: str, value: float, trigger: str, fires: bool, tmp_path: Path
) -> None:
    stage = Feed(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        stage.fed.values[name] = value
        await stage.advance(6 * MINUTE)
        assert (stage_of(engine, trigger) is Stage.FIRING) is fires


async def test_one_that_waits_or_fires_says_what_its_signal_is_now(tmp_path: Path) -> None:
    stage = Feed(tmp_path)

    def shown(engine: Engine) -> tuple[str, str]:
        triggers = state_json(engine.state, stage.clock.now(), live=engine.signals.live())["triggers"]
        return next((one["stage"], one["reason"]) for one in triggers if one["id"] == "pause_p95")

    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        stage.fed.values["p95"] = 0.4
        await stage.advance(MINUTE)
        assert shown(engine) == ("pending", "400ms is > 300ms; p95 is 400ms now")
        stage.fed.values["p95"] = 0.9
        await stage.advance(MINUTE)
        assert shown(engine) == ("pending", "400ms is > 300ms; p95 is 900ms now")
        stage.fed.values["p95"] = "no answer"
        await stage.advance(SLOT)
        assert shown(engine) == ("pending", "400ms is > 300ms; no data of p95 now")


async def test_a_target_that_dies_amid_a_breach_is_blind_within_90_s_and_resolves_nothing(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        stage.fed.values |= {"p95": 0.5, "errors": 0.05}
        await stage.advance(2 * MINUTE)
        stage.fed.values |= {"p95": "no answer", "errors": "no answer"}
        await stage.advance(timedelta(seconds=90))
        assert engine.state.triggers["pause_p95"].state.shown == "blind"
        assert engine.state.signals["p95"].level is Level.UNKNOWN
        assert engine.state.triggers["pause_5xx"].state.blind
        await stage.advance(HOUR)
        assert stage_of(engine, "pause_5xx") is Stage.FIRING
    assert "blind@pause_p95.blind-1" in stage.told_posts()
    assert not [post for post in stage.told_posts() if post.startswith("over")]


async def test_with_one_value_in_eight_missing_it_fires_at_five_minutes_all_the_same(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        stage.fed.values["p95"] = 0.301
        await stage.advance(SLOT)
        began = engine.state.triggers["pause_p95"].state.since
        for slot in range(1, 61):
            stage.fed.values["p95"] = "no answer" if slot % 8 == 3 else 0.301
            await stage.advance(SLOT)
        assert began
        assert engine.state.triggers["pause_p95"].state.fired_at == began + 5 * MINUTE


async def test_one_look_of_a_slow_source_is_one_observation_in_however_many_slots_it_is_seen(tmp_path: Path) -> None:
    slow = replace(WATCHED.sources["app"], every=3 * SLOT)
    plans = (replace(WATCHED.triggers["pause_5xx"], severity="notify"), trigger("soon", "p95", "> 300ms", "10s"))
    triggers = {one.id: one for one in plans}
    stage = Feed(tmp_path, replace(WATCHED, sources={"app": slow}, triggers=triggers, baselines={}, slos={}))
    stage.fed.every_s = slow.every.total_seconds()
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        for errors, p95, stages in (
            (0.05, 0.5, (Stage.FIRING, Stage.PENDING)),
            (0.0, 0.1, (Stage.RESOLVING, Stage.IDLE)),
            (0.05, 0.5, (Stage.FIRING, Stage.PENDING)),
            (0.0, 0.5, (Stage.RESOLVING, Stage.FIRING)),
            (0.0, 0.5, (Stage.IDLE, Stage.FIRING)),
        ):
            stage.fed.values |= {"errors": errors, "p95": p95}
            await stage.advance(3 * SLOT)
            assert (stage_of(engine, "pause_5xx"), stage_of(engine, "soon")) == stages
    assert [post for post in stage.told_posts() if "blind" in post] == []


async def test_a_source_that_hangs_delays_nobody(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        stage.fed.hangs = True
        await stage.advance(4 * HOUR)
        assert engine.state.signals["p95"].level is not Level.UNKNOWN
    hourly = [post for post in stage.posts() if ":hourly@" in f":{post.slot.rpartition(':')[2]}"]
    assert [post.time for post in hourly] == ["T+1h", "T+2h", "T+3h", "T+4h"]
    assert not any("LATE" in post.delivery for post in hourly)


async def test_a_breach_of_a_limit_is_told_once_in_fifteen_minutes(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine():
        await stage.advance(20 * MINUTE)
        for _ in range(20):
            stage.fed.values["p95"] = 0.2
            await stage.advance(MINUTE)
            stage.fed.values["p95"] = 0.04
            await stage.advance(MINUTE)
        stage.fed.values["p95"] = 0.2
        await stage.advance(2 * HOUR)
    told = [one.at - T0 for one in entries(stage, "signal.warned")]
    assert told == [20 * MINUTE + SLOT, 36 * MINUTE + SLOT, 52 * MINUTE + SLOT, 67 * MINUTE + SLOT]
    assert [post for post in stage.told_posts() if "p95" in post] == [f"warned@p95#{n}" for n in (1, 2, 3, 4)]


async def test_a_breach_that_becomes_red_is_told_at_once_and_once(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine():
        await stage.advance(20 * MINUTE)
        stage.fed.values["errors"] = 0.007
        await stage.advance(2 * MINUTE)
        for value in (0.02, 0.007, 0.02):
            stage.fed.values["errors"] = value
            await stage.advance(MINUTE)
    told = [(one.at - T0, one.body["level"]) for one in entries(stage, "signal.warned")]
    assert told == [(20 * MINUTE + SLOT, "yellow"), (22 * MINUTE + SLOT, "red")]


async def test_before_t0_signals_are_measured_and_nobody_is_told(tmp_path: Path) -> None:
    stage = Feed(tmp_path, t0=None)
    stage.fed.values |= {"errors": 0.5, "p95": 0.9}
    async with stage.engine() as engine:
        await stage.advance(20 * MINUTE)
        assert engine.state.signals["errors"].level is Level.RED
        assert engine.state.triggers == {}
        assert stage.posts() == []
        await engine.ask(SetT0(), "ada")
        await stage.advance(6 * MINUTE)
        assert stage_of(engine, "pause_5xx") is Stage.FIRING
    assert {"fired@pause_5xx#1", "fired@pause_p95#1", "warned@errors#1"} <= set(stage.told_posts())


async def test_three_minutes_down_use_up_the_budget_of_48_hours(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(10 * MINUTE)
        assert engine.state.signals["up"].level is Level.GREEN
        left = engine.state.budgets["uptime"].budget
        assert (left.left, left.is_exhausted) == (1.0, False)
        stage.fed.values["up"] = 0.0
        await stage.advance(MINUTE)
        assert 0.6 < engine.state.budgets["uptime"].budget.left < 0.7
        await stage.advance(2 * MINUTE)
        stage.fed.values["up"] = 1.0
        await stage.advance(MINUTE)
        known = engine.state.signals["up"]
        assert (known.level, known.reason) == (Level.RED, "the error budget is used up: 2m52.8s in 48h")


async def test_a_burn_alarm_waits_for_its_window_without_being_blind_and_then_fires_at_once(tmp_path: Path) -> None:
    burn = TriggerPlan("burns", "Burns", "notify", "auto", slo="uptime", burn=Burn("burn > 19.2", 19.2))
    stage = Feed(tmp_path, replace(WATCHED, triggers={"burns": burn}))
    async with stage.engine() as engine:
        await stage.advance(20 * MINUTE)
        assert stage.told_posts() == []
        stage.fed.values["up"] = 0.5
        await stage.advance(MINUTE)
        assert stage_of(engine, "burns") is Stage.FIRING
        stage.fed.values["up"] = "no answer"
        await stage.advance(30 * MINUTE)
        assert engine.state.triggers["burns"].state.blind
        assert stage_of(engine, "burns") is Stage.FIRING
    assert [post for post in stage.told_posts() if "burns" in post] == ["fired@burns#1", "blind@burns.blind-1"]


async def test_ticks_that_come_a_little_late_lose_no_minute_of_the_budget(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine() as engine:
        for _ in range(10):
            await stage.advance(MINUTE - SECOND)
            stage.clock.suspend(0.04)
            await stage.advance(MINUTE + SECOND)
        assert engine.state.budgets["uptime"].budget.coverage == pytest.approx(1.0, abs=0.01)


async def test_only_changes_are_journaled_and_one_roll_up_a_minute(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine():
        await stage.advance(HOUR)
    kinds = Counter(one.kind for one in stage.told)
    assert kinds["signals.rollup"] == 60
    assert kinds["signal.level"] == len(CALM) + 1 + 1  # the trend and the budget become known later
    assert kinds["trigger.blind"] == 1
    values = next(one for one in reversed(stage.told) if one.kind == "signals.rollup").body["values"]
    assert values["p95"] == {"level": "green", "value": 0.04, "n": 100.0, "reason": "40ms is not > 120ms"}


async def test_an_interval_that_holds_the_limit_decides_nothing(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    stage.fed.values["p95"] = Reading(T0, 0.29, low=0.25, high=0.5, n=100)
    async with stage.engine() as engine:
        await stage.advance(10 * MINUTE)
        known = engine.state.signals["p95"]
        assert known.level is Level.YELLOW
        assert "whether it is red is not known" in known.reason
        assert engine.state.triggers["pause_p95"].state.shown == "blind"


@pytest.mark.parametrize("after_s", [0, 1, 4, 58, 60, 149, 244, 296, 299, 300, 302, 320])
async def test_a_kill_at_any_time_of_an_activation_neither_loses_nor_doubles_it(after_s: int, tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    began = await stage.dies_amid_a_breach(after_s)
    stage.clock.suspend(2)
    async with stage.engine() as engine:
        await stage.advance(T0 + 7 * MINUTE - stage.clock.now())
        known = engine.state.triggers["pause_p95"].state
        assert (known.stage, known.number) == (Stage.FIRING, 1)
        assert known.fired_at
        assert 5 * MINUTE <= known.fired_at - began <= 5 * MINUTE + 2 * SLOT
        stage.fed.values["p95"] = 0.04
        await stage.advance(6 * MINUTE)
    told = [post for post in stage.told_posts() if "pause_p95" in post]
    assert told == ["fired@pause_p95#1", "over@pause_p95#1"]
    assert audit(tmp_path).problems == ()


@pytest.mark.parametrize("by", [2 * HOUR, -2 * HOUR, timedelta(seconds=40), timedelta(seconds=-7)], ids=str)
async def test_a_wall_clock_that_is_set_changes_nothing_about_how_long_a_condition_holds(
    by: timedelta, tmp_path: Path
) -> None:
    stage = Feed(tmp_path, t0=T0 - 3 * HOUR)
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        stage.fed.values["p95"] = 0.301
        await stage.advance(SLOT)
        began = stage.clock.monotonic()
        await stage.advance(2 * MINUTE)
        stage.clock.step_wall(by)
        await stage.advance(3 * MINUTE - SECOND)
        assert stage_of(engine, "pause_p95") is Stage.PENDING
        await stage.advance(SECOND)
        assert stage_of(engine, "pause_p95") is Stage.FIRING
        assert stage.clock.monotonic() - began == 300
        since = engine.state.triggers["pause_p95"].state.since
        assert since
        assert abs(since - stage.clock.now()) < 2 * SECOND


async def test_a_clock_that_was_set_while_no_engine_ran_does_not_end_what_is_pending(tmp_path: Path) -> None:
    stage = Feed(tmp_path, t0=T0 - 3 * HOUR)
    async with stage.engine(kill=True):
        await stage.advance(MINUTE)
        stage.fed.values["p95"] = 0.301
        await stage.advance(SLOT + 2 * MINUTE)
    stage.clock.step_wall(-HOUR)
    async with stage.engine() as engine:
        await stage.advance(3 * MINUTE + 2 * SLOT)
        assert stage_of(engine, "pause_p95") is Stage.FIRING


async def test_a_journal_that_cannot_be_written_loses_no_activation(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        stage.fed.values["p95"] = 0.301
        await stage.advance(4 * MINUTE)
        stage.direct.broken = "the disk is full"
        await stage.advance(5 * MINUTE)
        assert stage_of(engine, "pause_p95") is Stage.PENDING
        stage.direct.broken = ""
        await stage.advance(MINUTE)
        assert stage_of(engine, "pause_p95") is Stage.FIRING
    [fired] = entries(stage, "trigger.fired")
    assert fired.body["at"] == (T0 + 6 * MINUTE + SLOT).isoformat()
    assert [post for post in stage.told_posts() if "pause_p95" in post] == ["fired@pause_p95#1"]


async def test_a_source_that_breaks_is_no_data_and_the_launch_goes_on(tmp_path: Path) -> None:
    stage = Feed(tmp_path)

    def breaks(*_: object) -> Reading:
        raise ZeroDivisionError

    stage.fed.reading = breaks  # type: ignore[assignment, method-assign]
    async with stage.engine() as engine:
        await stage.advance(10 * MINUTE)
        known = engine.state.signals["p95"]
        assert (known.level, known.reason) == (Level.UNKNOWN, "a defect of Warroom: ZeroDivisionError")
    assert stage.posts()


VALUES = st.one_of(st.sampled_from([0.04, 0.119, 0.12, 0.121, 0.3, 0.301, 5.0]), st.just("no answer"))


@settings(max_examples=15)
@given(st.lists(VALUES, min_size=1, max_size=40), st.data())
async def test_taking_data_away_never_makes_anything_green_fires_nothing_and_resolves_nothing(
    tmp_path_factory: pytest.TempPathFactory, values: list[float | str], data: st.DataObject
) -> None:
    gone = data.draw(st.sets(st.integers(0, len(values) - 1)))
    watched = replace(WATCHED, baselines={}, triggers={"pause_p95": WATCHED.triggers["pause_p95"]}, slos={})
    watched = replace(watched, signals={"p95": WATCHED.signals["p95"], "other": signal("other", "%", "> 1%")})
    levels: list[list[Level]] = []
    fired: list[set[int]] = []
    for missing in (set[int](), gone):
        stage = Feed(tmp_path_factory.mktemp("launch"), watched)
        seen = []
        stage.fed.values = {"p95": "no answer", "other": 0.0}
        async with stage.engine() as engine:
            await stage.advance(MINUTE)
            for place, value in enumerate(values):
                stage.fed.values["p95"] = "no answer" if place in missing else value
                await stage.advance(SLOT)
                seen.append(engine.state.signals["p95"].level)
        levels.append(seen)
        fired.append({one.body["number"] for one in entries(stage, "trigger.fired")})
    for place, (whole, part) in enumerate(zip(*levels, strict=True)):
        assert part is (Level.UNKNOWN if place in gone or values[place] == "no answer" else whole)
        assert part is not Level.GREEN or values[place] != "no answer"
    assert len(fired[1]) <= len(fired[0])
