"""Whether a phase may be left, what holds it, and how long that keeps a launch open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from warroom.launch.live import Live, SignalLive, journaled
from warroom.launch.results import Run
from warroom.launch.runs import phase_run
from warroom.launch.signal_words import TOO_OLD
from warroom.launch.standing import arrived, owed
from warroom.launch.state import LaunchState, as_of, believed
from warroom.launch.values import utc
from warroom.playbook.course import Phase
from warroom.slo.levels import Level
from warroom.verdict import Verdict

DECIDE_WITHIN: Final = timedelta(hours=1)
"""For so long after its planned end a launch whose posts are all resolved stays open for somebody to decide, where a
phase may not be left. Then it closes and says so: an engine that nobody watches ends, too."""

_OPENS: Final = (Verdict.PASS, Verdict.WARN)


def holding(state: LaunchState, phase: Phase, now: datetime, live: Live | None = None) -> tuple[str, ...]:
    """The reasons why `phase` may not be left at `now`, a sentence each; empty: it may. `live` are signals and
    triggers as they are, None: as the journal has them.

    A phase is left when it has begun, its steps are done, its suite is GREEN and its posts arrived. One that has
    nothing of these lasts until its end. The signals that it names have to be GREEN, its triggers idle, and somebody
    has to look: what is not known opens nothing. Of a launch that is closed, as it stood then.
    """
    counts = as_of(state, now)
    reasons = _holding(state, phase, believed(state, counts))
    return (*reasons, *_of_watched(state, phase, counts, live or journaled(state)))


def held_phases(state: LaunchState, now: datetime) -> tuple[str, ...]:
    """The phases that may not be left at `now`, each with what holds it: `phase verify: suite verify is RED`."""
    found = ((phase.id, holding(state, phase, now)) for phase in state.course.phases)
    return tuple(f"phase {name}: {'; '.join(reasons)}" for name, reasons in found if reasons)


def _holding(state: LaunchState, phase: Phase, now: datetime) -> Iterator[str]:
    if state.t0 is None:
        yield "T0 is not set"
    elif now < state.t0 + phase.starts:
        yield f"it begins at {utc(state.t0 + phase.starts)}"
    for step in phase.steps:
        if step not in state.ticks:
            yield f"step {step} is not done: {state.course.steps[step].do}"
    if phase.suite:
        yield from _of_suite(state, phase)
    if phase.update:
        yield from _of_posts(state, phase.update, now)
    if not (phase.steps or phase.suite or phase.update):
        yield from _of_time(state, phase, now)


def _of_suite(state: LaunchState, phase: Phase) -> Iterator[str]:
    run = deciding_run(state, phase)
    if run is None:
        yield f"suite {phase.suite} has not finished"
    elif run.verdict not in _OPENS:
        yield f"suite {phase.suite} is {run.word}" + (f": {run.reason}" if run.reason else "")


def deciding_run(state: LaunchState, phase: Phase) -> Run | None:
    """The last finished run that has every check of the phase's own one; None before that has finished."""
    own = phase_run(state, phase)
    if own is None:
        return None
    runs = [run for run in state.runs.values() if run.finished_at and run.started_at >= own.started_at]
    whole = [run for run in runs if run.suite == own.suite and run.checks.keys() >= own.checks.keys()]
    return max(whole, key=lambda run: run.started_at)


def _of_posts(state: LaunchState, update: str, now: datetime) -> Iterator[str]:
    for post in owed(state, now):
        if post.slot.update == update and not arrived(state, post.slot):
            into = f" into {post.into}" if post.into else ""
            why = f": {post.reason}" if post.reason else ""
            yield f"post {post.slot.id} is {post.standing.value}{into}{why}"


def _of_time(state: LaunchState, phase: Phase, now: datetime) -> Iterator[str]:
    if phase.ends is not None and state.t0 is not None and now < state.t0 + phase.ends:
        yield f"it lasts until {utc(state.t0 + phase.ends)}"


def _of_watched(state: LaunchState, phase: Phase, now: datetime, live: Live) -> Iterator[str]:
    if not (phase.exit_signals or phase.exit_triggers):
        return
    if not (live.is_watched or state.closed):
        yield "no engine looks at its signals and triggers"
        return
    for name in phase.exit_signals:
        level, reason = _level(live.signals.get(name), now)
        if level is not Level.GREEN:
            yield f"signal {name} is {level.word}: {reason}"
    for name in phase.exit_triggers:
        stage, reason = live.stands(state, state.course.watched.triggers[name])
        if stage != "idle":
            yield f"trigger {name} is {stage.upper()}: {reason}"


def _level(found: SignalLive | None, now: datetime) -> tuple[Level, str]:
    """The level of a signal, and why; what is too old says nothing of now."""
    if found is None:
        return Level.UNKNOWN, "it was not looked at yet"
    if found.judged.level is not Level.UNKNOWN and (found.at is None or now - found.at > TOO_OLD):
        return Level.UNKNOWN, f"the last is of {utc(found.at)}" if found.at else "it was never measured"
    return found.judged.level, found.judged.reason
