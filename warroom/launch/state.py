"""The state of a launch: a fold of its journal. Console, posts, reports and decisions all read this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from warroom.launch.happenings import GateKnown, Happening, Incident
from warroom.launch.liveness import DeadMan, StatusMessage, Stopping
from warroom.launch.procedures import LeverKnown, ProcedureRun
from warroom.launch.results import Run
from warroom.launch.setup import SetUp
from warroom.launch.signals import BaselineKnown, BudgetKnown, Given, SignalKnown, TriggerKnown, TriggerLook
from warroom.launch.warnings import Warned
from warroom.playbook.course import Course

CLEAR: Final = ("green", "red")
"""The states of a gate that say something."""
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
"""Before everything that has an instant."""
NOTES_KEPT: Final = 100
"""The latest notes are part of the state, the journal has all."""
TRUSTED_STEP_S: Final = 60.0
"""A clock that was set forward by more than this, in seconds, is not believed before someone agrees with it."""


class Stage(StrEnum):
    """Where an update stands that was rendered, or that a person has skipped. `DUE`: its text is frozen, and nothing
    of it has been sent."""

    DUE = "due"
    SENDING = "sending"
    UNKNOWN = "unknown"
    CONFIRMED = "confirmed"
    DEAD = "dead"
    MERGED = "merged"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Record:
    """What the journal says about the post of one slot.

    `late_s` is 0 for one in time: when it was written, and from the first attempt on when the last one left; so is
    `early_s` for one that did not leave before its time.
    `merged` names the slots that its text stands for beside its own, `into` (only where it is MERGED) the slot whose
    post stands for this one. `attempt` and `epoch` are those of the last attempt, 0 before the first, and `head` is
    the head of the journal that it names; the next one leaves at `not_before` or later, by the wall clock as it is
    set. `ref` is where the message is, once confirmed. `t0` is the one that the text was rendered for; `asked` says
    that a person wanted it before its time. `tried_at` is when the first attempt left, at it or at one that it
    names; `absent_at` when a look-up did not find the last one. `again` says that the message may be there already,
    and nobody can tell. `thread` is the `ref` of the message that it replies to, empty for one that stands in the
    channel itself; `is_placed` says that no other place will do, since a first copy may become visible there or
    another place takes none. `place` is where the last attempt went, by the word of its channel: the id of one of
    Slack, the name of a file; empty where that says nothing; `app` is as whom it was sent, empty where that was not
    known. `file` is the path of the evidence file that is to be attached, empty for none; `goes_on` says that its
    text is longer than a message, and its rest is owed in the thread.

    `channel` is the one that it was written for. `by` is the person who did or skipped what is no machine's to do,
    `resent` who wants it sent once more and why (`ada: nobody saw it`); both may be empty. `earlier` is how many
    copies had arrived before that; `ref` is then where the last one is. `first_at` is when the first copy arrived,
    None where none has: how late the post was was settled then.
    """

    slot: str
    stage: Stage
    key: str = ""
    text: str = ""
    late_s: float = 0.0
    early_s: float = 0.0
    merged: tuple[str, ...] = ()
    into: str = ""
    attempt: int = 0
    epoch: int = 0
    not_before: datetime | None = None
    ref: str = ""
    reason: str = ""
    t0: datetime | None = None
    asked: bool = False
    tried_at: datetime | None = None
    absent_at: datetime | None = None
    again: bool = False
    thread: str = ""
    is_placed: bool = False
    place: str = ""
    app: str = ""
    file: str = ""
    goes_on: bool = False
    channel: str = ""
    by: str = ""
    resent: str = ""
    earlier: int = 0
    head: str = ""
    first_at: datetime | None = None
    at: datetime | None = None
    """When it got where it stands."""

    @property
    def where(self) -> str:
        """Where the last attempt is looked for: its thread, or the place where it went; empty where neither is
        known."""
        return self.thread if self.thread.startswith(f"{self.place}/") or not self.place else self.place


FILE: Final = "file"
REST: Final = "rest"


@dataclass(frozen=True, slots=True)
class FileKnown:
    """What belongs to the post of a slot beside its message: `part` is FILE, the evidence file, or REST, that of its
    text. `stage` is `sending`, `due` (again, at `not_before` or later), `attached` or `failed`.

    `attempt` and `epoch` are those of the last attempt, `began_at` is when the first was made, `at` when it got where
    it stands; `reason` says why it is not attached.
    """

    slot: str
    part: str
    stage: str
    attempt: int
    epoch: int
    began_at: datetime
    at: datetime
    not_before: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """A slot that is not posted although it may be due. `by` is `engine` where a value is not there yet."""

    slot: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Tick:
    """A step that a person has done; `values` are what it asked for."""

    step: str
    at: datetime
    by: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """What a person wants on record."""

    text: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person adds to a post, below what was measured; line feeds between its lines."""

    text: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The end of a launch. `held` are the phases that were never left, where it closed all the same by itself."""

    at: datetime
    reason: str
    held: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LaunchState:
    """Everything that is known about a launch after entry `seq` (0: nothing yet), of notes the latest hundred.

    `t0` is None before it is set and after it was scrubbed; `attempt` counts how often it was scrubbed, from 1.
    `runs` are the latest runs of suites by their cause, `records` the posts and `remarks` what people add to them by
    the id of the slot, `files` what belongs to them by slot and part, `requested` the slots that a person wants to be
    posted now. `happenings` are what posts can be owed for beside the time. `setup` is None before it was looked at;
    `warnings` are what suites warned of.
    `signals`, `baselines`, `budgets` and `triggers` are by their id those of which the journal says something,
    `looks` when triggers were judged last, `given` what people said of signals, `procedures` runs by their id,
    `levers` what they were found to be.
    `amended_in` is the epoch in which another playbook was last accepted, 0 where none was.
    `status_message` is None before it was first tried, `stopping` who was last about to stop an engine. `clock_set_s`
    is by how many seconds the wall clock was set, in all, since someone last agreed with it. Mappings and tuples are
    oldest first.
    """

    course: Course
    launch: str = ""
    seq: int = 0
    epoch: int = 0
    opened_at: datetime | None = None
    playbook_sha256: str = ""
    playbook_copy: str = ""
    playbook_path: str = ""
    amended_in: int = 0
    t0: datetime | None = None
    attempt: int = 1
    ticks: Mapping[str, Tick] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    runs: Mapping[str, Run] = field(default_factory=dict)
    gates: Mapping[str, GateKnown] = field(default_factory=dict)
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    happenings: tuple[Happening, ...] = ()
    records: Mapping[str, Record] = field(default_factory=dict)
    files: Mapping[tuple[str, str], FileKnown] = field(default_factory=dict)
    holds: Mapping[str, Hold] = field(default_factory=dict)
    remarks: Mapping[str, Remark] = field(default_factory=dict)
    signals: Mapping[str, SignalKnown] = field(default_factory=dict)
    given: Mapping[str, Given] = field(default_factory=dict)
    baselines: Mapping[str, BaselineKnown] = field(default_factory=dict)
    budgets: Mapping[str, BudgetKnown] = field(default_factory=dict)
    triggers: Mapping[str, TriggerKnown] = field(default_factory=dict)
    looks: Mapping[str, TriggerLook] = field(default_factory=dict)
    procedures: Mapping[str, ProcedureRun] = field(default_factory=dict)
    levers: Mapping[str, LeverKnown] = field(default_factory=dict)
    requested: frozenset[str] = frozenset()
    setup: SetUp | None = None
    status_message: StatusMessage | None = None
    dead_man: DeadMan = field(default_factory=DeadMan)
    stopping: Stopping | None = None
    warnings: tuple[Warned, ...] = ()
    clock_set_s: float = 0.0
    kept_open: tuple[str, ...] = ()
    closed: Closed | None = None

    @property
    def is_handed_over(self) -> bool:
        """Whether the next engine is to go on with another playbook, and has not begun: `course` is the one before,
        and nothing is begun by it any more."""
        return not self.closed and 0 < self.amended_in == self.epoch

    @property
    def begins_nothing(self) -> bool:
        """Whether nothing new is done for it: it is over, or waits for its next engine."""
        return self.closed is not None or self.is_handed_over


def as_of(state: LaunchState, now: datetime) -> datetime:
    """`now`, or the end of a launch that is closed: what is told of it stands still from then on."""
    return state.closed.at if state.closed else now


def believed(state: LaunchState, now: datetime) -> datetime:
    """`now`, or what it would be had nobody set the clock forward by more than `TRUSTED_STEP_S`: only what is due by
    both is due."""
    return now - timedelta(seconds=state.clock_set_s) if state.clock_set_s > TRUSTED_STEP_S else now


def begin(course: Course) -> LaunchState:
    """The state before the first entry."""
    return LaunchState(course)


def phases_in_time(state: LaunchState, now: datetime) -> tuple[str, ...]:
    """The phases whose time it is, whatever was done of them, in the order of the playbook; empty without T0."""
    return () if state.t0 is None else phases_at(state.course, believed(state, now) - state.t0)


def phases_at(course: Course, passed: timedelta) -> tuple[str, ...]:
    """The same for the time that has passed since T0."""
    return tuple(
        phase.id for phase in course.phases if phase.starts <= passed and (phase.ends is None or passed < phase.ends)
    )
