"""48 hours with gates that flip, incidents, and an engine that is killed again and again."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.stage import T0, TIMES, Gates, Posted, Stage
from tests.engine.test_engine import published
from tests.engine.test_gates import GATED
from tests.engine.test_incidents import TROUBLED
from warroom.engine.engine import Engine
from warroom.engine.requests import NoteIncident, OpenIncident, ResolveIncident
from warroom.journal.audit import audit

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
EVENTFUL = replace(GATED, updates={**GATED.updates, **TROUBLED.updates})
HAPPENS = (
    (0.5 * _HOUR, "gate1 green"),
    (1.9 * _HOUR, "open"),
    (2.0 * _HOUR, "note inc-1"),
    (2.7 * _HOUR, "resolve inc-1"),
    (5 * _HOUR, "gate1 red"),
    (9.6 * _HOUR, "gate2 green"),
    (20 * _HOUR, "open"),
    (20.1 * _HOUR, "open"),
    (20.2 * _HOUR, "note inc-3"),
    (21.4 * _HOUR, "resolve inc-2"),
    (21.9 * _HOUR, "resolve inc-3"),
    (40 * _HOUR, "gate1 green"),
    (47.9 * _HOUR, "gate2 red"),
)
ONCE = (
    *("auth@gate1#1", "red@gate1#2", "pull@gate2#1", "auth@gate1#3", "red@gate2#2"),
    *(f"{update}@inc-{number}" for update in ("opened", "resolved") for number in (1, 2, 3)),
    *("noted@inc-1", "noted@inc-3"),
)


async def happen(stage: Stage, engine: Engine, what: str) -> None:
    word, _, rest = what.partition(" ")
    match word:
        case "open":
            await engine.ask(OpenIncident("something is wrong"), "ada")
        case "note":
            await engine.ask(NoteIncident(rest, "somebody looks"), "ada")
        case "resolve":
            await engine.ask(ResolveIncident(rest, "it is over"), "ada")
        case gate:
            stage.gates.says[gate] = rest


async def sail(stage: Stage, dice: random.Random) -> None:
    """48 hours and what happens in them, with one engine after the other."""
    ahead, ends = list(HAPPENS), T0 + 48 * _HOUR + 20 * _MINUTE
    while stage.clock.now() < ends:
        async with stage.engine(kill=dice.random() < 0.7, tick_s=30.0) as engine:
            if not engine.state.ticks:
                await published(engine)
            life = timedelta(seconds=dice.choice((20, 600, 5_000, 20_000)))
            until = min(stage.clock.now() + life, ends)
            while ahead and T0 + ahead[0][0] <= until:
                await stage.advance(max(T0 + ahead[0][0] - stage.clock.now(), timedelta()))
                await happen(stage, engine, ahead.pop(0)[1])
            await stage.advance(until - stage.clock.now())
        if dice.random() < 0.2:
            stage.clock.suspend(dice.choice((30.0, 400.0, 4_000.0)))


def slot(post: Posted) -> str:
    return post.slot.rpartition(":")[2]


def told(posts: list[Posted], update: str) -> Counter[str]:
    """How often each time of a recurring update was posted or named in a later post: `T+3h`, `inc-1+15m`."""
    own = [post for post in posts if slot(post).startswith(update)]
    found = Counter(post.time for post in own)
    for post in own:
        _, _, others = post.delivery.partition("stands for ")
        found.update(filter(None, others.partition(" too")[0].split(", ")))
    return found


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.soak)])
async def test_whatever_kills_the_engine_everything_is_told_once(seed: int, tmp_path: Path) -> None:
    stage = Stage(tmp_path, course=EVENTFUL)
    stage.gates = Gates({"gate1": "red", "gate2": "red"})
    await sail(stage, random.Random(seed))
    posts = stage.posts()
    counted = Counter(map(slot, posts))
    assert set(counted.values()) == {1}
    assert {name for name in counted if "+" not in name} == set(ONCE)
    assert told(posts, "hourly") + told(posts, "condensed") == Counter(TIMES[2:])
    assert {"published@T+5m", "evidence@T+15m"} <= set(counted)
    loops = told(posts, "loop")
    assert set(loops.values()) == {1}
    assert {"inc-1+15m", "inc-1+30m", "inc-1+45m"} <= set(loops)
    finished = Counter(e.body["cause"] for e in stage.told if e.kind == "suite.finished" and not e.body["suite"])
    assert finished == Counter(["gate:gate1#1", "gate:gate1#3", "gate:gate2#1"])
    assert audit(tmp_path).problems == ()
    assert stage.trouble == []
