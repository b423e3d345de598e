"""The shape of `warroom verify --format json`, version 1. Keys may be added within a version, never taken away."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA: Final = "warroom.verify/1"


class Entry(BaseModel):
    """Base of the parts: values do not change, and a sentence below a field is its description in the schema."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        validate_by_name=True,
        json_schema_serialization_defaults_required=True,
    )


VerdictName = Literal[
    "pass", "warn", "degraded", "blocked", "skipped", "not_exercised", "stale", "inconclusive", "error", "fail"
]


class PlaybookEntry(Entry):
    """The playbook that ran."""

    path: str
    """As it was named on the command line."""
    sha256: str
    """Of the file and all that it includes, in hex."""


class ResultEntry(Entry):
    """One line of a check."""

    verdict: VerdictName
    say: str
    """The line for people."""
    expected: str
    """Empty where nothing was compared."""
    actual: str
    """Empty where nothing was compared."""
    reason: str
    """Why it is not a pass; empty for one."""
    required: bool
    """False: listed, and never decides."""


class HintEntry(Entry):
    """What a known symptom means and what to do now."""

    symptom: str
    cause: str
    fix: str
    severity: str
    """`info`, `warning` or `critical`."""


class CheckEntry(Entry):
    """The last run of one check."""

    id: str
    kind: str
    title: str
    required: bool
    """False: never decides the verdict of the suite."""
    verdict: VerdictName
    word: str
    """As people read it: GREEN, YELLOW, DEGRADED - pending ..., BLOCKED - pending ..., SKIPPED, UNKNOWN, RED."""
    reason: str
    """Why it is not a pass; empty for one."""
    value: int | float | str | bool | None
    """What was measured, in `unit`; null where no single value stands for the check."""
    limit: str | None
    """The condition on the value."""
    unit: str | None
    n: int
    """How many measurements the verdict rests on; 0 where nothing could be measured."""
    method: str | None
    """How the value was computed from the measurements."""
    source: str | None
    """Where the measurements come from and how they were timed."""
    attempts: int
    """How often it was tried; 0 when it never ran."""
    started_at: str
    """UTC."""
    duration_s: float
    results: list[ResultEntry]
    hints: list[HintEntry]
    symptom: dict[str, str]
    """The facts that hints and tolerated answers are matched against."""
    reproduce: str | None
    """A command line that repeats the deciding request; secrets are shell variables."""
    evidence: list[str]
    """Files below `evidence.dir`."""


class GateEntry(Entry):
    """The state of another system during the run."""

    id: str
    title: str
    state: str
    """`green`, `red` or `unknown`."""
    source: str
    """Who said so."""
    reason: str
    since: str | None
    """As the source gives it."""
    system: str
    """The other system; empty where the playbook does not name it."""
    note: str
    """What it means for this launch."""


class NoteEntry(Entry):
    """Something that belongs to no check."""

    text: str
    severity: str


class EvidenceEntry(Entry):
    """Where the evidence was kept; null where none was."""

    dir: str | None
    log: str | None
    manifest_sha256: str | None
    """Of manifest.json in that directory, in hex."""


class Report(Entry):
    """The outcome of one run of a suite."""

    schema_: Literal["warroom.verify/1"] = Field(default=SCHEMA, alias="schema")
    launch: str
    """The id of the launch."""
    playbook: PlaybookEntry
    run_id: str
    suite: str
    """Empty where checks were named without a suite."""
    started_at: str | None
    """UTC."""
    finished_at: str | None
    """UTC; null when the run did not finish."""
    verdict: VerdictName
    """The worst of the required checks that are not tolerated."""
    word: str
    exit_code: int
    """What the process ends with."""
    reason: str
    """What decided; empty for a plain GREEN."""
    checks: list[CheckEntry]
    """Every declared check, in order of display."""
    gates: list[GateEntry]
    notes: list[NoteEntry]
    evidence: EvidenceEntry


def verify_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the report."""
    schema = Report.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        **schema,
    }
