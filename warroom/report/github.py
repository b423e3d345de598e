"""What GitHub Actions shows of a run: annotations (workflow commands in the output) and the summary of the job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from warroom.events import CheckOutcome
from warroom.report import facts
from warroom.report.facts import safe
from warroom.report.markdown import cut, lines
from warroom.suite_state import SuiteState
from warroom.text import plural
from warroom.verdict import Verdict

# GitHub shows ten annotations of each level from one step and drops the rest without a word.
ANNOTATIONS: Final = 10
SUMMARY_LIMIT: Final = 1024 * 1024
_LEAST_ROOM: Final = 1_000
# An annotation's message may have 64 KiB; escapes take up to three characters and four bytes may make one.
_MESSAGE_LIMIT: Final = 4_000
_TITLE_LIMIT: Final = 200


def github(state: SuiteState) -> str:
    """Workflow commands, one a line: errors for what decides (critical hints first), warnings for what is tolerated,
    passed with a warning or is optional; then one plain line with the verdict.
    """
    by_need = facts.groups(state)
    decisive = sorted((one for one in by_need.open if one.required), key=lambda one: not _alarms(one))
    optional = tuple(one for one in by_need.open if not one.required)
    errors = [_annotation("error", one) for one in decisive]
    if not errors and facts.overall(state).exit_code != 0:
        errors = [_verdict(state)]
    warnings = [_annotation("warning", one) for one in (*optional, *by_need.warned, *by_need.tolerated)]
    warnings += [_command("warning", "Warroom", note.text) for note in state.notes if note.severity != "info"]
    result = facts.overall(state)
    plain = f"{safe(state.launch.title or state.launch.id)}: {result.verdict.symbol} {safe(result.word)}"
    # The line must not begin with foreign text: a line that begins with two colons is a command.
    rows = [*_at_most(errors, "error"), *_at_most(warnings, "warning"), f"Verification of {plain}"]
    return "".join(f"{row}\n" for row in rows)


def summary_markdown(state: SuiteState, used: int = 0) -> str:
    """The job's summary; where lines had to go, the last one says how many.

    GitHub takes 1 MiB of UTF-8 from a step, of which `used` bytes are written; empty where the rest has no room for
    anything worth a look.
    """
    room = SUMMARY_LIMIT - used
    return cut(lines(state), room, _utf8_size) if room >= _LEAST_ROOM else ""


def _utf8_size(text: str) -> int:
    return len(text.encode("utf-8"))


def _at_most(commands: Sequence[str], level: str) -> list[str]:
    if len(commands) <= ANNOTATIONS:
        return list(commands)
    shown = ANNOTATIONS - 1
    rest = f"{plural(len(commands) - shown, level)} more than GitHub shows here; the summary of the job has them all"
    return [*commands[:shown], _command(level, "Warroom", rest)]


def _annotation(level: str, outcome: CheckOutcome) -> str:
    optional = "" if outcome.required else " (optional)"
    title = f"{outcome.title or outcome.id}{optional}: {outcome.word}"
    hints = [f"Hint: {hint.cause}. {hint.fix}" for hint in outcome.hints]
    repeat = [f"Repeat: {outcome.reproduce}"] if outcome.reproduce and outcome.verdict is not Verdict.WARN else []
    return _command(level, title, *_alarms(outcome), outcome.reason, *hints, *repeat)


def _alarms(outcome: CheckOutcome) -> list[str]:
    return [hint.fix for hint in outcome.hints if hint.severity == facts.CRITICAL]


def _verdict(state: SuiteState) -> str:
    result = facts.overall(state)
    return _command("error", f"{state.launch.title}: {result.word}", result.reason or result.meaning)


def _command(level: str, title: str, *message: str) -> str:
    text = "\n".join(safe(part) for part in message if part) or safe(title)
    shown = text if len(text) <= _MESSAGE_LIMIT else text[: _MESSAGE_LIMIT - 1] + "…"
    return f"::{level} title={_property(safe(title, limit=_TITLE_LIMIT))}::{_data(shown)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
