"""The report for programs: `warroom.verify/1`, described by `warroom schema verify`."""

from __future__ import annotations

import math
from typing import get_args

from warroom.clock import stamp
from warroom.events import CheckOutcome, GateInfo
from warroom.report import facts
from warroom.report.verify_schema import (
    CheckEntry,
    EvidenceEntry,
    GateEntry,
    HintEntry,
    NoteEntry,
    PlaybookEntry,
    Report,
    ResultEntry,
    VerdictName,
    verify_schema,
)
from warroom.suite_state import SuiteState
from warroom.text import clean
from warroom.verdict import Measurement, Result, Verdict

__all__ = ["json_text", "report", "verify_schema"]

_NAMES: dict[str, VerdictName] = {name: name for name in get_args(VerdictName)}


def report(state: SuiteState) -> Report:
    """The report as values. A run that did not finish is `inconclusive`, exit code 3."""
    result = facts.overall(state)
    began, ended = facts.times(state)
    started, finished = state.started, state.finished
    return Report(
        launch=_text(state.launch.id),
        playbook=PlaybookEntry(
            path=_text(started.playbook_path if started else ""),
            sha256=_text(started.playbook_sha256 if started else ""),
        ),
        run_id=_text(started.run_id if started else ""),
        suite=_text(started.suite if started else ""),
        started_at=began or None,
        finished_at=ended or None,
        verdict=_name(result.verdict),
        word=_text(result.word),
        exit_code=result.exit_code,
        reason=_text(result.reason),
        checks=[_check(outcome) for outcome in facts.outcomes(state)],
        gates=[_gate(gate) for gate in state.gates.values()],
        notes=[NoteEntry(text=_text(note.text), severity=_text(note.severity)) for note in state.notes],
        evidence=EvidenceEntry(
            dir=_given(started.evidence_dir if started else ""),
            log=_given(finished.evidence_log if finished else ""),
            manifest_sha256=_given(finished.manifest_sha256 if finished else ""),
        ),
    )


def json_text(state: SuiteState) -> str:
    """The report as JSON: ASCII only, so that no encoding of a pipe can spoil it, indented, with a line feed."""
    import json

    data = report(state).model_dump(mode="json", by_alias=True)
    return json.dumps(data, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _check(outcome: CheckOutcome) -> CheckEntry:
    measurement = outcome.measurement
    return CheckEntry(
        id=_text(outcome.id),
        kind=_text(outcome.kind),
        title=_text(outcome.title),
        required=outcome.required,
        verdict=_name(outcome.verdict),
        word=_text(outcome.word),
        reason=_text(outcome.reason),
        value=_value(measurement),
        limit=_given(measurement.limit),
        unit=_given(measurement.unit),
        n=measurement.n,
        method=_given(measurement.method),
        source=_given(measurement.source),
        attempts=outcome.attempts,
        started_at=stamp(outcome.started_at),
        duration_s=outcome.duration_s,
        results=[_result(result) for result in outcome.results],
        hints=[
            HintEntry(
                symptom=_text(hint.symptom),
                cause=_text(hint.cause),
                fix=_text(hint.fix),
                severity=_text(hint.severity),
            )
            for hint in outcome.hints
        ],
        symptom={_text(name): _text(value) for name, value in outcome.symptom},
        reproduce=_given(outcome.reproduce),
        evidence=[_text(name) for name in outcome.evidence if name],
    )


def _result(result: Result) -> ResultEntry:
    return ResultEntry(
        verdict=_name(result.verdict),
        say=_text(result.say),
        expected=_text(result.expected),
        actual=_text(result.actual),
        reason=_text(result.reason),
        required=result.required,
    )


def _gate(gate: GateInfo) -> GateEntry:
    return GateEntry(
        id=_text(gate.id),
        title=_text(gate.title),
        state=_text(gate.state),
        source=_text(gate.source),
        reason=_text(gate.reason),
        since=_given(gate.since),
        system=_text(gate.system),
        note=_text(gate.note),
    )


def _name(verdict: Verdict) -> VerdictName:
    return _NAMES[verdict.value]


def _value(measurement: Measurement) -> int | float | str | bool | None:
    value = measurement.value
    if isinstance(value, str):
        return _text(value)
    # JSON has no NaN and no infinity; what could not be measured has no value.
    return value if value is None or math.isfinite(value) else None


def _text(text: str) -> str:
    return clean(text, limit=facts.LONGEST)


def _given(text: str) -> str | None:
    return _text(text) or None
