"""Which run of a suite counts for a phase, and which one a post tells."""

from __future__ import annotations

from datetime import datetime

from warroom.launch.results import CheckFound, Run
from warroom.launch.schedule import Slot
from warroom.launch.state import LONG_AGO, LaunchState
from warroom.playbook.course import Phase


def rerun_cause(about: str) -> str:
    """The cause of the run that a flip to green has made: `gate:gate1#1`."""
    return f"gate:{about}"


def phase_since(phase: Phase, t0: datetime) -> datetime:
    """When the run of the suite of `phase` may have begun at the earliest: at T0, or with a phase that begins before.

    What was found before belongs to another T0.
    """
    return min(t0, t0 + phase.starts)


def phase_run(state: LaunchState, phase: Phase) -> Run | None:
    """The finished run that was made for `phase`; None before there is one for the T0 as it is now."""
    run = state.runs.get(f"phase:{phase.id}")
    if run is None or run.finished_at is None or state.t0 is None:
        return None
    return run if run.started_at >= phase_since(phase, state.t0) else None


def wanted_since(state: LaunchState, slot: Slot, t0: datetime | None) -> datetime:
    """When the run that is made for `slot` may have begun at the earliest: `before` ahead of its time; since T0 for a
    post that a person wants early."""
    before = state.course.updates[slot.update].before
    if before is None or slot.id in state.requested:
        return t0 or LONG_AGO
    return slot.due(t0) - before


def run_for(state: LaunchState, slot: Slot, suite: str) -> Run | None:
    """The finished run of `suite` whose results the post of `slot` tells; None while there is none.

    That is the run made for the slot, where its update has one made; otherwise the latest since T0.
    """
    if state.t0 is None and not slot.is_event:
        return None
    update = state.course.updates[slot.update]
    if update.before is not None and update.suite == suite:
        run = state.runs.get(slot.whole)
        return run if run and run.finished_at and run.started_at >= wanted_since(state, slot, state.t0) else None
    return _latest([run for run in state.runs.values() if run.suite == suite], state.t0 or LONG_AGO)


def check_for(state: LaunchState, slot: Slot, check: str) -> CheckFound | None:
    """What the post of `slot` tells about `check`; None while nothing has been found.

    It comes from the suite of its update, or from the checks that were run again for it; where there is neither, from
    the latest run since T0 that had the check.
    """
    if state.t0 is None and not slot.is_event:
        return None
    suite = state.course.updates[slot.update].suite
    if is_of_rerun(state, slot, check):
        run = rerun_for(state, slot)
    elif suite:
        run = run_for(state, slot, suite)
    else:
        having = [run for run in state.runs.values() if check in run.checks]
        run = _latest(having, state.t0 or LONG_AGO)
    return run.checks.get(check) if run else None


def is_of_rerun(state: LaunchState, slot: Slot, check: str) -> bool:
    """Whether `check` runs again because of the flip that `slot` is owed for."""
    gate = state.course.gates.get(slot.subject)
    return gate is not None and check in gate.rerun and slot.on == "gate.green"


def rerun_for(state: LaunchState, slot: Slot) -> Run | None:
    """The finished run of the checks that ran again for the flip of `slot`; None while there is none."""
    run = state.runs.get(rerun_cause(slot.about))
    return run if run and run.finished_at else None


def _latest(runs: list[Run], t0: datetime) -> Run | None:
    """The run that began last of those that have finished, none of them from before T0."""
    done = [run for run in runs if run.finished_at and run.started_at >= t0]
    return max(done, key=lambda run: run.started_at, default=None)
