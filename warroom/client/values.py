"""A launch as its engine tells it in GET /state: values to show, every text safe, every instant UTC.

Empty text: there is none. None: not yet, or not known. Tuples are in the order of time unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from warroom.client.action_values import LeverNow, ProcedureNow
from warroom.client.end_values import ClosedNow, KeptOpenNow
from warroom.client.reading import read
from warroom.client.signal_values import BaselineNow, SignalNow, TriggerNow
from warroom.errors import WarroomError
from warroom.text import clean
from warroom.verdict import Verdict

SCHEMA: Final = "warroom.state/1"


class NotUnderstood(WarroomError):
    """What the engine says is not what this Warroom reads."""


@dataclass(frozen=True, slots=True)
class EngineNow:
    """The process that runs the launch. `epoch` counts the engines that have owned it, from 1."""

    pid: int
    since: datetime
    epoch: int
    tick_age_s: float
    """Seconds since its loop went round last; over some five something holds it up."""


@dataclass(frozen=True, slots=True)
class PhaseNow:
    """A phase. `lifecycle` is waiting, running or done, and once the launch is closed done, abandoned or never begun.

    `late`: it should be over and is not, or was over too late. `steps` are ids; `suite` and `update`, the post that
    ends it, are ids or empty. `held` says what keeps it from being left, a sentence each; empty: nothing.
    """

    id: str
    title: str
    lifecycle: str
    begins: datetime | None
    ends: datetime | None
    late: bool
    steps: tuple[str, ...]
    suite: str
    update: str
    held: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskNow:
    """A value that a step asks for. `type` is yes_no, text, number or timestamp."""

    name: str
    text: str
    type: str


@dataclass(frozen=True, slots=True)
class TickedNow:
    """That a step was done."""

    at: datetime
    by: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StepNow:
    """Something that a person does. `link` is an address; `marks_t0`: ticking it sets T0, unless it is set."""

    id: str
    do: str
    link: str
    expect: str
    marks_t0: bool
    asks: tuple[AskNow, ...]
    ticked: TickedNow | None


@dataclass(frozen=True, slots=True)
class QuestionNow:
    """A value that a post needs and nobody has given: what `step` asks for as `name`."""

    step: str
    name: str
    text: str
    type: str
    needed_by: datetime | None


@dataclass(frozen=True, slots=True)
class RemarkNow:
    """What a person adds to a post, below what was measured."""

    text: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class ChannelNow:
    """Where posts go: `kind` is slack, slack_webhook, webhook, file or manual. `note`: what to know of it, such as no
    Slack access."""

    id: str
    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class FindingNow:
    """One thing that was looked at before T0; `repair` says what to do, empty for what is well."""

    verdict: Verdict
    about: str
    found: str
    repair: str


@dataclass(frozen=True, slots=True)
class SetUpNow:
    """What was found when the set-up was looked at, and since when it is so."""

    at: datetime
    findings: tuple[FindingNow, ...]


@dataclass(frozen=True, slots=True)
class TaskNow:
    """How a person tells what a post says: by which medium, to whom, at which address, with which subject; all but
    the medium may be empty."""

    medium: str
    to: str
    link: str
    subject: str


@dataclass(frozen=True, slots=True)
class KeptNow:
    """Where the status message of a launch stands in Slack, or its dead-man switch, and for what `reason` it is not
    well. `word` is "not available", "waits for T0", "up to date", "failing", "armed", "NOT ARMED" and the like.

    `ref` is where the message is, `at` when it was edited last, or when an alarm was posted last. `until` is when
    Slack posts the next alarm unless the engine replaces it, `since` since when that does not work.
    """

    word: str
    reason: str
    channel: str
    ref: str
    at: datetime | None
    until: datetime | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class PostNow:
    """A post that is owed, or was. `standing` is scheduled, due, held, sending, "checking whether it arrived", sent,
    merged or failed; of one that is a `task` for a person "to do", done or skipped, by whom says `by`; in a launch
    that is closed also "not sent" or "not known whether it arrived".

    `time` is its time seen from T0 (`T+1h`). `late_s` is by how many seconds it was late when it left, or is late
    now, or was when the launch was closed and it not sent. `merged` are the slots that it stands for, `into` the slot
    that stands for it. `text` is frozen; while it is empty, `preview` (of the next few) is what it would say now,
    and `needs` what it waits for. `ref` says where the message is, `attempt` how often it was tried. `do` is what a
    person can do about it now, mostly empty.
    """

    slot: str
    time: str
    title: str
    channel: str
    standing: str
    due: datetime | None
    late_s: float
    reason: str
    sent_at: datetime | None
    text: str
    preview: str
    needs: tuple[str, ...]
    merged: tuple[str, ...]
    into: str
    ref: str
    attempt: int
    remark: RemarkNow | None
    by: str = ""
    task: TaskNow | None = None
    do: str = ""
    early_s: float = 0.0
    """How long before its time it was sent; 0 for one that is owed for an event, which leaves at once."""
    resent_at: datetime | None = None
    """When it arrived last, where a person had it sent once more; `sent_at` is when it did first."""
    delivery: str = ""
    """The line below the text as it was sent last: LATE or EARLY by how much, and the head of the journal."""
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GateNow:
    """The state of another system: green, red or unknown. `at` is when it was read, `source` from where.

    `since` is since when it is so, as the source says. `stale`: too old to be believed. `holds` is the word of the
    mode that the launch is in while it is not green, such as receive-and-queue.
    """

    id: str
    title: str
    system: str
    state: str
    source: str
    reason: str
    since: str
    at: datetime | None
    note: str
    stale: bool
    holds: str


@dataclass(frozen=True, slots=True)
class LineNow:
    """One line that a check contributes to a post; `reason` is empty where it holds."""

    say: str
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class CheckNow:
    """What a check came to. `urgent` is what critical hints say to do now."""

    id: str
    title: str
    verdict: Verdict
    word: str
    reason: str
    required: bool
    lines: tuple[LineNow, ...]
    urgent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SuiteNow:
    """A run of a suite. `cause` is what it was for: `phase:verify`, the id of a slot, or other text.

    `verdict` is None while it runs; `word` is then empty, unless the launch was closed before it finished. `checks`
    are there for the last finished run of each suite, in its order.
    """

    suite: str
    cause: str
    started_at: datetime
    finished_at: datetime | None
    verdict: Verdict | None
    word: str
    reason: str
    evidence_log: str
    checks: tuple[CheckNow, ...]


@dataclass(frozen=True, slots=True)
class IncidentNow:
    """Something that is or was wrong. A note on it is owed by `note_due`; `note_at` is when the last `note` was made,
    `draft` the post that waits for the first one. `severity` is info, warning or critical. `reason` is why it is
    over, as `resolved_by` says.
    """

    id: str
    text: str
    opened_at: datetime
    by: str
    resolved_at: datetime | None
    note_due: datetime | None
    note_at: datetime | None
    note: str = ""
    draft: str = ""
    severity: str = "warning"
    resolved_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WarningNow:
    """What a run of `suite` warned of, the first time: no verdict, such as a certificate that expires soon."""

    text: str
    suite: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteNow:
    """What a person put on record."""

    text: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class LogNow:
    """A line of the log: entry `seq` of the journal in words. `by` is `engine` or a person."""

    seq: int
    at: datetime
    by: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class OverallNow:
    """The launch in one verdict. `why` is what keeps it from GREEN, the worst first, `pending` what waits for a gate,
    `early` the signals that nobody has looked at for long enough.
    `tested_at` is when the run ended that has the oldest result that counts, None: none does."""

    verdict: Verdict
    word: str
    why: tuple[str, ...]
    pending: tuple[str, ...]
    early: tuple[str, ...]
    tested_at: datetime | None


@dataclass(frozen=True, slots=True)
class LaunchNow:
    """A launch at `now`, after entry `seq` of its journal.

    `owner_name` decides (the DRI). `mode` holds until `mode_until`. `facts`, `links` and `rationale` are (name,
    value) pairs in the playbook's order. `attempt` counts from 1, one more with every scrub. `clock_set_s`: the wall
    clock was set by so many seconds, and nobody has agreed with it since. `next` is the post that comes next.
    `suites` are runs, the latest last; `notes` and `log` are the latest only. `engine` is None where none runs.
    """

    launch: str
    title: str
    owner_name: str
    mode: str
    mode_until: datetime | None
    facts: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    now: datetime
    seq: int
    playbook_sha256: str
    opened_at: datetime | None
    t0: datetime | None
    attempt: int
    closed: ClosedNow | None
    overall: OverallNow
    clock_set_s: float
    phases: tuple[PhaseNow, ...]
    steps: tuple[StepNow, ...]
    questions: tuple[QuestionNow, ...]
    updates: tuple[PostNow, ...]
    next: PostNow | None
    suites: tuple[SuiteNow, ...]
    gates: tuple[GateNow, ...]
    incidents: tuple[IncidentNow, ...]
    notes: tuple[NoteNow, ...]
    log: tuple[LogNow, ...]
    engine: EngineNow | None
    channels: tuple[ChannelNow, ...] = ()
    levers: tuple[LeverNow, ...] = ()
    procedures: tuple[ProcedureNow, ...] = ()
    signals: tuple[SignalNow, ...] = ()
    baselines: tuple[BaselineNow, ...] = ()
    triggers: tuple[TriggerNow, ...] = ()
    kept_open: KeptOpenNow | None = None
    setup: SetUpNow | None = None
    status_message: KeptNow | None = None
    dead_man: KeptNow | None = None
    warnings: tuple[WarningNow, ...] = ()
    rationale: tuple[tuple[str, str], ...] = ()


def launch_now(data: Any) -> LaunchNow:
    """The launch that the JSON data of GET /state describe. Raises NotUnderstood with the reason."""
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA:
        said = f"its state has the form '{clean(str(schema), limit=60)}', this Warroom reads '{SCHEMA}'"
        raise NotUnderstood(f"the engine is another Warroom: {said}", hint="use the Warroom that runs the engine")
    try:
        return read(LaunchNow, data)
    except ValueError as error:
        raise NotUnderstood(f"the engine's answer is not understood: {error}") from None
