"""The texts of the status message and of the dead-man switch. Pure: the same state gives the same text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from warroom.launch.dead_man import Arm
from warroom.launch.ledger import kept_open
from warroom.launch.liveness import Alarm
from warroom.launch.modes import modes
from warroom.launch.overall import overall, overall_words
from warroom.launch.phases import DONE, RUNNING, phases
from warroom.launch.results import Run
from warroom.launch.standing import OVER, Owed, Standing, arrived, owed
from warroom.launch.state import LaunchState, as_of, believed
from warroom.text import one_line, plural
from warroom.verdict import Verdict

_MOST: Final = 8
_LONGEST: Final = 160
_GATES: Final = {"green": f"{Verdict.PASS.symbol} GREEN", "red": f"{Verdict.FAIL.symbol} RED"}


def status_text(state: LaunchState, now: datetime, stopped_by: str = "") -> str:
    """What the status message says of the launch at `now`, without when that was: it changes only with what it tells.

    `stopped_by` is who has just stopped the engine; empty: it runs.
    """
    return "\n".join(_lines(state, now, stopped_by))


def moved_text(state: LaunchState, place: str) -> str:
    """What the status message says for good where the launch has left it for the channel `place`."""
    return f"STATUS: {_title(state)}\nIt goes on in the channel {place}; what stood here is not kept any more."


def digest_of(text: str) -> str:
    """By what two texts are told apart."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def at_minute(at: datetime) -> str:
    """`2025-11-01 02:00 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def at_second(at: datetime) -> str:
    """`2025-11-01 02:00:07 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _lines(state: LaunchState, now: datetime, stopped_by: str) -> Iterator[str]:
    is_watched = not stopped_by or state.closed is not None
    word = "■ CLOSED" if state.closed else "■ ENGINE STOPPED" if stopped_by else "STATUS"
    yield " · ".join((f"{word}: {_title(state)}", *modes(state, now if state.t0 else None)))
    if state.closed:
        yield f"Closed {at_minute(state.closed.at)}: {one_line(state.closed.reason, limit=_LONGEST)}"
    elif stopped_by:
        yield f"{stopped_by} stopped it {at_second(now)}. The launch is open, nothing is posted until it runs again."
    yield f"T0: {at_minute(state.t0) if state.t0 else 'not set'}"
    if state.t0:
        yield _overall_line(state, as_of(state, now), is_watched)
    yield from _phase_line(state, now)
    yield from _open_line(state, now)
    yield from _suite_lines(state)
    yield _update_line(state, owed(state, now))
    yield _incident_line(state)
    yield from _trigger_lines(state, is_watched)
    yield from _gate_line(state, is_watched)


def _title(state: LaunchState) -> str:
    return one_line(state.course.launch.title or state.course.launch.id, limit=_LONGEST)


def _overall_line(state: LaunchState, at: datetime, is_watched: bool) -> str:
    found = overall(state, at, is_watched=is_watched)
    return f"Overall: {found.verdict.symbol} {overall_words(found, at)}"


def _phase_line(state: LaunchState, now: datetime) -> Iterator[str]:
    known = phases(state, now)
    running = [
        f"{one.phase.title}{f' until {at_minute(one.ends)}' if one.ends else ''}{', ✖ LATE' if one.late else ''}"
        for one in known
        if one.lifecycle == RUNNING
    ]
    done = sum(one.lifecycle == DONE for one in known)
    if known:
        yield f"Phase: {'; '.join(running[:_MOST]) or 'none runs'} ({done} of {len(known)} done)"


def _open_line(state: LaunchState, now: datetime) -> Iterator[str]:
    if kept := kept_open(state, now):
        held = one_line("; ".join(kept.held), limit=_LONGEST)
        yield f"Not closed, every update is resolved: {held}; closes at {at_minute(kept.until)}"


def _suite_lines(state: LaunchState) -> Iterator[str]:
    latest: dict[str, Run] = {}
    finished: dict[str, Run] = {}
    for run in state.runs.values():
        latest[run.name] = run
        if run.finished_at:
            finished[run.name] = run
    for name in list(latest)[:_MOST]:
        done = finished.get(name)
        runs = "" if latest[name].finished_at else f"▶ runs since {at_minute(latest[name].started_at)}"
        yield f"{name}: {'; '.join(filter(None, (_found(done) if done else '', runs)))}"


def _found(run: Run) -> str:
    why = f": {one_line(run.reason, limit=_LONGEST)}" if run.reason and run.verdict is not Verdict.PASS else ""
    return f"{run.verdict.symbol} {run.word}, {at_minute(run.finished_at or run.started_at)}{why}"


def _update_line(state: LaunchState, posts: Sequence[Owed]) -> str:
    # One that another stands for is sent when that one is.
    sent = sum(arrived(state, post.slot) is not None for post in posts)
    failed = [post.slot.id for post in posts if post.standing is Standing.FAILED]
    said = f"Posts: {sent} of {len(posts)} sent"
    if failed:
        said += f"; ✖ {plural(len(failed), 'post')} FAILED: {', '.join(failed[:3])}"
    following = next((post for post in posts if post.standing not in OVER), None)
    if following is None or state.closed:
        return said
    due = f", {at_minute(following.due)}" if following.due else ""
    is_plain = following.standing in (Standing.SCHEDULED, Standing.DUE, Standing.SENDING)
    how = "" if is_plain else f", {following.standing.value.upper()}: {one_line(following.reason, limit=_LONGEST)}"
    return f"{said}; next {following.slot.time} {following.title}{due}{how}"


def _incident_line(state: LaunchState) -> str:
    still = [one for one in state.incidents.values() if one.resolved_at is None]
    told = [f"✖ {one.id} since {at_minute(one.opened_at)}: {one_line(one.text, limit=_LONGEST)}" for one in still]
    more = [f"and {len(still) - _MOST} more"] if len(still) > _MOST else []
    return "\n".join(["Incidents open:", *told[:_MOST], *more]) if still else "Incidents: none open"


def _trigger_lines(state: LaunchState, is_watched: bool) -> Iterator[str]:
    told = []
    for plan in state.course.watched.triggers.values():
        known = state.triggers.get(plan.id)
        if known is None or not (known.state.is_active or known.state.blind):
            continue
        sign = Verdict.FAIL.symbol if known.state.is_active else "?"
        since = f", {plan.severity} since {at_minute(known.state.fired_at)}" if known.state.fired_at else ""
        told.append(f"{sign} {one_line(plan.title, limit=_LONGEST)}: {known.state.shown.upper()}{since}")
    if state.course.watched.triggers:
        head, none = ("Triggers:", "none fires") if is_watched else ("Triggers, not watched:", "not watched")
        yield "\n".join([head, *told[:_MOST]]) if told else f"Triggers: {none}"


def _gate_line(state: LaunchState, is_watched: bool) -> Iterator[str]:
    told = []
    for gate, plan in state.course.gates.items():
        known = state.gates.get(gate)
        word = _GATES.get(known.state, "? UNKNOWN") if known else "? not read yet"
        was = f"? was {known.state.upper()}" if known and not (is_watched or known.by) else word
        told.append(f"{one_line(plan.title, limit=60)} {was}")
    if told:
        yield f"Gates: {' · '.join(told[:_MOST])}"


def alarm_text(state: LaunchState, arm: Arm) -> str:
    """What Slack posts by itself when nobody has deleted it by then."""
    go_on = f"Look: warroom status {state.launch}. Go on: warroom run {state.launch}"
    if arm.by:
        head = f"⚠️ ENGINE STOPPED: {_title(state)}"
        told = f"{arm.by} stopped its engine {at_second(arm.since)}, and it has not been started again."
        return f"{head}\n{told} The launch is open: nothing is posted. {go_on}"
    head = f"⚠️ ENGINE SILENT since {at_second(arm.since)}: {_title(state)}"
    told = (
        "No sign of life since then: the engine is dead, cut off from Slack, cannot write its journal, or cannot "
        "post here what is owed."
    )
    return f"{head}\n{told} What was due since is late. {go_on}"


def answer_text(state: LaunchState, alarm: Alarm, now: datetime) -> str:
    """What stands in the place of one that was posted, once an engine runs that is well."""
    was = f"It had been stopped by {alarm.by}" if alarm.by else "Nothing had been heard from it"
    head = f"✔ ENGINE BACK: {_title(state)}"
    return f"{head}\nIt runs, {at_second(now)}. {was} since {at_second(alarm.since)}. {_missed(state, alarm, now)}"


def _missed(state: LaunchState, alarm: Alarm, now: datetime) -> str:
    """What has become of the posts that fell due while nothing was heard."""
    seen = believed(state, now)
    missed = [post for post in owed(state, now) if post.due is not None and alarm.since <= post.due <= seen]
    left = [f"{post.slot.id} ({post.standing.value})" for post in missed if arrived(state, post.slot) is None]
    if not missed:
        return "No post fell due meanwhile."
    if not left:
        return "What fell due meanwhile is posted."
    more = f", and {len(left) - _MOST} more" if len(left) > _MOST else ""
    return f"Of {plural(len(missed), 'post')} that fell due meanwhile not posted: {', '.join(left[:_MOST])}{more}."
