"""A real Prometheus of which something is missing: scrapes that fail, and the server itself for a while."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.adapters.prometheus_server import PrometheusServer, running
from tests.checks.server import Received, Server, reply
from tests.engine.feeding import course
from tests.launch.course import opened
from tests.polling import poll_until
from warroom.adapters.http import HttpAdapter
from warroom.adapters.prometheus_source import PrometheusSource
from warroom.clock import RealClock, SteadyClock
from warroom.engine.ports import NoSamples
from warroom.engine.signal_watch import SignalWatch
from warroom.launch.entries import Draft
from warroom.playbook.loaded import Target
from warroom.playbook.signals import SignalPlan, SourceInfo, TriggerPlan, Watched
from warroom.slo.conditions import parse_condition
from warroom.slo.levels import Level, Limits, level_of
from warroom.slo.query import Query, Ratio, Selector
from warroom.slo.reading import Reading
from warroom.slo.source_spec import PrometheusSpec
from warroom.slo.trigger import Stage, parse_hold
from warroom.slo.unit import parse_unit

CLOCK = RealClock()
WINDOW = timedelta(seconds=2)
SHARE = Query(Ratio(Selector("answers_total", (("code", "=~", "5.."),)), Selector("answers_total")), WINDOW)
LIMIT = parse_condition(">= 1%")


@dataclass(slots=True)
class Exporter:
    """Counts 100 answers a scrape, of which `errors` are errors, and answers one scrape of each `one_in`."""

    errors: int = 0
    one_in: int = 1
    scrapes: int = 0
    good: int = 0
    bad: int = 0

    def answer(self, request: Received) -> bytes:
        self.scrapes += 1
        self.good, self.bad = self.good + 100 - self.errors, self.bad + self.errors
        if self.scrapes % self.one_in:
            return reply(b"", 500)
        page = f'answers_total{{code="200"}} {self.good}\nanswers_total{{code="500"}} {self.bad}\n'
        return reply(page.encode(), 200, [("Content-Type", "text/plain")])


@contextlib.asynccontextmanager
async def scraped(
    folder: Path, exporter: Exporter, every_s: float
) -> AsyncIterator[tuple[PrometheusServer, PrometheusSource]]:
    """A server that scrapes the exporter five times a second, and a source that asks it."""
    async with Server(exporter.answer) as target:
        with running(folder, urlsplit(target.url).netloc) as server:
            assert await poll_until(CLOCK, server.is_ready, every_s=0.05, timeout_s=30)
            http = HttpAdapter({"prom": Target("prom", server.url)}, CLOCK)
            spec = PrometheusSpec(id="prom", target="prom", every_s=every_s)
            source = PrometheusSource(spec, [SHARE], http, CLOCK, CLOCK)
            try:
                yield server, source
            finally:
                await source.aclose()
                await http.aclose()


async def looked(source: PrometheusSource, until: Callable[[Reading], bool]) -> list[Reading]:
    """What is read, look by look, until that holds; fails after a while."""
    found: list[Reading] = []
    for _ in range(400):
        await source.look()
        found.append(source.reading(SHARE, CLOCK.now()))
        if until(found[-1]):
            return found
        await CLOCK.sleep(0.05)
    raise AssertionError(f"in vain; the last reading was {found[-1]}")


def is_good(reading: Reading) -> bool:
    return reading.value is not None and not reading.too_little()


async def test_a_target_that_is_scraped_one_time_in_five_is_never_green(tmp_path: Path) -> None:
    exporter = Exporter(one_in=5)
    async with scraped(tmp_path, exporter, every_s=1.0) as (_, source):
        # Each scrape that fails makes its series stale: what is there is known for a fifth of the time.
        seen = await looked(source, lambda _: exporter.scrapes >= 40)
        assert any(one.value is not None for one in seen)
        assert all(one.coverage < 0.5 for one in seen)
        levels = {level_of(Limits(page=LIMIT), one, one.at).level for one in seen}
        assert levels == {Level.UNKNOWN}
        exporter.one_in = 1
        *filling, good = await looked(source, is_good)
        assert not any(one.filling for one in filling)
        assert level_of(Limits(page=LIMIT), good, good.at).level is Level.GREEN


async def test_an_application_that_starts_again_loses_no_share_of_its_errors(tmp_path: Path) -> None:
    exporter = Exporter(errors=10)
    async with scraped(tmp_path, exporter, every_s=1.0) as (_, source):
        *_, before = await looked(source, is_good)
        assert before.value == 0.1
        exporter.good = exporter.bad = 0
        began = exporter.scrapes
        # For as long as the restart lies in the window, and after it.
        during = await looked(source, lambda _: exporter.scrapes >= began + 9)
        after = await looked(source, lambda one: exporter.scrapes >= began + 15 and is_good(one))
    # Both counters restarted together, so that what is estimated of each is estimated alike.
    assert [one.value for one in during if is_good(one)] == [pytest.approx(0.1, rel=0.02)] * len(during)
    assert all(one.n is not None and 0 < one.n < 1_500 for one in during)
    assert after[-1].value == 0.1


WATCHED = Watched(
    sources={"prom": SourceInfo("prom", "prometheus", "prom", timedelta(seconds=1))},
    signals={"share": SignalPlan("share", "Errors", "prom", SHARE.measure, WINDOW, parse_unit("%"), None, LIMIT)},
    triggers={
        name: TriggerPlan(name, name, "notify", "auto", "share", LIMIT, window=WINDOW, hold=parse_hold(hold))
        for name, hold in (("at_once", "0s"), ("later", "1h"))
    },
)


class Watch:
    """Signals and triggers of one Prometheus, looked at as an engine does."""

    def __init__(self, source: PrometheusSource) -> None:
        steady = SteadyClock(CLOCK)
        self._watch = SignalWatch(WATCHED, {"prom": source}, CLOCK, steady, NoSamples(), lambda text: text)
        self._state = opened(CLOCK.now() - timedelta(minutes=5), course(WATCHED))

    async def until(self, holds: Callable[[], bool]) -> list[Draft]:
        """Goes on until that holds, and returns what was journaled; fails after a while."""
        found: list[Draft] = []
        for _ in range(600):
            for name in list(self._watch.due()):
                await self._watch.look(name)
            self._watch.observe(self._state, {})
            new = list(self._watch.drafts())
            self._watch.written(len(new))
            found += new
            if holds():
                return found
            await CLOCK.sleep(0.05)
        raise AssertionError(f"in vain: {self._watch.live()}")

    def level(self) -> Level | None:
        known = self._watch.live().signals.get("share")
        return known.judged.level if known else None

    def reason(self) -> str:
        return self._watch.live().signals["share"].judged.reason

    def stages(self) -> tuple[Stage, Stage]:
        states = self._watch.live().triggers
        return states["at_once"].stage, states["later"].stage

    def are_blind(self) -> bool:
        return all(one.blind for one in self._watch.live().triggers.values())


def of_triggers(drafts: list[Draft]) -> list[str]:
    return [f"{one.kind} {one.body['trigger']}" for one in drafts if one.kind.startswith("trigger.")]


async def test_a_prometheus_that_dies_and_comes_back_is_no_data_and_then_good_by_itself(tmp_path: Path) -> None:
    exporter = Exporter(errors=5)
    async with scraped(tmp_path, exporter, every_s=1.0) as (server, source):
        watch = Watch(source)
        await watch.until(lambda: watch.level() is Level.RED and watch.stages() == (Stage.FIRING, Stage.PENDING))

        server.kill()
        exporter.errors = 0
        silent = await watch.until(watch.are_blind)
        assert of_triggers(silent) == ["trigger.blind at_once", "trigger.blind later"]
        assert watch.level() is Level.UNKNOWN
        assert "refused" in watch.reason()
        # However long it lasts: what fires goes on, and what is pending waits.
        end = CLOCK.monotonic() + 4
        assert not of_triggers(await watch.until(lambda: CLOCK.monotonic() > end))
        assert watch.stages() == (Stage.FIRING, Stage.PENDING)

        server.start()
        back = await watch.until(lambda: watch.stages() == (Stage.IDLE, Stage.IDLE))
        assert watch.level() is Level.GREEN
        assert [one for one in of_triggers(back) if one.endswith("at_once")] == [
            "trigger.sighted at_once",
            "trigger.resolving at_once",
            "trigger.resolved at_once",
        ]
        assert "trigger.fired later" not in of_triggers(back)
