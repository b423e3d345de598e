"""A launch with the third document's cadence: real journal and file channel, virtual clock, scripted suites."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from tests.engine.wakes import VirtualWakes
from warroom.adapters.file_channel import FileChannel
from warroom.clock import SteadyClock, VirtualClock, settle
from warroom.engine.engine import Engine, Pace, Ports
from warroom.engine.ports import (
    ActionsPort,
    Former,
    KnownGate,
    NoActions,
    NoSamples,
    Poll,
    SamplesPort,
    SetUpPort,
    SignalPorts,
)
from warroom.engine.second_clock import SecondClock
from warroom.errors import WarroomError
from warroom.events import CheckInfo, CheckOutcome, GateInfo, LaunchInfo, RunFinished
from warroom.journal.journal import Journal
from warroom.launch.entries import Draft, Entry
from warroom.launch.ledger import RunSuite
from warroom.playbook.course import Ask, Course, Phase, Step, Update
from warroom.playbook.course import Channel as ChannelSpec
from warroom.playbook.template import parse_template
from warroom.slo.query import SignalSource
from warroom.suite_state import DONE, CheckState, SuiteState
from warroom.updates.channel import Channel
from warroom.verdict import Measurement, Result, Verdict

T0 = datetime(2025, 11, 1, 2, 0, tzinfo=UTC)
TIMES = ("T+5m", "T+15m", *(f"T+{hour}h" for hour in range(1, 7)), *(f"T+{hour}h" for hour in range(8, 49, 4)))
LAUNCH = "auto_com_center-1"
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def _update(update_id: str, text: str, starts: timedelta, **more: object) -> Update:
    return Update(update_id, update_id, "file", parse_template(text), starts, **more)  # type: ignore[arg-type]


COURSE = Course(
    LaunchInfo("auto_com_center", "auto_com_center", mode="dry-run"),
    steps={"publish": Step("publish", "Publish", marks_t0=True, asks=(Ask("build_id", "Build ID"),))},
    phases=(Phase("verification", "Verification", 5 * _MINUTE, 15 * _MINUTE, suite="verify"),),
    channels={"file": ChannelSpec("file", "file", "posts.txt")},
    updates={
        update.id: update
        for update in (
            _update("published", "Build ID: {{ steps.publish.build_id }}", 5 * _MINUTE),
            _update("evidence", "Canary: {{ badge(canary) }}", 15 * _MINUTE, suite="verify"),
            _update("hourly", "hourly, {{ post.time }}", _HOUR, every=_HOUR, ends=6 * _HOUR),
            _update("condensed", "condensed, {{ post.time }}", 8 * _HOUR, every=4 * _HOUR, ends=48 * _HOUR),
        )
    },
)


class Direct:
    """The journal without a thread, so that nothing but the virtual clock decides when things happen."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.broken = ""

    @property
    def epoch(self) -> int:
        return self.journal.epoch

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        if self.broken:
            raise WarroomError(f"the journal cannot be written: {self.broken}")
        return self.journal.append_many(drafts)

    async def read(self, after: int, limit: int) -> Sequence[Entry]:
        return list(islice(self.journal.entries(after), limit))


@dataclass
class Suites:
    """Every check passes after two minutes, or breaks as told. `reruns` are the causes of what ran again, `gates`
    what was known of gate1 when each run ended."""

    clock: VirtualClock
    runs: list[datetime] = field(default_factory=list)
    reruns: list[str] = field(default_factory=list)
    gates: list[str] = field(default_factory=list)
    refuse: str = ""
    defect: Exception | None = None

    def prepare(self, run: RunSuite, known: KnownGate) -> Callable[[], Awaitable[SuiteState]]:
        if self.refuse:
            raise WarroomError(self.refuse)

        async def once() -> SuiteState:
            self.runs.append(self.clock.now())
            self.reruns += [run.cause] if run.only else []
            await self.clock.sleep(120)
            if self.defect:
                raise self.defect
            gate = known("gate1")
            self.gates.append(gate.state if gate else "")
            return suite_state(self.clock.now(), *run.only)

        return once


def suite_state(at: datetime, *checks: str) -> SuiteState:
    """A finished suite whose checks passed, by default canary alone, and one gate that is red."""
    found = {check: _passed(check, at) for check in checks or ("canary",)}
    return SuiteState(
        finished=RunFinished(Verdict.PASS, "GREEN (dry-run)", 0),
        finished_at=at,
        checks=found,
        gates={"gate1": GateInfo("gate1", "Gate 1", "red", "the test")},
    )


def _passed(check: str, at: datetime) -> CheckState:
    line = Result(Verdict.PASS, f"{check} answers", measurement=Measurement(value=1))
    outcome = CheckOutcome(check, check, check.title(), True, Verdict.PASS, "GREEN", "", at, 1.0, results=(line,))
    return CheckState(CheckInfo(check, check, check.title()), DONE, outcome=outcome)


@dataclass
class Gates:
    """Gates that are asked every 30 s and answer as told: a state, or else the reason why there is none."""

    says: dict[str, str]
    asked: list[str] = field(default_factory=list)

    def polled(self) -> Mapping[str, Poll]:
        return {gate: Poll(30.0, 60.0) for gate in self.says}

    async def ask(self, gate: str) -> GateInfo:
        self.asked.append(gate)
        said = self.says[gate]
        if said in ("green", "red"):
            return GateInfo(gate, gate.title(), said, "the test")
        return GateInfo(gate, gate.title(), "unknown", "the test", said)


class Watched:
    """Counts the ticks."""

    def __init__(self) -> None:
        self.ticks = 0

    def alive(self) -> None:
        self.ticks += 1


class Stage:
    """A launch in `folder`; `engine()` runs it for the length of a block, as one process would."""

    def __init__(self, folder: Path, *, t0: datetime | None = T0, course: Course = COURSE) -> None:
        self.folder = folder
        self.clock = VirtualClock(T0)
        self.suites = Suites(self.clock)
        self.gates = Gates({})
        self.setup: SetUpPort | None = None
        self.channel: Channel = FileChannel(folder / "posts.txt", self.clock)
        self.others: dict[str, Channel] = {}
        self.former: Former | None = None
        self.second = SecondClock(self.clock)
        self.sources: Mapping[str, SignalSource] = {}
        self.samples: SamplesPort = NoSamples()
        self.actions: ActionsPort = NoActions()
        self.told: list[Entry] = []
        self.trouble: list[str] = []
        self.watched = Watched()
        self._course = course
        self._t0 = t0

    @contextlib.asynccontextmanager
    async def engine(self, *, kill: bool = False, tick_s: float = 15.0) -> AsyncIterator[Engine]:
        """A running engine. `kill`: it does not get to hand back, as with kill -9."""
        with Journal.open(self.folder, LAUNCH, self.clock) as journal:
            engine, running = await self.begun(journal, Pace(tick_s=tick_s))
            try:
                yield engine
            finally:
                if kill:
                    self.direct.broken = "the process is gone"
                    running.cancel()
                else:
                    engine.stop()
                stopping = asyncio.gather(running, return_exceptions=True)
                await asyncio.wait_for(stopping, 10)
                self.wakes.close()

    async def begun(self, journal: Journal, pace: Pace) -> tuple[Engine, asyncio.Task[None]]:
        """An engine of that pace, and its run."""
        self.direct = Direct(journal)
        self.wakes = VirtualWakes(self.clock)
        engine = Engine(self._course, self._ports(self.direct), pace)
        body = {"playbook_sha256": "0" * 64, **({"t0": self._t0.isoformat()} if self._t0 else {})}
        await engine.open([Draft("launch.opened", body)])
        running = asyncio.create_task(engine.run())
        await settle()
        return engine, running

    def _ports(self, journal: Direct) -> Ports:
        return Ports(
            clock=self.clock,
            journal=journal,
            channels={"file": self.channel, **self.others},
            suites=self.suites,
            watchdog=self.watched,
            told=self.told.append,
            trouble=self.trouble.append,
            former=self.former,
            second_clock=self.second,
            wakes=self.wakes,
            gates=self.gates,
            signals=SignalPorts(self.sources, SteadyClock(self.clock), self.samples),
            actions=self.actions,
            setup=self.setup,
        )

    async def advance(self, span: timedelta) -> None:
        """Lets `span` pass."""
        await self.clock.advance(span.total_seconds())
        await settle()

    def posts(self) -> list[Posted]:
        """What stands in the file, in its order."""
        path = self.folder / "posts.txt"
        blocks = path.read_text("utf-8").split("--- wr:")[1:] if path.exists() else []
        return [_posted(block) for block in blocks]


@dataclass(frozen=True)
class Posted:
    """A post in the file: its slot, when it was written, the delivery line and the text."""

    slot: str
    at: datetime
    delivery: str
    text: str

    @property
    def time(self) -> str:
        """`T+1h`."""
        return self.slot.partition("@")[2]


def _posted(block: str) -> Posted:
    head, _, rest = block.partition("\n")
    key, at, *delivery = head.split(" ", 2)
    text, end, _ = rest.partition("\n--- end of wr:")
    assert end, "every post in the file is whole"
    return Posted(key.partition(":")[2], datetime.fromisoformat(at), "".join(delivery), text)
