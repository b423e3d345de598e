"""What the engine asks of the outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from warroom.clock import SteadyClock
from warroom.errors import UsageError
from warroom.events import GateInfo
from warroom.launch.amending import Amendment
from warroom.launch.entries import Draft, Entry
from warroom.launch.ledger import RunSuite
from warroom.launch.levers import LeverReading
from warroom.launch.outcomes import Answer, Fate, Found
from warroom.launch.procedures import Before
from warroom.launch.setup import Finding
from warroom.playbook.procedures import ActionStep
from warroom.slo.query import SignalSource
from warroom.suite_state import SuiteState
from warroom.updates.channel import Channel


class JournalPort(Protocol):
    """The journal of the launch that this engine owns."""

    @property
    def epoch(self) -> int:
        """How many engines have owned the launch, this one included."""
        ...

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        """The entries, once all of them are on disk. Raises WarroomError where none of them could be written."""
        ...

    async def read(self, after: int, limit: int) -> Sequence[Entry]:
        """At most `limit` entries with numbers above `after`, oldest first; empty where there are none yet."""
        ...


KnownGate = Callable[[str], GateInfo | None]
"""How a gate stands now, by its id; None: nobody knows, ask it."""


class SuitePort(Protocol):
    """Runs the suites of the playbook, and some of its checks."""

    def prepare(self, run: RunSuite, known: KnownGate) -> Callable[[], Awaitable[SuiteState]]:
        """What runs it once. Raises WarroomError where nothing can be run now, before anything is sent.

        What is tolerated follows the gates as they are `known` at that moment. What could not be measured is in the
        state that comes back; cancelled, it stops what it began.
        """
        ...


@dataclass(frozen=True, slots=True)
class Poll:
    """How often a gate is asked, and how long its answer may be believed; seconds."""

    every_s: float
    ttl_s: float


class GatesPort(Protocol):
    """The states of other systems."""

    def polled(self) -> Mapping[str, Poll]:
        """The gates that are asked while the launch runs, by id."""
        ...

    async def ask(self, gate: str) -> GateInfo:
        """How the gate stands, asked now. Never raises, save for cancellation: what goes wrong makes it unknown."""
        ...


class SamplesPort(Protocol):
    """Keeps what signals were for the next process: JSON objects that may be lost."""

    async def read(self) -> tuple[Sequence[Mapping[str, Any]], str]:
        """What is there, oldest first, and what is wrong with it: a sentence, empty for nothing."""
        ...

    async def append(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Adds them. Raises OSError."""
        ...


class NoSamples:
    """A `SamplesPort` that keeps nothing."""

    async def read(self) -> tuple[Sequence[Mapping[str, Any]], str]:
        """Nothing."""
        return (), ""

    async def append(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Nothing is kept."""


@dataclass(frozen=True, slots=True)
class SignalPorts:
    """Where signals come from, by the id of the source, and the clock by which they tell the time. `redact` takes the
    secrets out of what a source says in words: that is shown before it is journaled."""

    sources: Mapping[str, SignalSource]
    clock: SteadyClock
    samples: SamplesPort = field(default_factory=NoSamples)
    redact: Callable[[str], str] = str


class SetUpPort(Protocol):
    """Whether everything is there that the launch needs: access to its channels, names of its targets, room."""

    async def examine(self) -> Sequence[Finding]:
        """What there is to say, what is well too; asked now, within a minute. Posts nothing, and never raises, save
        for cancellation."""
        ...


class ActionsPort(Protocol):
    """Changes things outside, and reads them back. Nothing here raises, save for cancellation: what goes wrong is in
    what comes back. Each call ends within its `timeout_s` seconds, and leaves nothing behind that goes on."""

    async def look(self, procedure: str, step: ActionStep, before: Before | None, timeout_s: float) -> Found:
        """Whether the state is the one that `step` is to bring about. `before` is what was read before it was sent,
        None while it was not, or where nobody knows."""
        ...

    async def send(self, procedure: str, step: ActionStep, timeout_s: float) -> Answer:
        """Does once what `step` says."""
        ...

    async def levers(self, names: Sequence[str], timeout_s: float) -> Sequence[LeverReading]:
        """What the levers are now, in the order of `names`."""
        ...


class NoActions:
    """An `ActionsPort` for a launch that changes nothing outside."""

    async def look(self, procedure: str, step: ActionStep, before: Before | None, timeout_s: float) -> Found:
        """Nothing can be read."""
        return Found(None, "nothing can be read here")

    async def send(self, procedure: str, step: ActionStep, timeout_s: float) -> Answer:
        """Nothing is done."""
        return Answer(Fate.REFUSED, "nothing can be changed here")

    async def levers(self, names: Sequence[str], timeout_s: float) -> Sequence[LeverReading]:
        """None of them can be read."""
        return [LeverReading(name, None, "nothing can be read here") for name in names]


class Reload(Protocol):
    """Loads another copy of the launch's playbook."""

    async def __call__(self, copy: str, path: str, /) -> Amendment:
        """The playbook at `copy`, seen from the folder of the launch. Raises UsageError for what is wrong with it."""
        ...


async def no_reload(copy: str, path: str, /) -> Amendment:
    """A `Reload` for a launch that keeps its playbook."""
    raise UsageError("this launch keeps its playbook")


class Former(Protocol):
    """The channels of a playbook that the launch ran before."""

    async def __call__(self, copy: str, path: str, channel: str, /) -> Channel | None:
        """That channel, as the copy at `copy` has it, which came from `path`, with the inputs of now. None: it is
        that of now, or there is no access to it any more."""
        ...


class Watchdog(Protocol):
    """Whoever wants to know that the loop still goes round."""

    def alive(self) -> None:
        """Called at every tick; must not wait."""
        ...


class Wakes(Protocol):
    """Wakes the loop when a post is due. Only to be in time: the loop goes round by itself, and decides."""

    def at(self, instant: datetime | None, wake: Callable[[], object]) -> None:
        """Has `wake` called once at `instant` by the wall clock, or soon after; for None never. What was asked for
        before counts no more. Must not wait; called at every tick."""
        ...


class NoWakes:
    """A `Wakes` that leaves it at the ticks."""

    def at(self, instant: datetime | None, wake: Callable[[], object]) -> None:
        """Nothing."""


class NoGates:
    """A `GatesPort` for a launch whose gates nobody asks."""

    def polled(self) -> Mapping[str, Poll]:
        """None."""
        return {}

    async def ask(self, gate: str) -> GateInfo:
        """Raises LookupError: there is none."""
        raise LookupError(gate)
