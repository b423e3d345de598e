"""Where the phases of a launch stand, for whoever shows them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from warroom.launch.exits import holding, over_at
from warroom.launch.state import LaunchState, as_of, believed
from warroom.playbook.course import Phase

WAITING, RUNNING, DONE = "waiting", "running", "done"
ABANDONED, NEVER_BEGUN = "abandoned", "never begun"

_WHEN_CLOSED: Final = {RUNNING: ABANDONED, WAITING: NEVER_BEGUN}


@dataclass(frozen=True, slots=True)
class PhaseStanding:
    """A phase: `lifecycle` is waiting, running or done, and once the launch is closed never begun, abandoned or done.
    It is done when it may be left.

    `begins` and `ends` are None while there is no T0, `ends` also where it has no end of its own. `late`: it should
    be over and is not, or was over too late. `held` are the reasons why it may not be left, empty: it may.
    """

    phase: Phase
    lifecycle: str
    begins: datetime | None = None
    ends: datetime | None = None
    late: bool = False
    held: tuple[str, ...] = ()


def phases(state: LaunchState, now: datetime) -> tuple[PhaseStanding, ...]:
    """Every phase, in the order of the playbook. Of a launch that is closed, as it stood then."""
    seen = believed(state, as_of(state, now))
    found = [_standing(state, phase, seen, holding(state, phase, now)) for phase in state.course.phases]
    if state.closed:
        found = [replace(one, lifecycle=_WHEN_CLOSED.get(one.lifecycle, one.lifecycle)) for one in found]
    return tuple(found)


def _standing(state: LaunchState, phase: Phase, now: datetime, held: tuple[str, ...]) -> PhaseStanding:
    if state.t0 is None:
        # The steps that lead to T0 are done before it.
        has_begun = any(step in state.ticks for step in phase.steps)
        return PhaseStanding(phase, RUNNING if has_begun else WAITING, held=held)
    begins = state.t0 + phase.starts
    ends = None if phase.ends is None else state.t0 + phase.ends
    over = None if held else over_at(state, phase, ends)
    if over is not None and over <= now and begins <= now:
        return PhaseStanding(phase, DONE, begins, ends, ends is not None and over > ends)
    late = ends is not None and now > ends
    return PhaseStanding(phase, RUNNING if begins <= now else WAITING, begins, ends, late, held)
