"""Signals that are fed with values, and a launch that watches them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.engine.stage import COURSE, Stage
from warroom.engine.engine import Engine
from warroom.launch.entries import Entry
from warroom.playbook.course import Course, Update
from warroom.playbook.signals import BaselinePlan, SignalPlan, SloPlan, SourceInfo, TriggerPlan, Watched
from warroom.playbook.template import parse_template
from warroom.slo.conditions import SignalCondition, parse_condition
from warroom.slo.query import Number, Query
from warroom.slo.reading import Reading
from warroom.slo.trigger import Hold, parse_hold
from warroom.slo.trigger import Stage as TriggerStage
from warroom.slo.unit import parse_unit

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EVERY_S = 5.0


class Fed:
    """A source that is told what each signal is: a number, a reading, or a text that says why there is no data."""

    def __init__(self, values: Mapping[str, float | str | Reading]) -> None:
        self.values = dict(values)
        self.n: float | None = 100.0
        self.coverage = 1.0
        self.splits_by: dict[str, dict[str, float]] = {}
        self.looks: list[datetime] = []
        self.hangs = False
        self.every_s = EVERY_S
        self._count = 0
        self._known: dict[str, float | str | Reading] = {}

    async def look(self) -> None:
        if self.hangs:
            import asyncio

            await asyncio.get_running_loop().create_future()
        self._known = dict(self.values)
        self._count += 1

    def reading(self, query: Query, now: datetime) -> Reading:
        assert isinstance(query.measure, Number)
        said = self._known.get(query.measure.path, "nobody has looked yet")
        if isinstance(said, str):
            return Reading.missing(now, said)
        if isinstance(said, Reading):
            return replace(said, at=now, sample=float(self._count))
        return Reading(now, said, n=self.n, coverage=self.coverage, sample=float(self._count))

    def splits(self, query: Query, now: datetime) -> dict[str, Reading]:
        assert isinstance(query.measure, Number)
        parts = self.splits_by.get(query.measure.path, {})
        return {label: Reading(now, value, n=self.n) for label, value in parts.items()}


def _limit(text: str) -> SignalCondition | None:
    return parse_condition(text) if text else None


def signal(name: str, unit: str, warn: str = "", page: str = "", **more: Any) -> SignalPlan:
    """A signal of the source `app`."""
    return SignalPlan(
        name, name, "app", Number(name), 5 * MINUTE, parse_unit(unit), _limit(warn), _limit(page), **more
    )


def trigger(name: str, about: str, when: str, hold: str = "0s", **more: Any) -> TriggerPlan:
    """A trigger that pauses, unless `more` says otherwise."""
    plan = TriggerPlan(name, name, "pause", "auto", about, parse_condition(when), window=5 * MINUTE)
    return replace(plan, hold=parse_hold(hold) if hold else Hold(), **more)


WATCHED = Watched(
    sources={"app": SourceInfo("app", "http_json", "app", timedelta(seconds=EVERY_S))},
    signals={
        one.id: one
        for one in (
            signal("errors", "%", ">= 0.5%", ">= 1%"),
            signal("jwt", "%"),
            signal("p95", "ms", "> 120ms", "> 300ms"),
            signal("depth", "messages", "growing over 30m"),
            signal("up", "%"),
        )
    },
    slos={"uptime": SloPlan("uptime", "up", 0.999, timedelta(hours=48), counts_bad=False)},
    baselines={"depth": BaselinePlan("depth", None, "depth", timedelta(), 5 * MINUTE)},
    triggers={
        one.id: one
        for one in (
            trigger("pause_5xx", "errors", ">= 1%"),
            trigger("pause_jwt", "jwt", ">= 2%"),
            trigger("pause_p95", "p95", "> 300ms", "5m"),
            trigger("pause_queue", "depth", "> 2x baseline.depth", "10m"),
        )
    },
)

CALM: Mapping[str, float] = {"errors": 0.001, "jwt": 0.0, "p95": 0.04, "depth": 10.0, "up": 1.0}


def post_on(update_id: str, *events: str, text: str) -> Update:
    """A post that is owed when that happens."""
    return Update(update_id, update_id, "file", parse_template(text), on=events, within=2 * MINUTE)


POSTS = {
    one.id: one
    for one in (
        post_on("fired", "trigger.fired", text="fired"),
        post_on("over", "trigger.resolved", text="resolved"),
        post_on("blind", "trigger.blind", text="blind"),
        post_on("warned", "signal.warn", text="warned"),
    )
}


def course(watched: Watched = WATCHED) -> Course:
    """The course of the stage, with everything that is watched and a post for everything that happens to it."""
    return replace(COURSE, watched=watched, updates={**COURSE.updates, **POSTS})


class Feed(Stage):
    """A launch that watches what it is fed. `fed` is what the service is."""

    def __init__(self, folder: Path, watched: Watched = WATCHED, **more: Any) -> None:
        super().__init__(folder, course=course(watched), **more)
        self.fed = Fed(CALM)
        self.sources = {"app": self.fed}

    def kinds(self, prefix: str) -> list[str]:
        """`trigger.fired pause_5xx`: what was journaled, in order."""
        subjects = ("trigger", "signal", "baseline")
        return [
            f"{entry.kind} {next((entry.body[one] for one in subjects if one in entry.body), '')}".strip()
            for entry in self.told
            if entry.kind.startswith(prefix)
        ]

    async def dies_amid_a_breach(self, after_s: float) -> datetime:
        """P95 is over its limit from a minute after T0 on, and so long later the engine is killed. Returns since when
        its trigger was pending."""
        async with self.engine(kill=True) as engine:
            await self.advance(MINUTE)
            self.fed.values["p95"] = 0.301
            await self.advance(timedelta(seconds=EVERY_S))
            began = engine.state.triggers["pause_p95"].state.since
            await self.advance(timedelta(seconds=after_s))
        assert began
        return began

    def told_posts(self) -> list[str]:
        """The posts for what happened, in order."""
        posts = [post.slot.rpartition(":")[2] for post in self.posts()]
        return [post for post in posts if post.partition("@")[0] in POSTS]


def entries(stage: Feed, kind: str, trigger: str = "") -> list[Entry]:
    """What the journal has of a kind, and of a trigger."""
    return [one for one in stage.told if one.kind == kind and (not trigger or one.body["trigger"] == trigger)]


def stage_of(engine: Engine, trigger: str) -> TriggerStage:
    """Where a trigger stands."""
    known = engine.state.triggers.get(trigger)
    return known.state.stage if known else TriggerStage.IDLE
