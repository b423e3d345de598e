"""A program of its own: 48 hours of a launch on the virtual clock, and what its process held meanwhile.

`python two_days.py PLAYBOOK FOLDER TICK_S` prints JSON: `posts`, `entries`, `wall_s`, and memory in MiB and open
files after the first hour and at the end. The engine, its journal and a channel are real, the suites are values;
somebody looks at the state every ten minutes, and reads all events.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from warroom.adapters.file_channel import FileChannel
from warroom.checks import all_kinds
from warroom.clock import SteadyClock, VirtualClock
from warroom.engine.engine import Engine, Pace, Ports
from warroom.engine.ports import KnownGate, SignalPorts
from warroom.engine.requests import TickStep
from warroom.engine.view import state_json
from warroom.events import CheckInfo, CheckOutcome, RunFinished
from warroom.journal.journal import Journal
from warroom.launch.entries import Draft, Entry
from warroom.launch.ledger import RunSuite
from warroom.playbook.course import Course
from warroom.playbook.load import load_course
from warroom.slo.query import Query
from warroom.slo.reading import Reading
from warroom.suite_state import DONE, CheckState, SuiteState
from warroom.verdict import Measurement, Result, Verdict

T0 = datetime(2025, 11, 1, 2, 0, tzinfo=UTC)
LOOKS = timedelta(minutes=10)
LASTS = timedelta(hours=48, minutes=1)
ANSWERS = {"text": "b-4711", "timestamp": "2025-11-01T02:04:00Z", "number": "1", "yes_no": "yes"}
CHECKS = ("canary", "security_headers", "p95", "jwks", "m2m", "events", "providers", "kill_switch", "queue")


class Direct:
    """The journal without a thread, so that nothing but the virtual clock decides when things happen."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @property
    def epoch(self) -> int:
        return self._journal.epoch

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        return self._journal.append_many(drafts)

    async def read(self, after: int, limit: int) -> Sequence[Entry]:
        return list(islice(self._journal.entries(after), limit))


class Values:
    """Suites whose every check passes after 20 s."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def prepare(self, run: RunSuite, known: KnownGate) -> Callable[[], Awaitable[SuiteState]]:
        async def once() -> SuiteState:
            await self._clock.sleep(20)
            at = self._clock.now()
            checks = {name: _passed(name, at) for name in run.only or CHECKS}
            end = RunFinished(Verdict.PASS, "GREEN (dry-run)", 0, "", "evidence.log")
            return SuiteState(finished=end, finished_at=at, checks=checks)

        return once


def _passed(name: str, at: datetime) -> CheckState:
    lines = tuple(Result(Verdict.PASS, f"{name} line {n}", measurement=Measurement(value=1)) for n in range(4))
    outcome = CheckOutcome(name, "http", name, True, Verdict.PASS, "GREEN", "", at, 1.0, results=lines)
    return CheckState(CheckInfo(name, "http", name), DONE, outcome=outcome)


class Nobody:
    """Watches nothing."""

    def alive(self) -> None:
        """Nothing to do."""


async def run(course: Course, folder: Path, tick_s: float) -> dict[str, Any]:
    """The launch, from T0 to the end of its last post; its signals have no data, and nothing is triggered by that."""
    course = replace(course, watched=replace(course.watched, triggers={}))
    clock = VirtualClock(T0)
    began = time.perf_counter()
    with Journal.open(folder / "launch", "two_days-1", clock) as journal:
        channels = {name: FileChannel(folder / f"{name}.txt", clock) for name in course.channels}
        engine = Engine(course, _ports(clock, journal, channels, course), Pace(tick_s=tick_s))
        await engine.open([Draft("launch.opened", {"playbook_sha256": "0" * 64, "t0": T0.isoformat()})])
        running = asyncio.create_task(engine.run())
        reading = asyncio.create_task(_read(engine))
        first: Mapping[str, float] = {}
        await _answer(engine, course)
        while not running.done() and clock.now() < T0 + LASTS:
            await clock.advance(LOOKS.total_seconds())
            json.dumps(state_json(engine.state, clock.now(), engine.log))
            if not first and clock.now() >= T0 + timedelta(hours=1):
                first = _held()
        last = _held()
        engine.stop()
        await running
        entries = await reading
    return {"entries": entries, "wall_s": time.perf_counter() - began, "first": first, "last": last}


async def _answer(engine: Engine, course: Course) -> None:
    for step in course.steps.values():
        values = {ask.name: ANSWERS[ask.answer_type] for ask in step.asks}
        await engine.ask(TickStep(step.id, values), "ada")


class Dark:
    """A source that has nothing to say."""

    every_s = 60.0

    async def look(self) -> None:
        """Sees nothing."""

    def reading(self, query: Query, now: datetime) -> Reading:
        """Nothing is known."""
        return Reading.missing(now, "the source is dark")

    def splits(self, query: Query, now: datetime) -> dict[str, Reading]:
        """Nothing to split."""
        return {}


def _ports(clock: VirtualClock, journal: Journal, channels: Mapping[str, FileChannel], course: Course) -> Ports:
    return Ports(
        clock=clock,
        journal=Direct(journal),
        channels=channels,
        suites=Values(clock),
        watchdog=Nobody(),
        signals=SignalPorts({name: Dark() for name in course.watched.sources}, SteadyClock(clock)),
        told=lambda _: None,
        trouble=lambda said: print(said, file=sys.stderr),
    )


async def _read(engine: Engine) -> int:
    return sum([1 async for _ in engine.events()])


def _held() -> dict[str, float]:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    # getrusage would give the peak of the process that started this one where that was larger.
    status = Path("/proc/self/status").read_text("ascii")
    peak_kib = int(status.partition("VmHWM:")[2].split()[0])
    return {
        "rss": pages * resource.getpagesize() / 2**20,
        "peak": peak_kib / 1024,
        "files": len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - the names are never looked at
    }


def main(playbook: str, folder: str, tick_s: str) -> int:
    """Runs it and prints."""
    course = load_course(Path(playbook), all_kinds(), None)
    found = asyncio.run(run(course, Path(folder), float(tick_s)))
    posts = sum(file.read_text("utf-8").count("\n--- end of ") for file in Path(folder).glob("*.txt"))
    print(json.dumps({**found, "posts": posts}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
