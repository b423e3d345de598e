"""Plain lines for a terminal or a log: one for each finished check, and the summary at the end.

No line begins with foreign text: a pipeline takes one that begins with two colons for a command.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from warroom.events import CheckOutcome, Hint
from warroom.report import facts
from warroom.report.facts import safe
from warroom.suite_state import SuiteState
from warroom.verdict import Result, Verdict

WIDTH: Final = 118
_WORD_WIDTH: Final = 27
_TITLE_WIDTH: Final = 24
_TIME_WIDTH: Final = 8

_STYLE: Final = {
    Verdict.PASS: "green",
    Verdict.WARN: "yellow",
    Verdict.DEGRADED: "yellow",
    Verdict.BLOCKED: "yellow",
    Verdict.SKIPPED: "bright_black",
    Verdict.FAIL: "bold red",
}
_UNKNOWN_STYLE: Final = "magenta"
_ALARM_STYLE: Final = "bold white on red"

_ASCII: Final = {
    "✔": "+",
    "▲": "!",
    "◐": "~",
    "⏸": "=",
    "○": "o",
    "✖": "x",
    "≤": "<=",
    "≥": ">=",
    "…": "...",
    "–": "-",
    "—": "-",
    "→": "->",
}


@dataclass(frozen=True, slots=True)
class Look:
    """How lines look: with colour (never the only sign of a state), and in ASCII for a terminal without UTF-8."""

    color: bool = False
    ascii_only: bool = False

    def spell(self, text: str) -> str:
        """`text` in the characters that can be shown; what ASCII lacks becomes a name or an escape."""
        if not self.ascii_only:
            return text
        return "".join(_ASCII.get(char, char) for char in text).encode("ascii", "backslashreplace").decode("ascii")

    def paint(self, text: str, style: str) -> str:
        """`text` in `style`, as terminals understand it; unchanged without colour."""
        if not self.color:
            return text
        from rich.color import ColorSystem
        from rich.style import Style

        return Style.parse(style).render(text, color_system=ColorSystem.STANDARD)

    def verdict(self, verdict: Verdict, text: str) -> str:
        """`text` in the colour of `verdict`."""
        return self.paint(text, _STYLE.get(verdict, _UNKNOWN_STYLE))


def line(outcome: CheckOutcome, *, color: bool = False, ascii_only: bool = False) -> str:
    """One line for a finished check: symbol, word, title, what was found, duration; at most 118 columns wide.

    What does not fit ends in `…`; the summary repeats it in full. Only a title or word that is longer than its
    column by itself makes the line wider.
    """
    look = Look(color, ascii_only)
    head = look.spell(f"{outcome.verdict.symbol} {safe(outcome.word)}")
    head = head + " " * (_WORD_WIDTH + 2 - _columns(head))
    title = _fit(safe(outcome.title or outcome.id), _TITLE_WIDTH, look)
    found = _fit(_found(outcome), WIDTH - _columns(head) - _TITLE_WIDTH - _TIME_WIDTH - 3, look)
    took = look.spell(facts.seconds(outcome.duration_s))
    return f"{look.verdict(outcome.verdict, head)} {title} {found} {took:>{_TIME_WIDTH}}"


def summary(state: SuiteState, *, color: bool = False, ascii_only: bool = False) -> str:
    """What the run came to, loudest first: critical hints, the verdict, what is open, tolerated, skipped, noted.

    Ends with a line feed.
    """
    look = Look(color, ascii_only)
    sorted_out = facts.groups(state)
    directory = state.started.evidence_dir if state.started else ""
    blocks = [
        _alarm(state, look),
        _verdict(state, look),
        _section("Not green", _each_open(sorted_out.open, look, directory)),
        _section("With a warning", (_brief(one, look) for one in sorted_out.warned)),
        _section(
            "Tolerated, because of a gate that is not green", (_brief(one, look) for one in sorted_out.tolerated)
        ),
        _section("Skipped", (_brief(one, look) for one in sorted_out.skipped)),
        _section("Not tested, within checks that are decided", (_untested(state, look),)),
        _section("Gates", (_gates(state),)),
        _section("Noted", ([f"  note ({safe(note.severity)}): {safe(note.text)}" for note in state.notes],)),
        _section("Evidence", (_evidence(state),)),
    ]
    return "\n\n".join(look.spell("\n".join(block)) for block in blocks if block) + "\n"


def text(state: SuiteState) -> str:
    """The whole report: a line for each check in order of display, then the summary."""
    lines = [line(outcome) for outcome in facts.outcomes(state)]
    return "\n".join([*lines, "", summary(state)])


def _columns(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _fit(text: str, columns: int, look: Look) -> str:
    """`text` as it will look in exactly `columns` columns: padded, or cut with a sign that it was."""
    text = look.spell(text)
    missing = columns - _columns(text)
    if missing >= 0:
        return text + " " * missing
    from rich.cells import set_cell_size

    sign = look.spell("…")
    return set_cell_size(text, max(0, columns - len(sign))) + sign


def _found(outcome: CheckOutcome) -> str:
    extra = (f"try {outcome.attempts}" if outcome.attempts > 1 else "", "" if outcome.required else "optional")
    return " ".join([*(f"({part})" for part in extra if part), facts.found(outcome)])


def _alarm(state: SuiteState, look: Look) -> list[str]:
    lines = []
    for titles, hint in facts.critical(state):
        lines.append(look.paint(f"!!! {safe(hint.fix)}", _ALARM_STYLE))
        lines.append(f"    found by {safe(titles)}: {safe(hint.symptom)}. {safe(hint.cause)}.")
    return lines


def _verdict(state: SuiteState, look: Look) -> list[str]:
    result = facts.overall(state)
    word = look.verdict(result.verdict, f"{result.verdict.symbol} {safe(result.word)}")
    why = f": {safe(result.reason)}" if result.reason else ""
    took = facts.seconds(facts.wall_time_s(state))
    return [
        f"Verification of {safe(state.launch.title or state.launch.id)}: {word}{why}",
        f"  exit code {result.exit_code}: {result.meaning}",
        f"  {facts.counts(state)}, in {took}",
    ]


def _section(title: str, entries: Iterable[Sequence[str]]) -> list[str]:
    lines = [line for entry in entries for line in entry]
    return [title, *lines] if lines else []


def _heading(outcome: CheckOutcome, look: Look) -> str:
    word = look.verdict(outcome.verdict, f"{outcome.verdict.symbol} {safe(outcome.word)}")
    optional = "" if outcome.required else ", optional"
    return f"  {word}  {safe(outcome.title)} ({safe(outcome.id)}{optional})"


def _each_open(outcomes: Iterable[CheckOutcome], look: Look, directory: str) -> Iterator[list[str]]:
    said: dict[Hint, str] = {}
    for outcome in outcomes:
        hints = [f"as for {safe(said[hint])}" if hint in said else _advice(hint) for hint in outcome.hints]
        said = dict.fromkeys(outcome.hints, outcome.title) | said
        yield _open(outcome, hints, look, directory)


def _open(outcome: CheckOutcome, hints: Sequence[str], look: Look, directory: str) -> list[str]:
    not_green = [one for one in outcome.results if one.verdict is not Verdict.PASS and one.say != outcome.reason]
    return [
        _heading(outcome, look),
        *_entry("why", safe(outcome.reason)),
        *(row for one in not_green for row in _row(one)),
        *(row for hint in hints for row in _entry("hint", hint)),
        *_entry("repeat", safe(outcome.reproduce)),
        *_entry("evidence", ", ".join(safe(f"{directory}/{name}") for name in outcome.evidence if name)),
    ]


def _row(result: Result) -> list[str]:
    return _entry(f"{result.verdict.symbol} line", f"{safe(result.say)}{facts.compared(result)}")


def _advice(hint: Hint) -> str:
    return f"{safe(hint.cause)}. {safe(hint.fix)}"


def _brief(outcome: CheckOutcome, look: Look) -> list[str]:
    return [
        _heading(outcome, look),
        *_entry("why", safe(outcome.reason)),
        *(row for hint in outcome.hints for row in _entry("hint", _advice(hint))),
    ]


def _untested(state: SuiteState, look: Look) -> list[str]:
    """Optional lines that were left out on purpose: green around them must not hide them."""
    return [
        f"  {look.verdict(line.verdict, line.verdict.symbol)} {safe(outcome.title)}:"
        f" {safe(line.say)} ({safe(line.reason)})"
        for outcome in facts.outcomes(state)
        for line in outcome.results
        if line.verdict is Verdict.SKIPPED and not line.required
    ]


def _entry(name: str, text: str) -> list[str]:
    return [f"      {name:<9} {text}"] if text else []


def _gates(state: SuiteState) -> list[str]:
    return [
        f"  - {safe(gate.title)}{f' ({safe(gate.system)})' if gate.system else ''}: {safe(gate.state)},"
        f" says {safe(gate.source)}"
        + (f", since {safe(gate.since)}" if gate.since else "")
        + (f" ({safe(gate.reason)})" if gate.reason else "")
        for gate in state.gates.values()
    ]


def _evidence(state: SuiteState) -> list[str]:
    directory = state.started.evidence_dir if state.started else ""
    log, manifest = (state.finished.evidence_log, state.finished.manifest_sha256) if state.finished else ("", "")
    entries = (("directory", directory), ("log", log), ("manifest", manifest and f"sha256 {manifest}"))
    return [f"  {name:<9} {safe(text)}" for name, text in entries if text]
