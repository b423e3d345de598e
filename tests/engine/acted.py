"""A launch that changes things outside: an engine on the virtual clock over a service that can behave in every way,
and over a journal after any of whose entries the process can die.

What happened is what the service has in its log; the engine is not believed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.engine.stage import Watched, suite_state
from tests.launch.acted import COURSE
from tests.launch.course import LAUNCH, T0
from warroom.clock import VirtualClock, settle
from warroom.engine.engine import Engine, Pace, Ports
from warroom.engine.ports import KnownGate
from warroom.errors import WarroomError
from warroom.launch.entries import Draft, Entry
from warroom.launch.ledger import RunSuite
from warroom.launch.levers import LeverReading
from warroom.launch.outcomes import Answer, Fate, Found
from warroom.launch.procedures import Before
from warroom.playbook.course import Course
from warroom.playbook.procedures import ActionStep
from warroom.suite_state import SuiteState
from warroom.updates.channel import Delivery, Post
from warroom.updates.channel import Fate as PostFate


@dataclass(frozen=True)
class Manner:
    """How the service behaves to one request: what it answers after `takes_s`, whether and after how long it does
    what it was asked for (None: never)."""

    fate: Fate = Fate.ACCEPTED
    says: str = "it answers 200"
    does_after_s: float | None = 0.0
    takes_s: float = 0.2


OK = Manner()
LOST = Manner(Fate.UNKNOWN, "no answer within 10 s", takes_s=10.0)
LOST_UNDONE = Manner(Fate.UNKNOWN, "no answer within 10 s", None, 10.0)
BROKEN = Manner(Fate.UNKNOWN, "it answers 500", None)
LIES = Manner(does_after_s=None)
LAGS = Manner(does_after_s=8.0)
REFUSES = Manner(Fate.REFUSED, "it answers 403: X-Internal-Key is wrong", None)
UNREACHED = Manner(Fate.NOT_SENT, "connection refused: nothing listens", None)


@dataclass
class Service:
    """What is outside: states by the step that brings them about. `log` is every request that arrived."""

    clock: VirtualClock
    manners: list[Manner] = field(default_factory=list)
    log: list[tuple[str, datetime]] = field(default_factory=list)
    done: dict[str, float] = field(default_factory=dict)
    unreadable: str = ""
    seen: list[str] = field(default_factory=list)
    """Looks that found a step not done, and requests that arrived, in their order: `look send`, `sent send`."""
    looks: dict[str, bool] = field(default_factory=dict)
    """What the last look at each step found that found anything."""
    levers: dict[str, str] = field(default_factory=lambda: {"SEND": "true", "RATE": "10"})

    def holds(self, step: str) -> bool:
        return step in self.done and self.done[step] <= self.clock.monotonic()


class Process:
    """One engine process's hands on the service; once it is `dead` it does nothing more."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.is_dead = False
        self.graves: list[asyncio.Future[None]] = []

    async def alive(self) -> None:
        """Never comes back in a process that is dead."""
        if self.is_dead:
            self.graves.append(asyncio.get_running_loop().create_future())
            await self.graves[-1]

    async def buried(self, *tasks: asyncio.Task[None]) -> None:
        """Takes the remains out of the event loop."""
        for task in tasks:
            task.cancel()
        while not all(task.done() for task in tasks):
            for grave in self.graves:
                grave.cancel()
            await settle(1)

    async def look(self, procedure: str, step: ActionStep, before: Before | None, timeout_s: float) -> Found:
        await self.alive()
        service = self._service
        await service.clock.sleep(timeout_s if service.unreadable else 0.1)
        if service.unreadable:
            return Found(None, service.unreadable)
        service.seen += [] if service.holds(step.id) else [f"look {step.id}"]
        service.looks[step.id] = service.holds(step.id)
        return Found(service.holds(step.id), f"{step.id} is {'done' if service.holds(step.id) else 'not done'}")

    async def send(self, procedure: str, step: ActionStep, timeout_s: float) -> Answer:
        await self.alive()
        service = self._service
        manner = service.manners.pop(0) if service.manners else OK
        if manner.fate is not Fate.NOT_SENT:
            service.log.append((step.id, service.clock.now()))
            service.seen.append(f"sent {step.id}")
        if manner.does_after_s is not None:
            service.done.setdefault(step.id, service.clock.monotonic() + manner.does_after_s)
        await service.clock.sleep(min(manner.takes_s, timeout_s))
        return Answer(manner.fate, manner.says)

    async def levers(self, names: Sequence[str], timeout_s: float) -> Sequence[LeverReading]:
        await self.alive()
        known = self._service.levers
        return [LeverReading(name, known.get(name), "" if name in known else "no answer") for name in names]


class Memory:
    """A journal in memory, whose process dies before or after it writes entry number `dies_at`."""

    def __init__(self, entries: list[Entry], clock: VirtualClock, process: Process) -> None:
        self._entries = entries
        self._clock = clock
        self._process = process
        self.epoch = max((entry.epoch for entry in entries), default=0) + 1
        self.dies_at: tuple[int, str] = (0, "")
        self.broken = False
        entries.append(self._entry(Draft("owner.acquired", {"pid": 4711, "epoch": self.epoch}), len(entries) + 1))

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        await self._process.alive()
        if self.broken:
            raise WarroomError("the disk is full")
        number, when = self.dies_at
        last = len(self._entries) + len(drafts)
        reached = 0 < number <= last
        if reached and when == "before":
            await self._die()
        made = [self._entry(draft, place) for place, draft in enumerate(drafts, len(self._entries) + 1)]
        self._entries.extend(made)
        if reached:
            await self._die()
        return made

    async def _die(self) -> None:
        self._process.is_dead = True
        await self._process.alive()

    def _entry(self, draft: Draft, seq: int) -> Entry:
        at, ns = self._clock.now(), self._clock.boottime_ns()
        return Entry(seq, LAUNCH, at, "virtual", ns, self.epoch, draft.actor, draft.kind, draft.body, "", "0" * 64)

    async def read(self, after: int, limit: int) -> Sequence[Entry]:
        return self._entries[after : after + limit]


class Room:
    """A channel that has whatever is posted."""

    def __init__(self) -> None:
        self.posts: list[Post] = []

    async def post(self, post: Post) -> Delivery:
        self.posts.append(post)
        return Delivery(PostFate.CONFIRMED, ref="here")

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        return "here" if any(post.key == key for post in self.posts) else None


class Suites:
    """Every check passes after two seconds."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.causes: list[str] = []

    def prepare(self, run: RunSuite, known: KnownGate) -> Callable[[], Awaitable[SuiteState]]:
        async def once() -> SuiteState:
            self.causes.append(run.cause)
            await self._clock.sleep(2.0)
            return suite_state(self._clock.now(), *run.only)

        return once


class Acted:
    """A launch, its journal and the service; `engine()` is one process."""

    def __init__(self, *manners: Manner, course: Course = COURSE) -> None:
        self.clock = VirtualClock(T0)
        self.service = Service(self.clock, list(manners))
        self.entries: list[Entry] = []
        self.room = Room()
        self.suites = Suites(self.clock)
        self.trouble: list[str] = []
        self._course = course

    @contextlib.asynccontextmanager
    async def engine(self, *, dies_at: tuple[int, str] = (0, "")) -> AsyncIterator[Engine]:
        process = Process(self.service)
        journal = Memory(self.entries, self.clock, process)
        journal.dies_at = dies_at
        self.journal, self.process = journal, process
        ports = Ports(
            self.clock, journal, {"room": self.room}, self.suites, Watched(), lambda _: None, self.trouble.append,
            actions=process,
        )  # fmt: skip
        engine = Engine(self._course, ports, Pace(tick_s=2.0))
        opening = asyncio.create_task(engine.open([Draft("launch.opened", {"playbook_sha256": "0" * 64})]))
        running = asyncio.create_task(self._run(engine, opening))
        await settle()
        try:
            yield engine
        finally:
            if not process.is_dead:
                engine.stop()
                await settle()
            # It may have died at the last entry, that it was stopped.
            if process.is_dead:
                await process.buried(running, opening)
            else:
                await asyncio.wait_for(running, 5)

    async def _run(self, engine: Engine, opening: asyncio.Task[None]) -> None:
        await opening
        await engine.run()

    async def advance(self, seconds: float) -> None:
        """Lets time pass."""
        await self.clock.advance(seconds)
        await settle(40)

    def kinds(self) -> list[str]:
        """What was journaled about procedures, in order: `step_requested send`."""
        return [
            f"{entry.kind.removeprefix('procedure.')} {entry.body.get('step', '')}".strip()
            for entry in self.entries
            if entry.kind.startswith("procedure.")
        ]

    def reason(self, step: str) -> str:
        """Why a step stands as it stands."""
        told = [one for one in self.entries if one.kind.startswith("procedure.step") and one.body["step"] == step]
        return str(told[-1].body.get("reason", ""))

    def sent(self) -> list[str]:
        """What arrived at the service, in order."""
        return [step for step, _ in self.service.log]


MINUTE = timedelta(minutes=1)
