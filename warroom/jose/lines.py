"""Lines about a token: a rule that holds, one that is broken (with its name), one that was not asked for."""

from __future__ import annotations

from dataclasses import dataclass

from warroom.text import clean, one_line
from warroom.units import Json, show
from warroom.verdict import Measurement, Result, Verdict


class Refused(ValueError):
    """A rule that a token breaks: the rule's name, and a sentence on what is wrong with `it`, the token."""

    def __init__(self, violation: str, reason: str, *, expected: str = "", actual: str = "") -> None:
        super().__init__(reason)
        self.violation = violation
        self.reason = reason
        self.expected = expected
        self.actual = actual


@dataclass(frozen=True, slots=True)
class Finding:
    """A line, and the name of the rule that it shows broken (empty: none)."""

    line: Result
    violation: str = ""


def passed(say: str, *, expected: str = "", actual: str = "") -> Finding:
    """The line of a rule that holds."""
    measurement = Measurement(value=actual, limit=clean(expected))
    return Finding(Result(Verdict.PASS, say, clean(expected), actual, measurement=measurement))


def refused(what: str, fault: Refused) -> Finding:
    """The line of a broken rule."""
    expected = clean(fault.expected)
    line = Result(
        Verdict.FAIL,
        say=f"{what}: refused",
        expected=expected,
        actual=fault.actual,
        reason=f"the token is refused: {fault.reason}",
        measurement=Measurement(value=fault.actual, limit=expected),
    )
    return Finding(line, fault.violation)


def unchecked(what: str, reason: str) -> Finding:
    """The line of a rule that nobody asked for: listed, and never a pass."""
    return Finding(Result(Verdict.SKIPPED, f"{what}: not checked", reason=reason, required=False))


def shown(value: Json) -> str:
    """A value from a token, fit to be read."""
    return one_line(show(value), limit=80)
