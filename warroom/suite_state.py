"""The state of a running suite: a fold of its events. Console, plain output and reports all read this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from warroom.events import (
    Answered,
    Asked,
    CheckFinished,
    CheckInfo,
    CheckOutcome,
    CheckStarted,
    CheckWaiting,
    Envelope,
    Event,
    GateInfo,
    GateRead,
    LaunchInfo,
    Noted,
    Question,
    RunFinished,
    RunStarted,
    SampleTaken,
)
from warroom.units import format_seconds

WAITING, RUNNING, DONE = "waiting", "running", "done"


@dataclass(frozen=True, slots=True)
class CheckState:
    """Where a check stands. `lifecycle` is waiting, running or done, apart from the verdict in `outcome`.

    `outcome` stays that of the last finished run while a rerun is under way. `samples_ms` are the latency samples
    of the current run, oldest first, None for one that failed; `note` says what the check waits for.
    """

    info: CheckInfo
    lifecycle: str = WAITING
    attempt: int = 0
    note: str = ""
    samples_ms: tuple[float | None, ...] = ()
    samples_total: int = 0
    p95_ms: float | None = None
    started_at: datetime | None = None
    outcome: CheckOutcome | None = None


@dataclass(frozen=True, slots=True)
class SuiteState:
    """Everything a view needs. `checks` in order of display; None where nothing has been said yet."""

    started: RunStarted | None = None
    started_at: datetime | None = None
    finished: RunFinished | None = None
    finished_at: datetime | None = None
    checks: dict[str, CheckState] = field(default_factory=dict)
    gates: dict[str, GateInfo] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    notes: tuple[Noted, ...] = ()
    seq: int = 0

    @property
    def launch(self) -> LaunchInfo:
        """The launch, or an empty one before the run began."""
        return self.started.launch if self.started else LaunchInfo("", "")

    @property
    def outcomes(self) -> tuple[CheckOutcome, ...]:
        """The finished checks in order of display."""
        return tuple(state.outcome for state in self.checks.values() if state.outcome)

    @property
    def done(self) -> int:
        """How many checks are done in this run."""
        return sum(state.lifecycle == DONE for state in self.checks.values())


def fold(envelopes: Iterable[Envelope], state: SuiteState | None = None) -> SuiteState:
    """The state after `envelopes`, from `state` or from nothing."""
    result = state or SuiteState()
    for envelope in envelopes:
        result = step(result, envelope)
    return result


def step(state: SuiteState, envelope: Envelope) -> SuiteState:
    """The state after one more event; an event that was folded already changes nothing."""
    if envelope.seq <= state.seq:
        return state
    return replace(_apply(state, envelope.event, envelope.at), seq=envelope.seq)


def _apply(state: SuiteState, event: Event, at: datetime) -> SuiteState:
    match event:
        case RunStarted():
            kept = {c.id: state.checks.get(c.id) for c in event.checks}
            checks = {
                c.id: replace(kept[c.id] or CheckState(c), info=c, lifecycle=WAITING, note="") for c in event.checks
            }
            state = replace(state, started=event, started_at=at, finished=None, finished_at=None)
            return replace(state, checks=checks, questions={}, notes=())
        case RunFinished():
            return replace(state, finished=event, finished_at=at)
        case GateRead(gate):
            return replace(state, gates={**state.gates, gate.id: gate})
        case Noted():
            return replace(state, notes=(*state.notes, event))
        case Asked(question):
            return replace(state, questions={**state.questions, question.id: question})
        case Answered(question_id):
            left = {key: value for key, value in state.questions.items() if key != question_id}
            return replace(state, questions=left)
        case _:
            return _apply_to_check(state, event, at)


def _apply_to_check(
    state: SuiteState, event: CheckStarted | CheckWaiting | SampleTaken | CheckFinished, at: datetime
) -> SuiteState:
    check_id = event.outcome.id if isinstance(event, CheckFinished) else event.check
    check = state.checks.get(check_id)
    if check is None:
        return state
    match event:
        case CheckStarted(attempt=attempt):
            check = replace(check, lifecycle=RUNNING, attempt=attempt, note="", samples_ms=(), started_at=at)
            check = replace(check, samples_total=0, p95_ms=None)
        case CheckWaiting(seconds=seconds, reason=reason):
            state = replace(state, notes=(*state.notes, _earlier_try(check, reason)))
            check = replace(check, lifecycle=WAITING, note=f"again in {format_seconds(seconds)}: {reason}")
        case SampleTaken(total=total, latency_ms=latency, p95_ms=p95):
            check = replace(check, samples_ms=(*check.samples_ms, latency), samples_total=total, p95_ms=p95)
        case CheckFinished(outcome=outcome):
            check = replace(check, lifecycle=DONE, note="", outcome=outcome)
            # A check that was stopped leaves its questions unanswered; nobody waits for them any more.
            left = {key: asked for key, asked in state.questions.items() if asked.check != check_id}
            state = replace(state, questions=left)
    return replace(state, checks={**state.checks, check_id: check})


def _earlier_try(check: CheckState, reason: str) -> Noted:
    """What a try came to that another one takes the place of: it stands in every report beside the last one."""
    word, found = (check.outcome.word, check.outcome.reason) if check.outcome else ("UNKNOWN", reason)
    title = check.info.title or check.info.id
    return Noted(f"{title}: try {max(1, check.attempt)} was {word} ({found}); tried again")
