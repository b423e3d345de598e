"""The launch in one verdict: the worst of its checks, signals, triggers, levers, procedures and incidents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from warroom.launch.evidence_age import at_age
from warroom.launch.levers import last_found, lever_problem
from warroom.launch.modes import has_ended
from warroom.launch.procedures import FAILED, plan_of
from warroom.launch.results import CheckFound, Run
from warroom.launch.runs import phase_since
from warroom.launch.signal_words import TOO_OLD, is_old, pending_gate
from warroom.launch.state import LaunchState, believed
from warroom.launch.values import utc
from warroom.playbook.signals import SignalPlan, TriggerPlan
from warroom.slo.levels import Level
from warroom.text import clean
from warroom.verdict import Verdict, word, worst

NOTHING_TESTED: Final = "nothing was tested yet"
NONE_REQUIRED: Final = "no required check ran"
NOT_WATCHED: Final = "no engine looks at it"
"""What is said of an open launch, and of all that was measured for it, while no engine runs it."""

_MOST: Final = 5
_LONGEST: Final = 1_000
_SAID_FROM: Final = timedelta(hours=1)
"""A check whose result is older than this is not said to be of now."""
# What is only tracked in this phase keeps nothing from GREEN.
_OF_LEVEL: Final = {
    Level.GREEN: Verdict.PASS,
    Level.TRACKED: Verdict.PASS,
    Level.YELLOW: Verdict.WARN,
    Level.RED: Verdict.FAIL,
}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that counts, and what it says: `5xx errors RED`. `is_early`: nobody has looked at it for long enough,
    so it is named and decides nothing."""

    verdict: Verdict
    says: str
    is_early: bool = False


@dataclass(frozen=True, slots=True)
class Overall:
    """The verdict and its word; `why` is what keeps it from GREEN, the worst first.

    `pending` is what waits for a gate, `early` the signals that nobody has looked at for long enough: both are named,
    and do not count. `tested_at` is when the run ended that has the oldest result that counts; None: none does.
    """

    verdict: Verdict
    word: str
    why: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    early: tuple[str, ...] = ()
    tested_at: datetime | None = None


def overall(state: LaunchState, at: datetime | None, *, is_watched: bool = True) -> Overall:
    """How the launch stands at `at` (None: nobody knows when, so that nothing is too old). Where it is not watched
    (no engine runs it) nothing that was found before says how it stands now.

    The latest result of every required check since T0, every signal that has a limit, every trigger, every lever, the
    last run of every procedure, and open incidents count. Without any check that ran nothing is green.
    """
    runs = [at_age(run, state.course.checks, at) for run in _counted(state)]
    # The latest result of every check, and the run it is from.
    tested = {check: (run, one) for run in runs for check, one in run.checks.items()}
    checks = list(_checks(state, runs, tested, at)) or [
        Part(Verdict.INCONCLUSIVE, NONE_REQUIRED if tested else NOTHING_TESTED)
    ]
    watched = [*_signals(state, at), *_triggers(state, at)]
    alone = [] if is_watched else [Part(Verdict.INCONCLUSIVE, NOT_WATCHED)]
    parts = [*alone, *checks, *watched, *_levers(state, at), *_procedures(state), *_incidents(state)]
    decides = [part for part in parts if not part.verdict.is_tolerated and not part.is_early]
    verdict = worst(part.verdict for part in decides)
    bad = sorted((part for part in decides if part.verdict is not Verdict.PASS), key=lambda part: -part.verdict.rank)
    mode = "" if at and has_ended(state, at) else state.course.launch.mode
    return Overall(
        verdict,
        word(verdict, mode=mode),
        tuple(part.says for part in bad),
        tuple(part.says for part in parts if part.verdict.is_tolerated),
        tuple(part.says for part in parts if part.is_early),
        min((run.finished_at for run, _ in tested.values() if run.finished_at), default=None),
    )


def overall_words(found: Overall, at: datetime | None) -> str:
    """For a line of a post of `at`: `GREEN (dry-run)`, `RED: 5xx errors RED, and 2 more`; what is not judged yet is
    named, and so is when the oldest check ran, where that is long ago."""
    listed, more = found.why[:_MOST], len(found.why) - _MOST
    why = ", ".join([*listed, *([f"and {more} more"] if more > 0 else [])])
    early = f"not judged yet: {', '.join(found.early)}" if found.early else ""
    is_aged = at is not None and found.tested_at is not None and at - found.tested_at >= _SAID_FROM
    aged = f"oldest check of {utc(found.tested_at)}" if is_aged and found.tested_at else ""
    beside = "; ".join(filter(None, (early, aged)))
    return clean(f"{found.word}{f': {why}' if why else ''}{f' ({beside})' if beside else ''}", limit=_LONGEST)


def _counted(state: LaunchState) -> Sequence[Run]:
    """The finished runs for the T0 as it is now, the earliest first."""
    done = [run for run in state.runs.values() if run.finished_at]
    if state.t0 is not None:
        since = min((phase_since(phase, state.t0) for phase in state.course.phases), default=state.t0)
        done = [run for run in done if run.started_at >= min(since, state.t0)]
    return sorted(done, key=lambda run: run.started_at)


def _checks(
    state: LaunchState, runs: Sequence[Run], tested: Mapping[str, tuple[Run, CheckFound]], at: datetime | None
) -> Iterator[Part]:
    """What was found, and what should have been and was not: a result that is left out opens nothing."""
    for _, one in tested.values():
        if one.required:
            why = f" ({one.reason})" if one.verdict is Verdict.STALE else ""
            yield Part(one.verdict, f"{one.title} {one.word}{why}")
    for suite in dict.fromkeys(run.suite for run in runs):
        declared = (state.course.checks[name] for name in state.course.suites.get(suite, ()))
        for plan in declared:
            if plan.required and plan.id not in tested:
                yield Part(Verdict.INCONCLUSIVE, f"{plan.title}: no result")
    yield from _worse_than_their_checks(runs)
    if runs:
        yield from _unfinished(state, runs, at)


def _unfinished(state: LaunchState, runs: Sequence[Run], at: datetime | None) -> Iterator[Part]:
    """Suites whose phase has begun, and that never came to their end."""
    if at is None or state.t0 is None:
        return
    ran, passed = {run.suite for run in runs}, believed(state, at) - state.t0
    for phase in state.course.phases:
        if phase.suite and phase.suite not in ran and passed >= phase.starts:
            yield Part(Verdict.INCONCLUSIVE, f"suite {phase.suite} has not finished")


def _worse_than_their_checks(runs: Sequence[Run]) -> Iterator[Part]:
    """Suites whose last run is worse than each of its checks: it broke off, or its evidence is lost."""
    last = {run.name: run for run in runs}
    for run in last.values():
        found = [one.verdict for one in run.checks.values() if one.required and not one.verdict.is_tolerated]
        verdict = worst((run.verdict, Verdict.INCONCLUSIVE)) if not run.checks else run.verdict
        if verdict.rank > worst(found or [Verdict.PASS]).rank:
            yield Part(verdict, f"{run.name} {run.word}")


def _signals(state: LaunchState, at: datetime | None) -> Iterator[Part]:
    aimed = {slo.signal for slo in state.course.watched.slos.values()}
    for plan in state.course.watched.signals.values():
        if plan.is_limited or plan.id in aimed:
            yield _signal(state, plan, at)


def _signal(state: LaunchState, plan: SignalPlan, at: datetime | None) -> Part:
    known = state.signals.get(plan.id)
    if known is not None and known.level in _OF_LEVEL and not is_old(known, at):
        return Part(_OF_LEVEL[known.level], f"{plan.title} {known.level.word}")
    if known is not None and known.filling and not known.was_judged and not is_old(known, at):
        return Part(Verdict.INCONCLUSIVE, plan.title, is_early=True)
    if gate := pending_gate(state, plan, at):
        return Part(Verdict.BLOCKED, f"{plan.title} {word(Verdict.BLOCKED, pending=gate)}")
    has_data = known is not None and known.value is not None and not is_old(known, at)
    return Part(Verdict.INCONCLUSIVE, f"{plan.title} UNKNOWN" if has_data else f"{plan.title}: no data")


def _triggers(state: LaunchState, at: datetime | None) -> Iterator[Part]:
    for plan in state.course.watched.triggers.values():
        known = state.triggers.get(plan.id)
        if known and known.state.is_active:
            is_grave = plan.latches and plan.mode != "shadow"
            yield Part(Verdict.FAIL if is_grave else Verdict.WARN, f"{plan.title}: {known.state.shown.upper()}")
        elif known and known.state.shown == "pending":
            yield Part(Verdict.WARN, f"{plan.title}: PENDING")
        elif known and known.state.blind:
            yield _blind(state, plan, at)
        elif not plan.declared:
            yield from _unjudged(state, plan, at)


def _blind(state: LaunchState, plan: TriggerPlan, at: datetime | None) -> Part:
    signal = state.course.watched.signals.get(plan.signal)
    if signal and (gate := pending_gate(state, signal, at)):
        return Part(Verdict.BLOCKED, f"{plan.title}: {word(Verdict.BLOCKED, pending=gate)}")
    return Part(Verdict.INCONCLUSIVE, f"{plan.title}: BLIND")


def _unjudged(state: LaunchState, plan: TriggerPlan, at: datetime | None) -> Iterator[Part]:
    """That it is idle counts where somebody has looked. From T0 on everything is looked at once a minute."""
    if at is None or state.t0 is None or at < state.t0:
        return
    look = state.looks.get(plan.id)
    if at - (look.at if look else state.t0) > TOO_OLD:
        yield Part(Verdict.INCONCLUSIVE, f"{plan.title}: not judged{f' since {utc(look.at)}' if look else ''}")
    elif look is None or look.waits:
        yield Part(Verdict.INCONCLUSIVE, plan.title, is_early=True)


def _levers(state: LaunchState, at: datetime | None) -> Iterator[Part]:
    for plan in state.course.levers.values():
        stands = last_found(state, plan, at)
        if problem := lever_problem(stands):
            yield Part(Verdict.INCONCLUSIVE if stands.as_expected is None else Verdict.FAIL, problem)


def _procedures(state: LaunchState) -> Iterator[Part]:
    """Those whose last run has failed. That a single lever could not be set shows in the lever."""
    last = {run.procedure: run for run in state.procedures.values() if not run.is_open}
    for run in last.values():
        plan = plan_of(state.course, run)
        if run.outcome == FAILED and plan and not run.lever:
            yield Part(Verdict.FAIL, f"{plan.title} FAILED ({run.id})")


def _incidents(state: LaunchState) -> Iterator[Part]:
    for one in state.incidents.values():
        if one.resolved_at is None:
            yield Part(Verdict.WARN, f"incident {one.id} is open")
