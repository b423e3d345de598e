"""Whether a phase may be left, what holds it, and how long that keeps a launch open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from warroom.launch.evidence_age import at_age
from warroom.launch.results import Run
from warroom.launch.runs import phase_run
from warroom.launch.schedule import slots
from warroom.launch.signal_words import TOO_OLD, breaching, is_old
from warroom.launch.signals import FORMER, NOT_YET, SignalKnown
from warroom.launch.standing import arrived, owed
from warroom.launch.state import LaunchState, as_of, believed
from warroom.launch.values import utc
from warroom.playbook.course import Phase
from warroom.slo.levels import Level
from warroom.verdict import Verdict

DECIDE_WITHIN: Final = timedelta(hours=1)
"""For so long a launch whose posts are all resolved stays open for somebody to decide, where a phase may not be left
or a procedure waits for a person: from its planned end, or from when the last post got where it stands. Then it
closes and says so: an engine that nobody watches ends, too."""

_OPENS: Final = (Verdict.PASS, Verdict.WARN)


def holding(state: LaunchState, phase: Phase, now: datetime) -> tuple[str, ...]:
    """The reasons why `phase` may not be left at `now`, a sentence each; empty: it may.

    A phase is left when it has begun, its steps are done, its suite is GREEN and its posts arrived. One that has
    nothing of these lasts until its end. The signals that it names have to be GREEN and within the limits of their
    triggers, the triggers that it names idle, and somebody has to have looked: what is not known opens nothing. Of a
    launch that is closed, as it stood then.
    """
    counts = as_of(state, now)
    reasons = _holding(state, phase, believed(state, counts), counts)
    return (*reasons, *_of_watched(state, phase, counts))


def held_phases(state: LaunchState, now: datetime) -> tuple[str, ...]:
    """The phases that may not be left at `now`, each with what holds it: `phase verify: suite verify is RED`."""
    found = ((phase.id, holding(state, phase, now)) for phase in state.course.phases)
    return tuple(f"phase {name}: {'; '.join(reasons)}" for name, reasons in found if reasons)


def over_at(state: LaunchState, phase: Phase, ends: datetime | None) -> datetime | None:
    """When everything that belongs to the phase was done; its end where nothing does. None: not yet, or never."""
    found = [state.ticks[step].at if step in state.ticks else None for step in phase.steps]
    if phase.suite:
        run = deciding_run(state, phase)
        found.append(run.finished_at if run else None)
    if phase.update:
        found += [_sent_at(state, phase.update)]
    done = [at for at in found if at is not None]
    if len(done) < len(found):
        return None
    return max(done, default=ends)


def _sent_at(state: LaunchState, update: str) -> datetime | None:
    """When the last post of an update arrived first; None while one has not."""
    records = [arrived(state, slot) for slot in slots(state.course, state.attempt) if slot.update == update]
    sent = [record.first_at for record in records if record and record.first_at]
    return max(sent) if len(sent) == len(records) and sent else None


def _holding(state: LaunchState, phase: Phase, now: datetime, counts: datetime) -> Iterator[str]:
    """`counts` is the moment on the clock of the machine, `now` what the launch believes."""
    if state.t0 is None:
        yield "T0 is not set"
    elif now < state.t0 + phase.starts:
        yield f"it begins at {utc(state.t0 + phase.starts)}"
    for step in phase.steps:
        if step not in state.ticks:
            yield f"step {step} is not done: {state.course.steps[step].do}"
    if phase.suite:
        yield from _of_suite(state, phase, counts)
    if phase.update:
        yield from _of_posts(state, phase.update, now)
    if not (phase.steps or phase.suite or phase.update):
        yield from _of_time(state, phase, now)


def _of_suite(state: LaunchState, phase: Phase, now: datetime) -> Iterator[str]:
    run = deciding_run(state, phase)
    if run is not None:
        run = at_age(run, state.course.checks, _left_at(state, phase) or now)
    if run is None:
        yield f"suite {phase.suite} has not finished"
    elif run.verdict not in _OPENS:
        yield f"suite {phase.suite} is {run.word}" + (f": {run.reason}" if run.reason else "")


def _left_at(state: LaunchState, phase: Phase) -> datetime | None:
    """When the phase was left, so that what grows too old later does not open it again; None where it was not, or
    what it waits for can change at any time."""
    done = over_at(state, phase, None)
    if done is None or state.t0 is None or phase.exit_signals or phase.exit_triggers:
        return None
    return max(done, state.t0 + phase.starts)


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


def _of_watched(state: LaunchState, phase: Phase, now: datetime) -> Iterator[str]:
    for name in phase.exit_signals:
        level, reason = _level(state.signals.get(name), now)
        breach = breaching(state, name)
        if level is not Level.GREEN:
            yield f"signal {name} is {level.word}: {reason}"
        elif breach:
            yield f"signal {name} is over the limit of trigger {breach[0].id}, which is {breach[1].upper()}"
    for name in phase.exit_triggers:
        stage, reason = _stage(state, name, now)
        if stage != "idle":
            yield f"trigger {name} is {stage.upper()}: {reason}"


def _level(known: SignalKnown | None, now: datetime) -> tuple[Level, str]:
    """The level of a signal, and why; what is too old says nothing of now."""
    if known is None:
        return Level.UNKNOWN, "it was not looked at yet"
    if known.level is not Level.UNKNOWN and is_old(known, now):
        return Level.UNKNOWN, FORMER if known.is_former else f"the last is of {utc(known.at)}"
    return known.level, known.reason


def _stage(state: LaunchState, name: str, now: datetime) -> tuple[str, str]:
    """Where a trigger stands, and why. That it is idle counts where it was judged, and not too long ago."""
    known, look = state.triggers.get(name), state.looks.get(name)
    if known and known.state.shown != "idle":
        return known.state.shown, known.reason
    if state.course.watched.triggers[name].declared:
        return "idle", ""
    if look is None:
        return "unknown", NOT_YET
    if now - look.at > TOO_OLD:
        return "unknown", f"it was judged last at {utc(look.at)}"
    return ("unknown", look.waits) if look.waits else ("idle", "")
