"""One run of one check: from its kind's findings (or its failure to find any) to an outcome that can be shown."""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from warroom.contract import Context, Findings
from warroom.errors import CannotMeasure
from warroom.events import CheckOutcome
from warroom.launch.gates import tolerated
from warroom.launch.hints import matching
from warroom.playbook.loaded import CheckSpec, HintRule, Tolerance
from warroom.text import one_line
from warroom.units import format_seconds
from warroom.verdict import Measurement, Result, Verdict, of_results, word


@dataclass(frozen=True, slots=True)
class Judged:
    """A finished run: the outcome to show, and the fact for the checks that need it (None where there is none).

    `excused_by` is the gate that the verdict holds for only while it is red; empty: it holds whatever a gate says.
    """

    outcome: CheckOutcome
    fact: Any
    excused_by: str = ""


async def run_check(
    spec: CheckSpec, context: Context, hints: tuple[HintRule, ...], *, mode: str, attempt: int
) -> Judged:
    """Runs the check once and judges what it found. Never raises, save for cancellation."""
    started_at, started = context.clock.now(), context.clock.monotonic()
    excused_by = await _red_gate(spec, context)
    findings, verdict = await _find(spec, context)
    pending = ""
    if spec.tolerate:
        gate = spec.tolerate.gate
        state, pending = await context.gates.state(gate), context.gates.title(gate)
        found, (verdict, findings) = verdict, _tolerate(spec, findings, verdict, state, pending)
        excused_by = gate if verdict is not found else excused_by
        # A hint may hold only while the gate is not green.
        findings = replace(findings, symptom={**findings.symptom, gate: state})
    outcome = CheckOutcome(
        id=spec.id,
        kind=spec.kind.name,
        title=spec.title,
        required=spec.required,
        verdict=verdict,
        word=word(verdict, required=spec.required, mode=mode, pending=pending),
        reason=findings.reason or _reason_of(findings.results),
        started_at=started_at,
        duration_s=round(context.clock.monotonic() - started, 4),
        attempts=attempt,
        measurement=findings.measurement,
        results=findings.results,
        hints=matching(hints, spec.id, verdict, findings.symptom),
        evidence=tuple(filter(None, findings.evidence)) or context.evidence.names(),
        reproduce=findings.reproduce,
        symptom=tuple(findings.symptom.items()),
    )
    # What failed was measured, whatever the gate said.
    return Judged(outcome, findings.fact, "" if verdict is Verdict.FAIL else excused_by)


async def _red_gate(spec: CheckSpec, context: Context) -> str:
    """The first gate that the kind itself goes by and that is red; empty: none is."""
    for gate in spec.kind.gates(spec.params):
        if await context.gates.state(gate) == "red":
            return gate
    return ""


async def _find(spec: CheckSpec, context: Context) -> tuple[Findings, Verdict]:
    # A check that waits for a person has no deadline of its own: people do not answer within 30 s.
    deadline = asyncio.timeout(None if spec.kind.asks(spec.params) else spec.timeout_s)
    try:
        async with deadline:
            findings = await spec.kind.run(spec.params, context)
        return findings, of_results(findings.results)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        # Nobody cancelled this check: something within it ended so.
        return _defect(spec, context, RuntimeError("it cancelled itself")), Verdict.ERROR
    except CannotMeasure as fault:
        found = _unmeasured(fault.message, fault.symptom, fault.hint)
        return replace(found, reproduce=fault.reproduce), Verdict.ERROR
    except TimeoutError:
        text = f"did not finish within {format_seconds(spec.timeout_s)}" if deadline.expired() else "gave up waiting"
        return _unmeasured(text, "timeout"), Verdict.ERROR
    except (Exception, SystemExit, BaseExceptionGroup) as defect:  # noqa: BLE001 - whatever a kind raises, the other checks go on
        return _defect(spec, context, defect), Verdict.ERROR


def _unmeasured(message: str, symptom: str, hint: str = "") -> Findings:
    text = f"{message}; {hint}" if hint else message
    line = Result(Verdict.ERROR, say=message, reason=text)
    return Findings((line,), measurement=Measurement(n=0), symptom={"symptom": symptom}, reason=text)


def _defect(spec: CheckSpec, context: Context, defect: BaseException) -> Findings:
    # The trace goes to the evidence, where the author of the kind finds it; nobody on call is shown one.
    kept = context.evidence.save_text("defect", "".join(traceback.format_exception(defect)))
    text = f"the check kind '{spec.kind.name}' failed: {type(defect).__name__}: {one_line(str(defect))}"
    return replace(
        _unmeasured(text, "internal", "this is a defect of the kind, not of the service"), evidence=(kept,)
    )


def _tolerate(
    spec: CheckSpec, findings: Findings, verdict: Verdict, gate_state: str, gate_title: str
) -> tuple[Verdict, Findings]:
    assert spec.tolerate is not None
    found = tolerated(verdict, findings.symptom, spec.tolerate, gate_state, gate_title)
    if found is None:
        return verdict, _with_unknown_gate(spec.tolerate, findings, verdict, gate_state, gate_title)
    allowed, reason = found
    lines = tuple(
        line.as_verdict(allowed, reason) if line.required and line.verdict in (Verdict.FAIL, Verdict.ERROR) else line
        for line in findings.results
    )
    detail = _reason_of(findings.results)
    return allowed, replace(findings, results=lines, reason=f"{reason}: {detail}" if detail else reason)


def _with_unknown_gate(
    tolerance: Tolerance, findings: Findings, verdict: Verdict, gate_state: str, gate_title: str
) -> Findings:
    """Says so where only the gate's unknown state keeps a symptom from being tolerated."""
    if verdict not in (Verdict.FAIL, Verdict.ERROR) or gate_state != "unknown":
        return findings
    if tolerated(verdict, findings.symptom, tolerance, "red", gate_title) is None:
        return findings
    how = f"state it with --gate {tolerance.gate}=red if that is the cause"
    reason = findings.reason or _reason_of(findings.results)
    return replace(findings, reason=f"{reason}; not tolerated, the state of {gate_title} is unknown: {how}")


def _reason_of(results: tuple[Result, ...]) -> str:
    """The reasons of the worst required lines, in their order; empty when all is well."""
    listed = [line for line in results if line.required and line.verdict is not Verdict.PASS]
    if not listed:
        return ""
    lowest = max(line.verdict.rank for line in listed)
    # One cause can fail many lines: it is said once.
    return "; ".join(dict.fromkeys(line.reason or line.say for line in listed if line.verdict.rank == lowest))


def stopped(spec: CheckSpec, at: datetime) -> CheckOutcome:
    """The outcome of a check that was stopped before it finished: nothing was decided."""
    return _without_findings(spec, at, Verdict.INCONCLUSIVE, "stopped before it finished")


def unsettled(spec: CheckSpec, at: datetime, gate: str) -> CheckOutcome:
    """The outcome of a check whose gate would not stay in one state: nothing was decided."""
    return _without_findings(spec, at, Verdict.INCONCLUSIVE, f"{gate} changed again and again while it ran")


def skipped(spec: CheckSpec, at: datetime) -> CheckOutcome:
    """The outcome of a check that was left out on request."""
    return _without_findings(spec, at, Verdict.SKIPPED, "left out with --skip")


def _without_findings(spec: CheckSpec, at: datetime, verdict: Verdict, reason: str) -> CheckOutcome:
    return CheckOutcome(
        id=spec.id,
        kind=spec.kind.name,
        title=spec.title,
        required=spec.required,
        verdict=verdict,
        word=word(verdict, required=spec.required),
        reason=reason,
        started_at=at,
        duration_s=0.0,
        measurement=Measurement(n=0),
    )
