"""What the API says about signals, baselines and triggers, live and from the journal alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.engine.feeding import MINUTE, WATCHED, Feed, course
from tests.engine.stage import LAUNCH, T0
from tests.launch.test_overall import NOW, measured
from warroom.client.values import launch_now
from warroom.engine.engine import Engine
from warroom.engine.live import Live
from warroom.engine.view import state_json
from warroom.journal.journal import Journal
from warroom.launch.amending import Amendment, amend
from warroom.launch.signal_words import signal_line
from warroom.slo.conditions import parse_condition
from warroom.slo.reading import Reading
from warroom.slo.trigger import TriggerState

ENGINE = {"pid": 1, "since": "2025-11-01T02:00:00Z", "epoch": 1, "tick_age_s": 0.0}


def seen(engine: Engine, stage: Feed, *, live: bool = True) -> dict[str, Any]:
    now = stage.clock.now()
    found = state_json(engine.state, now, (), {}, engine.signals.live() if live else None)
    assert launch_now({**found, "engine": ENGINE}).launch
    return {part: {one["id"]: one for one in found[part]} for part in ("signals", "baselines", "triggers")}


async def test_a_signal_says_what_it_is_how_old_that_is_and_what_comes_next(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    stage.fed.splits_by = {"errors": {"500": 0.006, "503": 0.0}}
    async with stage.engine() as engine:
        assert seen(engine, stage)["signals"]["errors"]["reason"] == "not looked at yet"
        await stage.advance(3 * MINUTE + timedelta(seconds=2))
        errors = seen(engine, stage)["signals"]["errors"]
        assert {name: errors[name] for name in ("value", "shown", "level", "word", "unit", "n", "window_s")} == {
            "value": 0.001,
            "shown": "0.1%",
            "level": "green",
            "word": "GREEN",
            "unit": "%",
            "n": 100.0,
            "window_s": 300.0,
        }
        assert (errors["age_s"], errors["at"]) == (2.0, "2025-11-01T02:03:00.000Z")
        assert errors["spark"] == [0.001, 0.001, 0.001]
        assert [(one["role"], one["text"]) for one in errors["limits"]] == [
            ("warn", ">= 0.5%"),
            ("page", ">= 1%"),
            ("trigger", ">= 1%"),
        ]
        assert errors["next"] == "warn at >= 0.5%, 0.4% away, YELLOW"
        assert (errors["limits"][2]["does"], errors["slo"]) == ("pause by pause_5xx", None)


async def test_the_limits_in_force_are_those_of_the_phase_that_runs(tmp_path: Path) -> None:
    looser = {"verification": (parse_condition("> 200ms"), parse_condition("> 500ms"))}
    p95 = replace(WATCHED.signals["p95"], limits_in=looser)
    stage = Feed(tmp_path, watched=replace(WATCHED, signals={**WATCHED.signals, "p95": p95}))
    stage.fed.values["p95"] = 0.15
    async with stage.engine() as engine:
        for span, level, word, limits in (
            (4 * MINUTE, "yellow", "YELLOW", [("> 120ms", "YELLOW"), ("> 300ms", "RED")]),
            (
                2 * MINUTE,
                "green",
                "GREEN",
                [("> 200ms", "YELLOW in phase verification"), ("> 500ms", "RED in phase verification")],
            ),
            (10 * MINUTE, "yellow", "YELLOW", [("> 120ms", "YELLOW"), ("> 300ms", "RED")]),
        ):
            await stage.advance(span)
            found = seen(engine, stage)["signals"]["p95"]
            assert (found["level"], found["word"]) == (level, word)
            assert [(one["text"], one["does"]) for one in found["limits"] if one["role"] != "trigger"] == limits
            line = signal_line(engine.state, "p95", stage.clock.now())
            assert f"{word} p95: 150ms (yellow {limits[0][0]}" in line
    levels = [one.body["level"] for one in stage.told if one.kind == "signal.level" and one.body["signal"] == "p95"]
    assert levels == ["yellow", "green", "yellow"]


async def test_what_is_not_known_says_so_and_shows_no_number(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    stage.fed.values["errors"] = "the last look failed: refused"
    async with stage.engine() as engine:
        await stage.advance(3 * MINUTE)
        found = seen(engine, stage)
        errors = found["signals"]["errors"]
        assert (errors["value"], errors["shown"], errors["word"]) == (None, "", "UNKNOWN")
        assert (errors["reason"], errors["at"], errors["age_s"]) == ("the last look failed: refused", None, None)
        assert (errors["trend"], errors["spark"], errors["next"]) == ("unknown", [None] * 3, "")
        assert (found["triggers"]["pause_5xx"]["stage"], found["triggers"]["pause_5xx"]["blind"]) == ("blind", True)
        assert found["baselines"]["depth"]["reason"] == "only 0 values of 60 in the 5m before"


async def test_after_a_restart_what_was_measured_before_is_not_known_rather_than_never_measured(
    tmp_path: Path,
) -> None:
    stage = Feed(tmp_path)
    async with stage.engine():
        await stage.advance(3 * MINUTE)
    stage.fed.values["errors"] = "the last look failed: refused"
    async with stage.engine() as engine:
        errors = seen(engine, stage)["signals"]["errors"]
        assert (errors["word"], errors["value"], errors["shown"]) == ("UNKNOWN", None, "")
        assert errors["reason"] == "not looked at yet since the engine began"
        assert (errors["at"], errors["age_s"]) == ("2025-11-01T02:03:00.000Z", 0.0)
        await stage.advance(2 * MINUTE)
        errors = seen(engine, stage)["signals"]["errors"]
        assert (errors["reason"], errors["value"]) == ("the last look failed: refused", None)
        assert (errors["at"], errors["age_s"]) == ("2025-11-01T02:03:00.000Z", 120.0)
        never = seen(engine, stage, live=False)["signals"]["errors"]
        assert never["at"] == "2025-11-01T02:03:00.000Z"


async def test_a_bucket_is_shown_as_its_ends_and_each_value_of_a_label_by_itself(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    stage.fed.values["p95"] = Reading(T0, 0.11, low=0.1, high=0.12, n=50)
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        p95 = seen(engine, stage)["signals"]["p95"]
        assert (p95["shown"], p95["low"], p95["high"], p95["level"]) == ("100ms to 120ms", 0.1, 0.12, "green")


async def test_a_trigger_says_where_it_stands_and_when_it_would_fire(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        stage.fed.values["p95"] = 0.301
        await stage.advance(MINUTE)
        found = seen(engine, stage)
        pending = found["triggers"]["pause_p95"]
        assert (pending["stage"], pending["since"]) == ("pending", "2025-11-01T02:01:05.000Z")
        assert pending["fires_at"] == "2025-11-01T02:06:05.000Z"
        assert (pending["condition"], pending["severity"], pending["mode"]) == ("> 300ms", "pause", "auto")
        assert found["signals"]["p95"]["next"] == (
            "fires at 02:06:05Z unless it recovers: pause by pause_p95 after 5m"
        )
        assert found["signals"]["p95"]["breach"] == {"trigger": "pause_p95", "stage": "pending"}
        assert found["signals"]["errors"]["breach"] is None
        await stage.advance(5 * MINUTE)
        assert seen(engine, stage)["signals"]["p95"]["breach"] == {"trigger": "pause_p95", "stage": "firing"}
        fired = seen(engine, stage)["triggers"]["pause_p95"]
        assert (fired["stage"], fired["number"], fired["fires_at"]) == ("firing", 1, None)
        assert (fired["value"], fired["reason"]) == (0.301, "301ms is > 300ms; p95 is 301ms now")


async def test_an_error_budget_says_what_is_left_of_it(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(2 * MINUTE)
        stage.fed.values["up"] = 0.0
        await stage.advance(3 * MINUTE)
        slo = seen(engine, stage)["signals"]["up"]["slo"]
        assert (slo["objective"], slo["window_s"], slo["allowed_s"]) == (0.999, 172_800.0, 172.8)
        assert slo["budget_left"] < 0
        assert slo["exhausted_at"] == "2025-11-01T02:05:00.000Z"
        assert slo["burn"] == 600.0


async def test_the_first_look_by_the_limits_of_another_playbook_is_known_at_once(tmp_path: Path) -> None:
    stage, p95 = Feed(tmp_path), replace(WATCHED.signals["p95"], warn=parse_condition("> 100ms"))
    tighter = replace(WATCHED, signals={**WATCHED.signals, "p95": p95})
    async with stage.engine() as engine:
        await stage.advance(2 * MINUTE)
        [draft] = amend(engine.state, Amendment("c", "/p", "1" * 64, course(tighter)), stage.clock.now(), "ada")
    with Journal.open(stage.folder, LAUNCH, stage.clock) as journal:
        journal.append(draft.kind, draft.body)
    stage._course = course(tighter)
    async with stage.engine() as engine:
        assert (engine.state.signals["p95"].is_former, engine.state.signals["errors"].is_former) == (True, False)
        since = engine.state.signals["p95"].since
        await stage.advance(timedelta(seconds=20))
        known = engine.state.signals["p95"]
        assert (known.is_former, known.level.word, known.since) == (False, "GREEN", since)


async def test_what_the_engine_has_judged_is_judged_in_the_verdict_at_once(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine() as engine:
        for after_s, stands in ((0, "unknown"), (20, "idle")):
            await stage.advance(timedelta(seconds=after_s))
            found = state_json(engine.state, stage.clock.now(), live=engine.signals.live())
            assert {one["stage"] for one in found["triggers"]} == {stands}
            early = set(found["overall"]["early"]) & {one["id"] for one in found["triggers"]}
            assert early == (set() if stands == "idle" else set(WATCHED.triggers))
        assert not engine.state.looks


def test_what_a_trigger_waits_for_now_is_not_judged_in_the_verdict() -> None:
    state, every = measured(), timedelta(seconds=5)
    live = Live(every, triggers={"pause_5xx": TriggerState()}, waiting={"pause_5xx": "the window is filling"})
    for shown, early in ((live, True), (replace(live, waiting={}), False)):
        found = state_json(state, NOW, live=shown)["overall"]["early"]
        assert (state.course.watched.triggers["pause_5xx"].title in found) is early


async def test_without_an_engine_it_is_what_the_journal_has(tmp_path: Path) -> None:
    stage = Feed(tmp_path)
    async with stage.engine() as engine:
        await stage.advance(MINUTE)
        stage.fed.values["p95"] = 0.301
        await stage.advance(2 * MINUTE)
        found = seen(engine, stage, live=False)
        p95 = found["signals"]["p95"]
        assert (p95["shown"], p95["level"], p95["at"]) == ("301ms", "unknown", "2025-11-01T02:03:00.000Z")
        assert p95["reason"] == "was RED; no engine looks at it"
        assert found["triggers"]["pause_p95"]["stage"] == "pending"
        assert found["signals"]["up"]["slo"]["budget_left"] == 1.0
