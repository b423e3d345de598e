"""The values that the text of a post can name, each from the state of the launch; None is not there yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from warroom.launch.runs import check_for, run_for
from warroom.launch.schedule import Slot
from warroom.launch.state import LaunchState
from warroom.playbook.course import Update
from warroom.playbook.template import Call, Value
from warroom.text import clean

NONE_OPEN: Final = "none"


def utc(instant: datetime) -> str:
    """`2025-11-01T02:00:00Z`: an instant for people, UTC, seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def value_of(state: LaunchState, slot: Slot, name: str) -> str | None:
    """The value of a dotted name in the post of `slot`, safe to show; None while it is not there."""
    parts = name.split(".")
    found = _ROOTS[parts[0]](state, slot, *parts[1:])
    return None if found is None else clean(found, limit=1_000)


def missing(state: LaunchState, slot: Slot) -> tuple[str, ...]:
    """What the post of `slot` needs and nobody knows yet, in words, each once; empty when it can be written."""
    update = state.course.updates[slot.update]
    return tuple(dict.fromkeys(_missing(state, slot, update)))


def _missing(state: LaunchState, slot: Slot, update: Update) -> Iterator[str]:
    if update.suite and run_for(state, slot, update.suite) is None:
        yield f"suite {update.suite} has not finished"
        return
    for part in update.template.insertions:
        match part:
            case Value(name) if value_of(state, slot, name) is None:
                yield f"{name} is not known"
            case Call() if not update.suite:
                yield from (f"check {name} has not run" for name in part.checks if not check_for(state, slot, name))


def _of_launch(state: LaunchState, slot: Slot, name: str) -> str | None:
    if name == "t0":
        return utc(state.t0) if state.t0 else None
    return str(getattr(state.course.launch, name))


def _of_post(state: LaunchState, slot: Slot, name: str) -> str | None:
    match name:
        case "title":
            return state.course.updates[slot.update].title
        case "due":
            return utc(slot.due(state.t0)) if state.t0 else None
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
            return run.reason or NONE_OPEN


def _of_gate(state: LaunchState, slot: Slot, gate: str, name: str) -> str | None:
    if name == "title":
        return state.course.gates[gate]
    known = state.gates.get(gate)
    return f"{known.state.upper()}, read {utc(known.at)}" if known else "UNKNOWN"


def _of_incidents(state: LaunchState, slot: Slot, name: str) -> str | None:
    is_open = [incident.text for incident in state.incidents.values() if incident.resolved_at is None]
    return "; ".join(is_open) or NONE_OPEN


_ROOTS: Final[Mapping[str, Callable[..., str | None]]] = {
    "launch": _of_launch,
    "post": _of_post,
    "steps": _of_step,
    "suites": _of_suite,
    "gates": _of_gate,
    "incidents": _of_incidents,
}
