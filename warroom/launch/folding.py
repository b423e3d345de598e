"""How each entry of a journal changes the state of its launch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from warroom.launch.entries import ENGINE, Entry
from warroom.launch.happenings import WARNING, GateKnown, Happening, Incident, IncidentNote, severity_of
from warroom.launch.results import Run, checks_found
from warroom.launch.state import (
    CLEAR,
    NOTES_KEPT,
    Closed,
    FileKnown,
    Hold,
    LaunchState,
    Note,
    Record,
    Remark,
    Stage,
    Tick,
    believed,
)
from warroom.verdict import Verdict

_NEW: Final = Record("", Stage.DUE)

Body = Mapping[str, Any]


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
    flip = Happening(f"gate.{to}", gate, f"{gate}#{body['number']}", at, severity_of(f"gate.{to}"))
    return replace(after, happenings=(*state.happenings, flip))


def _update_due(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """Rendered, or back from an attempt that sent nothing: then the text stays as it was frozen."""
    slot, before = body["slot"], state.records.get(body["slot"])
    if "text" not in body:
        assert before is not None, "only what was rendered can come back"
        again = instant(body["not_before"]) if body.get("not_before") else None
        # A first copy that may yet become visible is looked for in the thread of the last one, and in the channel.
        was_lost = before.stage is Stage.UNKNOWN or before.epoch < entry.epoch
        is_placed = before.is_placed or "thread" in body or (was_lost and bool(before.thread))
        back = replace(
            before,
            stage=Stage.DUE,
            not_before=again,
            reason=body.get("reason", ""),
            at=entry.at,
            again=before.again or body.get("again", False),
            is_placed=is_placed,
            thread=body.get("thread", before.thread),
        )
        return replace(state, records={**state.records, slot: back})
    merged = tuple(body.get("merged", ()))
    fresh = Record(slot, Stage.DUE, body["key"], body["text"], body["late_s"], merged, t0=state.t0, at=entry.at)
    fresh = replace(fresh, asked=slot in state.requested, file=body.get("file", ""))
    if before is not None:
        fresh = replace(
            fresh,
            attempt=before.attempt,
            epoch=before.epoch,
            tried_at=before.tried_at,
            again=before.again,
            thread=before.thread,
            is_placed=before.is_placed,
        )
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
        after = replace(after, thread=body.get("thread", before.thread))
        if stage is Stage.SENDING:
            after = replace(after, attempt=body["attempt"], epoch=entry.epoch, not_before=None)
            after = replace(after, goes_on=body.get("goes_on", False))
            after = replace(after, tried_at=before.tried_at or entry.at, absent_at=None)
        return replace(
            state, records={**state.records, before.slot: after}, requested=state.requested - {before.slot}
        )

    return apply


def _part_sending(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    key = (body["slot"], entry.kind.partition(".")[0])
    known = state.files.get(key)
    began_at = known.began_at if known else entry.at
    file = FileKnown(*key, "sending", body["attempt"], entry.epoch, began_at, entry.at)
    return replace(state, files={**state.files, key: file})


def _part_to(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    part, _, stage = entry.kind.partition(".")
    key = (body["slot"], part)
    again = instant(body["not_before"]) if body.get("not_before") else None
    reason = body.get("reason", "")
    file = replace(state.files[key], stage=stage, at=entry.at, not_before=again, reason=reason)
    return replace(state, files={**state.files, key: file})


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
    at, severity = believed(state, entry.at), body.get("severity", WARNING)
    incident = Incident(body["id"], body["text"], at, body.get("by", entry.actor), severity=severity)
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
    happenings = tuple(replace(one, at=one.at + by) for one in state.happenings)
    return replace(state, incidents=incidents, happenings=happenings)


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
    "file.sending": _part_sending,
    "file.due": _part_to,
    "file.attached": _part_to,
    "file.failed": _part_to,
    "rest.sending": _part_sending,
    "rest.due": _part_to,
    "rest.attached": _part_to,
    "rest.failed": _part_to,
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
