"""What a closed launch came to, as the exit code of `run` and in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from warroom.errors import ExitCode, first_exit_code
from warroom.launch.entries import MACHINES
from warroom.launch.evidence_age import at_age
from warroom.launch.signal_words import pending_gate
from warroom.launch.standing import Owed, Standing, owed
from warroom.launch.state import REST, LaunchState, Stage
from warroom.text import plural
from warroom.verdict import Verdict

_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Ending:
    """`reasons` say everything that is not as it should be, what fired first; empty where the code is GREEN."""

    code: ExitCode
    reasons: tuple[str, ...]


def ending(state: LaunchState) -> Ending | None:
    """What the launch came to; None while it is open.

    A post that failed for good, that was due when the launch was closed and had not left, or of which nobody knows
    whether it arrived was not delivered. One whose time had not come by then, or that a person held back, was left
    out by decision and does not count. A phase that was never left counts where nobody closed the launch. A pause or
    a rollback that fired counts although it is over, unless in shadow. While a trigger is blind nobody knows whether
    it would have fired, unless a gate explains it.
    """
    if state.closed is None:
        return None
    held = ((ExitCode.UNKNOWN, f"never left: {phase}") for phase in state.closed.held)
    found = (*_triggers(state), *_posts(state), *_suites(state), *_blind(state), *held)
    return Ending(first_exit_code(code for code, _ in found), tuple(reason for _, reason in found))


def _triggers(state: LaunchState) -> Iterator[tuple[ExitCode, str]]:
    fired = [f"{one.id} ({plural(one.state.number, 'time')})" for one in state.triggers.values() if one.halted]
    if fired:
        yield ExitCode.TRIGGER_FIRED, f"a pause or rollback fired: {named(fired)}"


def _posts(state: LaunchState) -> Iterator[tuple[ExitCode, str]]:
    assert state.closed is not None
    left = [post for post in owed(state, state.closed.at) if not _is_held(state, post)]
    groups = {
        "FAILED": [record.slot for record in state.records.values() if record.stage is Stage.DEAD],
        "due and not sent": [one.slot.id for one in left if one.standing is Standing.NOT_SENT and one.late_s],
        "not known to have arrived": [one.slot.id for one in left if one.standing is Standing.NOT_KNOWN],
        "without the rest of the text": [
            one.slot for one in state.files.values() if one.part == REST and one.stage != "attached"
        ],
    }
    for what, slots in groups.items():
        if slots:
            yield ExitCode.UPDATE_UNDELIVERED, f"{plural(len(slots), 'update')} {what}: {named(slots)}"


def _is_held(state: LaunchState, post: Owed) -> bool:
    """Whether a person holds it, who knows why."""
    hold = state.holds.get(post.slot.id)
    return post.standing is Standing.NOT_SENT and hold is not None and hold.by not in MACHINES


def _suites(state: LaunchState) -> Iterator[tuple[ExitCode, str]]:
    assert state.closed is not None
    last = {run.name: run for run in state.runs.values() if run.finished_at}.values()
    for run in (at_age(one, state.course.checks, state.closed.at) for one in last):
        if run.verdict is Verdict.FAIL or run.verdict.is_unknown:
            code = ExitCode.RED if run.verdict is Verdict.FAIL else ExitCode.UNKNOWN
            yield code, f"{'suite' if run.suite else 'checks'} {run.name}: {run.word}"


def _blind(state: LaunchState) -> Iterator[tuple[ExitCode, str]]:
    assert state.closed is not None
    watched, at, blind = state.course.watched, state.closed.at, []
    for plan in watched.triggers.values():
        known, signal = state.triggers.get(plan.id), watched.signals.get(plan.signal)
        if known and known.state.shown == "blind" and not (signal and pending_gate(state, signal, at)):
            blind.append(plan.id)
    if blind:
        yield ExitCode.UNKNOWN, f"{plural(len(blind), 'trigger')} blind when it was closed: {named(blind)}"


def named(ids: Sequence[str]) -> str:
    """The first three of them: `hourly@T+1h, hourly@T+2h, hourly@T+3h, …`."""
    return ", ".join((*ids[:_NAMED], *("…" for _ in ids[_NAMED : _NAMED + 1])))
