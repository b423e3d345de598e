"""The values that the text of a post can name, each from the state of the launch; None is not there yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from warroom.launch.happenings import Incident
from warroom.launch.modes import holds_in, modes
from warroom.launch.procedure_values import procedure_value
from warroom.launch.runs import check_for, is_of_rerun, rerun_for, run_for
from warroom.launch.schedule import Slot
from warroom.launch.signal_words import of_signal, of_this_signal, of_this_trigger, of_triggers
from warroom.launch.state import LaunchState
from warroom.playbook.course import Update
from warroom.playbook.template import Call, Value
from warroom.text import clean
from warroom.units import format_duration

NONE: Final = "none"


def utc(instant: datetime) -> str:
    """`2025-11-01T02:00:00Z`: an instant for people, UTC, seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def value_of(state: LaunchState, slot: Slot, name: str) -> str | None:
    """The value of a dotted name in the post of `slot`, safe to show; None while it is not there."""
    parts = name.split(".")
    found = _ROOTS[parts[0]](state, slot, *parts[1:])
    if name in _LINES and found is not None:
        # What a person writes about an incident may have several lines; of the rest only what we write ourselves.
        return clean(found, limit=4_000, lines=True)
    return None if found is None else clean(found, limit=1_000)


def missing(state: LaunchState, slot: Slot) -> tuple[str, ...]:
    """What the post of `slot` needs and nobody knows yet, in words, each once; empty when it can be written."""
    update = state.course.updates[slot.update]
    # What did not arrive elsewhere is written already.
    return () if slot.instead_of else tuple(dict.fromkeys(_missing(state, slot, update)))


def _missing(state: LaunchState, slot: Slot, update: Update) -> Iterator[str]:
    if update.suite and run_for(state, slot, update.suite) is None:
        yield f"suite {update.suite} has not finished"
        return
    for part in update.template.insertions:
        match part:
            case Value(name) if value_of(state, slot, name) is None:
                yield f"{name} is not known"
            case Call():
                yield from (why for name in part.checks if (why := _not_measured(state, slot, update, name)))


def _not_measured(state: LaunchState, slot: Slot, update: Update, check: str) -> str:
    """Why nothing can be told about `check` yet; empty where that can be done. A run that left it out says so."""
    if is_of_rerun(state, slot, check):
        return "" if rerun_for(state, slot) else f"check {check} has not run again"
    return "" if update.suite or check_for(state, slot, check) else f"check {check} has not run"


def _of_launch(state: LaunchState, slot: Slot, name: str) -> str | None:
    if name == "t0":
        return utc(state.t0) if state.t0 else None
    if name == "modes":
        at = slot.due(state.t0) if state.t0 or slot.is_event else None
        return ", ".join(modes(state, at)) or NONE
    return str(getattr(state.course.launch, name))


def _of_post(state: LaunchState, slot: Slot, name: str) -> str | None:
    match name:
        case "title":
            return state.course.updates[slot.update].title
        case "due":
            return utc(slot.due(state.t0)) if state.t0 or slot.is_event else None
        case _:
            return slot.time


def _of_step(state: LaunchState, slot: Slot, step: str, name: str) -> str | None:
    tick = state.ticks.get(step)
    if tick is None:
        return None
    match name:
        case "at":
            return utc(tick.at)
        case "by":
            return tick.by
        case _:
            return tick.values.get(name) or None


def _of_suite(state: LaunchState, slot: Slot, suite: str, name: str) -> str | None:
    run = run_for(state, slot, suite)
    if run is None or run.finished_at is None:
        return None
    match name:
        case "verdict":
            return run.verdict.value
        case "finished_at":
            return utc(run.finished_at)
        case "evidence_log":
            return run.evidence_log or "not kept"
        case "word":
            return run.word
        case _:
            return run.reason or NONE


def _of_gate(state: LaunchState, slot: Slot, gate: str, name: str) -> str | None:
    known, plan = state.gates.get(gate), state.course.gates[gate]
    match name:
        case "title" | "system" | "note":
            return str(getattr(plan, name))
        case "holds":
            return holds_in(state, gate) or NONE
        case "source":
            return known.source if known else ""
        case _:
            return f"{known.state.upper()}, read {utc(known.at)}" if known else "UNKNOWN"


def _of_this_gate(state: LaunchState, slot: Slot, name: str) -> str | None:
    """Of the gate that flipped; `state` and `at` as they were found then."""
    if slot.subject not in state.course.gates:
        return None
    match name:
        case "state":
            return slot.on.removeprefix("gate.").upper()
        case "at":
            return utc(slot.since) if slot.since else None
        case _:
            return _of_gate(state, slot, slot.subject, name)


def _of_incidents(state: LaunchState, slot: Slot, name: str) -> str | None:
    is_open = [incident for incident in state.incidents.values() if incident.resolved_at is None]
    return "; ".join(_told(incident) for incident in is_open) or NONE


def _told(incident: Incident) -> str:
    note = f" - {incident.notes[-1].text.partition(chr(10))[0]}" if incident.notes else ""
    return f"{incident.id} since {utc(incident.opened_at)}: {incident.text}{note}"


def _of_this_incident(state: LaunchState, slot: Slot, name: str) -> str | None:
    """Of the incident that the post is about. What ended it will do for the note that nobody made."""
    incident = state.incidents.get(slot.subject)
    if incident is None:
        return None
    match name:
        case "id" | "text" | "by" | "severity":
            return str(getattr(incident, name))
        case "at":
            return utc(incident.opened_at)
        case "note":
            return incident.notes[0].text if incident.notes else incident.reason or None
        case _ if incident.resolved_at is None:
            return None
        case "reason" | "resolved_by":
            return str(getattr(incident, name))
        case "resolved_at":
            return utc(incident.resolved_at)
        case _:
            lasted_s = int((incident.resolved_at - incident.opened_at).total_seconds())
            return format_duration(timedelta(seconds=lasted_s))


_LINES: Final = ("incident.note", "procedure.steps")

_ROOTS: Final[Mapping[str, Callable[..., str | None]]] = {
    "launch": _of_launch,
    "post": _of_post,
    "steps": _of_step,
    "suites": _of_suite,
    "gates": _of_gate,
    "gate": _of_this_gate,
    "incidents": _of_incidents,
    "incident": _of_this_incident,
    "signals": of_signal,
    "signal": of_this_signal,
    "triggers": of_triggers,
    "trigger": of_this_trigger,
    "procedure": procedure_value,
}
