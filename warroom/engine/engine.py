"""The loop: what the launch owes is decided anew at every tick, journaled, done, and journaled again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from warroom.clock import Clock, SteadyClock
from warroom.engine import drafts
from warroom.engine.acting import Acting
from warroom.engine.complaints import JOURNAL, TICK, Complaints
from warroom.engine.contained import contained, ends_the_engine
from warroom.engine.deciding import decide as decide_request
from warroom.engine.gate_watch import GateWatch, stated
from warroom.engine.notebook import Notebook
from warroom.engine.ports import (
    ActionsPort,
    Former,
    GatesPort,
    JournalPort,
    NoActions,
    NoGates,
    NoWakes,
    Reload,
    SetUpPort,
    SignalPorts,
    SuitePort,
    Wakes,
    Watchdog,
    no_reload,
)
from warroom.engine.posting import Posting
from warroom.engine.pulse import Pulse, TimedJournal
from warroom.engine.requests import AmendPlaybook, Request
from warroom.engine.second_clock import SecondClock
from warroom.engine.setup_watch import SetUpWatch
from warroom.engine.signal_watch import SignalWatch
from warroom.engine.status import LANE, StatusKeeper, StatusPace, StatusPorts
from warroom.engine.work import Work, until_stopped
from warroom.errors import WarroomError
from warroom.launch.amending import amend
from warroom.launch.entries import Draft, Entry
from warroom.launch.files import Attach
from warroom.launch.flips import news
from warroom.launch.ledger import Decision, LookUp, RunSuite, Send, decide
from warroom.launch.procedure_ledger import Act, procedure_effects
from warroom.launch.results import started_body
from warroom.launch.schedule import next_due
from warroom.launch.setup import is_news, setup_body
from warroom.launch.state import LaunchState, begin
from warroom.playbook.course import Course
from warroom.report.launch_lines import LogLine
from warroom.updates.channel import Channel

_ROUNDS: Final = 10
_SHORTEST_S: Final = 0.001


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the engine looks and how long it leaves alone what has just failed; seconds.

    `longest_wait_s` is the longest pause between two attempts to post, `patience_s` how long effects get to stop.
    `status` is the pace of what is kept beside the posts.
    """

    tick_s: float = 1.0
    retry_s: float = 3.0
    longest_wait_s: float = 5.0
    patience_s: float = 4.0
    status: StatusPace = field(default_factory=StatusPace)


@dataclass(frozen=True, slots=True)
class Ports:
    """What the engine acts through. `told` is handed every entry as soon as it is on disk, `trouble` sentences on
    what does not work now; neither may wait."""

    clock: Clock
    journal: JournalPort
    channels: Mapping[str, Channel]
    suites: SuitePort
    watchdog: Watchdog
    told: Callable[[Entry], object]
    trouble: Callable[[str], object]
    gates: GatesPort = field(default_factory=NoGates)
    signals: SignalPorts | None = None
    actions: ActionsPort = field(default_factory=NoActions)
    reload: Reload = no_reload
    former: Former | None = None
    second_clock: SecondClock | None = None
    setup: SetUpPort | None = None
    wakes: Wakes = field(default_factory=NoWakes)


class Engine:
    """Runs one launch, from where its journal stands, until it is closed or `stop` is called."""

    def __init__(self, course: Course, ports: Ports, pace: Pace | None = None) -> None:
        self._ports = ports
        self._clock = ports.clock
        self.pace: Final = pace or Pace()
        self._complaints = Complaints(ports.trouble)
        self._failed = self._complaints.failed
        self._alive = contained(lambda _: ports.watchdog.alive(), partial(self._failed, "the watchdog"))
        self._told = contained(ports.told, partial(self._failed, "whoever follows the journal"))
        self.pulse: Final = Pulse(ports.clock)
        journal = TimedJournal(ports.journal, ports.clock, self.pulse)
        self._book = Notebook(ports.clock, journal, begin(course), self._on_disk)
        self._wake = asyncio.Event()
        self._stop_asked = asyncio.Event()
        self._stopped_by = ""
        self._work = Work(self._clock, self.pace.retry_s, self._failed, self._wake.set)
        # What a look found is judged when the next slot begins: its end is no reason to go round.
        self._looking = Work(self._clock, self.pace.retry_s, self._failed, lambda: None)
        self._posting = Posting(ports.clock, self._book, ports.channels, self._insist, self.pace.longest_wait_s)
        self._gates = GateWatch(ports.gates, ports.clock)
        signals = ports.signals or SignalPorts({}, SteadyClock(ports.clock))
        self.signals: Final = SignalWatch(
            course.watched, signals.sources, ports.clock, signals.clock, signals.samples, signals.redact
        )
        self._setup = SetUpWatch(ports.setup, ports.clock)
        self._acting = Acting(ports.clock, self._book, ports.actions, self._insist)
        self._decided: tuple[LaunchState, Sequence[Decision]] | None = None
        self._rest_s = 0.0
        self._second_clock = ports.second_clock or SecondClock(ports.clock)
        kept = StatusPorts(self._clock, self._book, ports.channels, self._insist, self._complaints, ports.former)
        self._status = StatusKeeper(kept, self.pace.status)

    @property
    def gates_read_at(self) -> Mapping[str, datetime]:
        """When the gates were asked that are polled and whose answer may be believed, by id."""
        return self._gates.read_at()

    @property
    def can_write(self) -> bool:
        """Whether the journal took what was to be written last."""
        return self._complaints.can_write

    @property
    def levers_read_at(self) -> Mapping[str, datetime]:
        """When the levers were read last, by name."""
        return self._acting.levers_read_at()

    @property
    def status_shown_at(self) -> datetime | None:
        """When this engine edited the status message of the launch last; None where it has not."""
        return self._status.shown_at

    @property
    def state(self) -> LaunchState:
        """The launch as its journal has it."""
        return self._book.state

    @property
    def log(self) -> Sequence[LogLine]:
        """The last 50 lines of the log, the newest last."""
        return self._book.log

    def events(self, after: int = 0) -> AsyncIterator[Entry]:
        """Every entry with a number above `after`, oldest first, then the new ones until the engine ends."""
        return self._book.entries(after)

    async def open(self, first: Sequence[Draft] = ()) -> None:
        """Folds the journal. `first` is written into one that has no `launch.opened` yet. Raises WarroomError."""
        await self._book.catch_up(self.signals.remember)
        await self._book.write(lambda state: () if state.opened_at else first)
        self._failed("samples", await self.signals.restore(self.state))

    async def run(self) -> None:
        """Ticks until the launch is closed or `stop` was called; then ends what is under way and the readers."""
        try:
            while not (self._stop_asked.is_set() or self.state.begins_nothing):
                await self._tick()
                await self._pause()
            await until_stopped(self._leave(), self._stop_asked, self.pace.status.stop_s)
        finally:
            await self._looking.stop(self.pace.patience_s)
            await self._work.stop(self.pace.patience_s)
            await self._leave_nothing_half_sent()
            await self._book.close()

    async def _leave(self) -> None:
        if self.state.is_handed_over:
            return  # what is scheduled is the next engine's to delete
        if self.state.closed:
            await self._work.finish(("post ", "step "), self.pace.patience_s)
        else:
            await self._say_who_stops_it()
        await self._status.leave(self._work, "" if self.state.closed else self._who_stops_it())

    async def _say_who_stops_it(self) -> None:
        """An engine that ends in order is told apart from one that was lost, where nobody has said so before."""
        by, now = self._who_stops_it(), self._clock.now()
        try:
            await self._book.write(lambda state: drafts.stopped_by(state, by, now))
        except WarroomError as error:
            self._failed(JOURNAL, error.message)

    async def _leave_nothing_half_sent(self) -> None:
        """Nobody looks for a post of a closed launch any more: that is on record."""
        try:
            await self._book.write(drafts.cut_off)
        except WarroomError as error:
            self._failed(JOURNAL, error.message)

    def stop(self, by: str = "somebody") -> None:
        """Hand the launch back to the next engine: nothing is begun. `by` wants it, where nobody said so before."""
        self._stopped_by = by
        self._stop_asked.set()
        self._wake.set()

    def _who_stops_it(self) -> str:
        said = self.state.stopping
        return said.by if said and said.means(self.state.epoch, self._clock.now()) else self._stopped_by

    async def amend(self, request: AmendPlaybook, by: str) -> Sequence[Entry]:
        """Journals that the launch goes on with another playbook, which was loaded, and lets `run` end.

        Raises UsageError with what is wrong with it, or where the launch does not allow it now.
        """
        amendment = await self._ports.reload(request.copy, request.path)
        entries = await self._book.write(lambda state: amend(state, amendment, self._clock.now(), by))
        self._wake.set()
        return entries

    async def ask(self, request: Request, by: str) -> Sequence[Entry]:
        """Journals the request of `by` and returns what was written; its effects follow at the next tick.

        Raises UsageError where the launch does not allow it now, WarroomError where the journal cannot be written.
        """
        now = self._clock.now()
        entries = await self._book.write(lambda state: decide_request(request, state, now, by))
        for entry in entries:
            if entry.kind == "gate.asked":
                self._gates.ask_soon(entry.body["gate"])
        self.signals.take_over(self.state)
        self._wake.set()
        return entries

    async def record(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        """Journals what happened around the launch, whatever its state. Raises WarroomError."""
        return await self._book.write(lambda _: drafts)

    async def _tick(self) -> None:
        self.pulse.tick()
        self._decided = None
        try:
            self._alive(None)
            await self._write_what_is_owed()
        except WarroomError as error:
            self._failed(JOURNAL, error.message)
        except BaseException as error:  # noqa: BLE001 - it is raised again where it must be
            self._complaints.broke(TICK, error)
        self._rest_s = self.pace.tick_s
        try:
            self._begin_effects()
            self._rest_s = self._until_the_next_s()
            self._ports.wakes.at(next_due(self.state, self._clock.now()), self._wake.set)
        except BaseException as error:  # noqa: BLE001 - it is raised again where it must be
            self._complaints.broke(TICK, error)

    async def _write_what_is_owed(self) -> None:
        # A decision that was written can lead to the next one: a text is prepared, then sent.
        await self._book.write(self._second_clock.agreed)
        await self._write_signals()
        for _ in range(_ROUNDS):
            if not await self._book.write(self._owed):
                break
        self._failed(TICK, "")

    async def _write_signals(self) -> None:
        try:
            self.signals.observe(self.state, self._acting.levers_read_at())
        except BaseException as error:  # noqa: BLE001 - it is raised again where it must be
            self._complaints.broke("signals", error)
        if owed := self.signals.drafts():
            await self._book.write(lambda _: owed)
            self.signals.written(len(owed))

    def _on_disk(self, entry: Entry) -> None:
        self._complaints.written()
        self._told(entry)

    def _owed(self, state: LaunchState) -> Sequence[Draft]:
        now = self._clock.now()
        decisions = decide(state, now)
        self._decided = state, decisions
        return drafts.to_write(state, decisions, now)

    def _begin_effects(self) -> None:
        if self._stop_asked.is_set() or self.state.begins_nothing:
            return
        self._begin_to_look()
        now = self._clock.now()
        for decision in (*self._decisions(now), *procedure_effects(self.state, now)):
            if effect := self._effect_of(decision):
                self._work.begin(*effect)
        if last := self._status.next():
            self._work.begin(LANE, last)

    def _decisions(self, now: datetime) -> Sequence[Decision]:
        """What this tick decided already, where nothing was written since."""
        if self._decided is not None and self._decided[0] is self.state:
            return self._decided[1]
        return decide(self.state, now)

    def _effect_of(self, decision: Decision | Act) -> tuple[str, Callable[[], Awaitable[None]]] | None:
        """The key of what a decision wants done, which is done once at a time; None where it is only journaled."""
        match decision:
            case Send(record):
                return f"post {record.slot}", partial(self._posting.send, decision)
            case LookUp(record):
                return f"post {record.slot}", partial(self._posting.look_up, decision)
            case Attach(record):
                return f"{decision.part} of {record.slot}", partial(self._posting.attach, decision)
            case RunSuite(suite, cause):
                what = f"suite {suite}" if suite else "checks"
                return f"{what} for {cause}", partial(self._run_suite, decision)
            case Act(run, step):
                return f"step {step.id} of {run}", partial(self._acting.act, decision)
        return None

    def _begin_to_look(self) -> None:
        for source in self.signals.due():
            self._looking.begin(f"source {source}", partial(self.signals.look, source))
        if self.signals.has_samples:
            self._looking.begin("samples", self.signals.keep)
        for gate in self._gates.due():
            if stated(gate, self.state) is None:
                self._work.begin(f"gate {gate}", partial(self._ask_gate, gate))
        if levers := self._acting.levers_due():
            self._work.begin("levers", partial(self._acting.read_levers, levers))
        if self._setup.is_due(self.state, self._clock.now()):
            self._work.begin("set-up", self._look_at_setup)
        if self._second_clock.is_missed(self.state):
            self._work.begin("second clock", partial(self._second_clock.ask, self._ports.channels.values()))

    def _until_the_next_s(self) -> float:
        """A tick, or less where a signal is to be looked at before, by a clock that nobody sets."""
        ahead_s = self.signals.next_s()
        return self.pace.tick_s if ahead_s is None else min(self.pace.tick_s, max(ahead_s, _SHORTEST_S))

    async def _pause(self) -> None:
        sleep = asyncio.ensure_future(self._clock.sleep(self._rest_s))
        wake = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait((sleep, wake), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in (sleep, wake):
                waiting.cancel()
        self._wake.clear()

    async def _ask_gate(self, gate: str) -> None:
        reading = await self._gates.ask(gate)
        await self._book.write(lambda state: () if state.closed else news(state, reading, self._clock.now()))
        self._wake.set()

    async def _look_at_setup(self) -> None:
        found = await self._setup.look()
        await self._book.write(
            lambda state: (Draft("setup.checked", setup_body(found)),) if is_news(state.setup, found) else ()
        )

    async def _run_suite(self, run: RunSuite) -> None:
        start = self._ports.suites.prepare(run, lambda gate: self._gates.stands(gate, self.state))
        await self._book.write(lambda _: (Draft("suite.started", started_body(run.suite, run.cause, run.only)),))
        try:
            found = drafts.finished(run, await start(), self.state, self._clock.now(), self._ports.gates.polled())
        except BaseException as error:
            # Posts wait for this suite: they are told that it broke.
            if ends_the_engine(error):
                raise
            found = drafts.not_run(run, f"it broke off: {type(error).__name__}")
        try:
            await self._insist(found)
        except ValueError:
            # Nothing that a suite finds may leave its posts waiting for ever.
            await self._insist(drafts.not_run(run, "its results cannot be journaled"))

    async def _insist(self, outcome: Sequence[Draft]) -> None:
        """Journals what has happened already, however long the journal cannot be written."""
        while True:
            try:
                await self._book.write(lambda _: outcome)
                return
            except WarroomError as error:
                self._failed(JOURNAL, error.message)
            except ValueError:
                raise
            except BaseException as error:  # noqa: BLE001 - it is raised again where it must be
                self._complaints.broke(JOURNAL, error)
            await self._clock.sleep(self.pace.tick_s)
