"""The modes that a launch is in: its own for a time, and those that gates hold it in."""

from __future__ import annotations

from datetime import datetime

from warroom.launch.state import LaunchState


def mode_until(state: LaunchState) -> datetime | None:
    """When the mode of the launch ends; None where it lasts to the end, or nobody knows yet."""
    lasts = state.course.mode_for
    return None if state.t0 is None or lasts is None else state.t0 + lasts


def has_ended(state: LaunchState, now: datetime) -> bool:
    """Whether the mode of the launch was for a time that is over."""
    until = mode_until(state)
    return until is not None and until < now


def modes(state: LaunchState, now: datetime | None) -> tuple[str, ...]:
    """The mode of the launch, unless it has ended, and what each gate that is not known to be green holds it in:
    `dry-run`, `receive-and-queue`. In the order of the playbook, each once. `now` is None while there is no T0."""
    own = "" if now and has_ended(state, now) else state.course.launch.mode
    held = [holds_in(state, gate) for gate in state.course.gates]
    return tuple(dict.fromkeys(mode for mode in (own, *held) if mode))


def holds_in(state: LaunchState, gate: str) -> str:
    """The mode that `gate` holds the launch in now; empty for none."""
    known = state.gates.get(gate)
    return "" if known is not None and known.state == "green" else state.course.gates[gate].holds
