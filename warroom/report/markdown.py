"""Markdown for a pull request's comment, a job summary or the war-room's notes (GitHub's dialect).

Foreign text stands in code spans, where nothing is markup, no address becomes a link and nobody is mentioned; only
plain words stand as they are. Every line is complete in itself, so that a report can be cut between any two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from warroom.events import CheckOutcome, GateInfo, Hint
from warroom.report import facts
from warroom.report.facts import safe
from warroom.suite_state import SuiteState
from warroom.text import plural
from warroom.verdict import Result, Verdict

# GitHub refuses a longer comment; it counts characters.
COMMENT_LIMIT: Final = 65_536

_WORD: Final = re.compile(
    r"""["'(]{0,2}(?:[0-9]+-[0-9]+|[A-Za-z0-9]+(?:_[A-Za-z0-9]+)*(?:\.[0-9]+)?(?:[-/][A-Za-z]+)*)["'),:;.!?]{0,2}|-"""
)
# GitHub makes a link of what may be a commit.
_COMMIT: Final = re.compile(r"\b[0-9a-f]{7,}\b", re.IGNORECASE)


def markdown(state: SuiteState) -> str:
    """The report, most important first, short enough for a comment."""
    return cut(lines(state), COMMENT_LIMIT, len)


def cut(rows: Sequence[str], limit: int, size: Callable[[str], int]) -> str:
    """`rows` as text of at most `limit` in `size`; where whole rows had to go, the last one says how many."""
    whole = "".join(f"{row}\n" for row in rows)
    if size(whole) <= limit:
        return whole
    kept, used = 0, size(_left_out(len(rows)))
    while used + size(rows[kept]) + 1 <= limit:
        used += size(rows[kept]) + 1
        kept += 1
    return "".join(f"{row}\n" for row in rows[:kept]) + _left_out(len(rows) - kept)


def _left_out(count: int) -> str:
    return f"\n**{plural(count, 'line')} left out: the report is longer than may be shown here.**\n"


def lines(state: SuiteState) -> list[str]:
    """The lines of the whole report, without their line feeds."""
    by_need = facts.groups(state)
    ordered = (*by_need.open, *by_need.warned, *by_need.tolerated, *by_need.skipped, *by_need.green)
    return [
        *_alarm(state),
        *_head(state),
        *_table(state),
        *(row for outcome in ordered for row in _check(outcome)),
        *_listed("Gates", (_gate(gate) for gate in state.gates.values())),
        *_listed("Rationale", (f"{prose(name)}: {prose(text)}" for name, text in state.launch.rationale)),
        *_listed("Notes", (f"{prose(note.severity)}: {prose(note.text)}" for note in state.notes)),
        *_listed("Evidence", _evidence(state)),
    ]


def code(text: str) -> str:
    """`text` in a code span; empty for empty text."""
    shown = safe(text)
    if not shown.strip():
        return "" if not shown else "`(blank)`"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str) -> str:
    """`text` as it is where it consists of plain words that begin with a letter, else in a code span."""
    words = safe(text).split(" ")
    is_plain = words[0][:1].isalpha() and all(_WORD.fullmatch(word) for word in words)
    return " ".join(words) if is_plain and not _COMMIT.search(text) else code(text)


def _cell(shown: str) -> str:
    # In a table the bar ends the cell even within a code span, unless it is escaped.
    return shown.replace("|", "\\|")


def _alarm(state: SuiteState) -> list[str]:
    rows = []
    for titles, hint in facts.critical(state):
        rows += [f"# 🛑 {prose(hint.fix)}", ""]
        rows += [f"**{prose(titles)}**: {prose(hint.symptom)}. {prose(hint.cause)}.", ""]
    return rows


def _head(state: SuiteState) -> list[str]:
    result, launch = facts.overall(state), state.launch
    began, ended = facts.times(state)
    rows = [f"## {result.verdict.symbol} {prose(launch.title or launch.id)}: {prose(result.word)}", ""]
    if result.reason:
        rows += [f"Decided by: {prose(result.reason)}", ""]
    rows += [f"Exit code {result.exit_code}: {result.meaning}. {facts.counts(state)}.", ""]
    facts_of_run = [
        *((("Owner", launch.owner),) if launch.owner else ()),
        *((("Playbook", state.started.playbook_path),) if state.started else ()),
        *((("Began", began),) if began else ()),
        *((("Ended", ended),) if ended else ()),
    ]
    return rows + [f"- {name}: {prose(value)}" for name, value in facts_of_run] + [""]


def _table(state: SuiteState) -> list[str]:
    rows = ["| | Check | Verdict | Found | Time |", "|---|---|---|---|---:|"]
    for outcome in facts.outcomes(state):
        cells = (
            outcome.verdict.symbol,
            prose(outcome.title or outcome.id) + ("" if outcome.required else " (optional)"),
            prose(outcome.word),
            code(safe(facts.found(outcome), limit=200)),
            facts.seconds(outcome.duration_s),
        )
        rows.append(f"| {' | '.join(map(_cell, cells))} |")
    return [*rows, ""]


def _check(outcome: CheckOutcome) -> list[str]:
    optional = "" if outcome.required else " (optional)"
    heading = f"### {outcome.verdict.symbol} {prose(outcome.title or outcome.id)}{optional}: {prose(outcome.word)}"
    measured = facts.measured(outcome.measurement)
    rows = [
        *((f"- Why: {prose(outcome.reason)}",) if outcome.reason else ()),
        *(_result(result) for result in outcome.results if result.say != outcome.reason),
        *((f"- Measured: {code(measured)}",) if measured else ()),
        *(_hint(hint) for hint in outcome.hints),
        *((f"- Repeat: {code(outcome.reproduce)}",) if outcome.reproduce else ()),
        *(f"- Evidence: {code(name)}" for name in outcome.evidence if name),
    ]
    return [heading, "", *rows, ""]


def _result(result: Result) -> str:
    sides = (("expected", result.expected), ("actual", result.actual)) if result.verdict is not Verdict.PASS else ()
    compared = "".join(f", {name} {code(value)}" for name, value in sides if value)
    return f"- {result.verdict.symbol} {prose(result.say)}{compared}"


def _hint(hint: Hint) -> str:
    return f"- Hint: {prose(hint.cause)}. {prose(hint.fix)}"


def _gate(gate: GateInfo) -> str:
    more = "".join(
        f", {name} {prose(value)}"
        for name, value in (("since", gate.since), ("because", gate.reason), ("note", gate.note))
        if value
    )
    system = f" ({prose(gate.system)})" if gate.system else ""
    return f"{prose(gate.title)}{system}: {prose(gate.state)}, says {code(gate.source)}{more}"


def _evidence(state: SuiteState) -> list[str]:
    started, finished = state.started, state.finished
    entries = (
        ("Directory", started.evidence_dir if started else ""),
        ("Log", finished.evidence_log if finished else ""),
        ("Manifest sha256", finished.manifest_sha256 if finished else ""),
    )
    return [f"{name}: {code(value)}" for name, value in entries if value]


def _listed(title: str, entries: Iterable[str]) -> list[str]:
    rows = [f"- {entry}" for entry in entries]
    return [f"### {title}", "", *rows, ""] if rows else []
