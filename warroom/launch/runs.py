"""Which run of a suite a post tells."""

from __future__ import annotations

from datetime import datetime

from warroom.launch.results import CheckFound, Run
from warroom.launch.schedule import Slot
from warroom.launch.state import LaunchState


def wanted_since(state: LaunchState, slot: Slot, t0: datetime) -> datetime:
    """When the run that is made for `slot` may have begun at the earliest: `before` ahead of its time; since T0 for a
    post that a person wants early."""
    before = state.course.updates[slot.update].before
    if before is None or slot.id in state.requested:
        return t0
    return slot.due(t0) - before


def run_for(state: LaunchState, slot: Slot, suite: str) -> Run | None:
    """The finished run of `suite` whose results the post of `slot` tells; None while there is none.

    That is the run made for the slot, where its update has one made; otherwise the latest since T0.
    """
    if state.t0 is None:
        return None
    update = state.course.updates[slot.update]
    if update.before is not None and update.suite == suite:
        run = state.runs.get(slot.id)
        return run if run and run.finished_at and run.started_at >= wanted_since(state, slot, state.t0) else None
    return _latest([run for run in state.runs.values() if run.suite == suite], state.t0)


def check_for(state: LaunchState, slot: Slot, check: str) -> CheckFound | None:
    """What the post of `slot` tells about `check`; None while nothing has been found.

    It comes from the suite of its update; where that names none, from the latest run since T0 that had the check.
    """
    if state.t0 is None:
        return None
    suite = state.course.updates[slot.update].suite
    having = [run for run in state.runs.values() if check in run.checks]
    run = run_for(state, slot, suite) if suite else _latest(having, state.t0)
    return run.checks.get(check) if run else None


def _latest(runs: list[Run], t0: datetime) -> Run | None:
    """The run that began last of those that have finished, none of them from before T0."""
    done = [run for run in runs if run.finished_at and run.started_at >= t0]
    return max(done, key=lambda run: run.started_at, default=None)
