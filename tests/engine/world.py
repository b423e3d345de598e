"""A launch in a world where everything can go wrong: engines live and die, the channel and the disk misbehave.

Nothing here believes the engine: what was posted is what the channel holds, time is that of the boot clock, and what
was acknowledged is looked for in the journal.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from tests.engine.small_course import COURSE
from tests.engine.stage import LAUNCH, T0, Watched, suite_state
from warroom.clock import VirtualClock, settle
from warroom.engine.engine import Engine, Pace, Ports
from warroom.engine.ports import KnownGate, Poll
from warroom.engine.requests import AmendPlaybook, Request
from warroom.errors import UsageError, WarroomError
from warroom.events import GateInfo
from warroom.journal.journal import Journal
from warroom.launch.amending import Amendment
from warroom.launch.entries import ENGINE, Draft, Entry
from warroom.launch.folding import step
from warroom.launch.ledger import RunSuite
from warroom.launch.schedule import Slot, all_slots
from warroom.launch.state import TRUSTED_STEP_S, LaunchState, Stage, begin
from warroom.suite_state import SuiteState
from warroom.updates.channel import Delivery, Fate, Post

TICK_S = 20.0
SUITE_S = 30.0


@dataclass(frozen=True)
class Outcome:
    """What the channel does with a post, after `takes_s` seconds: whether it has it, and what it says."""

    says: Fate | None
    has_it: bool
    takes_s: float = 0.0


OK = Outcome(Fate.CONFIRMED, has_it=True)


@dataclass(frozen=True)
class Arrived:
    """A post as the channel has it."""

    key: str
    slot: str
    stands_for: tuple[str, ...]
    delivery: str


@dataclass
class Life:
    """One engine process, from its start to its end."""

    journal: Journal
    engine: Engine | None = None
    running: asyncio.Task[None] | None = None
    tasks: list[asyncio.Future[Any]] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    graves: list[asyncio.Future[None]] = field(default_factory=list)

    async def die(self) -> None:
        """The process is gone in the midst of what it does."""
        self.over.set()
        grave: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.graves.append(grave)
        await grave

    async def bury(self) -> None:
        """Takes the remains out of the event loop."""
        self.over.set()
        tasks = [task for task in self.tasks if not task.done()]
        for task in tasks:
            task.cancel()
        while not all(task.done() for task in tasks):
            for grave in self.graves:
                grave.cancel()
            await settle(1)
        self.journal.close()


class World:
    """A launch in `folder` and all that surrounds it. `dies_at` is the point at which the engine dies next: a point's
    name and how often it is passed before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = VirtualClock(T0)
        self.disk_fails = False
        self.dies_at: tuple[str, int] = ("", 0)
        self.plan: list[Outcome] = []
        self.look_ups_fail = 0
        self.suite: str = "passes"
        self.gate: str = "red"
        self.arrived: list[Arrived] = []
        self.trouble: list[str] = []
        self.told: list[Entry] = []
        self.acknowledged: list[Entry] = []
        self.broken_laws: list[str] = []
        self.life: Life | None = None
        # The fold of what is on the disk, made here.
        self.model: LaunchState = begin(COURSE)
        self.asked_for: set[str] = set()
        self.wanted_again: Counter[str] = Counter()
        self.trusted_skew = timedelta()

    # Processes

    async def start(self) -> None:
        """A new engine takes the launch up."""
        journal = Journal.open(self.folder, LAUNCH, self.clock)
        self.life = life = Life(journal)
        channels = {name: _Room(self, life) for name in COURSE.channels}
        ports = Ports(
            clock=self.clock,
            journal=_Disk(self, life),
            channels=channels,
            suites=_Suites(self, life),
            gates=_Gates(self, life),
            watchdog=Watched(),
            told=self.told.append,
            trouble=self.trouble.append,
            reload=_reloaded,
        )
        life.engine = Engine(COURSE, ports, Pace(tick_s=TICK_S, patience_s=0.2))
        opening = asyncio.create_task(life.engine.open([Draft("launch.opened", {"playbook_sha256": "0" * 64})]))
        life.tasks.append(opening)
        await self._until_done_or_dead(opening, life)
        if not life.over.is_set():
            await opening
            life.running = asyncio.create_task(life.engine.run())
            life.tasks.append(life.running)
            await settle()

    async def stop(self) -> None:
        """SIGTERM: the engine hands back."""
        life = self.life
        if life is None or life.over.is_set() or life.running is None or life.engine is None:
            return await self.crash()
        life.engine.stop()
        await asyncio.wait_for(asyncio.gather(life.running, return_exceptions=True), 10)
        await life.bury()
        self.life = None
        return None

    async def crash(self) -> None:
        """kill -9: nothing of the engine happens any more."""
        if (life := self.life) is None:
            return
        await life.bury()
        self.life = None

    async def restart_what_died(self) -> None:
        """Whoever keeps the engine running starts it again."""
        self.dies_at = ("", 0)
        if self.life is None or self.life.over.is_set():
            await self.crash()
            await self.start()

    async def _until_done_or_dead(self, task: asyncio.Future[Any], life: Life) -> None:
        over = asyncio.create_task(life.over.wait())
        await asyncio.wait((task, over), return_when=asyncio.FIRST_COMPLETED)
        over.cancel()

    async def passes(self, point: str, life: Life) -> None:
        """The engine comes by a point at which it may die."""
        if life.over.is_set():
            await life.die()
        name, left = self.dies_at
        if name != point:
            return
        self.dies_at = (name, left - 1)
        if left <= 0:
            self.dies_at = ("", 0)
            await life.die()

    # People and time

    async def ask(self, request: Request | AmendPlaybook) -> str:
        """What becomes of the request of a person: `done`, `refused`, `failed`, or `silence` from an engine that died
        over it."""
        life = self.life
        if life is None or life.engine is None or life.over.is_set():
            return "silence"
        engine = life.engine
        asked = engine.amend(request, "ada") if isinstance(request, AmendPlaybook) else engine.ask(request, "ada")
        task = asyncio.ensure_future(asked)
        life.tasks.append(task)
        await self._until_done_or_dead(task, life)
        if not task.done():
            return "silence"
        try:
            self.acknowledged += await task
        except UsageError:
            return "refused"
        except WarroomError:
            return "failed"
        await settle()
        if isinstance(request, AmendPlaybook) and life.running is not None:
            # This engine has the old playbook: it hands over to one that has the new.
            await self._until_done_or_dead(life.running, life)
            await self.crash()
            await self.restart_what_died()
        return "done"

    async def advance(self, seconds: float) -> None:
        """Time goes by."""
        await self.clock.advance(seconds)

    # What is so

    @property
    def alive(self) -> bool:
        """Whether an engine runs."""
        return self.life is not None and not self.life.over.is_set() and self.life.running is not None

    @property
    def has_posted(self) -> bool:
        """Whether a post was sent and is known to have arrived."""
        return any(record.stage is Stage.CONFIRMED for record in self.model.records.values())

    @property
    def state(self) -> LaunchState:
        """The launch as the living engine has it."""
        assert self.life is not None
        assert self.life.engine is not None
        return self.life.engine.state

    def true_now(self) -> datetime:
        """What a clock would show that nobody ever set."""
        return T0 + timedelta(microseconds=self.clock.boottime_ns() // 1000)

    def seen_now(self) -> datetime:
        """What counts as now: the wall clock, less what it was set forward since someone looked at it, if that is
        more than a person would take for drift."""
        ahead = self.clock.now() - self.true_now() - self.trusted_skew
        return self.clock.now() - ahead if ahead.total_seconds() > TRUSTED_STEP_S else self.clock.now()

    def slots(self) -> Sequence[Slot]:
        """The slots of the attempt that counts, and those of what happened."""
        return all_slots(self.model, self.clock.now())

    def read(self) -> None:
        """Folds what has come onto the disk; the chain is checked in passing."""
        assert self.life is not None
        for entry in self.life.journal.entries(self.model.seq):
            self.take(entry)

    def take(self, entry: Entry) -> None:
        """Folds one entry and notes what it changes in what is allowed."""
        slot = entry.body.get("slot", "")
        known = self.model.records.get(slot)
        if entry.kind == "update.resent" and known and known.text:
            self.asked_for.add(slot)
            if known.stage in (Stage.CONFIRMED, Stage.UNKNOWN, Stage.SENDING):
                self.wanted_again.update((slot, *known.merged))
        self.model = step(self.model, entry)
        if entry.kind in ("t0.set", "clock.agreed"):
            self.trusted_skew = entry.at - (T0 + timedelta(microseconds=entry.boottime_ns // 1000))
        elif entry.kind == "update.requested":
            self.asked_for.add(slot)
        elif entry.kind == "update.held" and entry.body["by"] != ENGINE:
            self.asked_for.discard(slot)

    def begins_to_post(self, post: Post) -> Arrived:
        """Judges a post at the moment at which it leaves."""
        self.read()
        slot_id = post.key.split(":", 2)[2].partition("~")[0]
        record = self.model.records[slot_id]
        slot = next((slot for slot in self.slots() if slot.id == slot_id), None)
        self._law(self.model.closed is None, f"{slot_id} leaves a closed launch")
        is_owed = slot is not None and (slot.is_event or self.model.t0 is not None)
        self._law(is_owed, f"{slot_id} is not owed")
        if slot is not None and is_owed:
            late_s = (self.seen_now() - slot.due(self.model.t0)).total_seconds()
            at_once = bool(slot.instead_of) or (slot.is_event and not slot.recurring)
            may_leave = at_once or late_s >= -0.001 or slot_id in self.asked_for
            self._law(may_leave, f"{slot_id} leaves {-late_s} s early")
            self._law(("LATE" in post.delivery) == (late_s > 60), f"{slot_id}, {late_s} s late: {post.delivery!r}")
            self._law(slot_id not in self.holds_of_people(), f"{slot_id} leaves although it is held")
        return Arrived(post.key, slot_id, (slot_id, *record.merged), post.delivery)

    def holds_of_people(self) -> set[str]:
        """The slots that a person holds."""
        return {name for name, hold in self.model.holds.items() if hold.by != ENGINE}

    def _law(self, holds: bool, broken: str) -> None:
        if not holds:
            self.broken_laws.append(broken)


async def _reloaded(copy: str, path: str, /) -> Amendment:
    """Another edition of the playbook, which plans the same."""
    return Amendment(copy, path, copy * 64, COURSE)


class _Disk:
    """The real journal, called at once, with a disk that can fail and an engine that can die over it."""

    def __init__(self, world: World, life: Life) -> None:
        self._world = world
        self._life = life

    @property
    def epoch(self) -> int:
        return self._life.journal.epoch

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        await self._world.passes("before writing", self._life)
        if self._world.disk_fails:
            raise WarroomError("the journal is not available: the disk is full")
        entries = self._life.journal.append_many(drafts)
        await self._world.passes("after writing", self._life)
        return entries

    async def read(self, after: int, limit: int) -> Sequence[Entry]:
        return list(islice(self._life.journal.entries(after), limit))


class _Room:
    """A channel that can look up, and does with a post what is planned."""

    def __init__(self, world: World, life: Life) -> None:
        self._world = world
        self._life = life

    async def post(self, post: Post) -> Delivery:
        world, life = self._world, self._life
        arrives = world.begins_to_post(post)
        await world.passes("before the bytes", life)
        outcome = world.plan.pop(0) if world.plan else OK
        if outcome.takes_s:
            await world.clock.sleep(outcome.takes_s)
        await world.passes("before the bytes", life)
        if outcome.has_it:
            world.arrived.append(arrives)
        await world.passes("after the bytes", life)
        if outcome.says is None:
            raise ConnectionResetError("a channel that breaks its word")
        return Delivery(outcome.says, ref="here" if outcome.says is Fate.CONFIRMED else "", reason="as planned")

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        if self._life.over.is_set():
            await self._life.die()
        if self._world.look_ups_fail > 0:
            self._world.look_ups_fail -= 1
            raise OSError(5, "the channel cannot be read")
        return next(("here" for one in self._world.arrived if one.key == key), None)


class _Suites:
    """A suite of one check, which does what the world says."""

    def __init__(self, world: World, life: Life) -> None:
        self._world = world
        self._life = life

    def prepare(self, run: RunSuite, known: KnownGate) -> Callable[[], Awaitable[SuiteState]]:
        if self._world.suite == "refuses":
            raise WarroomError("evidence cannot be kept")
        return self._run

    async def _run(self) -> SuiteState:
        world = self._world
        await world.clock.sleep(SUITE_S)
        await world.passes("in a suite", self._life)
        if world.suite == "breaks":
            raise ZeroDivisionError
        if world.suite == "takes long":
            await world.clock.sleep(400)
        return suite_state(world.clock.now())


class _Gates:
    """One gate, which stands as the world says."""

    def __init__(self, world: World, life: Life) -> None:
        self._world = world
        self._life = life

    def polled(self) -> Mapping[str, Poll]:
        return {"gate1": Poll(30.0, 60.0)}

    async def ask(self, gate: str) -> GateInfo:
        if self._life.over.is_set():
            await self._life.die()
        if self._world.gate == "breaks":
            raise LookupError(gate)
        return GateInfo(gate, "Gate 1", self._world.gate, "the world")
