"""How the parts of a launch look: posts, phases, steps, gates, suites, incidents, and the launch as a whole."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from warroom.client.values import GateNow, IncidentNow, LaunchNow, PhaseNow, PostNow, StepNow, SuiteNow
from warroom.screens import palette
from warroom.screens.launch_view import LaunchView, SuiteLine, is_open, open_steps
from warroom.screens.marks import RUNNING_MARK, Mark, colour_of
from warroom.verdict import Verdict

LATE_AFTER_S: Final = 5.0
"""A post that is due goes out within so many seconds; from then on it is LATE."""

# A post says that it is late when it is so by more than this.
_SENT_LATE_S = 60.0

LATE_PHASE: Final = Mark("✖", "LATE", palette.RED)
UNTESTED: Final = Mark("·", "untested", palette.DIM)
_NOT_KNOWN: Final = Mark("?", "not known", palette.UNKNOWN)

_POSTS: Final = {
    "scheduled": Mark("·", "scheduled", palette.DIM),
    "due": Mark("◆", "due", palette.ACCENT),
    "to do": Mark("◆", "to do", palette.ACCENT),
    "held": Mark("⏸", "held", palette.YELLOW),
    "sending": Mark("▶", "sending", palette.ACCENT),
    "checking whether it arrived": Mark("?", "checking whether it arrived", palette.UNKNOWN),
    "sent": Mark("✔", "sent", palette.GREEN),
    # A person's word is no measurement, so it is not green.
    "done": Mark("✔", "done", palette.TEXT),
    "merged": Mark("→", "merged", palette.TEXT),
    "skipped": Mark("○", "skipped", palette.DIM),
    "failed": Mark("✖", "FAILED", palette.RED),
    "not sent": Mark("○", "not sent", palette.DIM),
    "not known whether it arrived": Mark("?", "not known whether it arrived", palette.UNKNOWN),
}


def behind_s(post: PostNow, now: datetime) -> float:
    """Seconds since an unsent post was due, negative before; 0 while it has no time."""
    return (now - post.due).total_seconds() if post.due else 0.0


def is_late(post: PostNow, now: datetime) -> bool:
    """Whether the post should be out and is not."""
    return is_open(post) and behind_s(post, now) >= LATE_AFTER_S


def was_late(post: PostNow) -> bool:
    """Whether the post was sent so late that it says so."""
    return post.standing in ("sent", "done") and post.late_s > _SENT_LATE_S


def was_owed(post: PostNow) -> bool:
    """Whether the post was due when its launch was closed, and never left."""
    return post.standing == "not sent" and post.late_s > 0


def early_s(post: PostNow) -> float:
    """By how many seconds the post was sent before its time; 0 for less than one, and while it is not sent."""
    return post.early_s if post.early_s >= 1 else 0.0


def is_silent(view: LaunchView, post: PostNow, now: datetime) -> bool:
    """Whether the post was owed while the engine did not answer, so that nobody here knows what became of it."""
    return view.lost is not None and is_open(post) and post.due is not None and post.due <= now


def mark_of_post(view: LaunchView, post: PostNow, now: datetime) -> Mark:
    """The mark of a post, in the words of the state machine; red as soon as it is late."""
    if is_silent(view, post, now):
        return _NOT_KNOWN
    mark = _POSTS.get(post.standing, Mark("?", post.standing, palette.UNKNOWN))
    if was_owed(post):
        return Mark("✖", mark.word, palette.RED)
    if is_late(post, now):
        symbol = "✖" if post.standing in ("due", "to do") else mark.symbol
        return Mark(symbol, mark.word, palette.RED)
    return Mark("◆", "due", palette.ACCENT) if post.standing == "scheduled" and _is_due(post, now) else mark


def _is_due(post: PostNow, now: datetime) -> bool:
    return post.due is not None and post.due <= now


def mark_of_phase(phase: PhaseNow, now: datetime) -> Mark:
    """The mark of a phase."""
    is_over = phase.ends is not None and phase.ends < now
    match phase.lifecycle:
        case "done":
            return Mark("✔", "done", palette.YELLOW if phase.late else palette.TEXT)
        case "running":
            return LATE_PHASE if phase.late or is_over else Mark("▶", "running", palette.ACCENT)
        case "waiting":
            return Mark("·", "waiting", palette.DIM)
        case "abandoned":
            return Mark("■", "abandoned", palette.RED if phase.late else palette.TEXT)
        case "never begun":
            return Mark("○", "never begun", palette.DIM)
        case other:
            return Mark("?", other, palette.UNKNOWN)


def mark_of_step(launch: LaunchNow, step: StepNow) -> Mark:
    """The mark of a step: a person's word is no measurement, so it is not green."""
    if step.ticked:
        return Mark("✔", "ticked", palette.TEXT)
    if launch.closed:
        return Mark("○", "not done", palette.DIM)
    following = open_steps(launch)
    return (
        Mark("◆", "to do", palette.ACCENT) if following and following[0] == step else Mark("○", "to do", palette.TEXT)
    )


def mark_of_gate(gate: GateNow) -> Mark:
    """The mark of another system's state; what was never read, or too long ago, is unknown, whatever it was."""
    if gate.at is None:
        return Mark("?", "NO DATA", palette.UNKNOWN)
    if gate.stale and gate.state in ("green", "red"):
        return Mark("?", "STALE", palette.UNKNOWN)
    match gate.state:
        case "green":
            return Mark(Verdict.PASS.symbol, "GREEN", palette.GREEN)
        case "red":
            return Mark(Verdict.FAIL.symbol, "RED", palette.RED)
        case _:
            return Mark(Verdict.ERROR.symbol, "UNKNOWN", palette.UNKNOWN)


def holds(gate: GateNow) -> bool:
    """Whether the launch stays in the mode that `gate` holds it in; it does until the gate is known to be green."""
    return bool(gate.holds) and (gate.state != "green" or gate.stale or gate.at is None)


def mark_of_suite(suite: SuiteLine) -> Mark:
    """The mark of a suite: of its last finished run, with its full word; or that it runs for the first time, or never
    did, or was broken off."""
    if suite.finished and suite.finished.verdict:
        verdict = suite.finished.verdict
        return Mark(verdict.symbol, suite.finished.word, colour_of(verdict))
    if suite.latest and not is_under_way(suite.latest):
        return Mark("?", suite.latest.word, palette.UNKNOWN)
    return RUNNING_MARK if suite.latest else UNTESTED


def is_under_way(run: SuiteNow) -> bool:
    """Whether the run has neither finished nor been broken off."""
    return run.finished_at is None and not run.word


def mark_of_incident(incident: IncidentNow) -> Mark:
    """The mark of an incident; that it is over is no verdict, so it is not green."""
    return Mark("○", "resolved", palette.DIM) if incident.resolved_at else Mark("✖", "OPEN", palette.RED)


def note_left_s(incident: IncidentNow, now: datetime) -> float | None:
    """Seconds until a note on the incident is owed, negative when it is overdue; None where none is, or none more."""
    if incident.resolved_at or incident.note_due is None or incident.note_at is not None:
        return None
    return (incident.note_due - now).total_seconds()


def owes_note(launch: LaunchNow) -> IncidentNow | None:
    """The incident on which a note is owed, of several the one whose note is due first; None where none is."""
    owing = [one for one in launch.incidents if note_left_s(one, launch.now) is not None]
    return min(owing, key=lambda one: note_left_s(one, launch.now) or 0.0, default=None)
