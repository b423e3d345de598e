"""How each entry of a journal changes the state of its launch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from warroom.launch import procedure_folding, signal_folding, status_folding
from warroom.launch.entries import CHANNEL, MACHINES, Body, Entry, instant
from warroom.launch.happenings import WARNING, GateKnown, Happening, Incident, IncidentNote, severity_of
from warroom.launch.procedure_folding import moved
from warroom.launch.record_folding import RECORDS, Apply
from warroom.launch.results import Run, checks_found
from warroom.launch.schedule import slots
from warroom.launch.setup import SetUp, findings_in
from warroom.launch.state import (
    CLEAR,
    NOTES_KEPT,
    Closed,
    Hold,
    LaunchState,
    Note,
    Stage,
    Tick,
    believed,
)
from warroom.launch.warnings import Warned
from warroom.verdict import Verdict


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
    amended = replace(amended, records=records, amended_in=entry.epoch)
    amended = signal_folding.to_judge_anew(amended, body.get("judged_anew", ()))
    return signal_folding.begun_anew(amended, body.get("begun_anew", ()), believed(state, entry.at))


def _t0_set(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    # Whoever sets T0 looks at the clock: from here on it counts as right.
    return replace(state, t0=instant(body["at"]), clock_set_s=0.0)


def _t0_scrubbed(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """A new attempt begins: its steps are to be done again, its posts are owed again. What is wrong stays wrong, and
    what people hold they hold in the new attempt."""
    lasting = tuple(one for one in state.happenings if not one.on.startswith("gate."))
    fresh = replace(state, ticks={}, runs={}, holds=_carried(state), requested=frozenset(), happenings=lasting)
    return replace(fresh, t0=None, attempt=state.attempt + 1)


def _carried(state: LaunchState) -> dict[str, Hold]:
    """The holds of people, by the names that their slots have in the next attempt; and those of posts that every
    attempt has under the same name and of which nobody can tell whether they arrived."""
    course, attempt = state.course, state.attempt
    pairs = zip(slots(course, attempt), slots(course, attempt + 1), strict=True)
    names = {old.whole: new.whole for old, new in pairs}
    held: dict[str, Hold] = {}
    for hold in state.holds.values():
        whole, slash, channel = hold.slot.partition("/")
        if hold.by not in MACHINES or (hold.by == CHANNEL and whole not in names):
            slot = f"{names.get(whole, whole)}{slash}{channel}"
            held[slot] = replace(hold, slot=slot)
    return held


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


def _suite_warned(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    return replace(state, warnings=(*state.warnings, Warned(body["text"], body["suite"], entry.at)))


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
    flip = Happening(f"gate.{to}", gate, f"{gate}#{body['number']}", at, severity_of(f"gate.{to}"))
    return replace(after, happenings=(*state.happenings, flip))


def _incident_opened(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    at, severity = believed(state, entry.at), body.get("severity", WARNING)
    incident = Incident(body["id"], body["text"], at, body.get("by") or entry.actor, severity=severity)
    begun = Happening("incident.opened", incident.id, incident.id, at, severity)
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
    ended = Happening("incident.resolved", incident.id, incident.id, at, before.severity)
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
    files = {
        name: replace(file, not_before=_moved(file.not_before, by), began_at=file.began_at + by, at=file.at + by)
        for name, file in state.files.items()
    }
    stepped = replace(state, clock_set_s=state.clock_set_s + body["by_s"], records=records, files=files)
    stepped = signal_folding.as_long_ago(stepped, by)
    stepped = status_folding.as_long_ago(stepped, by)
    # Of a step forward that is not believed nothing shows in what counts as now.
    return _as_long_ago(stepped, believed(stepped, entry.at) - believed(state, entry.at) + by)


def _as_long_ago(state: LaunchState, by: timedelta) -> LaunchState:
    """What happened is as long ago as it was before what counts as now moved by `by`: what is owed every so often
    while it lasts keeps its pace."""
    incidents = {
        name: replace(
            one,
            opened_at=one.opened_at + by,
            resolved_at=_moved(one.resolved_at, by),
            notes=tuple(replace(note, at=note.at + by) for note in one.notes),
        )
        for name, one in state.incidents.items()
    }
    happenings = tuple(
        replace(one, at=one.at + by, not_before=_moved(one.not_before, by)) for one in state.happenings
    )
    levers = {name: replace(known, at=known.at + by) for name, known in state.levers.items()}
    procedures = moved(state.procedures, by)
    return replace(state, incidents=incidents, happenings=happenings, procedures=procedures, levers=levers)


def _moved(instant: datetime | None, by: timedelta) -> datetime | None:
    return instant + by if instant else None


def _clock_agreed(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    return replace(state, clock_set_s=0.0)


def _setup_checked(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    return replace(state, setup=SetUp(entry.at, findings_in(body)))


def _closed(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    return replace(state, closed=Closed(entry.at, body["reason"], tuple(body.get("held", ()))))


def _kept_open(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    return replace(state, kept_open=tuple(body["held"]))


_APPLY: Final[Mapping[str, Apply]] = {
    "launch.opened": _opened,
    "launch.closed": _closed,
    "launch.kept_open": _kept_open,
    "playbook.amended": _amended,
    "setup.checked": _setup_checked,
    "t0.set": _t0_set,
    "t0.scrubbed": _t0_scrubbed,
    "step.ticked": _ticked,
    "note": _noted,
    "suite.started": _suite_started,
    "suite.finished": _suite_finished,
    "suite.warned": _suite_warned,
    "gate.read": _gate_read,
    "gate.flipped": _gate_flipped,
    **RECORDS,
    "incident.opened": _incident_opened,
    "incident.noted": _incident_noted,
    "incident.resolved": _incident_resolved,
    "clock.step": _clock_step,
    "clock.agreed": _clock_agreed,
    **signal_folding.APPLY,
    **procedure_folding.APPLY,
    **status_folding.APPLY,
}
