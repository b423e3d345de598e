"""The state of a launch: a fold of its journal. Console, posts, reports and decisions all read this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from warroom.launch.entries import Entry
from warroom.launch.happenings import GateKnown, Happening, Incident, IncidentNote
from warroom.launch.results import Run, checks_found
from warroom.playbook.course import Course
from warroom.verdict import Verdict

ENGINE: Final = "engine"
CLEAR: Final = ("green", "red")
"""The states of a gate that say something."""
NOTES_KEPT: Final = 100
"""The latest notes are part of the state, the journal has all."""
TRUSTED_STEP_S: Final = 60.0
"""A clock that was set forward by more than this, in seconds, is not believed before someone agrees with it."""


class Stage(StrEnum):
    """Where an update stands that was rendered. `DUE`: its text is frozen and nothing of it has been sent."""

    DUE = "due"
    SENDING = "sending"
    UNKNOWN = "unknown"
    CONFIRMED = "confirmed"
    DEAD = "dead"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Record:
    """What the journal says about the post of one slot.

    `late_s` is 0 for one in time. `merged` names the slots that its text stands for beside its own, `into` (only
    where it is MERGED) the slot whose post stands for this one. `attempt` and `epoch` are those of the last attempt,
    0 before the first; the next one leaves at `not_before` or later, by the wall clock as it is set. `ref` is where
    the message is, once confirmed. `t0` is the one that the text was rendered for; `asked` says that a person wanted
    it before its time. `tried_at` is when the first attempt left, `absent_at` when a look-up did not find the last
    one. `again` says that the message may be there already, and nobody can tell.
    """

    slot: str
    stage: Stage
    key: str = ""
    text: str = ""
    late_s: float = 0.0
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
    at: datetime | None = None
    """When it got where it stands."""


_NEW: Final = Record("", Stage.DUE)


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
    """The end of a launch."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class LaunchState:
    """Everything that is known about a launch after entry `seq` (0: nothing yet), of notes the latest hundred.

    `t0` is None before it is set and after it was scrubbed; `attempt` counts how often it was scrubbed, from 1.
    `runs` are the latest runs of suites by their cause, `records` the posts and `remarks` what people add to them by
    the id of the slot, `requested` the slots that a person wants to be posted now. `happenings` are what posts can be
    owed for beside the time. `clock_set_s` is by how many
    seconds the wall clock was set, in all, since someone last agreed with it. Mappings and tuples are oldest first.
    """

    course: Course
    launch: str = ""
    seq: int = 0
    epoch: int = 0
    opened_at: datetime | None = None
    playbook_sha256: str = ""
    playbook_copy: str = ""
    playbook_path: str = ""
    t0: datetime | None = None
    attempt: int = 1
    ticks: Mapping[str, Tick] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    runs: Mapping[str, Run] = field(default_factory=dict)
    gates: Mapping[str, GateKnown] = field(default_factory=dict)
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    happenings: tuple[Happening, ...] = ()
    records: Mapping[str, Record] = field(default_factory=dict)
    holds: Mapping[str, Hold] = field(default_factory=dict)
    remarks: Mapping[str, Remark] = field(default_factory=dict)
    requested: frozenset[str] = frozenset()
    clock_set_s: float = 0.0
    closed: Closed | None = None


def believed(state: LaunchState, now: datetime) -> datetime:
    """`now`, or what it would be had nobody set the clock forward by more than `TRUSTED_STEP_S`: only what is due by
    both is due."""
    return now - timedelta(seconds=state.clock_set_s) if state.clock_set_s > TRUSTED_STEP_S else now


def begin(course: Course) -> LaunchState:
    """The state before the first entry."""
    return LaunchState(course)


def fold(entries: Iterable[Entry], state: LaunchState) -> LaunchState:
    """The state after `entries`, oldest first."""
    for entry in entries:
        state = step(state, entry)
    return state


def step(state: LaunchState, entry: Entry) -> LaunchState:
    """The state after one more entry. One that was folded already changes nothing, nor does a kind that is not known
    here, save that it has been seen."""
    if entry.seq <= state.seq:
        return state
    apply = _APPLY.get(entry.kind)
    after = apply(state, entry, entry.body) if apply else state
    return replace(after, seq=entry.seq, launch=entry.launch, epoch=max(state.epoch, entry.epoch))


Body = Mapping[str, Any]


def instant(text: str) -> datetime:
    """An instant of a journal's body, UTC. Raises ValueError for anything else than an aware ISO 8601 time."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError(f"'{text}' does not say in which time zone it is")
    return read.astimezone(UTC)


def _opened(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    t0 = instant(body["t0"]) if body.get("t0") else None
    copy, path = f"playbook/{body.get('file', '')}", body.get("path", "")
    opened = replace(state, opened_at=entry.at, t0=t0)
    return replace(opened, playbook_sha256=body["playbook_sha256"], playbook_copy=copy, playbook_path=path)


def _amended(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """What was written and not sent is written anew."""
    records = {
        name: replace(record, t0=None) if record.stage is Stage.DUE else record
        for name, record in state.records.items()
    }
    amended = replace(state, playbook_sha256=body["to"], playbook_copy=body["copy"], playbook_path=body["path"])
    return replace(amended, records=records)


def _t0_set(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    # Whoever sets T0 looks at the clock: from here on it counts as right.
    return replace(state, t0=instant(body["at"]), clock_set_s=0.0)


def _t0_scrubbed(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """A new attempt begins: its steps are to be done again, its posts are owed again. What is wrong stays wrong."""
    of_incidents = tuple(one for one in state.happenings if one.subject in state.incidents)
    fresh = replace(state, ticks={}, runs={}, holds={}, requested=frozenset(), happenings=of_incidents)
    return replace(fresh, t0=None, attempt=state.attempt + 1)


def _ticked(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    tick = Tick(body["step"], entry.at, body["by"], dict(body.get("values", {})))
    return replace(state, ticks={**state.ticks, tick.step: tick})


def _noted(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    said = Note(body["text"], entry.at, body.get("by", entry.actor))
    return replace(state, notes=(*state.notes[1 - NOTES_KEPT :], said))


def _suite_started(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    run = Run(body["suite"], body["cause"], entry.at, entry.epoch, tuple(body.get("only", ())))
    others = {cause: other for cause, other in state.runs.items() if cause != run.cause}
    return replace(state, runs={**others, run.cause: run})


def _suite_finished(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    begun = state.runs.get(body["cause"])
    if begun is None:
        return state  # it belongs to an attempt that was scrubbed
    run = replace(
        begun,
        finished_at=entry.at,
        verdict=Verdict(body["verdict"]),
        word=body["word"],
        reason=body["reason"],
        evidence_log=body["evidence_log"],
        checks=checks_found(body["outcomes"]),
    )
    return replace(state, runs={**state.runs, run.cause: run})


def _gate_read(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    found = {name: body.get(name, "") for name in ("source", "reason", "since", "by")}
    before = state.gates.get(body["gate"], GateKnown(body["gate"], "", entry.at))
    told = before.told or (body["state"] if body["state"] in CLEAR else "")
    known = replace(before, state=body["state"], at=entry.at, told=told, **found)
    return replace(state, gates={**state.gates, known.id: known})


def _gate_flipped(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """Before T0 there is nothing to check again and nobody to tell."""
    gate, to = body["gate"], body["to"]
    known = replace(state.gates[gate], told=to, flips=body["number"], flipped_at=entry.at)
    after = replace(state, gates={**state.gates, gate: known})
    at = believed(state, entry.at)
    if state.t0 is None or at < state.t0:
        return after
    flip = Happening(f"gate.{to}", gate, f"{gate}#{body['number']}", at)
    return replace(after, happenings=(*state.happenings, flip))


def _update_due(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """Rendered, or back from an attempt that sent nothing: then the text stays as it was frozen."""
    slot, before = body["slot"], state.records.get(body["slot"])
    if "text" not in body:
        assert before is not None, "only what was rendered can come back"
        again = instant(body["not_before"]) if body.get("not_before") else None
        back = replace(before, stage=Stage.DUE, not_before=again, reason=body.get("reason", ""), at=entry.at)
        back = replace(back, again=before.again or body.get("again", False))
        return replace(state, records={**state.records, slot: back})
    merged = tuple(body.get("merged", ()))
    fresh = Record(slot, Stage.DUE, body["key"], body["text"], body["late_s"], merged, t0=state.t0, at=entry.at)
    fresh = replace(fresh, asked=slot in state.requested)
    if before is not None:
        fresh = replace(fresh, attempt=before.attempt, epoch=before.epoch, tried_at=before.tried_at)
    named = {
        name: replace(state.records.get(name, _NEW), slot=name, stage=Stage.MERGED, into=slot, at=entry.at)
        for name in merged
    }
    gone = {slot, *merged}
    holds = {name: hold for name, hold in state.holds.items() if name not in gone}
    return replace(state, records={**state.records, slot: fresh, **named}, holds=holds)


def _to(stage: Stage) -> Callable[[LaunchState, Entry, Body], LaunchState]:
    def apply(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
        before = state.records[body["slot"]]
        after = replace(before, stage=stage, at=entry.at, reason=body.get("reason", ""), ref=body.get("ref", ""))
        if stage is Stage.SENDING:
            after = replace(after, attempt=body["attempt"], epoch=entry.epoch, not_before=None)
            after = replace(after, tried_at=before.tried_at or entry.at, absent_at=None)
        return replace(
            state, records={**state.records, before.slot: after}, requested=state.requested - {before.slot}
        )

    return apply


def _absent(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """A look-up that found nothing; the message may still become visible."""
    after = replace(state.records[body["slot"]], stage=Stage.UNKNOWN, absent_at=entry.at, reason=body["reason"])
    return replace(state, records={**state.records, after.slot: after})


def _held(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    hold = Hold(body["slot"], body["reason"], body["by"], entry.at)
    requested = state.requested if hold.by == ENGINE else state.requested - {hold.slot}
    return replace(state, holds={**state.holds, hold.slot: hold}, requested=requested)


def _released(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    return replace(state, holds={name: hold for name, hold in state.holds.items() if name != body["slot"]})


def _requested(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """Asking for a post releases it."""
    released = _released(state, entry, body)
    return replace(released, requested=state.requested | {body["slot"]})


def _remarked(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """The last remark on a slot counts; an empty one takes it away."""
    slot, text = body["slot"], body["text"]
    others = {name: remark for name, remark in state.remarks.items() if name != slot}
    return replace(state, remarks={**others, slot: Remark(text, entry.at, body["by"])} if text else others)


def _incident_opened(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    at = believed(state, entry.at)
    incident = Incident(body["id"], body["text"], at, body.get("by", entry.actor))
    begun = Happening("incident.opened", incident.id, incident.id, at)
    incidents = {**state.incidents, incident.id: incident}
    return replace(state, incidents=incidents, happenings=(*state.happenings, begun))


def _incident_noted(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    before = state.incidents[body["id"]]
    note = IncidentNote(body["text"], believed(state, entry.at), body["by"])
    return replace(state, incidents={**state.incidents, before.id: replace(before, notes=(*before.notes, note))})


def _incident_resolved(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    at, by = believed(state, entry.at), body.get("by", entry.actor)
    before = state.incidents[body["id"]]
    incident = replace(before, resolved_at=at, resolved_by=by, reason=body.get("reason", ""))
    ended = Happening("incident.resolved", incident.id, incident.id, at)
    incidents = {**state.incidents, incident.id: incident}
    return replace(state, incidents=incidents, happenings=(*state.happenings, ended))


def _clock_step(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """A step back is believed, and takes back a step forward. A pause between two attempts is as long as it was, and
    an attempt as long ago."""
    by = timedelta(seconds=body["by_s"])
    records = {
        name: replace(
            record,
            not_before=_moved(record.not_before, by),
            tried_at=_moved(record.tried_at, by),
            absent_at=_moved(record.absent_at, by),
        )
        for name, record in state.records.items()
    }
    return replace(state, clock_set_s=state.clock_set_s + body["by_s"], records=records)


def _moved(instant: datetime | None, by: timedelta) -> datetime | None:
    return instant + by if instant else None


def _clock_agreed(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    return replace(state, clock_set_s=0.0)


def _closed(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    return replace(state, closed=Closed(entry.at, body["reason"]))


_APPLY: Final[Mapping[str, Callable[[LaunchState, Entry, Body], LaunchState]]] = {
    "launch.opened": _opened,
    "launch.closed": _closed,
    "playbook.amended": _amended,
    "t0.set": _t0_set,
    "t0.scrubbed": _t0_scrubbed,
    "step.ticked": _ticked,
    "note": _noted,
    "suite.started": _suite_started,
    "suite.finished": _suite_finished,
    "gate.read": _gate_read,
    "gate.flipped": _gate_flipped,
    "update.due": _update_due,
    "update.sending": _to(Stage.SENDING),
    "update.confirmed": _to(Stage.CONFIRMED),
    "update.unknown": _to(Stage.UNKNOWN),
    "update.absent": _absent,
    "update.dead": _to(Stage.DEAD),
    "update.held": _held,
    "update.released": _released,
    "update.requested": _requested,
    "update.remarked": _remarked,
    "incident.opened": _incident_opened,
    "incident.noted": _incident_noted,
    "incident.resolved": _incident_resolved,
    "clock.step": _clock_step,
    "clock.agreed": _clock_agreed,
}
