"""What happens while a suite runs, as values. Every view (console, log, reports, exit code) is a fold of these.

An event names things by their ids and carries only sanitised, redacted text, so that it can be written, sent and
shown as it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from warroom.clock import stamp
from warroom.verdict import Measurement, Result, Verdict


@dataclass(frozen=True, slots=True)
class CheckInfo:
    """A check as it is declared, before anything is known about it. `needs` are ids of other checks.

    `limit` is what its measurement will be judged by (`<= 120ms`), empty where the kind declares none.
    """

    id: str
    kind: str
    title: str
    required: bool = True
    needs: tuple[str, ...] = ()
    limit: str = ""


@dataclass(frozen=True, slots=True)
class LaunchInfo:
    """What the head of every view says about the launch. Empty text: the playbook does not say.

    `facts` are further (name, value) lines in the playbook's order, `links` (name, address) pairs for people,
    `rationale` (name, text) pairs that say why it is done, and done so.
    """

    id: str
    title: str
    owner: str = ""
    mode: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    rationale: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Hint:
    """What a known symptom means and what to do now."""

    symptom: str
    cause: str
    fix: str
    severity: str = "info"


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """The end of one run of one check. `evidence` names files below the evidence directory.

    `reproduce` is a command line that repeats the deciding request (secrets as shell variables), or empty.
    `symptom` holds the facts that tolerance and hints matched, as (name, value) pairs.
    """

    id: str
    kind: str
    title: str
    required: bool
    verdict: Verdict
    word: str
    reason: str
    started_at: datetime
    duration_s: float
    attempts: int = 1
    measurement: Measurement = field(default_factory=Measurement)
    results: tuple[Result, ...] = ()
    hints: tuple[Hint, ...] = ()
    evidence: tuple[str, ...] = ()
    reproduce: str = ""
    symptom: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class GateInfo:
    """The state of another system. `state` is green, red or unknown; `source` says who said so.

    `system` names the other system and `note` says what it means for this launch; both may be empty.
    """

    id: str
    title: str
    state: str
    source: str
    reason: str = ""
    since: str = ""
    system: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Something only a person can answer. `answer_type` is yes_no, text, number or timestamp."""

    id: str
    check: str
    text: str
    answer_type: str = "yes_no"


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A suite begins; `checks` in order of display."""

    run_id: str
    launch: LaunchInfo
    playbook_path: str
    playbook_sha256: str
    suite: str
    checks: tuple[CheckInfo, ...]
    evidence_dir: str = ""


@dataclass(frozen=True, slots=True)
class GateRead:
    """A gate was asked, or declared by a person."""

    gate: GateInfo


@dataclass(frozen=True, slots=True)
class CheckStarted:
    """`attempt` counts from 1; a rerun by a person starts again at 1."""

    check: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class CheckWaiting:
    """A check will be tried again in `seconds`; `reason` says what went wrong before."""

    check: str
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class SampleTaken:
    """One latency sample. `done` of `total`; `p95_ms` over those so far (None while a time-out or error is at it).

    `latency_ms` is None for a sample that failed; it counts as over the limit.
    """

    check: str
    done: int
    total: int
    latency_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A check waits for a person."""

    question: Question


@dataclass(frozen=True, slots=True)
class Answered:
    """A person answered; `by` names who."""

    question_id: str
    answer: str
    by: str


@dataclass(frozen=True, slots=True)
class CheckFinished:
    """A check has its verdict."""

    outcome: CheckOutcome


@dataclass(frozen=True, slots=True)
class Noted:
    """Something worth a line that belongs to no check, such as evidence that could not be written."""

    text: str
    severity: str = "info"


@dataclass(frozen=True, slots=True)
class RunFinished:
    """Every check is done. `reason` names what decided; `manifest_sha256` is empty where no evidence was kept."""

    verdict: Verdict
    word: str
    exit_code: int
    reason: str = ""
    evidence_log: str = ""
    manifest_sha256: str = ""


Event = (
    RunStarted
    | GateRead
    | CheckStarted
    | CheckWaiting
    | SampleTaken
    | Asked
    | Answered
    | CheckFinished
    | Noted
    | RunFinished
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event with its place in the stream: `seq` counts from 1 without gaps, `at` is UTC."""

    seq: int
    at: datetime
    event: Event


class EventStream(Protocol):
    """Where events are read from, in this process or over HTTP."""

    def events(self, after: int = 0) -> AsyncIterator[Envelope]:
        """Every event with a sequence number above `after`, oldest first, then the new ones as they come."""
        ...


def to_json(value: Any) -> Any:
    """An event (or any value in one) as plain JSON data; instants as UTC text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_json(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    return value
