"""JUnit XML, for the test views of pipelines. Only a run that ended with 0 has no failures and no errors."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

from warroom.events import CheckOutcome
from warroom.report import facts
from warroom.report.facts import safe
from warroom.suite_state import SuiteState
from warroom.verdict import Verdict

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def junit(state: SuiteState) -> str:
    """One test suite with a case for each check, in order of display. ASCII, so that any reader gets it right.

    RED is a failure and UNKNOWN an error; what is tolerated, skipped or optional is a skipped case that says so, for
    it does not decide. Where the run ends otherwise than with 0 and no check says why, a last case `verdict` does.
    """
    root = ET.Element("testsuites")
    suite = ET.SubElement(root, "testsuite")
    suite.set("name", safe(state.launch.id))
    _properties(suite, state)
    for outcome in facts.outcomes(state):
        _case(suite, state, outcome)
    if facts.overall(state).exit_code != 0 and not _count(suite, "failure") + _count(suite, "error"):
        _verdict(suite, state)
    if state.notes:
        ET.SubElement(suite, "system-out").text = "\n".join(_notes(state))
    _totals(root, suite, state)
    ET.indent(root, " ")
    xml: bytes = ET.tostring(root, encoding="us-ascii")
    return f"{_HEAD}{xml.decode('ascii')}\n"


def _properties(suite: ET.Element, state: SuiteState) -> None:
    result, started, finished = facts.overall(state), state.started, state.finished
    began, ended = facts.times(state)
    pairs = (
        ("launch", state.launch.title),
        ("mode", state.launch.mode),
        ("playbook", started.playbook_path if started else ""),
        ("playbook_sha256", started.playbook_sha256 if started else ""),
        ("suite", started.suite if started else ""),
        ("run_id", started.run_id if started else ""),
        ("started_at", began),
        ("finished_at", ended),
        ("word", result.word),
        ("exit_code", str(result.exit_code)),
        *((f"gate.{gate.id}", f"{gate.state}, says {gate.source}") for gate in state.gates.values()),
        ("evidence", started.evidence_dir if started else ""),
        ("manifest_sha256", finished.manifest_sha256 if finished else ""),
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in pairs:
        if value:
            ET.SubElement(properties, "property", name=safe(name), value=safe(value))


def _case(suite: ET.Element, state: SuiteState, outcome: CheckOutcome) -> None:
    case = ET.SubElement(suite, "testcase", name=safe(outcome.title or outcome.id))
    case.set("classname", safe(f"{state.launch.id}.{outcome.id}"))
    case.set("time", _seconds(outcome.duration_s))
    tag = _tag(outcome)
    message = ": ".join(part for part in (safe(outcome.word), safe(outcome.reason)) if part)
    if tag == "skipped" and not outcome.required and outcome.verdict is not Verdict.SKIPPED:
        message = f"optional, {message}"
    if tag:
        element = ET.SubElement(case, tag, message=message)
        if tag != "skipped":
            element.set("type", outcome.verdict.value)
            element.text = "\n".join(_detail(outcome, message))
    ET.SubElement(case, "system-out").text = "\n".join(_lines(outcome))


def _tag(outcome: CheckOutcome) -> str:
    """The element that says what became of a case; empty for a pass."""
    if outcome.verdict in (Verdict.PASS, Verdict.WARN):
        return ""
    if outcome.verdict.is_tolerated or not outcome.required:
        return "skipped"
    return "failure" if outcome.verdict is Verdict.FAIL else "error"


def _detail(outcome: CheckOutcome, message: str) -> list[str]:
    hints = [f"hint: {safe(hint.cause)}. {safe(hint.fix)}" for hint in outcome.hints]
    repeat = [f"repeat: {safe(outcome.reproduce)}"] if outcome.reproduce else []
    return [message, *hints, *repeat]


def _lines(outcome: CheckOutcome) -> list[str]:
    measured = facts.measured(outcome.measurement)
    lines = [f"{outcome.verdict.symbol} {safe(outcome.word)}"]
    lines += [f"{line.verdict.symbol} {safe(line.say)}{facts.compared(line)}" for line in outcome.results]
    lines += [f"measured: {measured}"] if measured else []
    lines += [f"hint: {safe(hint.cause)}. {safe(hint.fix)}" for hint in outcome.hints]
    return lines + [f"evidence: {safe(name)}" for name in outcome.evidence if name]


def _verdict(suite: ET.Element, state: SuiteState) -> None:
    result = facts.overall(state)
    case = ET.SubElement(
        suite, "testcase", name="verdict", classname=f"{safe(state.launch.id)}.verdict", time="0.000"
    )
    message = f"{safe(result.word)}, exit code {result.exit_code}: {safe(result.reason) or result.meaning}"
    ET.SubElement(case, "error", message=message, type="verdict").text = "\n".join([message, *_notes(state)])


def _notes(state: SuiteState) -> list[str]:
    return [f"{safe(note.severity)}: {safe(note.text)}" for note in state.notes]


def _totals(root: ET.Element, suite: ET.Element, state: SuiteState) -> None:
    counts = {
        "tests": str(_count(suite, "")),
        "failures": str(_count(suite, "failure")),
        "errors": str(_count(suite, "error")),
        "skipped": str(_count(suite, "skipped")),
        "time": _seconds(facts.wall_time_s(state)),
    }
    for element in (root, suite):
        for name, value in counts.items():
            element.set(name, value)
    if state.started_at:
        suite.set("timestamp", _instant(state.started_at))


def _count(suite: ET.Element, tag: str) -> int:
    return len(suite.findall(f"testcase/{tag}" if tag else "testcase"))


def _seconds(duration_s: float) -> str:
    return f"{duration_s if math.isfinite(duration_s) else 0:.3f}"


def _instant(at: datetime) -> str:
    # The format has no time zone; readers of it take UTC.
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
