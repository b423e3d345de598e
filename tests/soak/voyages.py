"""Forty-eight hours of the third document's cadence on a virtual clock: the real engine, journal and channel.

Dice restart it, kill it (also in the midst of a post), suspend it, set its clock and ask things of it.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from tests.contracts.tree import ROOT
from tests.engine.stage import T0, TIMES, Stage
from tests.soak.oracle import offset
from tests.soak.people import is_head
from tests.soak.row import Row, Scale
from warroom.adapters.file_channel import FileChannel
from warroom.engine.engine import Engine
from warroom.engine.requests import AddNote, HoldUpdate, PostNow, ReleaseUpdate, Request, TickStep
from warroom.errors import WarroomError
from warroom.journal.audit import audit
from warroom.launch.schedule import slots
from warroom.launch.state import TRUSTED_STEP_S
from warroom.updates.channel import Delivery, Post

_HOURS = timedelta(hours=48)
_TICK_S = 60.0


@dataclass
class Log:
    """The channel's own log: what arrived, and the latest time that was to be believed then. `dies` is asked at every
    post whether the process dies there: `before` the bytes or `after` them; empty: it does not."""

    stage: Stage
    inner: FileChannel
    dies: Callable[[], str]
    arrived: list[tuple[str, datetime, str]] = field(default_factory=list)

    async def post(self, post: Post) -> Delivery:
        death = self.dies()
        if death == "before":
            await self._die()
        self.arrived.append((post.key.rpartition(":")[2], self.believable_now(), post.delivery))
        delivery = await self.inner.post(post)
        if death == "after":
            await self._die()
        return delivery

    async def _die(self) -> None:
        self.stage.direct.broken = "the process is gone"
        await asyncio.get_running_loop().create_future()

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        return await self.inner.find(key, since, thread)

    def true_now(self) -> datetime:
        """What a clock shows that nobody set."""
        return T0 + timedelta(microseconds=self.stage.clock.boottime_ns() // 1_000)

    def believable_now(self) -> datetime:
        """What the wall clock shows; the true time where somebody set it forward by more than is believed."""
        shown, true = self.stage.clock.now(), self.true_now()
        return true if shown - true > timedelta(seconds=TRUSTED_STEP_S) else shown


class Voyage:
    """One launch, disturbed as the dice of its seed fall."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.stage = Stage(folder)
        self.log = Log(self.stage, FileChannel(folder / "posts.txt", self.stage.clock), self._death)
        self.stage.channel = self.log
        self.heads: list[str] = []
        self.happened: Counter[str] = Counter()
        self.asked: set[str] = set()
        self._dice = random.Random(seed)
        self._skew = timedelta()
        self._at_sea = True

    async def sail(self) -> None:
        """To the end of the launch."""
        while self.log.true_now() < T0 + _HOURS:
            kill = self._dice.random() < 0.6
            async with self.stage.engine(kill=kill, tick_s=_TICK_S) as engine:
                await self._disturb_often(engine)
            self.happened["kills" if kill or self.stage.direct.broken else "restarts"] += 1
            if self._dice.random() < 0.3:
                self._pass(self._dice.choice([60, 900, 7_200]))
        self._set_clock(-self._skew)
        self._at_sea = False
        async with self.stage.engine(tick_s=_TICK_S) as engine:
            for slot in list(engine.state.holds):
                await self._ask(engine, ReleaseUpdate(slot))
            await self._ask(engine, TickStep("publish", {"build_id": "b-1"}))
            await self.stage.advance(timedelta(hours=1))
            assert engine.state.closed, "the launch never ends"

    async def _disturb_often(self, engine: Engine) -> None:
        for _ in range(self._dice.randint(1, 8)):
            await self._disturb(engine)
            if self.stage.direct.broken:
                return

    def found(self) -> tuple[Counter[str], list[str], tuple[object, ...], int]:
        """How often each time was posted or named, those that were early, what the audit finds, heads compared."""
        posted = Counter(slot.partition("@")[2] for slot, _, _ in self.log.arrived)
        for _, _, delivery in self.log.arrived:
            _, _, named = delivery.partition("stands for ")
            posted.update(named.partition(" too")[0].split(", ") if named else [])
        early = [slot for slot, at, _ in self.log.arrived if at < T0 + offset(slot) and slot not in self.asked]
        heads = [head for _, _, delivery in self.log.arrived if (head := delivery.rpartition("journal ")[2])]
        report = audit(self.stage.folder, [*heads, *self.heads])
        return posted, early, report.problems, report.heads_checked

    async def _disturb(self, engine: Engine) -> None:
        what = self._dice.choice(["go", "go", "go", "suspend", "clock", "note", "hold", "release", "post", "publish"])
        slot = self._dice.choice(slots(engine.state.course, 1)).id
        match what:
            case "go":
                await self.stage.advance(timedelta(seconds=self._dice.choice([1, 45, 600, 3_600, 10_800])))
            case "suspend":
                self._pass(self._dice.choice([30, 700, 5_000]))
            case "clock":
                self._set_clock(timedelta(seconds=self._dice.choice([-7_200, -90, -3, 3, 61, 3_600])))
            case "note":
                await self._ask(engine, AddNote("all is well"))
            case "hold":
                await self._ask(engine, HoldUpdate(slot, "wording"))
            case "release":
                await self._ask(engine, ReleaseUpdate(slot))
            case "post" if self._dice.random() < 0.2:
                await self._ask(engine, PostNow(slot))
                self.asked.add(slot)
            case "publish":
                await self._ask(engine, TickStep("publish", {"build_id": "b-1"}))
        await self.stage.advance(timedelta(seconds=_TICK_S))

    async def _ask(self, engine: Engine, request: Request) -> None:
        try:
            entries = await engine.ask(request, "ada")
        except WarroomError:
            return
        self.happened["requests"] += 1
        self.heads += [head for entry in entries if is_head(head := entry.head.short)]

    def _death(self) -> str:
        return self._dice.choice(["before", "after", *[""] * 6]) if self._at_sea else ""

    def _pass(self, seconds: int) -> None:
        """The machine sleeps, or no engine runs."""
        self.stage.clock.suspend(seconds)
        self.happened["suspends"] += 1

    def _set_clock(self, by: timedelta) -> None:
        self.stage.clock.step_wall(by)
        self._skew += by
        self.happened["clock steps"] += 1


def random_voyages(folder: Path, scale: Scale) -> Iterator[Row]:
    """One voyage for each seed."""
    happened: Counter[str] = Counter()
    lost, doubled, early, heads = 0, 0, 0, 0
    wrong: list[str] = []
    for seed in range(scale.seed, scale.seed + scale.seeds):
        voyage = Voyage(_in_memory(folder, seed), seed)
        try:
            asyncio.run(voyage.sail())
            posted, too_early, problems, checked = voyage.found()
        finally:
            shutil.rmtree(voyage.stage.folder)
        happened += voyage.happened
        lost += len(set(TIMES) - set(posted))
        doubled += sum(times > 1 for times in posted.values())
        early += len(too_early)
        heads += checked
        wrong += [f"seed {seed}, audit: {problem}" for problem in problems]
        odd = {time: times for time, times in posted.items() if times > 1} or set(TIMES) - set(posted) or too_early
        wrong += [f"seed {seed}: {odd}"] if odd else []
    yield Row(
        "48 h of the document's cadence on the virtual clock, disturbed",
        n=scale.seeds,
        lost=lost,
        doubled=doubled,
        early=early,
        heads=heads,
        wrong=tuple(wrong),
        figures={name: float(number) for name, number in sorted(happened.items())},
    )


def laws(folder: Path, scale: Scale) -> Iterator[Row]:
    """The stateful test of the engine, with that many courses of events drawn at random."""
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "--timeout=0"]
    done = subprocess.run(
        [*command, "tests/engine/test_stateful.py"],
        cwd=ROOT,
        env={**os.environ, "WARROOM_EXAMPLES": str(scale.seeds)},
        capture_output=True,
        text=True,
        check=False,
    )
    wrong = () if done.returncode == 0 else (done.stdout[-4_000:],)
    yield Row("any course of events of the stateful test keeps the laws", n=scale.seeds, wrong=wrong)


def _in_memory(folder: Path, seed: int) -> Path:
    """A folder in memory where there is such a place: a voyage waits for the disk some thousand times."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix=f"soak-{seed}-", dir=memory if os.access(memory, os.W_OK) else folder))
