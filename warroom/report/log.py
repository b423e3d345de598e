"""The evidence log: one file that a person can read years later and know what was measured, and how.

No line begins with foreign text: in the output of a pipeline such a line could be a command.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from warroom.clock import stamp
from warroom.events import CheckOutcome, GateInfo
from warroom.report import facts
from warroom.report.facts import safe
from warroom.suite_state import SuiteState
from warroom.verdict import Measurement, Result

_RULE: Final = "-" * 78


def log_text(state: SuiteState) -> str:
    """The log of the run as it stands: head, gates, every check with all its lines, notes, the verdict."""
    blocks = [
        _head(state),
        _gates(state),
        *(_check(position, outcome) for position, outcome in enumerate(facts.outcomes(state), start=1)),
        _notes(state),
        _verdict(state),
    ]
    return f"\n{_RULE}\n".join("\n".join(block) for block in blocks if block) + "\n"


def _pairs(pairs: Iterable[tuple[str, str]], indent: str = "") -> list[str]:
    return [f"{indent}{name + ':':<18} {safe(value)}" for name, value in pairs if value]


def _head(state: SuiteState) -> list[str]:
    launch, started = state.launch, state.started
    began, ended = facts.times(state)
    lines = [f"EVIDENCE {safe(launch.id)}"]
    lines += _pairs((("launch", launch.title), ("owner", launch.owner), ("mode", launch.mode)))
    lines += _pairs((f"fact {safe(name)}", value) for name, value in launch.facts)
    lines += _pairs((f"link {safe(name)}", address) for name, address in launch.links)
    if started:
        lines += _pairs(
            (
                ("playbook", started.playbook_path),
                ("playbook sha256", started.playbook_sha256),
                ("suite", started.suite),
                ("run", started.run_id),
                ("evidence files", started.evidence_dir),
            )
        )
    return lines + _pairs((("started", began), ("finished", ended)))


def _gates(state: SuiteState) -> list[str]:
    lines = ["GATES"] if state.gates else []
    for gate in state.gates.values():
        lines.append(f"- {safe(gate.title)} ({safe(gate.id)}): {safe(gate.state)}")
        lines += _pairs(_of_gate(gate), "    ")
    return lines


def _of_gate(gate: GateInfo) -> tuple[tuple[str, str], ...]:
    return (
        ("system", gate.system),
        ("source", gate.source),
        ("since", gate.since),
        ("reason", gate.reason),
        ("note", gate.note),
    )


def _check(position: int, outcome: CheckOutcome) -> list[str]:
    optional = "" if outcome.required else ", optional"
    verdict = outcome.verdict
    lines = [
        f"{position}. {safe(outcome.title)} ({safe(outcome.id)}, {safe(outcome.kind)}{optional})",
        f"   {verdict.symbol} {safe(outcome.word)} [{verdict.value}]",
    ]
    lines += _pairs((("reason", outcome.reason),), "   ")
    lines += [f"   {row}" for result in outcome.results for row in _result(result, outcome.reason)]
    lines += _pairs(_measurement(outcome.measurement), "   ")
    lines += _pairs((("symptom", ", ".join(f"{name}={value}" for name, value in outcome.symptom)),), "   ")
    for hint in outcome.hints:
        lines += _pairs(((f"hint ({safe(hint.severity)})", f"{hint.symptom}: {hint.cause}. {hint.fix}"),), "   ")
    lines += _pairs((("repeat", outcome.reproduce),), "   ")
    lines += _pairs((("evidence", name) for name in outcome.evidence), "   ")
    tries = f"try {outcome.attempts}, " if outcome.attempts > 1 else ""
    took = f"{tries}started {stamp(outcome.started_at)}, took {facts.seconds(outcome.duration_s)}"
    return [*lines, *_pairs((("time", took),), "   ")]


def _result(result: Result, said: str) -> list[str]:
    optional = "" if result.required else " (optional)"
    lines = [f"{result.verdict.symbol} {safe(result.say)}{optional}"]
    why = "" if result.reason == said else result.reason
    return lines + _pairs((("expected", result.expected), ("actual", result.actual), ("reason", why)), "    ")


def _measurement(measurement: Measurement) -> tuple[tuple[str, str], ...]:
    if measurement.value is None:
        return (("measured", "nothing"),) if measurement.n == 0 else ()
    age = "" if measurement.age_s is None else facts.seconds(measurement.age_s)
    return (
        ("measured", facts.value_of(measurement)),
        ("limit", measurement.limit),
        ("n", str(measurement.n)),
        ("method", measurement.method),
        ("source", measurement.source),
        ("window", measurement.window),
        ("age", age),
    )


def _notes(state: SuiteState) -> list[str]:
    lines = ["NOTES"] if state.notes else []
    return lines + [f"note ({safe(note.severity)}): {safe(note.text)}" for note in state.notes]


def _verdict(state: SuiteState) -> list[str]:
    result = facts.overall(state)
    manifest = state.finished.manifest_sha256 if state.finished else ""
    lines = [f"OVERALL {safe(state.launch.id)} {safe(result.word)}"]
    lines += [f"!!! {safe(hint.fix)} ({safe(titles)})" for titles, hint in facts.critical(state)]
    return lines + _pairs(
        (
            ("verdict", result.verdict.value),
            ("reason", result.reason),
            ("exit code", f"{result.exit_code} ({result.meaning})"),
            ("checks", facts.counts(state)),
            ("manifest sha256", manifest),
        )
    )
